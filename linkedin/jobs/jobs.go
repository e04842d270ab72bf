package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// Service is client.LinkedIn.Jobs.
type Service struct {
	// Legacy has the older endpoints, at /v2.
	Legacy *LegacyService
	// Library searches the Job Library.
	Library *LibraryService

	tasks    tasks
	listings *linkedinapi.Endpoint
}

// LegacyService is client.LinkedIn.Jobs.Legacy: the endpoints at /v2, without versions, for apps that have those alone.
// What they take and return is the same.
type LegacyService struct{ tasks tasks }

// tasks are the endpoints that begin tasks and tell of them.
type tasks struct {
	caller      *linkedinapi.Caller
	submit, get *linkedinapi.Endpoint
}

// New is for package pronet, whose New makes the client that a program uses. It returns the service on a pipeline.
func New(p *transport.Pipeline, settings *linkedinapi.Settings) *Service {
	c := linkedinapi.NewCaller(p, settings)
	at := func(op wire.Op) *linkedinapi.Endpoint { return c.Endpoint(settings.Protocol, op) }
	return &Service{
		tasks:    tasks{c, at(opSubmit), at(opTasks)},
		Legacy:   &LegacyService{tasks{c, at(opLegacySubmit), at(opLegacyTasks)}},
		listings: at(opListings),
		Library:  &LibraryService{caller: c, search: c.Endpoint(restli.V2, opLibrary)},
	}
}

// MaxBatch is how many postings LinkedIn takes in one call.
const MaxBatch = 100

// ErrNotSent is the error of a posting that was not sent, because a batch before it failed, or because its own could not
// leave; the error then is the reason too, such as the context's. It may be sent later.
var ErrNotSent = errors.New("the posting was not sent")

// Result is what LinkedIn said to one posting.
type Result struct {
	// ExternalID and Operation are the posting's.
	ExternalID string
	Operation  Operation
	// Task is the task that works on it, for Tasks and Wait; zero unless it was accepted.
	Task urn.URN
	// Err is nil if it was accepted. [api.ErrMaybeApplied] says that it may have been: the response was lost. [ErrNotSent]
	// says that it was not sent. All else is LinkedIn's refusal, such as [api.ErrInvalid].
	Err error
}

// SubmitError reports that not all postings were accepted; the results say which. It is what its worst one is: in doubt
// before all else, then what ended the call, then the first refusal.
type SubmitError struct {
	// Postings is how many there were. The others say what became of them, and are their sum.
	Postings, Accepted, Refused, InDoubt, NotSent int

	worst error
}

// Error counts the postings, and says what happened to the worst one; its text is as safe as that of [api.Error].
func (e *SubmitError) Error() string {
	return fmt.Sprintf("of %d postings %d were accepted, %d refused, %d are in doubt and %d were not sent: %s",
		e.Postings, e.Accepted, e.Refused, e.InDoubt, e.NotSent, e.worst)
}

// SafeText is Error.
func (e *SubmitError) SafeText() string { return e.Error() }

// Unwrap returns the error of the worst posting.
func (e *SubmitError) Unwrap() error { return e.worst }

// Submit posts, updates, renews or closes jobs, in batches of [MaxBatch] one after another, as LinkedIn asks for. It
// returns a result for each posting, in their order, if it has sent any; the error is nil when all were accepted. When
// not, it is a [*SubmitError], or of a single posting that one's own. An ExternalID may stand once in the list: two
// operations on one job are two calls, and the first one's task should be done by then.
//
// Nothing is retried when a response was lost: that batch is [api.ErrMaybeApplied], and those behind it are not sent.
// Ask [Service.Listings] for the jobs then, some minutes later:
//
//   - A Create was done if the job is known. By LinkedIn's page a second one of a job that is there makes none: its task
//     fails with [ErrDuplicate].
//   - An Update can be submitted again.
//   - A Close was done if the job is not [Listed] any more, and else can be submitted again. The task of a second one fails
//     with [api.ErrNotFound] (assumed).
//   - A Renew was done if Expires is later than it was. Keep what it was: whether a second Renew adds another 30 days, or is
//     charged, no source tells.
//
// LinkedIn allows an app 100,000 calls a day, and 2,000 postings a minute and 60,000 a day of promoted jobs, which are
// not counted here.
//
// Source: LinkedIn's pages "Create Jobs", "Update and Renew Jobs" and "Close Jobs".
func (s *Service) Submit(ctx context.Context, postings []Posting, options ...api.CallOption) ([]Result, error) {
	return linkedinapi.Made(s).tasks.send(ctx, postings, options)
}

// Submit is [Service.Submit] at /v2.
func (s *LegacyService) Submit(ctx context.Context, postings []Posting, options ...api.CallOption) ([]Result, error) {
	return linkedinapi.Made(s).tasks.send(ctx, postings, options)
}

func (t *tasks) send(ctx context.Context, postings []Posting, options []api.CallOption) ([]Result, error) {
	if err := t.caller.Ready(ctx, t.submit); err != nil {
		return nil, err
	}
	bodies, err := bodiesOf(postings)
	if err != nil {
		return nil, wire.Refuse(t.submit.Op, err)
	}
	results := make([]Result, len(postings))
	for i, p := range postings {
		results[i] = Result{ExternalID: p.ExternalID, Operation: p.Operation, Err: ErrNotSent}
	}
	var ended error
	for first := 0; first < len(results) && ended == nil; first += MaxBatch {
		behind := min(first+MaxBatch, len(results))
		ended = t.batch(ctx, bodies[first:behind], results[first:behind], options)
	}
	return results, summary(t.submit.Op, results, ended)
}

