package nats

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/pronet-go/pronet/webhook"
)

// add puts a message into the line, unless it is there, or was: what this process has got and has no more was dealt with. The
// server sent it again since that took long, or its removal was not there yet on all servers of a cluster.
func (p *partition) add(msg jetstream.Msg, sequence uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.line.entries[sequence]
	switch {
	case e != nil:
		p.line.attach(e, msg)
		return
	case sequence <= p.reached:
		_ = msg.Ack() // if it is lost, the server sends it once more
		return
	}
	p.reached = sequence
	e = &entry{sequence: sequence, size: len(msg.Data()) + bareMessage}
	is, err := read(sequence, msg.Headers(), msg.Data())
	if err == nil {
		_ = p.decode(is.d) // the attempt finds out again
		e.subjects = p.line.subjectsOf(is.d.Source, is.d.Key, is.d.Events)
	}
	p.line.attach(e, msg)
	if p.line.add(e) {
		p.begin(e)
	}
}

// begin works on an entry until it is done. The partition is locked.
func (p *partition) begin(e *entry) { p.attempts.Go(func() { p.work(e) }) }

func (p *partition) work(e *entry) {
	for {
		if !pause(p.beginning, time.Until(e.due)) {
			return
		}
		select {
		case p.workers <- struct{}{}:
		case <-p.beginning.Done():
			return
		}
		done := p.attempt(e)
		<-p.workers
		if done {
			break
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.record.Failed, e.sequence)
	delete(p.record.Done, e.sequence)
	p.letGo(p.line.remove(e))
}

// letGo begins with those whose turn it is. The partition is locked.
func (p *partition) letGo(next []*entry) {
	for _, e := range next {
		p.begin(e)
	}
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// attempt is one try of a delivery. It reports whether the delivery has left the stream.
func (p *partition) attempt(e *entry) bool {
	p.mu.Lock()
	msg, failed, isDone := e.msg, p.record.Failed[e.sequence], p.record.Done[e.sequence]
	e.waiting = false
	careful := e.sequence <= p.record.Careful && !e.returned
	p.mu.Unlock()
	is, err := read(e.sequence, msg.Headers(), bytes.Clone(msg.Data())) // the function may change it
	a := attempt{p, e, is, failed}
	switch {
	case isDone:
		return a.done()
	case e.dying != nil:
		return a.die(e.dying)
	case err != nil:
		return a.die(err)
	case failed >= p.options.Attempts:
		return a.die(fmt.Errorf("attempt %d did not end with its process, or Options.Attempts is lower now", failed))
	}
	if err := p.decode(is.d); err != nil {
		return a.die(fmt.Errorf("the body cannot be decoded: %w", err))
	}
	if careful && failed > 0 { // it may be what ends the process
		p.alone.Lock()
		defer p.alone.Unlock()
	} else {
		p.alone.RLock()
		defer p.alone.RUnlock()
	}
	if careful {
		a.count(1)
		if err := p.renew(p.working); err != nil {
			a.count(-1)
			return a.later(fmt.Errorf("nats: the attempt could not be written down: %w", err))
		}
	}
	if err := a.open(); err != nil {
		if careful {
			a.count(-1)
		}
		return a.later(err)
	}
	if !p.isHeld() {
		p.lost()
		return false
	}
	failure := call(p.working, is.d, p.process)
	p.mu.Lock()
	e.returned = true
	p.mu.Unlock()
	return a.settle(failure, careful)
}

// attempt is one try.
type attempt struct {
	*partition

	entry  *entry
	stored stored
	failed int // how many attempts of the delivery count
}

// count adds to the attempts that count.
func (a *attempt) count(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failed = max(0, a.failed+n); a.failed == 0 {
		delete(a.record.Failed, a.entry.sequence)
		return
	}
	a.record.Failed[a.entry.sequence] = a.failed
}

// open opens what is kept for the delivery.
func (a *attempt) open() (err error) {
	if a.options.Kept == nil {
		return nil
	}
	if a.stored.d.Kept, err = a.options.Kept.Open(a.working, a.stored.id); err != nil {
		return fmt.Errorf("nats: what is kept cannot be opened: %w", err)
	}
	return nil
}

func call(ctx context.Context, d *webhook.Delivery, process func(context.Context, *webhook.Delivery) error) (err error) {
	defer recovered(&err)
	return process(ctx, d)
}

// settle does what follows from what the function returned. Counted says that the attempt counts already.
func (a *attempt) settle(failure error, counted bool) bool {
	later := errors.Is(failure, webhook.ErrRetryLater) // of several failures in one, it comes first: nothing is lost by it
	dead := !later && (errors.Is(failure, webhook.ErrNotUnderstood) || errors.Is(failure, webhook.ErrGiveUp))
	switch {
	case failure == nil:
		return a.done()
	case dead:
		return a.die(failure)
	case later || a.working.Err() != nil:
		if counted {
			a.count(-1)
		}
	case !counted:
		a.count(1)
	}
	a.partition.release(a.entry, failure)
	if !later && a.failed >= a.options.Attempts && a.working.Err() == nil {
		return a.die(failure)
	}
	return a.later(failure)
}

// done removes a delivery that was dealt with.
func (a *attempt) done() bool {
	if a.options.Kept != nil {
		if err := a.removeKept(); err != nil {
			return a.later(fmt.Errorf("nats: the delivery is done, and what is kept for it was not removed: %w", err))
		}
	}
	if !a.acknowledge() {
		return false
	}
	a.log(slog.LevelDebug, "nats: delivery is done", nil)
	a.succeeded()
	return true
}

// removeKept removes what is kept for a delivery while the stream still has it, since later nobody would know of it. So that
// nobody works on it with nothing kept, the lease says before that it is done.
func (a *attempt) removeKept() error {
	ctx, cancel := a.lasting()
	defer cancel()
	a.mu.Lock()
	a.record.Done[a.entry.sequence] = true
	a.mu.Unlock()
	if err := a.renew(ctx); err != nil {
		return err
	}
	return a.options.Kept.Remove(ctx, a.stored.id)
}

// die moves a delivery to the dead ones.
func (a *attempt) die(reason error) bool {
	a.entry.dying = reason
	ctx, cancel := a.lasting()
	defer cancel()
	m := a.obituary(reason)
	trying, stop := context.WithTimeout(ctx, webhook.DefaultDeadline)
	defer stop()
	if err := a.publish(trying, m); err != nil {
		return a.later(fmt.Errorf("the delivery is to die, and waits: %w (%w)", err, reason))
	}
	if !a.acknowledge() {
		return false
	}
	a.note(reason)
	a.log(slog.LevelWarn, "nats: delivery is dead: Requeue or Discard it", reason, slog.String("id", a.stored.id))
	return true
}

// acknowledge takes the delivery out of the stream, and returns once the server has said so, or the lease is lost, or it is
// too late. Only then may the next one of the same person be handed over.
func (a *attempt) acknowledge() bool {
	ctx, cancel := a.lasting()
	defer cancel()
	for ctx.Err() == nil {
		a.mu.Lock()
		msg := a.entry.msg
		a.mu.Unlock()
		// Not by msg.DoubleAck, which may be called once.
		trying, stop := context.WithTimeout(ctx, tryFor)
		_, err := a.js.Conn().RequestWithContext(trying, msg.Reply(), []byte("+ACK"))
		stop()
		if err == nil || errors.Is(err, nats.ErrNoResponders) && a.isGone(ctx) {
			return true
		}
		pause(ctx, retryAfter)
	}
	return false
}

// isGone reports whether an acknowledgement whose confirmation was lost has arrived.
func (a *attempt) isGone(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, tryFor)
	defer cancel()
	_, err := a.pending.GetMsg(ctx, a.entry.sequence)
	return errors.Is(err, jetstream.ErrMsgNotFound)
}

// lasting returns a context that ends with the lease, or some time after Run has.
func (p *partition) lasting() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(p.held)
	unhook := context.AfterFunc(p.working, func() {
		pause(ctx, patience)
		cancel()
	})
	return ctx, func() { unhook(); cancel() }
}

