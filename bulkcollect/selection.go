package bulkcollect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// RequestByQuery asks for the records of the employees that an Elasticsearch query matches, at most 10,000: a query that
// matches more is accepted and fails later, in [Dataset.Wait], with api.ErrInvalid, unless Options.MaxRecords caps it.
//
// Ask what it would cost first: EstimateByQuery of client.Employees. With a Budget, MaxRecords must say how many records
// it is for. The errors are those of RequestIDs.
//
// Source: docs.coresignal.com, "Bulk collect", POST requests.
func (d *Dataset[R]) RequestByQuery(ctx context.Context, q employee.Query, o Options, options ...api.CallOption) (*Job, error) {
	op := &d.ops.requestQuery
	if err := d.check(op, o); err != nil {
		return nil, err
	}
	if len(q.Sort) > 0 {
		return nil, wire.Refuse(op, errors.New("a job has no order: leave Sort empty"))
	}
	encoded, err := employee.EncodeQuery(q)
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	return d.bySelection(ctx, op, selection{Query: encoded}, o, options)
}

// RequestByFilter asks for the records of the employees that search filters match, as [Dataset.RequestByQuery] does for a query.
func (d *FilterDataset[R, F]) RequestByFilter(ctx context.Context, filter F, o Options, options ...api.CallOption) (*Job, error) {
	op := &d.ops.requestFilter
	if err := d.check(op, o); err != nil {
		return nil, err
	}
	encoded, err := codec.Encode(filter)
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	if string(encoded) == "{}" {
		return nil, wire.Refuse(op, errors.New("the filter is empty: it would match the whole database"))
	}
	return d.bySelection(ctx, op, selection{Filters: encoded}, o, options)
}

// RequestByShorthandNames asks for the records of the profiles with these shorthand names, at most [MaxIDs]; a duplicate
// is sent once. That the body's key is shorthand_names is assumed.
func (d *ProfileDataset[R]) RequestByShorthandNames(ctx context.Context, names []string, o Options, options ...api.CallOption) (*Job, error) {
	return byShorthandNames(ctx, &d.Dataset, names, o, options)
}

// RequestByURLs asks for the records of the profiles with these addresses, at most [MaxIDs]; a duplicate is sent once.
// That the body's key is urls is assumed.
func (d *ProfileDataset[R]) RequestByURLs(ctx context.Context, urls []string, o Options, options ...api.CallOption) (*Job, error) {
	return byURLs(ctx, &d.Dataset, urls, o, options)
}

// RequestByShorthandNames asks for the records of the profiles with these shorthand names, at most [MaxIDs]; a duplicate
// is sent once. That the body's key is shorthand_names is assumed.
func (d *BaseDataset) RequestByShorthandNames(ctx context.Context, names []string, o Options, options ...api.CallOption) (*Job, error) {
	return byShorthandNames(ctx, &d.Dataset, names, o, options)
}

// RequestByURLs asks for the records of the profiles with these addresses, at most [MaxIDs]; a duplicate is sent once.
// That the body's key is urls is assumed.
func (d *BaseDataset) RequestByURLs(ctx context.Context, urls []string, o Options, options ...api.CallOption) (*Job, error) {
	return byURLs(ctx, &d.Dataset, urls, o, options)
}

// selection is the body of a request but for the IDs: one of its last four is set.
type selection struct {
	WebhookURL string          `json:"webhook_url,omitempty"`
	Limit      int             `json:"limit,omitzero"`
	Query      json.RawMessage `json:"es_dsl_query,omitempty"`
	Filters    json.RawMessage `json:"filters,omitempty"`
	Names      []string        `json:"shorthand_names,omitempty"`
	URLs       []string        `json:"urls,omitempty"`
}

func (d *Dataset[R]) bySelection(ctx context.Context, op *wire.Op, s selection, o Options, options []api.CallOption) (*Job, error) {
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

func byShorthandNames[R any](ctx context.Context, d *Dataset[R], names []string, o Options, options []api.CallOption) (*Job, error) {
	op := &d.ops.requestNames
	if err := d.check(op, o); err != nil {
		return nil, err
	}
	list, err := distinctRefs(names, employee.Shorthand)
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	return d.bySelection(ctx, op, selection{Names: list}, o, options)
}

func byURLs[R any](ctx context.Context, d *Dataset[R], urls []string, o Options, options []api.CallOption) (*Job, error) {
	op := &d.ops.requestURLs
	if err := d.check(op, o); err != nil {
		return nil, err
	}
	list, err := distinctRefs(urls, employee.ProfileURL)
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	return d.bySelection(ctx, op, selection{URLs: list}, o, options)
}

// distinctRefs checks each text as the reference that it will be, and drops duplicates, which the provider refuses.
func distinctRefs(texts []string, ref func(string) employee.Ref) ([]string, error) {
	list := make([]string, 0, len(texts))
	seen := make(map[string]bool, len(texts))
	for i, text := range texts {
		if err := ref(text).Validate(); err != nil {
			return nil, fmt.Errorf("item %d: %w", i+1, err)
		}
		if !seen[text] {
			seen[text] = true
			list = append(list, text)
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
