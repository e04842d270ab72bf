package prospectnotes

import (
	"cmp"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/ordered"
	"github.com/pronet-go/pronet/internal/wire"
)

var syncOp = wire.Op{Name: "ProspectNotes.Sync", Provider: api.LinkedIn} // what its refusals name; its calls are those of List

var (
	errBackwards = wire.Plain("the server's Date is before the checkpoint by more than the Overlap", nil)
	errAhead     = wire.Plain("the server's Date is ahead of this machine's clock by more than the Overlap", nil)
)

// Sync brings a copy of a contract's notes from its checkpoint to the present: a first run reads everything after From,
// and a later one, every 30 minutes for example, what came since. It ends when it has reached the time that the server's
// clock showed at its beginning.
//
// Time is read in windows. A window is delivered to Apply once it was read whole, and the checkpoint moves to its end when
// Apply has returned nil: whatever crashes, nothing is missed. An effect happens at least once, and exactly once with a
// checkpoint that gives Apply its transaction. What was delivered within the Overlap is not delivered again.
//
// The error says why a run did not reach the present, and the report what it did until then; run it again. Besides those
// of [Service.List], among them [*api.RateLimitError] when the quota of the day is used up: [ErrConflict] when another
// sync moves the checkpoint, or the checkpoint is another's; [*UnstableError]; [*FloodError]; [*BadNoteError];
// [api.ErrUnexpectedResponse] when responses have no Date, one before the checkpoint or one ahead of this machine's clock,
// each by more than the Overlap; what Apply and the Checkpoint
// return.
//
// A window that LinkedIn lists only in part is read in parts of less time, and a millisecond by owner. Owners are those of
// the options, or else the contract's seats and the owners of those notes that are listed: not found in such a millisecond
// is who is neither. A Batch is one window all the same, and held in memory.
//
// Source: document 003.
func (s *Service) Sync(ctx context.Context, options SyncOptions) (*Report, error) {
	report := &Report{}
	if s.pipeline == nil {
		return report, wire.ErrNoService
	}
	o, err := complete(&syncOp, options)
	if err != nil {
		return report, err
	}
	state, err := o.Checkpoint.Load(ctx)
	if err != nil {
		return report, err
	}
	cutoff, err := begin(o, state)
	if err != nil {
		return report, err
	}
	r := newRun(&reader{service: s, options: o, asking: make(chan struct{}, 1)}, state, report)
	err = r.sync(ctx, cutoff)
	report.Calls, report.Walks, report.Splits = int(r.calls.Load()), int(r.walks.Load()), int(r.splits.Load())
	report.Until, report.Bounds = r.state.Until, r.state.Bounds
	if report.Bounds == BoundsByCreation {
		report.Unseen = "the bounds of calls go by creation: edits and deletions of notes that are older than " + r.depth().String() + " come by push or not at all"
	}
	return report, err
}

// begin is where a run begins.
func begin(o SyncOptions, state State) (time.Time, error) {
	from := time.UnixMilli(o.From.UnixMilli()).UTC()
	if err := o.owns(state); err != nil {
		return from, err
	}
	if state.Until.IsZero() {
		if o.From.IsZero() {
			return from, wire.Refuse(&syncOp, errNoFrom)
		}
		return from, nil
	}
	cutoff := o.overlapped(state.Until)
	if from.After(cutoff) && !from.After(state.Until) {
		cutoff = from
	}
	return notBefore1970(cutoff), nil
}

// owns refuses the state of another sync.
func (o *SyncOptions) owns(state State) error {
	if state.Generation == 0 || state.Contract == o.Contract && slices.Equal(state.Owners, o.Owners) {
		return nil
	}
	return fmt.Errorf("%w: it is of %s, and this sync is of %s", ErrConflict,
		describe(state.Contract.String(), len(state.Owners)), describe(o.Contract.String(), len(o.Owners)))
}

