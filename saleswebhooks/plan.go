package saleswebhooks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/pronet-go/pronet/api"
	sw "github.com/pronet-go/pronet/internal/saleswebhooks"
	"github.com/pronet-go/pronet/internal/wire"
)

// PlanOptions says what may be done to make what exists equal to what is desired.
type PlanOptions struct {
	// Keep leaves what exists and is not desired.
	Keep bool
	// CancelUnmatched cancels subscriptions that have no address, or are of a kind that is not known, and that no desired id
	// fits. They may be those of desired entities under another name, so they are left and shown unless it is set.
	CancelUnmatched bool
	// CancelEverything accepts a desired set without a single entity. Otherwise it is an error: a list that could not be
	// read would end every subscription.
	CancelEverything bool
	// OneByOne cancels by single calls, see [BulkOptions].
	OneByOne bool
}

// Plan is what would make the account's subscriptions equal to a desired set. Print it, or apply it.
type Plan struct {
	// Create are the desired entities without a subscription, in the desired order.
	Create []Entity
	// Cancel are the subscriptions that are not desired. Set it to nil to apply the plan without them.
	Cancel []Subscription
	// Unmatched are subscriptions that are neither desired nor cancelled, see [PlanOptions.CancelUnmatched].
	Unmatched []Subscription
	// Refused are desired entities that cannot be subscribed to, with the reason. Their place is that in the desired set. What
	// they mean is not known, so subscriptions of theirs may be among Cancel: see [ApplyOptions.CancelDespiteRefused].
	Refused []Item
	// Desired counts the desired entities, each once; Exists the subscriptions that exist, Kept those of them that stay
	// because they are desired, and Twice the entities that were desired more than once.
	Desired, Exists, Kept, Twice int
	// Calls is how many bulk calls it takes, and single ones with [PlanOptions.OneByOne].
	Calls int
	// Takes is how long until the last of them can be sent within the rate limit; negative when it cannot be told.
	Takes time.Duration
	// Room is how many more subscriptions the tier allows before anything is done, negative when the provider does not
	// say; Limit and Tier are the tier's.
	Room, Limit int64
	Tier        string

	subscriptions *Subscriptions
	o             PlanOptions
}

// Entities is a desired set of a list.
func Entities(list ...Entity) iter.Seq2[Entity, error] {
	return func(yield func(Entity, error) bool) {
		for _, e := range list {
			if !yield(e, nil) {
				return
			}
		}
	}
}

// Plan compares a desired set with what exists, and changes nothing. What exists is read by one export, which does not
// shift while others make and cancel subscriptions, as pages would; the room in the tier is read from the account. An export
// whose end cannot be proven is an error, here and wherever what exists is read: see [Subscriptions.Exported]. So is one with
// a row that has no status: a cancelled subscription would be taken for one that watches.
//
// Addresses are compared by kind and name: scheme and its port, www, the case of letters, a trailing slash and the query do
// not matter. A name such as "john-doe" is also an id. An error of the desired set ends it.
func (s *Subscriptions) Plan(ctx context.Context, desired iter.Seq2[Entity, error], o PlanOptions, options ...api.CallOption) (*Plan, error) {
	op := &s.caller().rows.export
	if err := s.caller().ready(ctx, op); err != nil {
		return nil, err
	}
	if desired == nil {
		return nil, wire.Refuse(op, errors.New("there is no desired set"))
	}
	p := &Plan{subscriptions: s, o: o, Room: -1, Limit: -1}
	wanted, err := p.read(desired)
	if err != nil {
		return nil, fmt.Errorf("the desired set: %w", err)
	}
	if p.Desired == 0 && !o.Keep && !o.CancelEverything {
		return nil, wire.Refuse(op, errors.New("the desired set is empty: every subscription would end (PlanOptions.CancelEverything allows it)"))
	}
	if err := p.compare(ctx, wanted, options); err != nil {
		return nil, err
	}
	info, err := s.account.Get(ctx, options...)
	if err != nil {
		return nil, err
	}
	p.Tier = info.Tier
	if left, known := info.Room(); known {
		p.Room, p.Limit = left, *info.SubscriptionLimit
	}
	p.Takes = s.takes(p)
	return p, nil
}

// Restore is the plan that subscribes again to what an export has that does not exist any more, such as a file of
// [Subscriptions.Backup]. It cancels nothing. What was cancelled when the export was made stays so: an export of which a row
// does not say whether it was is an error.
func (s *Subscriptions) Restore(ctx context.Context, export io.Reader, format ExportFormat, options ...api.CallOption) (*Plan, error) {
	desired := func(yield func(Entity, error) bool) {
		for sub, err := range ReadExport(export, format) {
			switch {
			case err != nil:
				yield(Entity{}, err)
				return
			case sub.Status == "":
				yield(Entity{}, errNoStatus)
				return
			case !sub.Exists():
				continue
			}
			e := sub.Entity()
			if _, valid := urlKey(e.Type, e.LinkedInURL); valid { // which the provider prefers
				e.LinkedInID = ""
			} else if e.LinkedInID != "" {
				e.LinkedInURL = ""
			}
			if !yield(e, nil) {
				return
			}
		}
	}
	return s.Plan(ctx, desired, PlanOptions{Keep: true}, options...)
}

