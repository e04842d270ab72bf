package refresh

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/snapshot"
)

// UpdatesOptions says how [Updates] works. All of it may be zero.
type UpdatesOptions struct {
	// Changes says how records are compared. Promised is set for each update.
	Changes employee.ChangeOptions
	// Logger logs at DEBUG what was older than the snapshot; nil drops that.
	Logger *slog.Logger
}

// Updates returns a store for [New] that does what a [Pipeline] does with each outcome: it compares the record with the
// snapshot of the person's former one, calls update with what changed, and keeps the new snapshot once that has returned
// nil. It is for workers behind a queue; a Pipeline has a spool of its own.
//
//	store, err := refresh.Updates(snapshots, update, refresh.UpdatesOptions{})
//	refresher, err := refresh.New(client.Employees.Base, client.BulkCollect.Base, store, refresh.Options{Clock: clock})
//	err = consume(ctx, refresher.Handle)
//
// # Order
//
// The order is that of [Outcome].Asked. An outcome that is not newer than the snapshot is dropped as done, records and
// those with an Err alike: it was handed over before, or a newer one was. So what is told of a person never goes back,
// if all that hand over to the snapshots have one clock (Options.Clock), and one of these holds:
//
//   - The snapshots are a snapshot.SQL, and any number of processes work. The snapshot is read, compared, told and kept in
//     one transaction, in which the person's row is locked first.
//   - One process works, and all its Refreshers have the store that one call of Updates returned, which handles one outcome
//     of a person at a time. Only a transaction excludes that an older one is told after an error or a crash between the
//     nil of update and the keeping of the snapshot.
//
// A nil Clock is this machine's: one process, on a machine whose clock is not set back, needs no other. While it is behind
// the snapshots, nothing is told of these people.
//
// The error is [api.ErrInvalid] for what is missing.
func Updates[R employee.BaseRecord | employee.CleanRecord | employee.MultiSourceRecord | employee.V1Record](
	snapshots snapshot.Store, update func(context.Context, Update[R]) error, o UpdatesOptions,
) (func(context.Context, Outcome[R]) error, error) {
	if snapshots == nil || update == nil {
		return nil, fmt.Errorf("refresh: the snapshots or the update function is missing: %w", api.ErrInvalid)
	}
	c := &comparison[R]{compare: employee.ChangesWith[R], changes: o.Changes, update: update, logger: o.Logger}
	c.open(snapshots)
	return c.take, nil
}

// comparison makes updates of outcomes.
type comparison[R any] struct {
	dataset   string
	compare   func(old, new *R, o employee.ChangeOptions) []employee.Change
	changes   employee.ChangeOptions
	update    func(context.Context, Update[R]) error
	logger    *slog.Logger
	snapshots snapshot.Store
	within    func(ctx context.Context, do func(tx *sql.Tx, store snapshot.Store) error) error // nil without transactions
	turns     turns
}

// open sets where the snapshots are.
func (p *comparison[R]) open(snapshots snapshot.Store) {
	p.dataset, p.snapshots = datasetOf[R](), snapshots
	if t, ok := snapshots.(transactional); ok {
		p.within = t.Transaction
	}
}

// transactional is a snapshot.SQL.
type transactional interface {
	Transaction(ctx context.Context, do func(tx *sql.Tx, store snapshot.Store) error) error
}

// datasetOf is the name under which snapshots are kept.
func datasetOf[R any]() string {
	switch any(new(R)).(type) {
	case *employee.V1Record:
		return "v1"
	case *employee.CleanRecord:
		return "clean"
	case *employee.MultiSourceRecord:
		return "multi_source"
	}
	return "base"
}

// take is the store of the Refresher.
func (p *comparison[R]) take(ctx context.Context, o Outcome[R]) error {
	if p.within != nil {
		return p.within(ctx, func(tx *sql.Tx, store snapshot.Store) error { return p.takeInto(ctx, tx, store, o) })
	}
	leave, err := p.turns.enter(ctx, o.ID)
	if err != nil {
		return fmt.Errorf("refresh: %w", err)
	}
	defer leave()
	return p.takeInto(ctx, nil, p.snapshots, o)
}

// turns lets one at a time work on a person.
type turns struct {
	mu    sync.Mutex
	taken map[int64]chan struct{}
}

// enter waits for its turn. What it returns ends that.
func (t *turns) enter(ctx context.Context, id int64) (leave func(), err error) {
	for {
		t.mu.Lock()
		other := t.taken[id]
		if other == nil {
			break
		}
		t.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	defer t.mu.Unlock()
	if t.taken == nil {
		t.taken = make(map[int64]chan struct{})
	}
	mine := make(chan struct{})
	t.taken[id] = mine
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.taken, id)
		close(mine)
	}, nil
}

// newest returns when the newest of the snapshots of people was taken. Of who cannot be read, nothing is known: that is
// an error when the record is handed over.
func (p *comparison[R]) newest(ctx context.Context, ids []int64) (newest time.Time) {
	for _, id := range ids {
		if kept, err := p.snapshots.Get(ctx, snapshot.Key{Dataset: p.dataset, ID: id}); err == nil && kept.Taken.After(newest) {
			newest = kept.Taken
		}
	}
	return newest
}
