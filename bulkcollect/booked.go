package bulkcollect

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pronet-go/pronet/api"
)

// booked is a request on its way through a ledger. A nil one is a request without a ledger.
type booked struct {
	ledger Ledger
	entry  Entry
}

// book looks a request up. An error means that it must not be sent, a job that it need not be.
func book(ctx context.Context, l Ledger, o *order) (*booked, *Job, error) {
	e, err := l.Get(ctx, o.name)
	if err != nil {
		return nil, nil, ledgerFailed("read", err)
	}
	if e.Request != "" && e.valid() != nil {
		return nil, nil, errBadEntry
	}
	switch {
	case e.Doubtful():
		return nil, nil, &DoubtError{Entry: e}
	case o.once && o.part == 0 && e.JobID != "" && e.Fingerprint != o.fingerprint.String():
		return nil, nil, fmt.Errorf("bulkcollect: request %.200q asked for something else before: %w", e.Request, api.ErrConflict)
	case e.Open(), o.once && e.State == Ended && e.JobID != "":
		return nil, &Job{ID: e.JobID, IDs: e.IDs, Attached: true, Request: e.Request}, nil
	}
	return &booked{ledger: l, entry: e}, nil, nil
}

// intend stores that the request is about to be sent.
func (b *booked) intend(ctx context.Context, o *order) error {
	if b == nil {
		return nil
	}
	return put(ctx, b.ledger, &b.entry, func(e *Entry) {
		*e = Entry{
			Request: o.name, Revision: e.Revision, State: Sending, Operation: o.op.Name,
			Fingerprint: o.fingerprint.String(), IDs: o.listed, Credits: o.credits, Sent: e.Sent + 1,
			Once: o.once, Part: o.part, GivenUp: e.GivenUp,
		}
	})
}

// settle stores what became of the request.
func (b *booked) settle(ctx context.Context, job *Job, failure error) error {
	if b == nil {
		return failure
	}
	ctx, cancel := happened(ctx)
	defer cancel()
	err := put(ctx, b.ledger, &b.entry, func(e *Entry) {
		switch {
		case job != nil:
			e.State, e.JobID, e.RequestedAt, e.Resolved = Requested, job.ID, time.Now().UTC(), job.named
			if !job.twinOf.IsZero() {
				e.RequestedAt = job.twinOf
			}
		case errors.Is(failure, api.ErrMaybeApplied):
			e.State, e.Reason = InDoubt, reasonOf(failure)
		default:
			e.State, e.Reason = Refused, reasonOf(failure)
		}
	})
	switch {
	case err == nil:
		return failure
	case job != nil:
		return &UnrecordedJobError{JobID: job.ID, Request: b.entry.Request, Err: err}
	}
	return errors.Join(failure, err)
}

// twin returns the entry of the identical request whose job may still be in progress; without one, the zero Entry.
func (b *booked) twin(ctx context.Context) (latest Entry, err error) {
	if b == nil {
		return Entry{}, nil
	}
	entries, err := b.ledger.Entries(ctx)
	if err != nil {
		return Entry{}, ledgerFailed("read", err)
	}
	for _, e := range entries {
		young := time.Since(e.RequestedAt) <= maxKnownAge
		if e.Fingerprint == b.entry.Fingerprint && e.Open() && young && e.RequestedAt.After(latest.RequestedAt) {
			latest = e
		}
	}
	return latest, nil
}

// name is what the ledger calls the request.
func (b *booked) name() string {
	if b == nil {
		return ""
	}
	return b.entry.Request
}
