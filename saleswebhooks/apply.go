package saleswebhooks

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/durable"
	"github.com/pronet-go/pronet/internal/wire"
)

// ApplyOptions says how a plan is applied.
type ApplyOptions struct {
	// Dir is the directory of the journal, which is made if need be; empty keeps none. One process at a time may use it.
	// The journal, journal.jsonl, is a record for people: what is done again is decided by what exists. It grows with each
	// run that does something, and may be deleted between runs. It names the contacts, so it is personal data.
	Dir string
	// Fill goes on although the tier has no room for everything, and creates as many as there is room for.
	Fill bool
	// CancelDespiteRefused cancels although the plan has Refused entities. Otherwise it is a *[RefusedError] before anything
	// is sent: a mistake in the address of a desired entity would end the subscription that it has.
	CancelDespiteRefused bool
	// NoWait ends with an api.RateLimitError where it would have to wait longer than the client's longest wait, instead of
	// waiting.
	NoWait bool
	// MaxFailures is that of [BulkOptions].
	MaxFailures int
	// Progress, if not nil, is called after each call and before each wait. It counts what is cancelled and created together.
	Progress func(Progress)
}

// Applied is what became of a plan.
type Applied struct {
	// Cancelled and Created are what was done, item by item; nil when it was not begun.
	Cancelled, Created *BulkResult
	// Left are the entities for which the tier has no room, with [ApplyOptions.Fill].
	Left []Entity
	// Interrupted is how many items were in a call of an earlier run of which the journal does not know the end. What
	// became of them was read with everything else.
	Interrupted int
}

// Apply does what the plan says: cancels first, whose room then counts, and creates. What exists is read again before, so
// that a plan may be applied twice, or after a crash, without harm: nothing is made twice. It waits for the rate limit
// however long it takes, unless told otherwise; pronet.RateLimitState lets a program that was started again know when its
// calls were granted.
//
// A plan that cancels and has Refused entities is a *[RefusedError], unless CancelDespiteRefused is set.
//
// With a directory each call is in its journal before it is sent, and what became of it after. A plan for which the tier
// has no room is refused with a *[TierLimitError] before anything is sent, unless Fill is set. When the provider itself
// says so in the middle, it ends with that error; what was done and what was not is in Applied, by what exists.
func (p *Plan) Apply(ctx context.Context, o ApplyOptions, options ...api.CallOption) (applied *Applied, err error) {
	if p == nil || p.subscriptions == nil {
		return nil, fmt.Errorf("saleswebhooks: the plan was not made by Plan: %w", api.ErrInvalid)
	}
	s := p.subscriptions
	if err := s.caller().ready(ctx, &s.caller().rows.bulkCreate); err != nil {
		return nil, err
	}
	if len(p.Refused) > 0 && len(p.Cancel) > 0 && !o.CancelDespiteRefused {
		return nil, &RefusedError{Refused: len(p.Refused), Cancel: len(p.Cancel)}
	}
	applied = &Applied{}
	if len(p.Create)+len(p.Cancel) == 0 {
		return applied, nil
	}
	journal := &journal{}
	if o.Dir != "" {
		if journal, err = openJournal(o.Dir); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, journal.close()) }()
		applied.Interrupted = journal.interrupted
	}
	create, cancel, err := p.remaining(ctx, options)
	if err != nil {
		return applied, err
	}
	create, err = p.fit(ctx, applied, create, len(cancel), o, options)
	if err != nil {
		return applied, err
	}
	return applied, p.carryOut(ctx, applied, create, cancel, journal, o, options)
}

// remaining is what of the plan is still to be done.
func (p *Plan) remaining(ctx context.Context, options []api.CallOption) (create []Entity, cancel []string, err error) {
	doomed := make(map[string]bool, len(p.Cancel))
	for i := range p.Cancel {
		doomed[p.Cancel[i].ID] = true
	}
	existing := make(index)
	for sub, err := range p.subscriptions.decided(ctx, options) {
		switch {
		case err != nil:
			return nil, nil, err
		case !sub.Exists():
		case doomed[sub.ID]:
			cancel = append(cancel, sub.ID)
		default:
			existing.add(sub.Entity().keys())
		}
	}
	for _, e := range p.Create {
		if !existing.has(e.keys()) {
			create = append(create, e)
		}
	}
	return create, cancel, nil
}

// fit cuts what is created to the room that there is once everything is cancelled, or refuses.
func (p *Plan) fit(ctx context.Context, applied *Applied, create []Entity, cancels int, o ApplyOptions, options []api.CallOption) ([]Entity, error) {
	if len(create) == 0 {
		return nil, nil
	}
	info, err := p.subscriptions.account.Get(ctx, options...)
	if err != nil {
		return nil, err
	}
	room, known := info.Room()
	if !known || int64(len(create)-cancels) <= room {
		return create, nil
	}
	if !o.Fill {
		limit := &TierLimitError{Current: *info.ActiveSubscriptions, Limit: *info.SubscriptionLimit, Tier: info.Tier}
		return nil, fmt.Errorf("saleswebhooks: the plan creates %d and cancels %d, nothing was sent (ApplyOptions.Fill creates what there is room for): %w", len(create), cancels, limit)
	}
	fits := int(room) + cancels
	applied.Left = create[fits:]
	return create[:fits], nil
}

