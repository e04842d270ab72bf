package spool

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/pronet-go/pronet/internal/durable"
)

// index knows the pending deliveries by name, not by content, unless the name
// is one of the first format. Its owner guards it.
type index struct {
	absorbing map[keyHash]*entry // Those that no attempt has begun, by source and key.
	begun     map[keyHash]int    // How many others there are.
	line      line
	count     int
	bytes     int64
	keptBytes int64 // What is kept beside the pending ones.
	sequence  uint64
	dead      int
	deadBytes int64 // Of the dead ones' files, with what is kept beside them.
}

// entry is a pending delivery, or one that is being written.
type entry struct {
	fileName
	id       keyHash   // Of source and key, whatever the name says.
	ids      []keyHash // Of a joined one, those of all its deliveries.
	parts    []string  // The files that it was joined from, which are still to be removed.
	ready    time.Time // The first attempt is not before.
	size     int64
	tooLarge bool   // The file has more bytes than any that the spool stores; size is 0 then.
	received int64  // In nanoseconds since 1970.
	group    string // The entry takes turns with those of others.
	hasKept  bool   // There is a file of what was kept.
	kept     int64  // Its size.

	stored chan struct{} // Closed when writing has ended.
	failed bool          // Set before stored is closed.
	dying  error         // Why it is to go to the dead ones, which have no room for it.

	place // In the line.
}

// wasBegun reports whether the function given to Run may have seen the delivery.
func (e *entry) wasBegun() bool { return e.hasKept || e.fileName.wasBegun() }

// keys are the hashes of source and key of all deliveries that the entry stands for.
func (e *entry) keys() []keyHash {
	if len(e.ids) > 0 {
		return e.ids
	}
	return []keyHash{e.id}
}

// path is where the entry's file lies.
func (e *entry) path() string { return pendingDir + "/" + e.String() }

// deadPath is where the file lies once the delivery is dead.
func (e *entry) deadPath() string { return deadDir + "/" + e.String() }

// keptPath is where what was kept for the entry lies.
func (e *entry) keptPath() string { return pendingDir + "/" + e.beside(keptEnding) }

// isStored reports whether writing has ended.
func (e *entry) isStored() bool {
	select {
	case <-e.stored:
		return true
	default:
		return false
	}
}

// reserve adds an entry that is not yet stored, gives its name the next number and puts it at the end of the line.
func (x *index) reserve(e *entry, received time.Time) *entry {
	x.sequence++
	e.sequence, e.id, e.stored = x.sequence, e.hash, make(chan struct{})
	if received.IsZero() {
		received = time.Now()
	}
	e.received = received.UnixNano()
	x.add(e)
	return e
}

// withdraw forgets an entry that could not be stored.
func (x *index) withdraw(e *entry) {
	x.line.withdraw(e)
	x.remove(e)
}

func (x *index) add(e *entry) {
	switch {
	case e.wasBegun():
		x.began(e, 1)
	case !e.joined && e.dying == nil: // One that was joined is about to be begun.
		x.absorbing[e.id] = e
	}
	x.count++
	x.bytes += e.size
	x.keptBytes += e.kept
	x.line.push(e)
}

// rename takes note of the name that an entry has from its first attempt on: it absorbs no further delivery then.
func (x *index) rename(e *entry, name fileName) {
	if !e.wasBegun() {
		x.stopAbsorbing(e)
		x.began(e, 1)
	}
	e.fileName = name
}

// began counts what is in work by its keys.
func (x *index) began(e *entry, n int) {
	for _, id := range e.keys() {
		if x.begun[id] += n; x.begun[id] == 0 {
			delete(x.begun, id)
		}
	}
}

// join takes note of a file that holds an entry and others, which are taken out of the line.
func (x *index) join(e *entry, name fileName, size int64, parts []*entry) {
	x.stopAbsorbing(e)
	e.ids = []keyHash{e.id}
	gone := make(map[*entry]bool, len(parts))
	for _, part := range parts {
		gone[part] = true
		e.ids = append(e.ids, part.id)
		x.remove(part)
	}
	x.line.fresh.withdrawAll(gone)
	x.bytes += size - e.size
	e.fileName, e.size = name, size
}

func (x *index) stopAbsorbing(e *entry) {
	if x.absorbing[e.id] == e {
		delete(x.absorbing, e.id)
	}
}

// grewKept adds to what is kept for an entry.
func (x *index) grewKept(e *entry, n int64) {
	e.kept += n
	x.keptBytes += n
}

// remove forgets an entry that is not in the line.
func (x *index) remove(e *entry) {
	if !e.wasBegun() {
		x.stopAbsorbing(e)
	} else {
		x.began(e, -1)
	}
	x.count--
	x.bytes -= e.size
	x.keptBytes -= e.kept
}

