// Package budgettest checks that an [employee.BudgetStore] does what its interface says, so that the processes that share a
// budget never spend more together:
//
//	func TestBudget(t *testing.T) {
//		budgettest.Run(t, func(t *testing.T) budgettest.Storage {
//			dsn := database(t)
//			return budgettest.Storage{Open: func() employee.BudgetStore { return connect(t, dsn) }}
//		})
//	}
package budgettest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/pronet-go/pronet/employee"
)

// Storage is a place for the credits of one budget, of which none are spent.
type Storage struct {
	// Open returns a further handle on it, such as another process would have. Those that were opened before go on being used,
	// or are left as if their process had died. A store in memory returns itself.
	Open func() employee.BudgetStore
	// Pass moves the clock of the stores by so much. If it is nil, their clock cannot be moved: then the rules are not to
	// run at midnight UTC, and what happens there is not checked.
	Pass func(time.Duration)
}

// Rule is one thing that a store has to do.
type Rule struct {
	// Name says what it is.
	Name string
	// Check returns what a store does instead, nil when it does as it should.
	Check func(ctx context.Context, s Storage) error
}

// Run checks each rule in a subtest, with a storage of its own.
func Run(t *testing.T, storage func(t *testing.T) Storage) {
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
		{"credits are taken all or none", allOrNone},
		{"what was taken outlives the process", outlives},
		{"many at once take no more than there is", holds},
		{"what was returned can be taken again, once", returns},
		{"no more is returned than was taken", returnsNoMore},
		{"what is spent counts for every amount a day", countsForAll},
		{"numbers without bounds take nothing that is not there", heedsBounds},
		{"a day ends at midnight UTC and the next has its own credits", renews},
		{"nothing is taken once the context has ended", heedsContext},
	}
}

const perDay = 100

// take reserves, and expects that it is done or refused.
func take(ctx context.Context, s employee.BudgetStore, credits, perDay int64, want bool, spent int64) error {
	day, taken, err := s.Reserve(ctx, credits, perDay)
	switch {
	case err != nil:
		return fmt.Errorf("reserving %d: %w", credits, err)
	case taken != want:
		return fmt.Errorf("reserving %d of %d a day, of which %d are spent then: taken is %t", credits, perDay, spent, taken)
	case day.Spent != spent:
		return fmt.Errorf("after reserving %d, %d are spent instead of %d", credits, day.Spent, spent)
	}
	return nil
}

func spent(ctx context.Context, s employee.BudgetStore, want int64) error {
	day, err := s.Today(ctx)
	if err == nil && day.Spent != want {
		err = fmt.Errorf("%d credits are spent instead of %d", day.Spent, want)
	}
	return err
}