// later lets the delivery wait.
func (a *attempt) later(failure error) bool {
	e := a.entry
	a.mu.Lock()
	e.waiting = true
	a.mu.Unlock()
	e.failures++
	wait := a.backoff(max(e.failures, a.failed))
	e.due = time.Now().Add(wait)
	select {
	case a.dirty <- struct{}{}: // the attempts that count are to be written down
	default:
	}
	if a.working.Err() == nil {
		a.note(failure)
		a.log(slog.LevelWarn, "nats: delivery will be tried again", failure, slog.Duration("retry_in", wait.Round(time.Millisecond)))
	}
	return false
}

// release lets those go on that wait for what a failure says is done.
func (p *partition) release(e *entry, failure error) {
	var undone []uint64
	left, ok := errors.AsType[webhook.Undone](failure)
	if !ok {
		return
	}
	names, err := namesOf(left)
	if err != nil {
		return
	}
	for _, name := range names {
		undone = append(undone, p.line.hash(name))
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.letGo(p.line.release(e, func(subject uint64) bool { return !slices.Contains(undone, subject) }))
}

func namesOf(left webhook.Undone) (names []string, err error) {
	defer recovered(&err)
	return left.Undone(), nil
}

// backoff returns how long to wait after the given number of attempts.
func (q *Queue) backoff(attempts int) time.Duration {
	wait := q.options.Backoff
	for range attempts - 1 {
		if wait >= q.options.BackoffCap/2 {
			wait = q.options.BackoffCap
			break
		}
		wait *= 2
	}
	return wait/2 + rand.N(wait/2+1)
}
