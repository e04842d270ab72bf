package bulkcollect

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/download"
	"github.com/pronet-go/pronet/internal/route"
	"github.com/pronet-go/pronet/internal/wire"
)

// FilesLifetime is how long the files of a job can be fetched without paying again.
const FilesLifetime = 30 * 24 * time.Hour

// Ledger remembers what was requested, so that no job is paid twice unless you say so, whatever crashes: that a request
// is about to be sent is stored before it is, and the job's id right after. It holds the requests of one account.
//
// [OpenLedger] keeps it in a file. One of your own, in a database for example, must store durably before Put returns,
// and refuse a Put that is based on an older entry: two processes then cannot send the same request. Package ledgertest
// checks it.
type Ledger interface {
	// Get returns the entry of a request; without one, the zero Entry.
	Get(ctx context.Context, request string) (Entry, error)
	// Put stores an entry instead of the one with the same Request. Its Revision must be one more than the stored
	// one's, or 1 when there is none; otherwise nothing is stored and the error is api.ErrConflict.
	Put(ctx context.Context, e Entry) error
	// Entries returns all entries, in any order.
	Entries(ctx context.Context) ([]Entry, error)
}

// RequestState is how far a request for a job has come.
type RequestState string

// The states of a request.
const (
	// Sending is the intent: the request is about to be sent, or was when the process died. Whoever finds it later
	// cannot know whether a job was made.
	Sending RequestState = "sending"
	// InDoubt is a request whose response was lost: a job may have been made.
	InDoubt RequestState = "in_doubt"
	// Requested is a request that made the job JobID.
	Requested RequestState = "requested"
	// Refused is a request that made no job. It may be retried.
	Refused RequestState = "refused"
	// PaidAgain is a request that the caller allowed to be sent once more, whatever became of it before.
	PaidAgain RequestState = "pay_again"
	// Ended is a request whose job is finished. An identical request makes a new job.
	Ended RequestState = "ended"
)

// Entry is what a Ledger holds of a request.
type Entry struct {
	// Request names the request: your name for it ([Options]), a hash of what it requests, or the part of a group.
	Request string `json:"request"`
	// Once is true for a request that you named and for a part of a group: when its job has ended, it is still not
	// requested again.
	Once bool `json:"once,omitempty"`
	// Part is the number of the part, from 1; 0 for any other request; and in the entry that makes a group known to its
	// ledger, how many parts it has. These entries must not be forgotten: a part would look as if it was never paid.
	Part int `json:"part,omitempty"`
	// Revision counts the changes of the entry, from 1.
	Revision int64 `json:"revision"`
	// State is how far the request has come.
	State RequestState `json:"state"`
	// At is when it came to that state.
	At time.Time `json:"at"`
	// Operation is the call, such as "bulkcollect.Base.RequestIDs".
	Operation string `json:"operation"`
	// Fingerprint is the SHA-256 of operation and body, in hexadecimal. The provider refuses a request while one with
	// the same body is in progress (409).
	Fingerprint string `json:"fingerprint"`
	// IDs is how many IDs, names or addresses the request lists; 0 for one by query or filter.
	IDs int `json:"ids,omitempty"`
	// Credits is the most that the job costs.
	Credits int64 `json:"credits,omitempty"`
	// GivenUp is the most that earlier jobs of the request cost, or may have cost, that PayAgain gave up.
	GivenUp int64 `json:"given_up,omitempty"`
	// Sent is how often the request was sent.
	Sent int `json:"sent"`
	// JobID is the provider's id of the job, once it is known.
	JobID string `json:"job_id,omitempty"`
	// RequestedAt is when the job was requested. Its files can be fetched until [FilesLifetime] later.
	RequestedAt time.Time `json:"requested_at,omitzero"`
	// Asked is Options.Asked of the request that was sent last; zero when the job is an identical request's.
	Asked time.Time `json:"asked,omitzero"`
	// Resolved is true when the caller named the job.
	Resolved bool `json:"resolved,omitempty"`
	// Reason is why the request is in doubt or was refused, what is wrong with its job, or what the job ended with. It
	// holds no key and nothing that the provider wrote.
	Reason string `json:"reason,omitempty"`
}

// Doubtful reports whether an unknown job may have been made.
func (e Entry) Doubtful() bool { return e.State == Sending || e.State == InDoubt }

// Useless reports whether the entry's job is of no more use: its files are gone, the caller named it, perhaps wrongly,
// or something is wrong with it.
func (e Entry) Useless() bool {
	return e.Open() && (e.Resolved || e.Reason != "" || !time.Now().Before(e.ExpiresAt()))
}

