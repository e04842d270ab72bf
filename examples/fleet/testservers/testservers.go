//go:build unix

// Package testservers starts a PostgreSQL and a Redis of this machine's, and a NATS, for the tests of the fleet: real ones,
// on loopback, in folders of their own, which can be stopped and started again.
package testservers

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	goredis "github.com/redis/go-redis/v9"
)

// Server is one of them.
type Server struct {
	// Address is where it listens.
	Address string

	program   []string
	env       []string
	as        *syscall.SysProcAttr
	dir       string
	ready     func(ctx context.Context) error
	mu        sync.Mutex
	running   *exec.Cmd
	lastWords *os.File
}

// Postgres starts a PostgreSQL, or skips the test where there is none.
func Postgres(t testing.TB) *Server {
	t.Helper()
	initdb := newest("/usr/lib/postgresql/*/bin/initdb")
	if initdb == "" {
		initdb, _ = exec.LookPath("initdb")
	}
	if initdb == "" {
		missing(t, "PostgreSQL", "postgresql", "PRONET_REQUIRE_POSTGRES")
	}
	s := newServer(t)
	s.ready = func(ctx context.Context) error {
		connection, err := pgx.Connect(ctx, s.PostgresURL())
		if err != nil {
			return err
		}
		return connection.Close(ctx)
	}
	data := filepath.Join(s.dir, "data")
	make := exec.CommandContext(context.WithoutCancel(t.Context()), initdb, "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync") //nolint:gosec // a program of this machine
	make.SysProcAttr, make.Dir = s.as, s.dir
	if out, err := make.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v: %s", err, out)
	}
	host, port, _ := net.SplitHostPort(s.Address)
	s.program = []string{filepath.Join(filepath.Dir(initdb), "postgres"), "-D", data, "-k", s.dir, "-h", host, "-p", port, "-c", "fsync=off", "-c", "max_connections=200"}
	s.Start(t)
	return s
}

// Redis starts a Redis that writes down each change before it confirms it, or skips the test where there is none.
func Redis(t testing.TB) *Server {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		missing(t, "Redis", "redis-server", "PRONET_REQUIRE_REDIS")
	}
	s := newServer(t)
	s.ready = func(ctx context.Context) error {
		client := goredis.NewClient(&goredis.Options{Addr: s.Address, MaxRetries: -1, DialerRetries: 1})
		defer func() { _ = client.Close() }()
		return client.Ping(ctx).Err()
	}
	host, port, _ := net.SplitHostPort(s.Address)
	s.program = []string{program, "--bind", host, "--port", port, "--dir", s.dir, "--appendonly", "yes", "--appendfsync", "always", "--save", ""}
	s.Start(t)
	return s
}

// asNATS is the environment variable that makes the test's program a NATS: where it listens, and its folder.
const asNATS = "PRONET_FLEET_NATS"

// ServesNATS is for TestMain: it reports whether this process was to be a NATS, which has ended.
func ServesNATS() bool {
	address, dir, ok := strings.Cut(os.Getenv(asNATS), " ")
	if !ok {
		return false
	}
	host, port, _ := net.SplitHostPort(address)
	number, _ := strconv.Atoi(port)
	s, err := server.NewServer(&server.Options{Host: host, Port: number, JetStream: true, StoreDir: dir, SyncAlways: true, MaxPayload: 9 << 20, NoLog: true})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return true
	}
	s.Start()
	s.WaitForShutdown()
	return true
}

// NATS starts a NATS with JetStream that syncs what it confirms, as a process of its own. TestMain calls [ServesNATS].
func NATS(t testing.TB) *Server {
	t.Helper()
	s := newServer(t)
	s.as = nil // the test's program may be nobody else's
	s.ready = func(context.Context) error {
		conn, err := natsgo.Connect(NATSURL(s.Address))
		if err != nil {
			return err
		}
		defer conn.Close()
		js, err := jetstream.New(conn)
		if err == nil {
			asking, done := context.WithTimeout(context.Background(), 5*time.Second)
			defer done()
			_, err = js.AccountInfo(asking)
		}
		return err
	}
	s.program, s.env = []string{os.Args[0]}, []string{asNATS + "=" + s.Address + " " + filepath.Join(s.dir, "jetstream")}
	s.Start(t)
	return s
}

// NATSURL is that of a NATS behind an address.
func NATSURL(address string) string { return "nats://" + address }

// PostgresURL is that of a PostgreSQL.
func (s *Server) PostgresURL() string { return PostgresURL(s.Address) }

// PostgresURL is that of a PostgreSQL behind an address.
func PostgresURL(address string) string {
	return "postgres://postgres@" + address + "/postgres?sslmode=disable&connect_timeout=3"
}

// RedisURL is that of a Redis behind an address.
func RedisURL(address string) string { return "redis://" + address + "/0" }

func missing(t testing.TB, name, pkg, variable string) {
	t.Helper()
	if os.Getenv(variable) == "1" {
		t.Fatalf("%s is not installed (Debian: apt-get install %s)", name, pkg)
	}
	t.Skipf("%s is not installed (Debian: apt-get install %s); %s=1 makes this a failure", name, pkg, variable)
}

func newServer(t testing.TB) *Server {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "pronet-fleet-server-") // which another user can reach
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Address: listener.Addr().String(), dir: dir}
	if s.as, err = unprivileged(dir); err != nil {
		t.Fatal(err)
	}
	if s.lastWords, err = os.Create(filepath.Join(dir, "log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Stop(t)
		_ = s.lastWords.Close()
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Start starts it with what it has kept, and waits until it responds.
func (s *Server) Start(t testing.TB) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	running := exec.CommandContext(context.WithoutCancel(t.Context()), s.program[0], s.program[1:]...) //nolint:gosec // as above
	running.Env = append(os.Environ(), s.env...)
	running.SysProcAttr, running.Dir, running.Stdout, running.Stderr = s.as, s.dir, s.lastWords, s.lastWords
	if err := running.Start(); err != nil {
		t.Fatal(err)
	}
	s.running = running
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for {
		err := s.ready(ctx)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s does not begin: %v: %s", s.program[0], err, s.log())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Stop ends it as a crash does: it keeps what it has confirmed, and those who ask get no response.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return
	}
	how := syscall.SIGKILL
	if strings.HasSuffix(s.program[0], "postgres") {
		how = syscall.SIGQUIT // its children end with it
	}
	if err := s.running.Process.Signal(how); err != nil {
		t.Error(err)
	}
	_ = s.running.Wait() // it says that it did not end well
	s.running = nil
}

// log is the end of what it said.
func (s *Server) log() string {
	file, err := os.Open(s.lastWords.Name())
	if err != nil {
		return err.Error()
	}
	defer func() { _ = file.Close() }()
	var lines []string
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		lines = append(lines, scanner.Text())
	}
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}

// newest is the program of the highest version, "" if there is none.
func newest(pattern string) string {
	found, _ := filepath.Glob(pattern) // of a pattern that is right
	version := func(path string) int {
		n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		return n
	}
	slices.SortFunc(found, func(a, b string) int { return version(b) - version(a) })
	if len(found) == 0 {
		return ""
	}
	return found[0]
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
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("the user's number: %w", err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("the group's number: %w", err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, os.Chown(dir, int(uid), int(gid))
}
