// Package tokenstoretest checks that a [tokenstore.Store] does what its interface says:
//
//	func TestStore(t *testing.T) {
//		tokenstoretest.Run(t, func(t *testing.T) func() tokenstore.Store {
//			dsn := database(t)
//			return func() tokenstore.Store { return connect(t, dsn) }
//		})
//	}
package tokenstoretest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/linkedin/tokenstore"
)

// Rule is one thing that a store has to do.
type Rule struct {
	// Name says what it is.
	Name string
	// Check returns what a store does instead, nil when it does as it should. Open returns a further handle on the same
	// values, such as another process would have; those that were opened before go on being used, or are left as if their
	// process had died. A store that is in memory returns itself. The values are none of the rule's keys at first.
	Check func(ctx context.Context, open func() tokenstore.Store) error
}

// Run checks each rule in a subtest. Open is called with an empty storage of its own for each rule; what it returns is
// called for each handle.
func Run(t *testing.T, storage func(t *testing.T) (open func() tokenstore.Store)) {
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
		{"what was stored is loaded", loads},
		{"what was stored outlives the process", outlives},
		{"keys that look alike are kept apart", keepsApart},
		{"an old value is not written over a newer one", refusesOld},
		{"of many that begin with one revision one wins", oneWins},
		{"of many that store the first value one wins", oneCreates},
		{"what was removed is gone, and can be stored anew", removes},
		{"a removal of an older revision is refused", refusesOldRemoval},
		{"nothing changes once the context has ended", heedsContext},
		{"what cannot be stored is refused", refusesNothing},
	}
}

// secret wraps a text of the rules, all of which can be a secret.
func secret(text string) api.Secret {
	s, _ := api.NewSecret(text)
	return s
}

// holds compares what a store has with what it should have.
func holds(ctx context.Context, s tokenstore.Store, key, revision, value string) error {
	gotRevision, got, err := s.Load(ctx, key)
	switch {
	case err != nil:
		return fmt.Errorf("loading: %w", err)
	case gotRevision != revision:
		return fmt.Errorf("the revision is %q instead of %q", gotRevision, revision)
	case got.Reveal() != value:
		return fmt.Errorf("the value of revision %q is another one than was stored with it", revision)
	}
	return nil
}

// steps are swaps of one key that must succeed.
func steps(ctx context.Context, s tokenstore.Store, key string, revisions ...string) error {
	for i := 1; i < len(revisions); i++ {
		value := api.Secret{}
		if revisions[i] != "" {
			value = secret("value-of-" + revisions[i])
		}
		if err := s.Swap(ctx, key, revisions[i-1], revisions[i], value); err != nil {
			return fmt.Errorf("the swap of %q by %q: %w", revisions[i-1], revisions[i], err)
		}
	}
	return nil
}

// refused is nil for the error that a conflict must have.
func refused(what string, err error) error {
	if errors.Is(err, api.ErrConflict) {
		return nil
	}
	return fmt.Errorf("%s: the error is %w instead of api.ErrConflict", what, orNone(err))
}

func orNone(err error) error {
	if err == nil {
		return errors.New("none")
	}
	return err
}

func loads(ctx context.Context, open func() tokenstore.Store) error {
	first, second := open(), open()
	long := `{"access":"` + strings.Repeat("A", 8<<10-20) + `"}`
	return errors.Join(
		holds(ctx, first, "key", "", ""),
		first.Swap(ctx, "key", "", "r1", secret(`{"v":1,"'quoted'":"\\%_;--"}`)),
		holds(ctx, first, "key", "r1", `{"v":1,"'quoted'":"\\%_;--"}`),
		holds(ctx, second, "key", "r1", `{"v":1,"'quoted'":"\\%_;--"}`),
		second.Swap(ctx, "key", "r1", strings.Repeat("R", 64), secret(long)),
		holds(ctx, first, "key", strings.Repeat("R", 64), long),
	)
}

func outlives(ctx context.Context, open func() tokenstore.Store) error {
	return errors.Join( // by a process of its own each
		steps(ctx, open(), "key", "", "r1"),
		steps(ctx, open(), "key", "r1", "r2"),
		holds(ctx, open(), "key", "r2", "value-of-r2"),
		steps(ctx, open(), "key", "r2", ""),
		holds(ctx, open(), "key", "", ""),
	)
}

func keepsApart(ctx context.Context, open func() tokenstore.Store) error {
	s := open()
	keys := []string{"key", "KEY", "key ", " key", "key\x00", "../key", "kéy", "ke\u0301y", "'; DROP TABLE linkedin_tokens; --", strings.Repeat("k", 300), strings.Repeat("k", 301), "%", "_"}
	for i, key := range keys {
		if err := s.Swap(ctx, key, "", fmt.Sprint("r", i), secret(fmt.Sprint("v", i))); err != nil {
			return fmt.Errorf("the key %.20q: %w", key, err)
		}
	}
	for i, key := range keys {
		if err := holds(ctx, s, key, fmt.Sprint("r", i), fmt.Sprint("v", i)); err != nil {
			return fmt.Errorf("the key %.20q: %w", key, err)
		}
	}
	return nil
}

