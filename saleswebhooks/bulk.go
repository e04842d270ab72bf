package saleswebhooks

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// BulkOptions says how many items are sent.
type BulkOptions struct {
	// Wait waits for places under the rate limit, however long it takes. Without it, a bulk call that would have to wait
	// longer than the client's longest wait ends everything with an api.RateLimitError; what was done is in the result.
	Wait bool
	// MaxFailures is how many calls in a row may fail, be lost, or leave items out although they succeed, before it gives up;
	// 3 unless set. After each that was lost or leaves items out, what exists is read; after a lost one the rest goes in halves.
	MaxFailures int
	// OneByOne cancels by single calls, of which 100 are allowed in 15 minutes, instead of bulk calls. It is the way out
	// where a proxy drops the body of a DELETE: see [ErrBodyDropped]. It has no effect on BulkCreate.
	OneByOne bool
	// Progress, if not nil, is called after each call and before each wait.
	Progress func(Progress)
}

// Progress tells how far a list of items is.
type Progress struct {
	// Total is the number of items, Done how many of them are decided.
	Total, Done int
	// Calls is how many bulk calls were sent.
	Calls int
	// Wait is how long it waits now for the rate limit, 0 after a call.
	Wait time.Duration
}

// ItemState is what became of one item.
type ItemState string

const (
	// ItemMade has a subscription that a call has made.
	ItemMade ItemState = "made"
	// ItemExists has a subscription that was there before, or that a call made whose response was lost.
	ItemExists ItemState = "exists"
	// ItemCancelled is a subscription that is cancelled now.
	ItemCancelled ItemState = "cancelled"
	// ItemRefused was refused, by this package before it was sent, or by the provider: see Reason.
	ItemRefused ItemState = "refused"
	// ItemPending was not sent, or provably had no effect: it may be sent again.
	ItemPending ItemState = "pending"
	// ItemUnknown was sent, and what became of it could not be found out. Sending it again makes no duplicate.
	ItemUnknown ItemState = "unknown"
)

// Item is one item of a list, at the caller's place.
type Item struct {
	// Place is the caller's place of it, counted from 0.
	Place int
	// Entity is what to subscribe to, of BulkCreate. ID is the subscription's id, if it is known.
	Entity Entity
	ID     string
	// State is what became of it.
	State ItemState
	// Subscription is what the provider said of it, nil when it said nothing.
	Subscription *Subscription
	// Reason is the provider's own sentence about an item that it refused, or ours. The provider's may hold personal data.
	Reason string
	// OtherIndex says that the provider's index named another item than its linkedin_id, which is believed.
	OtherIndex bool
}

// Discrepancy is a bulk call whose numbers do not add up. What exists was read after it.
type Discrepancy struct {
	// Call counts the bulk calls from 1. Asked is how many items it had.
	Call, Asked int
	// Done and Failed are the numbers that the provider gave, -1 without one; Listed and Errors how many it listed.
	Done, Failed, Listed, Errors int
}

// BulkResult is what became of a list of items.
type BulkResult struct {
	// Items has each item at the caller's place.
	Items []Item
	// Calls is how many bulk calls were sent.
	Calls int
	// Discrepancies are the calls whose numbers did not add up.
	Discrepancies []Discrepancy
}

// Count is the number of items of a state.
func (r *BulkResult) Count(state ItemState) int {
	n := 0
	for i := range r.Items {
		if r.Items[i].State == state {
			n++
		}
	}
	return n
}

// Undone are the entities to send again: those that were refused, pending or unknown.
func (r *BulkResult) Undone() []Entity {
	var undone []Entity
	for i := range r.Items {
		switch r.Items[i].State {
		case ItemRefused, ItemPending, ItemUnknown:
			undone = append(undone, r.Items[i].Entity)
		}
	}
	return undone
}

