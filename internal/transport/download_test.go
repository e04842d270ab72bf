package transport

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/publicaddr"
	"github.com/pronet-go/pronet/internal/wire"
)

const downloadKey = "CANARYDOWNLOADKEY"

var fileOp = &wire.Op{
	Name: "test.File", Provider: api.Coresignal, Method: http.MethodGet, Route: "/v1/files/{file}", Retry: api.RetryIdempotent,
}

// at is the provider of the tests.
func at(base *url.URL, credential api.Credential) Provider {
	return Provider{
		Provider:   wire.Provider{Name: api.Coresignal, Origins: []wire.Origin{{URL: base}}, KeyHeader: "Apikey", RequestIDs: []string{"X-Request-Id"}},
		Credential: credential,
	}
}

// downloading returns a pipeline for a provider whose download host is the storage server. Any address passes for a
// public one unless the check is given.
func downloading(t *testing.T, provider, storage *httptest.Server, allow func(netip.Addr) error, hosts ...string) *Pipeline {
	t.Helper()
	base, err := url.Parse(provider.URL)
	require.NoError(t, err)
	credential, err := api.StaticCredential(downloadKey)
	require.NoError(t, err)
	p := New(Config{
		RoundTripper:  provider.Client().Transport,
		Providers:     []Provider{at(base, credential)},
		DownloadHosts: hosts,
		Random:        func() float64 { return 0 },
	})
	roots := x509.NewCertPool()
	roots.AddCert(storage.Certificate())
	p.shared.downloads = downloader(allow)
	p.shared.downloads.TLSClientConfig = storage.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	p.shared.downloads.TLSClientConfig.RootCAs = roots
	guarded := p.shared.downloads.DialContext
	p.shared.downloads.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		if strings.HasPrefix(address, "files.example.com:") { // a public name that leads to this machine
			_, port, _ := net.SplitHostPort(address)
			address = "127.0.0.1:" + port
		}
		return guarded(ctx, network, address)
	}
	t.Cleanup(p.CloseIdleConnections)
	return p
}

func allowAll(netip.Addr) error { return nil }

// redirecting is a provider that redirects every file to what target holds.
func redirecting(t *testing.T, status int, target *atomic.Value) *httptest.Server {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, downloadKey, r.Header.Get("Apikey"))
		w.Header().Set("Location", target.Load().(string))
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return server
}

// TestR2DownloadIsRedirectedWithoutTheKey follows a redirect to an allowed host and looks at everything that it gets.
func TestR2DownloadIsRedirectedWithoutTheKey(t *testing.T) {
	file := make([]byte, 3<<20)
	random := rand.NewChaCha8([32]byte{1})
	_, _ = random.Read(file)
	var seen atomic.Pointer[http.Request]
	var hops atomic.Int32
	storage := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Store(r)
		if r.URL.Path == "/hop" {
			hops.Add(1)
			http.Redirect(w, r, "/bucket/file.jsonl.gz?signature=abc", http.StatusFound)
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(file)))
		_, _ = w.Write(file)
	}))
	defer storage.Close()
	host := strings.TrimPrefix(storage.URL, "https://127.0.0.1")
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, path := range []string{"/bucket/file.jsonl.gz?signature=abc", "/hop"} {
			var target atomic.Value
			target.Store("https://files.example.com" + host + path)
			p := downloading(t, redirecting(t, status, &target), storage, allowAll, "example.com")
			var meta api.Meta
			stream, err := p.Open(t.Context(), Call{
				Op: fileOp, Path: []string{"1"}, MayRedirect: true, Options: []api.CallOption{api.WithMeta(&meta), api.WithHeader("X-Mine", "private")},
			})
			require.NoError(t, err)
			got, err := io.ReadAll(stream)
			require.NoError(t, err)
			require.NoError(t, stream.Close())
			assert.Equal(t, sha256.Sum256(file), sha256.Sum256(got))
			assert.Equal(t, int64(len(file)), stream.Length)
			assert.Equal(t, 200, meta.Status)

			request := seen.Load()
			assert.Equal(t, http.MethodGet, request.Method)
			assert.Equal(t, "identity", request.Header.Get("Accept-Encoding"))
			assert.Equal(t, "signature=abc", request.URL.RawQuery)
			assert.EqualValues(t, 0, request.ContentLength)
			for _, name := range []string{"Apikey", "Authorization", "X-Mine", "Cookie", "Referer"} {
				assert.NotContains(t, request.Header, name)
			}
			assert.NotContains(t, fmt.Sprint(request.Header), "CANARY")
		}
	}
	assert.EqualValues(t, 5, hops.Load())
}

