package saleswebhooks

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

// BulkCancel ends any number of subscriptions by their ids, 100 a call, as BulkCreate makes them. A proxy that drops the
// body of the DELETE is [ErrBodyDropped].
//
// Source: document 001, "Bulk Delete Subscriptions". That 100 a call are allowed is assumed: pronet.SalesWebhooksMaxBulkCancel.
func (s *Subscriptions) BulkCancel(ctx context.Context, ids []string, o BulkOptions, options ...api.CallOption) (*BulkResult, error) {
	c := s.cancelling(ids, o, options)
	if err := s.caller().ready(ctx, c.op); err != nil {
		return nil, err
	}
	return c.result, c.cancelAll(ctx)
}

const noSuch = "the provider knows no such subscription"

// CancelAllOptions says which subscriptions are ended.
type CancelAllOptions struct {
	// Type ends those of one kind of entity; empty ends all.
	Type EntityType
	// Bulk says how they are sent.
	Bulk BulkOptions
}

// CancelAll ends all subscriptions that exist when it is called: it reads them by an export, which does not shift while
// they vanish, and cancels them by bulk calls.
func (s *Subscriptions) CancelAll(ctx context.Context, o CancelAllOptions, options ...api.CallOption) (*BulkResult, error) {
	var ids []string
	for sub, err := range s.decided(ctx, options) {
		if err != nil {
			return nil, err
		}
		if sub.Exists() && (o.Type == "" || o.Type == sub.Type) {
			ids = append(ids, sub.ID)
		}
	}
	return s.BulkCancel(ctx, ids, o.Bulk, options...)
}

// cancelling prepares the calls that cancel subscriptions.
func (s *Subscriptions) cancelling(ids []string, o BulkOptions, options []api.CallOption) *cancellation {
	c := &cancellation{bulk: bulk{
		s: s, op: &s.caller().rows.bulkCancel, o: o, call: options, atOnce: s.caller().settings.CancelAtOnce(),
		result: &BulkResult{Items: make([]Item, len(ids))},
	}, twins: make(map[int]int)}
	first := make(map[string]int, len(ids))
	for i, id := range ids {
		item := &c.result.Items[i]
		*item = Item{Place: i, ID: id, State: ItemPending}
		before, twice := first[id]
		switch {
		case id == "":
			item.State, item.Reason = ItemRefused, "the id is empty"
		case twice:
			c.twins[i], item.State = before, ItemUnknown
		default:
			first[id] = i
		}
	}
	c.body, c.settle, c.look = c.bodyOf, c.settleCancelled, c.lookFor
	return c
}

// cancellation is a bulk of subscriptions to cancel.
type cancellation struct {
	bulk
	twins map[int]int // places of ids that came before, by place
}

// cancelAll cancels the items, and tells those that were cancelled before from those that were refused.
func (c *cancellation) cancelAll(ctx context.Context) error {
	run := c.run
	if c.o.OneByOne {
		run = c.oneByOne
	}
	err := run(ctx)
	var refused []int
	for i := range c.result.Items {
		if item := &c.result.Items[i]; item.State == ItemRefused && item.ID != "" {
			refused = append(refused, i)
		}
	}
	if len(refused) > 0 && ctx.Err() == nil {
		if _, lookErr := c.look(ctx, refused); lookErr != nil {
			err = errors.Join(err, lookErr)
		}
	}
	for i, before := range c.twins {
		c.result.Items[i].State, c.result.Items[i].Reason = c.result.Items[before].State, c.result.Items[before].Reason
	}
	return err
}

func (c *cancellation) bodyOf(places []int) any {
	body := struct {
		IDs []string `json:"subscription_ids"`
	}{make([]string, 0, len(places))}
	for _, place := range places {
		body.IDs = append(body.IDs, c.result.Items[place].ID)
	}
	return body
}