// ErrBodyDropped reports a bulk cancel whose body did not arrive: some proxies and load balancers drop or refuse the body
// of a DELETE, to which RFC 9110 gives no meaning. Nothing was cancelled. Set BulkOptions.OneByOne, or use a base URL
// without the proxy.
var ErrBodyDropped = errors.New("the body of the DELETE was probably dropped on the way: cancel one by one (BulkOptions.OneByOne), or use a base URL without a proxy")

// bulkGrace is how long a bulk call that is on its way may still take when the context ends: cut off, nobody would know.
const bulkGrace = 10 * time.Second

const maxRefusals = 10 // 429s in a row, however often a caller waits

// bulk works through a list of items by bulk calls.
type bulk struct {
	s      *Subscriptions
	op     *wire.Op
	o      BulkOptions
	call   []api.CallOption
	result *BulkResult
	atOnce int
	// body is the body of a call about the items at these places.
	body func(places []int) any
	// settle marks what a response says of the items, and reports whether it is complete and consistent. One that is not
	// marks nothing for certain.
	settle func(places []int, r *bulkResponse) bool
	// look reads what exists, marks the items that are done, and returns the others.
	look func(ctx context.Context, places []int) (rest []int, err error)
	// before and after, which may be nil, are called around each call. An error of before ends everything.
	before, after func(places []int) error

	failures, refusals int
}

// bulkResponse is the response to a bulk call.
type bulkResponse struct {
	Created       *int           `json:"created"`
	Cancelled     *int           `json:"cancelled"`
	Failed        *int           `json:"failed"`
	Subscriptions []Subscription `json:"subscriptions"`
	Errors        []bulkError    `json:"errors"`

	empty bool // there was no body
}

type bulkError struct {
	Index          *int `json:"index"`
	LinkedInID     text `json:"linkedin_id"`
	SubscriptionID text `json:"subscription_id"`
	ID             text `json:"id"`
	Error          text `json:"error"`
}

func (r *bulkResponse) done() *int {
	if r.Created != nil {
		return r.Created
	}
	return r.Cancelled
}

// addsUp reports whether the numbers are those of so many items.
func (r *bulkResponse) addsUp(asked int) bool {
	done := r.done()
	return done != nil && r.Failed != nil && *done == len(r.Subscriptions) && *r.Failed == len(r.Errors) && *done+*r.Failed == asked
}

// indexed is the place of the item that an error's index names, if it names one.
func (b *bulk) indexed(places []int, e *bulkError) (place int, ok bool) {
	if e.Index == nil {
		return 0, false
	}
	i := *e.Index - b.s.caller().settings.ErrorIndexFrom
	if i < 0 || i >= len(places) {
		return 0, false
	}
	return places[i], true
}

func orMinusOne(n *int) int {
	if n == nil {
		return -1
	}
	return *n
}

// chunks divides places.
func chunks(places []int, size int) [][]int {
	var all [][]int
	for len(places) > 0 {
		n := min(size, len(places))
		all = append(all, places[:n])
		places = places[n:]
	}
	return all
}

// run works through the items that are pending.
func (b *bulk) run(ctx context.Context) error {
	var places []int
	for i := range b.result.Items {
		if b.result.Items[i].State == ItemPending {
			places = append(places, i)
		}
	}
	queue := chunks(places, b.atOnce)
	for len(queue) > 0 {
		chunk := queue[0]
		rest, err := b.chunk(ctx, chunk)
		switch {
		case err != nil:
			return err
		case rest == nil:
			queue = queue[1:]
		default:
			queue = append(rest, queue[1:]...)
		}
	}
	return nil
}

// chunk makes one call, and returns what of its items is still to be sent.
func (b *bulk) chunk(ctx context.Context, places []int) (rest [][]int, err error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", b.op.Name, err)
	}
	if b.before != nil {
		if err := b.before(places); err != nil {
			return nil, err
		}
	}
	response, err := b.send(ctx, places)
	limited, isLimit := errors.AsType[*api.RateLimitError](err)
	switch {
	case err == nil:
		b.refusals = 0
		return b.responded(ctx, places, response)
	case isLimit:
		return [][]int{places}, b.wait(ctx, limited, err)
	case errors.Is(err, api.ErrRateLimited): // by the provider, which did nothing
		b.result.Calls++
		if b.refusals++; !b.o.Wait || b.refusals > maxRefusals {
			return nil, err
		}
		return [][]int{places}, nil // the class is held back: the next try waits
	}
	b.result.Calls++
	return b.failed(ctx, places, err)
}

