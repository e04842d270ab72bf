package refresh_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook"
)

// clock is one that all machines have. It shows a second more each time.
type clock struct {
	reads int
	err   error
	shows time.Time // if not zero
}

func (c *clock) now(context.Context) (time.Time, error) {
	if c.err != nil || !c.shows.IsZero() {
		return c.shows, c.err
	}
	c.reads++
	return c.at(c.reads), nil
}

func (c *clock) at(read int) time.Time { return noon.Add(time.Duration(read) * time.Second) }

// TestTheClockStampsWhatIsBought: once for the calls that are made together, and for a job.
func TestTheClockStampsWhatIsBought(t *testing.T) {
	for oneByOne, reads := range map[int]int{-1: 3, 1: 1} {
		ids := upTo(20)
		shared := new(clock)
		r, c := refresher(t, provider(t, newMarket(ids...).ServeHTTP), refresh.Options{OneByOne: oneByOne, Concurrency: 8, Clock: shared.now})
		c.refuse = map[int64]int{20: 1}
		require.ErrorIs(t, r.Handle(t.Context(), delivery("d", ids...)), errStore)
		require.NoError(t, r.Handle(t.Context(), delivery("d", ids...)))
		assert.Equal(t, reads, shared.reads)
		require.Len(t, c.outcomes, 20)
		assert.Equal(t, shared.at(1), c.outcomes[0].Asked)
		assert.Equal(t, shared.at(reads), c.outcomes[19].Asked, "that of the purchase")
	}
}

// TestNothingIsBoughtWithoutTheClock, and the delivery waits for it.
func TestNothingIsBoughtWithoutTheClock(t *testing.T) {
	away := errors.New("away")
	for name, broken := range map[string]*clock{
		"away": {err: away}, "no time": {shows: time.Unix(0, 0)}, "another age": {shows: time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		for _, oneByOne := range []int{-1, 1} {
			t.Run(fmt.Sprint(name, oneByOne), func(t *testing.T) {
				shared, s := *broken, newMarket(1, 2)
				budget := employee.NewBudget(100)
				ledger := openLedger(t, filepath.Join(t.TempDir(), "jobs.jsonl"))
				r, c := refresher(t, provider(t, s.ServeHTTP), refresh.Options{OneByOne: oneByOne, Clock: shared.now, Budget: budget, Ledger: ledger})
				d := delivery("d", 1, 2)
				d.Kept = new(journal)
				err := r.Handle(t.Context(), d)
				require.ErrorIs(t, err, webhook.ErrRetryLater)
				if shared.err != nil {
					require.ErrorIs(t, err, away)
				}
				assert.Empty(t, s.sales())
				assert.EqualValues(t, 100, budget.Left())
				shared = clock{}
				require.NoError(t, r.Handle(t.Context(), d))
				require.Len(t, c.outcomes, 2)
				assert.Equal(t, shared.at(1), c.outcomes[0].Asked)
				require.NoError(t, c.outcomes[0].Err)
			})
		}
	}
}

// TestAskedIsThatOfThePurchase for another process, which knows a job by the ledger alone, and a doubt by the ledger or by
// what is kept beside the delivery.
func TestAskedIsThatOfThePurchase(t *testing.T) {
	for name, c := range map[string]struct {
		booked, kept, panics bool
	}{"a job": {booked: true}, "a doubt": {booked: true, panics: true}, "a doubt without a ledger": {kept: true, panics: true}} {
		t.Run(name, func(t *testing.T) {
			client, shared := provider(t, newMarket(1, 2).ServeHTTP), new(clock)
			o := refresh.Options{Clock: shared.now}
			if c.booked {
				o.Ledger = openLedger(t, filepath.Join(t.TempDir(), "jobs.jsonl"))
			}
			d := delivery("d", 1, 2)
			if c.kept {
				d.Kept = new(journal)
			}
			ids := map[int64]time.Time{}
			refuse := true
			store := func(_ context.Context, o outcome) error {
				assert.Equal(t, c.panics, errors.Is(o.Err, api.ErrMaybeApplied))
				ids[o.ID] = o.Asked
				if refuse {
					return errStore
				}
				return nil
			}
			var bulk refresh.Bulk[employee.BaseRecord] = client.BulkCollect.Base
			if c.panics {
				bulk = &dying{bulk}
			}
			r, err := refresh.New(client.Employees.Base, bulk, store, o)
			require.NoError(t, err)
			if c.panics {
				require.Panics(t, func() { _ = r.Handle(t.Context(), d) })
			} else {
				require.ErrorIs(t, r.Handle(t.Context(), d), errStore)
			}
			clear(ids)
			refuse = false
			r, err = refresh.New(client.Employees.Base, client.BulkCollect.Base, store, o)
			require.NoError(t, err)
			require.NoError(t, r.Handle(t.Context(), d))
			assert.Equal(t, map[int64]time.Time{1: shared.at(1), 2: shared.at(1)}, ids)
		})
	}
}

// dying is a Bulk whose process ends while it sends a request.
type dying struct {
	refresh.Bulk[employee.BaseRecord]
}

func (d *dying) RequestIDs(ctx context.Context, _ employee.IDSource, o bulkcollect.Options, _ ...api.CallOption) (*bulkcollect.Job, error) {
	if o.Ledger != nil {
		_ = o.Ledger.Put(ctx, bulkcollect.Entry{Request: o.Request, Once: true, Revision: 1, State: bulkcollect.Sending, At: time.Now(), Operation: "bulkcollect.Base.RequestIDs", IDs: 2, Sent: 1, Asked: o.Asked})
	}
	panic("the process ends")
}
