package subscriptions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pronet-go/pronet/api"
)

// sweep is one look at all wanted subscriptions.
type sweep struct {
	*Keeper

	now    time.Time
	state  State
	active map[string]Subscription // by id, as the provider lists them
	seen   bool                    // the list was read
	report Report
	// uncertain says that a creation of this sweep got no response. No other one starts then: of two, it could not be
	// found out later which subscription is whose.
	uncertain bool
}

const (
	// appearsWithin is how long a new subscription may take to be listed (assumed; the provider says that one is being
	// initialised for a while).
	appearsWithin = 10 * time.Minute
	// sameCreation is how far the provider's date of a creation, which has no time of day, may be from ours.
	sameCreation = 48 * time.Hour
	// firstLifetime is how long a subscription lives that is not renewed.
	firstLifetime = 91 * 24 * time.Hour
)

var (
	errUncertain  = errors.New("another creation got no response: the next sweep continues")
	errNotNew     = errors.New("its Create found a subscription that is kept already: it must create, without Options.Ensure")
	errClockAhead = errors.New("the provider lists it as active, and by this machine's clock it has ended: is the clock ahead?")
)

// run looks at every wanted subscription and does what is due.
func (s *sweep) run(ctx context.Context) error {
	state, err := s.store.Load(ctx)
	if err != nil {
		return fmt.Errorf("subscriptions: keeper: reading the state: %w", err)
	}
	s.now, s.state = s.options.Now(), state.clone()
	if err := s.list(ctx); err != nil {
		return err
	}
	s.seen = true
	if err := s.putRight(ctx); err != nil {
		return fmt.Errorf("subscriptions: keeper: %w", err)
	}
	if !s.options.RecreateAll && s.allMissing() {
		return fmt.Errorf("subscriptions: keeper: %w", ErrAllMissing)
	}
	s.report.DryRun = s.options.DryRun
	s.find(ctx)
	for _, wanted := range s.wanted {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.keep(ctx, wanted)
	}
	s.retire(ctx)
	s.unwanted(ctx)
	var errs []error
	for _, action := range s.report.Actions {
		if action.Err != nil {
			errs = append(errs, fmt.Errorf("%s %.100q: %w", action.Kind, action.Name, action.Err))
		}
	}
	return errors.Join(errs...)
}

// keep does what is due for one wanted subscription, unless it is not certain which one that is.
func (s *sweep) keep(ctx context.Context, wanted Wanted) {
	if _, pending := s.state.Creating[wanted.Name]; !pending {
		s.check(ctx, wanted)
	}
	if _, active := s.active[s.state.Kept[wanted.Name].ID]; active {
		s.report.Kept++
	}
}

func (s *sweep) check(ctx context.Context, wanted Wanted) {
	kept, known := s.state.Kept[wanted.Name]
	current, active := s.active[kept.ID]
	switch {
	case known && !active && s.now.Sub(kept.CreatedAt) < appearsWithin: // just created, and not listed yet
	case active && s.endedLongAgo(current):
		s.report.Actions = append(s.report.Actions, Action{
			Name: wanted.Name, Kind: ActionRenew, ID: kept.ID, ExpiringAt: current.ExpiringAt, Err: errClockAhead,
		})
	case !known || !active:
		s.create(ctx, wanted, ActionCreate, "")
	case kept.Definition != wanted.Definition:
		s.create(ctx, wanted, ActionReplace, kept.ID)
	case s.remaining(current) <= s.options.RenewBefore:
		s.renew(ctx, wanted, kept, current)
	}
}

// putRight takes what a clock that was ahead has written down as of now, since nothing was made later than that. When a
// creation began is not known then.
func (s *sweep) putRight(ctx context.Context) error {
	changed := false
	for name, kept := range s.state.Kept {
		if kept.CreatedAt.After(s.now) {
			kept.CreatedAt, changed = s.now, true
			s.state.Kept[name] = kept
		}
	}
	for name, creating := range s.state.Creating {
		if creating.At.After(s.now) {
			creating.At, changed = time.Time{}, true
			s.state.Creating[name] = creating
		}
	}
	if !changed || s.options.DryRun {
		return nil
	}
	return s.save(ctx)
}

// endedLongAgo reports a subscription that is active and, by this machine's clock, has ended, however the dates are meant.
func (s *sweep) endedLongAgo(current Subscription) bool {
	return !current.ExpiringAt.IsZero() && s.remaining(current) < -sameCreation
}

// remaining is how long a subscription lives on. One whose end the provider does not state counts as about to end.
func (s *sweep) remaining(subscription Subscription) time.Duration {
	if subscription.ExpiringAt.IsZero() {
		return 0
	}
	return subscription.ExpiringAt.Sub(s.now)
}

