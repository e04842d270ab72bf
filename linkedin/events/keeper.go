package events

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/durable"
)

const defaultRenewBefore = 7 * 24 * time.Hour

// Wanted is a subscription that should always be there.
type Wanted struct {
	// Key names it.
	Key Key
	// Webhook is where its events are sent.
	Webhook string
}

// Subscriber is what a [Keeper] needs of the service. client.LinkedIn.Events is one.
type Subscriber interface {
	Get(ctx context.Context, key Key, options ...api.CallOption) (*Subscription, error)
	Subscribe(ctx context.Context, key Key, webhook string, options ...api.CallOption) (*Subscription, error)
}

// KeeperOptions says how a [Keeper] works. The zero value is ready to use.
type KeeperOptions struct {
	// File is where the keeper remembers when it saw each subscription alive; "" is in memory only, so that one which died
	// while the program did not run looks like one that never was.
	File string
	// RenewBefore is how long before its end a subscription is renewed; 0 means 7 days. How long one lives LinkedIn says in
	// its response only. One whose end it does not say is renewed at each sweep.
	RenewBefore time.Duration
	// Logger logs what a sweep did at INFO, and at WARN what died and what it could not do; nil means slog.Default() for WARN
	// and above. slog.New(slog.DiscardHandler) silences it.
	Logger *slog.Logger
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Keeper keeps the subscriptions of one member alive: it renews them in time, makes again those that died, and says which
// it cannot make again. LinkedIn tells nobody when a subscription dies, as it does with the grant of the member or with the
// role of an administrator.
//
// What was sent while one was dead is missing: [Action.MissedSince] says since when, and [Service.AllMissed] reads it.
//
// Call Sweep from a job, or Run. One Keeper at a time may use a file.
type Keeper struct {
	service Subscriber
	wanted  []kept
	options KeeperOptions
	working sync.Mutex // one sweep at a time; it guards memory
	memory  keeperFile
	noting  sync.Mutex
	status  KeeperStatus // noting guards it
}

// KeeperStatus is how a [Keeper] stands, for health checks and metrics. Times are those of KeeperOptions.Now.
type KeeperStatus struct {
	// Wanted is how many subscriptions should be there. Alive is how many of them were there after the last sweep, and Lost
	// how many LinkedIn refuses to make: a person has to log in again, or to be made an administrator.
	Wanted, Alive, Lost int
	// NextEnd is when the first of them ends unless it is renewed, zero when not known.
	NextEnd time.Time
	// Sweeping says that a sweep is in progress.
	Sweeping bool
	// LastSweep is when the last sweep ended, zero before the first one.
	LastSweep time.Time
	// LastError is the text of the last sweep's error or of the last one that failed, and LastErrorAt when that was.
	LastError   string
	LastErrorAt time.Time
}

// ActionKind is what a sweep does with a subscription.
type ActionKind string

const (
	// ActionCreate makes one that was never seen.
	ActionCreate ActionKind = "create"
	// ActionRenew extends one, or gives it another webhook.
	ActionRenew ActionKind = "renew"
	// ActionRevive makes one again that died.
	ActionRevive ActionKind = "revive"
)

// Action is one thing that a sweep did, or could not do.
type Action struct {
	// Key names the subscription.
	Key Key
	// Kind is what was done.
	Kind ActionKind
	// Ends is when it ends now, zero when LinkedIn did not say.
	Ends time.Time
	// MissedSince is when a subscription that died was last seen alive: events since then may be missing. It is zero of
	// others.
	MissedSince time.Time
	// Err is why it could not be done; the next sweep retries. With [api.ErrUnauthorized] or [api.ErrForbidden] the member's
	// grant or role is gone.
	Err error
}

// Lost says that no retry helps until the member has given the grant or has the role again.
func (a Action) Lost() bool {
	return errors.Is(a.Err, api.ErrUnauthorized) || errors.Is(a.Err, api.ErrForbidden)
}

// Report is what a sweep did.
type Report struct {
	// Actions are in the order of the wanted subscriptions. One that needed nothing has none.
	Actions []Action
	// Alive is how many wanted subscriptions were seen to be there. One that could not be looked at is none of them.
	Alive int
}

// keeperFile is what a Keeper remembers.
type keeperFile struct {
	Format     int                 `json:"format"`
	Generation int64               `json:"generation"`
	Seen       map[string]lastSeen `json:"seen,omitempty"`
}

type lastSeen struct {
	Alive time.Time `json:"alive"`
}

var keeperFiles = durable.State[keeperFile]{Format: 1, MaxBytes: 8 << 20, Generation: func(f *keeperFile) int64 { return f.Generation }}

// kept is what is wanted; its webhook is behind a func, so that no way to print a Keeper shows it.
type kept struct {
	key     Key
	webhook func() string
}

// NewKeeper returns a Keeper of the subscriptions of one member. Each key may stand once. The error is [api.ErrInvalid].
func NewKeeper(service Subscriber, wanted []Wanted, o KeeperOptions) (*Keeper, error) {
	refuse := func(reason string) (*Keeper, error) {
		return nil, fmt.Errorf("events: keeper: %s: %w", reason, api.ErrInvalid)
	}
	if service == nil {
		return refuse("the service is nil")
	}
	if o.RenewBefore < 0 {
		return refuse("RenewBefore is negative")
	}
	all := make([]kept, len(wanted))
	for i, w := range wanted {
		if _, err := w.Key.record(); err != nil {
			return refuse(err.Error())
		}
		all[i] = kept{key: w.Key.whole(), webhook: func() string { return w.Webhook }}
		if slices.ContainsFunc(all[:i], func(k kept) bool { return k.key == all[i].key }) {
			return refuse("a subscription is wanted twice")
		}
	}
	if o.RenewBefore == 0 {
		o.RenewBefore = defaultRenewBefore
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Keeper{service: service, wanted: all, options: o, status: KeeperStatus{Wanted: len(wanted)}}, nil
}

func (k *Keeper) ready(ctx context.Context) error {
	switch {
	case k == nil || k.service == nil:
		return fmt.Errorf("events: keeper: it was not made by NewKeeper: %w", api.ErrInvalid)
	case ctx == nil:
		return fmt.Errorf("events: keeper: the context is nil: %w", api.ErrInvalid)
	}
	return nil
}

// Run sweeps at once and then at every interval until the context ends, and calls report, if it is not nil, after each. The
// interval is at least a minute and shorter than RenewBefore: an hour finds what died within the hour.
func (k *Keeper) Run(ctx context.Context, interval time.Duration, report func(Report, error)) error {
	if err := k.ready(ctx); err != nil {
		return err
	}
	if interval < time.Minute || interval >= k.options.RenewBefore {
		return fmt.Errorf("events: keeper: an interval of %s is not between a minute and RenewBefore: %w", interval, api.ErrInvalid)
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		swept, err := k.Sweep(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if report != nil {
			report(swept, err)
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Sweep looks at every wanted subscription once, does what is due, and reports each action and each that it could not do.
// Its error joins those of the actions, and that of the file.
func (k *Keeper) Sweep(ctx context.Context) (Report, error) {
	if err := k.ready(ctx); err != nil {
		return Report{}, err
	}
	k.working.Lock()
	defer k.working.Unlock()
	k.note(func(s *KeeperStatus) { s.Sweeping = true })
	defer k.note(func(s *KeeperStatus) { s.Sweeping, s.LastSweep = false, k.options.Now() })
	report, next, lost, err := k.sweep(ctx)
	k.note(func(s *KeeperStatus) {
		if ctx.Err() == nil {
			s.Alive, s.Lost, s.NextEnd = report.Alive, lost, next
			if err != nil {
				s.LastError, s.LastErrorAt = bounded(err), k.options.Now()
			}
		}
	})
	k.tell(ctx, report, err)
	return report, err
}

func (k *Keeper) sweep(ctx context.Context) (report Report, next time.Time, lost int, err error) {
	if err := k.load(); err != nil {
		return report, next, lost, err
	}
	var errs []error
	for _, wanted := range k.wanted {
		if ctx.Err() != nil {
			return report, next, lost, ctx.Err()
		}
		now := k.options.Now()
		action, ends, alive := k.keep(ctx, wanted, now)
		if action != nil {
			report.Actions = append(report.Actions, *action)
		}
		if action != nil && action.Err != nil {
			errs = append(errs, fmt.Errorf("%s %s: %w", action.Kind, wanted.key.Type, action.Err))
			if action.Lost() {
				lost++
			}
		}
		if !alive {
			continue
		}
		report.Alive++
		k.memory.Seen[name(wanted.key)] = lastSeen{Alive: now.Round(0).UTC()}
		if !ends.IsZero() && (next.IsZero() || ends.Before(next)) {
			next = ends
		}
	}
	return report, next, lost, errors.Join(append(errs, k.save())...)
}

// keep does what is due for one subscription, and returns when it ends, and whether it is known to be there. The action is nil
// if nothing was due.
func (k *Keeper) keep(ctx context.Context, wanted kept, now time.Time) (action *Action, ends time.Time, alive bool) {
	found, err := k.service.Get(ctx, wanted.key)
	seen, known := k.memory.Seen[name(wanted.key)]
	action = &Action{Key: wanted.key, Kind: ActionRenew}
	ended := err == nil && !found.Ends.IsZero() && !found.Ends.After(now)
	switch {
	case errors.Is(err, api.ErrNotFound), ended, err != nil && (Action{Err: err}).Lost():
		if action.Kind = ActionCreate; known {
			action.Kind, action.MissedSince = ActionRevive, seen.Alive
		}
		if err != nil && !errors.Is(err, api.ErrNotFound) {
			action.Err = err
			return action, ends, false
		}
	case err != nil: // nothing is known of it
		action.Err = err
		return action, ends, false
	case found.Webhook != "" && found.Webhook != wanted.webhook(), found.Ends.IsZero(), found.Ends.Sub(now) <= k.options.RenewBefore:
		ends, alive = found.Ends, true
	default:
		return nil, found.Ends, true
	}
	made, err := k.service.Subscribe(ctx, wanted.key, wanted.webhook())
	if err != nil {
		action.Err = err
		return action, ends, alive && !action.Lost() // a subscription dies with its grant
	}
	action.Ends = made.Ends
	return action, made.Ends, true
}

// name is how a subscription is remembered.
func name(key Key) string {
	return strings.Join([]string{key.App.String(), key.Member.String(), key.Organization.String(), key.Type}, " ")
}

func (k *Keeper) load() error {
	if k.options.File != "" {
		state, err := keeperFiles.ReadFile(k.options.File)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			k.memory = keeperFile{}
		case err != nil:
			return fileError(err)
		default:
			k.memory = *state
		}
	}
	if k.memory.Seen == nil {
		k.memory.Seen = make(map[string]lastSeen)
	}
	return nil
}

func (k *Keeper) save() error {
	k.memory.Format = keeperFiles.Format
	k.memory.Generation++
	if k.options.File == "" {
		return nil
	}
	if err := keeperFiles.SwapFile(k.options.File, &k.memory); err != nil {
		return fileError(err)
	}
	return nil
}

func fileError(err error) error {
	switch other, format := errors.AsType[*durable.FormatError](err); {
	case format:
		return fmt.Errorf("events: keeper: the file has the format %d, this version knows %d: %w", other.Found, other.Known, api.ErrInvalid)
	case errors.Is(err, durable.ErrTooLong):
		return fmt.Errorf("events: keeper: the file is too large: %w", api.ErrTooLarge)
	case errors.Is(err, durable.ErrDamaged), errors.Is(err, durable.ErrNotRegular):
		return fmt.Errorf("events: keeper: the file is not one of a keeper: %w", api.ErrInvalid)
	case errors.Is(err, durable.ErrChanged), errors.Is(err, durable.ErrLocked):
		return fmt.Errorf("events: keeper: another keeper writes the file: %w", api.ErrConflict)
	}
	return fmt.Errorf("events: keeper: the file: %w", err)
}

// Status returns how the keeper stands. It reads nothing, and may be called at any time.
func (k *Keeper) Status() KeeperStatus {
	if k == nil || k.service == nil {
		return KeeperStatus{}
	}
	k.noting.Lock()
	defer k.noting.Unlock()
	return k.status
}

func (k *Keeper) note(change func(*KeeperStatus)) {
	k.noting.Lock()
	defer k.noting.Unlock()
	change(&k.status)
}

// tell logs what a sweep did.
func (k *Keeper) tell(ctx context.Context, report Report, err error) {
	if ctx.Err() != nil {
		return
	}
	for _, a := range report.Actions {
		level, message := slog.LevelInfo, "events: keeper: "+string(a.Kind)
		attrs := []slog.Attr{slog.String("type", a.Key.Type), slog.String("organization", a.Key.Organization.String())}
		if !a.Ends.IsZero() {
			attrs = append(attrs, slog.Time("ends", a.Ends))
		}
		if !a.MissedSince.IsZero() {
			level = slog.LevelWarn
			attrs = append(attrs, slog.Time("missed_since", a.MissedSince))
		}
		if a.Err != nil {
			level, message = slog.LevelWarn, message+" failed"
			attrs = append(attrs, slog.Bool("lost", a.Lost()), slog.String("error", bounded(a.Err)))
		}
		k.log(ctx, level, message, attrs...)
	}
	if err != nil && !slices.ContainsFunc(report.Actions, func(a Action) bool { return a.Err != nil }) {
		k.log(ctx, slog.LevelWarn, "events: keeper: the sweep failed", slog.String("error", bounded(err)))
	}
}

func (k *Keeper) log(ctx context.Context, level slog.Level, message string, attrs ...slog.Attr) {
	logger := k.options.Logger
	if logger == nil {
		if level < slog.LevelWarn {
			return
		}
		logger = slog.Default()
	}
	logger.LogAttrs(ctx, level, message, attrs...)
}

// bounded is the text of an error, at most a kilobyte of it.
func bounded(err error) string {
	text := err.Error()
	return text[:min(len(text), 1024)]
}
