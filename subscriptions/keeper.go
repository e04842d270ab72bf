package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/pronet-go/pronet/api"
)

// MaxSubscriptions is the most active subscriptions of one account (since August 2026).
const MaxSubscriptions = 500

const (
	defaultRenewBefore = 14 * 24 * time.Hour
	maxLifetime        = 365 * 24 * time.Hour // after creation; no renewal goes beyond
)

// Wanted is one subscription that should always be there.
type Wanted struct {
	// Name is your name for it. It is what the state remembers, so it must stay the same.
	Name string
	// Definition is any text that changes when Create does, such as a version or the encoded filter. When it differs
	// from what the subscription was created with, it is created again and the old one deleted.
	Definition string
	// Create creates it, with one of the Create methods of a dataset.
	Create func(ctx context.Context) (*Subscription, error)
}

// Renewer is what a Keeper needs of the service. client.Subscriptions is one.
type Renewer interface {
	All(ctx context.Context, o ListOptions, options ...api.CallOption) iter.Seq2[Subscription, error]
	Renew(ctx context.Context, id string, options ...api.CallOption) (*Subscription, error)
	Delete(ctx context.Context, id string, options ...api.CallOption) error
}

// KeeperOptions says how a Keeper works. The zero value is ready to use.
type KeeperOptions struct {
	// RenewBefore is how long before its end a subscription is renewed; 0 means 14 days. It must be longer than the
	// time between two sweeps, and shorter than 91 days.
	RenewBefore time.Duration
	// RecreateAll creates all again when none of several is listed, instead of failing with [ErrAllMissing].
	RecreateAll bool
	// DryRun only reports what a sweep would do.
	DryRun bool
	// DeleteUnwanted deletes subscriptions that this Keeper created and that are not wanted any more. Without it they
	// are reported and left to expire. Subscriptions that it did not create are never touched.
	DeleteUnwanted bool
	// Logger logs what a sweep did at INFO, and at WARN what it could not do; nil means slog.Default() for WARN and
	// above. slog.New(slog.DiscardHandler) silences it.
	Logger *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Keeper keeps subscriptions alive. The provider lets them end silently after 91 days, and for good a year after their
// creation: a Keeper renews them in time and creates a new one for each that is gone or cannot be renewed any further,
// before the old one is deleted.
//
// It remembers in a [KeeperState] which subscription is whose, and writes down what it is about to create before it
// does, with the subscriptions that were there. So after a crash or a lost response it finds the new one in the
// provider's list instead of creating a second one.
//
// Two things it cannot know. If a creation got no response and was not carried out, and somebody else creates exactly
// one subscription with the same key at about that time, the Keeper takes that one for its own. And when it replaces a
// subscription, changes between the last notice of the old one and the first of the new one are reported by neither.
//
// A clock that was ahead and is put right delays nothing: what was written down as of a time to come counts as of now. If
// the provider lists a subscription as active that has ended days ago by this machine's clock, the clock is taken to be
// ahead, and nothing is done with that subscription but to report it.
//
// Call Sweep from a daily job, or Run. What fails is logged at WARN too, see KeeperOptions.Logger, and [Keeper.Status]
// tells how it stands. One Keeper at a time may use a state.
type Keeper struct {
	service Renewer
	store   KeeperState
	wanted  []Wanted
	options KeeperOptions
	working sync.Mutex // one sweep at a time
	noting  sync.Mutex
	status  KeeperStatus // noting guards it
}

// NewKeeper returns a Keeper. Names must be unique and not empty, and at most [MaxSubscriptions] can be wanted.
func NewKeeper(service Renewer, state KeeperState, wanted []Wanted, o KeeperOptions) (*Keeper, error) {
	refuse := func(format string, args ...any) (*Keeper, error) {
		return nil, fmt.Errorf("subscriptions: keeper: "+format+": %w", append(args, api.ErrInvalid)...)
	}
	switch {
	case service == nil || state == nil:
		return refuse("the service or the state is nil")
	case len(wanted) > MaxSubscriptions:
		return refuse("%d subscriptions are wanted, an account may have %d", len(wanted), MaxSubscriptions)
	case o.RenewBefore < 0 || o.RenewBefore >= firstLifetime:
		return refuse("a RenewBefore of %s is not between 0 and the 91 days that a subscription lives", o.RenewBefore)
	}
	seen := make(map[string]bool, len(wanted))
	for i, w := range wanted {
		switch {
		case w.Name == "":
			return refuse("wanted subscription %d has no name", i+1)
		case seen[w.Name]:
			return refuse("the name %.100q is given twice", w.Name)
		case w.Create == nil:
			return refuse("%.100q has no Create", w.Name)
		}
		seen[w.Name] = true
	}
	if o.RenewBefore == 0 {
		o.RenewBefore = defaultRenewBefore
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	k := &Keeper{service: service, store: state, wanted: slices.Clone(wanted), options: o}
	k.status.Wanted = len(wanted)
	return k, nil
}

// Run sweeps at once and then at every interval until the context ends, and calls report after each. An interval of a
// day is plenty; it must be at least a minute. What a sweep could not do, the next one retries.
func (k *Keeper) Run(ctx context.Context, interval time.Duration, report func(Report, error)) error {
	if err := k.ready(ctx); err != nil {
		return err
	}
	if report == nil {
		return fmt.Errorf("subscriptions: keeper: without a report function failures would go unnoticed: %w", api.ErrInvalid)
	}
	if interval < time.Minute || interval >= k.options.RenewBefore {
		return fmt.Errorf("subscriptions: keeper: an interval of %s is not between a minute and RenewBefore: %w", interval, api.ErrInvalid)
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		swept, err := k.Sweep(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		report(swept, err)
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Sweep looks at every wanted subscription once, does what is due, and reports each action and each that it could not
// do. Its error joins those of the actions; it is something else only when the state or the provider's list could not
// be read, and then nothing was done.
func (k *Keeper) Sweep(ctx context.Context) (Report, error) {
	if err := k.ready(ctx); err != nil {
		return Report{}, err
	}
	k.working.Lock()
	defer k.working.Unlock()
	s, err := &sweep{Keeper: k}, errPanicked // until it returns
	k.begin()
	defer func() {
		k.end(ctx, s, err)
		k.tell(ctx, s.report, err)
	}()
	err = s.run(ctx)
	return s.report, err
}

var errPanicked = errors.New("a function that was given to the keeper panicked")

// ready refuses a Keeper that NewKeeper has not made, and a call without a context.
func (k *Keeper) ready(ctx context.Context) error {
	switch {
	case k == nil || k.service == nil:
		return fmt.Errorf("subscriptions: keeper: it was not made by NewKeeper: %w", api.ErrInvalid)
	case ctx == nil:
		return fmt.Errorf("subscriptions: keeper: the context is nil: %w", api.ErrInvalid)
	}
	return nil
}

// Adopt enters into the state that an existing subscription is the wanted one of that name: after a report of
// [ErrAmbiguous], or to take over one that was created by hand. The next sweep deletes the one that it replaces, if
// any.
func (k *Keeper) Adopt(ctx context.Context, name, id string) error {
	if err := k.ready(ctx); err != nil {
		return err
	}
	i := slices.IndexFunc(k.wanted, func(w Wanted) bool { return w.Name == name })
	if i < 0 || id == "" {
		return fmt.Errorf("subscriptions: keeper: %.100q is not wanted, or the id is empty: %w", name, api.ErrInvalid)
	}
	k.working.Lock()
	defer k.working.Unlock()
	state, err := k.store.Load(ctx)
	if err != nil {
		return fmt.Errorf("subscriptions: keeper: reading the state: %w", err)
	}
	state = state.clone()
	if old := state.Kept[name].ID; old != "" && old != id {
		state.Retired = append(state.Retired, Retired{Name: name, ID: old})
	}
	state.Retired = slices.DeleteFunc(state.Retired, func(r Retired) bool { return r.ID == id })
	state.Kept[name] = Kept{ID: id, Definition: k.wanted[i].Definition}
	delete(state.Creating, name)
	state.Generation++
	return k.store.Save(ctx, state)
}

// ErrAmbiguous reports a creation whose response was lost, after which more than one subscription appeared that may be
// it, or one that may also be that of another creation whose response was lost. Look at them, and say which it is with
// [Keeper.Adopt].
var ErrAmbiguous = errors.New("it is not certain which subscription is the one that was created")

// ErrAllMissing reports that the provider lists none of several subscriptions that should still live. The key may be
// another one, which sees its own subscriptions only. A sweep does nothing then, unless KeeperOptions.RecreateAll says
// so.
var ErrAllMissing = errors.New("none of the subscriptions is listed: is the key another one?")

// Report is what a sweep did.
type Report struct {
	// DryRun is true when it only says what it would have done.
	DryRun bool
	// Actions are in the order in which they were done. A subscription that needed nothing has none.
	Actions []Action
	// Kept is how many wanted subscriptions are active after the sweep.
	Kept int
}

// Action is one thing that a sweep did, or could not do.
type Action struct {
	// Name is the wanted subscription's, or the one under which an unwanted one was created.
	Name string
	// Kind is what was done.
	Kind ActionKind
	// ID is the subscription's id, empty when it was not created.
	ID string
	// ExpiringAt is when it ends now, zero when the provider did not say.
	ExpiringAt time.Time
	// Err is why it could not be done; the next sweep retries.
	Err error
}

// ActionKind is what a sweep does with a subscription.
type ActionKind string

const (
	// ActionCreate creates one that is missing.
	ActionCreate ActionKind = "create"
	// ActionAdopt finds one that an earlier sweep created without learning its id.
	ActionAdopt ActionKind = "adopt"
	// ActionRenew extends one.
	ActionRenew ActionKind = "renew"
	// ActionReplace creates a new one for one that cannot be renewed any further, or whose definition changed.
	ActionReplace ActionKind = "replace"
	// ActionDelete deletes one that was replaced or is not wanted any more.
	ActionDelete ActionKind = "delete"
	// ActionLeave leaves one alone that is not wanted any more: it expires by itself.
	ActionLeave ActionKind = "leave"
)

// KeeperState stores what a Keeper remembers. Save must have stored the state durably when it returns nil. A Load
// without anything stored returns the zero State. Save returns api.ErrConflict unless the generation is one more than the
// stored one's. Package keeperstatetest checks it.
type KeeperState interface {
	Load(ctx context.Context) (State, error)
	Save(ctx context.Context, state State) error
}

// State is what a Keeper remembers between sweeps.
type State struct {
	// Generation counts the saves, so that a store can refuse one that is based on an older state.
	Generation int64 `json:"generation"`
	// Kept are the subscriptions by their wanted name.
	Kept map[string]Kept `json:"kept,omitempty"`
	// Creating are the creations in progress, by wanted name.
	Creating map[string]Creating `json:"creating,omitempty"`
	// Retired are subscriptions that were replaced and are still to be deleted.
	Retired []Retired `json:"retired,omitempty"`
}

// Kept is a subscription that a Keeper looks after.
type Kept struct {
	// ID is the provider's id.
	ID string `json:"id"`
	// Definition is the wanted definition that it was created with.
	Definition string `json:"definition,omitempty"`
	// CreatedAt is when it was created, by this machine's clock.
	CreatedAt time.Time `json:"created_at,omitzero"`
	// ExpiringAt is when it ends, as far as the provider said when it was created or renewed.
	ExpiringAt time.Time `json:"expiring_at,omitzero"`
}

// Creating is a creation of which only is known that it may have started.
type Creating struct {
	// Definition is the wanted one.
	Definition string `json:"definition,omitempty"`
	// At is when it began.
	At time.Time `json:"at"`
	// Before are the ids of the subscriptions that were active then.
	Before []string `json:"before,omitempty"`
}

// Retired is a subscription that is to be deleted.
type Retired struct {
	// Name is the wanted name under which it was created.
	Name string `json:"name"`
	// ID is the provider's id.
	ID string `json:"id"`
}

func (s State) clone() State {
	s.Kept = maps.Clone(s.Kept)
	if s.Kept == nil {
		s.Kept = make(map[string]Kept)
	}
	s.Retired = slices.Clone(s.Retired)
	s.Creating = maps.Clone(s.Creating)
	if s.Creating == nil {
		s.Creating = make(map[string]Creating)
	}
	return s
}
