package refresh

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/webhook"
)

// ErrBuyAgain is wrapped in the error of a store to say that a record in doubt is to be bought again, although it may
// have been paid. For any other outcome, and for a request that a Ledger knows of, it is an error like any other.
var ErrBuyAgain = errors.New("refresh: to be bought again")

// maxHeld bounds what is held in memory for the deliveries of one Refresher that have no place on a disk for it, in
// bytes of JSON: beyond, nothing more is collected one by one.
const maxHeld = 64 << 20

// held is an outcome that the store has not taken.
type held struct {
	record any // a *R, nil when there is an error
	err    error
	size   int64
}

// keptEntry is an entry of the journal beside a delivery. One of its fields is set, ID aside.
type keptEntry struct {
	// Begin are employees that are about to be collected, each by a paid call. Without a later entry about one of them, it
	// is unknown whether it was paid.
	Begin []int64 `json:"begin,omitempty"`
	// Unpaid are employees for whom nothing was charged.
	Unpaid []int64 `json:"unpaid,omitempty"`
	// Done are employees whose outcome the store has taken.
	Done []int64 `json:"done,omitempty"`
	// Job is a job that was made for employees; its records are at the provider.
	Job *keptJob `json:"job,omitempty"`
	// Record is what was collected of the employee ID.
	Record json.RawMessage `json:"record,omitempty"`
	// Failure is why there is none.
	Failure *keptFailure `json:"failure,omitempty"`
	ID      int64        `json:"id,omitempty"`
}

// keptJob is a job of a delivery.
type keptJob struct {
	ID      string    `json:"id"`
	IDs     []int64   `json:"ids"`
	At      time.Time `json:"at"`
	Request string    `json:"request,omitempty"` // in the ledger
}

// keptFailure is an error that survives a restart.
type keptFailure struct {
	Text  string   `json:"text"`
	Kinds []string `json:"kinds,omitempty"`
}

var keptKinds = map[string]error{
	"not_found": api.ErrNotFound, "maybe_applied": api.ErrMaybeApplied, "invalid": api.ErrInvalid,
	"unexpected": api.ErrUnexpectedResponse, "unavailable": api.ErrUnavailable,
}

func keep(err error) *keptFailure {
	f := &keptFailure{Text: api.Describe(err)}
	for name, kind := range keptKinds {
		if errors.Is(err, kind) {
			f.Kinds = append(f.Kinds, name)
		}
	}
	return f
}

// Error is what the error said.
func (f *keptFailure) Error() string { return f.Text }

// Is finds the sentinels of the error.
func (f *keptFailure) Is(target error) bool {
	for _, name := range f.Kinds {
		if keptKinds[name] == target {
			return true
		}
	}
	return false
}

var errCrashed = &keptFailure{Text: "refresh: the process ended while the record was being collected; it may have been charged", Kinds: []string{"maybe_applied"}}

// note adds an entry to the journal, if there is one.
func (s *state) note(ctx context.Context, e keptEntry) error {
	if s.kept == nil {
		return nil
	}
	text, err := json.Marshal(e)
	if err == nil {
		err = s.kept.Append(context.WithoutCancel(ctx), text) // what has happened is noted whether or not the context has ended
	}
	if err != nil {
		return fmt.Errorf("refresh: the delivery's journal could not be written: %w", err)
	}
	return nil
}

// replay reads what a former process has kept of a delivery.
func replay[R any](ctx context.Context, s *state) error {
	entries, err := s.kept.Entries(ctx)
	if err != nil {
		return fmt.Errorf("refresh: the delivery's journal could not be read: %w", err)
	}
	for _, text := range entries {
		var e keptEntry
		if err := json.Unmarshal(text, &e); err != nil {
			return fmt.Errorf("refresh: an entry of the delivery's journal is not JSON: %w", api.ErrInvalid)
		}
		for _, id := range e.Begin {
			s.held[id] = held{err: errCrashed}
		}
		for _, id := range e.Unpaid {
			delete(s.held, id)
		}
		for _, id := range e.Done {
			delete(s.held, id)
			s.done[id] = true
		}
		switch {
		case e.Job != nil:
			for _, id := range e.Job.IDs {
				delete(s.held, id)
			}
			if !slices.ContainsFunc(s.jobs, func(j *job) bool { return j.id == e.Job.ID }) {
				s.jobs = append(s.jobs, &job{id: e.Job.ID, ids: e.Job.IDs, request: e.Job.Request, at: e.Job.At})
			}
		case e.Failure != nil:
			s.held[e.ID] = held{err: e.Failure}
		case len(e.Record) > 0:
			record, err := employee.Decode[R](e.Record)
			if err != nil {
				return fmt.Errorf("refresh: a kept record: %w", err)
			}
			s.held[e.ID] = held{record: record}
		}
	}
	s.jobs = slices.DeleteFunc(s.jobs, func(j *job) bool {
		return !slices.ContainsFunc(j.ids, func(id int64) bool { return !s.done[id] })
	})
	return nil
}

// hold keeps an outcome until the store has taken it. It is in memory in any case.
func (w *work[R]) hold(ctx context.Context, id int64, record *R, failure error) {
	e, h := keptEntry{ID: id}, held{err: failure}
	var err error
	switch kept, ok := any(record).(interface{ Raw() json.RawMessage }); {
	case failure != nil:
		e.Failure = keep(failure)
	case ok && len(kept.Raw()) > 0:
		e.Record = kept.Raw()
	default:
		e.Record, err = json.Marshal(record)
	}
	if record != nil && failure == nil {
		h.record = record
	}
	if w.state.kept == nil {
		h.size = int64(len(e.Record))
	}
	w.state.held[id] = h
	if err == nil {
		err = w.state.note(ctx, e)
	}
	if err != nil {
		w.state.unwritten = true
		w.log(ctx, slogWarn, "refresh: a record is kept in memory only", "employee", id, "error", err.Error())
	}
}

// seat reports why what is bought for the delivery could not be remembered, nil if it can.
func (w *work[R]) seat() error {
	if w.state.kept != nil || w.state.name == "" || !w.progress.full() {
		return nil
	}
	return fmt.Errorf("%d deliveries that are not done have their progress in memory, which is the most: %w", w.progress.most, webhook.ErrRetryLater)
}

// room reports why nothing more may be bought, nil if it may.
func (w *work[R]) room() error {
	if w.state.kept != nil {
		return w.state.kept.Full()
	}
	if err := w.seat(); err != nil {
		return err
	}
	_, size := w.progress.remembered()
	for _, h := range w.state.held {
		size += h.size
	}
	if size >= maxHeld {
		return fmt.Errorf("the store has not taken %d bytes of records: %w", size, webhook.ErrRetryLater)
	}
	return nil
}
