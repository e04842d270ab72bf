package nats_test

import (
	"log/slog"
	"net"
	"os"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/adapters/nats"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/sinktest"
)

func TestMain(m *testing.M) {
	if role := os.Getenv(asProcess); role != "" {
		os.Exit(beProcess(role))
	}
	goleak.VerifyTestMain(m)
}

// maxPayload has room for the largest body that a handler takes.
const maxPayload = 9 << 20

// embedded is a server within this process, with files of its own.
func embedded(t testing.TB, change ...func(*server.Options)) *server.Server {
	t.Helper()
	return startServer(t, &server.Options{Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true, MaxPayload: maxPayload, NoLog: true}, change...)
}

func startServer(t testing.TB, o *server.Options, change ...func(*server.Options)) *server.Server {
	t.Helper()
	for _, f := range change {
		f(o)
	}
	s, err := server.NewServer(o)
	require.NoError(t, err)
	s.Start()
	require.True(t, s.ReadyForConnections(time.Minute))
	t.Cleanup(func() {
		s.Shutdown()
		s.WaitForShutdown()
	})
	return s
}

// connect is a connection of its own, as another process has one.
func connect(t testing.TB, url string) jetstream.JetStream {
	t.Helper()
	conn, err := dial(url)
	require.NoError(t, err)
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	require.NoError(t, err)
	return js
}

func dial(url string) (*natsgo.Conn, error) {
	return natsgo.Connect(url, natsgo.MaxReconnects(-1), natsgo.ReconnectWait(20*time.Millisecond), natsgo.RetryOnFailedConnect(true))
}

// quick are options of a queue that waits for nothing.
func quick(change ...func(*nats.Options)) nats.Options {
	o := nats.Options{
		Attempts: 20, Backoff: time.Millisecond, BackoffCap: time.Millisecond, Lease: time.Second, SyncAlways: true,
		MaxBytes: 64 << 20, MaxDead: 64 << 20, // a server reserves it, of what the disk has free
		Logger: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&o)
	}
	return o
}

func open(t testing.TB, js jetstream.JetStream, o nats.Options, senders ...webhook.Sender) *nats.Queue {
	t.Helper()
	if len(senders) == 0 {
		senders = []webhook.Sender{sinktest.Sender()}
	}
	q, err := nats.Open(t.Context(), js, o, senders...)
	require.NoError(t, err)
	return q
}

// freePort is one that nobody listens on.
func freePort(t testing.TB) int {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().(*net.TCPAddr).Port
}
