package transport

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/pronet-go/pronet/internal/limit"
)

// attempt is one sending of an exchange, and the context of that HTTP request. Its atomic fields are set by net/http's
// goroutines.
type attempt struct {
	context.Context // ends with the exchange's, or when the attempt stalls or is over

	exchange *exchange
	cancel   context.CancelFunc
	watchdog *time.Timer
	tracer   *tracer
	slot     limit.Slot
	started  time.Time
	duration time.Duration // until the answer's header, or the error
	body     timedBody
	auth     [1]string

	over      atomic.Bool
	connected atomic.Int32 // times that a connection was got
	headed    atomic.Int32 // times that the header was written
	written   atomic.Int32 // times that the request was written
	counted   atomic.Bool  // the first of these was told to the limiter
}

// Value adds the hooks of the tracer to the values of the exchange.
func (a *attempt) Value(key any) any {
	value := a.Context.Value(key)
	if value == nil && a.tracer != nil {
		return a.tracer.ctx.Value(key)
	}
	return value
}

// attempt begins the next sending.
func (x *exchange) attempt(slot limit.Slot) *attempt {
	a := &x.first
	if x.current != nil {
		x.current.end()
		a = &attempt{}
	}
	a.exchange, a.slot = x, slot
	a.Context, a.cancel = context.WithCancel(x)
	if httptrace.ContextClientTrace(x) == nil {
		a.tracer = x.pipeline.shared.tracer()
		a.tracer.attempt.Store(a)
	} else { // the caller's hooks are called too
		t := &tracer{}
		t.hook()
		t.attempt.Store(a)
		a.Context = httptrace.WithClientTrace(a.Context, &t.trace)
	}
	x.current = a
	return a
}

// watch gives the attempt d from now to make progress, or it ends.
func (a *attempt) watch(d time.Duration) {
	switch {
	case a.over.Load():
	case a.watchdog == nil:
		a.watchdog = time.AfterFunc(d, a.cancel)
	default:
		a.watchdog.Reset(d)
	}
}

// rest stops the watchdog: nothing is waited for.
func (a *attempt) rest() {
	if a.watchdog != nil {
		a.watchdog.Stop()
	}
}

// stalled reports whether the watchdog ended the attempt.
func (a *attempt) stalled() bool {
	return !a.over.Load() && a.Context.Err() != nil && a.exchange.Context.Err() == nil
}

// end releases what the attempt holds. It may be called more than once.
func (a *attempt) end() {
	a.over.Store(true)
	a.rest()
	a.cancel()
}

// settle tells the limiter whether the request left. It is called when the round trip is over.
func (a *attempt) settle(err error) {
	switch {
	case err != nil && a.unsent(err):
		a.slot.Release() // without effect if a hook has told otherwise
	case a.counted.CompareAndSwap(false, true):
		a.slot.Sent() // no hook has told yet: count it from now, which is later than it was
	}
}

// recycle gives the tracer back when no hook of this attempt can be called any more.
func (a *attempt) recycle(err error) {
	if a.tracer != nil && err == nil && a.connected.Load() == a.written.Load() {
		a.exchange.pipeline.shared.tracers.Put(a.tracer)
	}
}

// tracer holds the hooks that tell when a request was written. Its functions are made once and used for many attempts.
type tracer struct {
	trace   httptrace.ClientTrace
	ctx     context.Context
	attempt atomic.Pointer[attempt]
}

func (s *shared) tracer() *tracer {
	if t, ok := s.tracers.Get().(*tracer); ok {
		return t
	}
	t := &tracer{}
	t.hook()
	t.ctx = httptrace.WithClientTrace(context.Background(), &t.trace)
	return t
}

func (t *tracer) hook() {
	t.trace = httptrace.ClientTrace{
		GotConn:      func(httptrace.GotConnInfo) { t.attempt.Load().connected.Add(1) },
		WroteHeaders: func() { t.attempt.Load().headed.Add(1) },
		WroteRequest: func(httptrace.WroteRequestInfo) {
			a := t.attempt.Load()
			// The answer may be quicker than this hook: what settle has counted is not counted again. A second writing, on
			// another connection since the first was dead, is.
			if a.written.Add(1) > 1 || a.counted.CompareAndSwap(false, true) {
				a.slot.Sent()
			}
		},
	}
}
