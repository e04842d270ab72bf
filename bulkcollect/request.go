package bulkcollect

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/callback"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/coresignal"
	"github.com/pronet-go/pronet/internal/multipartbody"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// MaxIDs is the most IDs that one job takes.
const MaxIDs = 10_000

// Options says how a job is made.
type Options struct {
	// MaxRecords caps the records, and so the price; 0 sets no cap. Not for V1.
	MaxRecords int
	// WebhookURL is notified when the job is ready; empty notifies nobody. What is posted there is not documented: take
	// it as a hint to poll.
	WebhookURL string
	// JobID is the id of the job that an earlier identical request made, if you know it. When the provider says that an
	// identical request is in progress (409), the result is that job.
	JobID string
	// Ledger, if not nil, remembers the request, so that it is not paid twice whatever crashes. While an identical
	// request is in doubt, the error is a *[DoubtError] and nothing is sent; while its job is not finished
	// ([EndRequest]), the result is that job and nothing is sent or paid.
	Ledger Ledger
	// Request names the request in the Ledger, at most 200 bytes, and makes it one that is sent once: as long as the
	// Ledger knows the name, the result is the job that was made for it, also when that is finished. To request
	// something else under the same name is api.ErrConflict. Empty means a hash of the request.
	Request string
	// Asked, if not zero, is when the caller asks by a clock of its own, such as that of a database which several machines
	// share. It is kept in the Ledger beside its own times, and not sent.
	Asked time.Time
	// Budget is what the job may spend, at most one record for each ID; nil sets no bound. What was reserved for
	// employees that do not exist is not returned, since only the files show it.
	Budget *employee.Budget
}

// Job is a bulk data request.
type Job struct {
	// ID is the provider's id of the job. Keep it: it is all that another process needs to resume.
	ID string
	// IDs is how many different IDs, names or addresses were sent; 0 for a job by query or filter, and when it was only
	// attached to.
	IDs int
	// Attached is true when no job was made, since an identical request made this one: the provider said that it is in
	// progress, or the Ledger that it is not finished.
	Attached bool
	// Request names the request in the Ledger; empty without one.
	Request string

	twinOf time.Time // when the identical request was sent that made it
	named  bool      // by the caller
}

func (d *core[R]) requestIDs(ctx context.Context, ids employee.IDSource, o Options, options []api.CallOption) (*Job, error) {
	op := d.ops.requestIDs
	if err := d.check(ctx, op, o); err != nil {
		return nil, err
	}
	list, err := distinct(ctx, ids)
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	body, request, err := d.encode(list, o)
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	return d.submit(ctx, &order{op: op, body: body, fingerprint: request, listed: len(list), options: options}, o)
}

// order is a request for a job.
type order struct {
	op          *wire.Op
	body        *transport.Body
	fingerprint fingerprint
	name        string    // in the ledger; empty for the fingerprint
	once        bool      // is not requested again when its job has ended
	part        int       // of a group
	listed      int       // how many IDs, names or addresses it lists
	credits     int64     // the most that it costs
	asked       time.Time // by the caller's clock
	grace       time.Duration
	options     []api.CallOption
}

// submit reserves what the job can cost at most, sends the request, and returns what it certainly does not cost.
func (d *core[R]) submit(ctx context.Context, r *order, o Options) (*Job, error) {
	records := int64(cmp.Or(r.listed, MaxIDs))
	if o.MaxRecords > 0 {
		records = min(records, int64(o.MaxRecords))
	}
	r.credits, r.asked = records*d.cost, o.Asked.UTC()
	if r.name == "" {
		r.name, r.once = cmp.Or(o.Request, r.fingerprint.String()), o.Request != ""
	}
	var booked *booked
	if o.Ledger != nil {
		var job *Job
		var err error
		if booked, job, err = book(ctx, o.Ledger, r); err != nil || job != nil {
			return job, named(r.op, err)
		}
	}
	if err := o.Budget.Reserve(r.credits); err != nil {
		return nil, named(r.op, err)
	}
	if err := booked.intend(ctx, r); err != nil {
		o.Budget.Return(r.credits)
		return nil, named(r.op, err)
	}
	job, err := d.request(ctx, r, booked, o)
	if noJobMade := err != nil && (!errors.Is(err, api.ErrMaybeApplied) || errors.Is(err, api.ErrConflict)); noJobMade || err == nil && job.Attached {
		o.Budget.Return(r.credits)
	}
	if err := booked.settle(ctx, job, err); err != nil {
		return nil, named(r.op, err)
	}
	job.Request, job.twinOf, job.named = booked.name(), time.Time{}, false
	if !job.Attached {
		job.IDs = r.listed
	}
	return job, nil
}

