package saleswebhooks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"

	"github.com/google/go-querystring/query"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/page"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// Subscriptions is client.SalesWebhooks.Subscriptions.
type Subscriptions struct {
	made    *caller
	account *Account
}

// Create subscribes to an entity. One that has a subscription already is api.ErrConflict with a *[DuplicateError]; a full
// tier is [ErrTierLimit] with a *[TierLimitError]. When the response was lost the call is retried, and the 409 that may
// follow is resolved by reading what exists: an entity is never subscribed to twice.
//
// Source: document 001, "Create Subscription".
func (s *Subscriptions) Create(ctx context.Context, e Entity, options ...api.CallOption) (*Subscription, error) {
	op := &s.caller().rows.create
	made, err := s.create(ctx, op, e, options)
	failure, ok := errors.AsType[*api.Error](err)
	if ok && failure.Attempts > 1 && errors.Is(err, api.ErrConflict) { // an earlier attempt of this very call may have made it
		if existing, readErr := s.existing(ctx, e, err, options); readErr == nil {
			return existing, nil
		}
	}
	return made, err
}

func (s *Subscriptions) create(ctx context.Context, op *wire.Op, e Entity, options []api.CallOption) (*Subscription, error) {
	if err := s.caller().ready(ctx, op); err != nil {
		return nil, err
	}
	if err := e.Validate(); err != nil {
		return nil, wire.Refuse(op, err)
	}
	var made Subscription
	call := transport.Call{Op: op, Into: &made, Check: checkID(&made), Options: options}
	if err := s.caller().send(ctx, call, wireEntity(e)); err != nil {
		return nil, err
	}
	return &made, nil
}

// Ensure subscribes to an entity, or returns the subscription that it has already. Made says which it was.
func (s *Subscriptions) Ensure(ctx context.Context, e Entity, options ...api.CallOption) (sub *Subscription, made bool, err error) {
	sub, err = s.create(ctx, &s.caller().rows.create, e, options)
	if !errors.Is(err, api.ErrConflict) {
		return sub, err == nil, err
	}
	sub, err = s.existing(ctx, e, err, options)
	return sub, false, err
}

// existing reads the subscription of which a 409 tells: by the id in it, or by a search for the entity.
func (s *Subscriptions) existing(ctx context.Context, e Entity, conflict error, options []api.CallOption) (*Subscription, error) {
	if duplicate, ok := errors.AsType[*DuplicateError](conflict); ok && duplicate.ExistingID != "" {
		return s.Get(ctx, duplicate.ExistingID, options...)
	}
	search := e.LinkedInID
	if search == "" {
		search = e.LinkedInURL
	}
	found, err := s.List(ctx, ListOptions{Type: e.Type, Search: search, Limit: MaxPage}, options...)
	if err != nil {
		return nil, err
	}
	wanted := newIndex(e.keys())
	for i := range found.Items {
		if sub := &found.Items[i]; sub.Exists() && wanted.has(sub.Entity().keys()) {
			return sub, nil
		}
	}
	return nil, conflict
}

// Get returns one subscription, a cancelled one too. One that is unknown is api.ErrNotFound.
//
// Source: document 001, "Get Subscription".
func (s *Subscriptions) Get(ctx context.Context, id string, options ...api.CallOption) (*Subscription, error) {
	var got Subscription
	err := s.caller().do(ctx, transport.Call{Op: &s.caller().rows.get, Path: []string{id}, Into: &got, Check: checkID(&got), Options: options})
	if err != nil {
		return nil, err
	}
	return &got, nil
}

// Cancel ends a subscription: the entity is not watched any more, from now on. What it returns has ID, Status and
// CancelledAt only. One that is unknown is api.ErrNotFound, unless this very call was sent more than once: an earlier
// attempt whose response was lost may have cancelled it, so it is read then; and so it is when the response has no body
// although its status is not 204.
//
// Source: document 001, "Cancel Subscription".
func (s *Subscriptions) Cancel(ctx context.Context, id string, options ...api.CallOption) (*Subscription, error) {
	cancelled, empty := Subscription{ID: id, Status: StatusCancelled}, false
	op := &s.caller().rows.cancel
	response, err := s.caller().pipeline.Do(ctx, transport.Call{
		Op: op, Path: []string{id}, Options: options,
		Decode: func(body []byte) error {
			if empty = len(body) == 0; empty {
				return nil
			}
			return decodeCancelled(body, &cancelled)
		},
	})
	if err = detailed(err); err == nil && empty && response.Status != http.StatusNoContent { // which a proxy may have said, or cut
		got, readErr := s.Get(ctx, id, options...)
		switch {
		case readErr != nil:
			return nil, readErr
		case got.Exists():
			return nil, wire.NewError(op, api.ErrUnexpectedResponse, wire.Plain("the response is empty, and the subscription is not cancelled", nil))
		}
		return got, nil
	}
	if failure, ok := errors.AsType[*api.Error](err); ok && failure.Attempts > 1 && failure.Status >= 400 && failure.Status < 500 {
		if got, readErr := s.Get(ctx, id, options...); readErr == nil && !got.Exists() {
			return got, nil
		}
	}
	if err != nil {
		return nil, err
	}
	return &cancelled, nil
}

