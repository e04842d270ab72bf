package sandbox_test

import (
	"context"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestStartListensOnLoopback(t *testing.T) {
	sb, err := sandbox.Start()
	require.NoError(t, err)
	defer sb.Close()
	assert.Regexp(t, `^http://127\.0\.0\.1:\d+$`, sb.Coresignal.URL())
	_, err = sandbox.Start(coresignal.WithPeople(-1))
	require.Error(t, err)
}

func TestServeUntilClose(t *testing.T) {
	sb, err := sandbox.New(coresignal.WithPeople(1), sandbox.WithPathPrefix("/x"))
	require.NoError(t, err)
	assert.Empty(t, sb.Coresignal.URL())
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ended := make(chan error)
	go func() { ended <- sb.Coresignal.Serve(l) }()
	assert.Eventually(t, func() bool { return sb.Coresignal.URL() == "http://"+l.Addr().String()+"/x" }, time.Minute, time.Millisecond)
	sb.Close()
	require.NoError(t, <-ended)
	sb.Close()

	other, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.ErrorIs(t, sb.Coresignal.Serve(other), sandbox.ErrClosed)
	_, err = other.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
}

func TestServeReturnsTheListenersError(t *testing.T) {
	sb, err := sandbox.New(coresignal.WithPeople(1))
	require.NoError(t, err)
	defer sb.Close()
	var config net.ListenConfig
	l, err := config.Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, l.Close())
	require.ErrorIs(t, sb.Coresignal.Serve(l), net.ErrClosed)
}

func TestInMemoryWorksInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, err := sandbox.New(sandbox.WithPathPrefix("/x"))
		require.NoError(t, err)
		defer sb.Close()
		require.NoError(t, sb.StartInMemory())
		assert.Equal(t, "http://127.0.0.1:1/x", sb.Coresignal.URL())
		transport := &http.Transport{DialContext: sb.Dial}
		defer transport.CloseIdleConnections()
		status, _, _ := ask(t, &http.Client{Transport: transport}, http.MethodGet, sb.Coresignal.URL()+"/cdapi/v1/subscriptions", sb.Coresignal.JWT(), "")
		assert.Equal(t, http.StatusOK, status)
		require.ErrorContains(t, sb.StartInMemory(), "before")
	})
}

func TestDialNeedsTheSandboxToListen(t *testing.T) {
	sb, err := sandbox.New(coresignal.WithPeople(1))
	require.NoError(t, err)
	_, err = sb.Dial(t.Context(), "tcp", "anywhere:80")
	require.ErrorContains(t, err, "StartInMemory")
	require.NoError(t, sb.StartInMemory())
	sb.Close()
	ctx, cancel := context.WithCancel(t.Context())
	_, err = sb.Dial(ctx, "tcp", "anywhere:80")
	require.ErrorIs(t, err, sandbox.ErrClosed)
	cancel()

	unserved, err := sandbox.New(coresignal.WithPeople(1))
	require.NoError(t, err)
	unserved.Close()
	require.ErrorIs(t, unserved.StartInMemory(), sandbox.ErrClosed)
}