// steps is the first error of what is done one after another.
func steps(all ...func() error) error {
	for _, step := range all {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func allOrNone(ctx context.Context, storage Storage) error {
	s := storage.Open()
	return steps(
		func() error { return spent(ctx, s, 0) },
		func() error { return take(ctx, s, 60, perDay, true, 60) },
		func() error { return take(ctx, s, 41, perDay, false, 60) },
		func() error { return take(ctx, s, 0, perDay, true, 60) },
		func() error { return take(ctx, s, 40, perDay, true, 100) },
		func() error { return take(ctx, s, 1, perDay, false, 100) },
		func() error { return take(ctx, s, 0, perDay, true, 100) },
		func() error { return spent(ctx, s, 100) },
	)
}

func outlives(ctx context.Context, storage Storage) error {
	dead := storage.Open()
	return steps(
		func() error { return take(ctx, dead, 70, perDay, true, 70) },
		func() error { return spent(ctx, storage.Open(), 70) },
		func() error { return take(ctx, storage.Open(), 31, perDay, false, 70) },
	)
}

func holds(ctx context.Context, storage Storage) error {
	var all sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	got := int64(0)
	for g := range 8 {
		s := storage.Open()
		all.Go(func() {
			for i := range 10 {
				credits := int64(1 + (g+i)%3)
				_, taken, err := s.Reserve(ctx, credits, perDay)
				if taken && i%5 == 4 {
					err = errors.Join(err, s.Return(ctx, credits))
					credits = 0
				}
				mu.Lock()
				if err != nil {
					errs = append(errs, err)
				}
				if taken {
					got += credits
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	if got > perDay {
		return fmt.Errorf("%d credits were taken of %d", got, perDay)
	}
	return spent(ctx, storage.Open(), got)
}

func returns(ctx context.Context, storage Storage) error {
	s, other := storage.Open(), storage.Open()
	return steps(
		func() error { return take(ctx, s, 90, perDay, true, 90) },
		func() error { return s.Return(ctx, 30) },
		func() error { return take(ctx, other, 41, perDay, false, 60) },
		func() error { return take(ctx, other, 40, perDay, true, 100) },
		func() error { return take(ctx, s, 1, perDay, false, 100) },
	)
}

func returnsNoMore(ctx context.Context, storage Storage) error {
	s := storage.Open()
	return steps(
		func() error { return s.Return(ctx, 50) }, // of yesterday
		func() error { return take(ctx, s, 101, perDay, false, 0) },
		func() error { return take(ctx, s, 10, perDay, true, 10) },
		func() error { return s.Return(ctx, math.MaxInt64) },
		func() error { return take(ctx, s, 101, perDay, false, 0) },
		func() error { return take(ctx, s, 100, perDay, true, 100) },
		func() error { _ = s.Return(ctx, -50); return spent(ctx, s, 100) },
	)
}

func countsForAll(ctx context.Context, storage Storage) error {
	small, large := storage.Open(), storage.Open()
	return steps(
		func() error { return take(ctx, large, 90, 200, true, 90) },
		func() error { return take(ctx, small, 1, 50, false, 90) },
		func() error { return take(ctx, small, 0, 50, false, 90) },
		func() error { return take(ctx, large, 110, 200, true, 200) },
		func() error { return take(ctx, large, 1, 200, false, 200) },
	)
}

func heedsBounds(ctx context.Context, storage Storage) error {
	s := storage.Open()
	if err := take(ctx, s, 60, perDay, true, 60); err != nil {
		return err
	}
	for _, credits := range []int64{-1, math.MinInt64} {
		if _, taken, err := s.Reserve(ctx, credits, perDay); taken && err == nil {
			return fmt.Errorf("%d credits were taken", credits)
		}
	}
	return steps(
		func() error { return take(ctx, s, math.MaxInt64, perDay, false, 60) },
		func() error { return take(ctx, s, math.MaxInt64, math.MaxInt64, false, 60) },
		func() error { return take(ctx, s, math.MaxInt64-60, math.MaxInt64, true, math.MaxInt64) },
		func() error { return take(ctx, s, 1, math.MaxInt64, false, math.MaxInt64) },
	)
}

func renews(ctx context.Context, storage Storage) error {
	s := storage.Open()
	day, _, err := s.Reserve(ctx, 100, perDay)
	if err != nil {
		return err
	}
	today, err := s.Today(ctx)
	switch {
	case err != nil:
		return err
	case !today.Ends.Equal(day.Ends):
		return fmt.Errorf("the day ends at %s and at %s", day.Ends, today.Ends)
	case !day.Ends.Equal(day.Ends.UTC().Truncate(24 * time.Hour)):
		return fmt.Errorf("the day ends at %s, which is no midnight UTC", day.Ends)
	case storage.Pass == nil:
		return nil
	}
	storage.Pass(24 * time.Hour)
	next, err := storage.Open().Today(ctx)
	switch {
	case err != nil:
		return err
	case !next.Ends.Equal(day.Ends.Add(24 * time.Hour)):
		return fmt.Errorf("after a day it ends at %s instead of a day after %s", next.Ends, day.Ends)
	}
	return steps(
		func() error { return take(ctx, s, 101, perDay, false, 0) },
		func() error { return take(ctx, s, 100, perDay, true, 100) },
		func() error { storage.Pass(-24 * time.Hour); return take(ctx, s, 1, perDay, false, 100) },
		func() error { storage.Pass(24 * time.Hour); return take(ctx, s, 1, perDay, false, 100) },
	)
}

func heedsContext(ctx context.Context, storage Storage) error {
	ended, cancel := context.WithCancel(ctx)
	cancel()
	s := storage.Open()
	if _, taken, err := s.Reserve(ended, 10, perDay); taken && err == nil {
		return errors.New("credits are taken for a caller that has gone")
	}
	return spent(ctx, s, 0)
}
