package refresh_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/webhook"
)

type traced struct{}

// TestR52ObserverAndStatusTellTheSame of what the provider charged.
func TestR52ObserverAndStatusTellTheSame(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(5), sandbox.WithSeed(1), coresignal.WithJobPolls(0))
	ids := sb.Coresignal.PersonIDs()
	var starts []refresh.Start
	var overs []refresh.HandOver
	var ends []refresh.End
	observer := refresh.Observer{
		Start: func(ctx context.Context, s refresh.Start) context.Context {
			starts = append(starts, s)
			return context.WithValue(ctx, traced{}, len(starts))
		},
		HandOver: func(ctx context.Context, h refresh.HandOver) {
			assert.Equal(t, len(starts), ctx.Value(traced{}))
			assert.GreaterOrEqual(t, h.Duration, time.Duration(0))
			overs = append(overs, h)
		},
		End: func(ctx context.Context, e refresh.End) {
			assert.Equal(t, len(starts), ctx.Value(traced{}))
			assert.Positive(t, e.Duration)
			e.Duration = 0
			ends = append(ends, e)
		},
	}
	budget := employee.NewBudget(1000)
	r, c := refresher(t, client, refresh.Options{Observer: observer, Budget: budget})
	assert.Equal(t, refresh.Status{CreditsLeft: 1000}, r.Status())
	c.refuse[ids[0]] = 1
	job := delivery("job", ids[0], ids[1], ids[2], 7)
	err := r.Handle(t.Context(), job)
	require.ErrorIs(t, err, errStore)
	s := r.Status()
	assert.WithinDuration(t, time.Now(), s.LastErrorAt, time.Minute)
	s.LastErrorAt = time.Time{}
	assert.Equal(t, refresh.Status{Remembered: 1, HandedOver: 3, Spent: 40, CreditsLeft: 960, LastError: err.Error()}, s)
	require.NoError(t, r.Handle(t.Context(), job))
	sb.Fail(sandbox.Fault{Drop: sandbox.DropAfterAct, Times: 1})
	require.NoError(t, r.Handle(t.Context(), delivery("one", ids[3])))

	assert.Equal(t, []refresh.Start{{Employees: 4}, {Employees: 1}, {Employees: 1}}, starts)
	assert.Equal(t, []refresh.End{
		{Employees: 4, Done: 3, Spent: 40, Err: ends[0].Err}, {Employees: 1, Done: 1, Returned: 10}, {Employees: 1, Done: 1, Spent: 10},
	}, ends)
	require.ErrorIs(t, ends[0].Err, errStore)
	require.Len(t, overs, 6)
	refused, gone, doubts := 0, 0, 0
	for _, o := range overs {
		switch {
		case o.Refused != nil:
			refused++
		case errors.Is(o.Outcome, api.ErrNotFound):
			gone++
		case errors.Is(o.Outcome, api.ErrMaybeApplied):
			doubts++
		}
	}
	assert.Equal(t, []int{1, 1, 1}, []int{refused, gone, doubts})
	s = r.Status()
	assert.EqualValues(t, sb.Coresignal.CreditsSpent(), s.Spent)
	assert.Equal(t, 1000-s.Spent, s.CreditsLeft)
	assert.EqualValues(t, 1, s.Doubts)
	assert.EqualValues(t, 5, s.HandedOver)
	assert.Zero(t, s.Remembered)
}

// TestR52StatusWhileItWorks may be asked from another goroutine, and from the store.
func TestR52StatusWhileItWorks(t *testing.T) {
	fake := &jobs{}
	var r *refresh.Refresher[employee.BaseRecord]
	var err error
	r, err = refresh.New(refresh.Collector[employee.BaseRecord](fake), refresh.Bulk[employee.BaseRecord](fake), func(context.Context, refresh.Outcome[employee.BaseRecord]) error {
		s := r.Status()
		assert.Equal(t, 1, s.InWork)
		assert.EqualValues(t, 30, s.Spent)
		assert.EqualValues(t, math.MaxInt64, s.CreditsLeft)
		panic("the store's own")
	}, refresh.Options{Observer: refresh.Observer{End: func(_ context.Context, e refresh.End) { assert.Error(t, e.Err) }}})
	require.NoError(t, err)
	func() {
		defer func() { _ = recover() }()
		assert.Error(t, r.Handle(t.Context(), delivery("d", 1, 2, 3)))
	}()
	assert.Zero(t, r.Status().InWork)
}

// seller is a Collector whose records cost nothing to make.
type seller struct {
	*jobs
	sold atomic.Int64
}

