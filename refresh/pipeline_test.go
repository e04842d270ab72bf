package refresh_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
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
	"github.com/pronet-go/pronet/webhook/spool"
)

// TestPipelineTellsWhatChanged, from a notice that is posted to the call of the function, and keeps the snapshot.
func TestPipelineTellsWhatChanged(t *testing.T) {
	r := newRig(t, newMarket(1), refresh.PipelineOptions{Window: -1})
	r.start()
	r.notify(`"headline"`, 1)
	r.await(1)
	first := r.all()[0]
	require.Len(t, first.Changes, 1)
	assert.Equal(t, employee.KindFirstSeen, first.Changes[0].Kind())
	assert.Nil(t, first.Previous)
	r.settle()
	assert.Equal(t, r.record(1), r.kept(1))

	r.set(1, "Director", 2)
	r.notify(`"headline","experience","skills"`, 1)
	r.await(1)
	r.settle()
	second := r.all()[1]
	assert.EqualValues(t, 1, second.ID)
	assert.Equal(t, "Engineer", second.Previous.Headline)
	assert.Equal(t, "Director", second.Record.Headline)
	assert.Nil(t, second.Tx)
	kinds := make([]employee.ChangeKind, 0, 3)
	for _, change := range second.Changes {
		kinds = append(kinds, change.Kind())
		assert.Equal(t, "Person 1", change.Who().Name)
	}
	assert.Equal(t, []employee.ChangeKind{employee.KindJobChanged, employee.KindHeadlineChanged, employee.KindPromisedChange}, kinds, second.texts())
	assert.Equal(t, r.record(1), r.kept(1))
	bought, _ := r.bought()
	assert.Equal(t, 2, bought)
	status := r.pipeline.Status()
	assert.True(t, status.Notices.Running)
	assert.EqualValues(t, 20, status.Work.Spent)
	assert.False(t, status.Received.AcceptedAt.IsZero())
}

// TestPipelineJoinsNotices: several about a person within the window are one collect, with all that they promised, and
// those about many people one job.
func TestPipelineJoinsNotices(t *testing.T) {
	r := newRig(t, newMarket(1, 2, 3, 4, 5), refresh.PipelineOptions{Window: time.Second})
	for id := range int64(5) {
		r.notify(`"headline"`, id+1)
	}
	r.notify(`"summary"`, 3)
	r.notify(`"skills"`, 3)
	r.start()
	r.await(5)
	r.settle()
	bought, jobs := r.bought()
	assert.Equal(t, 5, bought)
	assert.Equal(t, 1, jobs)
	for _, u := range r.all() {
		if u.ID == 3 {
			require.Len(t, u.Notices, 3)
			assert.Equal(t, []string{"skills"}, u.Notices[2].ChangedFields)
		} else {
			assert.Len(t, u.Notices, 1)
		}
	}
}

// TestPipelineRepeatsWhatTheFunctionRefused: the same changes, without buying again, over a restart, and the snapshot is
// kept only then.
func TestPipelineRepeatsWhatTheFunctionRefused(t *testing.T) {
	s := newMarket(1, 2)
	r := newRig(t, s, refresh.PipelineOptions{Window: -1, Collect: refresh.Options{OneByOne: -1}})
	_, err := r.pipeline.Load(t.Context(), time.Now(), records(t, s, 1, 2))
	require.NoError(t, err)
	s.set(1, "Director", 1)
	before := r.kept(1)
	r.refuse = func(u refresh.Update[employee.BaseRecord]) error {
		if u.ID == 1 {
			return errStore
		}
		return nil
	}
	r.start()
	r.notify(`"headline"`, 1, 2)
	r.await(3)
	assert.Equal(t, before, r.kept(1))
	r.restart()
	s.set(1, "Chief", 1) // what is told is what was bought
	r.forget()
	r.listener.mu.Lock()
	r.refuse = nil
	r.listener.mu.Unlock()
	r.start()
	r.settle()
	told := r.all()
	require.Len(t, told, 1)
	assert.EqualValues(t, 1, told[0].ID)
	assert.Contains(t, strings.Join(told[0].texts(), "\n"), "Director")
	assert.Contains(t, r.kept(1), "Director")
	bought, _ := r.bought()
	assert.Equal(t, 2, bought)
}

