//go:build unix

package river_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
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

	"github.com/jackc/pgx/v5/pgxpool"
	riverqueue "github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if told := os.Getenv(asProcess); told != "" {
		os.Exit(beProcess(told))
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
	dir, err := os.MkdirTemp("", "pronet-river-")
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
	pool, err := pgxpool.New(context.Background(), s.url())
	if err != nil {
		return err
	}
	defer pool.Close()
	until := time.Now().Add(2 * time.Minute)
	for {
		err := pool.Ping(context.Background())
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

// stop ends the server: what is in work is cut off.
func (s *server) stop() error {
	if s.running == nil {
		return nil
	}
	err := errors.Join(s.running.Process.Signal(syscall.SIGINT), s.running.Wait())
	s.running = nil
	return err
}

func (s *server) remove() error {
	err := s.stop()
	if removed := os.RemoveAll(s.dir); !errors.Is(removed, fs.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	return err
}

func (s *server) url() string { return "postgres://postgres@/postgres?host=" + url.QueryEscape(s.dir) }

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
