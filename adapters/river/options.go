package river

import (
	"cmp"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/webhook"
)

// The defaults of [Options].
const (
	DefaultQueue       = river.QueueDefault
	DefaultMaxAttempts = river.MaxAttemptsDefault
	DefaultBackoff     = time.Second
	DefaultBackoffCap  = 5 * time.Minute
)

// Options are how deliveries are stored and worked on. The zero value is valid. Give the same ones to [NewSink] and
// [AddWorker].
type Options struct {
	// Queue is River's queue for the jobs; "" is [DefaultQueue]. River's Config.Queues says how many are worked on at a time.
	Queue string
	// MaxAttempts is how often a delivery is tried; 0 is [DefaultMaxAttempts], which River's own retry policy spreads over
	// three weeks.
	MaxAttempts int
	// Timeout ends the context of one attempt; 0 is Config.JobTimeout of the client, which is a minute by default. There is
	// no attempt without one, since River would never hand over again what a process had in work that was killed.
	Timeout time.Duration
	// Backoff is the longest wait after the first webhook.ErrRetryLater of a delivery; it doubles with each one up to
	// BackoffCap. The wait is drawn at random from the upper half of that. 0 is [DefaultBackoff] and [DefaultBackoffCap].
	// Other errors wait as the client's retry policy says.
	Backoff, BackoffCap time.Duration
	// Kept, if not nil, gives each delivery its webhook.Delivery.Kept. It needs Pool.
	Kept webhook.KeptStore
	// Pool is the one of River's driver. With Kept, a delivery that is done is completed in a transaction of its own, so that
	// what was kept for it is removed only then. [Sink.Status] asks with it.
	Pool *pgxpool.Pool
	// Logger is told at WARN of deliveries that failed, or died, and of a [Sink.Status] that stands still; nil is
	// slog.Default(). It gets sources, ids of jobs, counts and the errors of process.
	Logger *slog.Logger
}

func (o Options) complete() (Options, error) {
	switch {
	case o.MaxAttempts < 0 || o.MaxAttempts > 1<<15-1 || o.Timeout < 0 || o.Backoff < 0 || o.BackoffCap < 0:
		return o, fmt.Errorf("river: a number of the options is negative, or MaxAttempts is above 32767: %w", api.ErrInvalid)
	case o.Kept != nil && o.Pool == nil:
		return o, fmt.Errorf("river: Options.Kept needs the Pool of River's driver: %w", api.ErrInvalid)
	}
	o.Queue = cmp.Or(o.Queue, DefaultQueue)
	o.MaxAttempts = cmp.Or(o.MaxAttempts, DefaultMaxAttempts)
	o.Backoff = cmp.Or(o.Backoff, DefaultBackoff)
	o.BackoffCap = max(cmp.Or(o.BackoffCap, DefaultBackoffCap), o.Backoff)
	return o, nil
}
