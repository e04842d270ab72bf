package spool

import (
	"cmp"
	"container/heap"
	"encoding/binary"
	"hash/maphash"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/pronet-go/pronet/webhook"
)

const (
	// maxClaims bounds how many subjects the waiting deliveries have together, and so their memory: about 8 MB. The
	// largest body that a handler takes by default has as many.
	maxClaims = 1 << 17
	// outageAfter is how many deliveries in a row must fail before the fault is taken to be of what the function given to
	// Run calls, and not theirs.
	outageAfter = 3
	// maxOutage is how long the attempts of an outage do not count.
	maxOutage = 24 * time.Hour
)

// line says which delivery is next. Those that no attempt has reached stand in fresh, in the order of their numbers: a
// restart finds the same order in the directory. The first one is waited for while its file is being written. One that
// failed waits beside them until it is due, and claims its subjects: who comes later and is about one of them waits
// behind it. Its owner guards it.
type line struct {
	fresh   turns
	waiting dueHeap           // They are behind nobody.
	tails   map[uint64]*claim // The last claim of each subject.
	claims  int               // Those of all entries.
	behind  int               // Entries that wait behind others.
	barrier *entry            // Its claims found no room: no fresh one is looked at before it is gone.
	stuck   bool              // The first fresh one must wait, and its claims found no room.
	retried bool              // The last one taken was a waiting one: now it is the turn of a fresh one.
	pause   time.Time         // Nothing is tried before.
	retryAt time.Time         // Nothing is tried again before.
	streak  streak
	seed    maphash.Seed
}

// place is what the line knows of an entry.
type place struct {
	claims   []claim
	ahead    int // The claims of others that its own wait behind.
	due      time.Time
	failures int    // Since the spool was opened.
	streak   uint64 // The number of the streak in which it failed last.
}

// claim is one subject of a waiting entry.
type claim struct {
	subject  uint64
	entry    *entry
	next     *claim
	released bool
}

// streak counts the failures since the last success.
type streak struct {
	began      time.Time
	number     uint64
	deliveries int
	attempts   int
}

func newLine() line {
	return line{tails: make(map[uint64]*claim), seed: maphash.MakeSeed(), streak: streak{number: 1}}
}

// push puts an entry at the end.
func (l *line) push(e *entry) { l.fresh.push(e) }

// withdraw takes out an entry that could not be stored.
func (l *line) withdraw(e *entry) { l.fresh.withdraw(e) }

// next returns the entry that is to be tried now, which is still fresh or was taken out, or nil and when to ask again;
// the zero time means when something has changed.
func (l *line) next(now time.Time) (e *entry, fresh bool, at time.Time) {
	if now.Before(l.pause) {
		return nil, false, l.pause
	}
	first := l.fresh.first()
	fresh = first != nil && l.barrier == nil && !l.stuck && first.isStored()
	early := fresh && now.Before(first.ready)
	fresh = fresh && !early
	if len(l.waiting) > 0 {
		at = l.waiting[0].due
		if at.Before(l.retryAt) {
			at = l.retryAt
		}
		if !at.After(now) && !(fresh && l.retried) {
			l.retried = true
			return heap.Pop(&l.waiting).(*entry), false, at
		}
	}
	if early && (at.IsZero() || first.ready.Before(at)) {
		at = first.ready
	}
	if fresh {
		l.retried = false
		return first, true, at
	}
	return nil, false, at
}

// takeFresh takes out the first fresh entry.
func (l *line) takeFresh() { l.fresh.take() }

// freshStored returns the first fresh entries, up to one that is still being written.
func (l *line) freshStored() (entries []*entry) {
	for e := range l.fresh.all() {
		if !e.isStored() {
			break
		}
		entries = append(entries, e)
	}
	return entries
}

// all returns every entry, those that wait behind others too, but for one that was taken out.
func (l *line) all() []*entry {
	all := append(slices.Collect(l.fresh.all()), l.waiting...)
	known := make(map[*entry]bool)
	for i := 0; i < len(all); i++ {
		for _, c := range all[i].claims {
			if c.next != nil && !c.released && !known[c.next.entry] {
				known[c.next.entry] = true
				all = append(all, c.next.entry)
			}
		}
	}
	return all
}

// isHeldUp reports whether one that waits is about one of the subjects.
func (l *line) isHeldUp(subjects []uint64) bool {
	return slices.ContainsFunc(subjects, func(subject uint64) bool { return l.tails[subject] != nil })
}

