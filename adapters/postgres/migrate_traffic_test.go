//go:build unix

package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/postgres"
	"github.com/pronet-go/pronet/webhook"
)

// beforeCleaning are options of tables as they were before they got indexes, with so many marks.
func beforeCleaning(t testing.TB, s *server, marks int) postgres.Options {
	t.Helper()
	o, db := empty(), s.open(t)
	byHand(t, db, o, 1, 3)
	for _, statement := range []string{
		`INSERT INTO %q.p_claims SELECT decode(md5('' || n), 'hex'), 'owner', now() + n * interval '1 second', true FROM generate_series(1, $1) AS n`,
		`INSERT INTO %q.p_inbox SELECT decode(md5('' || n), 'hex'), now() FROM generate_series(1, $1) AS n`,
	} {
		_, err := db.ExecContext(t.Context(), fmt.Sprintf(statement, o.Schema), marks)
		require.NoError(t, err)
	}
	return o
}

// TestMigrateTakesNoLockThatStopsTraffic: while an index is built, which waits here for a transaction that is open, the tables
// are locked against other changes of their form and nothing else, and claims and marks go on.
func TestMigrateTakesNoLockThatStopsTraffic(t *testing.T) {
	s := ownServer(t) // building an index waits for the transactions of all tests
	o := beforeCleaning(t, s, 100)
	db := s.open(t)
	for _, table := range []string{"claims", "inbox"} {
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		_, err = tx.ExecContext(t.Context(), fmt.Sprintf("DELETE FROM %q.%q WHERE false", o.Schema, "p_"+table))
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		migrated := make(chan error, 1)
		go func() { migrated <- postgres.Migrate(ctx, s.open(t), o) }()
		locks := func() (modes string) {
			require.NoError(t, db.QueryRowContext(t.Context(), `SELECT coalesce(string_agg(DISTINCT l.mode, ' '), '') FROM pg_locks AS l
				JOIN pg_class AS c ON c.oid = l.relation JOIN pg_namespace AS n ON n.oid = c.relnamespace
				WHERE n.nspname = $1 AND c.relname = $2 AND l.pid <> pg_backend_pid()`, o.Schema, "p_"+table).Scan(&modes))
			return modes
		}
		require.Eventually(t, func() bool {
			var waiting int
			require.NoError(t, db.QueryRowContext(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE query LIKE $1 AND wait_event_type = 'Lock'`,
				`CREATE INDEX CONCURRENTLY "p_`+table+`%`).Scan(&waiting))
			return waiting > 0
		}, time.Minute, 10*time.Millisecond)
		assert.Equal(t, "RowExclusiveLock ShareUpdateExclusiveLock", locks(), table)

		store := s.store(t, o)
		claim, err := store.Dedupe().Claim(t.Context(), "key in "+table, time.Hour)
		require.NoError(t, err)
		require.NoError(t, store.Dedupe().Done(t.Context(), "key in "+table, claim.Owner, time.Hour))
		mark, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		first, err := store.Once(t.Context(), mark, "source", "key in "+table)
		require.NoError(t, err)
		assert.True(t, first)
		require.NoError(t, mark.Commit())

		cancel() // a migration that is cut off here
		require.Error(t, <-migrated)
		require.NoError(t, tx.Rollback())
		// It has left an index that is not valid. The next one builds that anew, and waits at the other table.
	}
	require.NoError(t, postgres.Migrate(t.Context(), db, o))
	var invalid int
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_index WHERE NOT indisvalid").Scan(&invalid))
	assert.Zero(t, invalid)
	assert.Equal(t, []int{1, 2, 3, 4, 5}, numbers(t, db, o))
}

// TestMigrateUnderTraffic on tables with many marks: ten million with PRONET_HARD=1.
func TestMigrateUnderTraffic(t *testing.T) {
	marks := 20_000
	if hard {
		marks = 10_000_000
	}
	s := ownServer(t)
	o := beforeCleaning(t, s, marks)
	var longest, all atomic.Int64
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var traffic sync.WaitGroup
	for p := range 4 {
		dedupe := s.store(t, o).Dedupe()
		traffic.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				begun := time.Now()
				key := fmt.Sprint("delivery ", p, n)
				claim, err := dedupe.Claim(t.Context(), key, time.Hour)
				assert.NoError(t, err)
				assert.Equal(t, webhook.Claimed, claim.Result)
				assert.NoError(t, dedupe.Done(t.Context(), key, claim.Owner, time.Hour))
				longest.Store(max(longest.Load(), int64(time.Since(begun))))
				all.Add(1)
			}
		})
	}
	require.Eventually(t, func() bool { return all.Load() > 10 }, time.Minute, time.Millisecond)
	before, begun := all.Load(), time.Now()
	require.NoError(t, postgres.Migrate(t.Context(), s.open(t), o))
	took, done := time.Since(begun), all.Load()-before
	stop()
	traffic.Wait()
	t.Logf("the migration of 2 x %d marks took %s; %d deliveries were claimed and done meanwhile, the slowest in %s", marks, took.Round(time.Millisecond), done, time.Duration(longest.Load()).Round(time.Millisecond))
	assert.NotZero(t, done)
	assert.Less(t, time.Duration(longest.Load()), time.Minute)
}