// renew renews a subscription, or replaces it when it is as old as it may get.
func (s *sweep) renew(ctx context.Context, wanted Wanted, kept Kept, current Subscription) {
	if !current.CreatedAt.IsZero() && s.now.Add(s.options.RenewBefore).After(current.CreatedAt.Add(maxLifetime)) {
		s.create(ctx, wanted, ActionReplace, kept.ID)
		return
	}
	action := Action{Name: wanted.Name, Kind: ActionRenew, ID: kept.ID, ExpiringAt: current.ExpiringAt}
	if s.options.DryRun {
		s.report.Actions = append(s.report.Actions, action)
		return
	}
	renewed, err := s.service.Renew(ctx, kept.ID)
	switch {
	case errors.Is(err, api.ErrInvalid): // it would go beyond a year, or has ended meanwhile
		s.create(ctx, wanted, ActionReplace, kept.ID)
		return
	case errors.Is(err, api.ErrNotFound):
		delete(s.active, kept.ID)
		s.create(ctx, wanted, ActionCreate, "")
		return
	case err != nil:
		action.Err = err
	default:
		action.ExpiringAt = renewed.ExpiringAt
		kept.ExpiringAt = renewed.ExpiringAt
		s.state.Kept[wanted.Name] = kept
		action.Err = s.save(ctx)
	}
	s.report.Actions = append(s.report.Actions, action)
}

// create creates a subscription, and retires the one that it replaces. What is about to happen is written down first.
func (s *sweep) create(ctx context.Context, wanted Wanted, kind ActionKind, replaces string) {
	action := Action{Name: wanted.Name, Kind: kind}
	defer func() { s.report.Actions = append(s.report.Actions, action) }()
	switch {
	case s.options.DryRun:
		return
	case s.uncertain:
		action.Err = errUncertain
		return
	}
	s.state.Creating[wanted.Name] = Creating{Definition: wanted.Definition, At: s.now, Before: slices.Sorted(maps.Keys(s.active))}
	if action.Err = s.save(ctx); action.Err != nil {
		delete(s.state.Creating, wanted.Name) // it has not started
		return
	}
	created, err := wanted.Create(ctx)
	if err == nil && (created == nil || created.ID == "") {
		err = fmt.Errorf("the Create of %.100q returned no subscription: %w", wanted.Name, api.ErrMaybeApplied)
	}
	if err == nil && created.Existed && (created.ID == replaces || s.keptAs(wanted.Name, created.ID)) {
		err = errNotNew
	}
	switch {
	case errors.Is(err, api.ErrMaybeApplied):
		id := s.appeared(ctx, wanted.Name)
		if id == "" {
			action.Err, s.uncertain = err, true // the next sweep looks for it again
			return
		}
		created = &Subscription{ID: id, ExpiringAt: s.active[id].ExpiringAt}
	case err != nil:
		delete(s.state.Creating, wanted.Name)
		action.Err = errors.Join(err, s.save(ctx))
		return
	}
	action.ID, action.ExpiringAt = created.ID, created.ExpiringAt
	s.settle(wanted.Name, created.ID, replaces)
	s.active[created.ID] = *created
	action.Err = s.save(ctx)
}

// settle records which subscription is the wanted one now.
func (s *sweep) settle(name, id, replaces string) {
	if old := s.state.Kept[name].ID; replaces == "" && old != "" && old != id {
		replaces = old
	}
	if replaces != "" && replaces != id {
		s.state.Retired = append(s.state.Retired, Retired{Name: name, ID: replaces})
	}
	s.state.Kept[name] = Kept{ID: id, Definition: s.state.Creating[name].Definition, CreatedAt: s.now, ExpiringAt: s.active[id].ExpiringAt}
	delete(s.state.Creating, name)
}

// list reads the active subscriptions.
func (s *sweep) list(ctx context.Context) error {
	s.active = make(map[string]Subscription)
	for subscription, err := range s.service.All(ctx, ListOptions{}) {
		if err != nil {
			return fmt.Errorf("subscriptions: keeper: listing: %w", err)
		}
		if subscription.ID == "" {
			return fmt.Errorf("subscriptions: keeper: listing: a subscription without an id: %w", api.ErrUnexpectedResponse)
		}
		s.active[subscription.ID] = subscription
	}
	return nil
}

// allMissing reports whether none of several subscriptions is listed although some should still live: that is rather
// another key, or a list that went wrong, than that all ended at once.
func (s *sweep) allMissing() bool {
	living := 0
	for _, kept := range s.state.Kept {
		if _, active := s.active[kept.ID]; active {
			return false
		}
		ends := kept.ExpiringAt
		if ends.IsZero() {
			ends = kept.CreatedAt.Add(firstLifetime)
		}
		if ends.After(s.now) {
			living++
		}
	}
	return living > 1
}

// appeared looks at once for a subscription whose creation got no response, and returns its id if it is there beyond
// doubt.
func (s *sweep) appeared(ctx context.Context, name string) string {
	before := s.active
	if err := s.list(ctx); err != nil {
		s.active = before
		return ""
	}
	if fresh := s.fresh(name); len(fresh) == 1 && !s.contested(name, fresh[0]) {
		return fresh[0]
	}
	return ""
}

