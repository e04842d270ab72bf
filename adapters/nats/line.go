package nats

import (
	"hash/maphash"
	"maps"
	"slices"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/pronet-go/pronet/webhook"
)

// line are the deliveries of a partition that its owner has got, in the order of the stream. Of each subject one is worked
// on at a time, the others wait behind it. The partition's mutex guards it.
type line struct {
	entries  map[uint64]*entry   // by the sequence in the stream
	lines    map[uint64][]*entry // by the hash of a subject
	attached int                 // how many entries the present consumer has delivered, with their bytes
	bytes    int
	seed     maphash.Seed
}

// entry is one of them.
type entry struct {
	sequence uint64
	msg      jetstream.Msg // as the present consumer has delivered it, to acknowledge it
	attached bool
	size     int
	subjects []uint64 // those that are not done
	ahead    int      // in how many of their lines another one is before it
	due      time.Time
	failures int  // since this process has it
	returned bool // an attempt of this process has ended: it does not kill it
	waiting  bool // it has failed, and waits for its time
	dying    error
}

func newLine() line {
	return line{entries: make(map[uint64]*entry), lines: make(map[uint64][]*entry), seed: maphash.MakeSeed()}
}

// room returns how many more messages may be got, and how many bytes besides one of the largest.
func (l *line) room() (count, bytes int) { return maxLine - l.attached, lineBytes - l.bytes }

// detach lets all be delivered anew.
func (l *line) detach() {
	l.attached, l.bytes = 0, 0
	for _, e := range l.entries {
		e.attached = false
	}
}

// attach takes note that the present consumer has delivered an entry.
func (l *line) attach(e *entry, msg jetstream.Msg) {
	e.msg = msg
	if !e.attached {
		e.attached = true
		l.attached++
		l.bytes += e.size
	}
}

// add puts an entry at the end, and reports whether it is to be worked on at once.
func (l *line) add(e *entry) bool {
	l.entries[e.sequence] = e
	for _, subject := range e.subjects {
		if len(l.lines[subject]) > 0 {
			e.ahead++
		}
		l.lines[subject] = append(l.lines[subject], e)
	}
	return e.ahead == 0
}

// release lets those behind an entry that is worked on go on, for subjects that are done, and returns those whose turn it is.
func (l *line) release(e *entry, done func(subject uint64) bool) (next []*entry) {
	e.subjects = slices.DeleteFunc(e.subjects, func(subject uint64) bool {
		if !done(subject) {
			return false
		}
		behind := l.lines[subject]
		behind[0] = nil
		if behind = behind[1:]; len(behind) == 0 {
			delete(l.lines, subject)
			return true
		}
		l.lines[subject] = behind
		if behind[0].ahead--; behind[0].ahead == 0 {
			next = append(next, behind[0])
		}
		return true
	})
	return next
}

// remove takes an entry that is done out, and returns those whose turn it is.
func (l *line) remove(e *entry) (next []*entry) {
	if delete(l.entries, e.sequence); e.attached {
		l.attached--
		l.bytes -= e.size
	}
	return l.release(e, func(uint64) bool { return true })
}

// forget removes what is known of those that are not there any more.
func forget[V any](l *line, known map[uint64]V, reached uint64) {
	maps.DeleteFunc(known, func(sequence uint64, _ V) bool { return sequence <= reached && l.entries[sequence] == nil })
}

// subjectsOf returns hashes of what a delivery is about, each once. Two with the same key are about the same.
func (l *line) subjectsOf(source, key string, events []webhook.Event) (subjects []uint64) {
	subjects = []uint64{l.hash(source + "\n" + key)}
	defer func() {
		if recover() != nil { // the events are the user's
			subjects = subjects[:1]
		}
	}()
	for _, event := range events {
		if about, ok := event.(webhook.Subject); ok {
			subjects = append(subjects, l.hash(about.Subject()))
		}
	}
	slices.Sort(subjects)
	return slices.Compact(subjects)
}

func (l *line) hash(subject string) uint64 { return maphash.String(l.seed, subject) }
