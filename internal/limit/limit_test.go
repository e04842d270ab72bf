package limit_test

import (
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/limit"
	"github.com/pronet-go/pronet/internal/pronettest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newLimiter(t testing.TB, policies ...limit.Policy) *limit.Limiter {
	t.Helper()
	l, err := limit.New(policies...)
	require.NoError(t, err)
	return l
}

// wait takes n places of no particular class.
func wait(t testing.TB, l *limit.Limiter, n int) {
	t.Helper()
	for range n {
		require.NoError(t, l.Wait(t.Context(), ""))
	}
}

// most returns the largest number of times that any sliding window holds.
func most(times []time.Time, window time.Duration) int {
	slices.SortFunc(times, time.Time.Compare)
	largest, first := 0, 0
	for i := range times {
		for times[i].Sub(times[first]) >= window {
			first++
		}
		largest = max(largest, i-first+1)
	}
	return largest
}

// TestR19EverySlidingWindowHolds runs 64 goroutines against several policies with random writing times and failures on
// a fake clock, and looks at every window of every policy.
func TestR19EverySlidingWindowHolds(t *testing.T) {
	policies := []limit.Policy{
		{N: 18, Window: time.Second},
		{N: 60, Window: 6 * time.Second},
		{Class: "slow", N: 1, Window: time.Second},
		{Class: "hourly", N: 10, Window: time.Hour},
	}
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, policies...)
		var mu sync.Mutex
		sent := map[string][]time.Time{}
		var wg sync.WaitGroup
		for g := range 64 {
			class := [...]string{"", "", "", "slow", "collect"}[g%5]
			if g == 7 {
				class = "hourly"
			}
			random := rand.New(rand.NewPCG(1, uint64(g)))
			wg.Go(func() {
				for range 12 {
					slot, err := l.Acquire(t.Context(), class, limit.Waiting{})
					if !assert.NoError(t, err) {
						return
					}
					time.Sleep(time.Duration(random.IntN(400)) * time.Millisecond) // a dial, a large body
					if random.IntN(10) == 0 {
						slot.Release()
						continue
					}
					mu.Lock()
					sent[class] = append(sent[class], time.Now())
					mu.Unlock()
					slot.Sent()
				}
			})
		}
		wg.Wait()
		var all []time.Time
		for _, times := range sent {
			all = append(all, times...)
		}
		require.Greater(t, len(all), 600)
		assert.Equal(t, 18, most(all, time.Second), "the limit is used, and never exceeded")
		assert.Equal(t, 60, most(all, 6*time.Second))
		assert.Equal(t, 1, most(sent["slow"], time.Second))
		assert.LessOrEqual(t, most(sent["hourly"], time.Hour), 10)
	})
}

// TestR19ArrivalsAtARealServer measures at the server what the provider would: arrivals over loopback, cold dials and
// 64 goroutines included.
func TestR19ArrivalsAtARealServer(t *testing.T) {
	const perSecond = 40
	var mu sync.Mutex
	var arrivals []time.Time
	left := map[string]time.Time{} // by the request's number
	// lag is the longest time from leaving to the server's goroutine: a busy machine's, no fault of the limiter.
	lag := time.Duration(0)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		now := time.Now()
		mu.Lock()
		defer mu.Unlock()
		arrivals = append(arrivals, now)
		if at, ok := left[r.Header.Get("Number")]; ok {
			lag = max(lag, now.Sub(at))
		}
	}))
	defer server.Close()
	transport := &http.Transport{MaxIdleConnsPerHost: 64, DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		time.Sleep(30 * time.Millisecond) // a cold dial, longer than the guard
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	}}
	defer transport.CloseIdleConnections()

	l := newLimiter(t, limit.Policy{N: perSecond, Window: time.Second})
	var wg sync.WaitGroup
	each := pronettest.Times(1, 2)
	for n := range 64 {
		wg.Go(func() {
			for i := range each {
				number := strconv.Itoa(n*each + i)
				slot, err := l.Acquire(t.Context(), "", limit.Waiting{})
				if !assert.NoError(t, err) {
					return
				}
				trace := &httptrace.ClientTrace{
					WroteHeaders: func() {
						mu.Lock()
						defer mu.Unlock()
						left[number] = time.Now()
					},
					WroteRequest: func(httptrace.WroteRequestInfo) { slot.Sent() },
				}
				request, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), http.MethodGet, server.URL, nil)
				if !assert.NoError(t, err) {
					return
				}
				request.Header.Set("Number", number)
				response, err := transport.RoundTrip(request)
				if !assert.NoError(t, err) {
					return
				}
				_ = response.Body.Close()
			}
		})
	}
	wg.Wait()
	mu.Lock()
	defer mu.Unlock()
	require.Len(t, arrivals, 64*each)
	assert.LessOrEqual(t, most(arrivals, time.Second-lag), perSecond)
}

