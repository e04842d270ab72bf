package refresh_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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

// TestAHiddenPersonIsErasedFromWhatIsKept beside notices that are dead or pending, once the function has taken note of it.
// A process that ended before that does it at the next start.
func TestAHiddenPersonIsErasedFromWhatIsKept(t *testing.T) {
	const hidden = `{"id":1,"full_name":"Person 1","headline":"Hermit","is_hidden":1}`
	for _, crashed := range []bool{false, true} {
		t.Run(fmt.Sprint("crashed ", crashed), func(t *testing.T) {
			r := newRig(t, newMarket(1, 2, 3), refresh.PipelineOptions{Window: -1, Collect: refresh.Options{OneByOne: -1}})
			fails := fmt.Errorf("odd: %w", webhook.ErrGiveUp)
			r.refuse = func(u refresh.Update[employee.BaseRecord]) error {
				switch {
				case u.ID == 3:
					return errors.Join(errStore, webhook.ErrRetryLater)
				case slices.Contains([]int64{1, 2}, u.ID) && fails != nil:
					return fails
				}
				return nil
			}
			r.start()
			r.notify(`"headline"`, 1, 2)
			require.Eventually(t, func() bool { return r.pipeline.Status().Notices.Dead == 1 }, time.Minute, time.Millisecond)
			require.Contains(t, keptText(t, r.dir), "Person 1")
			r.listener.mu.Lock()
			fails = nil
			r.listener.mu.Unlock()
			if crashed {
				r.stop()
				require.NoError(t, r.store.Put(t.Context(), snapshot.Key{Dataset: "base", ID: 1}, snapshot.Snapshot{Record: []byte(`"profile_hidden"`), Taken: time.Now()}))
				r.restart()
				r.start()
			} else {
				r.setRecord(1, hidden)
				r.notify(`"headline"`, 1, 3) // that of 3 stays undone
				require.Eventually(t, func() bool { return strings.Contains(r.kept(1), "hidden") }, time.Minute, time.Millisecond)
			}
			require.Eventually(t, func() bool { return !strings.Contains(keptText(t, r.dir), "Person 1") }, time.Minute, time.Millisecond)
			assert.Contains(t, keptText(t, r.dir), "Person 2", "who is not hidden")
			assert.NotContains(t, keptText(t, r.dir), "Hermit")
		})
	}
}

// away is a store of which so many Gets of one person fail.
type away struct {
	snapshot.Store

	id    int64
	fails atomic.Int64
}

func (a *away) Get(ctx context.Context, key snapshot.Key) (snapshot.Snapshot, error) {
	if key.ID == a.id && a.fails.Add(-1) >= 0 {
		return snapshot.Snapshot{}, errStore
	}
	return a.Store.Get(ctx, key)
}

// TestAHiddenPersonIsErasedThoughTheStoreWasAway when it was to be done, and those who can be read are not held up by who
// cannot.
func TestAHiddenPersonIsErasedThoughTheStoreWasAway(t *testing.T) {
	failing := &away{Store: snapshot.NewMemory(), id: 1}
	r := newRig(t, newMarket(1, 2), refresh.PipelineOptions{Window: -1, Collect: refresh.Options{OneByOne: -1}, Snapshots: failing})
	r.refuse = func(Update) error { return fmt.Errorf("odd: %w", webhook.ErrGiveUp) }
	r.start()
	r.notify(`"headline"`, 1, 2)
	require.Eventually(t, func() bool { return r.pipeline.Status().Notices.Dead == 1 }, time.Minute, time.Millisecond)
	r.stop()
	for id := range int64(2) {
		require.NoError(t, failing.Put(t.Context(), snapshot.Key{Dataset: "base", ID: 1 + id}, snapshot.Snapshot{Record: []byte(`"profile_hidden"`), Taken: time.Now()}))
	}
	const long = 1 << 40
	failing.fails.Store(long)
	r.restart()
	r.pipeline.EraseAgainAfter(time.Millisecond)
	r.start()
	require.Eventually(t, func() bool { return !strings.Contains(keptText(t, r.dir), "Person 2") }, time.Minute, time.Millisecond)
	require.Contains(t, keptText(t, r.dir), "Person 1")
	failing.fails.Store(0)
	require.Eventually(t, func() bool { return !strings.Contains(keptText(t, r.dir), "Person 1") }, time.Minute, time.Millisecond)
}

// TestWhatIsBoughtOfSomebodyWhoIsBackStays: only what is older than the hiding is erased.
func TestWhatIsBoughtOfSomebodyWhoIsBackStays(t *testing.T) {
	r := newRig(t, newMarket(1, 2), refresh.PipelineOptions{Window: -1})
	require.NoError(t, r.store.Put(t.Context(), snapshot.Key{Dataset: "base", ID: 1}, snapshot.Snapshot{Record: []byte(`"profile_hidden"`), Taken: noon}))
	refuse := true
	r.refuse = func(u refresh.Update[employee.BaseRecord]) error {
		if refuse && u.ID == 1 {
			return errors.Join(errStore, webhook.ErrRetryLater)
		}
		return nil
	}
	r.start()
	r.notify(`"headline"`, 1)
	r.await(1)
	r.setRecord(2, `{"id":2,"full_name":"Person 2","is_hidden":1}`)
	r.notify(`"headline"`, 2)
	require.Eventually(t, func() bool { return strings.Contains(r.kept(2), "hidden") }, time.Minute, time.Millisecond)
	r.stop()
	r.restart()
	r.listener.mu.Lock()
	refuse = false
	r.listener.mu.Unlock()
	r.start()
	r.settle()
	assert.Equal(t, employee.KindProfileShown, r.all()[len(r.all())-1].Changes[0].Kind())
	bought, _ := r.bought()
	assert.Equal(t, 2, bought)
}

