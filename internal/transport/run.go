package transport

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/limit"
	"github.com/pronet-go/pronet/internal/wire"
)

// run is one call under way: a plan, and the attempts at it. It is used by one goroutine.
type run struct {
	plan
	pipeline *Pipeline
	ctx      context.Context
	started  time.Time

	first    attempt
	current  *attempt // nil before the first
	outcome  outcome  // of the current attempt
	sent     int      // attempts that may have left
	refusals int      // by the provider's rate limit
	doubt    bool     // one of them may have spent or created something
	renewals int      // times that the credential was renewed for this call
	finished bool
}

// start plans a call and tells the observers that it begins.
func (p *Pipeline) start(ctx context.Context, call Call) (*run, error) {
	if p == nil || call.Op == nil {
		return nil, wire.ErrNoService
	}
	if ctx == nil {
		return nil, fmt.Errorf("%s: the context is nil: %w", call.Op.Name, api.ErrInvalid)
	}
	r := &run{pipeline: p, ctx: ctx}
	if err := p.plan(call, &r.plan); err != nil {
		return nil, err
	}
	if p.watched || r.settings.Meta != nil {
		r.started = time.Now()
	}
	r.observeStart()
	return r, nil
}

// attempt makes one attempt and sets its outcome.
func (r *run) attempt() {
	r.releaseBuffer()
	a, err := r.prepare()
	if err != nil {
		r.notBegun(err)
		return
	}
	r.sent++
	r.outcome = a.take(a.send(r.pipeline.shared.base)) // take closes its body, or Stream.Close
	if wait, limited := limit.Hint(r.outcome.header); limited {
		r.outcome.hinted = true
		r.hold(time.Now().Add(wait))
	}
	if r.outcome.failure != nil {
		r.outcome.failure.Attempts = r.sent
	}
}

// notBegun is the outcome of an attempt that failed on this side before anything was sent. A body that cannot be opened
// again is told with the failure that led to the retry.
func (r *run) notBegun(err error) {
	before := r.outcome.failure
	if _, body := errors.AsType[*bodyError](err); body && before != nil {
		before.Cause = errors.Join(err, before.Cause)
		r.outcome.final, r.outcome.sent = true, false
		return
	}
	r.outcome = notBegun(&r.plan, err)
	r.outcome.failure.Attempts = r.sent
}

// prepare does what must happen before a request leaves: the credential first, since a renewal can take long, and then a
// place under the rate limit. A key that became stale while the call waited for it is asked for again.
func (r *run) prepare() (prepared *attempt, err error) {
	a := &r.first
	if r.current != nil {
		r.current.end()
		a = &attempt{}
	}
	a.pipeline, a.caller, a.plan, a.number = r.pipeline, r.ctx, &r.plan, r.sent+1
	if r.body != nil {
		if a.source, err = r.body.Open(); err != nil {
			return nil, &bodyError{err}
		}
	}
	defer func() { // also when a function of the caller's panics
		if prepared == nil {
			a.slot.Release()
			if a.source != nil {
				_ = a.source.Close()
			}
		}
	}()
	for again := false; ; again = true {
		if r.ctx.Err() != nil {
			return nil, ended(r.ctx)
		}
		if !r.op.Anonymous {
			if a.key, err = r.provider.credential.key(r.ctx); err != nil {
				return nil, err
			}
		}
		if a.slot, err = r.provider.pacer.wait(r.ctx, r.op.Class, r.onWait()); err != nil {
			return nil, err
		}
		if r.ctx.Err() != nil { // the place and the end came together
			return nil, ended(r.ctx)
		}
		if again || r.op.Anonymous || r.provider.Stale == nil || !r.provider.Stale(a.key) {
			break
		}
		a.slot.Release()
		if r.provider.Renew != nil { // what is renewed is not looked at a third time: the provider says what it is worth
			var patience time.Duration
			if r.provider.Lives != nil && r.provider.Lives(a.key) {
				patience = renewalPatience
			}
			if _, err = r.provider.credential.replace(r.ctx, a.key, patience); err != nil {
				return nil, err
			}
		}
	}
	if !r.op.Anonymous {
		a.auth[0] = r.provider.KeyPrefix + a.key.Reveal()
	}
	a.begin()
	r.current = a
	return a, nil
}

// onWait tells the observers that the call waits for the rate limit; nil when there are none.
func (r *run) onWait() func(time.Duration) {
	if !r.pipeline.watched {
		return nil
	}
	return func(d time.Duration) { r.observeWait(api.WaitLimit, d) }
}