// TestR2DownloadIsNotRedirectedAnywhereElse has every redirect that is refused; the storage host hears of none.
func TestR2DownloadIsNotRedirectedAnywhereElse(t *testing.T) {
	var asked atomic.Int32
	storage := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer storage.Close()
	port := strings.TrimPrefix(storage.URL, "https://127.0.0.1")
	for name, c := range map[string]struct{ target, says string }{
		"http":            {"http://files.example.com" + port, "not to https"},
		"not listed":      {"https://127.0.0.1" + port, "not among the allowed"},
		"a longer name":   {"https://evilexample.com" + port, "not among the allowed"},
		"a suffix inside": {"https://example.com.evil.net" + port, "not among the allowed"},
		"user info":       {"https://user:pw@files.example.com" + port, "user name"},
		"no Location":     {"", "usable Location"},
		"no URL":          {"https://[::1/%zz", "usable Location"},
		"too long":        {"https://files.example.com/" + strings.Repeat("x", 9<<10), "usable Location"},
		"another scheme":  {"file:///etc/passwd", "not to https"},
	} {
		t.Run(name, func(t *testing.T) {
			var target atomic.Value
			target.Store(c.target)
			p := downloading(t, redirecting(t, 302, &target), storage, allowAll, "example.com")
			_, err := p.Open(t.Context(), Call{Op: fileOp, Path: []string{"1"}, MayRedirect: true})
			require.ErrorIs(t, err, api.ErrRedirect)
			e, _ := errors.AsType[*api.Error](err)
			assert.Equal(t, 302, e.Status)
			assert.Contains(t, err.Error(), c.says)
			assert.NotContains(t, err.Error(), "evil")
		})
	}
	assert.Zero(t, asked.Load())
}

func TestR2WithoutMayRedirectNothingIsFollowed(t *testing.T) {
	storage := httptest.NewTLSServer(http.NotFoundHandler())
	defer storage.Close()
	var target atomic.Value
	target.Store(storage.URL)
	p := downloading(t, redirecting(t, 302, &target), storage, allowAll, "127.0.0.1")
	_, err := p.Open(t.Context(), Call{Op: fileOp, Path: []string{"1"}})
	require.ErrorIs(t, err, api.ErrRedirect)
	_, err = p.Do(t.Context(), Call{Op: fileOp, Path: []string{"1"}, MayRedirect: true})
	require.ErrorIs(t, err, api.ErrRedirect, "only a stream follows")
}

func TestR2TooManyRedirects(t *testing.T) {
	var asked atomic.Int32
	storage := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		http.Redirect(w, r, "/again", http.StatusFound)
	}))
	defer storage.Close()
	var target atomic.Value
	target.Store(storage.URL)
	p := downloading(t, redirecting(t, 302, &target), storage, allowAll, "127.0.0.1")
	_, err := p.Open(t.Context(), Call{Op: fileOp, Path: []string{"1"}, MayRedirect: true})
	require.ErrorIs(t, err, api.ErrRedirect)
	assert.Contains(t, err.Error(), "redirected too often")
	assert.EqualValues(t, maxRedirects, asked.Load())
}

func TestR2DownloadHostThatFails(t *testing.T) {
	storage := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/gone" {
			http.Error(w, "<Error><Code>CANARYNoSuchKey</Code></Error>", http.StatusNotFound)
			return
		}
		if r.URL.Path == "/busy" {
			http.Error(w, "CANARY", http.StatusServiceUnavailable)
			return
		}
		panic(http.ErrAbortHandler)
	}))
	defer storage.Close()
	var target atomic.Value
	p := downloading(t, redirecting(t, 302, &target), storage, allowAll, "127.0.0.1")
	open := func(to string) *api.Error {
		target.Store(to)
		_, err := p.Open(t.Context(), Call{Op: fileOp, Path: []string{"1"}, MayRedirect: true})
		e, ok := errors.AsType[*api.Error](err)
		require.True(t, ok)
		assert.NotContains(t, err.Error(), "CANARY")
		assert.NotErrorIs(t, err, api.ErrMaybeApplied)
		return e
	}
	gone := open(storage.URL + "/gone")
	require.ErrorIs(t, gone, api.ErrNotFound)
	assert.Equal(t, 404, gone.Status)
	assert.Contains(t, string(gone.Body), "NoSuchKey")
	assert.Contains(t, gone.Error(), "the download host responded with 404")
	assert.NotErrorIs(t, gone, ErrDownloadHost, "another try would not fare better")
	busy := open(storage.URL + "/busy")
	require.ErrorIs(t, busy, api.ErrUnavailable)
	require.ErrorIs(t, busy, ErrDownloadHost)
	assert.Contains(t, busy.Error(), "the download host responded with 503")

	dropped := open(storage.URL + "/dropped")
	require.ErrorIs(t, dropped, api.ErrUnavailable)
	assert.NotErrorIs(t, dropped, api.ErrRedirect, "nothing was refused")
	require.ErrorIs(t, dropped, ErrDownloadHost)
	assert.NotContains(t, dropped.Error(), ErrDownloadHost.Error(), "the reason is told")

	refused := open("https://127.0.0.1:1/")
	require.ErrorIs(t, refused, api.ErrUnavailable)
	_, ok := errors.AsType[*net.OpError](refused)
	assert.True(t, ok)
}