func (p *Plan) carryOut(ctx context.Context, applied *Applied, create []Entity, cancel []string, j *journal, o ApplyOptions, options []api.CallOption) error {
	total, done, calls := len(create)+len(cancel), 0, 0
	bulkOptions := BulkOptions{Wait: !o.NoWait, MaxFailures: o.MaxFailures, OneByOne: p.o.OneByOne}
	if o.Progress != nil {
		bulkOptions.Progress = func(of Progress) {
			of.Total, of.Done, of.Calls = total, done+of.Done, calls+of.Calls
			o.Progress(of)
		}
	}
	if len(cancel) > 0 {
		c := p.subscriptions.cancelling(cancel, bulkOptions, options)
		c.before, c.after = j.around("cancel", c.result)
		applied.Cancelled = c.result
		if err := c.cancelAll(ctx); err != nil {
			return err
		}
		done, calls = len(cancel), c.result.Calls
	}
	if len(create) > 0 {
		c := p.subscriptions.creating(ctx, create, bulkOptions, options)
		before, after := j.around("create", c.result)
		watch := c.after
		c.before, c.after = before, func(places []int) error {
			if err := after(places); err != nil {
				return err
			}
			return watch(places)
		}
		applied.Created = c.result
		if err := c.finishCreating(ctx, c.run(ctx)); err != nil {
			return err
		}
	}
	return j.append(journalEntry{Do: "end"})
}

// journal keeps what was done in a directory. The zero journal keeps nothing.
type journal struct {
	root        *os.Root
	lock        interface{ Close() error }
	file        *durable.Journal
	run         string
	calls       int
	interrupted int
}

// journalEntry is one line of the journal.
type journalEntry struct {
	At    time.Time     `json:"at"`
	Run   string        `json:"run"`
	Do    string        `json:"do"` // "create", "cancel", "done", "end"
	Call  int           `json:"call,omitempty"`
	Items []journalItem `json:"items,omitempty"`
}

// journalItem is one item of a call: what is asked for, or what became of it.
type journalItem struct {
	Entity *wireEntity `json:"entity,omitempty"`
	ID     string      `json:"id,omitempty"`
	State  ItemState   `json:"state,omitempty"`
	Reason string      `json:"reason,omitempty"`
}

const journalFile = "journal.jsonl"

func openJournal(dir string) (j *journal, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	j = &journal{run: time.Now().UTC().Format("20060102T150405.000000000")}
	defer func() {
		if err != nil {
			err = errors.Join(err, j.close())
		}
	}()
	if j.lock, err = durable.Lock(filepath.Join(dir, journalFile+".lock")); err != nil {
		return nil, err
	}
	if j.root, err = os.OpenRoot(dir); err != nil {
		return nil, err
	}
	open := 0
	j.file, err = durable.OpenJournal(j.root, journalFile, func(line []byte) error {
		entry, err := readEntry(line)
		switch {
		case err != nil:
			return err
		case entry.Do == "create" || entry.Do == "cancel":
			open = len(entry.Items)
		default:
			open = 0
		}
		return nil
	})
	j.interrupted = open
	return j, err
}

func (j *journal) close() error {
	var errs []error
	if j.file != nil {
		errs = append(errs, j.file.Close())
	}
	if j.root != nil {
		errs = append(errs, j.root.Close())
	}
	if j.lock != nil {
		errs = append(errs, j.lock.Close())
	}
	return errors.Join(errs...)
}

func (j *journal) append(entry journalEntry) error {
	if j.file == nil {
		return nil
	}
	entry.At, entry.Run = time.Now().UTC(), j.run
	if err := j.file.Append(entry); err != nil {
		return wire.Plain("the journal could not be written, so nothing more was sent", err)
	}
	return nil
}

// around are what a bulk calls before and after each call.
func (j *journal) around(do string, result *BulkResult) (before, after func([]int) error) {
	before = func(places []int) error {
		j.calls++
		return j.append(journalEntry{Do: do, Call: j.calls, Items: itemsOf(result, places, false)})
	}
	after = func(places []int) error {
		return j.append(journalEntry{Do: "done", Call: j.calls, Items: itemsOf(result, places, true)})
	}
	return before, after
}

func itemsOf(result *BulkResult, places []int, outcome bool) []journalItem {
	items := make([]journalItem, 0, len(places))
	for _, place := range places {
		item := &result.Items[place]
		entry := journalItem{ID: item.ID}
		if item.Entity != (Entity{}) {
			entity := wireEntity(item.Entity)
			entry.Entity = &entity
		}
		if outcome {
			entry.State, entry.Reason = item.State, item.Reason
		}
		items = append(items, entry)
	}
	return items
}

func readEntry(line []byte) (entry journalEntry, err error) {
	err = json.Unmarshal(line, &entry)
	return entry, err
}
