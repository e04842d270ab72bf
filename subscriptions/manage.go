package subscriptions

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/google/go-querystring/query"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/callback"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/page"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// Status is the state of a subscription. The provider may add others.
type Status string

const (
	// StatusActive is a subscription that sends notices.
	StatusActive Status = "active"
	// StatusExpired is one that ended.
	StatusExpired Status = "expired"
)

// Subscription is what the provider says of a subscription. A list gives dates, a renewal times of day.
type Subscription struct {
	// ID is the provider's id of it, a UUID.
	ID string
	// Status is its state, empty right after creation.
	Status Status
	// CreatedAt is when it was made, zero when not stated. The zone is assumed to be UTC.
	CreatedAt time.Time
	// ExpiringAt is when it ends unless it is renewed, zero when not stated: right after creation it is 91 days ahead.
	ExpiringAt time.Time
	// Existed is true of one that a creation with [Options.Ensure] found.
	Existed bool
	// Raw is the response's JSON, with what has no field here. It may hold the webhook URL: nothing prints it.
	Raw json.RawMessage
}

// UnmarshalJSON decodes a subscription and keeps its JSON. A date in another form is left zero, since one odd row must
// not hide the rest of a list.
func (s *Subscription) UnmarshalJSON(data []byte) error {
	var wire struct {
		ID         employee.Text `json:"id"`
		Status     employee.Text `json:"status"`
		CreatedAt  employee.Text `json:"created_at"`
		ExpiringAt employee.Text `json:"expiring_at"`
	}
	if err := codec.Decode(data, &wire); err != nil {
		return err
	}
	*s = Subscription{ID: string(wire.ID), Status: Status(wire.Status), Raw: bytes.Clone(data)}
	s.CreatedAt, _ = employee.Timestamp(wire.CreatedAt).Time()
	s.ExpiringAt, _ = employee.Timestamp(wire.ExpiringAt).Time()
	return nil
}

// ListOptions says which subscriptions are listed.
type ListOptions struct {
	// Expired lists those that have ended instead of the active ones.
	Expired bool
	// Page is the number of the page, counted from 1; 0 means 1.
	Page int
}

// manager manages the subscriptions of one API version.
type manager struct {
	pipeline *transport.Pipeline
	settings wire.CoresignalSettings
}

// ready refuses a call of a service that no client has made, without a context, or to a provider without a credential.
func ready(ctx context.Context, p *transport.Pipeline, op *wire.Op) error {
	switch {
	case p == nil || !p.Configured(op.Provider):
		return wire.NewError(op, api.ErrNotConfigured, nil)
	case ctx == nil:
		return wire.Refuse(op, errNilContext)
	}
	return nil
}

var errNilContext = errors.New("the context is nil")

func (m *manager) list(ctx context.Context, op *wire.Op, o ListOptions, options []api.CallOption) (*api.Page[Subscription], error) {
	if err := ready(ctx, m.pipeline, op); err != nil {
		return nil, err
	}
	if o.Page < 0 {
		return nil, wire.Refuse(op, fmt.Errorf("page %d: pages are counted from 1", o.Page))
	}
	values, err := query.Values(struct {
		Expired bool `url:"expired,omitempty"`
		Page    int  `url:"page,omitempty"`
	}{o.Expired, o.Page})
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	listed := &api.Page[Subscription]{Total: -1}
	if _, err := m.pipeline.Do(ctx, transport.Call{Op: op, Query: values.Encode(), Into: &listed.Items, Options: options}); err != nil {
		return nil, err
	}
	listed.Next = page.NextNumber(int64(max(1, o.Page)), len(listed.Items))
	return listed, nil
}

func (m *manager) all(ctx context.Context, op *wire.Op, o ListOptions, options []api.CallOption) iter.Seq2[Subscription, error] {
	return page.Walk[Subscription]{
		Name:  op.Name,
		Start: strconv.Itoa(max(1, o.Page)),
		List: func(at string) (*api.Page[Subscription], error) {
			number, err := page.Number(at, 1)
			if err != nil {
				return nil, wire.Refuse(op, err)
			}
			return m.list(ctx, op, ListOptions{Expired: o.Expired, Page: int(number)}, options)
		},
		Key: func(s Subscription) string {
			if s.ID == "" {
				return string(s.Raw)
			}
			return s.ID
		},
	}.All()
}

// one sends a call about one subscription that returns it.
func (m *manager) one(ctx context.Context, op *wire.Op, id string, options []api.CallOption) (*Subscription, error) {
	if err := ready(ctx, m.pipeline, op); err != nil {
		return nil, err
	}
	var s Subscription
	_, err := m.pipeline.Do(ctx, transport.Call{Op: op, Path: []string{id}, Into: &s, Options: options, Check: func() error {
		if s.ID == "" {
			return wire.Plain("the response is not a subscription: it has no id", nil)
		}
		return nil
	}})
	if err != nil {
		return nil, err
	}
	return &s, nil
}

func (m *manager) remove(ctx context.Context, op *wire.Op, id string, options []api.CallOption) error {
	if err := ready(ctx, m.pipeline, op); err != nil {
		return err
	}
	_, err := m.pipeline.Do(ctx, transport.Call{Op: op, Path: []string{id}, Options: options})
	if failure, ok := errors.AsType[*api.Error](err); ok && errors.Is(err, api.ErrNotFound) && failure.Attempts > 1 {
		return nil
	}
	return err
}

func (m *manager) simulate(ctx context.Context, op *wire.Op, webhookURL string, options []api.CallOption) error {
	if err := ready(ctx, m.pipeline, op); err != nil {
		return err
	}
	if err := callback.Check(webhookURL, m.settings.AllowLoopback); err != nil {
		return wire.Refuse(op, err)
	}
	body, err := transport.JSON(struct {
		WebhookURL string `json:"webhook_url"`
	}{webhookURL})
	if err != nil {
		return wire.Refuse(op, err)
	}
	_, err = m.pipeline.Do(ctx, transport.Call{Op: op, Body: body, Secrets: callback.Secrets(webhookURL), Options: options})
	return err
}
