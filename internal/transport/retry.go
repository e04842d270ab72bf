package transport

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

const (
	firstBackoff   = 500 * time.Millisecond
	limitedBackoff = time.Second // after a 429 without Retry-After
	maxBackoff     = 20 * time.Second
)

// loop is go-retryablehttp's retry loop around the attempts of a call. The library counts, waits and ends with the
// context; what an attempt is, and whether another one follows, is the call's. So its http.Client sends nothing: each of
// its round trips is an attempt, and says only that it is over. Loops are used again, since their functions are made once.
type loop struct {
	client  retryablehttp.Client
	request retryablehttp.Request
	context loopContext
	run     *run
	wait    time.Duration // before the next attempt
}

// loopContext is the context of the call that a loop works for.
type loopContext struct{ context.Context }

var (
	attemptOver  = &http.Response{Status: "200 OK", StatusCode: http.StatusOK, Body: http.NoBody}
	loopTemplate = &http.Request{Method: http.MethodGet, URL: &url.URL{Scheme: "loop", Host: "loop"}, Header: http.Header{}}
)

func newLoop() *loop {
	l := &loop{}
	l.client = retryablehttp.Client{
		HTTPClient: &http.Client{Transport: l}, // without CloseIdleConnections, which the library calls on connections that others use
		CheckRetry: func(context.Context, *http.Response, error) (bool, error) { return l.run.again(&l.wait), nil },
		Backoff:    func(time.Duration, time.Duration, int, *http.Response) time.Duration { return l.wait },
	}
	l.request.Request = loopTemplate.WithContext(&l.context)
	return l
}

// RoundTrip makes an attempt.
func (l *loop) RoundTrip(*http.Request) (*http.Response, error) {
	l.run.attempt()
	return attemptOver, nil
}

// attempts runs the call's attempts. Afterwards the outcome is that of the last.
func (r *run) attempts() {
	pool := &r.pipeline.shared.loops
	l, ok := pool.Get().(*loop)
	if !ok {
		l = newLoop()
	}
	l.run, l.context.Context, l.client.RetryMax = r, r.ctx, r.maxAttempts()
	_, err := l.client.Do(&l.request) //nolint:bodyclose // attemptOver's
	l.run, l.context.Context = nil, nil
	pool.Put(l)                                                                               // not if a function of the caller's has panicked
	if err != nil && r.outcome.failure != nil && !errors.Is(r.outcome.failure, r.ctx.Err()) { // the context ended between two attempts
		r.outcome.failure.Cause = errors.Join(ended(r.ctx), r.outcome.failure.Cause)
	}
	if r.outcome.failure != nil {
		r.markDoubt()
	}
}

// again looks at the outcome of an attempt and reports whether another one follows, after a wait.
func (r *run) again(wait *time.Duration) bool {
	r.observeAttempt()
	e := r.outcome.failure
	if r.current != nil && r.outcome.served() {
		r.current.slot.Served()
	}
	if e == nil {
		r.pipeline.shared.quota.refill()
		return false
	}
	v := judge(&r.plan, &r.outcome)
	r.doubt = r.doubt || v.doubt
	switch {
	case v.expired:
		*wait = 0
		return r.renew() && v.retry
	case v.limited:
		*wait = max(e.RetryAfter, r.backoff(limitedBackoff))
		if !r.outcome.asked && !r.outcome.hinted { // a window of a quarter of an hour is not over in seconds
			if r.usedUp() {
				return false
			}
			*wait = max(*wait, r.provider.pacer.window(r.op.Class))
		}
		r.hold(time.Now().Add(*wait))
	case v.retry:
		*wait = max(e.RetryAfter, r.backoff(firstBackoff))
	}
	if v.retry && r.ctx.Err() != nil && !errors.Is(e, r.ctx.Err()) {
		e.Cause = errors.Join(ended(r.ctx), e.Cause)
	}
	if !v.retry || r.ctx.Err() != nil || r.sent >= r.maxAttempts() || *wait > r.pipeline.config.MaxWait {
		return false
	}
	if deadline, ok := r.ctx.Deadline(); ok && time.Now().Add(*wait).After(deadline) {
		e.Cause = wire.Plain("the context's deadline leaves no time for a retry", errors.Join(e.Cause, context.DeadlineExceeded))
		return false
	}
	if !r.pipeline.shared.quota.take() {
		e.Cause = wire.Plain("the client's retry quota is used up", e.Cause)
		return false
	}
	r.observeWait(api.WaitRetry, *wait)
	return true
}

