package refresh

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Observer watches a [Refresher], for metrics and traces, as api.Observer watches the calls that it makes. Every field
// may be nil. The functions are called on the goroutine of Handle, must be quick and safe for concurrent use, and see no
// record and no number of an employee.
type Observer struct {
	// Start is called when the work on a delivery begins, at each try. The context that it returns (never nil) is the one
	// that the work goes on with, its calls and the store included.
	Start func(ctx context.Context, start Start) context.Context
	// HandOver is called each time that the store has returned.
	HandOver func(ctx context.Context, handOver HandOver)
	// End is called when the try has ended.
	End func(ctx context.Context, end End)
}

// Start tells of a try that begins.
type Start struct {
	// Employees is how many the delivery is about that are known and not done yet.
	Employees int
}

// HandOver tells of an outcome that the store was called with.
type HandOver struct {
	// Outcome is the outcome's Err, nil for a record.
	Outcome error
	// Refused is what the store returned, nil if it has taken the outcome.
	Refused error
	// Duration is how long the store took.
	Duration time.Duration
}

// End tells of a try that ended.
type End struct {
	// Employees is how many there were to do, Done of how many of them the store has taken the outcome.
	Employees, Done int
	// Spent is what the try spent in credits, at the listed price: what was charged, and what may have been. Returned is
	// what a job did not cost after all, since it lacks employees; the job may be one of an earlier try.
	Spent, Returned int64
	// Duration is the whole time.
	Duration time.Duration
	// Err is why some are not done, nil if all are.
	Err error
}

// Status is what a [Refresher] is doing, for health checks and metrics. Its counts begin with New.
type Status struct {
	// InWork is how many deliveries are being worked on.
	InWork int
	// Remembered is how many deliveries that are not done are known by memory alone, since they have no
	// webhook.Delivery.Kept. From 10,000 on nothing is bought for further ones.
	Remembered int
	// KeptBytes is what was bought for them and not yet handed over, in bytes of JSON. What is kept beside a delivery is
	// in spool.Status.
	KeptBytes int64
	// HandedOver is how many outcomes the store has taken, Doubts how many of them were api.ErrMaybeApplied.
	HandedOver, Doubts int64
	// Spent is how many credits were spent at the listed price: what was charged, and what may have been.
	Spent int64
	// CreditsLeft is what is left of the Budget, the largest int64 without one, and ResetAt is when that is renewed, zero
	// if it is not.
	CreditsLeft int64
	ResetAt     time.Time
	// LastError is the text of the last error that Handle or Refresh returned, and LastErrorAt when that was.
	LastError   string
	LastErrorAt time.Time
}

// Status returns what the Refresher is doing. It may be called at any time.
func (r *Refresher[R]) Status() Status {
	s := r.meter.read()
	s.Remembered, s.KeptBytes = r.progress.remembered()
	s.CreditsLeft, s.ResetAt = r.options.Budget.Left(), r.options.Budget.ResetAt()
	return s
}

// meter counts what Status tells.
type meter struct {
	mu     sync.Mutex
	status Status
}

func (m *meter) read() Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.status
}

func (m *meter) count(change func(*Status)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(&m.status)
}

// returns takes note of what Handle returns.
func (m *meter) returns(err error) error {
	if err != nil {
		m.count(func(s *Status) { s.LastError, s.LastErrorAt = err.Error(), time.Now() })
	}
	return err
}

var errPanicked = errors.New("refresh: a function of the caller's panicked")

// begins tells that a try begins. The function that it returns tells of its end.
func (w *work[R]) begins(ctx context.Context, employees int) (context.Context, func(error)) {
	began := time.Now()
	w.meter.count(func(s *Status) { s.InWork++ })
	if w.options.Observer.Start != nil {
		ctx = w.options.Observer.Start(ctx, Start{Employees: employees})
	}
	return ctx, func(err error) {
		w.meter.count(func(s *Status) { s.InWork-- })
		if w.options.Observer.End != nil {
			w.options.Observer.End(ctx, End{employees, w.done, w.spent, w.returned, time.Since(began), err})
		}
	}
}

// callStore calls the store.
func (w *work[R]) callStore(ctx context.Context, o Outcome[R]) error {
	began := time.Now()
	refused := w.store(ctx, o)
	if w.options.Observer.HandOver != nil {
		w.options.Observer.HandOver(ctx, HandOver{o.Err, refused, time.Since(began)})
	}
	return refused
}
