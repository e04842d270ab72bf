package webhook

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"time"
)

// Run processes the pending deliveries one after another in the order in which
// they arrived, and waits for more, until ctx ends, the spool is closed or its
// directory cannot be used any more. It returns the reason.
//
// A delivery is removed after process has returned nil. If process fails or
// panics, the delivery is tried again after a wait that grows with each
// attempt; those behind it wait as well, so that an outage of what process
// calls does not use up the attempts of all of them. A failure that is
// [ErrRetryLater] does not count. After the last attempt the delivery
// goes to the dead ones. A file that cannot be read as what the spool wrote
// goes there at once.
//
// The context given to process ends with ctx and with [Spool.Close]. A second
// Run at the same time returns [ErrSpoolRunning].
func (s *Spool) Run(ctx context.Context, process func(ctx context.Context, d *Delivery) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := s.startRun(cancel); err != nil {
		return err
	}
	defer s.endRun()
	failures := 0 // in a row
	for ctx.Err() == nil {
		s.mu.Lock()
		entry := s.index.head()
		s.mu.Unlock()
		if entry == nil {
			select {
			case <-s.wake:
			case <-ctx.Done():
			}
			continue
		}
		gone, err := s.try(ctx, entry, process)
		switch {
		case err != nil:
			return fmt.Errorf("webhook: spool: %w", err)
		case gone:
			failures = 0
			s.mu.Lock()
			s.index.dequeue()
			s.mu.Unlock()
		case ctx.Err() == nil:
			failures++
			pause(ctx, s.backoff(max(failures, entry.attempts)))
		}
	}
	return context.Cause(ctx)
}

func (s *Spool) startRun(stop context.CancelCauseFunc) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return ErrSpoolClosed
	case s.stopRun != nil:
		return ErrSpoolRunning
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
func (s *Spool) try(ctx context.Context, entry *spoolEntry, process func(context.Context, *Delivery) error) (gone bool, err error) {
	if entry.attempts >= s.attempts {
		// The process died in the last attempt, or the limit is lower now.
		s.warn(ctx, "webhook: delivery is dead", entry, nil)
		return true, s.bury(entry)
	}
	d, err := s.load(entry)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.warn(ctx, "webhook: delivery has disappeared from the spool", entry, nil)
		return true, nil
	case errors.Is(err, ErrSpoolCorrupt):
		s.warn(ctx, "webhook: delivery is dead, its file is corrupt", entry, nil)
		return true, s.bury(entry)
	case err != nil:
		return false, err
	}
	if err := s.setAttempts(entry, entry.attempts+1); err != nil {
		return false, err
	}
	failure := s.process(ctx, d, process)
	switch {
	case failure == nil:
		return true, s.discard(entry)
	case ctx.Err() != nil:
		return false, s.setAttempts(entry, entry.attempts-1)
	case errors.Is(failure, ErrRetryLater):
		s.warn(ctx, "webhook: delivery will be tried again later", entry, failure)
		return false, s.setAttempts(entry, entry.attempts-1)
	case entry.attempts >= s.attempts:
		s.warn(ctx, "webhook: delivery is dead", entry, failure)
		return true, s.bury(entry)
	}
	s.warn(ctx, "webhook: delivery will be tried again", entry, failure)
	return false, nil
}

// process decodes the delivery and calls the function.
func (s *Spool) process(ctx context.Context, d *Delivery, process func(context.Context, *Delivery) error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicError{value: value, stack: debug.Stack()}
		}
	}()
	if d.Events, err = s.decode(d.Label, d.Body); err != nil {
		return err
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
	wait := s.backoffBase
	for range attempts - 1 {
		if wait >= s.backoffCap/2 {
			wait = s.backoffCap
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

func (s *Spool) warn(ctx context.Context, message string, entry *spoolEntry, failure error) {
	attrs := []slog.Attr{
		slog.String("id", entry.String()),
		slog.Int("attempts", entry.attempts),
		slog.Int64("bytes", entry.size),
	}
	if failure != nil {
		attrs = append(attrs, slog.String("error", failure.Error()))
	}
	s.logger.LogAttrs(ctx, slog.LevelWarn, message, attrs...)
}
