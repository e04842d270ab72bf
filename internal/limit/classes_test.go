package limit_test

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/limit"
)

const (
	quarter = 15 * time.Minute
	guard   = 900 * time.Millisecond // of a quarter of an hour
)

// held is how long a class is held back, as the error of a call that does not wait for it says.
func held(t *testing.T, l *limit.Limiter, class string) time.Duration {
	t.Helper()
	slot, err := l.Acquire(t.Context(), class, limit.Waiting{Longest: time.Nanosecond})
	if err == nil {
		slot.Release()
		return 0
	}
	limited, ok := errors.AsType[*api.RateLimitError](err)
	require.True(t, ok, "%v", err)
	require.ErrorIs(t, err, api.ErrRateLimited)
	assert.Equal(t, class, limited.Class)
	return time.Until(limited.Reset)
}

// TestPauseOfAClass: a 429 pauses its class; "" and a class without limits of its own pause everything.
func TestPauseOfAClass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for paused, want := range map[string]map[string]time.Duration{
			"bulk":    {"bulk": time.Hour, "read": 0, "": 0},
			"":        {"bulk": time.Hour, "read": time.Hour, "": time.Hour},
			"unknown": {"bulk": time.Hour, "read": time.Hour, "": time.Hour},
		} {
			l := newLimiter(t, limit.Policy{Class: "bulk", N: 10, Window: quarter}, limit.Policy{Class: "read", N: 10, Window: quarter})
			l.Pause(paused, time.Now().Add(time.Hour))
			for class, d := range want {
				assert.Equal(t, d, held(t, l, class), "%q pauses %q", paused, class)
			}
		}
	})
}

// TestUTCDay: a quota counts from midnight, whatever sliding window the sends are in.
func TestUTCDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // a bubble begins at midnight UTC
		l := newLimiter(t, limit.Policy{Class: "day", N: 3, Daily: true})
		time.Sleep(23 * time.Hour)
		for range 3 {
			require.NoError(t, l.Wait(t.Context(), "day"))
		}
		assert.Equal(t, time.Hour, held(t, l, "day"))
		assert.Equal(t, 15*time.Minute, l.Window("day"), "a refusal need not mean that the quota is used up")
		var wg sync.WaitGroup
		began := time.Now()
		for range 4 { // three go at midnight, one a day later
			wg.Go(func() { assert.NoError(t, l.Wait(t.Context(), "day")) })
		}
		wg.Wait()
		assert.Equal(t, 25*time.Hour, time.Since(began))
	})
}

// TestCredentialsHaveWindowsOfTheirOwn but for what the provider counts per app.
func TestCredentialsHaveWindowsOfTheirOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := newLimiter(t, limit.Policy{Class: "member", N: 1, Window: quarter}, limit.Policy{Class: "app", N: 2, Window: quarter, PerApp: true})
		second := first.ForCredential()
		require.NoError(t, first.Wait(t.Context(), "member"))
		assert.Equal(t, quarter+guard, held(t, first, "member"))
		assert.Zero(t, held(t, second, "member"))
		require.NoError(t, first.Wait(t.Context(), "app"))
		require.NoError(t, second.Wait(t.Context(), "app"))
		assert.Equal(t, quarter+guard, held(t, first, "app"))
		assert.Equal(t, quarter+guard, held(t, second, "app"))
		first.Pause("member", time.Now().Add(time.Hour))
		first.Pause("app", time.Now().Add(time.Hour))
		assert.Zero(t, held(t, second, "member"))
		assert.Equal(t, time.Hour, held(t, second, "app"))

		time.Sleep(2 * time.Hour)
		for range 1000 { // tenants come and go: nothing of them is kept, and nothing that counts is lost
			tenant := first.ForCredential()
			require.NoError(t, tenant.Wait(t.Context(), "member"))
			time.Sleep(time.Second)
		}
		require.NoError(t, first.Wait(t.Context(), "app"))
		require.NoError(t, first.ForCredential().Wait(t.Context(), "app"))
		assert.Equal(t, quarter+guard, held(t, second, "app"))
	})
}

