package saleswebhooks

import (
	"context"
	"errors"
	"strings"

	"github.com/pronet-go/pronet/api"
	sw "github.com/pronet-go/pronet/internal/saleswebhooks"
)

// BulkCreate subscribes to any number of entities, 100 a call. The result has each at its place, also beside an error: what
// was done before it is not lost, and the rest is pending. A partial failure is no error of the call, but the state of an
// item; [BulkResult.Undone] are those to try again.
//
// An entity that is given twice is sent once. One that the provider refuses because it has a subscription is
// [ItemExists]: what exists is read (one export) to tell, since the provider says it in a sentence only. So it is when a
// response was lost, its numbers do not add up, or what was made does not stand in the order that was sent: nothing is
// made twice, and of a 504 the rest goes in halves. [ErrTierLimit] ends it.
//
// Source: document 001, "Bulk Create Subscriptions". That the made ones stand in the order that was sent is assumed, and
// checked by their ids. That an error's index counts from 0 is assumed: pronet.SalesWebhooksErrorIndexFrom.
func (s *Subscriptions) BulkCreate(ctx context.Context, entities []Entity, o BulkOptions, options ...api.CallOption) (*BulkResult, error) {
	b := s.creating(ctx, entities, o, options)
	if err := s.caller().ready(ctx, b.op); err != nil {
		return nil, err
	}
	return b.result, b.finishCreating(ctx, b.run(ctx))
}

// creating prepares the calls that make subscriptions.
func (s *Subscriptions) creating(ctx context.Context, entities []Entity, o BulkOptions, options []api.CallOption) *creation {
	c := &creation{bulk: bulk{
		s: s, op: &s.caller().rows.bulkCreate, o: o, call: options, atOnce: sw.MaxBulk,
		result: &BulkResult{Items: make([]Item, len(entities))},
	}, twins: make(map[int]int)}
	first := make(map[key]int)
	for i, e := range entities {
		item := &c.result.Items[i]
		*item = Item{Place: i, Entity: e, State: ItemPending}
		if err := e.Validate(); err != nil {
			item.State, item.Reason = ItemRefused, err.Error()
			continue
		}
		keys := e.keys()
		for _, k := range keys {
			if before, twice := first[k]; twice {
				c.twins[i], item.State = before, ItemUnknown // until the other is known
				break
			}
		}
		if _, twin := c.twins[i]; twin {
			continue
		}
		for _, k := range keys {
			first[k] = i
		}
	}
	c.body, c.settle, c.look, c.after = c.bodyOf, c.settleMade, c.lookFor, func(places []int) error { return c.watch(ctx, places) }
	return c
}

// creation is a bulk of entities to subscribe to.
type creation struct {
	bulk
	twins map[int]int // places of entities that came before, by place
}

func (c *creation) bodyOf(places []int) any {
	body := struct {
		Subscriptions []wireEntity `json:"subscriptions"`
	}{make([]wireEntity, 0, len(places))}
	for _, place := range places {
		body.Subscriptions = append(body.Subscriptions, wireEntity(c.result.Items[place].Entity))
	}
	return body
}

// finishCreating tells those that exist from those that were refused, and gives twins what the other has.
func (c *creation) finishCreating(ctx context.Context, err error) error {
	var refused []int
	for i := range c.result.Items {
		item := &c.result.Items[i]
		if item.State == ItemRefused && item.Entity.Validate() == nil || item.State == ItemPending && errors.Is(err, ErrTierLimit) {
			refused = append(refused, i)
		}
	}
	if len(refused) > 0 && ctx.Err() == nil {
		if _, lookErr := c.look(ctx, refused); lookErr != nil {
			err = errors.Join(err, lookErr)
		}
	}
	for i, before := range c.twins {
		item, other := &c.result.Items[i], c.result.Items[before]
		item.State, item.Subscription, item.ID, item.Reason = other.State, other.Subscription, other.ID, other.Reason
		if item.State == ItemMade {
			item.State = ItemExists
		}
	}
	return err
}

