package river

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pronet-go/pronet/webhook/spool"
)

const (
	// statusAge is how old the server's numbers may be.
	statusAge = 10 * time.Second
	// statusPatience is how long Status waits for new ones.
	statusPatience = 5 * time.Second
)

// asked are the server's numbers.
type asked struct {
	asking sync.Mutex
	at     time.Time
	status spool.Status
}

var errNoPool = errors.New("Options.Pool is nil")

// Status returns what the queue is doing, in the form of a spool's, for health checks and metrics (otel.Parts.Spool). It needs
// Options.Pool. All is of all processes, as the server said up to ten seconds ago; it is asked for five seconds, and while it
// is away the last numbers stand, LastError says so, and a line at WARN. Oldest is since the job was inserted, and bytes are
// those of the jobs' arguments in the table. Waiting counts what River calls retryable and scheduled.
//
// Running says that a client of the schema leads the others: each that is started can, unless
// Config.LeaderElectionDisabled is set, and without one nothing that has failed is tried again. FailingSince is the first
// failure of a job after the last one that was completed; webhook.ErrRetryLater is none. What is kept is its store's to
// tell.
func (s *Sink) Status() spool.Status {
	a := &s.asked
	a.asking.Lock()
	defer a.asking.Unlock()
	now := time.Now()
	if now.Sub(a.at) < statusAge {
		return a.status
	}
	a.at = now
	status, err := s.ask()
	if err != nil {
		if a.status.LastError == "" {
			s.options.warn(context.Background(), "river: the status stands still: the server could not be asked", slog.String("error", failure{err}.Error()))
		}
		a.status.LastError, a.status.LastErrorAt = failure{failed("asking for the status", err)}.Error(), now
		return a.status
	}
	a.status = status
	return status
}

// numbers is one row. The table of jobs is %[1]s, that of the leader %[2]s. Of errors, only those of jobs are read that were
// tried after the last success.
const numbers = `
WITH succeeded AS MATERIALIZED (
	SELECT coalesce(max(finalized_at), '-infinity') AS last FROM %[1]s WHERE kind = $1 AND queue = $2 AND state = 'completed'
), failed AS (
	SELECT min((failure->>'at')::timestamptz) AS since FROM succeeded, %[1]s CROSS JOIN LATERAL unnest(errors) AS failure
	WHERE kind = $1 AND queue = $2 AND state <> 'completed' AND attempted_at > last AND (failure->>'at')::timestamptz > last
), counted AS (
	SELECT state, created_at, pg_column_size(args) AS size, state IN ('cancelled', 'discarded') AS dead
	FROM %[1]s WHERE kind = $1 AND queue = $2 AND state <> 'completed'
)
SELECT
	count(*) FILTER (WHERE NOT dead), coalesce(sum(size) FILTER (WHERE NOT dead), 0),
	count(*) FILTER (WHERE dead), coalesce(sum(size) FILTER (WHERE dead), 0),
	count(*) FILTER (WHERE state IN ('retryable', 'scheduled')), count(*) FILTER (WHERE state = 'running'),
	coalesce(extract(epoch FROM now() - min(created_at) FILTER (WHERE NOT dead)), 0)::float8,
	EXISTS (SELECT FROM %[2]s WHERE expires_at > now()), (SELECT since FROM failed)
FROM counted`

// ask returns the server's numbers.
func (s *Sink) ask() (status spool.Status, err error) {
	if s.options.Pool == nil {
		return status, errNoPool
	}
	ctx, cancel := context.WithTimeout(context.Background(), statusPatience)
	defer cancel()
	var oldest float64
	var failing *time.Time
	err = s.options.Pool.QueryRow(ctx, fmt.Sprintf(numbers, s.table("river_job"), s.table("river_leader")), Kind, s.options.Queue).Scan(
		&status.Pending, &status.PendingBytes, &status.Dead, &status.DeadBytes, &status.Waiting, &status.InWork, &oldest, &status.Running, &failing)
	status.Oldest = max(0, time.Duration(oldest*float64(time.Second)))
	if failing != nil {
		status.FailingSince = *failing
	}
	return status, err
}

// table is the name of a table of River's in the client's schema.
func (s *Sink) table(name string) string {
	if schema := s.client.Schema(); schema != "" {
		return pgx.Identifier{schema, name}.Sanitize()
	}
	return name
}
