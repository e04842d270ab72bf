package webhook

import (
	"context"
	"fmt"
)

// Put implements [Sink]. It returns nil once the delivery is stored durably,
// also if one with the same [Delivery.Key] is pending already, and
// [ErrSpoolFull] or [ErrSpoolClosed] if it cannot be. The context is looked at
// before the first write; writing itself is not interrupted.
func (s *Spool) Put(ctx context.Context, d *Delivery) error {
	file, err := newSpoolFile(d)
	if err != nil {
		return err
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.users.Done()
	for {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("webhook: spool: %w", context.Cause(ctx))
		}
		entry, mine, err := s.reserve(file)
		if err != nil {
			return err
		}
		if mine {
			err := s.store(entry, file)
			s.finishStore(entry, err)
			return err
		}
		// Another Put of the same key is at work, or has been.
		select {
		case <-entry.stored:
		case <-ctx.Done():
			continue
		}
		if !entry.failed {
			return nil
		}
	}
}

// reserve takes room for the file, or returns the entry that has its key.
func (s *Spool) reserve(file *spoolFile) (entry *spoolEntry, mine bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if entry := s.index.byHash[file.hash]; entry != nil {
		return entry, false, nil
	}
	if s.index.len() >= s.maxDeliveries || s.index.bytes+file.size() > s.maxBytes {
		return nil, false, ErrSpoolFull
	}
	return s.index.reserve(file.hash, file.size()), true, nil
}

// finishStore makes a stored entry visible to Run, or forgets one that could
// not be stored.
func (s *Spool) finishStore(entry *spoolEntry, err error) {
	s.mu.Lock()
	if err == nil {
		s.index.enqueue(entry)
	} else {
		entry.failed = true
		s.index.remove(entry)
	}
	close(entry.stored)
	s.mu.Unlock()
	s.wakeUp()
}

// wakeUp makes a waiting Run look at the queue.
func (s *Spool) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default: // It was told already.
	}
}
