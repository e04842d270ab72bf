package bulkcollect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/coresignal"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

func (d *core[R]) requestByQuery(ctx context.Context, op *wire.Op, q employee.Query, o Options, options []api.CallOption) (*Job, error) {
	if err := d.check(op, o); err != nil {
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
	if err := d.check(op, o); err != nil {
		return nil, err
	}
	encoded, err := coresignal.EncodeFilter(filter)
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	return d.bySelection(ctx, op, selection{Filters: encoded}, o, options)
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
	if err := d.check(op, o); err != nil {
		return nil, err
	}
	list, err := distinctRefs(names, employee.Shorthand)
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	return d.bySelection(ctx, op, selection{Names: list}, o, options)
}

func (d *core[R]) requestByURLs(ctx context.Context, op *wire.Op, urls []string, o Options, options []api.CallOption) (*Job, error) {
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
