package transport_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/limit"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// TestR63RefusalsOfADay: a 429 without Retry-After is a short limit until two retries did not help, or as many calls as
// the quota were counted; then the class is closed until midnight, but for a probe every quarter of an hour.
func TestR63RefusalsOfADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // a bubble begins at midnight UTC
		limiter, err := limit.New(limit.Policy{Class: "day", N: 20, Daily: true, Probe: 15 * time.Minute})
		require.NoError(t, err)
		sends, refusals, status := 0, 0, 429
		p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) {
			sends++
			if refusals > 0 {
				refusals--
				return answer(status, "{}"), nil
			}
			return answer(200, "{}"), nil
		}), func(c *transport.Config) {
			c.Providers[0].Limiter = limiter
			c.Providers[0].Inspect = func(r *wire.Response) { r.Own = true }
			c.Random = func() float64 { return 1 }
		})
		op := operation(http.MethodGet, api.RetryIdempotent)
		op.Class = "day"
		send := func(refused int) (*api.Error, int) {
			t.Helper()
			sends, refusals = 0, refused
			err := do(t.Context(), p, call(op))
			if err == nil {
				return nil, sends
			}
			return failure(t, err), sends
		}
		midnight := time.Now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)

		e, n := send(2)
		assert.Nil(t, e, "a short limit")
		assert.Equal(t, 3, n)
		assert.Less(t, time.Since(midnight.Add(-24*time.Hour)), time.Minute)

		e, n = send(1000)
		require.NotNil(t, e)
		assert.Equal(t, 3, n, "two retries, and no more")
		assert.Equal(t, 429, e.Status)
		var limited *api.RateLimitError
		require.ErrorAs(t, e, &limited)
		assert.Equal(t, midnight, limited.Reset)
		assert.Equal(t, time.Until(midnight).Round(time.Millisecond), e.RetryAfter)
		began := time.Now()
		e, n = send(1000)
		require.ErrorIs(t, e, api.ErrRateLimited)
		assert.Zero(t, n, "nothing is sent")
		assert.Equal(t, began, time.Now(), "and nothing waited for")

		time.Sleep(15 * time.Minute)
		e, n = send(1000)
		require.NotNil(t, e)
		assert.Equal(t, 1, n, "a probe is not retried")
		e, n = send(0)
		require.NotNil(t, e)
		assert.Zero(t, n)

		time.Sleep(15 * time.Minute) // an outage tells nothing of the quota
		status = 503
		e, n = send(1000)
		require.ErrorIs(t, e, api.ErrRateLimited)
		assert.Equal(t, 1, n, "one request is the probe: a retry has no place")
		e, n = send(0)
		require.ErrorIs(t, e, api.ErrRateLimited)
		assert.Zero(t, n)

		time.Sleep(15 * time.Minute)
		status = 404
		e, _ = send(1)
		require.ErrorIs(t, e, api.ErrNotFound, "what is served opens the class, whatever its result")
		status = 429
		for range 3 {
			e, _ = send(0)
			assert.Nil(t, e)
		}
		day, ok := p.Day(op.Provider, "day")
		require.True(t, ok)
		assert.False(t, day.Closed)
		for range day.Limit - day.Used - 1 {
			e, _ = send(0)
			assert.Nil(t, e)
		}
		e, n = send(1000)
		require.NotNil(t, e)
		assert.Equal(t, 1, n, "the last one of the quota: there is nothing to retry for")
		require.ErrorAs(t, e, &limited)
	})
}

// TestDayOfALimiterOfTheUsers is not known.
func TestDayOfALimiterOfTheUsers(t *testing.T) {
	p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) { return answer(429, "{}"), nil }))
	_, ok := p.Day(api.Coresignal, "day")
	assert.False(t, ok)
	_, ok = p.Day("nobody", "day")
	assert.False(t, ok)
	assert.Nil(t, p.Origin(&wire.Op{Provider: "nobody"}))
	assert.Equal(t, "api.example.com", p.Origin(&wire.Op{Provider: api.Coresignal}).Host)
}
