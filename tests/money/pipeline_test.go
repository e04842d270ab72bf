package money

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/snapshot"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// receiveByPipeline is the receiver as the one call makes it. In "sql", what the function is told is written in the
// transaction that keeps the snapshot, and sometimes it fails or panics after that.
func receiveByPipeline(s settings, client *pronet.Client, sender webhook.Sender) error {
	options := refresh.PipelineOptions{
		Window: 20 * time.Millisecond,
		Collect: refresh.Options{
			OneByOne: s.OneByOne, Budget: employee.NewBudget(s.Budget), Known: func(id int64) bool { return !slices.Contains(s.Left, id) },
			Observer: refresh.Observer{HandOver: func(_ context.Context, h refresh.HandOver) {
				if h.Refused == nil { // the parent may kill the process here: what was taken is not noted yet
					if response, err := http.Post(s.Database+"/taken", "text/plain", nil); err == nil {
						_ = response.Body.Close()
					}
				}
			}},
			Concurrency: 4, Wait: bulkcollect.WaitOptions{FirstPoll: 5 * time.Millisecond, MaxPoll: 50 * time.Millisecond},
		},
		Notices: spool.Options{Attempts: s.Attempts, Backoff: 5 * time.Millisecond, BackoffCap: 50 * time.Millisecond},
		Logger:  slog.Default(),
	}
	if s.Pipeline == "sql" {
		db, err := openChanges(filepath.Join(s.Dir, "changes.db"))
		if err != nil {
			return err
		}
		store, err := snapshot.NewSQL(db, snapshot.SQLite, "")
		if err != nil {
			return err
		}
		if err := store.Create(context.Background()); err != nil {
			return err
		}
		options.Snapshots = store
	}
	write := writeIn(s)
	random := rand.New(rand.NewPCG(uint64(s.Process), 7))
	update := func(ctx context.Context, u refresh.Update[employee.BaseRecord]) error {
		l := toLine(s.Process, refresh.Outcome[employee.BaseRecord]{ID: u.ID, Changes: u.Notices, Record: u.Record, Err: outcomeOf(u)})
		if u.Previous != nil {
			l.Was = u.Previous.Headline
		}
		if u.Record != nil {
			l.Is = u.Record.Headline
		}
		if u.Tx != nil && u.Err == nil {
			if _, err := u.Tx.ExecContext(ctx, "INSERT INTO changes (person, was, is_now, kinds) VALUES (?, ?, ?, ?)", u.ID, l.Was, l.Is, fmt.Sprint(kindsOf(u))); err != nil {
				return err
			}
		}
		if err := write(ctx, l); err != nil || u.Err != nil { // of doubts without a number the account counts each line
			return err
		}
		switch random.IntN(40) {
		case 0:
			return errors.New("the function fails after it has written")
		case 1:
			panic("the function panics after it has written")
		}
		return nil
	}
	pipeline, err := refresh.Open(client.Employees.Base, client.BulkCollect.Base, s.Dir, sender, update, options)
	if err != nil {
		return err
	}
	mux := muxOf(pipeline, pipeline.Notices())
	mux.HandleFunc("POST /reconcile", func(rw http.ResponseWriter, r *http.Request) {
		people, err := pipeline.Reconcile(r.Context(), time.Now(), 1<<40)
		if err != nil {
			http.Error(rw, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(rw, people)
	})
	return serveAndRun(mux, func() error { return pipeline.Run(context.Background()) })
}

// outcomeOf is what a refresher would have told.
func outcomeOf(u refresh.Update[employee.BaseRecord]) error {
	if slices.Contains(kindsOf(u), employee.KindProfileGone) {
		return pronet.ErrNotFound
	}
	return u.Err
}

func kindsOf(u refresh.Update[employee.BaseRecord]) []employee.ChangeKind {
	var kinds []employee.ChangeKind
	for _, change := range u.Changes {
		kinds = append(kinds, change.Kind())
	}
	return kinds
}

func openChanges(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(60000)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)")
	if err != nil {
		return nil, err
	}
	_, err = db.Exec("CREATE TABLE IF NOT EXISTS changes (number INTEGER PRIMARY KEY, person INTEGER NOT NULL, was TEXT NOT NULL, is_now TEXT NOT NULL, kinds TEXT NOT NULL)")
	return db, err
}

// told is one update of a person.
type told struct{ was, is string }

// TestPipelineThatIsKilled: the money is as it is with the parts, each person's changes join without a gap, in the
// transactional variant without a repetition, and in the end the snapshots are what the provider has.
func TestPipelineThatIsKilled(t *testing.T) {
	for _, where := range []string{"files", "sql"} {
		t.Run(where, func(t *testing.T) {
			how := size{notices: 200, people: 40, kills: 5, pipeline: where}
			if hard() {
				how = size{notices: 5000, people: 800, kills: 200, pipeline: where}
			}
			var people map[int64]*person
			var lines map[int64][]told
			how.after = func(ctx context.Context, r *receiver, client *http.Client) {
				people, lines = r.people, linesOf(r.world)
				if where == "sql" {
					lines = rowsOf(t, filepath.Join(r.Dir, "changes.db"))
				}
				for id, all := range lines {
					checkChain(t, id, all, where == "files")
				}
				reconcile(ctx, t, r, client)
			}
			dir := ""
			how.after = func(next func(context.Context, *receiver, *http.Client)) func(context.Context, *receiver, *http.Client) {
				return func(ctx context.Context, r *receiver, client *http.Client) {
					dir = r.Dir
					next(ctx, r, client)
				}
			}(how.after)
			a := judge(t, seed(t), how, "")
			t.Log(a)
			if len(a.violations) > 0 {
				t.Error(a.report())
			}
			checkSnapshots(t, dir, where, people)
		})
	}
}

// linesOf are the updates that the function has kept, by person.
func linesOf(w *world) map[int64][]told {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := map[int64][]told{}
	for _, l := range w.lines {
		if l.committed && l.Is != "" {
			all[l.ID] = append(all[l.ID], told{l.Was, l.Is})
		}
	}
	return all
}

// rowsOf are the updates that the transactions have kept.
func rowsOf(t *testing.T, path string) map[int64][]told {
	t.Helper()
	db, err := openChanges(path)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	rows, err := db.QueryContext(t.Context(), "SELECT person, was, is_now, kinds FROM changes ORDER BY number")
	require.NoError(t, err)
	defer func() { _ = rows.Close() }()
	all, gone := map[int64][]told{}, map[int64]int{}
	for rows.Next() {
		var id int64
		var one told
		var kinds string
		require.NoError(t, rows.Scan(&id, &one.was, &one.is, &kinds))
		if one.is == "" {
			gone[id]++
			assert.Equal(t, "[profile_gone]", kinds)
			assert.Equal(t, 1, gone[id], "%d is told gone once", id)
			continue
		}
		assert.Zero(t, gone[id])
		all[id] = append(all[id], one)
	}
	require.NoError(t, rows.Err())
	return all
}

// checkChain: each update begins where the last one ended, and none came twice, unless repeats are allowed.
func checkChain(t *testing.T, id int64, all []told, repeats bool) {
	t.Helper()
	was := ""
	for i, one := range all {
		if repeats && i > 0 && one == all[i-1] {
			continue
		}
		if !assert.Equal(t, was, one.was, "person %d, update %d of %v", id, i, all) || !assert.NotEqual(t, one.was, one.is) {
			return
		}
		was = one.is
	}
}

// reconcile has everybody looked at again.
func reconcile(ctx context.Context, t *testing.T, r *receiver, client *http.Client) {
	t.Helper()
	r.mu.Lock()
	url := r.url
	r.mu.Unlock()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/reconcile", nil)
	require.NoError(t, err)
	response, err := client.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	r.settle(ctx, client)
}

// checkSnapshots compares what is kept of each person with what the provider has.
func checkSnapshots(t *testing.T, dir, where string, people map[int64]*person) {
	t.Helper()
	var store snapshot.Store
	if where == "sql" {
		db, err := openChanges(filepath.Join(dir, "changes.db"))
		require.NoError(t, err)
		defer func() { require.NoError(t, db.Close()) }()
		store, err = snapshot.NewSQL(db, snapshot.SQLite, "")
		require.NoError(t, err)
	} else {
		files, err := snapshot.OpenFiles(filepath.Join(dir, "snapshots"))
		require.NoError(t, err)
		defer func() { require.NoError(t, files.Close()) }()
		store = files
	}
	compared := 0
	for id, p := range people {
		kept, err := store.Get(t.Context(), snapshot.Key{Dataset: "base", ID: id})
		require.NoError(t, err)
		switch {
		case p.left > 0 || kept.IsZero(): // nobody asked about the person, or all that was asked was in doubt
		case p.gone > 0:
			assert.Equal(t, `"profile_gone"`, string(kept.Record), id)
		default:
			record, err := employee.Decode[employee.BaseRecord](kept.Record)
			require.NoError(t, err)
			found := sold.FindStringSubmatch(record.Headline)
			require.NotNil(t, found, record.Headline)
			assert.Equal(t, strconv.Itoa(p.version), found[1], "the version of %d", id)
			compared++
		}
	}
	assert.Greater(t, compared, len(people)/2)
	t.Logf("%d of %d snapshots are what the provider has", compared, len(people))
}
