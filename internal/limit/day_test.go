package limit_test

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/limit"
)

var daily = limit.Policy{Class: "day", N: 5, Daily: true, Probe: 15 * time.Minute}

// probe takes a place and reports whether it is that of a probe.
func take(t *testing.T, l *limit.Limiter) limit.Slot {
	t.Helper()
	slot, err := l.Acquire(t.Context(), "day", limit.Waiting{Longest: 5 * time.Minute})
	require.NoError(t, err)
	slot.Sent()
	return slot
}

// refused is the error of a call that the limiter holds back.
func refused(t *testing.T, l *limit.Limiter) *api.RateLimitError {
	t.Helper()
	began := time.Now()
	_, err := l.Acquire(t.Context(), "day", limit.Waiting{Longest: 5 * time.Minute})
	var limited *api.RateLimitError
	require.ErrorAs(t, err, &limited)
	assert.Equal(t, began, time.Now(), "a day is not waited for")
	return limited
}

// TestR63DayThatIsUsedUp: once closed, a day lets one call through every 15 minutes, and the first that is served opens it.
func TestR63DayThatIsUsedUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // a bubble begins at midnight UTC
		midnight := time.Now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
		l := newLimiter(t, daily, limit.Policy{N: 100, Window: time.Second})
		assert.Nil(t, l.CloseDay("day", false), "two calls are not five")
		assert.Nil(t, l.CloseDay("other", true))
		assert.Zero(t, l.Window("day"), "CloseDay holds it back")
		first := take(t, l)
		assert.False(t, first.Probe())
		closed := l.CloseDay("day", true)
		require.NotNil(t, closed)
		assert.Equal(t, api.RateLimitError{Class: "day", Reset: midnight, Probe: time.Now().Add(15 * time.Minute).UTC()}, *closed)
		assert.Equal(t, closed, refused(t, l))
		require.NoError(t, l.Wait(t.Context(), "other"), "other classes go on")
		first.Served() // was no probe
		refused(t, l)

		time.Sleep(15 * time.Minute)
		probe := take(t, l)
		assert.True(t, probe.Probe())
		assert.Equal(t, time.Now().Add(15*time.Minute).UTC(), refused(t, l).Probe, "one alone")
		day, ok := l.Day("day")
		require.True(t, ok)
		assert.Equal(t, limit.Day{Limit: 5, Used: 2, Reset: midnight, Closed: true, Probe: time.Now().Add(15 * time.Minute).UTC()}, day)
		time.Sleep(20 * time.Minute)
		unsent, err := l.Acquire(t.Context(), "day", limit.Waiting{})
		require.NoError(t, err)
		assert.True(t, unsent.Probe())
		refused(t, l)
		unsent.Release()
		probe = take(t, l)
		assert.True(t, probe.Probe(), "what was not sent was no probe")
		probe.Served()
		for range 2 {
			open := take(t, l)
			assert.False(t, open.Probe())
		}
		assert.Equal(t, api.RateLimitError{Class: "day", Reset: midnight}, *refused(t, l), "five were counted")
		day, _ = l.Day("day")
		assert.Equal(t, limit.Day{Limit: 5, Used: 5, Reset: midnight}, day)
		require.NotNil(t, l.CloseDay("day", false), "as many as the quota were counted")
		time.Sleep(time.Until(midnight))
		take(t, l)
		_, ok = l.Day("other")
		assert.False(t, ok)
	})
}

// TestDayStaysClosedOverARestart, and for all credentials of one app.
func TestDayStaysClosedOverARestart(t *testing.T) {
	file := limit.File(filepath.Join(t.TempDir(), "limits.json"))
	synctest.Test(t, func(t *testing.T) {
		shared := daily
		shared.PerApp = true
		start := func() *limit.Limiter {
			l := newLimiter(t, shared)
			l.Keep(file)
			return l
		}
		l := start()
		take(t, l)
		other := l.ForCredential()
		want := l.CloseDay("day", true)
		assert.Equal(t, want, refused(t, other))
		l = start()
		assert.True(t, want.Probe.Equal(refused(t, l).Probe))
		day, _ := l.Day("day")
		assert.Equal(t, 1, day.Used)
		time.Sleep(15 * time.Minute)
		probe := take(t, l)
		assert.True(t, probe.Probe())
		time.Sleep(24 * time.Hour)
		l = start()
		day, _ = l.Day("day")
		assert.False(t, day.Closed, "yesterday's")

		own := newLimiter(t, daily)
		require.NotNil(t, own.CloseDay("day", true))
		take(t, own.ForCredential())
	})
}

// TestProbeOfThoseWhoWait: whoever may wait for the next day is let through as a probe before.
func TestProbeOfThoseWhoWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, daily)
		require.NotNil(t, l.CloseDay("day", true))
		began := time.Now()
		require.NoError(t, l.Wait(t.Context(), "day"))
		assert.Equal(t, 15*time.Minute, time.Since(began))
	})
}