func refusesOld(ctx context.Context, open func() tokenstore.Store) error {
	slow, quick := open(), open()
	if err := errors.Join(steps(ctx, slow, "key", "", "r1"), steps(ctx, quick, "key", "r1", "r2", "r3")); err != nil {
		return err
	}
	for _, was := range []string{"r1", "r2", "", "never"} {
		if err := refused("a swap of "+was, slow.Swap(ctx, "key", was, "late", secret("late"))); err != nil {
			return err
		}
	}
	return errors.Join(holds(ctx, slow, "key", "r3", "value-of-r3"), refused("a swap where there is none", slow.Swap(ctx, "other", "r3", "late", secret("late"))), holds(ctx, slow, "other", "", ""))
}

// race has many swap at once and counts who won.
func race(open func() tokenstore.Store, swap func(s tokenstore.Store, revision string) error) (winner string, err error) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var winners []string
	var errs []error
	ready := make(chan struct{})
	for i := range 8 {
		s, revision := open(), fmt.Sprint("racer", i)
		wg.Go(func() {
			<-ready // all at once
			err := swap(s, revision)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				winners = append(winners, revision)
			case !errors.Is(err, api.ErrConflict):
				errs = append(errs, err)
			}
		})
	}
	close(ready)
	wg.Wait()
	if len(winners) != 1 {
		errs = append(errs, fmt.Errorf("%d of 8 won instead of one", len(winners)))
		winners = append(winners, "")
	}
	return winners[0], errors.Join(errs...)
}

func oneWins(ctx context.Context, open func() tokenstore.Store) error {
	s, was := open(), "r0"
	if err := steps(ctx, s, "key", "", was); err != nil {
		return err
	}
	for round := range 10 {
		winner, err := race(open, func(s tokenstore.Store, revision string) error {
			revision = fmt.Sprint("round", round, revision)
			return s.Swap(ctx, "key", was, revision, secret("value-of-"+revision))
		})
		if err != nil {
			return err
		}
		was = fmt.Sprint("round", round, winner)
		if err := holds(ctx, s, "key", was, "value-of-"+was); err != nil {
			return err
		}
	}
	return nil
}

func oneCreates(ctx context.Context, open func() tokenstore.Store) error {
	for round := range 10 {
		key := fmt.Sprint("key", round)
		winner, err := race(open, func(s tokenstore.Store, revision string) error {
			return s.Swap(ctx, key, "", revision, secret("value-of-"+revision))
		})
		if err != nil {
			return err
		}
		if err := holds(ctx, open(), key, winner, "value-of-"+winner); err != nil {
			return err
		}
	}
	return nil
}

func removes(ctx context.Context, open func() tokenstore.Store) error {
	first, second := open(), open()
	return errors.Join(
		steps(ctx, first, "key", "", "r1", ""),
		holds(ctx, second, "key", "", ""),
		steps(ctx, second, "key", "", ""), // of what is not there
		refused("a swap of what was removed", second.Swap(ctx, "key", "r1", "r2", secret("late"))),
		steps(ctx, second, "key", "", "r3"),
		holds(ctx, first, "key", "r3", "value-of-r3"),
	)
}

func refusesOldRemoval(ctx context.Context, open func() tokenstore.Store) error {
	s := open()
	return errors.Join(
		steps(ctx, s, "key", "", "r1", "r2"),
		refused("a removal of r1", s.Swap(ctx, "key", "r1", "", api.Secret{})),
		refused("a removal of none", s.Swap(ctx, "key", "", "", api.Secret{})),
		holds(ctx, s, "key", "r2", "value-of-r2"),
	)
}

func heedsContext(ctx context.Context, open func() tokenstore.Store) error {
	s := open()
	if err := steps(ctx, s, "key", "", "r1"); err != nil {
		return err
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if s.Swap(ended, "key", "r1", "r2", secret("late")) == nil {
		return errors.New("what is swapped has no error")
	}
	if _, _, err := s.Load(ended, "key"); err == nil {
		return errors.New("what is loaded has no error")
	}
	return holds(ctx, s, "key", "r1", "value-of-r1")
}

func refusesNothing(ctx context.Context, open func() tokenstore.Store) error {
	s := open()
	if _, _, err := s.Load(ctx, ""); err == nil {
		return errors.New("an empty key can be loaded")
	}
	if s.Swap(ctx, "", "", "r1", secret("v")) == nil {
		return errors.New("an empty key can be stored")
	}
	if s.Swap(ctx, "key", "", "r1", api.Secret{}) == nil {
		return errors.New("no value can be stored")
	}
	return holds(ctx, s, "key", "", "")
}
