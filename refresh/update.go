package refresh

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/snapshot"
	"github.com/pronet-go/pronet/webhook"
)

// Update is what a [Pipeline], or the Refresher of [NewUpdater], tells of one person at a time.
type Update[R any] struct {
	// ID is the number of the profile in its dataset.
	ID int64
	// Changes are what differs from the former record, in the order of [employee.Changes]. It is empty for a record in which
	// nothing differs that is told, which is worth saving all the same, and when there is an Err.
	Changes []employee.Change
	// Record is the profile as it is now. It is nil when the profile is hidden, deleted, merged or gone, which Changes says
	// then, and when there is an Err.
	Record *R
	// Previous is the former record, nil for a person who was not known.
	Previous *R
	// Notices are what was received about the person, in order. Those of [Pipeline.Reconcile] have the status
	// [StatusReconcile].
	Notices []webhook.EmployeeChanged
	// Err says that no record came, and nothing about the person: api.ErrMaybeApplied when a response was lost and may have
	// been charged (return nil to take note of it, an error that wraps [ErrBuyAgain] to buy the record once more, of a bulk
	// job once all its people are decided), or the provider's refusal, which would be the same again. Both are logged at
	// WARN too. Nothing is kept of an Err, so after a crash it may be told twice, with a Tx too.
	Err error
	// Tx is the transaction that the snapshot is read and kept in, nil unless the snapshots are in a snapshot.SQL. What is
	// written with it is there if and only if the snapshot is. It commits after the function has returned nil.
	Tx *sql.Tx
}

// takeInto compares an outcome with the snapshot, tells what changed, and keeps the new snapshot.
func (p *comparison[R]) takeInto(ctx context.Context, tx *sql.Tx, store snapshot.Store, o Outcome[R]) error {
	key := snapshot.Key{Dataset: p.dataset, ID: o.ID}
	kept, err := store.Get(ctx, key)
	if err != nil {
		return fmt.Errorf("refresh: the snapshot: %w", err)
	}
	switch outdated, err := p.isOutdated(ctx, store, o, kept); {
	case err != nil:
		return err
	case outdated:
		logTo(ctx, p.logger, slog.LevelDebug, "refresh: dropped: a newer one was handed over or is on its way", "asked", o.Asked)
		return nil
	}
	u := Update[R]{ID: o.ID, Record: o.Record, Notices: o.Changes, Tx: tx}
	was := formerKind(kept)
	if was == "" && !kept.IsZero() {
		if u.Previous, err = employee.Decode[R](kept.Record); err != nil {
			return fmt.Errorf("refresh: the snapshot: %w", err)
		}
	}
	gone := p.gone(o, u.Previous)
	switch {
	case o.Err != nil && gone == nil:
		u.Err = o.Err
		return p.update(ctx, u)
	case gone != nil:
		u.Changes = []employee.Change{gone}
	default:
		options := p.changes
		options.Promised = promised(o.Changes)
		u.Changes = p.compare(u.Previous, o.Record, options)
		if was != "" && len(u.Changes) > 0 { // of a record without a former one, it is FirstSeen
			u.Changes = []employee.Change{employee.ProfileShown{Person: u.Changes[0].Who()}}
		}
	}
	next, err := snapshotOf(o, gone)
	if err != nil {
		return err
	}
	if gone == nil || gone.Kind() != was {
		if err := p.update(ctx, u); err != nil {
			return err
		}
	}
	if _, hidden := gone.(employee.ProfileHidden); hidden { // from all datasets: it is the person's wish
		if err := p.eraseElsewhere(ctx, tx != nil, store, o.ID); err != nil {
			return fmt.Errorf("refresh: the snapshot: %w", err)
		}
	}
	if err := store.Put(ctx, key, next); err != nil {
		return fmt.Errorf("refresh: the snapshot: %w", err)
	}
	return nil
}

// gone returns what to tell of a profile that has no record any more, nil if that is not so.
func (p *comparison[R]) gone(o Outcome[R], previous *R) employee.Change {
	person := employee.Person{ID: o.ID}
	if previous != nil {
		person.Name = p.compare(nil, previous, employee.ChangeOptions{})[0].Who().Name
	}
	merged, isMerged := errors.AsType[*employee.MergedError](o.Err)
	switch {
	case errors.Is(o.Err, employee.ErrHidden):
		return employee.ProfileHidden{Person: person}
	case isMerged:
		return employee.ProfileMerged{Person: person, Into: merged.Into}
	case errors.Is(o.Err, employee.ErrDeleted):
		return employee.ProfileDeleted{Person: person}
	case errors.Is(o.Err, api.ErrNotFound):
		return employee.ProfileGone{Person: person}
	}
	return nil
}

// promised are the fields that notices named.
func promised(notices []webhook.EmployeeChanged) (fields []string) {
	for _, notice := range notices {
		fields = append(fields, notice.ChangedFields...)
	}
	return fields
}

// snapshotOf is what is to be kept of an outcome: the record, or as a JSON string the kind of change that says why there is
// none.
func snapshotOf[R any](o Outcome[R], gone employee.Change) (s snapshot.Snapshot, err error) {
	s.Taken = o.Asked
	if gone != nil {
		s.Record, err = json.Marshal(gone.Kind())
		return s, err
	}
	s.Record, err = rawOf(o.Record)
	return s, err
}

func rawOf[R any](record *R) ([]byte, error) {
	if kept, ok := any(record).(interface{ Raw() json.RawMessage }); ok && len(kept.Raw()) > 0 {
		return kept.Raw(), nil
	}
	raw, err := json.Marshal(record)
	if err != nil {
		return nil, fmt.Errorf("refresh: the record: %w", err)
	}
	return raw, nil
}

// formerKind returns the kind of change by which a profile ceased to have a record, "" if the snapshot is a record.
func formerKind(s snapshot.Snapshot) (kind employee.ChangeKind) {
	if len(s.Record) == 0 || s.Record[0] != '"' || json.Unmarshal(s.Record, &kind) != nil {
		return ""
	}
	return kind
}
