package subscriptions_test

import (
	"bytes"
	"context"
	"log/slog"
	"maps"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/subscriptions"
)

const day = 24 * time.Hour

// TestKeeperAfterAClockThatWasAhead: what it wrote down as of a time to come does not make it wait for that time.
func TestKeeperAfterAClockThatWasAhead(t *testing.T) {
	a, state := newAccount(), &memory{}
	a.now = a.now.Add(365 * day)
	wanted := []subscriptions.Wanted{a.creates("a", "v1", "a1", "a2"), a.creates("b", "v1", "b1", "b2")}
	keeper := a.keeper(t, state, subscriptions.KeeperOptions{}, wanted...)
	_, err := keeper.Sweep(t.Context())
	require.NoError(t, err)
	for id := range a.list {
		a.list[id] = subscriptions.Subscription{ID: id} // the provider says no dates
	}
	state.state.Kept["a"] = subscriptions.Kept{ID: "a1", Definition: "v1", CreatedAt: a.now}
	state.state.Kept["b"] = subscriptions.Kept{ID: "b1", Definition: "v1", CreatedAt: a.now}

	a.now = a.now.Add(-365 * day)
	delete(a.list, "a1")
	dry := a.keeper(t, state, subscriptions.KeeperOptions{DryRun: true}, wanted...)
	_, err = dry.Sweep(t.Context())
	require.NoError(t, err)
	assert.True(t, state.state.Kept["a"].CreatedAt.After(a.now), "a dry run puts nothing right")
	saved := state.saves
	_, err = keeper.Sweep(t.Context())
	require.NoError(t, err)
	assert.Equal(t, a.now, state.state.Kept["a"].CreatedAt, "it was not made later than now")
	assert.NotContains(t, a.list, "a2", "it may have been made just now")
	a.now = a.now.Add(day)
	report, err := keeper.Sweep(t.Context())
	require.NoError(t, err)
	assert.Contains(t, kinds(report), "create a a2")
	assert.Greater(t, state.saves, saved)

	clear(a.list) // another key, as far as the keeper can tell
	_, err = keeper.Sweep(t.Context())
	require.ErrorIs(t, err, subscriptions.ErrAllMissing)
	a.now = a.now.Add(92 * day)
	wanted = []subscriptions.Wanted{a.creates("a", "v1", "a3"), a.creates("b", "v1", "b3")}
	report, err = a.keeper(t, state, subscriptions.KeeperOptions{}, wanted...).Sweep(t.Context())
	require.NoError(t, err, "they have ended by any clock")
	assert.Equal(t, 2, report.Kept)
}

// TestKeeperFindsWhatAClockThatWasAheadCreated: the response was lost and then the clock was put right.
func TestKeeperFindsWhatAClockThatWasAheadCreated(t *testing.T) {
	for name, appears := range map[string]bool{"it was carried out": true, "it was not": false} {
		t.Run(name, func(t *testing.T) {
			a, state := newAccount(), &memory{}
			state.state.Creating = map[string]subscriptions.Creating{"a": {Definition: "v1", At: a.now.Add(365 * day), Before: []string{"other"}}}
			a.add("other", 90)
			want := []string{"create a new"}
			if appears {
				a.add("lost", 90)
				want = []string{"adopt a lost"}
			}
			keeper := a.keeper(t, state, subscriptions.KeeperOptions{}, a.creates("a", "v1", "new"))
			report, err := keeper.Sweep(t.Context())
			require.NoError(t, err)
			assert.Equal(t, want, kinds(report))
			report, err = keeper.Sweep(t.Context())
			require.NoError(t, err)
			assert.Empty(t, report.Actions)
			assert.Equal(t, 1, report.Kept)
		})
	}
	a, state := newAccount(), remembering(map[string]string{"a": "a1"})
	state.state.Kept["a"] = subscriptions.Kept{ID: "a1", CreatedAt: a.now.Add(day)}
	state.failing = map[int]bool{1: true}
	report, err := a.keeper(t, state, subscriptions.KeeperOptions{}, a.creates("a", "", "new")).Sweep(t.Context())
	require.ErrorIs(t, err, errDisk)
	assert.Empty(t, report.Actions)
}

// TestKeeperUnderAClockThatIsAhead: replacing a subscription each day would mean that none ever sends a notice.
func TestKeeperUnderAClockThatIsAhead(t *testing.T) {
	a, state := newAccount(), remembering(map[string]string{"a": "old"})
	a.add("old", 91)
	a.now = a.now.Add(400 * day)
	keeper := a.keeper(t, state, subscriptions.KeeperOptions{}, a.creates("a", "v1", "new"))
	for range 3 {
		report, err := keeper.Sweep(t.Context())
		require.ErrorContains(t, err, "is the clock ahead?")
		assert.Equal(t, []string{"renew a old failed"}, kinds(report))
		assert.Equal(t, 1, report.Kept)
	}
	assert.Empty(t, a.renewed)
	a.now = a.now.Add(-400 * day)
	report, err := keeper.Sweep(t.Context())
	require.NoError(t, err)
	assert.Empty(t, report.Actions)

	a.now = a.now.Add(92 * day) // a date without a time of day, and a list that is a day behind
	report, err = keeper.Sweep(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []string{"renew a old"}, kinds(report))
}

