package refresh_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/snapshot"
	"github.com/pronet-go/pronet/webhook"
)

type outcome = refresh.Outcome[employee.BaseRecord]

var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// titled is an outcome that was asked for so many seconds after noon.
func titled(t testing.TB, second int, title string) outcome {
	t.Helper()
	record, err := employee.Decode[employee.BaseRecord](fmt.Appendf(nil, `{"id":1,"full_name":"Jane","headline":%q}`, title))
	require.NoError(t, err)
	return outcome{ID: 1, Asked: noon.Add(time.Duration(second) * time.Second), Record: record}
}

// TestUpdatesInTheOrderOfAsking: what was asked for before what was taken is dropped, whatever it is, and the same
// outcome too.
func TestUpdatesInTheOrderOfAsking(t *testing.T) {
	without := func(second int, err error) outcome {
		return outcome{ID: 1, Asked: noon.Add(time.Duration(second) * time.Second), Err: err}
	}
	for name, c := range map[string]struct {
		outcomes []outcome
		told     []string
	}{
		"a change":                    {[]outcome{titled(t, 1, "a"), titled(t, 2, "b")}, []string{"a", "b"}},
		"the same again":              {[]outcome{titled(t, 1, "a"), titled(t, 1, "a")}, []string{"a"}},
		"an older one":                {[]outcome{titled(t, 2, "b"), titled(t, 1, "a"), titled(t, 3, "c")}, []string{"b", "c"}},
		"an older one of who is gone": {[]outcome{titled(t, 2, "b"), without(1, employee.ErrHidden), without(1, api.ErrNotFound)}, []string{"b"}},
		"an older one when gone":      {[]outcome{without(2, api.ErrNotFound), titled(t, 1, "a")}, []string{"profile_gone"}},
		"an older doubt":              {[]outcome{titled(t, 2, "b"), without(1, api.ErrMaybeApplied)}, []string{"b"}},
		"a doubt leaves nothing":      {[]outcome{titled(t, 1, "a"), without(3, api.ErrMaybeApplied), titled(t, 2, "b")}, []string{"a", "doubt", "b"}},
		"a doubt about somebody new":  {[]outcome{without(1, api.ErrMaybeApplied), titled(t, 1, "a")}, []string{"doubt", "a"}},
	} {
		t.Run(name, func(t *testing.T) {
			var told []string
			var log bytes.Buffer
			store := refresh.UpdatesStore(snapshot.NewMemory(), func(_ context.Context, u Update) error {
				switch {
				case u.Err != nil:
					told = append(told, "doubt")
				case u.Record != nil:
					told = append(told, u.Record.Headline)
				default:
					told = append(told, string(u.Changes[0].Kind()))
				}
				return nil
			}, slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})))
			for _, o := range c.outcomes {
				require.NoError(t, store(t.Context(), o))
			}
			assert.Equal(t, c.told, told)
			assert.Equal(t, len(c.outcomes)-len(c.told), bytes.Count(log.Bytes(), []byte("level=DEBUG")))
		})
	}
	client := provider(t, newMarket().ServeHTTP)
	_, err := refresh.NewUpdater(nil, client.BulkCollect.Base, snapshot.NewMemory(), func(context.Context, Update) error { return nil }, refresh.UpdaterOptions{})
	require.ErrorIs(t, err, api.ErrInvalid)
	for _, o := range []struct {
		snapshots snapshot.Store
		update    func(context.Context, Update) error
	}{{nil, func(context.Context, Update) error { return nil }}, {snapshot.NewMemory(), nil}} {
		_, err := refresh.NewUpdater(client.Employees.Base, client.BulkCollect.Base, o.snapshots, o.update, refresh.UpdaterOptions{})
		require.ErrorIs(t, err, api.ErrInvalid)
	}
}

// TestUpdatesOfAPersonTakeTurns where there are no transactions, and those of others do not wait for them.
func TestUpdatesOfAPersonTakeTurns(t *testing.T) {
	var inWork atomic.Int64
	var last time.Time
	var store func(context.Context, outcome) error
	store = refresh.UpdatesStore(snapshot.NewMemory(), func(ctx context.Context, u Update) error {
		if u.ID != 1 {
			return nil
		}
		assert.EqualValues(t, 1, inWork.Add(1))
		defer inWork.Add(-1)
		other := titled(t, 0, "another")
		other.ID = 2
		assert.NoError(t, store(ctx, other))
		ended, end := context.WithCancel(ctx)
		end()
		assert.ErrorIs(t, store(ended, titled(t, 0, "waits")), context.Canceled)
		asked, err := time.Parse(time.RFC3339, u.Record.Headline)
		assert.NoError(t, err)
		assert.True(t, asked.After(last))
		last = asked
		return nil
	}, nil)
	var group sync.WaitGroup
	for n := range 20 {
		group.Go(func() {
			second := n * 7 % 20
			o := titled(t, second, noon.Add(time.Duration(second)*time.Second).Format(time.RFC3339))
			assert.NoError(t, store(t.Context(), o))
		})
	}
	group.Wait()
	assert.Equal(t, noon.Add(19*time.Second), last)
}

