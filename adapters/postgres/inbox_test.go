//go:build unix

package postgres_test

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/postgres"
)

// hard is true when the tests are to run in full.
var hard = os.Getenv("PRONET_HARD") == "1"

// effects are how often each delivery had its effect, after eight processes that die now and then have got deliveries, each
// started anew until it has had all of its own.
func effects(t *testing.T, s *server, role string, ids, times int) (all, kills int) {
	t.Helper()
	o, db := s.migrated(t), s.open(t)
	_, err := db.ExecContext(t.Context(), fmt.Sprintf("CREATE TABLE %q.effects (id text NOT NULL)", o.Schema))
	require.NoError(t, err)
	var processes sync.WaitGroup
	var mu sync.Mutex
	for p := range 8 {
		processes.Go(func() {
			for life := range 1000 {
				killed := begin(t, world{Role: role, URL: s.url(), Options: o, Seed: uint64(1000*p + life), Ids: ids, Times: times}).ends()
				if !killed {
					return
				}
				mu.Lock()
				kills++
				mu.Unlock()
			}
		})
	}
	processes.Wait()
	var different int
	require.NoError(t, db.QueryRowContext(t.Context(), fmt.Sprintf("SELECT count(*), count(DISTINCT id) FROM %q.effects", o.Schema)).Scan(&all, &different))
	assert.Equal(t, ids, different, "each delivery had its effect")
	t.Logf("%d effects of %d deliveries; processes were killed %d times", all, ids, kills)
	return all, kills
}

// TestOnceExactly: 8 processes, killed at random places, get the same deliveries again and again: each has its effect once.
func TestOnceExactly(t *testing.T) {
	ids, times := 60, 150
	if hard {
		ids, times = 500, 2000
	}
	all, kills := effects(t, sharedServer(t), "inbox", ids, times)
	assert.Equal(t, ids, all)
	assert.NotZero(t, kills)
}

// TestClaimsAtLeastOnce: with leases, an effect comes again only when a process was killed after it and before its mark.
func TestClaimsAtLeastOnce(t *testing.T) {
	ids, times := 60, 150
	if hard {
		ids, times = 500, 2000
	}
	all, kills := effects(t, sharedServer(t), "claims", ids, times)
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
