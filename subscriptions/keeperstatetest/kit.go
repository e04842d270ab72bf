// Package keeperstatetest checks that a [subscriptions.KeeperState] does what its interface says, so that no subscription
// is created twice or forgotten:
//
//	func TestState(t *testing.T) {
//		keeperstatetest.Run(t, func(t *testing.T) func() subscriptions.KeeperState {
//			dsn := database(t)
//			return func() subscriptions.KeeperState { return connect(t, dsn) }
//		})
//	}
package keeperstatetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/subscriptions"
)

// Rule is one thing that a state has to do.
type Rule struct {
	// Name says what it is.
	Name string
	// Check returns what a state does instead, nil when it does as it should. Open returns a further handle on the same
	// state, such as another process would have. Nothing is saved at first.
	Check func(ctx context.Context, open func() subscriptions.KeeperState) error
}

// Run checks each rule in a subtest. Storage is called for each rule, and returns what opens an empty state.
func Run(t *testing.T, storage func(t *testing.T) (open func() subscriptions.KeeperState)) {
	t.Helper()
	for _, rule := range Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			if err := rule.Check(t.Context(), storage(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// Rules are all rules.
func Rules() []Rule {
	return []Rule{
		{"without anything saved the zero State is loaded", beginsEmpty},
		{"what was saved is loaded, with every field, by another process too", keepsFields},
		{"a large state is saved whole", keepsLarge},
		{"an old state is not saved over a newer one", refusesOld},
		{"of many that save one generation one wins", oneWins},
		{"nothing is saved once the context has ended", heedsContext},
		{"what is loaded is the caller's", copies},
	}
}

var at = time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC)

func state(generation int64) subscriptions.State {
	return subscriptions.State{
		Generation: generation,
		Kept:       map[string]subscriptions.Kept{"kept": {ID: fmt.Sprint("id", generation), Definition: "definition", CreatedAt: at, ExpiringAt: at.Add(time.Hour)}},
		Creating:   map[string]subscriptions.Creating{"made: é, ', \", \\, %": {Definition: "definition", At: at, Before: []string{"id1", "id2"}}},
		Retired:    []subscriptions.Retired{{Name: "retired", ID: "id3"}, {Name: "retired", ID: "id4"}},
	}
}

// inUTC is the state with its times in UTC, to the millisecond.
func inUTC(s subscriptions.State) subscriptions.State {
	utc := func(t time.Time) time.Time {
		if t.IsZero() {
			return time.Time{}
		}
		return t.UTC().Truncate(time.Millisecond)
	}
	s.Kept, s.Creating = maps.Clone(s.Kept), maps.Clone(s.Creating)
	for name, k := range s.Kept {
		k.CreatedAt, k.ExpiringAt = utc(k.CreatedAt), utc(k.ExpiringAt)
		s.Kept[name] = k
	}
	for name, c := range s.Creating {
		c.At = utc(c.At)
		s.Creating[name] = c
	}
	return s
}

func holds(ctx context.Context, s subscriptions.KeeperState, want subscriptions.State) error {
	got, err := s.Load(ctx)
	if err != nil {
		return fmt.Errorf("loading: %w", err)
	}
	if !reflect.DeepEqual(inUTC(got), inUTC(want)) {
		return fmt.Errorf("the state is %.500s instead of %.500s", fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want))
	}
	return nil
}

// empty is nil if nothing is saved.
func empty(ctx context.Context, s subscriptions.KeeperState) error {
	got, err := s.Load(ctx)
	if err == nil && (got.Generation != 0 || len(got.Kept)+len(got.Creating)+len(got.Retired) > 0) {
		err = fmt.Errorf("the state is %+v instead of an empty one", got)
	}
	return err
}

// refused is nil for the error that a conflict must have.
func refused(what string, err error) error {
	if errors.Is(err, api.ErrConflict) {
		return nil
	}
	if err == nil {
		err = errors.New("none")
	}
	return fmt.Errorf("%s: the error is %w instead of api.ErrConflict", what, err)
}

func beginsEmpty(ctx context.Context, open func() subscriptions.KeeperState) error {
	return empty(ctx, open())
}

func keepsFields(ctx context.Context, open func() subscriptions.KeeperState) error {
	first := open()
	if err := errors.Join(first.Save(ctx, state(1)), holds(ctx, first, state(1)), holds(ctx, open(), state(1))); err != nil {
		return err
	}
	bare := subscriptions.State{Generation: 2, Kept: map[string]subscriptions.Kept{"another": {ID: "id"}}}
	second := open()
	return errors.Join(second.Save(ctx, bare), holds(ctx, first, bare))
}

func keepsLarge(ctx context.Context, open func() subscriptions.KeeperState) error {
	large := subscriptions.State{Generation: 1, Kept: make(map[string]subscriptions.Kept)}
	for i := range 2000 {
		large.Kept[fmt.Sprint("name ", i)] = subscriptions.Kept{ID: fmt.Sprint("id", i), Definition: strings.Repeat("d", 100), CreatedAt: at}
	}
	return errors.Join(open().Save(ctx, large), holds(ctx, open(), large))
}

func refusesOld(ctx context.Context, open func() subscriptions.KeeperState) error {
	slow, quick := open(), open()
	if err := errors.Join(slow.Save(ctx, state(1)), quick.Save(ctx, state(2)), quick.Save(ctx, state(3))); err != nil {
		return err
	}
	late := state(0)
	for _, late.Generation = range []int64{1, 2, 3} {
		if err := refused(fmt.Sprintf("generation %d where there is 3", late.Generation), slow.Save(ctx, late)); err != nil {
			return err
		}
	}
	return holds(ctx, slow, state(3))
}

func oneWins(ctx context.Context, open func() subscriptions.KeeperState) error {
	for generation := int64(1); generation <= 10; generation++ {
		var wg sync.WaitGroup
		var mu sync.Mutex
		var winners []subscriptions.State
		var errs []error
		ready := make(chan struct{})
		for i := range 8 {
			s, next := open(), state(generation)
			next.Retired = append(slices.Clone(next.Retired), subscriptions.Retired{Name: "racer", ID: fmt.Sprint(i)})
			wg.Go(func() {
				<-ready // all at once
				err := s.Save(ctx, next)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					winners = append(winners, next)
				case !errors.Is(err, api.ErrConflict):
					errs = append(errs, err)
				}
			})
		}
		close(ready)
		wg.Wait()
		if len(winners) != 1 {
			errs = append(errs, fmt.Errorf("%d of 8 have saved generation %d instead of one", len(winners), generation))
		}
		if err := errors.Join(errs...); err != nil {
			return err
		}
		if err := holds(ctx, open(), winners[0]); err != nil {
			return err
		}
	}
	return nil
}

func heedsContext(ctx context.Context, open func() subscriptions.KeeperState) error {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	s := open()
	if s.Save(ended, state(1)) == nil {
		return errors.New("what is saved has no error")
	}
	return empty(ctx, s)
}

func copies(ctx context.Context, open func() subscriptions.KeeperState) error {
	s, given := open(), state(1)
	if err := s.Save(ctx, given); err != nil {
		return err
	}
	given.Kept["kept"] = subscriptions.Kept{ID: "changed after Save"}
	given.Retired[0].ID = "changed after Save"
	if err := holds(ctx, s, state(1)); err != nil {
		return err
	}
	got, err := s.Load(ctx)
	if err != nil {
		return err
	}
	delete(got.Kept, "kept")
	got.Retired[0].ID = "changed after Load"
	return holds(ctx, s, state(1))
}
