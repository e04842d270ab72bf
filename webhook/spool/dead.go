package spool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"time"

	"github.com/pronet-go/pronet/internal/durable"
)

// reasonEnding is what the name of a file ends in that says why a delivery is dead.
const reasonEnding = ".reason"

// Dead describes a delivery that a [Spool] has given up.
type Dead struct {
	// ID names it for [Spool.Requeue] and [Spool.Discard]. It is the name of the file in the directory "dead" of the
	// spool.
	ID string
	// Source, Label, Key and ReceivedAt are those of the [webhook.Delivery]. They are
	// empty if the file is corrupt.
	Source, Label, Key string
	ReceivedAt         time.Time
	// Attempts is how many attempts counted, and Requeues how often it was put back before.
	Attempts, Requeues int
	// Size is the size of the file in bytes.
	Size int64
	// Kept is how many bytes lie beside it: what was bought for it and not handed over, above all.
	Kept int64
	// Corrupt says that the beginning of the file is not what the spool wrote, or that the file has another length than
	// that says. Such a file cannot be requeued. Other damage is noticed when the delivery is processed.
	Corrupt bool
	// Reason says in words why it is dead: the error of the last attempt, on one printable line of at most a kilobyte, or
	// what can be known from the file.
	Reason string
}

// giveReason writes why the delivery is dead, or is to be once there is room: what has a reason is not tried any more,
// also when the spool is opened again.
func (a *attempt) giveReason(reason error) error {
	return durable.Replace(a.spool.root, deadDir+"/"+a.entry.beside(reasonEnding), []byte(printable(reason)+"\n"))
}

// bury moves the file of an entry to the dead ones, with the reason and what was kept. A crash between two of the steps
// is mended when the spool is opened.
func (a *attempt) bury(ctx context.Context, reason error) error {
	s, e := a.spool, a.entry
	if err := a.giveReason(reason); err != nil {
		a.log(ctx, slog.LevelWarn, "spool: why the delivery is dead could not be written beside it", err)
	}
	if err := s.root.Rename(e.path(), e.deadPath()); err != nil {
		return err
	}
	var err error
	if e.hasKept {
		err = s.root.Rename(e.keptPath(), deadDir+"/"+e.beside(keptEnding))
	}
	return errors.Join(err, durable.SyncDir(s.dead), durable.SyncDir(s.pending))
}

// errDeadFull is the [ErrFull] of a delivery that would go to the dead ones.
var errDeadFull = fmt.Errorf("%w: the dead deliveries have reached Options.MaxDead; Requeue or Discard them", ErrFull)

// block is what a file takes at least: many small ones fill a disk, too.
const block = 4 << 10

// onDisk returns what a file of that size takes.
func onDisk(size int64) int64 { return (size + block - 1) / block * block }

// deadSize returns what the files of a dead delivery take.
func (s *Spool) deadSize(name fileName) int64 {
	size := int64(block) // The reason.
	for _, path := range []string{name.String(), name.beside(keptEnding)} {
		info, err := s.root.Lstat(deadDir + "/" + path)
		if err == nil && (info.Size() <= s.options.MaxBytes || path != name.String()) { // No spool has stored more.
			size += onDisk(info.Size())
		}
	}
	return size
}

// joinedTheDead takes note of dead deliveries with files of that size together; of negative ones that they are not dead
// any more.
func (x *index) joinedTheDead(count int, size int64) {
	x.dead += count
	x.deadBytes += size
}

// Dead yields the dead deliveries in no particular order, reading each when it
// is asked for. A pair with an error is the last one.
func (s *Spool) Dead() iter.Seq2[Dead, error] {
	return func(yield func(Dead, error) bool) {
		if err := s.enter(); err != nil {
			yield(Dead{}, err)
			return
		}
		defer s.users.Done()
		for file, err := range list(s.root, deadDir) {
			if err != nil {
				yield(Dead{}, err)
				return
			}
			name, ok := parseName(file.Name())
			if !ok || !file.Type().IsRegular() {
				continue
			}
			d, err := s.describe(name)
			if errors.Is(err, fs.ErrNotExist) {
				continue // It was requeued or discarded meanwhile.
			}
			if !yield(d, err) || err != nil {
				return
			}
		}
	}
}