// TestR26TheDialerChecksTheAddressAfterLookup has names and addresses that lead to this machine: they are refused when
// they are dialled, whatever the name looks like.
func TestR26TheDialerChecksTheAddressAfterLookup(t *testing.T) {
	var connected atomic.Int32
	storage := httptest.NewUnstartedServer(http.NotFoundHandler())
	storage.Config.ConnState = func(net.Conn, http.ConnState) { connected.Add(1) }
	storage.StartTLS()
	defer storage.Close()
	port := strings.TrimPrefix(storage.URL, "https://127.0.0.1")
	for _, host := range []string{"127.0.0.1", "localhost", "files.example.com", "[::ffff:127.0.0.1]"} {
		var target atomic.Value
		target.Store("https://" + host + port)
		p := downloading(t, redirecting(t, 302, &target), storage, publicaddr.Check, "127.0.0.1", "localhost", "example.com", "::ffff:127.0.0.1")
		_, err := p.Open(t.Context(), Call{Op: fileOp, Path: []string{"1"}, MayRedirect: true})
		require.ErrorIs(t, err, api.ErrRedirect, host)
		require.ErrorIs(t, err, publicaddr.ErrNotPublic, host)
		assert.Contains(t, err.Error(), "not public")
	}
	assert.Zero(t, connected.Load(), "not even a connection")
	assert.Nil(t, newDownloader().Proxy, "a proxy would look up names by itself")
}

// TestR29TheRangeReachesTheDownloadHost: the header of a call goes to the provider and on to where it redirects, and an
// answer with a part comes back as one.
func TestR29TheRangeReachesTheDownloadHost(t *testing.T) {
	content := strings.Repeat("0123456789", 10)
	var seen atomic.Pointer[http.Request]
	storage := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen.Store(r)
		w.Header().Set("Etag", `"v1"`)
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(content))
	}))
	defer storage.Close()
	var target atomic.Value
	target.Store(storage.URL)
	p := downloading(t, redirecting(t, 302, &target), storage, allowAll, "127.0.0.1")
	open := func(from string) (*Stream, error) {
		return p.Open(t.Context(), Call{
			Op: fileOp, Path: []string{"1"}, MayRedirect: true, Options: []api.CallOption{api.WithHeader("Range", "bytes=0-1"), api.WithHeader("X-Mine", "private")},
			Header: http.Header{"Range": {"bytes=" + from + "-"}, "If-Range": {`"v1"`}},
		})
	}
	stream, err := open("90")
	require.NoError(t, err)
	got, err := io.ReadAll(stream)
	require.NoError(t, errors.Join(err, stream.Close()))
	assert.Equal(t, "0123456789", string(got))
	assert.Equal(t, http.StatusPartialContent, stream.Status)
	assert.Equal(t, "bytes 90-99/100", stream.Header.Get("Content-Range"))
	request := seen.Load()
	assert.Equal(t, []string{"bytes=90-"}, request.Header["Range"], "the caller's own is replaced")
	assert.Equal(t, []string{`"v1"`}, request.Header["If-Range"])
	assert.Equal(t, "identity", request.Header.Get("Accept-Encoding"))
	assert.NotContains(t, request.Header, "Apikey")
	assert.NotContains(t, request.Header, "X-Mine")

	_, err = open("100")
	e, ok := errors.AsType[*api.Error](err)
	require.True(t, ok)
	assert.Equal(t, http.StatusRequestedRangeNotSatisfiable, e.Status)
	assert.Equal(t, "bytes */100", e.Header.Get("Content-Range"))
}

// TestR30StreamsTellWhetherTheirEndIsCertain in each way that a body can end.
func TestR30StreamsTellWhetherTheirEndIsCertain(t *testing.T) {
	for framing, certain := range map[string]bool{"Content-Length: 2\r\n\r\nok": true, "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n": true, "\r\nok": false} {
		server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if assert.NoError(t, err) {
				_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nConnection: close\r\n"+framing)
				_ = conn.Close()
			}
		}))
		stream, err := downloading(t, server, server, allowAll).Open(t.Context(), Call{Op: fileOp, Path: []string{"1"}})
		require.NoError(t, err)
		got, err := io.ReadAll(stream)
		require.NoError(t, errors.Join(err, stream.Close()))
		assert.Equal(t, "ok", string(got))
		assert.Equal(t, certain, stream.Framed, framing)
		assert.Equal(t, 200, stream.Status)
		server.Close()
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = http.NewResponseController(w).Flush()
		_, _ = io.WriteString(w, "ok")
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	stream, err := downloading(t, server, server, allowAll).Open(t.Context(), Call{Op: fileOp, Path: []string{"1"}})
	require.NoError(t, err)
	assert.EqualValues(t, -1, stream.Length)
	assert.True(t, stream.Framed)
	require.NoError(t, stream.Close())
}
