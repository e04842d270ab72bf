package bulkcollect

import (
	"context"
	"time"
)

// requestGrace is how long a request for a job may still take when the context has ended: cut off, nobody would know
// whether it made a job.
const requestGrace = 10 * time.Second

// withGrace returns a context that ends so much later than ctx. End releases it.
func withGrace(ctx context.Context, grace time.Duration) (later context.Context, end func()) {
	later, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
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
