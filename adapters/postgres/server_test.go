//go:build unix

package postgres_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/adapters/postgres"
	"github.com/pronet-go/pronet/internal/pronettest/servertest"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(asProcess); role != "" {
		os.Exit(beProcess(role))
	}
	code := m.Run()
	if err := servertest.RemoveShared(); err != nil {
		fmt.Fprintln(os.Stderr, "PostgreSQL was not stopped:", err)
		code = 1
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// server is a PostgreSQL on this machine.
type server struct{ *servertest.Server }

// sharedServer is that of all tests that do not stop theirs.
func sharedServer(t testing.TB) *server {
	t.Helper()
	return &server{servertest.SharedPostgres(t)}
}

// ownServer is one that the test may stop.
func ownServer(t testing.TB) *server {
	t.Helper()
	return &server{servertest.Postgres(t)}
}

func (s *server) url() string { return s.PostgresSocket() }

// open returns connections of their own, as another process has them.
func (s *server) open(t testing.TB) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", s.url())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

var schemas atomic.Int64

// empty are options of a schema that no other test has, and that is not there.
func empty() postgres.Options {
	return postgres.Options{Schema: "test_" + strconv.FormatInt(schemas.Add(1), 10), Prefix: "p_"}
}

// migrated are options of a schema with the tables.
func (s *server) migrated(t testing.TB) postgres.Options {
	t.Helper()
	o := empty()
	require.NoError(t, postgres.Migrate(t.Context(), s.open(t), o))
	return o
}

// store is one on those tables, with connections of its own.
func (s *server) store(t testing.TB, o postgres.Options) *postgres.Store {
	t.Helper()
	store, err := postgres.Open(s.open(t), o)
	require.NoError(t, err)
	return store
}

// clock is what the statements of a schema's connections take for the server's clock.
type clock struct {
	*server
	t      testing.TB
	db     *sql.DB
	schema string
}

// clocked are options of a schema with the tables, and with a clock that can be moved.
func (s *server) clocked(t testing.TB) (postgres.Options, *clock) {
	t.Helper()
	o := s.migrated(t)
	c := &clock{s, t, s.open(t), o.Schema}
	for _, statement := range []string{
		`CREATE TABLE passed AS SELECT interval '0' AS by`,
		`CREATE FUNCTION clock_timestamp() RETURNS timestamptz VOLATILE LANGUAGE sql AS $$SELECT pg_catalog.clock_timestamp() + by FROM "` + o.Schema + `".passed$$`,
		`CREATE FUNCTION now() RETURNS timestamptz STABLE LANGUAGE sql AS $$SELECT pg_catalog.now() + by FROM "` + o.Schema + `".passed$$`,
	} {
		_, err := c.open().ExecContext(t.Context(), statement)
		require.NoError(t, err)
	}
	return o, c
}

// url is that of connections which have this clock.
func (c *clock) url() string {
	return c.server.url() + "&search_path=" + url.QueryEscape(`"`+c.schema+`",pg_catalog`)
}

// open returns connections of their own, which have this clock.
func (c *clock) open() *sql.DB {
	c.t.Helper()
	db, err := sql.Open("pgx", c.url())
	require.NoError(c.t, err)
	c.t.Cleanup(func() { require.NoError(c.t, db.Close()) })
	return db
}

func (c *clock) store(o postgres.Options) *postgres.Store {
	c.t.Helper()
	store, err := postgres.Open(c.open(), o)
	require.NoError(c.t, err)
	return store
}

func (c *clock) pass(d time.Duration) {
	c.t.Helper()
	_, err := c.db.ExecContext(c.t.Context(), `UPDATE "`+c.schema+`".passed SET by = by + $1 * interval '1 microsecond'`, d.Microseconds())
	require.NoError(c.t, err)
}