func decodeCancelled(body []byte, cancelled *Subscription) error {
	asked := cancelled.ID
	if err := json.Unmarshal(body, cancelled); err != nil {
		return err
	}
	switch {
	case cancelled.ID != "" && cancelled.ID != asked:
		return wire.Plain("the response is about another subscription", nil)
	case cancelled.Status == "":
		return wire.Plain("the response does not say that the subscription is cancelled", nil)
	case cancelled.Exists():
		return wire.Plain("the response says that the subscription is not cancelled", nil)
	}
	cancelled.ID = asked
	return nil
}

func checkID(s *Subscription) func() error {
	return func() error {
		if s.ID == "" {
			return wire.Plain("the response is not a subscription: it has no id", nil)
		}
		return nil
	}
}

// MaxPage is the most subscriptions of a page.
const MaxPage = 100

// ListOptions says which subscriptions are listed.
type ListOptions struct {
	// Type lists one kind of entity; empty lists all.
	Type EntityType
	// Status lists the subscriptions of one status. What an empty one lists the provider does not say: its page speaks of
	// active subscriptions and takes "cancelled" as well.
	Status Status
	// Search finds an id or address at LinkedIn. How exactly it is compared is not known.
	Search string
	// Limit is the length of a page, 1 to [MaxPage]; 0 leaves it to the provider (20), and to [Subscriptions.All] MaxPage.
	Limit int
	// Offset is how many are passed over.
	Offset int
}

func (o ListOptions) check() error {
	switch {
	case o.Limit < 0 || o.Limit > MaxPage:
		return fmt.Errorf("the limit %d is not between 1 and %d", o.Limit, MaxPage)
	case o.Offset < 0:
		return fmt.Errorf("the offset %d is negative", o.Offset)
	}
	return nil
}

// List returns one page. Next is the offset of the following page, and "" when the provider says that there is no more.
//
// Source: document 001, "List Subscriptions".
func (s *Subscriptions) List(ctx context.Context, o ListOptions, options ...api.CallOption) (*api.Page[Subscription], error) {
	op := &s.caller().rows.list
	if err := o.check(); err != nil {
		return nil, wire.Refuse(op, err)
	}
	values, err := query.Values(struct {
		Type   EntityType `url:"entity_type,omitempty"`
		Status Status     `url:"status,omitempty"`
		Search string     `url:"search,omitempty"`
		Limit  int        `url:"limit,omitempty"`
		Offset int        `url:"offset,omitempty"`
	}(o))
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	var listed struct {
		Data       *[]Subscription `json:"data"`
		Pagination struct {
			Total   *int64 `json:"total"`
			HasMore *bool  `json:"has_more"`
		} `json:"pagination"`
	}
	err = s.caller().do(ctx, transport.Call{Op: op, Query: values.Encode(), Into: &listed, Options: options, Check: func() error {
		if listed.Data == nil {
			return wire.Plain("the response is not a list: it has no data", nil)
		}
		return nil
	}})
	if err != nil {
		return nil, err
	}
	found := &api.Page[Subscription]{Items: *listed.Data, Total: -1}
	if listed.Pagination.Total != nil {
		found.Total = *listed.Pagination.Total
	}
	next := page.NextOffset(int64(o.Offset), len(found.Items), found.Total)
	if more := listed.Pagination.HasMore; more != nil {
		next = ""
		if *more {
			next = page.NextOffset(int64(o.Offset), len(found.Items), -1)
		}
	}
	found.Next = next
	return found, nil
}

// maxStale bounds how many pages in a row may hold nothing that was not on an earlier one.
const maxStale = 100

// All walks the subscriptions page by page from Offset on, each id once. It is lazy, starts over with each loop, and ends
// after an error.
//
// The provider pages by offset and in an order that is not known. So while subscriptions are made or cancelled, by the
// loop itself too, one that was there all the time can be passed over; none comes twice. For all of them use
// [Subscriptions.Exported], which is one call, and to cancel them [Subscriptions.CancelAll].
func (s *Subscriptions) All(ctx context.Context, o ListOptions, options ...api.CallOption) iter.Seq2[Subscription, error] {
	op := &s.caller().rows.list
	if o.Limit == 0 {
		o.Limit = MaxPage
	}
	return func(yield func(Subscription, error) bool) {
		seen, stale := make(map[string]bool), 0
		for at := o; ; {
			found, err := s.List(ctx, at, options...)
			if err != nil {
				yield(Subscription{}, err)
				return
			}
			stale++
			for _, sub := range found.Items {
				key := sub.ID
				if key == "" {
					key = string(sub.Raw)
				}
				if seen[key] {
					continue
				}
				seen[key], stale = true, 0
				if !yield(sub, nil) {
					return
				}
			}
			switch {
			case found.Next == "":
				return
			case stale >= maxStale:
				yield(Subscription{}, fmt.Errorf("%s: %w", op.Name, api.ErrSameCursor))
				return
			}
			at.Offset += len(found.Items)
		}
	}
}
