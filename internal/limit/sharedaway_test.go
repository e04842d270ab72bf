package limit_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/limit"
)

var errRefused = errors.New("connection refused")

// account is what processes send together.
type account struct {
	store *store
	log   bytes.Buffer
	mu    sync.Mutex
	sent  []time.Time
}

func newAccount() *account { return &account{store: newStore()} }

// send sends so many calls at once, each when it may.
func (a *account) send(t *testing.T, l *limit.Limiter, class string, calls int) {
	t.Helper()
	var wg sync.WaitGroup
	for range calls {
		wg.Go(func() {
			if assert.NoError(t, l.Wait(t.Context(), class)) {
				a.mu.Lock()
				a.sent = append(a.sent, time.Now())
				a.mu.Unlock()
			}
		})
	}
	wg.Wait()
}

// most is the most that was sent in any window.
func (a *account) most(window time.Duration) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	slices.SortFunc(a.sent, time.Time.Compare)
	return most(a.sent, window)
}

// TestSharedNumbersThatDiffer, as in a rolling change: all calls count together.
func TestSharedNumbersThatDiffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAccount()
		var wg sync.WaitGroup
		for _, n := range []int{4, 6} {
			l := sharing(t, a.store, 0, &a.log, limit.Policy{N: n + 1, Window: time.Minute}, limit.Policy{N: n, Window: time.Minute}, limit.Policy{N: 61, Daily: true}, limit.Policy{N: 60, Daily: true})
			wg.Go(func() { a.send(t, l, "", 30) })
		}
		wg.Wait()
		assert.LessOrEqual(t, a.most(time.Minute), 6)
		synctest.Wait()
		assert.Equal(t, 60, a.store.days["/day"], "a call takes one place, where a limit is given twice")
	})
}

// TestSharedLimitsAfterAnOutage: a process that made no call meanwhile, or long none, does not add to what others have
// sent by their shares.
func TestSharedLimitsAfterAnOutage(t *testing.T) {
	for _, hangs := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			a := newAccount()
			policy := limit.Policy{N: 8, Window: time.Minute}
			busy, quiet, idle := sharing(t, a.store, 4, &a.log, policy), sharing(t, a.store, 4, &a.log, policy), sharing(t, a.store, 4, &a.log, policy)
			a.send(t, quiet, "", 1)
			time.Sleep(time.Hour)
			a.send(t, busy, "", 8)
			a.store.hang(hangs)
			a.store.set(errRefused)
			a.send(t, quiet, "", 2) // and then none for long
			a.send(t, busy, "", 6)
			time.Sleep(time.Hour)
			a.send(t, busy, "", 2)
			a.store.set(nil)
			time.Sleep(3 * time.Second)
			began := time.Now()
			var wg sync.WaitGroup
			for _, l := range []*limit.Limiter{busy, quiet, idle} {
				wg.Go(func() { a.send(t, l, "", 8) })
			}
			wg.Wait()
			assert.LessOrEqual(t, a.most(time.Minute), 8)
			assert.Less(t, time.Since(began), 4*time.Minute, "afterwards all is as before")
		})
	}
}

// TestSharedLimitsOfAProcessThatWasIdle: its first call after the outage asks the store.
func TestSharedLimitsOfAProcessThatWasIdle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAccount()
		policy := limit.Policy{N: 4, Window: time.Minute}
		one, other := sharing(t, a.store, 2, &a.log, policy), sharing(t, a.store, 2, &a.log, policy)
		a.store.set(errRefused)
		a.send(t, one, "", 1)
		time.Sleep(time.Hour)
		asked := a.store.times()
		a.send(t, one, "", 1)
		assert.Equal(t, asked, a.store.times(), "it is still away")
		time.Sleep(time.Hour)
		a.store.set(nil)
		a.send(t, other, "", 4)
		began := time.Now()
		a.send(t, one, "", 1)
		assert.Equal(t, asked+6, a.store.times(), "four, one that is to wait, and one that has its place")
		assert.Less(t, time.Since(began), 61*time.Second, "and it holds nobody back")
		assert.LessOrEqual(t, a.most(time.Minute), 4)
	})
}