func notBefore1970(t time.Time) time.Time {
	if epoch := time.UnixMilli(0).UTC(); t.Before(epoch) {
		return epoch
	}
	return t
}

// overlapped is the cutoff with which a note is read again that is late by the whole overlap.
func (o *SyncOptions) overlapped(until time.Time) time.Time {
	return until.Add(-o.Overlap - time.Millisecond)
}

func describe(contract string, owners int) string {
	if owners == 0 {
		return contract + " with all owners"
	}
	return fmt.Sprintf("%s with %d owners", contract, owners)
}

// piece is a window on its way.
type piece struct {
	window Window
	asked  Window // by the calls: the first one may end later
	read   bool
	found  found
	err    error
}

// run is one run. It delivers on one goroutine.
type run struct {
	*reader
	report *Report
	state  State // as it was saved last, but for seen and tombs

	now     time.Time // by the server's clock, when the run began
	began   time.Time // the same by ours
	start   time.Time // where the first window begins
	seen    map[string]*seenNote
	tombs   map[string]Tomb
	windows int

	reconciling bool     // a reconciling walk is part of the run
	partly      []Window // listed in part only, so that what is not listed may be there
}

type seenNote struct {
	Seen
	found bool // in this run
}

// latest is the later one of a note's dates.
func (s *seenNote) latest() int64 { return max(s.Created, s.Changed) }

func newRun(r *reader, state State, report *Report) *run {
	run := &run{reader: r, report: report, state: state}
	run.remember(state)
	run.state.Seen, run.state.Tombs = nil, nil
	run.state.Contract, run.state.Owners = r.options.Contract, r.options.Owners
	return run
}

// remember takes what was delivered from a state.
func (r *run) remember(state State) {
	seen := make(map[string]*seenNote, len(state.Seen))
	for _, s := range state.Seen {
		before := r.seen[s.ID]
		seen[s.ID] = &seenNote{s, before != nil && before.found}
	}
	r.seen, r.tombs = seen, make(map[string]Tomb, len(state.Tombs))
	for _, t := range state.Tombs {
		r.tombs[t.ID] = t
	}
}

// serverTime is the present by the server's clock.
func (r *run) serverTime() time.Time { return r.now.Add(time.Since(r.began)) }

func (r *run) sync(ctx context.Context, cutoff time.Time) error {
	window, first := r.options.Window, r.state.Until.IsZero()
	r.began = time.Now()
	now, head, err := r.first(ctx, Window{cutoff, cutoff.Add(window)})
	switch {
	case err != nil:
		return err
	case head == nil && first:
		return wire.Refuse(&syncOp, errFuture)
	case head == nil:
		return wire.NewError(r.service.list.Op, api.ErrUnexpectedResponse, errBackwards)
	}
	r.now, r.start = now, cutoff
	r.reconciling = !first && r.reconciles() && !now.Before(r.state.Reconciled.Add(r.options.Reconcile.Every))
	if first {
		r.state.Reconciled = now // all is read now
	}
	if back := notBefore1970(now.Add(-r.options.Reconcile.Depth)); r.reconciling && back.Before(cutoff) {
		r.start = back
		if from := r.options.From; !from.IsZero() && from.After(back) && !from.After(cutoff) {
			r.start = time.UnixMilli(from.UnixMilli()).UTC()
		}
	}
	ahead := count(cutoff, now, window)
	r.windows = ahead + count(r.start, cutoff, window)
	if err := r.line(ctx, cutoff, ahead, head); err != nil {
		return err
	}
	if r.reconciling {
		return r.reconcile(ctx)
	}
	return nil
}

// count is how many windows tile a time.
func count(from, to time.Time, window time.Duration) int {
	return int((to.Sub(from) + window - 1) / window)
}