// TestPipelineNeverGoesBack: what was bought before a newer snapshot came is neither told nor kept.
func TestPipelineNeverGoesBack(t *testing.T) {
	s := newMarket(1)
	r := newRig(t, s, refresh.PipelineOptions{Window: -1})
	var newer atomic.Bool
	r.refuse = func(Update) error {
		if newer.Load() {
			return nil
		}
		return webhook.ErrRetryLater
	}
	r.start()
	r.notify(`"headline"`, 1)
	r.await(1)
	s.set(1, "Director", 1)
	kept, err := r.pipeline.Load(t.Context(), time.Now(), records(t, s, 1))
	require.NoError(t, err)
	assert.Equal(t, 1, kept)
	newer.Store(true)
	r.settle()
	for _, u := range r.all() {
		assert.Error(t, u.refused)
	}
	assert.Equal(t, s.record(1), r.kept(1))
	s.set(1, "Chief", 1)
	r.notify(`"headline"`, 1)
	r.settle()
	assert.Equal(t, s.record(1), r.kept(1))
}

// TestPipelineAfterTheClockWasSetBack tells what it buys from then on, retries included, and what a notice promised.
func TestPipelineAfterTheClockWasSetBack(t *testing.T) {
	for _, oneByOne := range []int{-1, 1} {
		s := newMarket(1, 2)
		r := newRig(t, s, refresh.PipelineOptions{Window: -1, Collect: refresh.Options{OneByOne: oneByOne}})
		future := time.Now().Add(24 * time.Hour)
		_, err := r.pipeline.Load(t.Context(), future, records(t, s, 1, 2))
		require.NoError(t, err)
		refusals := 3
		r.refuse = func(Update) error {
			if refusals > 0 {
				refusals--
				return webhook.ErrRetryLater
			}
			return nil
		}
		s.set(1, "Director", 1)
		r.notify(`"skills"`, 1, 2)
		r.start()
		r.await(2)
		r.restart()
		r.start()
		r.settle()
		told := make(map[int64][]string)
		for _, u := range r.all() {
			if u.refused == nil {
				told[u.ID] = append(told[u.ID], u.texts()...)
			}
		}
		require.Len(t, told[1], 3)
		require.Len(t, told[2], 1, "what the notice promised")
		assert.Equal(t, s.record(1), r.kept(1))
		bought, _ := r.bought()
		assert.Equal(t, 2, bought)
		later, err := r.store.Get(t.Context(), snapshot.Key{Dataset: "base", ID: 1})
		require.NoError(t, err)
		assert.True(t, later.Taken.After(future))
	}
}

// TestWhoIsNotKnownAnyMore is not handed over when a job that was paid before is ready, and not counted.
func TestWhoIsNotKnownAnyMore(t *testing.T) {
	var gone atomic.Bool
	client := provider(t, newMarket(1, 2).ServeHTTP)
	r, c := refresher(t, client, refresh.Options{Known: func(id int64) bool { return id != 1 || !gone.Load() }})
	c.refuse = map[int64]int{1: 1, 2: 1}
	d := delivery("d", 1, 2)
	require.ErrorIs(t, r.Handle(t.Context(), d), errStore)
	gone.Store(true)
	require.NoError(t, r.Handle(t.Context(), d))
	assert.Equal(t, []int64{2}, c.stored())
	assert.EqualValues(t, 1, r.Status().HandedOver)
}

