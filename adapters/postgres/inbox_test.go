//go:build unix

package postgres_test

import (
	"database/sql"
	"fmt"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/postgres"
)

// hard is true when the tests are to run in full.
var hard = os.Getenv("PRONET_HARD") == "1"

// processes lets eight that die now and then get the deliveries of a world, each started anew until it has had all of its own.
func processes(t *testing.T, w world) (kills int) {
	t.Helper()
	var all sync.WaitGroup
	var mu sync.Mutex
	for p := range uint64(8) {
		all.Go(func() {
			for life := range uint64(1000) {
				mine := w
				mine.Seed = 1000*p + life
				if !begin(t, mine).ends() {
					return
				}
				mu.Lock()
				kills++
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return kills
}

// deliveries are how many there are, and how often each process gets one.
func deliveries() (ids, times int) {
	if hard {
		return 500, 2000
	}
	return 60, 150
}

func withEffects(t *testing.T, db *sql.DB, o postgres.Options) {
	t.Helper()
	_, err := db.ExecContext(t.Context(), fmt.Sprintf("CREATE TABLE %q.effects (id text NOT NULL)", o.Schema))
	require.NoError(t, err)
}

func countEffects(t *testing.T, db *sql.DB, o postgres.Options) (all, different int) {
	t.Helper()
	require.NoError(t, db.QueryRowContext(t.Context(), fmt.Sprintf("SELECT count(*), count(DISTINCT id) FROM %q.effects", o.Schema)).Scan(&all, &different))
	return all, different
}

// TestOnceExactly: 8 processes, killed at random places, get the same deliveries again and again: each has its effect once.
func TestOnceExactly(t *testing.T) {
	s := sharedServer(t)
	o, db := s.migrated(t), s.open(t)
	withEffects(t, db, o)
	ids, times := deliveries()
	kills := processes(t, world{Role: "inbox", URL: s.url(), Options: o, Ids: ids, Times: times})
	all, different := countEffects(t, db, o)
	t.Logf("%d effects of %d deliveries; processes were killed %d times", all, ids, kills)
	assert.Equal(t, ids, different)
	assert.Equal(t, ids, all)
	assert.NotZero(t, kills)
}

// TestClaimsAtLeastOnce: with leases, an effect comes again only when a process was killed after it and before its mark. What
// a process had in work when it was killed is worked on again once its lease has ended.
func TestClaimsAtLeastOnce(t *testing.T) {
	s := sharedServer(t)
	o, clock := s.clocked(t)
	db := clock.open()
	withEffects(t, db, o)
	ids, times := deliveries()
	w := world{Role: "claims", URL: clock.url(), Options: o, Ids: ids, Times: times}
	kills := processes(t, w)
	clock.pass(time.Hour)
	store := clock.store(o)
	for id := range ids {
		done, err := w.claim(t.Context(), db, store, strconv.Itoa(id), func() {})
		require.NoError(t, err)
		assert.True(t, done)
	}
	all, different := countEffects(t, db, o)
	t.Logf("%d effects of %d deliveries; processes were killed %d times", all, ids, kills)
	assert.Equal(t, ids, different)
	assert.LessOrEqual(t, all, ids+kills)
}

// TestOnceInATransactionOfPgx, and that source and key are one name.
func TestOnceInATransactionOfPgx(t *testing.T) {
	s := sharedServer(t)
	o := s.migrated(t)
	store, err := postgres.Open(s.open(t), o)
	require.NoError(t, err)
	c, err := pgx.Connect(t.Context(), s.url())
	require.NoError(t, err)
	defer c.Close(t.Context())
	once := func(source, key string, commit bool) (first bool) {
		tx, err := c.Begin(t.Context())
		require.NoError(t, err)
		first, err = store.OnceTx(t.Context(), tx, source, key)
		require.NoError(t, err)
		if commit {
			require.NoError(t, tx.Commit(t.Context()))
		} else {
			require.NoError(t, tx.Rollback(t.Context()))
		}
		return first
	}
	assert.True(t, once("coresignal", "key", false))
	assert.True(t, once("coresignal", "key", true), "what was rolled back was not marked")
	assert.False(t, once("coresignal", "key", true))
	assert.True(t, once("linkedin", "key", true))
	tx, err := s.open(t).BeginTx(t.Context(), nil)
	require.NoError(t, err)
	defer func() { _ = tx.Rollback() }()
	first, err := store.Once(t.Context(), tx, "coresignal", "key")
	require.NoError(t, err)
	assert.False(t, first)
}
