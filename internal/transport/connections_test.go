package transport_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
)

// TestR13ConnectionsAreKept sends 400 calls from 20 goroutines. The first 20 are answered together, since net/http dials
// another connection while one is on its way.
func TestR13ConnectionsAreKept(t *testing.T) {
	var opened, arrived atomic.Int32
	all := make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if arrived.Add(1) == 20 {
			close(all)
		}
		<-all
		_, _ = io.WriteString(w, strings.Repeat("x", 10<<10))
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	defer server.Close()
	p := newPipeline(t, server.URL)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			for range 20 {
				assert.NoError(t, do(t.Context(), p, call(operation(http.MethodGet, api.RetryPaidRead))))
			}
		})
	}
	wg.Wait()
	assert.EqualValues(t, 20, opened.Load())
}

// TestR14ConnectionIsUsedAgain looks at which connection the call after an answer gets, through the caller's own hooks,
// which must be called beside the pipeline's.
func TestR14ConnectionIsUsedAgain(t *testing.T) {
	var code atomic.Int32
	large := strings.Repeat("x", 100<<10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(int(code.Load()))
		if code.Load() != 204 && code.Load() != 304 {
			_, _ = io.WriteString(w, large)
		}
	}))
	defer server.Close()
	for _, class := range classes {
		for _, status := range []int32{200, 201, 202, 204, 301, 304, 307, 400, 401, 402, 403, 404, 409, 422, 429, 500, 503} {
			t.Run(fmt.Sprint(class.repeat, status), func(t *testing.T) {
				code.Store(status)
				p := newPipeline(t, server.URL)
				var reused []bool
				var wrote atomic.Int32
				ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
					GotConn:      func(info httptrace.GotConnInfo) { reused = append(reused, info.Reused) },
					WroteRequest: func(httptrace.WroteRequestInfo) { wrote.Add(1) },
				})
				c := call(operation(class.method, class.repeat))
				c.Into, c.Pending = new(struct{}), true // a 2xx cannot be decoded
				for range 2 {
					err := do(ctx, p, c)
					assert.Equal(t, status == 204, err == nil, "%v", err)
				}
				require.GreaterOrEqual(t, len(reused), 2)
				assert.False(t, reused[0])
				assert.NotContains(t, reused[1:], false)
				assert.EqualValues(t, len(reused), wrote.Load())
			})
		}
	}
}

// TestCallerMayTrace pins that hooks in the context work with and without connections to keep, and that the bookkeeping
// of the pipeline goes on beside them.
func TestCallerMayTrace(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer server.Close()
	server.Config.ErrorLog = quiet()
	var started int
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{GetConn: func(string) { started++ }})
	err := do(ctx, newPipeline(t, server.URL), call(operation(http.MethodPost, api.RetryUnsent)))
	require.ErrorIs(t, err, api.ErrMaybeApplied)
	assert.Equal(t, 1, started)

	started = 0
	err = do(ctx, newPipeline(t, nobody, func(c *transport.Config) { c.MaxAttempts = 3 }), call(operation(http.MethodPost, api.RetryUnsent)))
	require.ErrorIs(t, err, api.ErrUnavailable)
	assert.NotErrorIs(t, err, api.ErrMaybeApplied)
	assert.Equal(t, 3, started)
}
