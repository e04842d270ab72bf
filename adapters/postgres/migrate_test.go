//go:build unix

package postgres_test

import (
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/postgres"
	"github.com/pronet-go/pronet/api"
)

const latest = 4

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
	assert.Equal(t, []int{1, 2, 3, 4}, numbers(t, db, o))
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
		assert.Equal(t, []int{1, 2, 3, 4}, numbers(t, db, o), from)
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
	_, err := db.ExecContext(t.Context(), fmt.Sprintf(`INSERT INTO %q.%q (number, name) VALUES (5, 'of a newer version')`, o.Schema, o.Prefix+"migrations"))
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
