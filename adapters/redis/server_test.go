//go:build unix

package redis_test

import (
	"os"
	"testing"

	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/internal/pronettest/servertest"
)

func TestMain(m *testing.M) {
	if os.Getenv("PRONET_REDIS_PROCESS") != "" {
		os.Exit(process())
	}
	goleak.VerifyTestMain(m)
}

// server is a real Redis on this machine, which can be stopped and started again with what it has kept.
type server struct {
	*servertest.Server

	t testing.TB
}

// startServer starts a Redis, or skips the test where there is none.
func startServer(t testing.TB) *server {
	t.Helper()
	return &server{servertest.Redis(t), t}
}

func (s *server) start() {
	s.t.Helper()
	require.NoError(s.t, s.Start())
}

// stop kills the server, which keeps what it has acknowledged.
func (s *server) stop() {
	s.t.Helper()
	require.NoError(s.t, s.Crash())
}

// client returns a client of its own, as another process has one.
func (s *server) client() *goredis.Client {
	client := goredis.NewClient(&goredis.Options{Addr: s.Address, MaxRetries: -1, DialerRetries: 1, ContextTimeoutEnabled: true})
	s.t.Cleanup(func() { require.NoError(s.t, client.Close()) })
	return client
}
