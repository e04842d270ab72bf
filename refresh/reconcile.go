package refresh

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/snapshot"
	"github.com/pronet-go/pronet/webhook"
)

const (
	// StatusReconcile is the status of the notices that [Pipeline.Reconcile] makes.
	StatusReconcile webhook.Status = "reconcile"

	reconcileSource = "reconcile"
)

// Reconcile lets those be collected whose snapshot was taken before a time, as if a notice had come about each: what no
// notice told is found so. It returns for how many it asked once they are stored, and does not wait for them; the work is
// Run's, within the budget, in bulk and in order with real notices. Who is hidden, deleted, merged or gone is left out, and
// who is not Collect.Known.
//
// At most so many credits are asked for. If they do not pay for all, the people are drawn at random, and the rest is for
// the next calls: whoever is refused, in doubt or among the dead each time keeps a snapshot that is old, and would come
// first in any order.
//
// A person is collected only if the snapshot is still the one that Reconcile has found. So when another call asks for who
// is not done yet, or a notice comes meanwhile, the record is bought once; but in doubt it leaves no snapshot, and each call
// counts.
//
// A snapshot that cannot be read is an error at the end, joined with others, and holds up nobody else.
func (p *Pipeline[R]) Reconcile(ctx context.Context, before time.Time, credits int64) (people int, err error) {
	if err := p.ready(ctx); err != nil {
		return 0, err
	}
	drawn, unread := p.draw(ctx, before, credits/max(1, p.collector.Cost()))
	slices.SortFunc(drawn, func(a, b stale) int { return cmp.Compare(a.id, b.id) })
	for part := range slices.Chunk(drawn, bulkcollect.MaxIDs) {
		if err := p.ask(ctx, part); err != nil {
			return people, errors.Join(unread, err)
		}
		people += len(part)
	}
	return people, unread
}

// stale is somebody whose snapshot is old.
type stale struct {
	id    int64
	taken int64 // when the snapshot was, in nanoseconds since 1970
}

// draw draws at most so many of the people whose snapshot was taken before a time. Each is as likely as another, but for
// those that turn out to be gone.
func (p *Pipeline[R]) draw(ctx context.Context, before time.Time, most int64) (drawn []stale, err error) {
	var unread failures
	var seen int64
	for id, err := range p.snapshots.Before(ctx, p.dataset, before) {
		if err != nil {
			unread.add(err)
			continue
		}
		if most <= 0 || p.options.Collect.Known != nil && !p.options.Collect.Known(id) {
			continue
		}
		seen++
		place := int64(len(drawn))
		if place >= most {
			if place = rand.Int64N(seen); place >= most {
				continue
			}
		}
		kept, err := p.snapshots.Get(ctx, snapshot.Key{Dataset: p.dataset, ID: id})
		switch {
		case err != nil:
			unread.add(fmt.Errorf("%d: %w", id, err))
		case kept.IsZero() || formerKind(kept) != "" || !kept.Taken.Before(before):
			seen--
		case place == int64(len(drawn)):
			drawn = append(drawn, stale{id, kept.Taken.UnixNano()})
		default:
			drawn[place] = stale{id, kept.Taken.UnixNano()}
		}
	}
	return drawn, unread.join()
}

// failures are errors of single people, of which only the first are kept.
type failures struct {
	first []error
	more  int
}

func (f *failures) add(err error) {
	if len(f.first) == maxFailures {
		f.more++
		return
	}
	f.first = append(f.first, fmt.Errorf("refresh: the snapshot: %w", err))
}

func (f *failures) join() error {
	if f.more > 0 {
		return errors.Join(append(f.first, fmt.Errorf("refresh: %d more snapshots cannot be read", f.more))...)
	}
	return errors.Join(f.first...)
}

// asked is what a notice of the pipeline's own says besides: which snapshot the person had.
type asked struct {
	Taken int64 `json:"taken"` // in nanoseconds since 1970
}

// ask stores a delivery of the pipeline's own about people.
func (p *Pipeline[R]) ask(ctx context.Context, people []stale) error {
	body := []byte("[")
	for i, person := range people {
		if i > 0 {
			body = append(body, ',')
		}
		body = fmt.Appendf(body, `{"member_id":%d,"status":%q,"taken":%d}`, person.id, StatusReconcile, person.taken)
	}
	d := &webhook.Delivery{Source: reconcileSource, Label: reconcileSource, ReceivedAt: time.Now().UTC(), Body: append(body, ']')}
	d.Key = fmt.Sprintf("%s:%x", reconcileSource, sha256.Sum256(d.Body))
	if err := webhook.DecodeCoresignal(d); err != nil {
		return err
	}
	return p.notices.Put(ctx, d)
}