// TestAShareThatWasUsedJustBefore the store is back: what was sent after it was asked in vain last counts too.
func TestAShareThatWasUsedJustBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAccount()
		l := sharing(t, a.store, 4, &a.log, limit.Policy{N: 4, Window: 9900 * time.Millisecond}) // it is asked each second
		a.store.set(errRefused)
		a.send(t, l, "", 1)
		a.store.set(nil)
		a.send(t, l, "", 4)
		assert.LessOrEqual(t, a.most(9900*time.Millisecond), 4)
	})
}

// TestSharedPauses are heeded by whoever waits for a place, also of the share, and told when the store is back.
func TestSharedPauses(t *testing.T) {
	for name, away := range map[string]error{"there": nil, "away": errRefused} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newAccount()
				policy := limit.Policy{N: 2, Window: 10 * time.Second}
				one, other := sharing(t, a.store, 2, &a.log, policy), sharing(t, a.store, 2, &a.log, policy)
				a.store.set(away)
				a.send(t, one, "", 2)
				began := time.Now()
				var wg sync.WaitGroup
				wg.Go(func() { a.send(t, one, "", 1) })
				synctest.Wait()
				one.Pause("", began.Add(time.Hour)) // of a 429
				synctest.Wait()
				time.Sleep(time.Minute)
				a.store.set(nil)
				time.Sleep(5 * time.Second)
				a.send(t, other, "", 1)
				assert.GreaterOrEqual(t, time.Since(began), time.Hour, "the other process heeds it")
				wg.Wait()
				assert.GreaterOrEqual(t, time.Since(began), time.Hour)
			})
		})
	}
}

// TestASharedPauseWhileAsking: a place that is there when the class is held back is given back.
func TestASharedPauseWhileAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAccount()
		l := sharing(t, a.store, 0, &a.log, limit.Policy{N: 1, Window: time.Minute}, limit.Policy{Class: "day", N: 5, Daily: true, Probe: time.Minute})
		a.store.respondAfter(time.Second / 2)
		began := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() { a.send(t, l, "day", 1) })
		synctest.Wait()
		l.CloseDay("day", true)
		wg.Wait()
		assert.GreaterOrEqual(t, time.Since(began), time.Minute, "it went as a probe")
	})
}

// TestSharedWaits: who has no time for what the one before him was told is told so at once; a wait for a short window is
// bounded by the deadline alone.
func TestSharedWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAccount()
		short, long := limit.Policy{Class: "short", N: 20, Window: time.Minute}, limit.Policy{Class: "long", N: 20, Window: time.Hour}
		one, other := sharing(t, a.store, 0, &a.log, short, long), sharing(t, a.store, 0, &a.log, short, long)
		a.send(t, one, "short", 20)
		a.send(t, one, "long", 20)
		synctest.Wait()
		a.store.respondAfter(time.Second / 2) // while the first asks, the others stand behind
		began := time.Now()
		var wg sync.WaitGroup
		for _, class := range []string{"short", "long"} {
			wg.Go(func() {
				slot, err := other.Acquire(t.Context(), class, limit.Waiting{})
				assert.NoError(t, err)
				slot.Sent()
			})
		}
		synctest.Wait()
		for range 3 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				err := other.Wait(ctx, "short")
				assert.ErrorIs(t, err, context.DeadlineExceeded)
				assert.ErrorIs(t, err, api.ErrRateLimited)
				assert.Equal(t, time.Second/2, time.Since(began))
			})
			wg.Go(func() {
				_, err := other.Acquire(t.Context(), "long", limit.Waiting{Longest: time.Minute})
				assert.ErrorIs(t, err, api.ErrRateLimited)
				assert.Equal(t, time.Second/2, time.Since(began))
			})
			wg.Go(func() {
				slot, err := other.Acquire(t.Context(), "short", limit.Waiting{Longest: time.Second})
				assert.NoError(t, err)
				slot.Sent()
			})
		}
		wg.Wait()
	})
}