// TestPipelineWhereOnePersonFails: the others of the same notices go on, and later ones of that person wait.
func TestPipelineWhereOnePersonFails(t *testing.T) {
	r := newRig(t, newMarket(1, 2, 3), refresh.PipelineOptions{Window: -1, Collect: refresh.Options{OneByOne: -1}, Notices: spool.Options{Attempts: 9999}})
	failing := true
	r.refuse = func(u refresh.Update[employee.BaseRecord]) error {
		if u.ID == 1 && failing {
			return fmt.Errorf("%w: %w", webhook.ErrRetryLater, errStore)
		}
		return nil
	}
	r.start()
	r.notify(`"headline"`, 1, 2, 3)
	r.await(3)
	r.notify(`"summary"`, 2)
	r.notify(`"summary"`, 1)
	r.notify(`"summary"`, 3)
	require.Eventually(t, func() bool { return r.pipeline.Status().Notices.Pending == 2 }, time.Minute, time.Millisecond)
	r.listener.mu.Lock()
	failing = false
	r.listener.mu.Unlock()
	r.settle()
	var ones []string
	for _, u := range r.all() {
		if u.ID == 1 && u.refused == nil {
			ones = append(ones, u.Notices[0].ChangedFields[0])
		}
	}
	assert.Equal(t, []string{"headline", "summary"}, ones)
	bought, _ := r.bought()
	assert.Equal(t, 6, bought)
}

// TestPipelineTellsWhoIsGone once, keeps no record of them, and tells when they are back.
func TestPipelineTellsWhoIsGone(t *testing.T) {
	const record = `{"id":1,"full_name":"Person 1","headline":"Engineer","is_hidden":%d,"deleted":%d}`
	for kind, leave := range map[employee.ChangeKind]func(*market){
		employee.KindProfileGone:    func(s *market) { s.remove(1) },
		employee.KindProfileHidden:  func(s *market) { s.setRecord(1, fmt.Sprintf(record, 1, 0)) },
		employee.KindProfileDeleted: func(s *market) { s.setRecord(1, fmt.Sprintf(record, 0, 1)) },
		employee.KindProfileMerged:  func(s *market) { s.setRecord(1, `{"id":7,"full_name":"Person 7"}`) },
	} {
		t.Run(string(kind), func(t *testing.T) {
			s := newMarket(1)
			r := newRig(t, s, refresh.PipelineOptions{Window: -1})
			r.start()
			r.notify(`"headline"`, 1)
			r.await(1)
			elsewhere := snapshot.Key{Dataset: "multi_source", ID: 1} // where the person may still be
			require.NoError(t, r.store.Put(t.Context(), elsewhere, snapshot.Snapshot{Record: []byte(`{"id":1}`), Taken: time.Now()}))
			leave(s)
			r.notify(`"headline"`, 1)
			r.await(1)
			r.settle()
			u := r.all()[1]
			require.Len(t, u.Changes, 1)
			assert.Equal(t, kind, u.Changes[0].Kind())
			assert.Equal(t, employee.Person{ID: 1, Name: "Person 1"}, u.Changes[0].Who())
			assert.Nil(t, u.Record)
			require.NoError(t, u.Err)
			if merged, ok := u.Changes[0].(employee.ProfileMerged); ok {
				assert.EqualValues(t, 7, merged.Into)
			}
			assert.NotContains(t, r.kept(1), "Person")
			kept, err := r.store.Get(t.Context(), elsewhere)
			require.NoError(t, err)
			assert.Equal(t, kind == employee.KindProfileHidden, !strings.Contains(string(kept.Record), "id"), "a record")

			r.notify(`"headline"`, 1)
			r.settle()
			assert.Len(t, r.all(), 2, "it is told once")
			s.set(1, "Director", 2)
			r.notify(`"headline"`, 1)
			r.await(1)
			r.settle()
			back := r.all()[2]
			assert.Equal(t, []employee.Change{employee.ProfileShown{Person: employee.Person{ID: 1, Name: "Person 1"}}}, back.Changes)
			assert.Equal(t, s.record(1), r.kept(1))
		})
	}
}