// named adds the operation to an error that does not name it.
func named(op *wire.Op, err error) error {
	if _, ours := errors.AsType[*api.Error](err); err == nil || ours {
		return err
	}
	return fmt.Errorf("%s: %w", op.Name, err)
}

func (d *core[R]) check(ctx context.Context, op *wire.Op, o Options) error {
	if err := d.ready(ctx); err != nil {
		return err
	}
	switch {
	case op == nil:
		return wire.ErrNoService
	case !d.pipeline.Configured(op.Provider):
		return wire.NewError(op, api.ErrNotConfigured, nil)
	case o.Request != "" && (o.Ledger == nil || len(o.Request) > maxName || !utf8.ValidString(o.Request)):
		return wire.Refuse(op, errors.New("a Request needs a Ledger, and is UTF-8 of at most 200 bytes"))
	case o.MaxRecords < 0:
		return wire.Refuse(op, errors.New("MaxRecords is negative"))
	case o.MaxRecords > 0 && op.Provider == api.CoresignalV1:
		return wire.Refuse(op, errors.New("MaxRecords is not known to V1"))
	case o.WebhookURL == "":
		return nil
	}
	if err := callback.Check(o.WebhookURL, d.settings.AllowLoopback); err != nil {
		return wire.Refuse(op, err)
	}
	return nil
}

// distinct reads the list, without duplicates.
func distinct(ctx context.Context, ids employee.IDSource) ([]int64, error) {
	var list []int64
	seen := make(map[int64]bool)
	for id, err := range ids.All(ctx) {
		if err != nil {
			return nil, err
		}
		if seen[id] {
			continue
		}
		if len(list) == MaxIDs {
			return nil, fmt.Errorf("more than the %d IDs that one job takes", MaxIDs)
		}
		seen[id] = true
		list = append(list, id)
	}
	if len(list) == 0 {
		return nil, employee.ErrNoIDs
	}
	return list, nil
}

// encode builds the request's body, and its fingerprint.
func (d *core[R]) encode(list []int64, o Options) (*transport.Body, fingerprint, error) {
	asJSON, err := codec.Encode(struct {
		WebhookURL string  `json:"webhook_url,omitempty"`
		Limit      int     `json:"limit,omitzero"`
		IDs        []int64 `json:"ids"`
	}{o.WebhookURL, o.MaxRecords, list})
	if err != nil {
		return nil, fingerprint{}, err
	}
	request := fingerprintOf(d.ops.requestIDs, asJSON)
	if IDsForm(d.settings.IDsForm) == IDsAsJSON {
		return transport.Bytes("application/json", asJSON), request, nil
	}
	var fields []multipartbody.Field
	if o.WebhookURL != "" {
		fields = append(fields, multipartbody.Field{Name: "webhook_url", Value: o.WebhookURL})
	}
	if o.MaxRecords > 0 {
		fields = append(fields, multipartbody.Field{Name: "limit", Value: strconv.Itoa(o.MaxRecords)})
	}
	var text bytes.Buffer
	file := multipartbody.File{Field: d.settings.Field(), Name: "ids.csv", ContentType: "text/csv"}
	if IDsForm(d.settings.IDsForm) == IDsAsFormField {
		encoded, err := codec.Encode(list)
		if err != nil {
			return nil, fingerprint{}, err
		}
		body, err := multipartbody.NewFields(append(fields, multipartbody.Field{Name: "ids", Value: string(encoded)}))
		return body, request, err
	}
	for _, id := range list {
		text.WriteString(strconv.FormatInt(id, 10))
		text.WriteByte('\n')
	}
	file.Length = int64(text.Len())
	file.Open = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text.Bytes())), nil }
	body, err := multipartbody.New(fields, file)
	return body, request, err
}

// request sends the request and finds the job's id.
func (d *core[R]) request(ctx context.Context, r *order, booked *booked, o Options) (*Job, error) {
	var job Job
	call := transport.Call{Op: r.op, Body: r.body, Secrets: callback.Secrets(o.WebhookURL), Grace: r.grace, Options: r.options}
	call.Decode = func(response []byte) (err error) {
		job.ID, err = jobID(response)
		return err
	}
	_, err := d.pipeline.Do(ctx, call)
	if err == nil {
		d.known.remember(r.fingerprint, job.ID)
		return &job, nil
	}
	var conflict *api.Error
	if !errors.As(err, &conflict) || conflict.Status != 409 {
		return nil, err
	}
	twin, err := booked.twin(ctx)
	known, ok := d.known.recall(r.fingerprint)
	switch {
	case ok:
		return &Job{ID: known, Attached: true}, nil
	case twin.JobID != "":
		return &Job{ID: twin.JobID, Attached: true, twinOf: twin.RequestedAt}, nil
	case o.JobID != "":
		return &Job{ID: o.JobID, Attached: true, named: true}, nil
	}
	wire.Add(conflict, api.ErrMaybeApplied)
	conflict.InDoubt = "an identical request is in progress, and its job id is not known here: if you have it, set Options.JobID"
	if err != nil {
		return nil, errors.Join(conflict, err)
	}
	return nil, conflict
}

