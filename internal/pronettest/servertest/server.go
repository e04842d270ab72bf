//go:build unix

package servertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Server is one of them.
type Server struct {
	// Dir is its folder, which only its own user can enter.
	Dir string
	// Address is where it listens.
	Address string

	program []string
	env     []string
	as      *syscall.SysProcAttr
	ready   func(ctx context.Context) error

	mu      sync.Mutex
	running *os.Process
	ended   chan struct{} // closed when the running process is gone
}

// New starts a server of the test, which is removed with it: the program of an address and a folder, and what returns nil when the
// server responds.
func New(t testing.TB, program func(address, dir string) (command, env []string), ready func(ctx context.Context, address string) error) *Server {
	t.Helper()
	s, err := start(program, ready)
	if err != nil {
		t.Fatal(err)
	}
	return own(t, s)
}

// Redis starts a Redis of the test, which writes down each change before it confirms it.
func Redis(t testing.TB) *Server {
	t.Helper()
	s, err := startRedis()
	return own(t, needed(t, s, err, "redis-server", "PRONET_REQUIRE_REDIS"))
}

// Postgres starts a PostgreSQL of the test.
func Postgres(t testing.TB) *Server {
	t.Helper()
	s, err := startPostgres()
	return own(t, neededPostgres(t, s, err))
}

// SharedPostgres is the PostgreSQL of all tests of a run that do not stop theirs. TestMain calls [RemoveShared].
func SharedPostgres(t testing.TB) *Server {
	t.Helper()
	s, err := sharedPostgres()
	return neededPostgres(t, s, err)
}

// started is what sharedPostgres has started.
var started *Server

var sharedPostgres = sync.OnceValues(func() (_ *Server, err error) {
	started, err = startPostgres()
	return started, err
})

// RemoveShared stops and removes what [SharedPostgres] has started.
func RemoveShared() error {
	if started == nil {
		return nil
	}
	return started.Remove()
}

func neededPostgres(t testing.TB, s *Server, err error) *Server {
	t.Helper()
	return needed(t, s, err, "postgresql", "PRONET_REQUIRE_POSTGRES")
}

func start(program func(address, dir string) (command, env []string), ready func(ctx context.Context, address string) error) (*Server, error) {
	s, err := prepare()
	if err != nil {
		return nil, err
	}
	s.program, s.env = program(s.Address, s.Dir)
	s.ready = func(ctx context.Context) error { return ready(ctx, s.Address) }
	return s.begin()
}

func startRedis() (*Server, error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, err
	}
	return start(func(address, dir string) (command, env []string) {
		host, port, _ := net.SplitHostPort(address)
		return []string{program, "--bind", host, "--port", port, "--dir", dir, "--appendonly", "yes", "--appendfsync", "always", "--save", ""}, nil
	}, pong)
}

// pong asks a Redis whether it has loaded what it kept.
func pong(ctx context.Context, address string) error {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	if _, err := io.WriteString(conn, "PING\r\n"); err != nil {
		return err
	}
	response := make([]byte, len("+PONG"))
	if _, err := io.ReadFull(conn, response); err != nil || string(response) != "+PONG" {
		return errors.Join(err, fmt.Errorf("redis responds %q", response))
	}
	return nil
}

func startPostgres() (*Server, error) {
	bin, err := postgresPrograms()
	if err != nil {
		return nil, err
	}
	s, err := prepare()
	if err != nil {
		return nil, err
	}
	if s.as, err = unprivileged(s.Dir); err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	data := filepath.Join(s.Dir, "data")
	if out, err := s.command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync").CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("initdb: %w: %s", err, out), s.Remove())
	}
	host, port, _ := net.SplitHostPort(s.Address)
	s.program = []string{filepath.Join(bin, "postgres"), "-D", data, "-k", s.Dir, "-h", host, "-p", port, "-c", "fsync=off", "-c", "max_connections=200", "-c", "logging_collector=off"}
	s.ready = func(context.Context) error {
		return s.command(filepath.Join(bin, "pg_isready"), "-q", "-h", s.Dir, "-p", port).Run()
	}
	return s.begin()
}