// TestPipelineTellsADoubt: a response that was lost is bought again only on the function's word.
func TestPipelineTellsADoubt(t *testing.T) {
	for _, again := range []bool{false, true} {
		t.Run(fmt.Sprint(again), func(t *testing.T) {
			s := newMarket(1)
			s.drop = 1
			r := newRig(t, s, refresh.PipelineOptions{Window: -1})
			r.refuse = func(u refresh.Update[employee.BaseRecord]) error {
				if u.Err != nil && again {
					return refresh.ErrBuyAgain
				}
				return nil
			}
			r.start()
			r.notify(`"headline"`, 1)
			r.settle()
			told := r.all()
			require.ErrorIs(t, told[0].Err, api.ErrMaybeApplied)
			assert.Empty(t, told[0].Changes)
			bought, _ := r.bought()
			if again {
				assert.Equal(t, 2, bought)
				require.Len(t, told, 2)
				assert.Equal(t, s.record(1), r.kept(1))
				return
			}
			assert.Equal(t, 1, bought)
			require.Len(t, told, 1)
			assert.Empty(t, r.kept(1))
		})
	}
}

// TestPipelineAfterACrash: what was taken before the process ended, and not noted, is not told again.
func TestPipelineAfterACrash(t *testing.T) {
	s := newMarket(1)
	r := newRig(t, s, refresh.PipelineOptions{Window: -1})
	record, err := employee.Decode[employee.BaseRecord]([]byte(s.record(1)))
	require.NoError(t, err)
	for _, o := range []refresh.Outcome[employee.BaseRecord]{
		{ID: 1, Asked: time.Now(), Record: record},
		{ID: 1, Asked: time.Now().Add(time.Second), Err: employee.ErrHidden, Shown: record},
	} {
		r.forget()
		require.NoError(t, r.pipeline.Take(t.Context(), o))
		require.NoError(t, r.pipeline.Take(t.Context(), o))
		assert.Len(t, r.all(), 1)
	}
}

// TestPipelineWhoseClockWasSetBack tells the same changes.
func TestPipelineWhoseClockWasSetBack(t *testing.T) {
	s := newMarket(1)
	r := newRig(t, s, refresh.PipelineOptions{Window: -1})
	_, err := r.pipeline.Load(t.Context(), time.Now().Add(24*time.Hour), records(t, s, 1))
	require.NoError(t, err)
	s.set(1, "Director", 1)
	r.start()
	r.notify(`"headline"`, 1)
	r.await(1)
	r.settle()
	assert.Contains(t, strings.Join(r.all()[0].texts(), "\n"), "Director")
	assert.Equal(t, s.record(1), r.kept(1))
}

// TestReconcile finds what no notice told, within its credits, and buys nothing twice.
func TestReconcile(t *testing.T) {
	s := newMarket(1, 2, 3, 4, 5, 6)
	known := func(id int64) bool { return id != 5 }
	r := newRig(t, s, refresh.PipelineOptions{Window: -1, Collect: refresh.Options{Known: known}})
	month := time.Now().AddDate(0, -1, 0)
	_, err := r.pipeline.Load(t.Context(), month, records(t, s, 1, 2, 3, 4, 5))
	require.NoError(t, err)
	s.setRecord(7, `{"id":7,"full_name":"Person 7","is_hidden":1}`)
	kept, err := r.pipeline.Load(t.Context(), time.Now(), records(t, s, 6, 7))
	require.NoError(t, err)
	assert.Equal(t, 1, kept, "nobody who is hidden")
	assert.Empty(t, r.kept(7))
	kept, err = r.pipeline.Load(t.Context(), month, records(t, s, 6))
	require.NoError(t, err)
	assert.Zero(t, kept, "a newer one is left")
	require.NoError(t, r.store.Put(t.Context(), snapshot.Key{Dataset: "base", ID: 9}, snapshot.Snapshot{Record: []byte(`"profile_gone"`), Taken: month}))
	s.set(3, "Director", 1)

	day := time.Now().AddDate(0, 0, -1)
	people, err := r.pipeline.Reconcile(t.Context(), day, 29)
	require.NoError(t, err)
	assert.Equal(t, 2, people)
	people, err = r.pipeline.Reconcile(t.Context(), day, 1000)
	require.NoError(t, err)
	assert.Equal(t, 4, people)
	people, err = r.pipeline.Reconcile(t.Context(), day, 5)
	require.NoError(t, err)
	assert.Zero(t, people)
	r.start()
	r.settle()
	bought, _ := r.bought()
	assert.Equal(t, 4, bought)
	told := r.all()
	require.Len(t, told, 4)
	for _, u := range told {
		assert.Equal(t, refresh.StatusReconcile, u.Notices[0].Status)
		assert.Equal(t, u.ID == 3, len(u.Changes) > 0, u.ID)
	}
	people, err = r.pipeline.Reconcile(t.Context(), day, 1000)
	require.NoError(t, err)
	assert.Zero(t, people)

	require.NoError(t, r.pipeline.Forget(t.Context(), 3))
	assert.Empty(t, r.kept(3))
	require.ErrorIs(t, r.pipeline.Forget(t.Context(), 0), api.ErrInvalid)
}