// refusalsOfADay is how often in a row a call is refused before its quota of a day counts as used up.
const refusalsOfADay = 3

// usedUp reports whether the refusal means that a quota of a day is used up, and closes its class then. The provider says
// the same of a short limit, so it is believed when as many calls were counted here, when two retries did not help, and of
// a probe.
func (r *run) usedUp() bool {
	r.refusals++
	limited := r.provider.pacer.closeDay(r.op.Class, r.refusals >= refusalsOfADay || r.current.slot.Probe())
	if limited == nil {
		return false
	}
	e := r.outcome.failure
	e.Cause = errors.Join(limited, e.Cause)
	e.RetryAfter = max(0, time.Until(limited.Reset).Round(time.Millisecond))
	return true
}

// renew has the credential renewed, once for a call unless the provider says otherwise, and reports whether another attempt may be made with it.
func (r *run) renew() bool {
	if r.renewals >= max(1, r.provider.Renewals) || r.ctx.Err() != nil {
		return false
	}
	r.renewals++
	replaced, err := r.provider.credential.replace(r.ctx, r.current.key, 0)
	if err != nil {
		e, text := r.outcome.failure, "the credential could not be renewed"
		if renewal, ok := errors.AsType[*renewalError](err); ok && renewal.reason() != "" {
			text += ": " + renewal.reason()
		}
		e.Cause = wire.Plain(text, errors.Join(err, e.Cause))
	}
	return replaced && r.sent < r.maxAttempts()
}

func (r *run) maxAttempts() int {
	if r.settings.MaxAttempts > 0 {
		return r.settings.MaxAttempts
	}
	return r.pipeline.config.MaxAttempts
}

// backoff is full jitter over a doubling, capped time.
func (r *run) backoff(ceiling time.Duration) time.Duration {
	for range min(r.sent-1, 10) {
		ceiling *= 2
	}
	return time.Duration(r.pipeline.config.Random() * float64(min(ceiling, maxBackoff)))
}

const (
	quotaSize = 500
	retryCost = 5
)

// quota keeps retries from multiplying an outage: it is shared by all calls of a client, a retry takes out five tokens and
// a success puts one back, so that under an outage only one call in about ten is retried.
type quota struct {
	mu    sync.Mutex
	spent int
}

func (q *quota) take() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.spent+retryCost > quotaSize {
		return false
	}
	q.spent += retryCost
	return true
}

func (q *quota) refill() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.spent = max(0, q.spent-1)
}

// maxRetryAfter bounds what a header can say, so that nothing overflows.
const maxRetryAfter = 366 * 24 * time.Hour

// retryAfter reads the Retry-After header: seconds, or a date, which is taken relative to the response's own Date, so that
// a wrong clock here does not matter. What is malformed or negative counts as absent; a date that has passed is no wait.
func retryAfter(header http.Header, now time.Time) (time.Duration, bool) {
	value := header.Get("Retry-After")
	if value == "" || len(value) > 64 {
		return 0, false
	}
	if isDigits(value) {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || seconds > int64(maxRetryAfter/time.Second) {
			return maxRetryAfter, true
		}
		return time.Duration(seconds) * time.Second, true
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0, false
	}
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	return min(max(0, at.Sub(now)), maxRetryAfter), true
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}
