package bulkcollect

import (
	"context"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

// requestGrace is how long a request for a job may still take when the context has ended: cut off, nobody would know
// whether it made a job.
const requestGrace = 10 * time.Second

// withGrace returns a context for one request that ends with ctx, but so much later if the request is under way by then:
// it has a connection. End releases it.
func withGrace(ctx context.Context, grace time.Duration) (later context.Context, end func()) {
	later, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	var underWay atomic.Bool
	later = httptrace.WithClientTrace(later, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { underWay.Store(true) }})
	stop := context.AfterFunc(ctx, func() {
		if !underWay.Load() {
			cancel(context.Cause(ctx))
			return
		}
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel(context.Cause(ctx))
		case <-later.Done():
		}
	})
	return later, func() {
		stop()
		cancel(nil)
	}
}
