package refresh

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/webhook"
)

// ErrBuyAgain is wrapped in the error of a store to say that a record in doubt is to be bought again, although it may
// have been paid. For any other outcome it is an error like any other.
//
// A bulk job that the Ledger has in doubt is one request for many. It is given up (bulkcollect.PayAgain) after a try in
// which the store has returned nil or ErrBuyAgain for each of its employees that were left; the next try buys those with
// ErrBuyAgain, and nobody else. While the store returns another error for one of them, nothing of the job is bought again.
var ErrBuyAgain = errors.New("refresh: to be bought again")

// maxHeld bounds what is held in memory for the deliveries of one Refresher that have no place on a disk for it, in
// bytes of JSON: beyond, nothing more is collected one by one.
const maxHeld = 64 << 20

// held is an outcome that the store has not taken.
type held struct {
	record any // a *R, nil when there is an error
	err    error
	asked  time.Time
	size   int64
}

// wasteful is how many bytes of a journal may be of no more use, while more than is of use.
const wasteful = 16 << 20

// keptEntry is an entry of the journal beside a delivery. One of its fields is set, ID aside.
type keptEntry struct {
	// Requeues is how often the delivery had been put back from the dead when the entries after it were written.
	Requeues int `json:"requeues,omitempty"`
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
	// Asked is when the provider was asked for the Record, or when the collecting of those in Begin began.
	Asked time.Time `json:"asked,omitzero"`
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
	if f, ok := errors.AsType[*keptFailure](err); ok {
		return f
	}
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

// note adds an entry to the journal, if there is one. What cannot be noted is known in memory, and written later.
func (s *state) note(ctx context.Context, e keptEntry) error {
	if s.kept == nil {
		return nil
	}
	text, err := json.Marshal(e)
	if err == nil {
		err = s.kept.Append(context.WithoutCancel(ctx), text) // what has happened is noted whether or not the context has ended
	}
	if err != nil {
		s.unwritten = true
		s.lost = s.lost || errors.Is(err, webhook.ErrLeaseLost)
		return fmt.Errorf("refresh: the delivery's journal could not be written: %w", err)
	}
	s.written += int64(len(text))
	return nil
}

// tidy leaves in the journal what is still of use, if little of it is, if there is no room for more, or if something
// could not be written.
func (s *state) tidy(ctx context.Context) error {
	if s.kept == nil {
		return nil
	}
	var useful int64
	for _, h := range s.held {
		useful += h.size
	}
	waste := s.written - useful
	if s.unwritten || waste > useful && (waste >= wasteful || s.kept.Full() != nil) {
		return s.rewrite(ctx)
	}
	return nil
}

// rewrite replaces the journal by what is in memory.
func (s *state) rewrite(ctx context.Context) error {
	list := []keptEntry{{Requeues: s.requeues}, {Done: slices.Sorted(maps.Keys(s.done))}}
	for _, j := range s.jobs {
		if !j.vague { // the ledger has that one
			list = append(list, keptEntry{Job: &keptJob{ID: j.id, IDs: j.ids, Request: j.request, At: j.at}})
		}
	}
	for id, h := range s.held {
		e, err := h.entry(id)
		if err != nil {
			return fmt.Errorf("refresh: %w", err)
		}
		list = append(list, e)
	}
	texts, written := make([][]byte, len(list)), int64(0)
	for i, e := range list {
		text, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("refresh: %w", err)
		}
		texts[i] = text
		written += int64(len(text))
	}
	if err := s.kept.Replace(context.WithoutCancel(ctx), texts); err != nil {
		s.lost = s.lost || errors.Is(err, webhook.ErrLeaseLost)
		return fmt.Errorf("refresh: the delivery's journal could not be written: %w: %w", webhook.ErrRetryLater, err)
	}
	s.written, s.unwritten = written, false
	return nil
}

// replay reads what a former process has kept of a delivery.
func (r *Refresher[R]) replay(ctx context.Context, s *state) error {
	entries, err := s.kept.Entries(ctx)
	if err != nil {
		return fmt.Errorf("refresh: the delivery's journal could not be read: %w", err)
	}
	written, requeues := int64(0), 0
	for _, text := range entries {
		written += int64(len(text))
		var e keptEntry
		if err := json.Unmarshal(text, &e); err != nil {
			return fmt.Errorf("refresh: an entry of the delivery's journal is not JSON: %w", api.ErrInvalid)
		}
		requeues = max(requeues, e.Requeues)
		for _, id := range e.Begin {
			s.held[id] = held{err: errCrashed, asked: e.Asked}
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
			s.held[e.ID] = held{err: e.Failure, asked: e.Asked, size: int64(len(text))}
		case len(e.Record) > 0:
			record, err := employee.Decode[R](e.Record)
			if err != nil {
				return fmt.Errorf("refresh: a kept record: %w", err)
			}
			s.held[e.ID] = held{record: record, asked: e.Asked, size: int64(len(text))}
		}
	}
	s.written = written
	if requeues < s.requeues {
		return r.giveUp(ctx, s)
	}
	s.jobs = slices.DeleteFunc(s.jobs, func(j *job) bool {
		return !slices.ContainsFunc(j.ids, func(id int64) bool { return !s.done[id] })
	})
	return nil
}

// giveUp gives up what was bought before a person put the delivery back from the dead: since it died, newer records may
// have been handed over. What was handed over stays so.
func (r *Refresher[R]) giveUp(ctx context.Context, s *state) error {
	jobs := make([]string, len(s.jobs))
	for i, j := range s.jobs {
		jobs[i] = j.id
	}
	given := len(s.held)
	clear(s.held)
	s.jobs = nil
	if err := s.rewrite(ctx); err != nil {
		return err
	}
	if given+len(jobs) > 0 {
		r.log(ctx, slogWarn, "refresh: the delivery was put back from the dead; what was bought for it before is given up", "records", given, "jobs", jobs)
	}
	return nil
}

// entry returns the entry of the journal for an outcome.
func (h held) entry(id int64) (e keptEntry, err error) {
	e.ID, e.Asked = id, h.asked
	switch kept, ok := h.record.(interface{ Raw() json.RawMessage }); {
	case h.err != nil:
		e.Failure = keep(h.err)
	case ok && len(kept.Raw()) > 0:
		e.Record = kept.Raw()
	default:
		e.Record, err = json.Marshal(h.record)
	}
	return e, err
}

// hold keeps an outcome until the store has taken it. It is in memory in any case.
func (w *work[R]) hold(ctx context.Context, id int64, record *R, failure error, asked time.Time) {
	h := held{err: failure, asked: asked}
	if record != nil && failure == nil {
		h.record = record
	}
	e, err := h.entry(id)
	h.size = int64(len(e.Record))
	w.state.held[id] = h
	if err == nil {
		err = w.state.note(ctx, e)
	}
	if err != nil {
		w.state.unwritten = true // or it has no JSON
		w.log(ctx, slogWarn, "refresh: a record is kept in memory only", "error", err.Error())
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
func (w *work[R]) room(ctx context.Context) error {
	if w.state.kept != nil {
		return cmp.Or(w.state.tidy(ctx), w.state.kept.Full())
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