// scan reads the index from the directory and removes the remains of writes that were cut short. Files with other
// names, and what is no file, are left alone: what damages one entry does not stop the others.
func (s *Spool) scan() error {
	x := &s.index
	*x = index{absorbing: make(map[keyHash]*entry), begun: make(map[keyHash]int), line: newLine()}
	pendingBeside, entries, err := s.scanPending()
	if err != nil {
		return err
	}
	deadBeside := make(map[string]int64)
	for file, err := range list(s.root, deadDir) {
		if err != nil {
			return err
		}
		name, ok := parseName(file.Name())
		x.sequence = max(x.sequence, name.sequence)
		if !ok && !isBeside(file.Name()) || !s.isFile(deadDir, file) {
			continue
		}
		if !ok {
			deadBeside[file.Name()] = 0
			continue
		}
		x.joinedTheDead(1, s.deadSize(name))
	}
	if err := s.settleBeside(entries, pendingBeside, deadBeside); err != nil {
		return err
	}
	entries, err = s.settleJoined(entries)
	if err != nil {
		return fmt.Errorf("spool: clean: %w", err)
	}
	slices.SortFunc(entries, func(a, b *entry) int { return cmp.Compare(a.sequence, b.sequence) })
	for _, e := range entries {
		x.add(e)
	}
	return nil
}

// scanPending returns the pending deliveries, and the names and sizes of the files beside them.
func (s *Spool) scanPending() (beside map[string]int64, entries []*entry, err error) {
	beside = make(map[string]int64)
	written := make(chan struct{})
	close(written)
	for file, err := range list(s.root, pendingDir) {
		if err != nil {
			return nil, nil, err
		}
		if strings.HasPrefix(file.Name(), tempPrefix) {
			if err := removeIfThere(s.root, pendingDir+"/"+file.Name()); err != nil {
				return nil, nil, fmt.Errorf("spool: clean: %w", err)
			}
			continue
		}
		name, ok := parseName(file.Name())
		s.index.sequence = max(s.index.sequence, name.sequence)
		if !ok && !isBeside(file.Name()) || !s.isFile(pendingDir, file) {
			continue
		}
		info, err := file.Info()
		if err != nil {
			s.log(context.Background(), slog.LevelWarn, "spool: file passed over until the spool is opened again", func() []slog.Attr {
				return []slog.Attr{slog.String("name", file.Name()), slog.String("error", printable(err))}
			})
			continue
		}
		if !ok {
			beside[file.Name()] = info.Size()
			continue
		}
		e := &entry{fileName: name, id: name.hash, size: info.Size(), received: info.ModTime().UnixNano(), stored: written}
		if within := s.options.JoinWithin; within > 0 && !e.wasBegun() {
			e.ready = time.Now().Add(min(within, time.Until(info.ModTime().Add(within))))
		}
		if e.tooLarge = e.size > s.options.MaxBytes; e.tooLarge {
			e.size = 0 // It takes no room from the others.
		}
		if name.keyOnly || s.options.LabelsTakeTurns {
			// What cannot be read keeps the name's hash, and no label. It is looked at again when it is its turn.
			if a, _, err := readHead(s.root, e.path()); err == nil {
				e.id, e.group = hashOf(a.Source, a.Key), s.groupOf(a.Source, a.Label)
			}
		}
		entries = append(entries, e)
	}
	return beside, entries, nil
}

// isFile reports whether a file of the spool is a file, and logs if not.
func (s *Spool) isFile(dir string, file fs.DirEntry) bool {
	if file.Type().IsRegular() {
		return true
	}
	s.log(context.Background(), slog.LevelWarn, "spool: what has the name of a delivery is no file and is left alone", func() []slog.Attr {
		return []slog.Attr{slog.String("name", dir+"/"+file.Name())}
	})
	return false
}

// settleBeside gives the pending entries what was kept for them and the reason if they are to die, lets what was kept
// follow those that are dead, and removes what belongs to none: a crash may come between two steps.
func (s *Spool) settleBeside(entries []*entry, pending, dead map[string]int64) error {
	if len(pending)+len(dead) == 0 {
		return nil
	}
	for _, e := range entries {
		name := e.beside(keptEnding)
		if size, ok := pending[name]; ok {
			e.hasKept, e.kept = true, size
			delete(pending, name)
		}
		if _, ok := dead[e.beside(reasonEnding)]; ok {
			e.dying = errors.New(cmp.Or(s.readReason(e.fileName), "it was given up before the spool was opened"))
			delete(dead, e.beside(reasonEnding))
		}
	}
	for file, err := range list(s.root, deadDir) {
		if err != nil {
			return err
		}
		name, ok := parseName(file.Name())
		if !ok {
			continue
		}
		kept := name.beside(keptEnding)
		delete(dead, kept)
		delete(dead, name.beside(reasonEnding))
		if _, ok := pending[kept]; ok {
			if err := s.root.Rename(pendingDir+"/"+kept, deadDir+"/"+kept); err != nil {
				return fmt.Errorf("spool: clean: %w", err)
			}
			delete(pending, kept)
		}
	}
	for dir, names := range map[string]map[string]int64{pendingDir: pending, deadDir: dead} {
		for name := range names {
			if err := removeIfThere(s.root, dir+"/"+name); err != nil {
				return fmt.Errorf("spool: clean: %w", err)
			}
		}
	}
	return nil
}

// isBeside reports whether a name is one of a file that the spool puts beside a delivery, or was about to.
func isBeside(name string) bool {
	base, ok := strings.CutSuffix(name, keptEnding)
	if !ok {
		base, ok = strings.CutSuffix(name, reasonEnding)
	}
	if !ok {
		return strings.HasPrefix(name, durable.TempPrefix)
	}
	sequence, hash, _ := strings.Cut(base, "-")
	owner, ok := parseName(sequence + "-0000-" + hash + suffix)
	return ok && owner.beside("") == base
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
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				yield(nil, fmt.Errorf("spool: read: %w", err))
				return
			}
		}
	}
}
