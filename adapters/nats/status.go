package nats

import (
	"context"
	"sync"
	"time"

	"github.com/pronet-go/pronet/webhook/spool"
)

const (
	// statusAge is how old the server's numbers may be.
	statusAge = 5 * time.Second
	// statusPatience is how long Status waits for new ones.
	statusPatience = time.Second
)

// failure is what Status tells of this process.
type failure struct {
	text      string
	at, since time.Time
}

// asked are the server's numbers.
type asked struct {
	asking sync.Mutex
	at     time.Time
	status spool.Status
}

// note remembers a failure for Status.
func (q *Queue) note(err error) {
	text := printable(err)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.failure.text, q.failure.at = text, time.Now()
	if q.failure.since.IsZero() {
		q.failure.since = q.failure.at
	}
}

func (q *Queue) succeeded() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.failure.since = time.Time{}
}

// Status returns what the queue is doing, in the form of a spool's, for health checks and metrics (otel.Parts.Spool).
// Pending, PendingBytes, Oldest (since it was stored), Dead and DeadBytes are of all processes, as the server said up to
// five seconds ago; it is asked for a second, and while it is away the last numbers stand. InWork, Waiting, Behind, Running
// and the failures are of this process. What is kept is its store's to tell.
func (q *Queue) Status() spool.Status {
	status := q.ask()
	q.mu.Lock()
	m := q.running
	status.Running, status.LastError, status.LastErrorAt, status.FailingSince = m != nil, q.failure.text, q.failure.at, q.failure.since
	q.mu.Unlock()
	if m == nil {
		return status
	}
	status.InWork = len(m.workers)
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.parts {
		p.mu.Lock()
		for _, e := range p.line.entries {
			switch {
			case e.ahead > 0:
				status.Behind++
			case e.waiting:
				status.Waiting++
			}
		}
		p.mu.Unlock()
	}
	return status
}

// ask returns the server's numbers.
func (q *Queue) ask() spool.Status {
	q.asked.asking.Lock()
	defer q.asked.asking.Unlock()
	if time.Since(q.asked.at) < statusAge {
		return q.asked.status
	}
	q.asked.at = time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), statusPatience)
	defer cancel()
	pending, err := q.pending.Info(ctx)
	if err != nil {
		return q.asked.status
	}
	dead, err := q.dead.Info(ctx)
	if err != nil {
		return q.asked.status
	}
	status := spool.Status{
		Pending: int(pending.State.Msgs), PendingBytes: int64(pending.State.Bytes),
		Dead: int(dead.State.Msgs), DeadBytes: int64(dead.State.Bytes),
	}
	if pending.State.Msgs > 0 {
		status.Oldest = max(0, pending.TimeStamp.Sub(pending.State.FirstTime)) // by the server's clock
	}
	q.asked.status = status
	return status
}