// onceFailing fails at one of its writes.
type onceFailing struct {
	snapshot.Store

	writes, fail int
}

func (s *onceFailing) write() error {
	if s.writes++; s.writes == s.fail {
		return errStore
	}
	return nil
}

func (s *onceFailing) Put(ctx context.Context, key snapshot.Key, v snapshot.Snapshot) error {
	if err := s.write(); err != nil {
		return err
	}
	return s.Store.Put(ctx, key, v)
}

func (s *onceFailing) Forget(ctx context.Context, id int64) error {
	if err := s.write(); err != nil {
		return err
	}
	return s.Store.Forget(ctx, id)
}

// TestSomebodyHidesInTwoDatasets of one store: both are told once that the profile is hidden, by name as long as a record
// is there, and once that it is back. When the first has told it, no record is left in either, whichever write fails.
func TestSomebodyHidesInTwoDatasets(t *testing.T) {
	base, err := employee.Decode[employee.BaseRecord]([]byte(`{"id":1,"full_name":"Jane"}`))
	require.NoError(t, err)
	clean, err := employee.Decode[employee.CleanRecord]([]byte(`{"id":1,"full_name":"Jane"}`))
	require.NoError(t, err)
	for fail := range 3 {
		ctx, memory := t.Context(), snapshot.NewMemory()
		failing := &onceFailing{Store: memory}
		var told []string
		tell := func(dataset string, changes []employee.Change) error {
			for _, change := range changes {
				told = append(told, fmt.Sprintf("%s %s %s", dataset, change.Kind(), change.Who().Name))
			}
			return nil
		}
		inBase := refresh.UpdatesStore(failing, func(_ context.Context, u Update) error { return tell("base", u.Changes) }, nil)
		inClean := refresh.UpdatesStore(failing, func(_ context.Context, u refresh.Update[employee.CleanRecord]) error { return tell("clean", u.Changes) }, nil)
		at := func(second int) time.Time { return noon.Add(time.Duration(second) * time.Second) }
		require.NoError(t, inBase(ctx, outcome{ID: 1, Asked: at(1), Record: base}))
		require.NoError(t, inClean(ctx, refresh.Outcome[employee.CleanRecord]{ID: 1, Asked: at(2), Record: clean}))

		failing.fail = failing.writes + fail
		err = inBase(ctx, outcome{ID: 1, Asked: at(3), Err: employee.ErrHidden})
		if err != nil {
			require.ErrorIs(t, err, errStore)
			require.NoError(t, inBase(ctx, outcome{ID: 1, Asked: at(3), Err: employee.ErrHidden}))
		}
		for _, dataset := range []string{"base", "clean"} {
			kept, err := memory.Get(ctx, snapshot.Key{Dataset: dataset, ID: 1})
			require.NoError(t, err)
			assert.NotContains(t, string(kept.Record), "Jane")
		}
		require.NoError(t, inClean(ctx, refresh.Outcome[employee.CleanRecord]{ID: 1, Asked: at(4), Err: employee.ErrHidden}))
		require.NoError(t, inBase(ctx, outcome{ID: 1, Asked: at(5), Err: employee.ErrHidden}))
		require.NoError(t, inBase(ctx, outcome{ID: 1, Asked: at(6), Record: base}))
		require.NoError(t, inClean(ctx, refresh.Outcome[employee.CleanRecord]{ID: 1, Asked: at(7), Record: clean}))
		want := []string{
			"base first_seen Jane", "clean first_seen Jane", "base profile_hidden Jane", "clean profile_hidden ",
			"base profile_shown Jane", "clean profile_shown Jane",
		}
		if fail > 0 { // the function was told, and it could not be noted
			want = slices.Insert(want, 2, "base profile_hidden Jane")
		}
		assert.Equal(t, want, told, "write %d fails", fail)
	}
}

// TestLoadRefuses what is no record, and leaves out who is not known.
func TestLoadRefuses(t *testing.T) {
	r := newRig(t, newMarket(1, 2), refresh.PipelineOptions{Window: -1, Collect: refresh.Options{Known: func(id int64) bool { return id == 2 }}})
	_, err := r.pipeline.Load(t.Context(), noon, nil)
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = r.pipeline.Load(t.Context(), noon, func(yield func(*employee.BaseRecord, error) bool) { yield(nil, nil) })
	require.ErrorIs(t, err, api.ErrInvalid)
	kept, err := r.pipeline.Load(t.Context(), noon, records(t, r.market, 1, 2))
	require.NoError(t, err)
	assert.Equal(t, 1, kept)
	assert.Empty(t, r.kept(1))
}