// watch ends it when a whole call was refused and the tier is full: the provider may say so of each item, in a sentence.
func (c *creation) watch(ctx context.Context, places []int) error {
	for _, place := range places {
		if c.result.Items[place].State != ItemRefused {
			return nil
		}
	}
	info, err := c.s.account.Get(ctx, c.call...)
	if err != nil {
		return err
	}
	if left, known := info.Room(); !known || left > 0 {
		return nil
	}
	return &TierLimitError{Current: *info.ActiveSubscriptions, Limit: *info.SubscriptionLimit, Tier: info.Tier}
}

// names are what an item may be called in a response's linkedin_id.
func (e Entity) names() []string {
	var names []string
	for _, k := range e.keys() {
		names = append(names, k.name)
	}
	return names
}

func (e Entity) isCalled(id text) bool {
	for _, name := range e.names() {
		if name == strings.ToLower(string(id)) {
			return true
		}
	}
	return false
}

// settleMade gives each item what the response says of it, if that adds up and nothing contradicts it.
func (c *creation) settleMade(places []int, r *bulkResponse) bool {
	if r.empty || !r.addsUp(len(places)) {
		return false
	}
	refused := make(map[int]*bulkError, len(r.Errors)) // by place
	other := make(map[int]bool)
	for i := range r.Errors {
		e := &r.Errors[i]
		place, byID, ok := c.placeOf(places, e)
		if _, taken := refused[place]; !ok || taken {
			return false
		}
		refused[place], other[place] = e, byID
	}
	made := make(map[int]*Subscription, len(r.Subscriptions))
	next := 0
	for _, place := range places {
		if refused[place] != nil {
			continue
		}
		sub := &r.Subscriptions[next]
		next++
		entity := c.result.Items[place].Entity
		if sub.ID == "" || sub.Type != "" && sub.Type != entity.Type || sub.LinkedInID == "" || !entity.isCalled(text(sub.LinkedInID)) {
			return false
		}
		made[place] = sub
	}
	for place, sub := range made {
		item := &c.result.Items[place]
		item.State, item.Subscription, item.ID = ItemMade, sub, sub.ID
	}
	for place, e := range refused {
		item := &c.result.Items[place]
		item.State, item.Reason, item.OtherIndex = ItemRefused, string(e.Error), other[place]
	}
	return true
}

// placeOf finds the item that an error is about, by its index within the call. Where the id names another item, the id is
// believed.
func (c *creation) placeOf(places []int, e *bulkError) (place int, byID, ok bool) {
	indexed, inRange := c.indexed(places, e)
	if inRange && (e.LinkedInID == "" || c.result.Items[indexed].Entity.isCalled(e.LinkedInID)) {
		return indexed, false, true
	}
	found := -1
	for _, place := range places {
		if e.LinkedInID == "" || !c.result.Items[place].Entity.isCalled(e.LinkedInID) {
			continue
		}
		if found >= 0 {
			return 0, false, false
		}
		found = place
	}
	switch {
	case found >= 0:
		return found, true, true
	case inRange:
		return indexed, false, true
	}
	return 0, false, false
}

// lookFor reads which of the items have a subscription.
func (c *creation) lookFor(ctx context.Context, places []int) (rest []int, err error) {
	wanted := make(map[key]int, 2*len(places))
	for _, place := range places {
		for _, k := range c.result.Items[place].Entity.keys() {
			wanted[k] = place
		}
	}
	found := make(map[int]bool)
	for sub, err := range c.s.decided(ctx, nil) {
		if err != nil {
			return nil, err
		}
		if !sub.Exists() {
			continue
		}
		for _, k := range sub.Entity().keys() {
			place, ok := wanted[k]
			if !ok {
				continue
			}
			item := &c.result.Items[place]
			item.State, item.Subscription, item.ID = ItemExists, &sub, sub.ID
			found[place] = true
			break
		}
	}
	for _, place := range places {
		if !found[place] {
			rest = append(rest, place)
		}
	}
	return rest, nil
}

func mentions(text, word string) bool { return strings.Contains(text, word) }
