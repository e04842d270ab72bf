package download

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var fileOp = &wire.Op{
	Name: "test.File", Provider: api.Coresignal, Method: http.MethodGet, Route: "/files/{file...}", Retry: api.RetryIdempotent,
}

// answer answers one request.
type answer func(w http.ResponseWriter, r *http.Request)

// origin is a server of files that answers the n-th request for a file in the n-th way, and further ones in the last.
type origin struct {
	server *httptest.Server
	pipe   *transport.Pipeline

	mu       sync.Mutex
	plans    map[string][]answer
	requests map[string][]http.Header
}

func newOrigin(t testing.TB) *origin {
	t.Helper()
	o := &origin{plans: make(map[string][]answer), requests: make(map[string][]http.Header)}
	o.server = httptest.NewServer(http.HandlerFunc(o.serve))
	t.Cleanup(o.server.Close)
	base, err := url.Parse(o.server.URL)
	require.NoError(t, err)
	credential, err := api.StaticCredential("key")
	require.NoError(t, err)
	o.pipe = transport.New(transport.Config{
		Providers: []transport.Provider{{Provider: wire.Provider{
			Name: api.Coresignal, Origins: []wire.Origin{{URL: base}}, KeyHeader: "Apikey",
			Inspect: func(r *wire.Response) { r.Own = bytes.HasPrefix(r.Body, []byte(`{"detail":`)) },
		}, Credential: credential}},
		Random: func() float64 { return 0 },
	})
	t.Cleanup(o.pipe.CloseIdleConnections)
	return o
}

func (o *origin) serve(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/files/")
	o.mu.Lock()
	plan, n := o.plans[name], len(o.requests[name])
	o.requests[name] = append(o.requests[name], r.Header)
	o.mu.Unlock()
	if len(plan) == 0 {
		notFound(w, r)
		return
	}
	plan[min(n, len(plan)-1)](w, r)
}

// notFound is the provider's own 404.
func notFound(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusNotFound)
	_, _ = io.WriteString(w, `{"detail":"Not found."}`)
}

func (o *origin) plan(name string, answers ...answer) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.plans[name], o.requests[name] = answers, nil
}

func (o *origin) asked(name string) []http.Header {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.requests[name]
}

func (o *origin) total() (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, requests := range o.requests {
		n += len(requests)
	}
	return n
}

func (o *origin) open(ctx context.Context, name string, header http.Header) (*transport.Stream, error) {
	return o.pipe.Open(ctx, transport.Call{
		Op: fileOp, Path: []string{name}, Header: header, Options: []api.CallOption{api.WithMaxAttemptsPerCall(1)},
	})
}

// serving answers as a good server does: with ranges, and the given ETag.
func serving(content []byte, tag string) answer {
	return func(w http.ResponseWriter, r *http.Request) {
		if tag != "" {
			w.Header().Set("Etag", tag)
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}
}

// raw answers with these very bytes and closes the connection.
func raw(status string, header http.Header, body []byte) answer {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer func() { _ = conn.Close() }()
		var b bytes.Buffer
		fmt.Fprintf(&b, "HTTP/1.1 %s\r\n", status)
		_ = header.Write(&b)
		b.WriteString("\r\n")
		b.Write(body)
		_, _ = conn.Write(b.Bytes())
	}
}

// fields makes a header of "Name: value" lines.
func fields(lines ...string) http.Header {
	h := http.Header{"Connection": {"close"}}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		h.Add(name, value)
	}
	return h
}

// cutAt announces the whole and sends the beginning.
func cutAt(content []byte, n int, more ...string) answer {
	return raw("200 OK", fields(append(more, fmt.Sprintf("Content-Length: %d", len(content)))...), content[:n])
}

// part answers a request for a range with a part that is told in the given way.
func partial206(contentRange string, body []byte, more ...string) answer {
	return raw("206 Partial Content", fields(append(more, "Content-Range: "+contentRange, fmt.Sprintf("Content-Length: %d", len(body)))...), body)
}

// packed returns a gzip file of JSON lines, the same for the same seed.
func packed(t testing.TB, seed, lines int) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	for i := range lines {
		_, err := fmt.Fprintf(w, "{\"id\":%d,\"name\":\"%x\"}\n", i, i*7919*(seed+1))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return b.Bytes()
}

// openDir opens a directory whose waits take no time.
func openDir(t testing.TB, dir string, names ...string) *Dir {
	t.Helper()
	d, err := Open(dir, "job")
	require.NoError(t, err)
	t.Cleanup(func() { _ = d.Close() })
	d.pause = func(ctx context.Context, _ int) error { return ctx.Err() }
	if !d.IsListed() {
		require.NoError(t, d.List(names))
	}
	return d
}

// bring downloads into a directory and closes it.
func bring(t testing.TB, dir string, o *origin, names ...string) []Failure {
	t.Helper()
	return bringWith(t, dir, o, Options{Parallel: 4}, names...)
}

func bringWith(t testing.TB, dir string, o *origin, options Options, names ...string) []Failure {
	t.Helper()
	d := openDir(t, dir, names...)
	failures, err := d.Fetch(t.Context(), o.open, options)
	require.NoError(t, err)
	require.NoError(t, d.Close())
	return failures
}

// content reads a finished file.
func content(t testing.TB, dir, name string) []byte {
	t.Helper()
	data, there := contents(t, dir)[name]
	require.True(t, there, name)
	return data
}

// contents reads the finished files, and checks what the manifest says of them.
func contents(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	_, files, err := Read(dir)
	require.NoError(t, err)
	all := make(map[string][]byte)
	for _, f := range files {
		if !f.Finished {
			continue
		}
		data, err := os.ReadFile(filepath.Join(dir, f.Path))
		require.NoError(t, err)
		require.EqualValues(t, len(data), f.Size)
		require.Equal(t, crcOf(data), f.Checksum)
		require.NoFileExists(t, filepath.Join(dir, f.Path)+".partial")
		all[f.Name] = data
	}
	return all
}

// memoryDir returns a directory in memory where there is one, for tests of thousands of files: nothing of it is synced.
func memoryDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "pronet-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(dir)) })
	return dir
}
