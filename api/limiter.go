package api

import (
	"context"
	"time"
)

// Limiter paces the calls to one provider. The client has an exact one of its own; supply another to share a limit
// between processes. It must be safe for concurrent use.
type Limiter interface {
	// Wait returns nil when n calls may be sent now. When the context ends first, or its deadline comes before the wait
	// would end, it returns at once an error that wraps the context's (errors.Is with context.DeadlineExceeded holds).
	Wait(ctx context.Context, n int) error
	// Pause holds back every call, waiting ones included, until the given time. A 429 answer leads to it.
	Pause(until time.Time)
}
