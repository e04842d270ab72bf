package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/pronet-go/pronet/webhook"
)

// releasePatience is how long a process that ends takes to give a lease back. If it does not, it runs out.
const releasePatience = 5 * time.Second

// Leases let one process at a time do what only one should: sweep with a keeper, sync the notes of a contract, reconcile, or
// purge candidates.
//
// A lease says who should work, not who can: a process that was stopped or cut off, and does not know yet that its time is
// over, may go on for a moment. It writes nothing over its successor, since what the keeper, the sync, the ledger and the
// tokens save is refused unless it follows what is stored.
type Leases struct{ store *Store }

// Leases returns the leases of all processes.
func (s *Store) Leases() Leases { return Leases{s} }

// Lease is one that a process holds.
type Lease struct {
	// Name is what it is for.
	Name string
	// Holder is the Options.Holder of the process.
	Holder string
	// Since is when it was got, Ends when it runs out unless it is renewed: by the database's clock, in UTC.
	Since, Ends time.Time
}

// Holders returns the leases that are held, by name.
func (l Leases) Holders(ctx context.Context) (held []Lease, err error) {
	const what = "asking who holds the leases"
	rows, err := l.store.db.QueryContext(ctx, l.store.names.write(`SELECT name, holder, since, ends FROM {leases} WHERE ends > clock_timestamp() ORDER BY name`))
	if err != nil {
		return nil, failed(what, err)
	}
	defer func() { err = cmp.Or(err, failed(what, rows.Close())) }()
	for rows.Next() {
		var name []byte
		var h Lease
		if err := rows.Scan(&name, &h.Holder, &h.Since, &h.Ends); err != nil {
			return nil, failed(what, err)
		}
		h.Name, h.Since, h.Ends = string(name), h.Since.UTC(), h.Ends.UTC()
		held = append(held, h)
	}
	return held, failed(what, rows.Err())
}

// Run waits until no other process holds the lease of that name, calls the function once, and gives the lease back. It
// renews the lease while the function runs. When that fails for too long, or another process has it, the function's
// context ends with the cause [webhook.ErrLeaseLost], before any other process begins, unless this one was stopped; when
// the function has returned, Run returns its error and webhook.ErrLeaseLost.
//
// While it waits, an outage of the database is waited out. The error is that of the context if it ends before. Which of
// those who wait is next is left to chance. A process that died holds up the others for Options.Lease.
func (l Leases) Run(ctx context.Context, name string, f func(ctx context.Context) error) (err error) {
	if f == nil {
		return errors.New("postgres: the function given to Run is nil")
	}
	h := &held{Store: l.store, name: name, owner: newOwner()}
	if err := h.wait(ctx); err != nil {
		return err
	}
	running, end := context.WithCancelCause(ctx)
	var renewing sync.WaitGroup
	renewing.Go(func() { h.keep(running, end) })
	defer func() { // also when the function panics
		lost := errors.Is(context.Cause(running), webhook.ErrLeaseLost)
		end(nil)
		renewing.Wait()
		h.release(ctx)
		if lost {
			err = errors.Join(err, fmt.Errorf("postgres: the lease %.100q: %w", name, webhook.ErrLeaseLost))
		}
	}()
	return f(running)
}

// held is a lease that this process holds, or waits for.
type held struct {
	*Store
	name, owner string
	sure        time.Time // until when no other process has it
}

// poll is how often those who wait ask, and how soon one that could not renew tries again.
func (h *held) poll() time.Duration { return cmp.Or(h.options.ask, h.options.Lease/10) }

// renewal is how often a lease is renewed.
func (h *held) renewal() time.Duration { return cmp.Or(h.options.ask, h.options.Lease/3) }

// wait takes the lease.
func (h *held) wait(ctx context.Context) error {
	away := false
	for {
		got, err := h.take(ctx, `INSERT INTO {leases} AS old (name, owner, holder, since, ends)
			VALUES ($1, $2, $4, clock_timestamp(), clock_timestamp() + $3 * interval '1 microsecond') ON CONFLICT (name) DO UPDATE
			SET owner = excluded.owner, holder = excluded.holder, since = excluded.since, ends = excluded.ends
			WHERE old.ends <= clock_timestamp() OR old.owner = excluded.owner`, h.options.Holder)
		switch {
		case got:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("postgres: waiting for the lease %.100q: %w", h.name, context.Cause(ctx))
		case err != nil && !errors.Is(err, webhook.ErrRetryLater):
			return err
		case err != nil && !away:
			h.warn(ctx, "postgres: a lease is waited for while the database is away", err)
		}
		away = err != nil
		if !pause(ctx, h.poll()) {
			return fmt.Errorf("postgres: waiting for the lease %.100q: %w", h.name, context.Cause(ctx))
		}
	}
}

// take runs a statement that takes or renews the lease, and reports whether it did.
func (h *held) take(ctx context.Context, statement string, more ...any) (bool, error) {
	asked := time.Now()
	changed, err := h.exec(ctx, "taking a lease", statement, append([]any{[]byte(h.name), h.owner, micros(h.options.Lease)}, more...)...)
	if err != nil || changed == 0 {
		return false, err
	}
	h.sure = asked.Add(h.options.Lease - h.options.Lease/6)
	return true, nil
}

// keep renews the lease until ctx ends, and ends it when that is not possible.
func (h *held) keep(ctx context.Context, end context.CancelCauseFunc) {
	next := h.renewal()
	for pause(ctx, next) {
		next = h.renewal()
		asking, cancel := context.WithDeadlineCause(ctx, h.sure, webhook.ErrLeaseLost)
		renewed, err := h.take(asking, `UPDATE {leases} SET ends = clock_timestamp() + $3 * interval '1 microsecond'
			WHERE name = $1 AND owner = $2 AND ends > clock_timestamp()`)
		cancel()
		switch {
		case renewed || ctx.Err() != nil:
		case err == nil:
			h.warn(ctx, "postgres: a lease is lost: another process may have it", webhook.ErrLeaseLost)
			end(webhook.ErrLeaseLost)
			return
		case !time.Now().Before(h.sure):
			h.warn(ctx, "postgres: a lease is lost: it could not be renewed in time", err)
			end(webhook.ErrLeaseLost)
			return
		default:
			next = min(h.poll(), time.Until(h.sure))
		}
	}
}

func (h *held) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), releasePatience)
	defer cancel()
	_, _ = h.exec(ctx, "giving a lease back", `DELETE FROM {leases} WHERE name = $1 AND owner = $2`, []byte(h.name), h.owner)
}

func (h *held) warn(ctx context.Context, text string, err error) {
	logger := cmp.Or(h.options.Logger, slog.Default())
	logger.WarnContext(ctx, text, "lease", h.name, "error", err.Error())
}

// pause reports whether ctx has not ended before the time is over.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return ctx.Err() == nil
	}
}