// settleCancelled gives each item what the response says of it, if that adds up.
func (c *cancellation) settleCancelled(places []int, r *bulkResponse) bool {
	if r.empty || !r.addsUp(len(places)) {
		return false
	}
	byID := make(map[string]int, len(places))
	for _, place := range places {
		byID[c.result.Items[place].ID] = place
	}
	cancelled, refused := make(map[int]*Subscription), make(map[int]*bulkError)
	for i := range r.Subscriptions {
		sub := &r.Subscriptions[i]
		place, ok := byID[sub.ID]
		if !ok || sub.Status != "" && sub.Exists() {
			return false
		}
		cancelled[place] = sub
	}
	for i := range r.Errors {
		e := &r.Errors[i]
		place, ok := byID[string(e.SubscriptionID)]
		if !ok {
			place, ok = byID[string(e.ID)]
		}
		if !ok {
			place, ok = c.indexed(places, e)
		}
		if !ok || cancelled[place] != nil || refused[place] != nil {
			return false
		}
		refused[place] = e
	}
	if len(cancelled)+len(refused) != len(places) {
		return false
	}
	for place, sub := range cancelled {
		c.result.Items[place].State, c.result.Items[place].Subscription = ItemCancelled, sub
	}
	for place, e := range refused {
		c.result.Items[place].State, c.result.Items[place].Reason = ItemRefused, string(e.Error)
	}
	return true
}

// errNoneAtAll is of an export from which nothing can be concluded: the provider keeps cancelled subscriptions too.
var errNoneAtAll = wire.Plain("the export has no row, so it tells nothing of subscriptions that were to be cancelled", nil)

// lookFor reads which of the items are cancelled. One that is not in the export is refused: there is no such subscription.
// An export without a row is an error, unless the provider itself has refused the items.
func (c *cancellation) lookFor(ctx context.Context, places []int) (rest []int, err error) {
	wanted := make(map[string]int, len(places))
	for _, place := range places {
		wanted[c.result.Items[place].ID] = place
	}
	active := make(map[int]bool)
	gone := make(map[int]bool)
	rows := 0
	for sub, err := range c.s.decided(ctx, nil) {
		if err != nil {
			return nil, err
		}
		rows++
		place, ok := wanted[sub.ID]
		if !ok {
			continue
		}
		if active[place] = sub.Exists(); active[place] {
			continue
		}
		item := &c.result.Items[place]
		item.State, item.Subscription = ItemCancelled, &sub
		gone[place] = true
	}
	if rows == 0 && slices.ContainsFunc(places, func(place int) bool { return c.result.Items[place].State != ItemRefused }) {
		return nil, exportError(&c.s.caller().rows.export, errNoneAtAll)
	}
	for _, place := range places {
		item := &c.result.Items[place]
		switch {
		case active[place]:
			rest = append(rest, place)
		case !gone[place] && item.State != ItemRefused:
			item.State, item.Reason = ItemRefused, noSuch
		}
	}
	return rest, nil
}

// oneByOne cancels by single calls.
func (c *cancellation) oneByOne(ctx context.Context) error {
	for i := range c.result.Items {
		for c.result.Items[i].State == ItemPending {
			if err := c.one(ctx, i); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *cancellation) one(ctx context.Context, place int) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", c.op.Name, err)
	}
	item := &c.result.Items[place]
	if c.before != nil {
		if err := c.before([]int{place}); err != nil {
			return err
		}
	}
	sub, err := c.s.Cancel(ctx, item.ID, c.call...)
	limited, isLimit := errors.AsType[*api.RateLimitError](err)
	switch {
	case err == nil:
		c.refusals = 0
		item.State, item.Subscription = ItemCancelled, sub
		return c.finish([]int{place})
	case isLimit:
		return c.wait(ctx, limited, err)
	case errors.Is(err, api.ErrNotFound):
		c.refusals = 0
		item.State, item.Reason = ItemRefused, wire.SafeText(err)
		if item.Reason == "" {
			item.Reason = noSuch
		}
		return c.finish([]int{place})
	case errors.Is(err, api.ErrRateLimited):
		if c.refusals++; c.o.Wait && c.refusals <= maxRefusals {
			return nil
		}
	}
	return err
}
