package transport_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
)

const kept = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

// TestR7NetHTTPDoesNotSendAgainByItself has a provider that answers the first request of a connection and closes it
// after it has read the second. Net/http sends a GET again by itself then; for all but the free reads that is switched off.
func TestR7NetHTTPDoesNotSendAgainByItself(t *testing.T) {
	for _, c := range []struct {
		method string
		body   bool
		repeat api.Retry
		want   string
	}{
		{http.MethodGet, false, api.RetryPaidRead, "1!"},
		{http.MethodGet, true, api.RetryPaidRead, "1!"},
		{http.MethodGet, false, api.RetryNever, "1!"},
		{http.MethodHead, false, api.RetryNever, "1!"},
		{http.MethodOptions, false, api.RetryUnsent, "1!"},
		{http.MethodPost, true, api.RetryUnsent, "1!"},
		{http.MethodPost, false, api.RetryUnsent, "1!"},
		{http.MethodDelete, false, api.RetryNever, "1!"},
		{http.MethodGet, false, api.RetryIdempotent, "2"},
	} {
		t.Run(fmt.Sprint(c.method, c.body, c.repeat), func(t *testing.T) {
			listener, base := loopback(t)
			var connections atomic.Int32
			arrivals := play(t, listener, func(conn net.Conn, readRequest func() bool) {
				dies := connections.Add(1) == 1
				for readRequest() {
					_, _ = io.WriteString(conn, kept)
					if dies {
						readRequest()
						return
					}
				}
			})
			p := newPipeline(t, base)
			c1 := call(operation(c.method, c.repeat))
			if c1.Body = nil; c.body {
				c1.Body = transport.Bytes("application/json", []byte(`{}`))
			}
			require.NoError(t, do(t.Context(), p, c1))
			arrivals.Store(0)
			err := do(t.Context(), p, c1)
			p.CloseIdleConnections()
			assert.Equal(t, c.want, outcome(int(arrivals.Load()), err))
			if err != nil {
				require.ErrorIs(t, err, api.ErrUnavailable)
				assert.Equal(t, "look at the list of things", failure(t, err).InDoubt)
			}
		})
	}
}

// TestR7StaleConnection has a provider that closes an idle connection just as the next paid read begins. As a rule
// net/http has noticed and dials anew. When it has not, the request is written to a dead connection: it never arrives,
// but here that cannot be told from a lost answer, so it is reported as in doubt and not sent again. What never happens
// is two arrivals.
func TestR7StaleConnection(t *testing.T) {
	listener, base := loopback(t)
	arrivals := play(t, listener, func(conn net.Conn, readRequest func() bool) {
		if readRequest() {
			_, _ = io.WriteString(conn, kept) // and closes
		}
	})
	p := newPipeline(t, base)
	paid := call(operation(http.MethodGet, api.RetryPaidRead))
	for range 100 {
		arrivals.Store(0)
		switch err := do(t.Context(), p, paid); {
		case err == nil:
			assert.EqualValues(t, 1, arrivals.Load())
		default:
			require.ErrorIs(t, err, api.ErrMaybeApplied)
			assert.EqualValues(t, 0, arrivals.Load())
		}
	}
}

// TestR7EffectHappensOnce counts what a provider did before the connection was reset.
func TestR7EffectHappensOnce(t *testing.T) {
	for _, class := range classes {
		if class.repeat == api.RetryIdempotent || class.repeat == api.RetryConflictSafe {
			continue
		}
		t.Run(class.repeat.String(), func(t *testing.T) {
			listener, base := loopback(t)
			effects := play(t, listener, func(conn net.Conn, readRequest func() bool) {
				readRequest()
				_ = conn.(*net.TCPConn).SetLinger(0) // a reset, not an orderly end
			})
			err := do(t.Context(), newPipeline(t, base), call(operation(class.method, class.repeat)))
			require.ErrorIs(t, err, api.ErrMaybeApplied)
			assert.EqualValues(t, 1, effects.Load())
		})
	}
}

// TestR8RequestsOnTheWire looks at the requests as they arrive.
func TestR8RequestsOnTheWire(t *testing.T) {
	for _, class := range classes {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
			synctest.Test(t, func(t *testing.T) {
				network := newMemory()
				var got *http.Request
				network.serve(t, func(w http.ResponseWriter, r *http.Request) {
					got = r
					_, _ = io.WriteString(w, "{}")
				})
				p := newPipeline(t, "http://api.example.com", network.through)
				c := call(operation(method, class.repeat))
				c.Body = nil
				require.NoError(t, do(t.Context(), p, c))
				for _, name := range []string{"Idempotency-Key", "X-Idempotency-Key", "Content-Type", "Cookie", "Referer"} {
					assert.NotContains(t, got.Header, name, "%s %s", class.repeat, method)
				}
				assert.Empty(t, got.TransferEncoding, "a call without a body has none")
				assert.Zero(t, got.ContentLength)
				assert.Equal(t, []string{key}, got.Header["Apikey"])
				assert.Equal(t, "application/json", got.Header.Get("Accept"))
				assert.Equal(t, "pronet", got.Header.Get("User-Agent"))
				p.CloseIdleConnections()
			})
		}
	}
}

// TestR7AnswerBeforeTheBodyIsRead has a provider that refuses an upload without reading it.
func TestR7AnswerBeforeTheBodyIsRead(t *testing.T) {
	listener, base := loopback(t)
	play(t, listener, func(conn net.Conn, _ func() bool) {
		_, _ = conn.Read(make([]byte, 1))
		_, _ = io.WriteString(conn, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
		_ = conn.(*net.TCPConn).CloseWrite()
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		_, _ = io.Copy(io.Discard, conn)
	})
	c := call(operation(http.MethodPost, api.RetryUnsent))
	c.Body = transport.Bytes("application/octet-stream", make([]byte, 8<<20))
	err := do(t.Context(), newPipeline(t, base), c)
	require.ErrorIs(t, err, api.ErrTooLarge)
	assert.NotErrorIs(t, err, api.ErrMaybeApplied)
	assert.Equal(t, 413, failure(t, err).Status)
}

// brokenConn is a connection on which so many bytes can be written.
type brokenConn struct {
	net.Conn
	left int
}

func (c *brokenConn) Write(p []byte) (int, error) {
	n := min(len(p), c.left)
	c.left -= n
	if n < len(p) {
		return n, syscall.EPIPE
	}
	return c.Conn.Write(p)
}

// TestR55NothingWrittenIsUnsent has new connections that fail at the first write. When nothing of the request left, a call
// that creates is retried; when a byte did, it is in doubt. It is so for a header that is written in one piece and for one
// that is not.
func TestR55NothingWrittenIsUnsent(t *testing.T) {
	for _, size := range []int{1, 8 << 10} {
		for left, want := range map[int]string{0: "4", 10: "1!"} {
			synctest.Test(t, func(t *testing.T) {
				network := newMemory()
				arrivals := play(t, network, raw(kept))
				p := newPipeline(t, "http://api.example.com", func(c *transport.Config) {
					c.RoundTripper = &http.Transport{DialContext: func(ctx context.Context, kind, address string) (net.Conn, error) {
						conn, err := network.DialContext(ctx, kind, address)
						return &brokenConn{conn, left}, err
					}}
				})
				err := do(t.Context(), p, call(operation(http.MethodPost, api.RetryUnsent), api.WithHeader("X-Large", strings.Repeat("x", size))))
				assert.Equal(t, want, outcome(failure(t, err).Attempts, err))
				assert.Zero(t, arrivals.Load())
			})
		}
	}
}