// wantedSet is the desired set by the keys of its entities.
type wantedSet struct {
	entities []Entity
	places   map[key]int
	exists   []bool
}

func (p *Plan) read(desired iter.Seq2[Entity, error]) (*wantedSet, error) {
	w := &wantedSet{places: make(map[key]int)}
	place := -1
	for e, err := range desired {
		if err != nil {
			return nil, err
		}
		place++
		if err := e.Validate(); err != nil {
			p.Refused = append(p.Refused, Item{Place: place, Entity: e, State: ItemRefused, Reason: err.Error()})
			continue
		}
		at, keys, twice := len(w.entities), e.keys(), false
		for _, k := range keys {
			if before, found := w.places[k]; found && !twice {
				at, twice = before, true
			}
		}
		for _, k := range keys { // also of one that comes again: by id and address it may have two names
			if _, found := w.places[k]; !found {
				w.places[k] = at
			}
		}
		if twice {
			p.Twice++
			continue
		}
		w.entities = append(w.entities, e)
	}
	p.Desired, w.exists = len(w.entities), make([]bool, len(w.entities))
	return w, nil
}

// compare reads what exists.
func (p *Plan) compare(ctx context.Context, w *wantedSet, options []api.CallOption) error {
	for sub, err := range p.subscriptions.decided(ctx, options) {
		if err != nil {
			return err
		}
		if !sub.Exists() {
			continue
		}
		p.Exists++
		sub.Raw = nil // there may be many
		place, found := w.find(&sub)
		_, hasAddress := urlKey(sub.Type, sub.LinkedInURL)
		switch {
		case found:
			w.exists[place] = true
			p.Kept++
		case p.o.Keep:
		case hasAddress && folders[sub.Type] != "" || p.o.CancelUnmatched:
			p.Cancel = append(p.Cancel, sub)
		default:
			p.Unmatched = append(p.Unmatched, sub)
		}
	}
	for i, e := range w.entities {
		if !w.exists[i] {
			p.Create = append(p.Create, e)
		}
	}
	return nil
}

func (w *wantedSet) find(sub *Subscription) (place int, found bool) {
	for _, k := range sub.Entity().keys() {
		if place, found = w.places[k]; found {
			return place, true
		}
	}
	return 0, false
}

// takes counts the calls and asks the rate limit.
func (s *Subscriptions) takes(p *Plan) time.Duration {
	creates := (len(p.Create) + sw.MaxBulk - 1) / sw.MaxBulk
	atOnce := s.caller().settings.CancelAtOnce()
	cancels, singles := (len(p.Cancel)+atOnce-1)/atOnce, 0
	if p.o.OneByOne {
		cancels, singles = 0, len(p.Cancel)
	}
	p.Calls = creates + cancels + singles
	takes, err := s.caller().forecast(BulkCalls, creates+cancels)
	if err != nil {
		return -1
	}
	one, err := s.caller().forecast(Class(s.caller().rows.cancel.Class), singles)
	if err != nil {
		return -1
	}
	return takes + one
}

// Lacks is for how many of the entities the tier has no room, once everything to be cancelled is. It is 0 when the room is
// not known.
func (p *Plan) Lacks() int64 {
	if p.Room < 0 {
		return 0
	}
	return max(0, int64(len(p.Create)-len(p.Cancel))-p.Room)
}

// String is the plan in a few lines, without anybody's name.
func (p *Plan) String() string {
	var b strings.Builder
	line := func(name string, value any) { fmt.Fprintf(&b, "%-12s %v\n", name, value) }
	line("desired", p.Desired)
	line("twice", p.Twice)
	line("exist", p.Exists)
	line("keep", p.Kept)
	line("create", len(p.Create))
	line("cancel", len(p.Cancel))
	line("unmatched", len(p.Unmatched))
	line("refused", len(p.Refused))
	line("calls", p.Calls)
	if p.Takes >= 0 {
		line("takes", p.Takes.Round(time.Second))
	} else {
		line("takes", "unknown")
	}
	switch {
	case p.Room < 0:
		line("room", "unknown")
	case p.Lacks() > 0:
		line("room", fmt.Sprintf("%d of %d: %d too few", p.Room, p.Limit, p.Lacks()))
	default:
		line("room", fmt.Sprintf("%d of %d", p.Room, p.Limit))
	}
	return b.String()
}