// Open reports whether the entry has a job that is not finished.
func (e Entry) Open() bool { return e.State == Requested && e.JobID != "" }

// ExpiresAt is when the files of the job can no longer be fetched; the zero time when there is no job.
func (e Entry) ExpiresAt() time.Time {
	if e.RequestedAt.IsZero() {
		return time.Time{}
	}
	return e.RequestedAt.Add(FilesLifetime)
}

// DoubtError reports a request that is not sent, since it may have made a job before: the response was lost, or the
// process died while it was being sent. It is api.ErrMaybeApplied. Look whether there is a job (ask the provider's
// support), and say [Resolve] with its id, or [PayAgain].
type DoubtError struct {
	// Entry is the request.
	Entry Entry
	// Err is what the request ended with, when this call sent it; nil when an earlier one did.
	Err error
}

// Error says which request is in doubt, since when, and what to do.
func (e *DoubtError) Error() string {
	return fmt.Sprintf("bulkcollect: request %.100q of %s is in doubt: %s; it is not retried until Resolve or PayAgain",
		e.Entry.Request, e.Entry.At.UTC().Format(time.RFC3339), e.reason())
}

func (e *DoubtError) reason() string {
	if e.Entry.Reason == "" {
		return "the process ended while it was being sent"
	}
	return e.Entry.Reason
}

// SafeText is Error.
func (e *DoubtError) SafeText() string { return e.Error() }

// Unwrap returns api.ErrMaybeApplied and, if there is one, Err.
func (e *DoubtError) Unwrap() []error {
	if e.Err == nil {
		return []error{api.ErrMaybeApplied}
	}
	return []error{api.ErrMaybeApplied, e.Err}
}

// UnrecordedJobError reports a job that was made while the ledger could not store its id: keep JobID, and enter it with
// [Resolve] when the ledger works again, before any PayAgain. It is api.ErrMaybeApplied.
type UnrecordedJobError struct {
	// JobID is the provider's id of the job.
	JobID string
	// Request is the entry that the ledger has.
	Request string
	// Err is the ledger's error.
	Err error
}

// Error names the job and the request.
func (e *UnrecordedJobError) Error() string {
	return fmt.Sprintf("bulkcollect: the job %.200q was made for request %.200q, and the ledger could not store it: %s", e.JobID, e.Request, download.Reason(e.Err))
}

// SafeText is Error.
func (e *UnrecordedJobError) SafeText() string { return e.Error() }

// Unwrap returns api.ErrMaybeApplied and Err.
func (e *UnrecordedJobError) Unwrap() []error { return []error{api.ErrMaybeApplied, e.Err} }

// Doubts returns the requests that may have made a job that is not known, the oldest first. Requests that another
// process is sending right now are among them.
func Doubts(ctx context.Context, l Ledger) ([]Entry, error) {
	return entriesThat(ctx, l, Entry.Doubtful)
}

// Expiring returns the requests whose job is not finished and whose files can be fetched for less than the given time,
// or no longer, the oldest first.
func Expiring(ctx context.Context, l Ledger, within time.Duration) ([]Entry, error) {
	soon := time.Now().Add(within)
	return entriesThat(ctx, l, func(e Entry) bool { return e.Open() && e.ExpiresAt().Before(soon) })
}

func entriesThat(ctx context.Context, l Ledger, wanted func(Entry) bool) ([]Entry, error) {
	all, err := l.Entries(ctx)
	if err != nil {
		return nil, ledgerFailed("read", err)
	}
	found := slices.DeleteFunc(slices.Clone(all), func(e Entry) bool { return !wanted(e) })
	slices.SortFunc(found, func(a, b Entry) int { return a.At.Compare(b.At) })
	return found, nil
}

// Resolve says which job a request in doubt has made, or corrects what it said before. The job is resumed. Only that it
// is not one of another request of the ledger is checked (api.ErrConflict).
func Resolve(ctx context.Context, l Ledger, request, jobID string) error {
	if err := checkJobID(jobID); err != nil {
		return err
	}
	taken, err := entriesThat(ctx, l, func(e Entry) bool { return e.JobID == jobID && e.Request != request })
	switch {
	case err != nil:
		return err
	case len(taken) > 0:
		return fmt.Errorf("bulkcollect: that is the job of request %.200q: %w", taken[0].Request, api.ErrConflict)
	}
	may := func(e Entry) bool { return e.Doubtful() || e.Open() && e.Resolved }
	return decide(ctx, l, request, may, func(e *Entry) {
		e.State, e.JobID, e.Resolved, e.RequestedAt, e.Reason = Requested, jobID, true, cmp.Or(e.RequestedAt, e.At), ""
	})
}

