//go:build unix

package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/adapters/postgres"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(asProcess); role != "" {
		os.Exit(beProcess(role))
	}
	code := m.Run()
	for _, s := range servers.all {
		if err := s.remove(); err != nil {
			fmt.Fprintln(os.Stderr, "PostgreSQL was not stopped:", err)
			code = 1
		}
	}
	if code == 0 {
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// server is a PostgreSQL of this run, in a folder that only its own user can enter.
type server struct {
	dir, bin   string
	attributes *syscall.SysProcAttr
	running    *exec.Cmd
}

var servers struct {
	mu  sync.Mutex
	all []*server
}

// shared is the server of all tests that do not stop theirs.
var shared = sync.OnceValues(newServer)

func sharedServer(t testing.TB) *server {
	t.Helper()
	s, err := shared()
	return needed(t, s, err)
}

// ownServer is one that the test may stop.
func ownServer(t testing.TB) *server {
	t.Helper()
	s, err := newServer()
	return needed(t, s, err)
}

func needed(t testing.TB, s *server, err error) *server {
	t.Helper()
	if errors.Is(err, exec.ErrNotFound) && os.Getenv("PRONET_REQUIRE_POSTGRES") != "1" {
		t.Skip("PostgreSQL is not installed (Debian: apt-get install postgresql); PRONET_REQUIRE_POSTGRES=1 makes this a failure")
	}
	require.NoError(t, err, "PostgreSQL could not be started; on Debian it comes with apt-get install postgresql")
	return s
}

func newServer() (*server, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pronet-pg-")
	if err != nil {
		return nil, err
	}
	s := &server{dir: dir, bin: bin}
	servers.mu.Lock()
	servers.all = append(servers.all, s)
	servers.mu.Unlock()
	if s.attributes, err = unprivileged(dir); err != nil {
		return nil, err
	}
	if out, err := s.command("initdb", "-D", s.data(), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	return s, s.start()
}

func (s *server) data() string { return filepath.Join(s.dir, "data") }

func (s *server) command(program string, arguments ...string) *exec.Cmd {
	c := exec.Command(filepath.Join(s.bin, program), arguments...)
	c.SysProcAttr, c.Dir = s.attributes, s.dir
	return c
}

// start begins, and waits until there are connections.
func (s *server) start() error {
	s.running = s.command("postgres", "-D", s.data(), "-k", s.dir, "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200", "-c", "logging_collector=off")
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	s.running.Stderr = log
	if err := s.running.Start(); err != nil {
		return err
	}
	db, err := sql.Open("pgx", s.url())
	if err != nil {
		return err
	}
	defer db.Close()
	until := time.Now().Add(2 * time.Minute)
	for {
		err := db.PingContext(context.Background())
		if err == nil {
			return nil
		}
		if time.Now().After(until) {
			text, _ := os.ReadFile(log.Name())
			return fmt.Errorf("postgres does not begin: %w: %.2000s", err, text)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// stop ends the server as a restart does: what is in work is cut off. With SIGQUIT it is as after a crash.
func (s *server) stop(how syscall.Signal) error {
	if s.running == nil {
		return nil
	}
	err := s.running.Process.Signal(how)
	waited := s.running.Wait()
	s.running = nil
	if how != syscall.SIGINT {
		waited = nil // it says that it did not end well
	}
	return errors.Join(err, waited)
}

func (s *server) remove() error {
	err := s.stop(syscall.SIGINT)
	if removed := os.RemoveAll(s.dir); !errors.Is(removed, fs.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	return err
}

func (s *server) url() string { return "postgres://postgres@/postgres?host=" + url.QueryEscape(s.dir) }

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

// programs is where they are: those of the newest version of Debian's packages, or of the search path.
func programs() (string, error) {
	newest, version := "", 0
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	for _, initdb := range found {
		bin := filepath.Dir(initdb)
		if n, err := strconv.Atoi(filepath.Base(filepath.Dir(bin))); err == nil && n > version {
			newest, version = bin, n
		}
	}
	if newest != "" {
		return newest, nil
	}
	initdb, err := exec.LookPath("initdb")
	return filepath.Dir(initdb), err
}

// unprivileged gives a folder to a user who is not root, since PostgreSQL does not run as root, and says how to be it.
func unprivileged(dir string) (*syscall.SysProcAttr, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		if u, err = user.Lookup("nobody"); err != nil {
			return nil, err
		}
	}
	uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
	gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(uidErr, gidErr); err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, os.Chown(dir, int(uid), int(gid))
}