// TestASharedWaitTakesNoPlaceHere: a class that waits for the others leaves the limits of all calls to the rest.
func TestASharedWaitTakesNoPlaceHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAccount()
		policies := []limit.Policy{{N: 1, Window: time.Second}, {Class: "search", N: 1, Window: time.Hour}}
		one, other := sharing(t, a.store, 0, &a.log, policies...), sharing(t, a.store, 0, &a.log, policies...)
		a.send(t, one, "search", 1)
		synctest.Wait()
		var wg sync.WaitGroup
		wg.Go(func() { a.send(t, other, "search", 1) })
		synctest.Wait()
		began := time.Now()
		a.send(t, other, "", 5)
		assert.Less(t, time.Since(began), 10*time.Second)
		wg.Wait()
		assert.Equal(t, 1, a.most(time.Second))
	})
}

// TestAShareIsLeft when the store is back, by those too who wait for a place of it.
func TestAShareIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAccount()
		l := sharing(t, a.store, 4, &a.log, limit.Policy{N: 4, Window: 10 * time.Minute})
		a.store.set(errRefused)
		began := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() { a.send(t, l, "", 4) }) // by the share one each ten minutes, after ten
		time.Sleep(15 * time.Minute)
		a.store.set(nil)
		wg.Wait()
		assert.Less(t, time.Since(began), 26*time.Minute)
		assert.LessOrEqual(t, a.most(10*time.Minute), 4)
	})
}

// TestASlowStoreIsAskedByOneClassBesideAnother.
func TestASlowStoreIsAskedByOneClassBesideAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAccount()
		l := sharing(t, a.store, 0, &a.log, limit.Policy{N: 10, Window: time.Second}, limit.Policy{Class: "search", N: 10, Window: time.Minute})
		a.store.respondAfter(time.Second / 2)
		began := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() { a.send(t, l, "search", 1) })
		synctest.Wait()
		wg.Go(func() { a.send(t, l, "", 1) })
		wg.Wait()
		assert.Equal(t, time.Second/2, time.Since(began))
	})
}

// TestSharedLimitsThatHang tell everybody who waits at once.
func TestSharedLimitsThatHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAccount()
		l := sharing(t, a.store, 0, &a.log, limit.Policy{N: 100, Window: time.Second})
		a.store.hang(true)
		a.store.set(errRefused)
		began := time.Now()
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() { assert.ErrorIs(t, l.Wait(t.Context(), ""), api.ErrSharedLimits) })
		}
		wg.Wait()
		assert.Less(t, time.Since(began), 6*time.Second)
		time.Sleep(2 * time.Second) // until nothing is being told any more
	})
}

// TestADayThatAShareWasUsedOf is told, whenever the store comes back: none of the calls is forgotten.
func TestADayThatAShareWasUsedOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAccount()
		policies := []limit.Policy{{N: 1000, Daily: true}, {Class: "fast", N: 10, Window: time.Second}}
		a.store.flaws = []string{"settle", "fast", "settle", "fast"}
		l := sharing(t, a.store, 2, &a.log, policies...)
		a.send(t, l, "", 1) // which hears what is left
		time.Sleep(2 * time.Second)
		a.store.respondAfter(20 * time.Millisecond)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 25 {
					a.send(t, l, "fast", 1)
				}
			})
		}
		for range 5 {
			time.Sleep(3 * time.Second)
			a.store.set(errRefused)
			time.Sleep(5300 * time.Millisecond)
			a.store.set(nil)
		}
		wg.Wait()
		time.Sleep(5 * time.Second)
		a.store.mu.Lock()
		defer a.store.mu.Unlock()
		assert.Equal(t, 201, a.store.days["/day"])
		assert.LessOrEqual(t, most(a.sent, time.Second), 10)
	})
}

// panicking is a store that panics once.
type panicking struct {
	*store

	panics bool
}

func (p *panicking) Take(ctx context.Context, c api.SharedCall) (api.SharedPlace, error) {
	if p.panics {
		p.panics = false
		panic("the store's")
	}
	return p.store.Take(ctx, c)
}

// TestASharedStoreThatPanics leaves nothing locked and no place taken.
func TestASharedStoreThatPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := limit.New(limit.Policy{N: 1, Window: time.Second})
		require.NoError(t, err)
		require.NoError(t, l.Share(limit.Shared{Limits: &panicking{newStore(), true}, Name: "account"}))
		assert.Panics(t, func() { _ = l.Wait(t.Context(), "") })
		began := time.Now()
		require.NoError(t, l.Wait(t.Context(), ""))
		assert.Zero(t, time.Since(began))
	})
}
