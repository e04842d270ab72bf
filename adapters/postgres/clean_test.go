//go:build unix

package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/postgres"
	"github.com/pronet-go/pronet/webhook"
)

// TestClean deletes what has ended, and nothing else, in steps.
func TestClean(t *testing.T) {
	s := sharedServer(t)
	o, clock := s.clocked(t)
	o.InboxFor, o.KeptFor = 2*time.Hour, 4*time.Hour
	store, db := clock.store(o), clock.open()
	fill := func(text string) {
		for _, statement := range []string{
			`INSERT INTO %[1]q.p_claims SELECT decode(md5('%[2]s' || n), 'hex'), 'owner', now() + interval '1 hour', n %% 2 = 0 FROM generate_series(1, 2500) AS n`,
			`INSERT INTO %[1]q.p_inbox SELECT decode(md5('%[2]s' || n), 'hex'), now() FROM generate_series(1, 2500) AS n`,
		} {
			_, err := db.ExecContext(t.Context(), fmt.Sprintf(statement, o.Schema, text))
			require.NoError(t, err)
		}
	}
	kept, err := store.Kept().Open(t.Context(), "delivery")
	require.NoError(t, err)
	require.NoError(t, kept.Append(t.Context(), []byte("bought")))
	fill("old")
	clean := func() postgres.Cleaned {
		done, err := store.Clean(t.Context())
		require.NoError(t, err)
		return done
	}
	assert.Equal(t, postgres.Cleaned{}, clean())
	clock.pass(90 * time.Minute)
	fill("new")
	assert.Equal(t, postgres.Cleaned{Claims: 2500}, clean())
	clock.pass(45 * time.Minute)
	assert.Equal(t, postgres.Cleaned{Inbox: 2500}, clean())
	claim, err := store.Dedupe().Claim(t.Context(), "key", 3*time.Hour)
	require.NoError(t, err)
	require.Equal(t, webhook.Claimed, claim.Result)
	clock.pass(2 * time.Hour)
	assert.Equal(t, postgres.Cleaned{Claims: 2500, Inbox: 2500, Kept: 1}, clean())
	require.ErrorIs(t, kept.Append(t.Context(), []byte("late")), webhook.ErrLeaseLost)
	claim, err = store.Dedupe().Claim(t.Context(), "key", time.Hour)
	require.NoError(t, err)
	assert.Equal(t, webhook.InProgress, claim.Result)
}

// TestCleanWaitsForNobody: rows that others have locked are left for the next time.
func TestCleanWaitsForNobody(t *testing.T) {
	s := sharedServer(t)
	o, clock := s.clocked(t)
	store := clock.store(o)
	for _, key := range []string{"one", "two"} {
		_, err := store.Dedupe().Claim(t.Context(), key, time.Minute)
		require.NoError(t, err)
	}
	clock.pass(time.Hour)
	tx, err := s.open(t).BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), fmt.Sprintf("SELECT FROM %q.p_claims LIMIT 1 FOR UPDATE", o.Schema))
	require.NoError(t, err)
	done, err := store.Clean(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, 1, done.Claims)
	require.NoError(t, tx.Rollback())
	done, err = store.Clean(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, 1, done.Claims)
}

// TestCleanReadsAnIndex, however many marks there are that have not ended.
func TestCleanReadsAnIndex(t *testing.T) {
	s := sharedServer(t)
	o := s.migrated(t)
	db := s.open(t)
	for _, statement := range []string{
		`INSERT INTO %[1]q.p_claims SELECT decode(md5('' || n), 'hex'), 'owner', now() + interval '1 hour', true FROM generate_series(1, 20000) AS n`,
		`INSERT INTO %[1]q.p_inbox SELECT decode(md5('' || n), 'hex'), now() FROM generate_series(1, 20000) AS n`,
		`ANALYZE %[1]q.p_claims`, `ANALYZE %[1]q.p_inbox`,
	} {
		_, err := db.ExecContext(t.Context(), fmt.Sprintf(statement, o.Schema))
		require.NoError(t, err)
	}
	for table, query := range map[string]string{
		"p_claims_ends": `SELECT key FROM %q.p_claims WHERE ends <= now() ORDER BY ends LIMIT 1000 FOR UPDATE SKIP LOCKED`,
		"p_inbox_at":    `SELECT key FROM %q.p_inbox WHERE at < now() - interval '1 hour' ORDER BY at LIMIT 1000 FOR UPDATE SKIP LOCKED`,
	} {
		var plan string
		require.NoError(t, db.QueryRowContext(t.Context(), "EXPLAIN (FORMAT JSON) "+fmt.Sprintf(query, o.Schema)).Scan(&plan))
		assert.Contains(t, plan, `"Index Name": "`+table+`"`)
	}
}
