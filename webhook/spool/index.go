package spool

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/pronet-go/pronet/webhook"
)

// maxKept bounds the bodies whose events are kept in memory, in bytes.
const maxKept = 4 << 20

// index knows the pending deliveries by name, not by content, unless the name
// is one of the first format. Its owner guards it.
type index struct {
	byID     map[keyHash]*entry
	queue    []*entry
	count    int
	bytes    int64
	kept     int // Bytes of the bodies whose events are kept.
	sequence uint64
}

// entry is a pending delivery, or one that is being written.
type entry struct {
	fileName
	id     keyHash // Of source and key, whatever the name says.
	size   int64
	stored chan struct{}   // Closed when writing has ended.
	failed bool            // Set before stored is closed.
	events []webhook.Event // What the handler has decoded, until the first attempt.
	kept   int             // What the events count for in index.kept.
}

// path is where the entry's file lies.
func (e *entry) path() string { return pendingDir + "/" + e.String() }

// deadPath is where the file lies once the delivery is dead.
func (e *entry) deadPath() string { return deadDir + "/" + e.String() }

// reserve adds an entry that is not yet stored.
func (x *index) reserve(id keyHash, size int64) *entry {
	x.sequence++
	e := &entry{
		fileName: fileName{sequence: x.sequence, hash: id},
		id:       id,
		size:     size,
		stored:   make(chan struct{}),
	}
	x.add(e)
	return e
}

func (x *index) add(e *entry) {
	x.byID[e.id] = e
	x.count++
	x.bytes += e.size
}

// enqueue puts a stored entry at the end of the line.
func (x *index) enqueue(e *entry) { x.queue = append(x.queue, e) }

// keepEvents keeps the events of a body for the first attempt, as far as there is room: what is processed at once is
// not decoded twice.
func (x *index) keepEvents(e *entry, events []webhook.Event, size int) {
	if events != nil && x.kept+size <= maxKept {
		e.events, e.kept = events, size
		x.kept += size
	}
}

// takeEvents returns the events that were kept, once.
func (x *index) takeEvents(e *entry) []webhook.Event {
	events := e.events
	x.kept -= e.kept
	e.events, e.kept = nil, 0
	return events
}

// head returns the entry that has waited longest, or nil.
func (x *index) head() *entry {
	if len(x.queue) == 0 {
		return nil
	}
	return x.queue[0]
}

// dequeue removes the head.
func (x *index) dequeue() {
	e := x.queue[0]
	x.queue[0] = nil
	x.queue = x.queue[1:]
	x.remove(e)
}

// remove forgets an entry that is not in the queue.
func (x *index) remove(e *entry) {
	if x.byID[e.id] == e {
		delete(x.byID, e.id)
	}
	x.takeEvents(e)
	x.count--
	x.bytes -= e.size
}

// scan reads the index from the directory and removes the remains of
// writes that were cut short. Files with other names are left alone.
func scan(root *os.Root) (index, error) {
	x := index{byID: make(map[keyHash]*entry)}
	written := make(chan struct{})
	close(written)
	for file, err := range list(root, pendingDir) {
		if err != nil {
			return x, err
		}
		if strings.HasPrefix(file.Name(), tempPrefix) {
			if err := root.Remove(pendingDir + "/" + file.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return x, fmt.Errorf("spool: clean: %w", err)
			}
			continue
		}
		name, ok := parseName(file.Name())
		if !ok {
			continue
		}
		info, err := file.Info()
		if err != nil {
			return x, fmt.Errorf("spool: read: %w", err)
		}
		e := &entry{fileName: name, id: name.hash, size: info.Size(), stored: written}
		if name.keyOnly {
			// What cannot be read keeps the name's hash. It is looked at again when it is its turn.
			if a, _, err := readHead(root, e.path()); err == nil {
				e.id = hashOf(a.Source, a.Key)
			}
		}
		x.add(e)
		x.enqueue(e)
		x.sequence = max(x.sequence, name.sequence)
	}
	slices.SortFunc(x.queue, func(a, b *entry) int { return cmp.Compare(a.sequence, b.sequence) })
	for file, err := range list(root, deadDir) {
		if err != nil {
			return x, err
		}
		if name, ok := parseName(file.Name()); ok {
			x.sequence = max(x.sequence, name.sequence)
		}
	}
	return x, nil
}

// list yields the files of a directory, some at a time and in no order.
func list(root *os.Root, dir string) iter.Seq2[fs.DirEntry, error] {
	return func(yield func(fs.DirEntry, error) bool) {
		handle, err := root.Open(dir)
		if err != nil {
			yield(nil, fmt.Errorf("spool: read: %w", err))
			return
		}
		defer func() { _ = handle.Close() }()
		for {
			files, err := handle.ReadDir(256)
			for _, file := range files {
				if !yield(file, nil) {
					return
				}
			}
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(nil, fmt.Errorf("spool: read: %w", err))
				return
			}
		}
	}
}
