package webhook

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
)

// spoolIndex knows the pending deliveries by name, not by content. Its owner
// guards it.
type spoolIndex struct {
	byHash   map[spoolHash]*spoolEntry
	queue    []*spoolEntry
	count    int
	bytes    int64
	sequence uint64
}

// spoolEntry is a pending delivery, or one that is being written.
type spoolEntry struct {
	spoolName
	size   int64
	stored chan struct{} // Closed when writing has ended.
	failed bool          // Set before stored is closed.
}

// path is where the entry's file lies.
func (e *spoolEntry) path() string { return pendingDir + "/" + e.String() }

// deadPath is where the file lies once the delivery is dead.
func (e *spoolEntry) deadPath() string { return deadDir + "/" + e.String() }

func (x *spoolIndex) len() int { return x.count }

// reserve adds an entry that is not yet stored.
func (x *spoolIndex) reserve(hash spoolHash, size int64) *spoolEntry {
	x.sequence++
	e := &spoolEntry{
		spoolName: spoolName{sequence: x.sequence, hash: hash},
		size:      size,
		stored:    make(chan struct{}),
	}
	x.add(e)
	return e
}

func (x *spoolIndex) add(e *spoolEntry) {
	x.byHash[e.hash] = e
	x.count++
	x.bytes += e.size
}

// enqueue puts a stored entry at the end of the line.
func (x *spoolIndex) enqueue(e *spoolEntry) { x.queue = append(x.queue, e) }

// head returns the entry that has waited longest, or nil.
func (x *spoolIndex) head() *spoolEntry {
	if len(x.queue) == 0 {
		return nil
	}
	return x.queue[0]
}

// dequeue removes the head.
func (x *spoolIndex) dequeue() {
	e := x.queue[0]
	x.queue[0] = nil
	x.queue = x.queue[1:]
	x.remove(e)
}

// remove forgets an entry that is not in the queue.
func (x *spoolIndex) remove(e *spoolEntry) {
	if x.byHash[e.hash] == e {
		delete(x.byHash, e.hash)
	}
	x.count--
	x.bytes -= e.size
}

// scanSpool reads the index from the directory and removes the remains of
// writes that were cut short. Files with other names are left alone.
func scanSpool(root *os.Root) (spoolIndex, error) {
	x := spoolIndex{byHash: make(map[spoolHash]*spoolEntry)}
	written := make(chan struct{})
	close(written)
	for file, err := range listSpool(root, pendingDir) {
		if err != nil {
			return x, err
		}
		if strings.HasPrefix(file.Name(), tempPrefix) {
			if err := root.Remove(pendingDir + "/" + file.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return x, fmt.Errorf("webhook: clean spool: %w", err)
			}
			continue
		}
		name, ok := parseSpoolName(file.Name())
		if !ok {
			continue
		}
		info, err := file.Info()
		if err != nil {
			return x, fmt.Errorf("webhook: read spool: %w", err)
		}
		e := &spoolEntry{spoolName: name, size: info.Size(), stored: written}
		x.add(e)
		x.enqueue(e)
		x.sequence = max(x.sequence, name.sequence)
	}
	slices.SortFunc(x.queue, func(a, b *spoolEntry) int { return cmp.Compare(a.sequence, b.sequence) })
	for file, err := range listSpool(root, deadDir) {
		if err != nil {
			return x, err
		}
		if name, ok := parseSpoolName(file.Name()); ok {
			x.sequence = max(x.sequence, name.sequence)
		}
	}
	return x, nil
}

// listSpool yields the files of a directory, some at a time and in no order.
func listSpool(root *os.Root, dir string) iter.Seq2[fs.DirEntry, error] {
	return func(yield func(fs.DirEntry, error) bool) {
		handle, err := root.Open(dir)
		if err != nil {
			yield(nil, fmt.Errorf("webhook: read spool: %w", err))
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
				yield(nil, fmt.Errorf("webhook: read spool: %w", err))
				return
			}
		}
	}
}