// send makes a call. The pipeline makes one attempt of it.
func (b *bulk) send(ctx context.Context, places []int) (*bulkResponse, error) {
	r := &bulkResponse{}
	call := transport.Call{Op: b.op, Options: b.call, Grace: bulkGrace, Decode: func(body []byte) error {
		if r.empty = len(body) == 0; r.empty {
			return nil
		}
		if err := b.s.caller().pipeline.Decoder()(body, r); err != nil {
			return err
		}
		if r.done() == nil && r.Failed == nil && r.Subscriptions == nil && r.Errors == nil {
			return wire.Plain("the response is not that of a bulk call", nil)
		}
		return nil
	}}
	return r, b.s.caller().send(ctx, call, b.body(places))
}

// wait waits until the rate limit has a place, if the caller wants that.
func (b *bulk) wait(ctx context.Context, limited *api.RateLimitError, err error) error {
	if !b.o.Wait || limited.Cause != nil {
		return err
	}
	d := time.Until(limited.Reset)
	b.progress(d)
	return pause(ctx, d)
}

// pause waits for a time or the context.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// responded looks at a response.
func (b *bulk) responded(ctx context.Context, places []int, r *bulkResponse) ([][]int, error) {
	b.result.Calls++
	if b.settle(places, r) {
		b.failures = 0
		return nil, b.finish(places)
	}
	addsUp := r.addsUp(len(places))
	if !r.empty && !addsUp {
		b.result.Discrepancies = append(b.result.Discrepancies, Discrepancy{
			Call: b.result.Calls, Asked: len(places), Done: orMinusOne(r.done()), Failed: orMinusOne(r.Failed), Listed: len(r.Subscriptions), Errors: len(r.Errors),
		})
	}
	left, err := b.look(ctx, places)
	if err != nil {
		b.mark(places, ItemPending, ItemUnknown)
		return nil, err
	}
	if b.op == &b.s.caller().rows.bulkCancel && len(left) == len(places) && len(r.Subscriptions)+len(r.Errors) == 0 {
		return nil, wire.NewError(b.op, api.ErrUnexpectedResponse, wire.Plain(ErrBodyDropped.Error(), ErrBodyDropped))
	}
	if addsUp && len(r.Errors) == 0 {
		b.mark(places, ItemExists, ItemMade)
	}
	left = b.refuse(left, r)
	if len(left) == 0 { // nothing is open, as where settle says that all is well
		b.failures = 0
	}
	if err := b.finish(places); err != nil || len(left) == 0 {
		return nil, err
	}
	if b.failures++; b.failures > b.o.maxFailures() {
		return nil, wire.NewError(b.op, api.ErrUnexpectedResponse, wire.Plain("the provider's numbers do not add up, and items were passed over again and again", nil))
	}
	return [][]int{left}, nil
}

// refuse marks what a call has left undone as refused, if the response has an error for each, and returns what is to be
// sent again.
func (b *bulk) refuse(left []int, r *bulkResponse) (again []int) {
	if len(left) > len(r.Errors) {
		return left
	}
	for _, place := range left {
		item := &b.result.Items[place]
		item.State, item.Reason = ItemRefused, "the provider refused it"
		for _, e := range r.Errors {
			if len(r.Errors) == 1 || item.Entity.isCalled(e.LinkedInID) || item.ID != "" && (item.ID == string(e.SubscriptionID) || item.ID == string(e.ID)) {
				item.Reason = string(e.Error)
				break
			}
		}
	}
	return nil
}

