package transport_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
)

const maxResponse = 16 << 20 // the default

// zeros is a body of n zero bytes. It calls look, when there is one, every MiB.
type zeros struct {
	n    int64
	read int64
	look func()
}

func (z *zeros) Read(p []byte) (int, error) {
	if z.read == z.n {
		return 0, io.EOF
	}
	n := min(int64(len(p)), z.n-z.read, 1<<20-z.read%(1<<20))
	clear(p[:n])
	z.read += n
	if z.look != nil && z.read%(1<<20) == 0 {
		z.look()
	}
	return int(n), nil
}

func (z *zeros) Close() error { return nil }

// TestR15MemoryOfALargeAnswer measures the live heap while an answer without end is read.
func TestR15MemoryOfALargeAnswer(t *testing.T) {
	heap := func() int64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before, most := heap(), int64(0)
	body := &zeros{n: 300 << 20, look: func() { most = max(most, heap()) }}
	p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) {
		response := answer(200, "")
		response.Body = body
		return response, nil
	}))
	err := do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent)))
	require.ErrorIs(t, err, api.ErrTooLarge)
	assert.Less(t, most-before, int64(2*maxResponse))
	assert.LessOrEqual(t, body.read, int64(maxResponse+1))
	assert.Equal(t, 1, failure(t, err).Attempts, "it would be as large again")
}

// TestR15CompressedBombAndLargeBodies has answers that are too large in each way, through a server.
func TestR15CompressedBombAndLargeBodies(t *testing.T) {
	var member bytes.Buffer
	w := gzip.NewWriter(&member)
	_, err := w.Write(make([]byte, 1<<20))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	bomb := bytes.Repeat(member.Bytes(), 300) // 300 MiB in 300 KiB
	require.Less(t, len(bomb), 1<<20)

	sent := make(chan int64, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/v1/things/bomb":
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb)
		case "/v1/things/stated":
			w.Header().Set("Content-Length", "134217728")
			n, _ := io.Copy(w, &zeros{n: 128 << 20})
			sent <- n
		case "/v1/things/chunked":
			_, _ = io.Copy(w, &zeros{n: 128 << 20})
		case "/v1/things/error":
			w.WriteHeader(400)
			_, _ = io.Copy(w, &zeros{n: 128 << 20})
		}
	}))
	defer server.Close()
	p := newPipeline(t, server.URL)
	c := call(operation(http.MethodGet, api.RetryPaidRead))
	for _, name := range []string{"bomb", "stated", "chunked"} {
		c.Path = []string{name}
		err := do(t.Context(), p, c)
		require.ErrorIs(t, err, api.ErrTooLarge, name)
		require.ErrorIs(t, err, api.ErrMaybeApplied, "%s: it was paid for", name)
		e := failure(t, err)
		assert.Equal(t, 200, e.Status)
		assert.Equal(t, 1, e.Attempts)
		assert.Contains(t, e.Error(), "the response has more than the 16777216 bytes accepted")
	}
	assert.Less(t, <-sent, int64(8<<20), "what is stated to be too large is not read at all")

	c.Path = []string{"error"}
	err = do(t.Context(), p, c)
	require.ErrorIs(t, err, api.ErrInvalid)
	assert.Len(t, failure(t, err).Body, 64<<10)
}

// TestR15Boundary has answers around a small bound, and one large answer before, whose buffer is used again.
func TestR15Boundary(t *testing.T) {
	body := strings.Repeat(" ", 2<<20) + "{}"
	p := newPipeline(t, "https://api.example.com",
		over(func(*http.Request) (*http.Response, error) { return answer(200, body), nil }))
	require.NoError(t, do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent))))
	for _, limit := range []int64{1, 2, 100, 4 << 10, 8 << 10, 12345, 1 << 20} {
		small := newPipeline(t, "https://api.example.com",
			over(func(r *http.Request) (*http.Response, error) {
				response := answer(200, body)
				if r.Header.Get("X-Stated") != "" {
					response.ContentLength = int64(len(body))
				}
				return response, nil
			}),
			func(c *transport.Config) { c.MaxResponse = limit })
		for _, options := range [][]api.CallOption{nil, {api.WithHeader("X-Stated", "1")}} {
			for extra, kind := range map[int64]error{-1: nil, 0: nil, 1: api.ErrTooLarge, 1000: api.ErrTooLarge} {
				body = strings.Repeat("1", int(limit+extra))
				var got string
				c := call(operation(http.MethodGet, api.RetryIdempotent), options...)
				c.Decode = func(body []byte) error {
					got = string(body)
					return nil
				}
				err := do(t.Context(), small, c)
				require.ErrorIs(t, err, kind, "limit %d%+d", limit, extra)
				if kind == nil {
					assert.Equal(t, body, got)
				}
			}
		}
	}
}

// TestAnswersDoNotShareMemory pins that buffers which are used again never show in an earlier result.
func TestAnswersDoNotShareMemory(t *testing.T) {
	body := ""
	p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) { return answer(200, body), nil }))
	type thing struct {
		Name string         `json:"name"`
		Raw  map[string]any `json:"raw"`
	}
	var first thing
	for i, name := range []string{"first", "other"} {
		body = `{"name":"` + name + `","raw":{"` + name + `":"` + name + `"}}`
		var got thing
		c := call(operation(http.MethodGet, api.RetryIdempotent))
		c.Into = &got
		require.NoError(t, do(t.Context(), p, c))
		if i == 0 {
			first = got
		}
	}
	assert.Equal(t, thing{"first", map[string]any{"first": "first"}}, first)
	body = `{"name":`
	c := call(operation(http.MethodGet, api.RetryIdempotent))
	c.Into = &thing{}
	failed := failure(t, do(t.Context(), p, c))
	body = `[{"other":`
	_ = do(t.Context(), p, c)
	assert.Equal(t, `{"name":`, string(failed.Body))
}