// describe reads the beginning of a dead delivery's file, and what is beside it.
func (s *Spool) describe(name fileName) (Dead, error) {
	d := Dead{ID: name.String(), Attempts: name.attempts, Requeues: name.requeues}
	a, size, err := readHead(s.root, deadDir+"/"+d.ID)
	d.Size = size
	switch {
	case errors.Is(err, ErrCorrupt):
		d.Corrupt, d.Reason = true, "the file is corrupt"
	case err != nil:
		return d, fmt.Errorf("spool: read: %w", err)
	default:
		d.Source, d.Label, d.Key, d.ReceivedAt = a.Source, a.Label, a.Key, a.ReceivedAt
		d.Reason = s.guessReason(&d)
	}
	if reason := s.readReason(name); reason != "" {
		d.Reason = reason
	}
	if info, err := s.root.Lstat(deadDir + "/" + name.beside(keptEnding)); err == nil {
		d.Kept = info.Size()
	}
	return d, nil
}

// guessReason says why a delivery is dead that has no file with the reason: an older version or a full disk left none.
func (s *Spool) guessReason(d *Dead) string {
	switch {
	case !s.knows(d.Source):
		return unknownSourceError(d.Source).Error()
	case d.Attempts == 0:
		return "it was not tried: its body is damaged, or its sender was not given to Open then"
	}
	return fmt.Sprintf("attempt %d failed", d.Attempts)
}

// readReason returns the reason that was written, or nothing.
func (s *Spool) readReason(name fileName) string {
	path := deadDir + "/" + name.beside(reasonEnding)
	if info, err := s.root.Lstat(path); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	f, err := s.root.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxReason))
	if err != nil {
		return ""
	}
	return printableText(string(text))
}

// Requeue puts a dead delivery at the end of the line, with all its attempts before it. It returns [ErrNotDead] if
// there is none with the id, [ErrCorrupt] if its file is corrupt, or [ErrFull].
//
// To requeue is to say that what was bought for it and not handed over may be bought again. Since it died, a newer
// record of the same person may have been handed over, and an older one must not follow. So [webhook.Delivery.Requeues]
// is one more, and package refresh gives up the records that it had kept and the jobs that it had requested, with a
// warning that names them: what they cost is spent. Their entries in the ledger (bulkcollect.Ledger) stay open; the
// files of a job can be fetched by hand with the id in its entry while the provider has them, and what was in doubt is
// still to be asked of the provider. What was handed over already is neither bought nor handed over once more, unless
// what was kept is damaged: then all of it is given up.
//
// A delivery that arrives with the same key is stored behind it, not absorbed.
func (s *Spool) Requeue(id string) error {
	damaged, keys := false, []keyHash(nil)
	look := func(name fileName) { damaged, keys = s.isKeptDamaged(name), s.joinedKeys(name) }
	return s.withDead(id, look, func(name fileName) error {
		d, err := s.describe(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return ErrNotDead
		case err != nil:
			return err
		case d.Corrupt:
			return ErrCorrupt
		case s.isFull(d.Size):
			return ErrFull
		}
		// Not by the name's hash: that may be one of the first format.
		e := s.index.reserve(&entry{
			fileName: fileName{hash: hashOf(d.Source, d.Key), joined: name.joined, requeues: name.requeues + 1},
			ids:      keys, size: d.Size, group: s.groupOf(d.Source, d.Label),
		}, d.ReceivedAt)
		oldKept, oldSize := deadDir+"/"+name.beside(keptEnding), s.deadSize(name)
		if d.Kept > 0 && !damaged {
			err = s.linkKept(oldKept, e, d.Kept)
		}
		if err == nil {
			err = s.root.Rename(deadDir+"/"+id, e.path())
		}
		if err != nil {
			if e.hasKept {
				s.unlinkKept(oldKept, e)
			}
			s.index.withdraw(e)
			return fmt.Errorf("spool: requeue: %w", err)
		}
		s.index.joinedTheDead(-1, -oldSize)
		close(e.stored)
		s.wakeUp()
		err = errors.Join(removeIfThere(s.root, oldKept), removeIfThere(s.root, deadDir+"/"+name.beside(reasonEnding)))
		if err := errors.Join(err, durable.SyncDir(s.pending), durable.SyncDir(s.dead)); err != nil {
			return fmt.Errorf("spool: requeue: %w", err)
		}
		return nil
	})
}

