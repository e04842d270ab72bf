package transport_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
)

// lateConn is a connection whose Write returns late, when armed, although the bytes have left.
type lateConn struct {
	net.Conn
	armed *atomic.Bool
	late  time.Duration
}

func (c lateConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if c.armed.CompareAndSwap(true, false) {
		time.Sleep(c.late)
	}
	return n, err
}

// TestR7WrittenOverHTTP2BeforeTheHook: over HTTP/2 net/http gives up a request without waiting for its header to be
// written, so that the hook for it may not have been called although the provider has it. That is in doubt: a creation is
// not made twice, and its caller is told.
func TestR7WrittenOverHTTP2BeforeTheHook(t *testing.T) {
	for name, c := range map[string]struct {
		method  string
		rule    api.Retry
		timeout time.Duration // of the header
		ends    time.Duration // of the context
	}{
		"an empty creation, and the watchdog": {http.MethodPost, api.RetryUnsent, 400 * time.Millisecond, time.Minute},
		"a paid read, and the watchdog":       {http.MethodGet, api.RetryPaidRead, 400 * time.Millisecond, time.Minute},
		"an empty creation, and the deadline": {http.MethodPost, api.RetryUnsent, time.Minute, 400 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 10 { // on a busy machine the request may be given up before anything of it is written
				if givenUpWhileWritten(t, c.method, c.rule, c.timeout, c.ends) {
					return
				}
			}
			t.Error("no request has left")
		})
	}
}

// givenUpWhileWritten reports whether the request has arrived, which was given up.
func givenUpWhileWritten(t *testing.T, method string, rule api.Retry, timeout, ends time.Duration) bool {
	t.Helper()
	var armed, counting atomic.Bool
	var arrived atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if counting.Swap(true) {
			arrived.Add(1)
			<-r.Context().Done()
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	base := server.Client().Transport.(*http.Transport).Clone()
	defer base.CloseIdleConnections()
	base.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		return lateConn{conn, &armed, 800 * time.Millisecond}, err
	}
	p := newPipeline(t, server.URL, func(config *transport.Config) { config.RoundTripper, config.HeaderTimeout = base, timeout })
	one := call(operation(method, rule))
	one.Body = nil
	patient := newPipeline(t, server.URL, func(config *transport.Config) { config.RoundTripper = base })
	require.NoError(t, do(t.Context(), patient, one)) // opens the connection, however busy the machine is
	armed.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), ends)
	defer cancel()
	err := do(ctx, p, one)
	require.ErrorIs(t, err, api.ErrMaybeApplied)
	for until := time.Now().Add(5 * time.Second); arrived.Load() == 0 && time.Now().Before(until); time.Sleep(time.Millisecond) {
	}
	assert.LessOrEqual(t, arrived.Load(), int32(1), "it is not made again")
	return arrived.Load() > 0
}

// TestR54OverHTTP2WithoutTLS: a connection that other calls use is not closed to stop one from being written again.
func TestR54OverHTTP2WithoutTLS(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	arrived, finish := make(chan struct{}), make(chan struct{})
	ended, end := context.WithCancel(t.Context())
	var streams atomic.Int32
	var done sync.WaitGroup
	done.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			context.AfterFunc(ended, func() { _ = conn.Close() })
			done.Go(func() {
				_, _ = io.CopyN(io.Discard, conn, 24)
				frame(conn, 4, 0, 0, nil)
				for head := make([]byte, 9); ; {
					if _, err := io.ReadFull(conn, head); err != nil {
						return
					}
					_, _ = io.CopyN(io.Discard, conn, int64(head[0])<<16|int64(head[1])<<8|int64(head[2]))
					if head[3] != 1 {
						continue
					}
					switch stream := binary.BigEndian.Uint32(head[5:]); streams.Add(1) {
					case 1: // the creation, which takes its time
						close(arrived)
						done.Go(func() {
							<-finish
							noContent(conn, stream)
						})
					case 2:
						refuse(conn, stream)
					default:
						noContent(conn, stream)
					}
				}
			})
		}
	})
	base := &http.Transport{Protocols: new(http.Protocols)}
	base.Protocols.SetUnencryptedHTTP2(true)
	defer func() {
		_ = listener.Close()
		base.CloseIdleConnections()
		end()
		done.Wait()
	}()
	p := newPipeline(t, "http://"+listener.Addr().String(), func(c *transport.Config) { c.RoundTripper = base })
	creation := make(chan error, 1)
	go func() { creation <- do(t.Context(), p, call(operation(http.MethodPost, api.RetryUnsent))) }()
	<-arrived
	require.NoError(t, do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent))))
	close(finish)
	require.NoError(t, <-creation)
}