// PayAgain allows a request to be sent once more although it may have made a job: then both are paid. It also gives up
// a job that is [Entry.Useless], and refuses to give up any other (api.ErrConflict): said twice, it pays once.
func PayAgain(ctx context.Context, l Ledger, request string) error {
	may := func(e Entry) bool { return e.Doubtful() || e.Useless() }
	return decide(ctx, l, request, may, func(e *Entry) {
		e.GivenUp += e.Credits
		e.State, e.JobID, e.Resolved, e.RequestedAt, e.Reason = PaidAgain, "", false, time.Time{}, ""
	})
}

// EndRequest marks a request's job as finished, so that an identical request makes a new one, unless you named it. A
// request without an entry or a job is left alone.
func EndRequest(ctx context.Context, l Ledger, request string) error {
	e, err := l.Get(ctx, request)
	switch {
	case err != nil:
		return ledgerFailed("read", err)
	case !e.Open():
		return nil
	}
	return put(ctx, l, &e, func(e *Entry) { e.State = Ended })
}

// decide changes an entry as the caller decided.
func decide(ctx context.Context, l Ledger, request string, may func(Entry) bool, change func(*Entry)) error {
	e, err := l.Get(ctx, request)
	switch {
	case err != nil:
		return ledgerFailed("read", err)
	case e.Request == "":
		return fmt.Errorf("bulkcollect: the ledger has no request %.100q: %w", request, api.ErrNotFound)
	case !may(e):
		return fmt.Errorf("bulkcollect: request %.100q is %s, there is nothing to decide: %w", request, e.State, api.ErrConflict)
	}
	return put(ctx, l, &e, change)
}

// put stores the next revision of an entry.
func put(ctx context.Context, l Ledger, e *Entry, change func(*Entry)) error {
	next := *e
	change(&next)
	next.Revision++
	next.At = time.Now().UTC()
	if err := l.Put(ctx, next); err != nil {
		return ledgerFailed("written", err)
	}
	*e = next
	return nil
}

// happened returns the context for storing what has happened: it does not end with the caller's, but the ledger has
// only so long.
func happened(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), ledgerPatience)
}

// ledgerFailed is an error of a ledger. Its text holds what is safe to print.
func ledgerFailed(what string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("bulkcollect: while the ledger was %s: %w", what, err)
	}
	return wire.Plain("bulkcollect: the ledger could not be "+what+": "+download.Reason(err), err)
}

// reasonOf is a failure's text for the ledger.
func reasonOf(err error) string {
	text := api.Describe(err)
	if e, ok := errors.AsType[*api.Error](err); ok && e.InDoubt != "" {
		text = e.InDoubt
	}
	return strings.ToValidUTF8(text[:min(len(text), maxReason)], "")
}

const (
	maxReason      = 500 // bytes
	maxName        = 200 // of a request or a job, bytes
	ledgerPatience = 30 * time.Second
)

var errBadEntry = wire.Plain("bulkcollect: the ledger holds an entry that is not valid", api.ErrInvalid)

// valid reports an entry that this version did not write. It must not count as a request that was never sent.
func (e Entry) valid() error {
	switch e.State {
	case Sending, InDoubt, Refused, PaidAgain:
	case Requested:
		if e.JobID == "" || e.RequestedAt.IsZero() {
			return errBadEntry
		}
	case Ended:
	default:
		return errBadEntry
	}
	for _, text := range []string{e.Request, e.JobID, e.Operation} {
		if len(text) > maxName || !utf8.ValidString(text) { // what is no UTF-8 would be another text when it is read again
			return errBadEntry
		}
	}
	switch {
	case e.Request == "" || e.Revision < 1 || len(e.Reason) > maxReason || !utf8.ValidString(e.Reason):
		return errBadEntry
	case e.IDs < 0 || e.Credits < 0 || e.GivenUp < 0 || e.Sent < 0 || e.Part < 0:
		return errBadEntry
	case len(e.Fingerprint) > 2*sha256.Size:
		return errBadEntry
	}
	if _, err := hex.DecodeString(e.Fingerprint); err != nil {
		return errBadEntry
	}
	return nil
}

func checkJobID(id string) error {
	if _, _, err := route.Build("/{job}", nil, id); err != nil || len(id) > maxName {
		return fmt.Errorf("bulkcollect: not a job's id: %w", api.ErrInvalid)
	}
	return nil
}