// hold pauses the calls of the operation's class, for no longer than a wait may take or its own longest window is.
func (r *run) hold(until time.Time) {
	longest := time.Now().Add(max(r.pipeline.config.MaxWait, r.provider.pacer.window(r.op.Class)))
	if until.After(longest) {
		until = longest
	}
	r.provider.pacer.pause(r.op.Class, until)
}

// decode gives the response's body to the caller's decoder.
func (r *run) decode() {
	var err error
	body := *r.outcome.buffer
	switch {
	case r.call.Decode != nil:
		err = r.call.Decode(body)
	case r.call.Into == nil:
		err = discard(body)
	case r.outcome.status != 204 || len(body) > 0:
		if string(bytes.TrimSpace(body)) == "null" { // a response that says nothing must not look like an empty list
			err = wire.Plain("the response is null", nil)
			break
		}
		if err = r.pipeline.config.Decode(body, r.call.Into); err == nil && r.call.Check != nil {
			err = r.call.Check()
		}
	}
	if err == nil {
		return
	}
	failure, ours := errors.AsType[*api.Error](err)
	if !ours {
		failure = wire.NewStatusError(r.op, r.outcome.status)
		wire.Add(failure, api.ErrUnexpectedResponse)
		failure.Cause = err
		if wire.SafeText(err) == "" {
			failure.Cause = wire.Plain(describeBody(body), err)
		}
	}
	r.current.describe(failure, r.outcome.header)
	failure.Attempts = r.sent
	failure.Body = excerpt(body)
	r.fail(failure)
}

// discard looks at a response of which nothing is wanted. A page is that of a proxy or a captive portal, and no success; what
// looks like JSON has to be it. What a provider says otherwise is often not documented, so a text of its own is let pass.
func discard(body []byte) error {
	body = bytes.TrimSpace(bytes.TrimPrefix(body, []byte("\ufeff")))
	if len(body) == 0 || body[0] != '<' && (body[0] != '{' && body[0] != '[' || codec.Valid(body)) {
		return nil
	}
	return wire.Plain("it is not the provider's own word (a proxy, or a wrong base URL?): "+describeBody(body), nil)
}

// fail ends the call with a failure that was found after the retry loop.
func (r *run) fail(failure *api.Error) {
	r.outcome.failure, r.outcome.final = failure, true
	r.doubt = r.doubt || judge(&r.plan, &r.outcome).doubt
	r.markDoubt()
}

// markDoubt adds ErrMaybeApplied to the failure of a call that may have spent or created something. What becomes of later
// attempts does not take it back.
func (r *run) markDoubt() {
	if e := r.outcome.failure; r.doubt && !errors.Is(e, api.ErrMaybeApplied) {
		wire.Add(e, api.ErrMaybeApplied)
		e.InDoubt = r.op.InDoubt
	}
}

// finish tells the caller's Meta, the observers and the log how the call ended. It does so once.
func (r *run) finish() {
	if r.finished {
		return
	}
	r.finished = true
	r.end()
	if r.started.IsZero() {
		return // nobody wants to know
	}
	duration := time.Since(r.started)
	if meta := r.settings.Meta; meta != nil {
		*meta = api.Meta{Status: r.outcome.status, Attempts: r.sent, Duration: duration, Credits: r.credits(), Header: r.outcome.header}
		if r.current != nil {
			meta.RequestID = r.current.requestID(r.outcome.header)
		}
	}
	r.observeEnd(duration)
}

// credits is what the call spent by the price list, if it succeeded or may have.
func (r *run) credits() int64 { return r.op.Credits(r.outcome.failure == nil || r.doubt) }

// creditsRemaining is what the account has left as the last response states it, -1 when it does not.
func (r *run) creditsRemaining() int64 {
	value := r.outcome.header.Get(r.provider.CreditsHeader)
	if value == "" || len(value) > 20 {
		return -1
	}
	left, err := strconv.ParseInt(value, 10, 64)
	if err != nil || left < 0 {
		return -1
	}
	return left
}

// release gives back what the call holds, also when a function of the caller's panicked: then observers are told that the
// call has ended, if they can bear it.
func (r *run) release() {
	r.end()
	r.releaseBuffer()
	if r.finished || r.started.IsZero() {
		return
	}
	r.finished = true
	r.outcome = outcome{failure: wire.NewError(r.op, nil, wire.Plain("a function of the caller's panicked", nil))}
	defer func() { _ = recover() }() // the first panic goes on
	r.observeEnd(time.Since(r.started))
}

func (r *run) end() {
	if r.current != nil {
		r.current.end()
	}
}

func (r *run) releaseBuffer() {
	r.pipeline.shared.buffers.put(r.outcome.buffer)
	r.outcome.buffer = nil
}