func (s *seller) CollectMany(_ context.Context, refs []employee.Ref, _ employee.CollectManyOptions, _ ...api.CallOption) iter.Seq[employee.Result[employee.BaseRecord]] {
	return func(yield func(employee.Result[employee.BaseRecord]) bool) {
		for _, ref := range refs {
			s.sold.Add(1)
			id, _ := ref.ID()
			if !yield(employee.Result[employee.BaseRecord]{Ref: ref, Record: &employee.BaseRecord{ID: id}}) {
				return
			}
		}
	}
}

// TestR48NothingIsBoughtThatNobodyWouldRemember: at the bound of what is remembered, deliveries wait, and nothing that was
// bought is bought again; until one has not been retried for a day, which is told.
func TestR48NothingIsBoughtThatNobodyWouldRemember(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const most = 50
		sells, down := &seller{jobs: &jobs{}}, true
		var log warnings
		r, err := refresh.New(refresh.Collector[employee.BaseRecord](sells), refresh.Bulk[employee.BaseRecord](sells), func(context.Context, refresh.Outcome[employee.BaseRecord]) error {
			if down {
				return errStore
			}
			return nil
		}, refresh.Options{Logger: log.logger()})
		require.NoError(t, err)
		r.RememberAtMost(most)
		name := func(n int) *webhook.Delivery { return delivery(fmt.Sprint(n), int64(n)+1) }
		for n := range most {
			require.ErrorIs(t, r.Handle(t.Context(), name(n)), errStore)
		}
		s := r.Status()
		assert.Equal(t, most, s.Remembered)
		assert.Positive(t, s.KeptBytes)
		for _, further := range []*webhook.Delivery{name(most), delivery("a job", 1, 2, 3)} {
			err := r.Handle(t.Context(), further)
			require.ErrorIs(t, err, webhook.ErrRetryLater)
			require.NotErrorIs(t, err, errStore)
		}
		assert.EqualValues(t, most, sells.sold.Load())
		assert.Empty(t, sells.sizes, "nor is a job requested")

		d := name(most)
		d.Kept = new(journal)
		require.ErrorIs(t, r.Handle(t.Context(), d), errStore, "what has a place of its own needs none here")
		require.ErrorIs(t, r.Handle(t.Context(), name(0)), errStore, "nor has one that is remembered to wait")
		assert.EqualValues(t, most+1, sells.sold.Load())
		assert.Equal(t, most, r.Status().Remembered)

		time.Sleep(23 * time.Hour)
		require.ErrorIs(t, r.Handle(t.Context(), name(1)), errStore, "it is retried")
		time.Sleep(2 * time.Hour)
		log.count.Store(0)
		require.ErrorIs(t, r.Handle(t.Context(), name(most+1)), errStore, "there is room again")
		assert.EqualValues(t, 2, log.count.Load(), "of what was forgotten, and of what failed")
		down = false
		require.NoError(t, r.Handle(t.Context(), name(1)))
		require.NoError(t, r.Handle(t.Context(), d))
		assert.EqualValues(t, most+2, sells.sold.Load())
	})
}

// TestADailyBudgetPaysALargeDeliveryDayByDay, and says until when it waits.
func TestADailyBudgetPaysALargeDeliveryDayByDay(t *testing.T) {
	for _, oneByOne := range []int{-1, 1} {
		synctest.Test(t, func(t *testing.T) {
			sb, client := startInMemory(t, coresignal.WithPeople(9), coresignal.WithJobPolls(0))
			budget, err := employee.OpenDailyBudget(filepath.Join(t.TempDir(), "budget.json"), 45)
			require.NoError(t, err)
			defer func() { assert.NoError(t, budget.Close()) }()
			r, c := refresher(t, client, refresh.Options{OneByOne: oneByOne, Budget: budget})
			d, kept := delivery("d", sb.Coresignal.PersonIDs()...), new(journal)
			d.Kept = kept
			for day := range 2 {
				err := r.Handle(t.Context(), d)
				require.ErrorIs(t, err, webhook.ErrRetryLater)
				require.ErrorIs(t, err, api.ErrBudget)
				assert.Contains(t, err.Error(), "until 2000-01-0")
				assert.Len(t, c.stored(), 4*(day+1))
				assert.Equal(t, budget.ResetAt(), r.Status().ResetAt)
				entries := len(kept.entries)
				for range 3 {
					require.ErrorIs(t, r.Handle(t.Context(), d), api.ErrBudget)
				}
				assert.Len(t, kept.entries, entries, "waiting writes nothing")
				time.Sleep(time.Until(budget.ResetAt()))
			}
			require.NoError(t, r.Handle(t.Context(), d))
			assert.ElementsMatch(t, sb.Coresignal.PersonIDs(), c.stored())
			assert.Equal(t, 90, sb.Coresignal.CreditsSpent())
		})
	}
}