// TestGrantsAreSavedBeforeTheyAreUsed: whenever the process dies, the next one knows every grant.
func TestGrantsAreSavedBeforeTheyAreUsed(t *testing.T) {
	policies := []limit.Policy{{Class: "bulk", N: 2, Window: quarter}, {Class: "day", N: 2, Daily: true}, {Class: "fast", N: 5, Window: time.Second}}
	file := limit.File(filepath.Join(t.TempDir(), "limits.json"))
	restart := func() *limit.Limiter {
		l := newLimiter(t, policies...)
		l.Keep(file)
		return l
	}
	l := restart()
	_, err := l.Acquire(t.Context(), "bulk", limit.Waiting{}) // and the process dies: it may have been sent
	require.NoError(t, err)
	_, err = l.Acquire(t.Context(), "day", limit.Waiting{})
	require.NoError(t, err)
	l = restart()
	require.NoError(t, l.Wait(t.Context(), "bulk"))
	require.NoError(t, l.Wait(t.Context(), "day"))
	assert.Greater(t, held(t, l, "bulk"), quarter-time.Minute)
	l = restart()
	assert.Greater(t, held(t, l, "bulk"), quarter-time.Minute)
	assert.Positive(t, held(t, l, "day"))
	slot, err := l.Acquire(t.Context(), "fast", limit.Waiting{})
	require.NoError(t, err)
	slot.Release()
	l.Pause("day", time.Now().Add(48*time.Hour))
	assert.InDelta(t, float64(24*time.Hour), float64(held(t, restart(), "day")), float64(time.Minute), "a wrong clock must not hold a class back for years")

	info, err := os.Stat(string(file))
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm())
}

// broken is a state that fails.
type broken struct{ load, save error }

func (b broken) Load() ([]byte, error) { return nil, b.load }
func (b broken) Save([]byte) error     { return b.save }

// TestStateThatFails: what cannot be saved is not sent, and what is damaged is not taken for an empty one.
func TestStateThatFails(t *testing.T) {
	full := errors.New("CANARY: no space left")
	policy := limit.Policy{Class: "bulk", N: 1, Window: quarter}
	for _, state := range []broken{{load: full}, {save: full}} {
		l := newLimiter(t, policy)
		l.Keep(state)
		for range 3 { // the place is given back each time
			err := l.Wait(t.Context(), "bulk")
			require.ErrorIs(t, err, full)
			assert.NotContains(t, api.Describe(err), "CANARY")
		}
	}
	name := filepath.Join(t.TempDir(), "limits.json")
	for _, damaged := range []string{"{", "[]", `{"version":2}`, `{"version":1,"windows":{}}`} {
		require.NoError(t, os.WriteFile(name, []byte(damaged), 0o600))
		l := newLimiter(t, policy)
		l.Keep(limit.File(name))
		require.Error(t, l.Wait(t.Context(), "bulk"), damaged)
		got, err := os.ReadFile(name)
		require.NoError(t, err)
		assert.Equal(t, damaged, string(got), "it is left for a person to look at")
	}
	require.NoError(t, os.Truncate(name, 1<<40)) // a sparse file: its size is looked at first
	l := newLimiter(t, policy)
	l.Keep(limit.File(name))
	require.ErrorIs(t, l.Wait(t.Context(), "bulk"), api.ErrTooLarge)
}

// TestR21HintsOnlySlowDown: a header holds back when nothing is left; whatever else it says changes nothing.
func TestR21HintsOnlySlowDown(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		header map[string]string
		want   time.Duration
	}{
		"nothing":              {nil, 0},
		"left":                 {map[string]string{"X-RateLimit-Remaining": "7", "X-RateLimit-Reset": "60"}, 0},
		"none left":            {map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "60"}, time.Minute},
		"without X":            {map[string]string{"RateLimit-Remaining": "0", "RateLimit-Reset": "60"}, time.Minute},
		"a Unix time":          {map[string]string{"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": strconv.FormatInt(now.Add(time.Hour).Unix(), 10)}, time.Hour},
		"a time that passed":   {map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": strconv.FormatInt(now.Add(-time.Hour).Unix(), 10)}, 0},
		"ten years":            {map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "315360000"}, 24 * time.Hour},
		"no reset":             {map[string]string{"X-RateLimit-Remaining": "0"}, 0},
		"negative":             {map[string]string{"X-RateLimit-Remaining": "-1", "X-RateLimit-Reset": "60"}, 0},
		"words":                {map[string]string{"X-RateLimit-Remaining": "none", "X-RateLimit-Reset": "soon"}, 0},
		"too long":             {map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "9999999999999"}, 0},
		"the draft":            {map[string]string{"RateLimit": `"default";r=0;t=30`}, 30 * time.Second},
		"the draft, left":      {map[string]string{"RateLimit": `"default";r=50;t=30`}, 0},
		"the draft, malformed": {map[string]string{"RateLimit": `"default";r=;t`}, 0},
	} {
		header := http.Header{}
		for k, v := range c.header {
			header.Set(k, v)
		}
		header.Set("Date", now.Format(http.TimeFormat)) // whatever the clock here says
		wait, ok := limit.Hint(header)
		assert.Equal(t, c.want > 0, ok, name)
		if ok {
			assert.Equal(t, c.want, wait, name)
		}
	}
}

