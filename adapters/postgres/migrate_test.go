//go:build unix

package postgres_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/postgres"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/webhook"
)

const latest = 5

// tables are the columns and indexes of a schema, as text.
func tables(t testing.TB, db *sql.DB, schema string) string {
	t.Helper()
	var text string
	require.NoError(t, db.QueryRowContext(t.Context(), `SELECT string_agg(line, E'\n' ORDER BY line) FROM (
		SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable AS line FROM information_schema.columns WHERE table_schema = $1
		UNION ALL SELECT replace(indexdef, $1, 'SCHEMA') FROM pg_indexes WHERE schemaname = $1) AS lines`, schema).Scan(&text))
	return text
}

func numbers(t testing.TB, db *sql.DB, o postgres.Options) (list []int) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), fmt.Sprintf(`SELECT number FROM %q.%q ORDER BY number`, o.Schema, o.Prefix+"migrations"))
	require.NoError(t, err)
	defer rows.Close()
	for rows.Next() {
		var n int
		require.NoError(t, rows.Scan(&n))
		list = append(list, n)
	}
	require.NoError(t, rows.Err())
	return list
}

// TestMigrateByManyAtOnce: of processes that migrate at once, real ones and connections of this one, and twice, each
// migration is applied once.
func TestMigrateByManyAtOnce(t *testing.T) {
	s := sharedServer(t)
	o := empty()
	var all sync.WaitGroup
	for range 4 {
		db := s.open(t)
		all.Go(func() {
			for range 2 {
				assert.NoError(t, postgres.Migrate(t.Context(), db, o))
			}
		})
	}
	others := []*process{begin(t, world{Role: "migrate", URL: s.url(), Options: o}), begin(t, world{Role: "migrate", URL: s.url(), Options: o})}
	for _, p := range others {
		assert.False(t, p.ends())
	}
	all.Wait()
	db := s.open(t)
	assert.Equal(t, []int{1, 2, 3, 4, 5}, numbers(t, db, o))
	var locks int
	require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").Scan(&locks))
	assert.Zero(t, locks)
}

// TestMigrateFromEachNumber: wherever one begins, by hand or by Migrate, the tables are the same.
func TestMigrateFromEachNumber(t *testing.T) {
	s := sharedServer(t)
	db := s.open(t)
	want := ""
	for from := 1; from <= latest+1; from++ {
		o := empty()
		byHand(t, db, o, 1, from-1)
		require.NoError(t, postgres.Migrate(t.Context(), db, o), from)
		assert.Equal(t, []int{1, 2, 3, 4, 5}, numbers(t, db, o), from)
		got := tables(t, db, o.Schema)
		if want == "" {
			want = got
		}
		assert.Equal(t, want, got, from)
	}
}

// byHand runs what SQL prints, one statement after another, as psql does.
func byHand(t testing.TB, db *sql.DB, o postgres.Options, from, to int) {
	t.Helper()
	if to < from {
		return
	}
	text, err := postgres.SQL(o, from)
	require.NoError(t, err)
	if to < latest {
		rest, err := postgres.SQL(o, to+1)
		require.NoError(t, err)
		head, err := postgres.SQL(o, latest+1)
		require.NoError(t, err)
		text = strings.TrimSuffix(text, strings.TrimPrefix(rest, head))
	}
	for statement := range strings.SplitAfterSeq(text, ";\n") {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
}

func TestMigrateRefuses(t *testing.T) {
	s := sharedServer(t)
	db, o := s.open(t), s.migrated(t)
	_, err := db.ExecContext(t.Context(), fmt.Sprintf(`INSERT INTO %q.%q (number, name) VALUES (6, 'of a newer version')`, o.Schema, o.Prefix+"migrations"))
	require.NoError(t, err)
	require.ErrorIs(t, postgres.Migrate(t.Context(), db, o), api.ErrConflict)
	require.ErrorIs(t, postgres.Migrate(t.Context(), nil, o), api.ErrInvalid)
	for _, name := range []string{`a"b`, "A", "a.b", "1a", "a b", "ä", "a;", strings.Repeat("a", 41)} {
		for _, o := range []postgres.Options{{Schema: name}, {Prefix: name}} {
			require.ErrorIs(t, postgres.Migrate(t.Context(), db, o), api.ErrInvalid, name)
			_, err := postgres.SQL(o, 1)
			require.ErrorIs(t, err, api.ErrInvalid, name)
			_, err = postgres.Open(db, o)
			require.ErrorIs(t, err, api.ErrInvalid, name)
		}
	}
	for _, from := range []int{0, -1, latest + 2} {
		_, err := postgres.SQL(postgres.Options{}, from)
		require.ErrorIs(t, err, api.ErrInvalid)
	}
}

// TestMigrateNeedsNoRightsWhenAllIsApplied, nor does a store need more than to read and write.
func TestMigrateNeedsNoRightsWhenAllIsApplied(t *testing.T) {
	s := sharedServer(t)
	o := s.migrated(t)
	admin := s.open(t)
	for _, statement := range []string{
		`DO $$BEGIN CREATE ROLE worker LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END$$`,
		fmt.Sprintf(`GRANT USAGE ON SCHEMA %q TO worker`, o.Schema),
		fmt.Sprintf(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %q TO worker`, o.Schema),
	} {
		_, err := admin.ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	db, err := sql.Open("pgx", strings.Replace(s.url(), "postgres@", "worker@", 1))
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	require.NoError(t, postgres.Migrate(t.Context(), db, o))
	store, err := postgres.Open(db, o)
	require.NoError(t, err)
	for name, op := range operations {
		if name == "a mark with its effect" { // which has a table of its own
			continue
		}
		err := op.do(t.Context(), parts{store, db}, webhook.Claim{})
		if name == "done" {
			require.ErrorIs(t, err, webhook.ErrLeaseLost)
			continue
		}
		if name == "the next entry of the ledger" || name == "the ledger" {
			continue // they begin with another one
		}
		require.NoError(t, err, name)
	}
	require.NoError(t, store.Leases().Run(t.Context(), "work", func(context.Context) error { return nil }))
	require.Error(t, postgres.Migrate(t.Context(), db, empty()), "it may not make a schema")
}

// TestNoPasswordInErrors, whatever is asked of a server that is not there.
func TestNoPasswordInErrors(t *testing.T) {
	db, err := sql.Open("pgx", "postgres://user:CANARY@127.0.0.1:1/postgres?sslmode=disable")
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	store, err := postgres.Open(db, postgres.Options{})
	require.NoError(t, err)
	for name, op := range operations {
		err := op.do(t.Context(), parts{store, db}, webhook.Claim{})
		require.ErrorIs(t, err, webhook.ErrRetryLater, name)
		for _, text := range []string{err.Error(), fmt.Sprintf("%+v %#v", err, err), api.Describe(err), fmt.Sprintf("%+v %#v", store, store.Dedupe())} {
			assert.NotContains(t, text, "CANARY", name)
		}
	}
	require.NotContains(t, postgres.Migrate(t.Context(), db, postgres.Options{}).Error(), "CANARY")
}