// TestUsesTheLimitFully pins the throughput when there is always work: one window and its guard for every N calls.
func TestUsesTheLimitFully(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, limit.Policy{N: 5, Window: time.Second})
		start := time.Now()
		wait(t, l, 51)
		assert.Equal(t, 10*1020*time.Millisecond, time.Since(start))
	})
}

func TestSmoothSpreadsTheSends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, limit.Policy{N: 5, Window: time.Second, Smooth: true})
		start := time.Now()
		for i := range 6 {
			require.NoError(t, l.Wait(t.Context(), ""))
			assert.InDelta(t, time.Duration(i)*200*time.Millisecond, time.Since(start), float64(25*time.Millisecond))
		}
	})
}

// TestR20PauseHoldsBackEveryWaiter: a 429 in the middle of a wait holds back those who wait already.
func TestR20PauseHoldsBackEveryWaiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, limit.Policy{N: 1, Window: time.Second})
		start := time.Now()
		require.NoError(t, l.Wait(t.Context(), ""))
		var wg sync.WaitGroup
		wg.Go(func() {
			assert.NoError(t, l.Wait(t.Context(), ""))
			assert.Equal(t, 5*time.Second, time.Since(start))
		})
		time.Sleep(500 * time.Millisecond)
		l.Pause("", start.Add(5*time.Second))
		l.Pause("", start.Add(2*time.Second)) // an earlier end does not shorten it
		wg.Wait()
	})
}

func TestR20DeadlineErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, limit.Policy{N: 2, Window: time.Minute})
		wait(t, l, 2)
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		err := l.Wait(ctx, "")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.Zero(t, time.Since(start), "it does not wait for a deadline that leaves no time")
		assert.NoError(t, ctx.Err())

		long, cancelLong := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancelLong()
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { assert.NoError(t, l.Wait(long, "")) })
		}
		synctest.Wait()
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
			defer cancel()
			assert.ErrorIs(t, l.Wait(ctx, ""), context.DeadlineExceeded, "two are in line before it: the third goes after two windows")
			assert.Zero(t, time.Since(start))
		})
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			time.AfterFunc(3*time.Second, cancel)
			assert.ErrorIs(t, l.Wait(ctx, ""), context.Canceled)
			assert.Equal(t, 3*time.Second, time.Since(start))
		})
		wg.Wait()

		done, cancelDone := context.WithCancel(t.Context())
		cancelDone()
		require.ErrorIs(t, l.Wait(done, ""), context.Canceled)
	})
}

// TestOnlyWhoWaitedIsToldOfAWait: a context that had ended before is no wait that was cut short.
func TestOnlyWhoWaitedIsToldOfAWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter, err := limit.New(limit.Policy{N: 1, Window: time.Minute})
		require.NoError(t, err)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = limiter.Acquire(ended, "", limit.Waiting{})
		require.ErrorIs(t, err, context.Canceled)
		assert.NotContains(t, err.Error(), "waiting")
		require.NoError(t, limiter.Wait(t.Context(), ""))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err = limiter.Acquire(ctx, "", limit.Waiting{})
		require.ErrorIs(t, err, context.Canceled)
		assert.Contains(t, err.Error(), "while waiting for the rate limit")
	})
}