// FuzzHint: no header holds back for more than a day, or into the past.
func FuzzHint(f *testing.F) {
	f.Add("0", "60", `"default";r=0;t=30`)
	f.Add("-1", "1e9", `;;=,"`)
	f.Fuzz(func(t *testing.T, remaining, reset, field string) {
		wait, ok := limit.Hint(http.Header{"X-Ratelimit-Remaining": {remaining}, "X-Ratelimit-Reset": {reset}, "Ratelimit": {field}})
		if ok && (wait <= 0 || wait > 24*time.Hour) {
			t.Errorf("%q %q %q hold back for %s", remaining, reset, field, wait)
		}
	})
}

// memoryState is a state in memory whose Save calls a function first.
type memoryState struct {
	data   []byte
	before func()
}

func (s *memoryState) Load() ([]byte, error) { return s.data, nil }
func (s *memoryState) Save(data []byte) error {
	if s.before != nil {
		s.before()
	}
	s.data = data
	return nil
}

// TestStateBelongsToTheFirstCredential and the app, whoever calls first after a restart; so do pauses per app.
func TestStateBelongsToTheFirstCredential(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		policies := []limit.Policy{{Class: "key", N: 1, Window: quarter}, {Class: "app", N: 5, Window: quarter, PerApp: true}}
		state := &memoryState{}
		first := newLimiter(t, policies...)
		first.Keep(state)
		require.NoError(t, first.Wait(t.Context(), "key"))
		first.ForCredential().Pause("app", time.Now().Add(time.Hour))

		again := newLimiter(t, policies...)
		again.Keep(state)
		tenant := again.ForCredential()
		assert.Zero(t, held(t, tenant, "key"))
		assert.Equal(t, quarter+guard, held(t, again, "key"))
		assert.Equal(t, time.Hour, held(t, tenant, "app"))
		assert.Equal(t, time.Hour, held(t, again, "app"))
	})
}

// TestUsersStateDoesNotHoldTheLimiter: when Save panics nothing stays locked and the place is given back; while it hangs
// the calls of other classes go on.
func TestUsersStateDoesNotHoldTheLimiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		state := &memoryState{before: func() { panic("the user's") }}
		l := newLimiter(t, limit.Policy{Class: "bulk", N: 1, Window: quarter}, limit.Policy{Class: "read", N: 100, Window: time.Second})
		l.Keep(state)
		assert.Panics(t, func() { _ = l.Wait(t.Context(), "bulk") })
		state.before = func() { time.Sleep(time.Hour) }
		var wg sync.WaitGroup
		wg.Go(func() { assert.NoError(t, l.Wait(t.Context(), "bulk"), "the place was given back") })
		synctest.Wait()
		began := time.Now()
		require.NoError(t, l.Wait(t.Context(), "read"))
		assert.Zero(t, time.Since(began))
		wg.Wait()
	})
}

// TestNobodyYieldsToACallerInItsHook: whoever is told of its wait, and takes its time, neither keeps others from going nor
// makes them look again and again.
func TestNobodyYieldsToACallerInItsHook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(t, limit.Policy{N: 1, Window: time.Second}, limit.Policy{Class: "b", N: 10, Window: time.Second})
		require.NoError(t, l.Wait(t.Context(), ""))
		began := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() {
			slot, err := l.Acquire(t.Context(), "", limit.Waiting{OnWait: func(time.Duration) { time.Sleep(time.Minute) }})
			assert.NoError(t, err)
			slot.Sent()
			assert.Equal(t, time.Minute, time.Since(began))
		})
		synctest.Wait()
		require.NoError(t, l.Wait(t.Context(), "b"))
		assert.Equal(t, 1020*time.Millisecond, time.Since(began))
		wg.Wait()
	})
}

// TestRefusedWithoutAWord: how long a class is held back when the provider does not say for how long.
func TestRefusedWithoutAWord(t *testing.T) {
	l := newLimiter(t, limit.Policy{N: 10, Window: time.Second}, limit.Policy{Class: "bulk", N: 10, Window: quarter},
		limit.Policy{Class: "day", N: 10_000, Daily: true})
	assert.Zero(t, l.Window("bulk"), "the limit of all calls may be meant")
	assert.Zero(t, l.Window("day"))
	l = newLimiter(t, limit.Policy{Class: "bulk", N: 10, Window: quarter})
	assert.Equal(t, quarter+guard, l.Window("bulk"))
	assert.Zero(t, l.Window("other"))
}
