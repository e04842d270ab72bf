package redis_test

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if os.Getenv("PRONET_REDIS_PROCESS") != "" {
		os.Exit(process())
	}
	goleak.VerifyTestMain(m)
}

// server is a real Redis on this machine, which can be stopped and started again with what it has kept.
type server struct {
	t       testing.TB
	dir     string
	address string
	command *exec.Cmd
}

// startServer starts a Redis, or skips the test where there is none.
func startServer(t testing.TB) *server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil && os.Getenv("PRONET_REQUIRE_REDIS") != "1" {
		t.Skip("Redis is not installed (Debian: apt-get install redis-server); PRONET_REQUIRE_REDIS=1 makes this a failure")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	s := &server{t: t, dir: t.TempDir(), address: listener.Addr().String()}
	s.start()
	t.Cleanup(s.stop)
	return s
}

func (s *server) start() {
	s.t.Helper()
	_, port, err := net.SplitHostPort(s.address)
	require.NoError(s.t, err)
	s.command = exec.Command("redis-server", "--bind", "127.0.0.1", "--port", port, "--dir", s.dir, "--appendonly", "yes", "--appendfsync", "always", "--save", "")
	out, err := s.command.StdoutPipe()
	require.NoError(s.t, err)
	require.NoError(s.t, s.command.Start(), "Redis could not be started; on Debian it comes with apt-get install redis-server")
	lines, ready := bufio.NewScanner(out), false
	for !ready && lines.Scan() {
		ready = strings.Contains(lines.Text(), "Ready to accept connections")
	}
	require.True(s.t, ready, "redis-server has ended")
	go func() {
		for lines.Scan() { // or it would block
		}
	}()
}

// stop kills the server, which keeps what it has acknowledged.
func (s *server) stop() {
	if s.command == nil {
		return
	}
	_ = s.command.Process.Kill()
	_ = s.command.Wait()
	s.command = nil
}

// client returns a client of its own, as another process has one.
func (s *server) client() *goredis.Client {
	client := goredis.NewClient(&goredis.Options{Addr: s.address, MaxRetries: -1, DialerRetries: 1, ContextTimeoutEnabled: true})
	s.t.Cleanup(func() { require.NoError(s.t, client.Close()) })
	return client
}
