package prospectnotes

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pronet-go/pronet/internal/linkedinapi"
)

// reconciles reports whether there are reconciling walks.
func (r *run) reconciles() bool {
	switch r.options.Reconcile.Mode {
	case ReconcileAlways:
		return true
	case ReconcileNever:
		return false
	case ReconcileAuto:
	}
	return r.state.Bounds != BoundsByLastChange
}

// depth is how far back edits and deletions are found.
func (r *run) depth() time.Duration {
	if r.reconciles() {
		return r.options.Reconcile.Depth
	}
	return r.options.Overlap
}

// forget drops what no later run reads again.
func (r *run) forget(until time.Time) {
	horizon := r.options.overlapped(until)
	if back := r.now.Add(-r.options.Reconcile.Depth); (r.reconciling || r.reconciles()) && back.Before(horizon) {
		horizon = back
	}
	oldest := horizon.UnixMilli()
	for id, s := range r.seen {
		if s.latest() <= oldest {
			delete(r.seen, id)
		}
	}
	for id, t := range r.tombs {
		if t.Changed <= oldest && !r.now.Before(t.Kept) {
			delete(r.tombs, id)
		}
	}
}

// reconcile tells the notes that the run should have found and did not.
func (r *run) reconcile(ctx context.Context) error {
	all := Window{r.start, r.now}
	missing := make(map[string]*seenNote)
	for id, s := range r.seen {
		created, changed := all.has(time.UnixMilli(s.Created)), all.has(time.UnixMilli(s.Changed))
		if r.state.Bounds == BoundsByCreation {
			changed = true
		} else if r.state.Bounds == BoundsByLastChange {
			created = true
		}
		if created && changed && !s.found {
			missing[id] = s
		}
	}
	if len(missing) > 0 && r.state.Bounds != BoundsByCreation { // one that was changed meanwhile has left the time that was read
		var later found
		w := Window{r.now, r.serverTime().Add(time.Minute)}
		err := r.read(ctx, w, nil, &later)
		r.report.ReconcileCalls += later.calls
		if err != nil {
			return err
		}
		for _, n := range later.notes {
			delete(missing, n.ID)
		}
		if len(later.floods) > 0 || later.early {
			r.partly = append(r.partly, w)
		}
	}
	maps.DeleteFunc(missing, func(_ string, s *seenNote) bool { return r.mayHide(s) })
	kind := Absent
	if r.options.Reconcile.DeleteAbsent {
		kind = Delete
	}
	changes := func() (changes []Change) {
		for id, s := range missing {
			if r.seen[id] == nil {
				continue // a push event has told it meanwhile
			}
			changes = append(changes, Change{kind, Note{ID: id, Created: at(s.Created), LastModified: at(s.Changed)}})
			delete(r.seen, id)
		}
		slices.SortFunc(changes, func(a, b Change) int { return strings.Compare(a.Note.ID, b.Note.ID) })
		return changes
	}
	r.state.Reconciled, r.report.Reconciled = r.now, true
	return r.save(ctx, all, changes(), changes)
}

// mayHide reports whether a note may be in a window that is listed in part only, also if it was changed since it was seen.
func (r *run) mayHide(s *seenNote) bool {
	return slices.ContainsFunc(r.partly, func(w Window) bool {
		created, changed := w.has(time.UnixMilli(s.Created)), s.Changed <= w.Before.UnixMilli()
		switch r.state.Bounds {
		case BoundsByCreation:
			return created
		case BoundsByLastChange:
			return changed
		case BoundsUnknown:
		}
		return created || changed
	})
}

// at is the time of a date in milliseconds, zero for one that is not stated.
func at(ms int64) time.Time { return linkedinapi.Time(linkedinapi.Number(ms)) }
