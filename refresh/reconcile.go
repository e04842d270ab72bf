package refresh

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
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
// Run's, within the budget, in bulk and in order with real notices. At most so many credits are asked for; the rest is for
// the next call. Who is hidden, deleted, merged or gone is left out, and who is not Collect.Known. What an earlier call
// has asked for and is not done yet costs nothing twice.
//
// A snapshot that cannot be read is an error at the end, joined with others, and holds up nobody else.
func (p *Pipeline[R]) Reconcile(ctx context.Context, before time.Time, credits int64) (people int, err error) {
	if err := p.ready(ctx); err != nil {
		return 0, err
	}
	most := credits / max(1, p.collector.Cost())
	var failures []error
	var ids []int64
	for id, err := range p.snapshots.Before(ctx, p.dataset, before) {
		if int64(people+len(ids)) >= most {
			break
		}
		switch {
		case err == nil && p.options.Collect.Known != nil && !p.options.Collect.Known(id):
			continue
		case err == nil:
			var kept snapshot.Snapshot
			if kept, err = p.snapshots.Get(ctx, snapshot.Key{Dataset: p.dataset, ID: id}); err == nil && !kept.IsZero() && formerKind(kept) == "" {
				ids = append(ids, id)
			}
		}
		if err != nil {
			if failures = append(failures, fmt.Errorf("refresh: the snapshot of %d: %w", id, err)); len(failures) == maxFailures {
				break
			}
			continue
		}
		if len(ids) == bulkcollect.MaxIDs {
			if err := p.ask(ctx, ids); err != nil {
				return people, errors.Join(append(failures, err)...)
			}
			people, ids = people+len(ids), nil
		}
	}
	if len(ids) > 0 {
		if err := p.ask(ctx, ids); err != nil {
			return people, errors.Join(append(failures, err)...)
		}
		people += len(ids)
	}
	return people, errors.Join(failures...)
}

// ask stores a delivery of the pipeline's own about people.
func (p *Pipeline[R]) ask(ctx context.Context, ids []int64) error {
	slices.Sort(ids)
	body := []byte("[")
	for i, id := range ids {
		if i > 0 {
			body = append(body, ',')
		}
		body = fmt.Appendf(body, `{"member_id":%d,"status":%q}`, id, StatusReconcile)
	}
	d := &webhook.Delivery{Source: reconcileSource, Label: reconcileSource, ReceivedAt: time.Now().UTC(), Body: append(body, ']')}
	d.Key = fmt.Sprintf("%s:%x", reconcileSource, sha256.Sum256(d.Body))
	if err := webhook.DecodeCoresignal(d); err != nil {
		return err
	}
	return p.notices.Put(ctx, d)
}

// withoutFresh leaves out of a delivery of the pipeline's own whose snapshot was taken since.
func (p *Pipeline[R]) withoutFresh(ctx context.Context, d *webhook.Delivery) (*webhook.Delivery, error) {
	rest := *d
	rest.Events = []webhook.Event{}
	for _, event := range d.Events {
		notice, ok := event.(webhook.EmployeeChanged)
		if !ok {
			continue
		}
		kept, err := p.snapshots.Get(ctx, snapshot.Key{Dataset: p.dataset, ID: notice.ID})
		if err != nil {
			return nil, fmt.Errorf("refresh: the snapshot: %w", err)
		}
		if kept.Taken.Before(d.ReceivedAt) {
			rest.Events = append(rest.Events, event)
		}
	}
	return &rest, nil
}

// Load keeps snapshots of records that were collected elsewhere, such as those of a bulk group, and tells nothing of them:
// it is the first load, so that the first notice of a person is compared with something. Taken is when they were collected;
// a newer snapshot is left as it is, and the record of a profile that is hidden, deleted or merged is left out. It returns
// how many were kept.
func (p *Pipeline[R]) Load(ctx context.Context, taken time.Time, records iter.Seq2[*R, error]) (kept int, err error) {
	if err := p.ready(ctx); err != nil {
		return 0, err
	}
	for record, err := range records {
		if err != nil {
			return kept, err
		}
		id := any(record).(employee.Record).EmployeeID()
		if employee.CheckStanding(id, any(record).(employee.Record)) != nil {
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

// Forget erases a person: the snapshots, of all datasets, and what was bought of the person and not handed over. See to it
// that Collect.Known does not know the person any more before you call it, or a notice that is pending or comes later has
// the person collected anew. Bodies of notices that are pending or dead name the person by number, without values, until
// they are done or discarded. It waits for the delivery that is in work, so it is an error in the update function.
func (p *Pipeline[R]) Forget(ctx context.Context, id int64) error {
	if err := p.ready(ctx); err != nil {
		return err
	}
	if id < 1 {
		return fmt.Errorf("refresh: %d is not the number of a profile: %w", id, api.ErrInvalid)
	}
	if err := p.notices.RewriteKept(ctx, func(entry []byte) []byte { return withoutPerson(entry, id) }); err != nil {
		return fmt.Errorf("refresh: %w", err)
	}
	p.refresher.progress.erase(id)
	if err := p.snapshots.Forget(ctx, id); err != nil {
		return fmt.Errorf("refresh: the snapshot: %w", err)
	}
	return nil
}

// withoutPerson returns an entry of the journal without what was bought of a person, who is done with.
func withoutPerson(entry []byte, id int64) []byte {
	var e keptEntry
	if json.Unmarshal(entry, &e) != nil || e.ID != id || len(e.Record) == 0 && e.Failure == nil {
		return entry
	}
	done, err := json.Marshal(keptEntry{Done: []int64{id}})
	if err != nil {
		return nil
	}
	return done
}
