package spool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"time"

	"github.com/pronet-go/pronet/internal/durable"
	"github.com/pronet-go/pronet/webhook"
)

// Run processes the pending deliveries one after another in the order in which
// they arrived, and waits for more, until ctx ends, the spool is closed or its
// directory cannot be used any more. It returns the reason.
//
// A delivery is removed after process has returned nil. If process fails or
// panics, the delivery is tried again after a wait that grows with each
// attempt; those behind it wait as well, so that an outage of what process
// calls does not use up the attempts of all of them. A failure that is
// [webhook.ErrRetryLater] does not count. After the last attempt the delivery
// goes to the dead ones. A file that cannot be read as what the spool wrote, or
// whose source is none of the senders', goes there at once.
//
// The context given to process ends with ctx and with [Spool.Close]. A second
// Run at the same time returns [ErrRunning].
func (s *Spool) Run(ctx context.Context, process func(ctx context.Context, d *webhook.Delivery) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := s.startRun(cancel); err != nil {
		return err
	}
	defer s.endRun()
	failures := 0 // in a row
	for ctx.Err() == nil {
		s.mu.Lock()
		e := s.index.head()
		s.mu.Unlock()
		if e == nil {
			select {
			case <-s.wake:
			case <-ctx.Done():
			}
			continue
		}
		gone, err := s.try(ctx, e, process)
		switch {
		case err != nil:
			return fmt.Errorf("spool: %w", err)
		case gone:
			failures = 0
			s.mu.Lock()
			s.index.dequeue()
			s.mu.Unlock()
		case ctx.Err() == nil:
			failures++
			pause(ctx, s.backoff(max(failures, e.attempts)))
		}
	}
	return context.Cause(ctx)
}

func (s *Spool) startRun(stop context.CancelCauseFunc) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return ErrClosed
	case s.stopRun != nil:
		return ErrRunning
	}
	s.stopRun = stop
	s.users.Add(1)
	return nil
}

func (s *Spool) endRun() {
	s.mu.Lock()
	s.stopRun = nil
	s.mu.Unlock()
	s.users.Done()
}

// try makes one attempt and reports whether the entry has left the directory
// of pending deliveries. An error is one of the directory.
func (s *Spool) try(ctx context.Context, e *entry, process func(context.Context, *webhook.Delivery) error) (gone bool, err error) {
	if e.attempts >= s.options.Attempts {
		// The process died in the last attempt, or the limit is lower now.
		s.warn(ctx, "spool: delivery is dead", e, nil)
		return true, s.bury(e)
	}
	d, err := s.load(e)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.warn(ctx, "spool: delivery has disappeared", e, nil)
		return true, nil
	case errors.Is(err, ErrCorrupt):
		s.warn(ctx, "spool: delivery is dead, its file is corrupt", e, nil)
		return true, s.bury(e)
	case err != nil:
		return false, err
	case !s.knows(d.Source):
		s.warn(ctx, "spool: delivery is dead, no sender has its source", e, fmt.Errorf("%w: %q", webhook.ErrUnknownSource, d.Source))
		return true, s.bury(e)
	}
	s.mu.Lock()
	d.Events = s.index.takeEvents(e)
	s.mu.Unlock()
	if err := s.setAttempts(e, e.attempts+1); err != nil {
		return false, err
	}
	failure := s.process(ctx, d, process)
	switch {
	case failure == nil:
		return true, s.discard(e)
	case ctx.Err() != nil:
		return false, s.setAttempts(e, e.attempts-1)
	case errors.Is(failure, webhook.ErrRetryLater):
		s.warn(ctx, "spool: delivery will be tried again later", e, failure)
		return false, s.setAttempts(e, e.attempts-1)
	case e.attempts >= s.options.Attempts:
		s.warn(ctx, "spool: delivery is dead", e, failure)
		return true, s.bury(e)
	}
	s.warn(ctx, "spool: delivery will be tried again", e, failure)
	return false, nil
}

