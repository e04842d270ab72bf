package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"

	"github.com/google/go-querystring/query"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/callback"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// Manager lists, gets, renews, deletes and tests the subscriptions of one API version. Only those made with the same
// credential are visible.
type Manager struct {
	pipeline *transport.Pipeline
	ops      *management
	settings Settings
}

// ListOptions says which subscriptions are listed.
type ListOptions struct {
	// Expired lists those that have ended in place of the active ones.
	Expired bool
	// Page is the number of the page, counted from 1; 0 means 1.
	Page int
}

// List returns one page of the subscriptions, about 1,000. Next is the number of the following page; it is "" on an
// empty page, since the provider does not say how many there are.
//
// Source: docs.coresignal.com, "Subscription management".
func (m *Manager) List(ctx context.Context, o ListOptions, options ...api.CallOption) (*api.Page[Subscription], error) {
	op := &m.ops.list
	if o.Page < 0 {
		return nil, wire.Refuse(op, fmt.Errorf("page %d: pages are counted from 1", o.Page))
	}
	number := max(1, o.Page)
	values, err := query.Values(struct {
		Expired bool `url:"expired,omitempty"`
		Page    int  `url:"page,omitempty"`
	}{o.Expired, o.Page})
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	page := &api.Page[Subscription]{Total: -1}
	if _, err := m.pipeline.Do(ctx, transport.Call{Op: op, Query: values.Encode(), Into: &page.Items, Options: options}); err != nil {
		return nil, err
	}
	if len(page.Items) > 0 {
		page.Next = strconv.Itoa(number + 1)
	}
	return page, nil
}

// All walks the subscriptions page by page, from Page on, each id once. It is lazy, starts anew with each loop, and ends
// after an error. It stops at an empty page, or at one with nothing new, which is taken for the end: no source says what
// follows the last page. One that is deleted meanwhile can make another be missed.
func (m *Manager) All(ctx context.Context, o ListOptions, options ...api.CallOption) iter.Seq2[Subscription, error] {
	return func(yield func(Subscription, error) bool) {
		seen := make(map[string]bool)
		for at := (ListOptions{Expired: o.Expired, Page: max(1, o.Page)}); ; at.Page++ {
			page, err := m.List(ctx, at, options...)
			if err != nil {
				yield(Subscription{}, err)
				return
			}
			fresh := false
			for _, s := range page.Items {
				key := s.ID
				if key == "" {
					key = string(s.Raw)
				}
				if seen[key] {
					continue
				}
				seen[key], fresh = true, true
				if !yield(s, nil) {
					return
				}
			}
			if !fresh {
				return
			}
		}
	}
}

// Get returns one subscription that is active. One that is unknown, or of another credential, is api.ErrNotFound; one
// that was just created may be api.ErrConflict for a moment.
func (m *Manager) Get(ctx context.Context, id string, options ...api.CallOption) (*Subscription, error) {
	var s Subscription
	if _, err := m.pipeline.Do(ctx, transport.Call{Op: &m.ops.get, Path: []string{id}, Into: &s, Options: options}); err != nil {
		return nil, err
	}
	return &s, nil
}

// Renew prolongs a subscription, to one year after its creation at the most: beyond, and for one that has ended, the
// error is api.ErrInvalid. One that is unknown is api.ErrNotFound.
func (s *Service) Renew(ctx context.Context, id string, options ...api.CallOption) (*Subscription, error) {
	var renewed Subscription
	if _, err := s.pipeline.Do(ctx, transport.Call{Op: &s.ops.renew, Path: []string{id}, Into: &renewed, Options: options}); err != nil {
		return nil, err
	}
	return &renewed, nil
}

// Delete ends a subscription. One that is unknown is api.ErrNotFound, unless this very call was sent more than once: an
// earlier attempt whose answer was lost may have deleted it.
func (m *Manager) Delete(ctx context.Context, id string, options ...api.CallOption) error {
	_, err := m.pipeline.Do(ctx, transport.Call{Op: &m.ops.remove, Path: []string{id}, Options: options})
	var answer *api.Error
	if errors.As(err, &answer) && answer.Status == 404 && answer.Attempts > 1 {
		return nil
	}
	return err
}

// Simulate asks the provider for a test notice to a webhook URL, which comes within minutes. It is one object with
// change_type, where real notices are arrays with status. At most one call a second is allowed.
//
// Source: docs.coresignal.com, "Subscription simulation".
func (m *Manager) Simulate(ctx context.Context, webhookURL string, options ...api.CallOption) error {
	op := &m.ops.simulate
	if !m.pipeline.Configured(op.Provider) {
		return wire.NewError(op, api.ErrNotConfigured, nil)
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
	_, err = m.pipeline.Do(ctx, transport.Call{Op: op, Body: body, Options: options})
	return err
}