func TestPauseBeyondTheDeadlineEndsTheWaitAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, limit.Policy{N: 1, Window: time.Second})
		require.NoError(t, l.Wait(t.Context(), ""))
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		go func() {
			time.Sleep(200 * time.Millisecond)
			l.Pause("", start.Add(time.Hour))
		}()
		require.ErrorIs(t, l.Wait(ctx, ""), context.DeadlineExceeded)
		assert.Equal(t, 200*time.Millisecond, time.Since(start))
	})
}

func TestR20FirstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, limit.Policy{N: 2, Window: time.Second}, limit.Policy{Class: "simulate", N: 1, Window: 10 * time.Second})
		var went [20]time.Time
		var wg sync.WaitGroup
		for i := range went {
			wg.Go(func() {
				assert.NoError(t, l.Wait(t.Context(), ""))
				went[i] = time.Now()
			})
			synctest.Wait()
		}
		// A class with a tighter limit does not hold up the others, and is not starved by them.
		start := time.Now()
		wg.Go(func() {
			slot, err := l.Acquire(t.Context(), "simulate", limit.Waiting{})
			assert.NoError(t, err)
			slot.Sent()
			slot, err = l.Acquire(t.Context(), "simulate", limit.Waiting{})
			assert.NoError(t, err)
			slot.Sent()
			assert.Less(t, time.Since(start), 22*time.Second)
		})
		wg.Wait()
		assert.True(t, slices.IsSortedFunc(went[:], time.Time.Compare), "%v", went)
	})
}

func TestRequestsBeingWrittenKeepTheirPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, limit.Policy{N: 2, Window: time.Second})
		hanging, err := l.Acquire(t.Context(), "", limit.Waiting{})
		require.NoError(t, err)
		start := time.Now()
		for range 5 { // the other place goes on while one request hangs
			require.NoError(t, l.Wait(t.Context(), ""))
		}
		assert.Equal(t, 4*1020*time.Millisecond, time.Since(start))
		second, err := l.Acquire(t.Context(), "", limit.Waiting{})
		require.NoError(t, err)

		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		start = time.Now()
		go func() {
			time.Sleep(100 * time.Millisecond)
			hanging.Release()
			hanging.Release()
		}()
		third, err := l.Acquire(ctx, "", limit.Waiting{})
		require.NoError(t, err, "a request that failed to be sent gives its place back in time")
		assert.Equal(t, 100*time.Millisecond, time.Since(start))
		third.Sent()
		third.Release()
		assert.True(t, third.Settled())
		assert.False(t, second.Settled())
		second.Sent()
		second.Sent() // written twice by net/http: counts twice
		start = time.Now()
		require.NoError(t, l.Wait(t.Context(), ""))
		assert.Equal(t, 1020*time.Millisecond, time.Since(start))
	})
}

func TestAcquireTellsOfTheWaitOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, limit.Policy{N: 1, Window: time.Second})
		var waits []time.Duration
		for range 2 {
			slot, err := l.Acquire(t.Context(), "", limit.Waiting{OnWait: func(d time.Duration) { waits = append(waits, d) }})
			require.NoError(t, err)
			slot.Sent()
		}
		assert.Equal(t, []time.Duration{1020 * time.Millisecond}, waits)
	})
}

func TestNewRefusesWhatIsNoLimit(t *testing.T) {
	for _, p := range []limit.Policy{{N: 0, Window: time.Second}, {N: 1}, {N: -1, Window: time.Second}, {N: 1, Window: -time.Second}} {
		_, err := limit.New(p)
		assert.ErrorIs(t, err, api.ErrInvalid)
	}
	var unlimited limit.Slot
	unlimited.Sent()
	unlimited.Release()
	assert.True(t, unlimited.Settled())
}

func TestNoPoliciesNoLimit(t *testing.T) {
	l := newLimiter(t)
	wait(t, l, 10_000)
}

func BenchmarkAcquire(b *testing.B) {
	l := newLimiter(b, limit.Policy{N: 1 << 20, Window: time.Nanosecond})
	b.ReportAllocs()
	for b.Loop() {
		slot, err := l.Acquire(b.Context(), "collect", limit.Waiting{})
		if err != nil {
			b.Fatal(err)
		}
		slot.Sent()
	}
}
