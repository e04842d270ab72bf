package spool

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"runtime"
	"runtime/debug"
	"slices"
	"time"

	"github.com/pronet-go/pronet/webhook"
)

// Run processes the pending deliveries one after another in the order in which they arrived (or by turns, see
// Options.LabelsTakeTurns), and waits for more, until
// ctx ends, the spool is closed or its directory cannot be used any more. It returns the reason, never nil. The handler
// goes on storing when Run has ended, so a program must look at the error, and end with it or call Run again:
//
//	go func() {
//		if err := notices.Run(ctx, refresher.Handle); ctx.Err() == nil {
//			stop(fmt.Errorf("no notice is processed any more: %w", err))
//		}
//	}()
//
// A delivery is removed after process has returned nil. If process fails or panics, the delivery is tried again after
// a wait that grows with each attempt. It waits beside the others: the next ones are worked on at once, but for those
// that are about the same subject (see [webhook.Subject]) or have the same key. They wait behind it, so that what is
// older is never handed over after what is newer. An event that is no Subject is about nobody: a decoder whose events
// must keep their order makes them Subjects. What is known of the subjects of waiting deliveries is bounded (131,072
// of them together); at the bound the line stands still rather than that the order is lost.
//
// What the error of process means:
//
//   - [webhook.ErrRetryLater], whatever else is joined with it: the attempt does not count. Between two such attempts
//     of waiting deliveries is a Backoff.
//   - [webhook.ErrNotUnderstood] or [webhook.ErrGiveUp]: the delivery is dead at once.
//   - Any other: the attempt counts, and after the last one the delivery is dead. When three deliveries have failed
//     so with no success since, what process calls is taken to be down, whoever's fault the first two were: from then
//     on no attempt counts, and all deliveries together are tried no more often than one is, with waits up to
//     BackoffCap. The first success ends it. After a day without one, attempts count again, as seldom: three
//     deliveries that nobody can ever work on look like an outage, and end among the dead too.
//
// A dead delivery stays with the reason, see [Spool.Dead]. A file that cannot be read as what the spool wrote, a body
// that its sender's decoder refuses, and a source that is none of the senders' are reasons too; process is not called
// then. Whatever fails is logged at WARN.
//
// [webhook.Delivery.Kept] is set, and usable until process returns. The context given to process ends with ctx and with
// [Spool.Close]. A second Run at the same time returns [ErrRunning].
func (s *Spool) Run(ctx context.Context, process func(ctx context.Context, d *webhook.Delivery) error) error {
	if ctx == nil {
		return errors.New("spool: the context is nil")
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if err := s.startRun(cancel); err != nil {
		return err
	}
	defer s.endRun()
	if process == nil {
		return errors.New("spool: the function given to Run is nil")
	}
	for s.takeTurn(ctx) == nil { // before an entry is taken out of the line, where an edit finds it
		s.mu.Lock()
		e, fresh, at := s.index.line.next(time.Now())
		s.mu.Unlock()
		if e == nil {
			<-s.turn
			s.sleep(ctx, at)
			continue
		}
		a := attempt{spool: s, entry: e, fresh: fresh}
		err := a.run(ctx, process)
		<-s.turn
		if err != nil {
			return fmt.Errorf("spool: %w", err)
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

// sleep waits until the time, if there is one, the context's end, or a change.
func (s *Spool) sleep(ctx context.Context, at time.Time) {
	var due <-chan time.Time
	if !at.IsZero() {
		timer := time.NewTimer(time.Until(at))
		defer timer.Stop()
		due = timer.C
	}
	select {
	case <-s.wake:
	case <-due:
	case <-ctx.Done():
	}
}

// attempt is one try of an entry.
type attempt struct {
	spool  *Spool
	entry  *entry
	fresh  bool // It stands in the line as the first one.
	source string
	label  string
	events []webhook.Event
	traces []webhook.Trace
	began  time.Time
	took   time.Duration

	receivedAt time.Time
}

// run makes the attempt and finds the entry's new place. The error is one of the directory; the entry is back in the
// line then.
func (a *attempt) run(ctx context.Context, process func(context.Context, *webhook.Delivery) error) error {
	s, e := a.spool, a.entry
	a.began = time.Now()
	switch {
	case e.dying != nil:
		a.take()
		return a.die(ctx, e.dying)
	case e.attempts >= s.options.Attempts:
		a.take()
		return a.die(ctx, fmt.Errorf("attempt %d did not end with the process, or Options.Attempts is lower now", e.attempts))
	}
	if err := s.removeParts(e); err != nil {
		return err
	}
	d, err := a.load()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		a.take()
		a.log(ctx, slog.LevelWarn, "spool: delivery has disappeared", nil)
		return a.leave(s.discard(e)) // What was kept for it.
	case errors.Is(err, ErrCorrupt), errors.Is(err, errTooLarge), errors.Is(err, errNotDecoded), errors.Is(err, webhook.ErrUnknownSource):
		a.take()
		return a.die(ctx, err)
	case err == nil && a.mustWait():
		a.log(ctx, slog.LevelDebug, "spool: delivery waits behind an earlier one about the same", nil)
		return nil
	}
	if err == nil {
		if err := a.join(ctx); err != nil {
			return err
		}
		if d.Events = a.events; e.joined {
			d.Keys = nil // Of the first alone they would say too little.
		}
	}
	a.take()
	if recordErr := s.record(e, e.attempts+1); recordErr != nil {
		return a.back(recordErr)
	}
	if err != nil { // The file could not be read.
		return a.failed(ctx, err)
	}
	k := &kept{spool: s, entry: e}
	d.Kept = k
	a.began = time.Now()
	ctx = a.start(ctx)
	failure := call(context.WithValue(ctx, inProcess{}, s), d, process)
	a.took = time.Since(a.began)
	if err := a.settle(ctx, failure, k.end()); err != nil {
		a.tell(ctx, OutcomeRetry, err) // what has begun has an end
		return err
	}
	return nil
}

// settle does what follows from what process returned, and from damage to what was kept.
func (a *attempt) settle(ctx context.Context, failure, damage error) error {
	switch {
	case failure == nil:
		return a.done(ctx)
	case damage != nil:
		return a.die(ctx, errors.Join(damage, failure))
	}
	return a.failed(ctx, failure)
}

// load reads the delivery and decodes it.
func (a *attempt) load() (*webhook.Delivery, error) {
	s, e := a.spool, a.entry
	d, err := s.load(e)
	if err != nil {
		return nil, err
	}
	d.Requeues = e.requeues
	a.source, a.label, a.receivedAt = d.Source, d.Label, d.ReceivedAt
	if !s.knows(d.Source) {
		return nil, unknownSourceError(d.Source)
	}
	if e.joined {
		requeues := d.Requeues
		if d, a.traces, err = decodeJoined(d, s.senders); d != nil {
			d.Requeues = requeues
		}
	} else {
		a.traces = appendTrace(nil, d)
		err = decode(d, s.senders)
	}
	switch {
	case errors.Is(err, ErrCorrupt):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errNotDecoded, err)
	}
	a.events = d.Events
	return d, nil
}

// unknownSourceError is a [webhook.ErrUnknownSource] that says what to do.
type unknownSourceError string

func (e unknownSourceError) Error() string {
	return fmt.Sprintf("no sender with the source %q was given to Open", string(e))
}

func (unknownSourceError) Unwrap() error { return webhook.ErrUnknownSource }

// errNotDecoded says that a sender's decoder has refused what was stored.
var errNotDecoded = errors.New("the body cannot be decoded")

// knows reports whether one of the senders has the source.
func (s *Spool) knows(source string) bool {
	return slices.ContainsFunc(s.senders, func(sender webhook.Sender) bool { return sender.Source == source })
}

func decode(d *webhook.Delivery, senders []webhook.Sender) (err error) {
	defer recovered(&err)
	return webhook.Decode(d, senders...)
}

func call(ctx context.Context, d *webhook.Delivery, process func(context.Context, *webhook.Delivery) error) (err error) {
	defer recovered(&err)
	return process(ctx, d)
}

// recovered makes an error of a panic.
func recovered(err *error) {
	if value := recover(); value != nil {
		*err = &panicError{value: value, stack: debug.Stack()}
	}
}

// panicError is a panic of the caller's code. Its text names the type of the value, unless it is the runtime's:
// others may hold anything.
type panicError struct {
	value any
	stack []byte
}

// Error implements error.
func (e *panicError) Error() string {
	if err, ok := e.value.(runtime.Error); ok {
		return "panic: " + err.Error()
	}
	return fmt.Sprintf("panic: %T", e.value)
}

// take takes the entry out of the line.
func (a *attempt) take() {
	s := a.spool
	s.mu.Lock()
	defer s.mu.Unlock()
	if a.fresh {
		s.index.line.takeFresh()
	}
	s.working = a.entry
}

// mustWait reports whether the entry waits behind one that is about the same.
func (a *attempt) mustWait() bool {
	s := a.spool
	s.mu.Lock()
	nobodyWaits := !a.fresh || len(s.index.line.tails) == 0
	s.mu.Unlock()
	if nobodyWaits {
		return false
	}
	subjects := a.subjects()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.index.line.mustWait(a.entry, subjects)
}

// subjects returns what the delivery is about, or its key alone if an event panics.
func (a *attempt) subjects() (subjects []uint64) {
	defer func() {
		if recover() != nil {
			subjects = a.spool.index.line.subjectsOf(a.entry, nil)
		}
	}()
	return a.spool.index.line.subjectsOf(a.entry, a.events)
}

// done removes a delivery that was dealt with.
func (a *attempt) done(ctx context.Context) error {
	s := a.spool
	s.mu.Lock()
	s.index.line.succeeded()
	s.failingSince = time.Time{}
	s.mu.Unlock()
	if err := a.leave(s.discard(a.entry)); err != nil {
		return err
	}
	a.log(ctx, slog.LevelDebug, "spool: delivery is done", nil)
	a.tell(ctx, OutcomeDone, nil)
	return nil
}

// failed decides what follows from a failure.
func (a *attempt) failed(ctx context.Context, failure error) error {
	s, e := a.spool, a.entry
	later := errors.Is(failure, webhook.ErrRetryLater) // Of several failures in one, it comes first: nothing is lost by it.
	switch {
	case !later && (errors.Is(failure, webhook.ErrNotUnderstood) || errors.Is(failure, webhook.ErrGiveUp)):
		return a.die(ctx, failure)
	case ctx.Err() != nil:
		if err := a.back(s.record(e, e.attempts-1)); err != nil {
			return err
		}
		a.tell(ctx, OutcomeRetry, failure)
		return nil
	}
	counts := !later && a.countsFailure()
	switch {
	case !counts:
		if err := s.record(e, e.attempts-1); err != nil {
			return a.back(err)
		}
	case e.attempts >= s.options.Attempts:
		return a.die(ctx, failure)
	}
	a.retry(failure)
	s.noteFailure(failure)
	message := "spool: delivery will be tried again"
	if !later && !counts {
		message = "spool: delivery will be tried again; several have failed in a row, so their attempts do not count"
	}
	wait := max(time.Until(e.due), time.Until(s.index.line.pause)) // Run alone changes these.
	a.log(ctx, slog.LevelWarn, message, failure, slog.Duration("retry_in", wait.Round(time.Millisecond)))
	a.tell(ctx, OutcomeRetry, failure)
	return nil
}

// countsFailure reports whether the failure counts as an attempt, and lets all wait if many have failed.
func (a *attempt) countsFailure() bool {
	s := a.spool
	s.mu.Lock()
	defer s.mu.Unlock()
	now, line := time.Now(), &s.index.line
	outage := line.failed(a.entry, now)
	if outage {
		line.pause = now.Add(s.backoff(line.streak.attempts - outageAfter + 1))
	}
	return !outage || now.Sub(line.streak.began) >= maxOutage
}

// retry lets the entry wait, and others only behind what the failure says is not done.
func (a *attempt) retry(failure error) {
	s, e := a.spool, a.entry
	s.mu.Lock()
	hasPlace := s.index.line.hasPlace(e)
	s.mu.Unlock()
	undone := a.undone(failure)
	subjects := undone
	if !hasPlace && subjects == nil {
		subjects = a.subjects()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if hasPlace && undone != nil {
		s.index.line.release(e, time.Now(), func(subject uint64) bool { _, open := slices.BinarySearch(undone, subject); return !open })
	}
	a.wait(subjects)
}

// undone returns the subjects that a failure says are not done, nil if it does not say.
func (a *attempt) undone(failure error) (subjects []uint64) {
	defer func() {
		if recover() != nil {
			subjects = nil
		}
	}()
	if left, ok := errors.AsType[webhook.Undone](failure); ok {
		for _, name := range left.Undone() {
			subjects = append(subjects, a.spool.index.line.hash(name))
		}
		slices.Sort(subjects)
		subjects = slices.Compact(subjects)
	}
	return subjects
}

// wait puts the entry among those that wait. The spool is locked.
func (a *attempt) wait(subjects []uint64) {
	s, e := a.spool, a.entry
	now, line := time.Now(), &s.index.line
	if e.failures > 0 {
		line.retryAt = now.Add(s.backoff(1))
	}
	e.failures++
	line.retry(e, subjects, now.Add(s.backoff(max(e.failures, e.attempts))))
	s.working = nil
}

// back puts the entry back to its place, and returns the error that was given.
func (a *attempt) back(err error) error {
	s := a.spool
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index.line.putBack(a.entry)
	s.working = nil
	return err
}

// leave forgets the entry if there was no error, which it returns, and puts it back otherwise.
func (a *attempt) leave(err error) error {
	if err != nil {
		return a.back(err)
	}
	s := a.spool
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index.line.gone(a.entry, time.Now())
	s.index.remove(a.entry)
	s.working = nil
	return nil
}

// die moves the delivery to the dead ones. While they have no room it waits, and holds up nobody: process is not called
// for it any more, also when the spool is opened again, since newer ones about the same have been handed over by then.
func (a *attempt) die(ctx context.Context, reason error) error {
	s, e := a.spool, a.entry
	size := onDisk(e.size) + onDisk(e.kept) + block
	s.mu.Lock()
	full := s.deadAreFull()
	if full {
		e.dying = reason
		s.index.stopAbsorbing(e)
		s.index.line.gone(e, time.Now())
		a.wait(nil)
	} else {
		s.index.joinedTheDead(1, size)
	}
	s.mu.Unlock()
	if full {
		if err := a.giveReason(reason); err != nil {
			a.log(ctx, slog.LevelWarn, "spool: the delivery would be tried again if the spool were opened anew now: why it is to die could not be written", err)
		}
		s.noteFailure(fmt.Errorf("%w (%w)", errDeadFull, reason))
		a.log(ctx, slog.LevelWarn, "spool: the dead have no room, so the delivery waits: Requeue or Discard some", reason)
		a.tell(ctx, OutcomeRetry, reason)
		return nil
	}
	if err := a.leave(a.bury(ctx, reason)); err != nil {
		s.mu.Lock()
		s.index.joinedTheDead(-1, -size)
		s.mu.Unlock()
		return err
	}
	s.noteFailure(reason)
	a.log(ctx, slog.LevelWarn, "spool: delivery is dead: Requeue or Discard it", reason, slog.String("id", e.String()))
	a.tell(ctx, OutcomeDead, reason)
	return nil
}