// jobID finds the id in the response to a request.
func jobID(response []byte) (string, error) {
	var created struct {
		RequestID employee.Text `json:"request_id"`
	}
	if err := codec.Decode(response, &created); err != nil || created.RequestID == "" {
		return "", &api.UnknownIDError{What: "job", Raw: bytes.Clone(response)}
	}
	return string(created.RequestID), nil
}

func (d *core[R]) requestByQuery(ctx context.Context, op *wire.Op, q employee.Query, o Options, options []api.CallOption) (*Job, error) {
	if err := d.check(ctx, op, o); err != nil {
		return nil, err
	}
	if len(q.Sort) > 0 {
		return nil, wire.Refuse(op, errors.New("a job has no order: leave Sort empty"))
	}
	encoded, err := q.MarshalJSON()
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	return d.bySelection(ctx, op, selection{Query: encoded}, o, options)
}

func (d *core[R]) requestByFilter(ctx context.Context, op *wire.Op, filter json.Marshaler, o Options, options []api.CallOption) (*Job, error) {
	if err := d.check(ctx, op, o); err != nil {
		return nil, err
	}
	encoded, err := coresignal.EncodeFilter(filter)
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	return d.bySelection(ctx, op, selection{Filters: encoded}, o, options)
}

// selection is the body of a request other than by IDs: one of its last four is set.
type selection struct {
	WebhookURL string          `json:"webhook_url,omitempty"`
	Limit      int             `json:"limit,omitzero"`
	Query      json.RawMessage `json:"es_dsl_query,omitempty"`
	Filters    json.RawMessage `json:"filters,omitempty"`
	Names      []string        `json:"shorthand_names,omitempty"`
	URLs       []string        `json:"urls,omitempty"`
}

func (d *core[R]) bySelection(ctx context.Context, op *wire.Op, s selection, o Options, options []api.CallOption) (*Job, error) {
	if len(s.Names)+len(s.URLs) == 0 {
		if o.Budget != nil && op.Provider == api.CoresignalV1 {
			return nil, wire.Refuse(op, errors.New("a Budget cannot bound it: V1 knows no MaxRecords"))
		}
		if o.Budget != nil && o.MaxRecords == 0 {
			return nil, wire.Refuse(op, errors.New("with a Budget, MaxRecords must say how many records the job may have"))
		}
	}
	s.WebhookURL, s.Limit = o.WebhookURL, o.MaxRecords
	encoded, err := codec.Encode(s)
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	return d.submit(ctx, &order{
		op: op, body: transport.Bytes("application/json", encoded), fingerprint: fingerprintOf(op, encoded),
		listed: len(s.Names) + len(s.URLs), options: options,
	}, o)
}

func (d *core[R]) requestByShorthandNames(ctx context.Context, op *wire.Op, names []string, o Options, options []api.CallOption) (*Job, error) {
	if err := d.check(ctx, op, o); err != nil {
		return nil, err
	}
	list, err := distinctRefs(names, employee.Shorthand)
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	return d.bySelection(ctx, op, selection{Names: list}, o, options)
}

func (d *core[R]) requestByURLs(ctx context.Context, op *wire.Op, urls []string, o Options, options []api.CallOption) (*Job, error) {
	if err := d.check(ctx, op, o); err != nil {
		return nil, err
	}
	list, err := distinctRefs(urls, employee.ProfileURL)
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	return d.bySelection(ctx, op, selection{URLs: list}, o, options)
}

// distinctRefs checks each text, without space at its ends, as the reference that it will be. Of several spellings of one
// profile the first is kept: the provider refuses duplicates, or charges each.
func distinctRefs(texts []string, ref func(string) employee.Ref) ([]string, error) {
	list := make([]string, 0, len(texts))
	seen := make(map[string]bool, len(texts))
	for i, text := range texts {
		r := ref(strings.TrimSpace(text))
		if err := r.Validate(); err != nil {
			return nil, fmt.Errorf("item %d: %w", i+1, err)
		}
		if key := r.Key(); !seen[key] {
			seen[key] = true
			list = append(list, r.String())
		}
	}
	switch {
	case len(list) == 0:
		return nil, errors.New("the list is empty")
	case len(list) > MaxIDs:
		return nil, fmt.Errorf("%d items, more than the %d that one job takes", len(list), MaxIDs)
	}
	return list, nil
}