// mustWait reports whether the first fresh entry is about a subject of one that waits, and lets it wait behind that.
func (l *line) mustWait(e *entry, subjects []uint64) bool {
	if !l.isHeldUp(subjects) {
		return false
	}
	if l.stuck = !l.hold(e, subjects); !l.stuck {
		l.takeFresh()
	}
	return true
}

// hasPlace reports whether an entry keeps its subjects while it is worked on.
func (l *line) hasPlace(e *entry) bool { return e.claims != nil || l.barrier == e }

// retry lets an entry that was taken out wait until it is due. The subjects are those of one that has no place yet.
func (l *line) retry(e *entry, subjects []uint64, due time.Time) {
	if !l.hasPlace(e) && !l.hold(e, subjects) {
		l.barrier = e
	}
	e.due = due
	heap.Push(&l.waiting, e)
}

// putBack undoes next.
func (l *line) putBack(e *entry) {
	if l.hasPlace(e) {
		heap.Push(&l.waiting, e)
		return
	}
	l.fresh.putBack(e)
}

// gone takes note that an entry that was taken out does not come back: those behind it may be tried.
func (l *line) gone(e *entry, now time.Time) {
	l.release(e, now, func(uint64) bool { return true })
	e.claims = nil
	if l.barrier == e {
		l.barrier = nil
	}
	l.stuck = false
}

// release gives up the claims of an entry that was taken out, on the subjects that are done.
func (l *line) release(e *entry, now time.Time, done func(subject uint64) bool) {
	for i := range e.claims {
		c := &e.claims[i]
		if c.released || !done(c.subject) {
			continue
		}
		c.released = true
		if l.claims--; c.next == nil {
			delete(l.tails, c.subject)
			continue
		}
		follower := c.next.entry
		if follower.ahead--; follower.ahead == 0 {
			l.behind--
			follower.due = now
			heap.Push(&l.waiting, follower)
		}
	}
	if l.claims == 0 {
		l.tails = make(map[uint64]*claim) // A map does not shrink.
	}
}

// hold claims the subjects for an entry, if there is room.
func (l *line) hold(e *entry, subjects []uint64) bool {
	if l.claims+len(subjects) > maxClaims {
		return false
	}
	e.claims = make([]claim, len(subjects))
	for i, subject := range subjects {
		c := &e.claims[i]
		c.subject, c.entry = subject, e
		if last := l.tails[subject]; last != nil {
			last.next = c
			e.ahead++
		}
		l.tails[subject] = c
	}
	l.claims += len(subjects)
	if e.ahead > 0 {
		l.behind++
	}
	return true
}

// subjectsOf returns hashes of what a delivery is about, each once. Two deliveries with the same key are about the
// same, whatever their events are.
func (l *line) subjectsOf(e *entry, events []webhook.Event) []uint64 {
	hashes := make([]uint64, 0, len(events)+1)
	for _, id := range e.keys() {
		hashes = append(hashes, binary.LittleEndian.Uint64(id[:]))
	}
	for _, event := range events {
		if about, ok := event.(webhook.Subject); ok {
			hashes = append(hashes, l.hash(about.Subject()))
		}
	}
	slices.Sort(hashes)
	return slices.Compact(hashes)
}

func (l *line) hash(subject string) uint64 { return maphash.String(l.seed, subject) }

// failed counts a failure of the function and reports whether so many deliveries have failed in a row that it is an
// outage.
func (l *line) failed(e *entry, now time.Time) bool {
	if l.streak.attempts == 0 {
		l.streak.began = now
	}
	if l.streak.attempts++; e.streak != l.streak.number {
		e.streak = l.streak.number
		l.streak.deliveries++
	}
	return l.streak.deliveries >= outageAfter
}

// succeeded ends an outage.
func (l *line) succeeded() {
	l.streak = streak{number: l.streak.number + 1}
	l.pause, l.retryAt = time.Time{}, time.Time{}
}

// dueHeap has the entry on top that is due first.
type dueHeap []*entry

func (h dueHeap) Len() int { return len(h) }
func (h dueHeap) Less(i, j int) bool {
	return cmp.Or(h[i].due.Compare(h[j].due), cmp.Compare(h[i].sequence, h[j].sequence)) < 0
}
func (h dueHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *dueHeap) Push(e any)   { *h = append(*h, e.(*entry)) }
func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return e
}

// backoff returns how long to wait after the given number of attempts.
func (s *Spool) backoff(attempts int) time.Duration {
	wait := s.options.Backoff
	for range attempts - 1 {
		if wait >= s.options.BackoffCap/2 {
			wait = s.options.BackoffCap
			break
		}
		wait *= 2
	}
	return wait/2 + rand.N(wait/2+1)
}