// line reads the windows several at once, and delivers them in their order: those ahead of the checkpoint, of which head
// is read already, and then those behind it, so that these cannot use up the quota first.
func (r *run) line(ctx context.Context, cutoff time.Time, ahead int, head *piece) error {
	pieces := make([]*piece, 2*r.options.Parallel)
	for i := range pieces {
		pieces[i] = &piece{}
	}
	line := ordered.Line[*piece]{Pieces: pieces, Workers: r.options.Parallel, Make: []func(context.Context, *ordered.Maker[*piece]){
		func(_ context.Context, m *ordered.Maker[*piece]) {
			for i := range r.windows {
				p, ok := m.Next()
				if !ok {
					return
				}
				from, index, end := cutoff, i, r.now
				if i >= ahead {
					from, index, end = r.start, i-ahead, cutoff
				}
				w := Window{Cutoff: from.Add(time.Duration(index) * r.options.Window)}
				if w.Before = w.Cutoff.Add(r.options.Window); w.Before.After(end) {
					w.Before = end
				}
				*p = piece{window: w, asked: w}
				if i == 0 {
					*p = *head
				}
				m.Send()
			}
		},
	}, Work: func(ctx context.Context, p *piece) {
		if !p.read {
			p.err = r.reader.read(ctx, p.window, nil, &p.found)
		}
	}}
	var failure error
	err := line.Run(ctx, func(p *piece) bool {
		if !p.window.Before.After(cutoff) {
			r.report.ReconcileCalls += p.found.calls
		}
		failure = r.take(ctx, p)
		p.found = found{}
		return failure == nil
	})
	if failure != nil {
		return failure
	}
	return err
}

// take delivers a window.
func (r *run) take(ctx context.Context, p *piece) error {
	if p.err != nil {
		return p.err
	}
	for _, flood := range p.found.floods {
		if r.options.OnFlood == nil || !r.options.OnFlood(flood.Flood) {
			return flood
		}
		r.report.Floods = append(r.report.Floods, flood.Flood)
		r.partly = append(r.partly, flood.window())
	}
	if p.found.short {
		r.report.Short++
	}
	if p.found.early {
		r.partly = append(r.partly, p.window)
	}
	known := r.state.Bounds
	r.tell(p.asked, p.found.notes)
	changes := r.changes(p.window, p.found.notes)
	if len(changes) > 0 || p.window.Before.After(r.state.Until) || r.state.Bounds != known {
		if err := r.save(ctx, p.window, changes, func() []Change { return r.changes(p.window, p.found.notes) }); err != nil {
			return err
		}
	}
	r.report.Windows++
	r.progress()
	return nil
}

func (r *run) progress() {
	if r.options.Progress == nil {
		return
	}
	p := Progress{
		Done: r.report.Windows, Windows: r.windows, Notes: r.report.Notes, Calls: int(r.calls.Load()),
		Until: r.state.Until, Lag: max(0, r.serverTime().Sub(r.state.Until)), QuotaLeft: -1,
	}
	if day, ok := r.service.pipeline.Day(api.LinkedIn, linkedinapi.ClassProspects); ok {
		if p.QuotaLeft = max(0, day.Limit-day.Used); day.Closed {
			p.QuotaLeft = 0
		}
	}
	r.options.Progress(p)
}

// tell looks for the first note of which one date is in the window and the other is not: the bounds go by the one.
func (r *run) tell(asked Window, notes []Note) {
	for _, n := range notes {
		if r.state.Bounds != BoundsUnknown {
			return
		}
		switch created, changed := asked.has(n.Created), asked.has(n.LastModified); {
		case n.Created.IsZero() || n.LastModified.IsZero() || created == changed:
		case created:
			r.state.Bounds = BoundsByCreation
		default:
			r.state.Bounds = BoundsByLastChange
		}
	}
}

func (w Window) has(t time.Time) bool { return t.After(w.Cutoff) && !t.After(w.Before) }