// TestForgetErasesWhatWasBought and not handed over, from the notices too; it is not bought again, nor handed over.
func TestForgetErasesWhatWasBought(t *testing.T) {
	for _, restart := range []bool{false, true} {
		s := newMarket(1, 2)
		var forgotten atomic.Bool
		known := func(id int64) bool { return id != 1 || !forgotten.Load() }
		r := newRig(t, s, refresh.PipelineOptions{Window: -1, Collect: refresh.Options{OneByOne: -1, Known: known}, Notices: spool.Options{Attempts: 9999}})
		r.refuse = func(u Update) error {
			require.Error(t, r.pipeline.Forget(t.Context(), 0))
			return fmt.Errorf("%w: %w", webhook.ErrRetryLater, errStore)
		}
		r.start()
		r.notify(`"headline"`, 1, 2)
		r.await(2)
		forgotten.Store(true)
		require.NoError(t, r.pipeline.Forget(t.Context(), 1))
		r.stop() // an attempt gives its files other names
		for _, file := range filesIn(t, r.dir) {
			content, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.NotContains(t, string(content), "Person 1", file)
			for _, line := range regexp.MustCompile(`"data":"([^"]*)"`).FindAllSubmatch(content, -1) {
				entry, err := base64.StdEncoding.DecodeString(string(line[1]))
				require.NoError(t, err)
				assert.NotContains(t, string(entry), "Person 1", file)
			}
		}
		if restart {
			r.restart()
		}
		r.listener.mu.Lock()
		r.refuse, r.updates = nil, nil
		r.listener.mu.Unlock()
		r.start()
		r.settle()
		require.Len(t, r.all(), 1)
		assert.EqualValues(t, 2, r.all()[0].ID)
		assert.Empty(t, r.kept(1))
		bought, _ := r.bought()
		assert.Equal(t, 2, bought)
	}
}

// filesIn are all files of a directory.
func filesIn(t *testing.T, dir string) (files []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	}))
	return files
}