// reconcile works on a delivery of the pipeline's own, without those whose snapshot is newer by now, or was forgotten. Who
// cannot be read is left undone, and holds up nobody else; if many in a row cannot, for a reason that is not theirs,
// nobody is tried.
func (p *Pipeline[R]) reconcile(ctx context.Context, d *webhook.Delivery) error {
	rest, unread, inARow := *d, failures{}, 0
	rest.Events = []webhook.Event{}
	var undone []string
	for _, event := range d.Events {
		notice, ok := event.(webhook.EmployeeChanged)
		if !ok {
			continue
		}
		kept, err := p.snapshots.Get(ctx, snapshot.Key{Dataset: p.dataset, ID: notice.ID})
		if err == nil {
			inARow = 0
			var found asked
			if json.Unmarshal(notice.Raw, &found) == nil && kept.Taken.Equal(time.Unix(0, found.Taken)) {
				rest.Events = append(rest.Events, event)
			}
			continue
		}
		unread.add(fmt.Errorf("%d: %w", notice.ID, err))
		undone = append(undone, notice.Subject())
		if !errors.Is(err, snapshot.ErrDamaged) {
			inARow++
		}
		if ctx.Err() != nil || inARow == maxFailures {
			return unread.join()
		}
	}
	err := p.refresher.Handle(ctx, &rest)
	if len(undone) == 0 {
		return err
	}
	whole := errors.Join(err, unread.join())
	others, known := errors.AsType[webhook.Undone](err)
	switch {
	case known:
		undone = append(undone, others.Undone()...)
	case err != nil:
		return whole // nobody may be done
	}
	return &undoneError{error: whole, subjects: undone}
}

// Load keeps snapshots of records that were collected elsewhere, such as those of a bulk group, and tells nothing of them:
// it is the first load, so that the first notice of a person is compared with something. Taken is when they were collected;
// a newer snapshot is left as it is, and the record of a profile that is hidden, deleted, merged or not Collect.Known is
// left out. It returns how many were kept.
func (p *Pipeline[R]) Load(ctx context.Context, taken time.Time, records iter.Seq2[*R, error]) (kept int, err error) {
	if err := p.ready(ctx); err != nil {
		return 0, err
	}
	if records == nil {
		return 0, fmt.Errorf("refresh: the records are nil: %w", api.ErrInvalid)
	}
	known := p.options.Collect.Known
	for record, err := range records {
		switch {
		case err != nil:
			return kept, err
		case record == nil:
			return kept, fmt.Errorf("refresh: a record is nil: %w", api.ErrInvalid)
		}
		id := any(record).(employee.Record).EmployeeID()
		if known != nil && !known(id) || employee.CheckStanding(id, any(record).(employee.Record)) != nil {
			continue
		}
		raw, err := rawOf(record)
		if err != nil {
			return kept, err
		}
		key := snapshot.Key{Dataset: p.dataset, ID: id}
		err = p.snapshots.Put(ctx, key, snapshot.Snapshot{Record: raw, Taken: taken})
		switch {
		case errors.Is(err, snapshot.ErrOlder):
		case err != nil:
			return kept, fmt.Errorf("refresh: the snapshot: %w", err)
		default:
			kept++
		}
	}
	return kept, nil
}

// Forget erases a person from the snapshots, of all datasets, and what was bought of the person and not handed over from
// the notices; the bytes too, as far as the store of the snapshots says. See to it that Collect.Known does not know the
// person any more before you call it, or a notice that is pending or comes later has the person collected anew. Bodies of
// notices that are pending or dead name the person by number, without values, until they are done or discarded. Forget
// waits for the notice in work, so it is an error in the update function.
func (p *Pipeline[R]) Forget(ctx context.Context, id int64) error {
	if err := p.ready(ctx); err != nil {
		return err
	}
	if id < 1 {
		return fmt.Errorf("refresh: %d is not the number of a profile: %w", id, api.ErrInvalid)
	}
	return errors.Join(p.refresher.Forget(ctx, id, p.notices), p.snapshots.Forget(ctx, id))
}