// changes are those notes of a window that were not delivered yet, in their order.
func (r *run) changes(w Window, notes []Note) []Change {
	slices.SortFunc(notes, func(a, b Note) int {
		return cmp.Or(cmp.Compare(a.changedIn(w), b.changedIn(w)), strings.Compare(a.ID, b.ID))
	})
	var changes []Change
	for _, n := range notes {
		at := n.changed()
		tomb, buried := r.tombs[n.ID]
		seen := r.seen[n.ID]
		if seen != nil {
			seen.found = true
		}
		switch {
		case buried && at <= tomb.Changed, seen != nil && at > 0 && at < seen.Changed, seen != nil && n.Active && at == seen.Changed && n.digest() == seen.Digest:
			// a late read, or what was delivered
		case n.Active:
			delete(r.tombs, n.ID)
			r.seen[n.ID] = &seenNote{Seen{n.ID, millis(n.Created), n.changedIn(w), n.digest()}, true}
			changes = append(changes, Change{Upsert, n})
		default:
			delete(r.seen, n.ID)
			r.tombs[n.ID] = Tomb{ID: n.ID, Changed: n.changedIn(w), Kept: time.UnixMilli(n.changedIn(w)).UTC().Add(r.options.Tombstones)}
			changes = append(changes, Change{Delete, n})
		}
	}
	return changes
}

// changedIn is when a note of a window was changed last; at its end, when that is not stated.
func (n *Note) changedIn(w Window) int64 { return cmp.Or(n.changed(), w.Before.UnixMilli()) }

// digest is the Seen.Digest.
func (n *Note) digest() string {
	if !n.LastModified.IsZero() {
		return ""
	}
	sum := sha256.Sum256(n.Raw)
	return hex.EncodeToString(sum[:8])
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// save delivers changes and moves the checkpoint. When push events were saved meanwhile it takes them in, and delivers
// those changes that are left, which again returns.
func (r *run) save(ctx context.Context, w Window, changes []Change, again func() []Change) error {
	done, err := r.service.turn(ctx, r.options.Contract)
	if err != nil {
		return err
	}
	defer done()
	return untilSaved(ctx, func() (conflict bool, err error) {
		applied, err := r.saveOnce(ctx, w, changes)
		if applied || !errors.Is(err, ErrConflict) {
			return false, err
		}
		state, failure := r.options.Checkpoint.Load(ctx)
		if failure != nil {
			return false, failure
		}
		switch saves := state.Generation - r.state.Generation; {
		case state.Generation < r.state.Generation, saves != state.Pushes-r.state.Pushes:
			return false, err
		case saves > 0:
			r.state.Generation, r.state.Pushes = state.Generation, state.Pushes
			r.remember(state)
			changes = again()
		}
		return true, err
	})
}

// saveOnce reports whether Apply was called.
func (r *run) saveOnce(ctx context.Context, w Window, changes []Change) (applied bool, err error) {
	next := r.state
	next.Generation++
	if w.Before.After(next.Until) {
		next.Until = w.Before
	}
	r.forget(next.Until)
	next.Seen, next.Tombs = make([]Seen, 0, len(r.seen)), make([]Tomb, 0, len(r.tombs))
	for _, s := range r.seen {
		next.Seen = append(next.Seen, s.Seen)
	}
	for _, t := range r.tombs {
		next.Tombs = append(next.Tombs, t)
	}
	slices.SortFunc(next.Seen, func(a, b Seen) int { return strings.Compare(a.ID, b.ID) })
	slices.SortFunc(next.Tombs, func(a, b Tomb) int { return strings.Compare(a.ID, b.ID) })
	err = r.options.Checkpoint.Save(ctx, next, func(ctx context.Context, tx *sql.Tx) error {
		applied = true
		if len(changes) == 0 {
			return nil
		}
		return r.options.Apply(ctx, Batch{w, changes, tx})
	})
	if err != nil {
		return applied, err
	}
	r.report.Notes += len(changes)
	for _, c := range changes {
		switch c.Kind {
		case Delete:
			r.report.Deletes++
		case Absent:
			r.report.Absent++
		case Upsert:
		}
	}
	next.Seen, next.Tombs = nil, nil
	r.state = next
	return true, nil
}