// TestWhatAPipelineRefuses when it is opened, and when it is closed or was never open.
func TestWhatAPipelineRefuses(t *testing.T) {
	client := provider(t, newMarket().ServeHTTP)
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "everybody", Token: webhook.NewPathToken()})
	require.NoError(t, err)
	ignore := func(context.Context, refresh.Update[employee.BaseRecord]) error { return nil }
	dir := t.TempDir()
	open := func(o refresh.PipelineOptions) (*refresh.Pipeline[employee.BaseRecord], error) {
		return refresh.Open(client.Employees.Base, client.BulkCollect.Base, dir, sender, ignore, o)
	}
	for name, o := range map[string]refresh.PipelineOptions{
		"no bound": {}, "two bounds": {CreditsPerDay: 5, Collect: refresh.Options{Budget: employee.NewBudget(5)}}, "negative": {CreditsPerDay: -2},
		"a service without a wish": {CreditsPerDay: 5, Subscriptions: client.Subscriptions},
		"a wrong concurrency":      {CreditsPerDay: 5, Collect: refresh.Options{Concurrency: -1}},
	} {
		_, err := open(o)
		require.ErrorIs(t, err, api.ErrInvalid, name)
	}
	_, err = refresh.Open(client.Employees.Base, client.BulkCollect.Base, dir, sender, nil, refresh.PipelineOptions{CreditsPerDay: 5})
	require.ErrorIs(t, err, api.ErrInvalid)
	p, err := open(refresh.PipelineOptions{CreditsPerDay: 5})
	require.NoError(t, err)
	_, err = open(refresh.PipelineOptions{CreditsPerDay: 5})
	require.ErrorIs(t, err, spool.ErrLocked)
	require.NoError(t, p.Close())
	require.NoError(t, p.Close())
	require.ErrorIs(t, p.Run(t.Context()), spool.ErrClosed)

	var zero refresh.Pipeline[employee.BaseRecord]
	require.ErrorIs(t, zero.Run(t.Context()), api.ErrInvalid)
	require.ErrorIs(t, zero.Forget(t.Context(), 1), api.ErrInvalid)
	_, err = zero.Reconcile(t.Context(), time.Now(), 1)
	require.ErrorIs(t, err, api.ErrInvalid)
	assert.Zero(t, zero.Status())
	w := httptest.NewRecorder()
	zero.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/", nil))
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	require.NoError(t, zero.Close())
}

// TestPipelineOfEachDataset keeps snapshots under the dataset's name.
func TestPipelineOfEachDataset(t *testing.T) {
	client := provider(t, newMarket().ServeHTTP)
	assert.Equal(t, "base", keptUnder(t, client.Employees.Base, client.BulkCollect.Base))
	assert.Equal(t, "clean", keptUnder(t, client.Employees.Clean, client.BulkCollect.Clean))
	assert.Equal(t, "multi_source", keptUnder(t, client.Employees.MultiSource, client.BulkCollect.MultiSource))
	assert.Equal(t, "v1", keptUnder(t, client.Employees.V1, client.BulkCollect.V1))
}

// keptUnder returns the name under which a dataset's snapshot is kept.
func keptUnder[R employee.BaseRecord | employee.CleanRecord | employee.MultiSourceRecord | employee.V1Record](t *testing.T, c refresh.Collector[R], b refresh.Bulk[R]) string {
	t.Helper()
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "everybody", Token: webhook.NewPathToken()})
	require.NoError(t, err)
	store := snapshot.NewMemory()
	ignore := func(context.Context, refresh.Update[R]) error { return nil }
	p, err := refresh.Open(c, b, t.TempDir(), sender, ignore, refresh.PipelineOptions{CreditsPerDay: 5, Snapshots: store})
	require.NoError(t, err)
	defer func() { require.NoError(t, p.Close()) }()
	record, err := employee.Decode[R]([]byte(`{"id":1,"full_name":"Jane"}`))
	require.NoError(t, err)
	_, err = p.Load(t.Context(), time.Now(), func(yield func(*R, error) bool) { yield(record, nil) })
	require.NoError(t, err)
	for _, dataset := range []string{"base", "clean", "multi_source", "v1"} {
		if s, err := store.Get(t.Context(), snapshot.Key{Dataset: dataset, ID: 1}); err == nil && !s.IsZero() {
			return dataset
		}
	}
	return ""
}

// TestPipelineWhoseSnapshotsFail: what cannot be read is not taken for a new person, and is tried again.
func TestPipelineWhoseSnapshotsFail(t *testing.T) {
	s := newMarket(1)
	broken := &failingStore{Memory: snapshot.NewMemory(), err: errors.New("disk")}
	r := newRig(t, s, refresh.PipelineOptions{Window: -1, Snapshots: broken, Notices: spool.Options{Attempts: 3}})
	r.start()
	r.notify(`"headline"`, 1)
	r.settle()
	assert.Empty(t, r.all())
	dead := r.dead()
	require.Len(t, dead, 1)
	assert.Contains(t, dead[0].Reason, "snapshot: disk")
}

// failingStore cannot be read.
type failingStore struct {
	*snapshot.Memory

	err error
}

func (f *failingStore) Get(context.Context, snapshot.Key) (snapshot.Snapshot, error) {
	return snapshot.Snapshot{}, f.err
}
