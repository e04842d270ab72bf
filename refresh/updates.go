package refresh

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/snapshot"
)

// UpdaterOptions says how [NewUpdater] works. All of it may be zero; a Collect.Budget and a Collect.Clock are advised.
type UpdaterOptions struct {
	// Changes says how records are compared. Promised is set for each update.
	Changes employee.ChangeOptions
	// Collect says how records are collected, and whose.
	Collect Options
}

// NewUpdater returns a Refresher that does with each outcome what a [Pipeline] does: it compares the record with the
// snapshot of the person's former one, calls update with what changed, and keeps the new snapshot once that has returned
// nil. It is for workers behind a queue; a Pipeline has a spool of its own.
//
//	refresher, err := refresh.NewUpdater(client.Employees.Base, client.BulkCollect.Base, snapshots, update,
//		refresh.UpdaterOptions{Collect: refresh.Options{Budget: budget, Ledger: ledger, Clock: clock}})
//	err = consume(ctx, refresher.Handle)
//
// # Order
//
// What is told of a person never goes back, whichever worker bought it and however often its store had to be tried: an
// outcome is dropped as done if the person was asked for once more after it, by anybody, since that one is newer and comes
// too, as a record or as an Err. What is dropped is logged at DEBUG. That holds in one of two ways:
//
//   - Over any number of processes, if the snapshots are a snapshot.SQL and all have one Options.Clock. The snapshot is
//     read, compared, told and kept in one transaction, in which the person's row is locked first; and when a person was
//     asked for is a row of the same table, in a dataset whose name ends with "_asked", which Forget erases with the others.
//     Whatever a clock says, each asking counts as later than those before it, so one that differs or stands drops nothing.
//   - In one process, if all its workers use the one Refresher, whatever the snapshots are kept in. Without a transaction, a
//     crash between the nil of update and the keeping of the snapshot lets update be called once more; an older job that the
//     Ledger has may come before that.
//
// The error is [api.ErrInvalid] for what is missing, or one of [New].
func NewUpdater[R employee.BaseRecord | employee.CleanRecord | employee.MultiSourceRecord | employee.V1Record](
	collector Collector[R], bulk Bulk[R], snapshots snapshot.Store, update func(context.Context, Update[R]) error, o UpdaterOptions,
) (*Refresher[R], error) {
	if snapshots == nil || update == nil {
		return nil, fmt.Errorf("refresh: the snapshots or the update function is missing: %w", api.ErrInvalid)
	}
	c := &comparison[R]{compare: employee.ChangesWith[R], changes: o.Changes, update: update}
	c.open(snapshots)
	r, err := New(collector, bulk, c.take, o.Collect)
	if err == nil {
		c.serve(r)
	}
	return r, err
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
	clocked   bool // by Options.Clock
	later     func(time.Time) time.Time
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
	err := p.takeInTurn(ctx, o)
	if err == nil && (o.Err == nil || p.gone(o, nil) != nil) {
		p.turns.kept(o.ID, o.Asked)
	}
	return err
}

func (p *comparison[R]) takeInTurn(ctx context.Context, o Outcome[R]) error {
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

// turns lets one at a time work on a person, and knows when somebody was asked for last, until there is a snapshot of it.
type turns struct {
	mu    sync.Mutex
	taken map[int64]chan struct{}
	asked map[int64]time.Time
}

func (t *turns) ask(ids []int64, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.asked == nil {
		t.asked = make(map[int64]time.Time)
	}
	for _, id := range ids {
		if at.After(t.asked[id]) {
			t.asked[id] = at
		}
	}
}

// askedAfter reports whether a person was asked for after a time.
func (t *turns) askedAfter(id int64, at time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.asked[id].After(at)
}

// kept notes that there is a snapshot of a person from a time, which says from then on what is older. An outcome that
// leaves none is still newer than those that were asked for before it.
func (t *turns) kept(id int64, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.asked[id].After(at) {
		delete(t.asked, id)
	}
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

// serve lets a Refresher tell when it asks for people.
func (p *comparison[R]) serve(r *Refresher[R]) {
	r.asking, p.later = p.asking, r.later
	p.logger, p.clocked = r.options.Logger, r.options.Clock != nil
}

// asking notes that people are about to be asked for. What is bought now counts as later than their snapshots and than all
// that they were asked for before, whatever the clock says: of two with one time, the newer would be dropped.
func (p *comparison[R]) asking(ctx context.Context, ids []int64, at time.Time) (time.Time, error) {
	if newest := p.newest(ctx, ids); !at.After(newest) {
		at = p.later(newest.Add(time.Nanosecond))
	}
	if !p.shared() {
		p.turns.ask(ids, at)
		return at, nil
	}
	err := p.within(ctx, func(_ *sql.Tx, store snapshot.Store) error {
		people := slices.Sorted(slices.Values(ids))
		for _, id := range people { // locked until the end
			last, err := store.Get(ctx, p.askedKey(id))
			if err != nil && !errors.Is(err, snapshot.ErrDamaged) { // which is written anew
				return fmt.Errorf("refresh: when a person was asked for: %w", err)
			}
			if !at.After(last.Taken) {
				at = last.Taken.Add(time.Nanosecond)
			}
		}
		for _, id := range people {
			if err := store.Put(ctx, p.askedKey(id), snapshot.Snapshot{Record: []byte("{}"), Taken: at}); err != nil {
				return fmt.Errorf("refresh: when a person is asked for: %w", err)
			}
		}
		return nil
	})
	return at, err
}

// shared reports whether other processes hand over to the snapshots.
func (p *comparison[R]) shared() bool { return p.clocked && p.within != nil }

func (p *comparison[R]) askedKey(id int64) snapshot.Key {
	return snapshot.Key{Dataset: p.dataset + "_asked", ID: id}
}

// isOutdated reports whether an outcome was taken before, which the process could not note, or the person was asked for
// once more after it.
func (p *comparison[R]) isOutdated(ctx context.Context, store snapshot.Store, o Outcome[R], kept snapshot.Snapshot) (bool, error) {
	if !kept.IsZero() && !o.Asked.After(kept.Taken) {
		return true, nil
	}
	if !p.shared() {
		return p.turns.askedAfter(o.ID, o.Asked), nil
	}
	last, err := store.Get(ctx, p.askedKey(o.ID))
	if err != nil {
		return false, fmt.Errorf("refresh: when the person was asked for: %w", err)
	}
	return last.Taken.After(o.Asked), nil
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
