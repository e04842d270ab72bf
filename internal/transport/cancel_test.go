package transport_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/limit"
	"github.com/pronet-go/pronet/internal/transport"
)

// TestR16CancelAtEachPhase cancels a call that hangs in each phase. It must end at once; the bubble fails the test when a
// goroutine outlives it.
func TestR16CancelAtEachPhase(t *testing.T) {
	hang := func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }
	for _, c := range []struct {
		name   string
		server script
		change func(*transport.Config)
		base   string
		stream bool
		doubt  bool // of a call that creates
	}{
		{name: "limiter", change: func(c *transport.Config) {
			c.Providers[0].Limiter, _ = limit.New(limit.Policy{N: 1, Window: 4 * time.Minute})
			slot, _ := c.Providers[0].Limiter.Acquire(context.Background(), "", limit.Waiting{})
			slot.Sent()
		}},
		{name: "credential", change: func(c *transport.Config) {
			c.Providers[0].Credential = func(ctx context.Context) (api.Secret, error) {
				<-ctx.Done()
				return api.Secret{}, ctx.Err()
			}
		}},
		{name: "dial", change: func(c *transport.Config) {
			c.RoundTripper = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}}
		}},
		{name: "TLS handshake", base: "https://api.example.com", server: func(conn net.Conn, _ func() bool) {
			hang(conn)
		}},
		{name: "before the header", doubt: true, server: func(conn net.Conn, readRequest func() bool) {
			readRequest()
			hang(conn)
		}},
		{name: "in the body", doubt: true, server: func(conn net.Conn, readRequest func() bool) {
			readRequest()
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
			hang(conn)
		}},
		{name: "in a stream", doubt: true, stream: true, server: func(conn net.Conn, readRequest func() bool) {
			readRequest()
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
			hang(conn)
		}},
		{name: "wait for a repeat", server: status(503, "Retry-After: 100\r\n")},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := newMemory()
				if c.server != nil {
					play(t, network, c.server)
				}
				change := []func(*transport.Config){network.through}
				if c.change != nil {
					change = append(change, c.change)
				}
				base := c.base
				if base == "" {
					base = "http://api.example.com"
				}
				p := newPipeline(t, base, change...)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				time.AfterFunc(3*time.Second, cancel)
				started := time.Now()
				create := call(operation(http.MethodPost, api.RetryUnsent))
				var err error
				if c.stream {
					stream, opening := p.Open(ctx, create)
					require.NoError(t, opening)
					_, err = io.ReadAll(stream)
					require.NoError(t, stream.Close())
				} else {
					err = do(ctx, p, create)
				}
				assert.Equal(t, 3*time.Second, time.Since(started))
				require.ErrorIs(t, err, context.Canceled)
				assert.Equal(t, c.doubt, inDoubt(err), "%v", err)
				p.CloseIdleConnections()
			})
		})
	}
}

// TestR16CancelledBeforeItBegins sends nothing.
func TestR16CancelledBeforeItBegins(t *testing.T) {
	p := newPipeline(t, nobody, func(c *transport.Config) {
		c.Providers[0].Limiter, _ = limit.New(limit.Policy{N: 1, Window: 4 * time.Minute})
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := do(ctx, p, call(operation(http.MethodPost, api.RetryUnsent)))
	require.ErrorIs(t, err, context.Canceled)
	assert.Zero(t, failure(t, err).Attempts)
	assert.False(t, inDoubt(err))
}

// TestR16StreamClosedEarly closes streams before their end, and twice.
func TestR16StreamClosedEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newMemory()
		network.serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, &zeros{n: 1 << 30}) })
		ended := 0
		p := newPipeline(t, "http://api.example.com", network.through, func(c *transport.Config) {
			c.Observers = []api.Observer{{End: func(_ context.Context, end api.End) {
				ended++
				assert.NoError(t, end.Err)
			}}}
		})
		for _, read := range []int{0, 1, 100_000} {
			stream, err := p.Open(t.Context(), call(operation(http.MethodGet, api.RetryIdempotent)))
			require.NoError(t, err)
			_, err = io.ReadFull(stream, make([]byte, read))
			require.NoError(t, err)
			before := ended
			require.NoError(t, stream.Close())
			require.NoError(t, stream.Close())
			assert.Equal(t, before+1, ended)
			_, err = stream.Read(make([]byte, 1))
			require.ErrorIs(t, err, io.ErrClosedPipe)
		}
	})
}

// TestR16DeadlinePassesWhileWaiting ends with the deadline, not with a timeout of the pipeline's.
func TestR16DeadlinePassesWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := newMemory()
		arrivals := play(t, network, func(conn net.Conn, readRequest func() bool) {
			readRequest()
			_, _ = conn.Read(make([]byte, 1))
		})
		p := newPipeline(t, "http://api.example.com", network.through)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{})
		err := do(ctx, p, call(operation(http.MethodGet, api.RetryIdempotent)))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.NotErrorIs(t, err, api.ErrUnavailable, "nobody but the caller ended it")
		assert.EqualValues(t, 1, arrivals.Load())
	})
}