func TestKeeperStatus(t *testing.T) {
	a, state := newAccount(), &memory{}
	wanted := []subscriptions.Wanted{a.creates("a", "v1", "a1"), a.creates("b", "v1", "b1", "b2")}
	keeper := a.keeper(t, state, subscriptions.KeeperOptions{}, wanted...)
	assert.Equal(t, subscriptions.KeeperStatus{Wanted: 2}, keeper.Status())
	_, err := keeper.Sweep(t.Context())
	require.NoError(t, err)
	began := a.now
	assert.Equal(t, subscriptions.KeeperStatus{Wanted: 2, Kept: 2, LastSweep: began, NextEnd: began.Add(91 * day)}, keeper.Status())

	a.now = a.now.Add(day)
	failed := a.now
	a.listErr = api.ErrUnavailable
	for range 2 {
		_, err = keeper.Sweep(t.Context())
		require.ErrorIs(t, err, api.ErrUnavailable)
		a.now = a.now.Add(day)
	}
	status := keeper.Status()
	assert.Equal(t, 2, status.Kept, "as it was seen last")
	assert.Equal(t, "subscriptions: keeper: listing: provider unavailable", status.LastError)
	assert.Equal(t, failed, status.FailingSince)
	assert.Equal(t, failed.Add(day), status.LastErrorAt)

	a.listErr = nil
	delete(a.list, "b1")
	state.state.Retired = []subscriptions.Retired{{Name: "b", ID: "b0"}}
	a.deleteErr = api.ErrUnavailable
	ctx, cancel := context.WithCancel(t.Context())
	wanted[1].Create = func(context.Context) (*subscriptions.Subscription, error) {
		assert.True(t, keeper.Status().Sweeping)
		return nil, api.ErrMaybeApplied
	}
	keeper = a.keeper(t, state, subscriptions.KeeperOptions{}, wanted...)
	_, err = keeper.Sweep(ctx)
	require.ErrorIs(t, err, api.ErrMaybeApplied)
	status = keeper.Status()
	assert.Equal(t, []int{1, 1, 1}, []int{status.Kept, status.Pending, status.Retired})
	assert.Equal(t, a.now, status.FailingSince)
	a.deleteErr = nil
	a.now = a.now.Add(day)
	wanted[1] = a.creates("b", "v1", "b2")
	keeper = a.keeper(t, state, subscriptions.KeeperOptions{}, wanted...)
	_, err = keeper.Sweep(ctx)
	require.NoError(t, err)
	assert.Equal(t, subscriptions.KeeperStatus{Wanted: 2, Kept: 2, LastSweep: a.now, NextEnd: began.Add(91 * day)}, keeper.Status())

	cancel()
	_, err = keeper.Sweep(ctx)
	require.ErrorIs(t, err, context.Canceled)
	assert.Empty(t, keeper.Status().LastError, "that it was told to end is no failure")
	assert.False(t, keeper.Status().Sweeping)
}

// TestKeeperStatusAtAnyTime, while sweeps go on.
func TestKeeperStatusAtAnyTime(t *testing.T) {
	a, state := newAccount(), &memory{}
	keeper := a.keeper(t, state, subscriptions.KeeperOptions{}, a.creates("a", "v1", "a1"))
	var asking sync.WaitGroup
	asking.Go(func() {
		for range 1000 {
			_ = keeper.Status()
		}
	})
	for range 100 {
		_, err := keeper.Sweep(t.Context())
		require.NoError(t, err)
	}
	asking.Wait()
}

// TestKeeperTellsWhatItCouldNotDo: at WARN to slog's default, and all to a logger that was given.
func TestKeeperTellsWhatItCouldNotDo(t *testing.T) {
	var out, byDefault bytes.Buffer
	before := slog.Default()
	defer slog.SetDefault(before)
	withoutTime := func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}
	a, state := newAccount(), &memory{}
	logger := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
	wanted := a.creates("a", "v1", "a1")
	keeper := a.keeper(t, state, subscriptions.KeeperOptions{Logger: logger}, wanted, a.creates("b", "v1"))
	silent, err := subscriptions.NewKeeper(a, state, []subscriptions.Wanted{wanted}, subscriptions.KeeperOptions{Now: func() time.Time { return a.now }})
	require.NoError(t, err)
	slog.SetDefault(slog.New(slog.NewTextHandler(&byDefault, &slog.HandlerOptions{ReplaceAttr: withoutTime})))

	_, err = keeper.Sweep(t.Context())
	require.Error(t, err)
	assert.Equal(t, `level=INFO msg="subscriptions: keeper: create" name=a id=a1 expiring_at=2026-05-31T00:00:00.000Z
level=WARN msg="subscriptions: keeper: create failed" name=b id="" error=refused
`, out.String())
	_, err = silent.Sweep(t.Context())
	require.NoError(t, err)
	assert.Empty(t, byDefault.String())
	maps.DeleteFunc(a.list, func(string, subscriptions.Subscription) bool { return true })
	a.listErr = api.ErrUnavailable
	_, err = silent.Sweep(t.Context())
	require.Error(t, err)
	assert.Equal(t, `level=WARN msg="subscriptions: keeper: the sweep failed" error="subscriptions: keeper: listing: provider unavailable"
`, byDefault.String())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	byDefault.Reset()
	_, err = silent.Sweep(ctx)
	require.Error(t, err)
	assert.Empty(t, byDefault.String(), "that it was told to end is no failure")
}