func (o BulkOptions) maxFailures() int {
	if o.MaxFailures > 0 {
		return o.MaxFailures
	}
	return 3
}

// failed looks at a call that failed: what it did is read, and the rest goes in halves.
func (b *bulk) failed(ctx context.Context, places []int, err error) ([][]int, error) {
	doubt := errors.Is(err, api.ErrMaybeApplied)
	full := errors.Is(err, ErrTierLimit)
	unavailable := errors.Is(err, api.ErrUnavailable)
	if !doubt && !full && !unavailable {
		return nil, b.named(err)
	}
	left := places
	if doubt || full {
		var lookErr error
		if left, lookErr = b.look(ctx, places); lookErr != nil {
			b.mark(places, ItemPending, ItemUnknown)
			return nil, errors.Join(err, lookErr)
		}
		if doneErr := b.finish(places); doneErr != nil {
			return nil, errors.Join(err, doneErr)
		}
	}
	b.failures++
	switch {
	case full:
		for _, place := range left {
			b.result.Items[place].Reason = "the account's tier has no room"
		}
		return nil, err
	case len(left) == 0:
		b.failures = 0
		return nil, nil
	case b.failures > b.o.maxFailures():
		return nil, settled(err)
	}
	if err := b.rest(ctx, err); err != nil {
		return nil, err
	}
	if !doubt || len(left) == 1 {
		return [][]int{left}, nil
	}
	return chunks(left, (len(left)+1)/2), nil
}

// rest waits before the next call after one that failed.
func (b *bulk) rest(ctx context.Context, err error) error {
	wait := time.Second << min(b.failures-1, 5)
	if failure, ok := errors.AsType[*api.Error](err); ok && failure.RetryAfter > wait {
		if wait = failure.RetryAfter; wait > time.Minute && !b.o.Wait {
			return err
		}
	}
	b.progress(wait)
	return pause(ctx, wait)
}

// settled takes the doubt from an error: what the call did was read, and nothing is left open.
func settled(err error) error {
	failure, ok := errors.AsType[*api.Error](err)
	if !ok {
		return err
	}
	plain := *failure
	plain.Kinds, plain.InDoubt = nil, ""
	for _, kind := range failure.Kinds {
		if !errors.Is(kind, api.ErrMaybeApplied) {
			plain.Kinds = append(plain.Kinds, kind)
		}
	}
	return &plain
}

// named says of a refused bulk cancel that its body may have been dropped.
func (b *bulk) named(err error) error {
	failure, ok := errors.AsType[*api.Error](err)
	if !ok || b.op != &b.s.caller().rows.bulkCancel {
		return err
	}
	field := ""
	if invalid, ok := errors.AsType[*ValidationError](err); ok {
		field = invalid.Field
	}
	missing := errors.Is(err, api.ErrInvalid) && (field == "subscription_ids" || field == "" && mentions(failure.Message, "subscription_ids"))
	foreign := errors.Is(err, api.ErrUnexpectedResponse) && (failure.Status == 400 || failure.Status == 405 || failure.Status == 411 || failure.Status == 413)
	if missing || foreign {
		failure.Cause = join(wire.Plain(ErrBodyDropped.Error(), ErrBodyDropped), failure.Cause)
	}
	return err
}

// mark changes the state of those items that have one.
func (b *bulk) mark(places []int, from, to ItemState) {
	for _, place := range places {
		if item := &b.result.Items[place]; item.State == from {
			item.State = to
		}
	}
}

// finish tells that a call is over.
func (b *bulk) finish(places []int) error {
	b.progress(0)
	if b.after == nil {
		return nil
	}
	return b.after(places)
}

func (b *bulk) progress(wait time.Duration) {
	if b.o.Progress == nil {
		return
	}
	undecided := b.result.Count(ItemPending) + b.result.Count(ItemUnknown)
	b.o.Progress(Progress{Total: len(b.result.Items), Done: len(b.result.Items) - undecided, Calls: b.result.Calls, Wait: wait})
}