// linkKept lets what was kept for a dead delivery lie beside the entry too, so that a crash before the delivery has its
// new name takes nothing away. Where there are no hard links, it is moved.
func (s *Spool) linkKept(old string, e *entry, size int64) error {
	if s.root.Link(old, e.keptPath()) != nil {
		if err := s.root.Rename(old, e.keptPath()); err != nil {
			return err
		}
	}
	e.hasKept = true
	s.index.grewKept(e, size)
	return nil
}

// unlinkKept undoes linkKept. To rename one of two links to the other would leave both.
func (s *Spool) unlinkKept(old string, e *entry) {
	if _, err := s.root.Lstat(old); err == nil {
		_ = s.root.Remove(e.keptPath())
		return
	}
	_ = s.root.Rename(e.keptPath(), old)
}

// isKeptDamaged reports whether what was kept for a dead delivery can be read no more. It would be given up again.
func (s *Spool) isKeptDamaged(name fileName) bool {
	f, err := s.root.Open(deadDir + "/" + name.beside(keptEnding))
	if err != nil {
		return false
	}
	defer func() { _ = f.Close() }()
	return errors.Is(readKept(f, func([]byte) {}), durable.ErrDamaged)
}

// joinedKeys returns the hashes of source and key of all deliveries in a dead one that was joined.
func (s *Spool) joinedKeys(name fileName) (keys []keyHash) {
	if !name.joined {
		return nil
	}
	content, err := s.root.ReadFile(deadDir + "/" + name.String())
	if err != nil {
		return nil
	}
	d, err := parseFile(content)
	if err != nil {
		return nil
	}
	_, files, _ := split(d.Body)
	for _, content := range files {
		if part, err := parseFile(content); err == nil {
			keys = append(keys, hashOf(part.Source, part.Key))
		}
	}
	return keys
}

// Discard removes a dead delivery from the disk for good, with all that lies beside it. It returns [ErrNotDead] if
// there is none with the id.
func (s *Spool) Discard(id string) error {
	return s.withDead(id, func(fileName) {}, func(name fileName) error {
		path := deadDir + "/" + id
		if info, err := s.root.Lstat(path); errors.Is(err, fs.ErrNotExist) || err == nil && !info.Mode().IsRegular() {
			return ErrNotDead
		}
		size := s.deadSize(name)
		for _, beside := range []string{name.beside(keptEnding), name.beside(reasonEnding)} {
			if err := removeIfThere(s.root, deadDir+"/"+beside); err != nil {
				return fmt.Errorf("spool: discard: %w", err)
			}
		}
		err := s.root.Remove(path) // The last one: what fails before can be discarded again.
		if err == nil {
			s.index.joinedTheDead(-1, -size)
			err = durable.SyncDir(s.dead)
		}
		if err != nil {
			return fmt.Errorf("spool: discard: %w", err)
		}
		return nil
	})
}

// withDead calls do while no other does something with the dead, and look before that.
func (s *Spool) withDead(id string, look func(fileName), do func(fileName) error) error {
	name, ok := parseName(id)
	if !ok {
		return ErrNotDead
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.users.Done()
	look(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	return do(name)
}