// TestNewUpdater drops what was asked for before a newer one, which another worker has handed over or is about to, in
// memory, or in the snapshots where other processes see it.
func TestNewUpdater(t *testing.T) {
	for name, shared := range map[string]bool{"one process": false, "many": true} {
		t.Run(name, func(t *testing.T) {
			s, memory := newMarket(1), snapshot.NewMemory()
			client := provider(t, s.ServeHTTP)
			var snapshots snapshot.Store = memory
			o := refresh.UpdaterOptions{Collect: refresh.Options{OneByOne: -1}}
			if shared {
				snapshots, o.Collect.Clock = &transactions{Memory: memory}, new(clock).now
			}
			var told []string
			refusals := 2
			open := func() *refresh.Refresher[employee.BaseRecord] {
				r, err := refresh.NewUpdater(client.Employees.Base, client.BulkCollect.Base, snapshots, func(_ context.Context, u Update) error {
					if refusals > 0 {
						refusals--
						return errStore
					}
					told = append(told, u.Record.Headline)
					return nil
				}, o)
				require.NoError(t, err)
				return r
			}
			one, other := open(), open()
			if !shared {
				other = one
			}
			require.ErrorIs(t, one.Handle(t.Context(), delivery("first", 1)), errStore)
			s.set(1, "Director", 1)
			require.ErrorIs(t, other.Handle(t.Context(), delivery("second", 1)), errStore)
			require.NoError(t, one.Handle(t.Context(), delivery("first", 1)))
			assert.Empty(t, told, "a newer one is on its way")
			require.NoError(t, other.Handle(t.Context(), delivery("second", 1)))
			assert.Equal(t, []string{"Director"}, told)
			bought, _ := s.bought()
			assert.Equal(t, 2, bought)
			mark := snapshot.Key{Dataset: "base_asked", ID: 1}
			kept, err := memory.Get(t.Context(), mark)
			require.NoError(t, err)
			assert.Equal(t, shared, !kept.IsZero())
			require.NoError(t, snapshots.Forget(t.Context(), 1))
			kept, err = memory.Get(t.Context(), mark)
			require.NoError(t, err)
			assert.True(t, kept.IsZero())
		})
	}
}

// TestUpdatesAskedForByAClockThatIsBehind: each that is asked for counts as later than those before it, whatever the clock
// says, so that nothing is dropped but what a newer one replaces.
func TestUpdatesAskedForByAClockThatIsBehind(t *testing.T) {
	standing := func(behind time.Duration) func(context.Context) (time.Time, error) {
		return func(context.Context) (time.Time, error) { return noon.Add(-behind), nil }
	}
	for name, c := range map[string]struct {
		shared bool
		ahead  time.Duration // of the snapshot
		clocks [2]time.Duration
	}{
		"one process, the snapshot is ahead":      {ahead: 24 * time.Hour},
		"many processes, the snapshot is ahead":   {shared: true, ahead: 24 * time.Hour},
		"many processes, a clock that stands":     {shared: true, ahead: -time.Hour},
		"many processes, one of them is behind":   {shared: true, ahead: -time.Hour, clocks: [2]time.Duration{0, time.Minute}},
		"many processes, the other one is behind": {shared: true, ahead: -time.Hour, clocks: [2]time.Duration{time.Minute, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			s, memory := newMarket(1), snapshot.NewMemory()
			client := provider(t, s.ServeHTTP)
			at := time.Now().Add(c.ahead)
			if c.shared {
				at = noon.Add(c.ahead)
			}
			require.NoError(t, memory.Put(t.Context(), snapshot.Key{Dataset: "base", ID: 1}, snapshot.Snapshot{Record: []byte(s.record(1)), Taken: at}))
			var told []string
			refuse := true
			open := func(behind time.Duration) *refresh.Refresher[employee.BaseRecord] {
				var snapshots snapshot.Store = memory
				o := refresh.UpdaterOptions{Collect: refresh.Options{OneByOne: -1}}
				if c.shared {
					snapshots, o.Collect.Clock = &transactions{Memory: memory}, standing(behind)
				}
				r, err := refresh.NewUpdater(client.Employees.Base, client.BulkCollect.Base, snapshots, func(_ context.Context, u Update) error {
					if refuse {
						return errStore
					}
					told = append(told, u.Record.Headline)
					return nil
				}, o)
				require.NoError(t, err)
				return r
			}
			one, other := open(c.clocks[0]), open(c.clocks[1])
			if !c.shared {
				other = one
			}
			require.ErrorIs(t, one.Handle(t.Context(), delivery("first", 1)), errStore)
			s.set(1, "Director", 1)
			require.ErrorIs(t, other.Handle(t.Context(), delivery("second", 1)), errStore)
			refuse = false
			require.NoError(t, one.Handle(t.Context(), delivery("first", 1)))
			require.NoError(t, other.Handle(t.Context(), delivery("second", 1)))
			assert.Equal(t, []string{"Director"}, told)
			s.set(1, "Chief", 1)
			require.NoError(t, one.Handle(t.Context(), delivery("third", 1)))
			assert.Equal(t, []string{"Director", "Chief"}, told)
		})
	}
}
