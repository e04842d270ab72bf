package sandbox_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
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
	_, err = sb.Dial(ctx, "tcp", strings.TrimPrefix(sb.Coresignal.URL(), "http://"))
	require.ErrorIs(t, err, sandbox.ErrClosed)
	cancel()

	unserved, err := sandbox.New(coresignal.WithPeople(1))
	require.NoError(t, err)
	unserved.Close()
	require.ErrorIs(t, unserved.StartInMemory(), sandbox.ErrClosed)
}

// TestR73AWebPageCannotUseTheSandbox: neither its records nor its deliveries, with whatever key.
func TestR73AWebPageCannotUseTheSandbox(t *testing.T) {
	var posted atomic.Bool
	local := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { posted.Store(true) }))
	defer local.Close()
	for _, allowed := range []bool{false, true} {
		var options []sandbox.Option
		if allowed {
			options = []sandbox.Option{sandbox.WithHosts("page.example")}
		}
		sb, err := sandbox.Start(options...)
		require.NoError(t, err)
		defer sb.Close()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, sb.Coresignal.URL()+"/cdapi/v2/subscriptions/simulate",
			strings.NewReader(fmt.Sprintf(`{"webhook_url":%q}`, local.URL+"/some/service")))
		require.NoError(t, err)
		r.Host = "page.example" // its name was bound to 127.0.0.1 after the page was loaded
		r.Header.Set("Origin", "http://page.example")
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("apikey", sb.Coresignal.APIKey())
		resp, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.NoError(t, sb.Deliver(t.Context())) // waits for what is under way
		assert.Equal(t, allowed, resp.StatusCode == http.StatusOK)
		assert.Equal(t, allowed, posted.Load())
		assert.Equal(t, allowed, sb.Requests() == 1)
	}
	http.DefaultClient.CloseIdleConnections()
}

// TestR73EachSandboxHasKeysOfItsOwn unless they are set.
func TestR73EachSandboxHasKeysOfItsOwn(t *testing.T) {
	for name, tt := range map[string]struct {
		options []sandbox.Option
		want    int
	}{
		"by itself":    {nil, 3},
		"with a seed":  {[]sandbox.Option{sandbox.WithSeed(1)}, 1},
		"with the key": {[]sandbox.Option{coresignal.WithAPIKey("MyOwnKeyOfTheTests")}, 1},
	} {
		keys, tokens := map[string]bool{}, map[string]bool{}
		for range 3 {
			sb, err := sandbox.New(tt.options...)
			require.NoError(t, err)
			defer sb.Close()
			keys[sb.Coresignal.APIKey()], tokens[sb.Coresignal.JWT()] = true, true
			assert.NotEqual(t, sb.Coresignal.APIKey(), sb.Coresignal.AddAPIKey())
		}
		assert.Len(t, keys, tt.want, name)
		if name == "with the key" {
			assert.Contains(t, keys, "MyOwnKeyOfTheTests")
			assert.Len(t, tokens, 3)
		}
	}
}
