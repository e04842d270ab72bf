package transport_test

import (
	"context"
	"errors"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/limit"
	"github.com/pronet-go/pronet/internal/transport"
)

// sendTimes sends a call whose every attempt ends in the same way and returns when, since the first, each was sent.
func sendTimes(t *testing.T, random float64, attempts int, outcome func() (*http.Response, error)) []time.Duration {
	var times []time.Duration
	started := time.Now()
	p := newPipeline(t, "https://api.example.com",
		over(func(*http.Request) (*http.Response, error) {
			times = append(times, time.Since(started))
			return outcome()
		}),
		func(c *transport.Config) { c.Random = func() float64 { return random } })
	require.Error(t, do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent), api.WithMaxAttemptsPerCall(attempts))))
	return times
}

// TestR10WaitsBetweenAttempts pins the exact times on a virtual clock: full jitter over a time that doubles, capped
// before the jitter.
func TestR10WaitsBetweenAttempts(t *testing.T) {
	unreachable := func() (*http.Response, error) { return nil, syscall.ECONNRESET }
	answers := func(status int, header ...string) func() (*http.Response, error) {
		return func() (*http.Response, error) { return answer(status, "", header...), nil }
	}
	ms := func(n ...int) []time.Duration {
		var d []time.Duration
		for _, n := range n {
			d = append(d, time.Duration(n)*time.Millisecond)
		}
		return d
	}
	for name, c := range map[string]struct {
		random  float64
		outcome func() (*http.Response, error)
		want    []time.Duration
	}{
		"half the jitter":      {0.5, answers(503), ms(0, 250, 750, 1750, 3750, 7750, 15750, 25750, 35750)},
		"almost all of it":     {1, unreachable, ms(0, 500, 1500, 3500, 7500, 15500, 31500, 51500, 71500)},
		"none":                 {0, answers(500), ms(0, 0, 0)},
		"rate limited":         {0.5, answers(429), ms(0, 500, 1500, 3500, 7500, 15500, 25500)},
		"Retry-After longer":   {0.5, answers(503, "Retry-After", "3"), ms(0, 3000, 6000, 9000)},
		"Retry-After shorter":  {1, answers(429, "Retry-After", "1"), ms(0, 1000, 3000, 7000)},
		"Retry-After 0":        {0.5, answers(429, "Retry-After", "0"), ms(0, 500, 1500)},
		"longest that is kept": {0, answers(503, "Retry-After", "300"), ms(0, 300_000, 600_000)},
		"longer than is kept":  {0, answers(503, "Retry-After", "301"), ms(0)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				assert.Equal(t, c.want, sendTimes(t, c.random, max(2, len(c.want)), c.outcome))
			})
		})
	}
}

// TestR10NoWaitBeyondTheDeadline pins that a wait which the deadline would cut is not begun: the last error comes back
// at once, and the deadline with it.
func TestR10NoWaitBeyondTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sends := 0
		p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) {
			sends++
			return answer(503, "busy", "Retry-After", "60", "X-Request-Id", "r-1"), nil
		}))
		ctx, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		started := time.Now()
		err := do(ctx, p, call(operation(http.MethodPost, api.RetryUnsent)))
		assert.Zero(t, time.Since(started))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorIs(t, err, api.ErrUnavailable)
		e := failure(t, err)
		assert.Equal(t, 503, e.Status)
		assert.Equal(t, time.Minute, e.RetryAfter)
		assert.Equal(t, "test.Things: coresignal responded with 503, provider unavailable: the context's deadline leaves no time for a retry"+
			" (request r-1), asks to wait 1m0s", e.Error())
		assert.Equal(t, 1, sends)
	})
}

// TestR10CancelEndsTheWait cancels, with and without a cause, in the middle of a wait.
func TestR10CancelEndsTheWait(t *testing.T) {
	cause := errors.New("CANARY: the operator pressed the button")
	for _, because := range []error{nil, cause} {
		synctest.Test(t, func(t *testing.T) {
			p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) {
				return answer(429, "", "Retry-After", "60"), nil
			}))
			ctx, cancel := context.WithCancelCause(t.Context())
			defer cancel(nil)
			started := time.Now()
			time.AfterFunc(10*time.Second, func() { cancel(because) })
			err := do(ctx, p, call(operation(http.MethodPost, api.RetryUnsent)))
			assert.Equal(t, 10*time.Second, time.Since(started))
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, api.ErrRateLimited, "the last answer is not lost")
			assert.NotErrorIs(t, err, api.ErrMaybeApplied)
			assert.Contains(t, err.Error(), "the context was cancelled")
			assert.NotContains(t, err.Error(), "CANARY")
			if because != nil {
				require.ErrorIs(t, err, cause)
			}
		})
	}
}

// TestR11TenDaysEndTheCall pins that a provider cannot make a call sleep for days, nor the calls after it.
func TestR11TenDaysEndTheCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter, err := limit.New(limit.Policy{N: 100, Window: time.Second})
		require.NoError(t, err)
		p := newPipeline(t, "https://api.example.com",
			over(func(*http.Request) (*http.Response, error) { return answer(429, "", "Retry-After", "864000"), nil }),
			func(c *transport.Config) { c.Providers[0].Limiter = limiter })
		started := time.Now()
		for range 2 {
			err := do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent)))
			require.ErrorIs(t, err, api.ErrRateLimited)
			assert.Equal(t, 240*time.Hour, failure(t, err).RetryAfter)
			assert.Equal(t, 1, failure(t, err).Attempts)
		}
		assert.Equal(t, 5*time.Minute, time.Since(started), "the second call waited for MaxWait, no longer")
	})
}

// TestR10CancelBetweenTwoAttempts cancels right after it was decided to send again, whoever notices first.
func TestR10CancelBetweenTwoAttempts(t *testing.T) {
	for range 50 {
		ctx, cancel := context.WithCancel(t.Context())
		sends := 0
		p := newPipeline(t, "https://api.example.com",
			over(func(*http.Request) (*http.Response, error) {
				sends++
				return answer(503, "", "X-Request-Id", "r-1"), nil
			}),
			func(c *transport.Config) {
				c.Random = func() float64 {
					cancel()
					return 0.9
				}
			})
		err := do(ctx, p, call(operation(http.MethodGet, api.RetryIdempotent)))
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, api.ErrUnavailable)
		assert.Equal(t, "r-1", failure(t, err).RequestID)
		assert.Equal(t, 1, sends)
	}
}

func TestR10JitterOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		waits := map[time.Duration]bool{}
		p := newPipeline(t, "https://api.example.com",
			over(func(*http.Request) (*http.Response, error) { return answer(503, ""), nil }),
			func(c *transport.Config) { c.Random = nil })
		for range 20 {
			started := time.Now()
			require.Error(t, do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent), api.WithMaxAttemptsPerCall(2))))
			assert.Less(t, time.Since(started), 500*time.Millisecond)
			waits[time.Since(started)] = true
		}
		assert.Greater(t, len(waits), 10, "clients must not come back together")
	})
}
