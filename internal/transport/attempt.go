package transport

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/limit"
)

// attempt is one sending of a request, and the context of that HTTP request: it adds its hooks to the caller's values.
// Its atomic fields are set by net/http's goroutines.
type attempt struct {
	context.Context // ends with the call's, or when the attempt stalls or is over

	pipeline *Pipeline
	caller   context.Context
	number   int
	plan     *plan
	cancel   context.CancelFunc
	unwatch  func() bool // stops the grace for a call whose context ends
	watchdog watchdog
	tracer   *tracer
	slot     limit.Slot
	key      api.Secret
	source   io.ReadCloser // of the request's body; nil when there is none
	began    time.Time
	duration time.Duration // until the response's header, or the error
	body     timedBody
	auth     [1]string
	conn     net.Conn // the first one

	asked     atomic.Bool  // net/http looks for a connection, and so calls these hooks
	connected atomic.Int32 // times that a connection was got
	headed    atomic.Int32 // times that the header was written
	written   atomic.Int32 // times that the request was written
	counted   atomic.Bool  // the first of these was told to the limiter
	responded atomic.Bool  // the response's header is there
	resent    atomic.Bool  // net/http was about to write the request a second time, and was stopped
	refused   atomic.Bool  // it was so because the provider provably had not processed it
}

// begin makes the attempt the context of one sending.
func (a *attempt) begin() {
	parent, grace := a.caller, a.plan.call.Grace
	if grace > 0 {
		parent = context.WithoutCancel(parent)
	}
	a.Context, a.cancel = context.WithCancel(parent)
	a.watchdog.cancel = a.cancel
	if grace > 0 {
		a.unwatch = context.AfterFunc(a.caller, func() { a.watchdog.within(grace) })
	}
	if httptrace.ContextClientTrace(a.caller) == nil {
		a.tracer = a.pipeline.shared.tracer()
		a.tracer.attempt.Store(a)
		return
	}
	t := &tracer{} // the caller's hooks are called too
	t.hook()
	t.attempt.Store(a)
	a.Context = httptrace.WithClientTrace(a.Context, &t.trace)
}

// Value adds the hooks of the tracer to the values of the call's context.
func (a *attempt) Value(key any) any {
	value := a.Context.Value(key)
	if value == nil && a.tracer != nil {
		return a.tracer.ctx.Value(key)
	}
	return value
}

// send sends the request and waits for the header of its response, or says why there is none.
func (a *attempt) send(base http.RoundTripper) (response *http.Response, err error) {
	defer func() {
		if response == nil && err == nil { // a panic of the user's transport, or of his body
			a.slot.Sent()
			a.end()
		}
	}()
	request, err := a.plan.request(a)
	if err != nil {
		a.slot.Release()
		return nil, err
	}
	if a.pipeline.watched {
		a.began = time.Now()
	}
	a.watchdog.watch(a.pipeline.config.HeaderTimeout)
	response, err = base.RoundTrip(request)
	if err == nil && response == nil {
		err = errNoResponse
	}
	if a.pipeline.watched {
		a.duration = time.Since(a.began)
	}
	a.responded.Store(true)
	a.settle(err)
	if err != nil {
		return nil, err
	}
	if a.plan.call.stream {
		a.watchdog.rest() // its reader may take his time
	}
	if response.Body == nil {
		response.Body = http.NoBody
	}
	a.body = timedBody{body: response.Body, attempt: a}
	response.Body = &a.body
	return response, nil
}

// settle tells the limiter whether the request left, and gives the tracer back when no hook of this attempt can be called
// any more. It is called when the round trip is over.
func (a *attempt) settle(err error) {
	switch {
	case err != nil && a.unsent(err) && !a.refused.Load():
		a.slot.Release() // without effect if a hook has told otherwise
	case a.counted.CompareAndSwap(false, true):
		a.slot.Sent() // no hook has told yet: count it from now, which is later than it was
	}
	a.slot.Save()
	if a.tracer != nil && err == nil && a.connected.Load() == a.written.Load() {
		a.pipeline.shared.tracers.Put(a.tracer)
	}
}

// stalled reports whether the watchdog ended the attempt while its call went on.
func (a *attempt) stalled() bool {
	return !a.watchdog.over.Load() && a.Context.Err() != nil && a.caller.Err() == nil && !a.resent.Load()
}

// end releases what the attempt holds. It may be called more than once.
func (a *attempt) end() {
	if a.watchdog.over.Load() {
		return
	}
	a.watchdog.stop()
	if a.unwatch != nil {
		a.unwatch()
	}
	a.cancel()
}

// gotConn counts a connection. When the request was written on one before, net/http is about to write it again by
// itself: without a place under the rate limit, and unknown to the retry rules. The attempt ends instead. It is called
// on the goroutine of the round trip.
func (a *attempt) gotConn(conn net.Conn) {
	first := a.connected.Add(1) == 1
	if !a.pipeline.shared.traces {
		return
	}
	if first || a.written.Load() == 0 {
		a.conn = conn
		return
	}
	// Over HTTP/1 net/http writes a request of these methods again only when nothing of it had left. Over HTTP/2 it also
	// does so after a PROTOCOL_ERROR, of a request that may have been processed.
	multiplexed := a.pipeline.shared.multiplexes(conn)
	a.refused.Store(!multiplexed && !replayedByNetHTTP(a.plan.method))
	a.resent.Store(true)
	a.cancel()
	if !multiplexed && conn != nil {
		_ = conn.Close() // HTTP/1 writes without another look at the context
	}
}

// multiplexes reports whether a connection has other requests on it, of HTTP/2.
func (s *shared) multiplexes(conn net.Conn) bool {
	if secured, ok := conn.(*tls.Conn); ok {
		return secured.ConnectionState().NegotiatedProtocol == "h2"
	}
	return s.plainHTTP2
}

// Format keeps the key from being printed with the context of a request.
func (a *attempt) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "pronet attempt") }

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
		GetConn:      func(string) { t.attempt.Load().asked.Store(true) },
		GotConn:      func(info httptrace.GotConnInfo) { t.attempt.Load().gotConn(info.Conn) },
		WroteHeaders: func() { t.attempt.Load().headed.Add(1) },
		WroteRequest: func(httptrace.WroteRequestInfo) {
			a := t.attempt.Load()
			// The response may be quicker than this hook: what settle has counted is not counted again. A second writing, of a
			// transport that cannot be stopped, is.
			if a.written.Add(1) > 1 || a.counted.CompareAndSwap(false, true) {
				a.slot.Sent()
			}
		},
	}
}