// fresh are the subscriptions that were not there before the creation began, were made about then, and belong to no
// name.
func (s *sweep) fresh(name string) []string {
	creating := s.state.Creating[name]
	var fresh []string
	for _, id := range slices.Sorted(maps.Keys(s.active)) {
		made := s.active[id].CreatedAt
		another := !made.IsZero() && !creating.At.IsZero() && made.Sub(creating.At).Abs() > sameCreation
		if !another && !slices.Contains(creating.Before, id) && !s.owned(id) {
			fresh = append(fresh, id)
		}
	}
	return fresh
}

// contested reports whether a fresh subscription may as well be that of another name whose creation got no response.
func (s *sweep) contested(name, id string) bool {
	for other, creating := range s.state.Creating {
		if other != name && !slices.Contains(creating.Before, id) {
			return true
		}
	}
	return false
}

// find looks for the subscriptions that an earlier sweep may have created, also under names that are not wanted any
// more.
func (s *sweep) find(ctx context.Context) {
	for _, name := range slices.Sorted(maps.Keys(s.state.Creating)) {
		fresh := s.fresh(name)
		action := Action{Name: name, Kind: ActionAdopt}
		switch {
		case len(fresh) == 0:
			if s.now.Sub(s.state.Creating[name].At) < appearsWithin {
				continue // it may appear yet
			}
			delete(s.state.Creating, name) // it was not carried out
			if s.options.DryRun {
				continue
			}
			if action.Err = s.save(ctx); action.Err == nil {
				continue
			}
		case len(fresh) > 1 || s.contested(name, fresh[0]):
			action.Err = fmt.Errorf("%w: %q", ErrAmbiguous, fresh)
		default:
			action.ID, action.ExpiringAt = fresh[0], s.active[fresh[0]].ExpiringAt
			if !s.options.DryRun {
				s.settle(name, fresh[0], "")
				action.Err = s.save(ctx)
			}
		}
		s.report.Actions = append(s.report.Actions, action)
	}
}

func (s *sweep) listed(id string) bool {
	_, listed := s.active[id]
	return listed
}

// keptAs reports whether a subscription is kept under another name than this.
func (s *sweep) keptAs(name, id string) bool {
	for other, kept := range s.state.Kept {
		if other != name && kept.ID == id {
			return true
		}
	}
	return false
}

func (s *sweep) owned(id string) bool {
	for _, kept := range s.state.Kept {
		if kept.ID == id {
			return true
		}
	}
	return slices.ContainsFunc(s.state.Retired, func(r Retired) bool { return r.ID == id })
}

// retire deletes what was replaced.
func (s *sweep) retire(ctx context.Context) {
	for _, retired := range slices.Clone(s.state.Retired) {
		if s.options.DryRun {
			s.report.Actions = append(s.report.Actions, Action{Name: retired.Name, Kind: ActionDelete, ID: retired.ID})
			continue
		}
		action := Action{Name: retired.Name, Kind: ActionDelete, ID: retired.ID}
		err := s.service.Delete(ctx, retired.ID) // also if it is not listed: the list may be wrong
		switch {
		case err != nil && !errors.Is(err, api.ErrNotFound):
			action.Err = err
			s.report.Actions = append(s.report.Actions, action)
			continue
		case err == nil && s.listed(retired.ID):
			s.report.Actions = append(s.report.Actions, action)
		}
		s.state.Retired = slices.DeleteFunc(s.state.Retired, func(r Retired) bool { return r.ID == retired.ID })
		if err := s.save(ctx); err != nil {
			s.report.Actions = append(s.report.Actions, Action{Name: retired.Name, Kind: ActionDelete, ID: retired.ID, Err: err})
			return
		}
	}
}

// unwanted reports what this Keeper created under names that are not wanted any more.
func (s *sweep) unwanted(ctx context.Context) {
	for _, name := range slices.Sorted(maps.Keys(s.state.Kept)) {
		if slices.ContainsFunc(s.wanted, func(w Wanted) bool { return w.Name == name }) {
			continue
		}
		kept := s.state.Kept[name]
		subscription, active := s.active[kept.ID]
		action := Action{Name: name, Kind: ActionLeave, ID: kept.ID, ExpiringAt: subscription.ExpiringAt}
		switch {
		case active && !s.options.DeleteUnwanted:
			s.report.Actions = append(s.report.Actions, action)
			continue
		case s.options.DryRun:
			action.Kind = ActionDelete
			s.report.Actions = append(s.report.Actions, action)
			continue
		case active:
			action.Kind = ActionDelete
			if err := s.service.Delete(ctx, kept.ID); err != nil && !errors.Is(err, api.ErrNotFound) {
				action.Err = err
				s.report.Actions = append(s.report.Actions, action)
				continue
			}
			s.report.Actions = append(s.report.Actions, action)
		}
		delete(s.state.Kept, name)
		if err := s.save(ctx); err != nil {
			s.report.Actions = append(s.report.Actions, Action{Name: name, Kind: ActionDelete, ID: kept.ID, Err: err})
			return
		}
	}
}

// save stores the state as the next generation.
func (s *sweep) save(ctx context.Context) error {
	next := s.state.clone()
	next.Generation++
	if err := s.store.Save(ctx, next); err != nil {
		return fmt.Errorf("storing the keeper's state: %w", err)
	}
	s.state.Generation = next.Generation
	return nil
}