// PostgresSocket is the URL of a PostgreSQL by its socket, which no process of another user reaches.
func (s *Server) PostgresSocket() string {
	_, port, _ := net.SplitHostPort(s.Address)
	return "postgres://postgres@/postgres?port=" + port + "&host=" + url.QueryEscape(s.Dir)
}

// needed returns the server that was started. It skips the test where its program is not installed, unless the variable of the
// environment is 1.
func needed(t testing.TB, s *Server, err error, debian, variable string) *Server {
	t.Helper()
	switch {
	case err == nil:
		return s
	case errors.Is(err, exec.ErrNotFound) && os.Getenv(variable) != "1":
		t.Skipf("%v (Debian: apt-get install %s); %s=1 makes this a failure", err, debian, variable)
	default:
		t.Fatalf("%v (Debian: apt-get install %s)", err, debian)
	}
	return nil
}

// own removes the server with the test.
func own(t testing.TB, s *Server) *Server {
	t.Helper()
	t.Cleanup(func() {
		if err := s.Remove(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// prepare makes the folder and finds a free port.
func prepare() (*Server, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "pronet-server-")
	return &Server{Dir: dir, Address: address}, err
}

// freeAddress is one with a port that no connection gets by itself while the server is away: below those that systems hand
// out.
func freeAddress() (address string, err error) {
	for range 100 {
		address = net.JoinHostPort("127.0.0.1", strconv.Itoa(10_000+rand.IntN(20_000)))
		var listener net.Listener
		if listener, err = net.Listen("tcp", address); err == nil { //nolint:noctx // a port of this machine
			return address, listener.Close()
		}
	}
	return "", err
}

func (s *Server) begin() (*Server, error) {
	if err := s.Start(); err != nil {
		return nil, errors.Join(err, s.Remove())
	}
	return s, nil
}

func (s *Server) command(program string, arguments ...string) *exec.Cmd {
	c := exec.Command(program, arguments...) //nolint:gosec,noctx // programs of this machine, which Stop ends
	c.SysProcAttr, c.Dir, c.Env = s.as, s.Dir, append(os.Environ(), s.env...)
	return c
}

// Start starts it with what it has kept, and waits until it responds, for two minutes at most.
func (s *Server) Start() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	log, err := os.OpenFile(s.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the server has its own
	running := s.command(s.program[0], s.program[1:]...)
	running.Stdout, running.Stderr = log, log
	if err := running.Start(); err != nil {
		return err
	}
	s.running, s.ended = running.Process, make(chan struct{})
	go func(ended chan struct{}) {
		_ = running.Wait() // it may say that it did not end well
		close(ended)
	}(s.ended)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	for {
		err := s.ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
			continue
		case <-s.ended:
		case <-ctx.Done():
		}
		text, _ := os.ReadFile(s.log())
		return fmt.Errorf("%s does not begin: %w: %s", filepath.Base(s.program[0]), err, bytes.TrimSpace(text[max(0, len(text)-2000):]))
	}
}

func (s *Server) log() string { return filepath.Join(s.Dir, "log") }

// Signal sends it a signal, such as [syscall.SIGSTOP].
func (s *Server) Signal(signal syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.running.Signal(signal)
}

// Stop ends it, and returns when it is gone, with what it has confirmed in its folder: [syscall.SIGINT] as a restart does.
func (s *Server) Stop(how syscall.Signal) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return nil
	}
	err := s.running.Signal(how)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	<-s.ended
	s.running = nil
	return err
}

// Crash stops it at once: who has asked gets no response. The processes of a PostgreSQL are told, since they would outlive its first one.
func (s *Server) Crash() error {
	if strings.HasSuffix(s.program[0], "postgres") {
		return s.Stop(syscall.SIGQUIT)
	}
	return s.Stop(syscall.SIGKILL)
}

// Remove ends it without a word to those who ask, since nothing of it is kept, and removes its folder.
func (s *Server) Remove() error {
	return errors.Join(s.Crash(), os.RemoveAll(s.Dir))
}

// postgresPrograms is where they are: those of the newest version of Debian's packages, or of the search path.
func postgresPrograms() (string, error) {
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
