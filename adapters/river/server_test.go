//go:build unix

package river_test

import (
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	riverqueue "github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/internal/pronettest/servertest"
)

func TestMain(m *testing.M) {
	if told := os.Getenv(asProcess); told != "" {
		os.Exit(beProcess(told))
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

// pool returns connections of their own, as another process has them.
func (s *server) pool(t testing.TB) *pgxpool.Pool {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), s.url())
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// database is a schema with River's tables that no other test has, and connections to it.
type database struct {
	*server
	*pgxpool.Pool
	schema string
}

var schemas atomic.Int64

func (s *server) database(t testing.TB) *database {
	t.Helper()
	d := &database{server: s, schema: "test_" + strconv.FormatInt(schemas.Add(1), 10)}
	var err error
	d.Pool, err = pgxpool.New(t.Context(), s.url()+"&search_path="+d.schema)
	require.NoError(t, err)
	t.Cleanup(d.Close)
	d.exec(t, "CREATE SCHEMA "+d.schema)
	migrator, err := rivermigrate.New(riverpgxv5.New(d.Pool), &rivermigrate.Config{Schema: d.schema, Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	_, err = migrator.Migrate(t.Context(), rivermigrate.DirectionUp, nil)
	require.NoError(t, err)
	d.exec(t, "CREATE TABLE effects (id bigint NOT NULL)")
	return d
}

func (d *database) exec(t testing.TB, statement string, args ...any) {
	t.Helper()
	_, err := d.Exec(t.Context(), statement, args...)
	require.NoError(t, err)
}

// count returns how many rows there are, -1 if the server does not say.
func (d *database) count(t testing.TB, from string) (n int) {
	if err := d.QueryRow(t.Context(), "SELECT count(*) FROM "+from).Scan(&n); err != nil {
		t.Log(err)
		return -1
	}
	return n
}

// config is that of a client which waits for milliseconds where River waits for seconds.
func config(schema string) *riverqueue.Config {
	return &riverqueue.Config{
		Schema: schema, Queues: map[string]riverqueue.QueueConfig{riverqueue.QueueDefault: {MaxWorkers: 8}},
		FetchCooldown: time.Millisecond, FetchPollInterval: 10 * time.Millisecond, RetryPolicy: soon{},
		CancelledJobRetentionPeriod: -1, DiscardedJobRetentionPeriod: -1, TestOnly: true, Logger: slog.New(slog.DiscardHandler),
	}
}

type soon struct{}

func (soon) NextRetry(*rivertype.JobRow) time.Time { return time.Now().Add(time.Millisecond) }