var errEncode = errors.New("it cannot be written as JSON")

// bodiesOf are the postings as JSON: nothing is sent if one of them cannot be.
func bodiesOf(postings []Posting) ([]json.RawMessage, error) {
	if len(postings) == 0 {
		return nil, errors.New("there is no posting")
	}
	bodies, seen := make([]json.RawMessage, len(postings)), make(map[string]bool, len(postings))
	for i := range postings {
		body, err := postings[i].body()
		if err == nil && seen[postings[i].ExternalID] {
			err = errors.New("its ExternalID stands twice in the list")
		}
		if err == nil {
			if bodies[i], err = codec.Encode(body); err != nil {
				err = errEncode
			}
		}
		if err != nil {
			return nil, fmt.Errorf("posting %d, counted from 0: %w", i, err)
		}
		seen[postings[i].ExternalID] = true
	}
	return bodies, nil
}

var (
	errNoElements = wire.Plain("the response does not tell what became of each posting", nil)
	errNoTask     = wire.Plain("the response does not tell the task of a posting that it accepts", nil)
)

// batch sends one batch and fills its results. Its error is that of the whole call.
func (t *tasks) batch(ctx context.Context, bodies []json.RawMessage, results []Result, options []api.CallOption) error {
	call, err := t.caller.At(ctx, t.submit, nil, options)
	if err != nil {
		return err
	}
	var told struct {
		Elements []json.RawMessage `json:"elements"`
	}
	call.Into = &told
	response, err := t.caller.Send(ctx, call, "BATCH_CREATE", map[string]any{"elements": bodies})
	if err == nil && len(told.Elements) != len(bodies) {
		err = linkedinapi.NotTold(t.submit.Op, response.Status, errNoElements)
	}
	for i := range results {
		switch {
		case err == nil:
			results[i].Task, results[i].Err = t.element(response.Status, told.Elements[i])
		case neverLeft(err):
			results[i].Err = fmt.Errorf("%w: %w", ErrNotSent, err)
		default:
			results[i].Err = err
		}
	}
	return err
}

// neverLeft reports whether LinkedIn was not asked: there is neither a response nor a doubt.
func neverLeft(err error) bool {
	e, ok := errors.AsType[*api.Error](err)
	return (!ok || e.Status == 0) && !errors.Is(err, api.ErrMaybeApplied)
}

// element reads what became of one posting.
func (t *tasks) element(status int, raw json.RawMessage) (urn.URN, error) {
	var element struct {
		ID     linkedinapi.Text   `json:"id"`
		Status linkedinapi.Number `json:"status"`
		Error  json.RawMessage    `json:"error"`
	}
	if err := codec.Decode(raw, &element); err != nil {
		return urn.URN{}, linkedinapi.NotTold(t.submit.Op, status, errNoTask)
	}
	failed := len(element.Error) > 0 && string(element.Error) != "null"
	switch {
	case failed:
		return urn.URN{}, t.refusal(element.Status, element.Error)
	case element.Status >= 400:
		return urn.URN{}, t.refusal(element.Status, raw)
	}
	id, err := urn.Parse(string(element.ID))
	if err != nil {
		return urn.URN{}, linkedinapi.NotTold(t.submit.Op, status, errNoTask)
	}
	return id, nil
}

// refusal is the error of an element that failed. As with whole responses, a failure of LinkedIn's own, or one that
// does not say what it is, leaves in doubt whether the posting was accepted.
func (t *tasks) refusal(status linkedinapi.Number, said []byte) error {
	err := linkedinapi.ElementError(t.submit.Op, said)
	e, ok := errors.AsType[*api.Error](err)
	if !ok {
		return err
	}
	if e.Status == 0 && status >= 400 && status <= 599 {
		e.Status = int(status)
		e.Kinds = wire.NewStatusError(t.submit.Op, e.Status).Kinds
	}
	if e.Status == 0 || e.Status == http.StatusRequestTimeout || e.Status >= 500 && e.Status != http.StatusNotImplemented {
		wire.Add(e, api.ErrMaybeApplied)
		e.InDoubt = t.submit.Op.InDoubt
	}
	return e
}

// summary is nil when all were accepted, and what there is to say of a single posting is its own error.
func summary(op *wire.Op, results []Result, ended error) error {
	e := &SubmitError{Postings: len(results)}
	var refused error
	for i := range results {
		switch err := results[i].Err; {
		case err == nil:
			e.Accepted++
		case errors.Is(err, ErrNotSent):
			e.NotSent++
		case errors.Is(err, api.ErrMaybeApplied):
			if e.InDoubt++; e.worst == nil {
				e.worst = err
			}
		default:
			if e.Refused++; refused == nil {
				refused = err
			}
		}
	}
	for _, err := range []error{ended, refused} {
		if e.worst == nil {
			e.worst = err
		}
	}
	switch {
	case e.worst == nil:
		return nil
	case len(results) == 1:
		return results[0].Err
	}
	return linkedinapi.Named(op.Name, e)
}
