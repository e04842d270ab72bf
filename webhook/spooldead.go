package webhook

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"time"

	"github.com/pronet-go/pronet/internal/durable"
)

// DeadDelivery describes a delivery that a [Spool] has given up.
type DeadDelivery struct {
	// ID names it for [Spool.Requeue]. It is the name of the file in the
	// directory "dead" of the spool.
	ID string
	// Source, Label, Key and ReceivedAt are those of the [Delivery]. They are
	// empty if the file is corrupt.
	Source, Label, Key string
	ReceivedAt         time.Time
	// Attempts is how often it was tried.
	Attempts int
	// Size is the size of the file in bytes.
	Size int64
	// Corrupt says that the beginning of the file is not what the spool
	// wrote. Such a file cannot be requeued. Damage further on is noticed
	// when the delivery is processed.
	Corrupt bool
}

// Dead yields the dead deliveries in no particular order, reading each when it
// is asked for. A pair with an error is the last one.
func (s *Spool) Dead() iter.Seq2[DeadDelivery, error] {
	return func(yield func(DeadDelivery, error) bool) {
		if err := s.enter(); err != nil {
			yield(DeadDelivery{}, err)
			return
		}
		defer s.users.Done()
		for file, err := range listSpool(s.root, deadDir) {
			if err != nil {
				yield(DeadDelivery{}, err)
				return
			}
			name, ok := parseSpoolName(file.Name())
			if !ok {
				continue
			}
			d, err := s.describe(name)
			if errors.Is(err, fs.ErrNotExist) {
				continue // It was requeued meanwhile.
			}
			if !yield(d, err) || err != nil {
				return
			}
		}
	}
}

// describe reads the beginning of a dead delivery's file.
func (s *Spool) describe(name spoolName) (DeadDelivery, error) {
	d := DeadDelivery{ID: name.String(), Attempts: name.attempts}
	f, err := s.root.Open(deadDir + "/" + d.ID)
	if err != nil {
		return d, fmt.Errorf("webhook: read spool: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return d, fmt.Errorf("webhook: read spool: %w", err)
	}
	d.Size = info.Size()
	content, err := io.ReadAll(io.LimitReader(f, int64(spoolFirstLine+maxSpoolAbout+1)))
	if err != nil {
		return d, fmt.Errorf("webhook: read spool: %w", err)
	}
	about, _, _, err := parseSpoolHead(content)
	if err != nil {
		d.Corrupt = true
		return d, nil
	}
	d.Source, d.Label, d.Key, d.ReceivedAt = about.Source, about.Label, about.Key, about.ReceivedAt
	return d, nil
}

// Requeue puts a dead delivery at the end of the line, with all its attempts
// before it. It returns [ErrNotDead] if there is none with the id,
// [ErrSpoolCorrupt] if its file is corrupt, [ErrSpoolFull], or an error if a
// delivery with the same key is pending.
func (s *Spool) Requeue(id string) error {
	name, ok := parseSpoolName(id)
	if !ok {
		return ErrNotDead
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.users.Done()
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.describe(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ErrNotDead
	case err != nil:
		return err
	case d.Corrupt:
		return ErrSpoolCorrupt
	case s.index.byHash[name.hash] != nil:
		return errors.New("webhook: a delivery with the same key is pending")
	case s.index.len() >= s.maxDeliveries || s.index.bytes+d.Size > s.maxBytes:
		return ErrSpoolFull
	}
	entry := s.index.reserve(name.hash, d.Size)
	if err := s.root.Rename(deadDir+"/"+id, entry.path()); err != nil {
		s.index.remove(entry)
		return fmt.Errorf("webhook: requeue: %w", err)
	}
	s.index.enqueue(entry)
	close(entry.stored)
	s.wakeUp()
	if err := errors.Join(durable.SyncDir(s.pending), durable.SyncDir(s.dead)); err != nil {
		return fmt.Errorf("webhook: requeue: %w", err)
	}
	return nil
}