// knows reports whether one of the senders has the source.
func (s *Spool) knows(source string) bool {
	return slices.ContainsFunc(s.senders, func(sender webhook.Sender) bool { return sender.Source == source })
}

// process decodes the delivery, unless its events were kept, and calls the
// function.
func (s *Spool) process(ctx context.Context, d *webhook.Delivery, process func(context.Context, *webhook.Delivery) error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicError{value: value, stack: debug.Stack()}
		}
	}()
	if d.Events == nil {
		if err := webhook.Decode(d, s.senders...); err != nil {
			return err
		}
	}
	return process(ctx, d)
}

// panicError is a panic of the function given to Run. Its text names the type
// of the value: the value may hold anything.
type panicError struct {
	value any
	stack []byte
}

// Error implements error.
func (e *panicError) Error() string { return fmt.Sprintf("panic: %T\n%s", e.value, e.stack) }

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

func pause(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (s *Spool) warn(ctx context.Context, message string, e *entry, failure error) {
	attrs := []slog.Attr{
		slog.String("id", e.String()),
		slog.Int("attempts", e.attempts),
		slog.Int64("bytes", e.size),
	}
	if failure != nil {
		attrs = append(attrs, slog.String("error", failure.Error()))
	}
	s.options.Logger.LogAttrs(ctx, slog.LevelWarn, message, attrs...)
}

// Dead describes a delivery that a [Spool] has given up.
type Dead struct {
	// ID names it for [Spool.Requeue]. It is the name of the file in the
	// directory "dead" of the spool.
	ID string
	// Source, Label, Key and ReceivedAt are those of the [webhook.Delivery]. They are
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
	// Reason says in words why it is dead, as far as it can be known from the
	// file: corrupt, of a source that none of the spool's senders has, or
	// failed in its last attempt, the error of which was logged.
	Reason string
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
func (s *Spool) describe(name fileName) (Dead, error) {
	d := Dead{ID: name.String(), Attempts: name.attempts}
	a, size, err := readHead(s.root, deadDir+"/"+d.ID)
	d.Size = size
	switch {
	case errors.Is(err, ErrCorrupt):
		d.Corrupt, d.Reason = true, "the file is corrupt"
		return d, nil
	case err != nil:
		return d, fmt.Errorf("spool: read: %w", err)
	}
	d.Source, d.Label, d.Key, d.ReceivedAt = a.Source, a.Label, a.Key, a.ReceivedAt
	switch {
	case !s.knows(d.Source):
		d.Reason = fmt.Sprintf("no sender with the source %q was given to Open", d.Source)
	case d.Attempts == 0:
		d.Reason = "it was not tried: its body is damaged, or its sender was not given to Open then"
	default:
		d.Reason = fmt.Sprintf("attempt %d failed", d.Attempts)
	}
	return d, nil
}

// Requeue puts a dead delivery at the end of the line, with all its attempts
// before it. It returns [ErrNotDead] if there is none with the id,
// [ErrCorrupt] if its file is corrupt, [ErrFull], or an error if a delivery of
// the same source with the same key is pending.
func (s *Spool) Requeue(id string) error {
	name, ok := parseName(id)
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
	key := hashOf(d.Source, d.Key) // Not the name's hash: that may be one of the first format.
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ErrNotDead
	case err != nil:
		return err
	case d.Corrupt:
		return ErrCorrupt
	case s.index.byID[key] != nil:
		return errors.New("spool: a delivery with the same key is pending")
	case s.isFull(d.Size):
		return ErrFull
	}
	e := s.index.reserve(key, d.Size)
	if err := s.root.Rename(deadDir+"/"+id, e.path()); err != nil {
		s.index.remove(e)
		return fmt.Errorf("spool: requeue: %w", err)
	}
	s.index.enqueue(e)
	close(e.stored)
	s.wakeUp()
	if err := errors.Join(durable.SyncDir(s.pending), durable.SyncDir(s.dead)); err != nil {
		return fmt.Errorf("spool: requeue: %w", err)
	}
	return nil
}
