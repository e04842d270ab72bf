package transport_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
)

// TestR1RedirectsAreNotFollowed sends the key to a provider that redirects in every way, and looks at who else hears of it.
func TestR1RedirectsAreNotFollowed(t *testing.T) {
	var elsewhere atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	defer other.Close()
	otherPort := other.Listener.Addr().(*net.TCPAddr).Port

	var status atomic.Int32
	var location atomic.Value
	var arrivals atomic.Int32
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		arrivals.Add(1)
		assert.Equal(t, key, r.Header.Get("Apikey"))
		w.Header().Set("Location", location.Load().(string))
		w.WriteHeader(int(status.Load()))
		_, _ = io.WriteString(w, "moved")
	})
	plain, secure := httptest.NewServer(handler), httptest.NewTLSServer(handler)
	defer plain.Close()
	defer secure.Close()
	// every name leads to this machine, so that a request for another host or a subdomain would be seen
	base := secure.Client().Transport.(*http.Transport).Clone()
	base.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
	}
	defer base.CloseIdleConnections()

	for _, from := range []*httptest.Server{plain, secure} {
		p := newPipeline(t, from.URL, func(c *transport.Config) { c.RoundTripper = base })
		for where, to := range map[string]string{
			"other host":         fmt.Sprintf("http://elsewhere.example:%d/x", otherPort),
			"other port":         other.URL + "/x",
			"subdomain":          fmt.Sprintf("http://sub.127.0.0.1.example:%d/x", otherPort),
			"to http":            fmt.Sprintf("http://127.0.0.1:%d/x", otherPort),
			"without a scheme":   fmt.Sprintf("//127.0.0.1:%d/x", otherPort),
			"there and back":     from.URL + "/v1/things/1",
			"relative":           "/v1/things/2",
			"no URL":             "http://[::1/%zz",
			"with user and key":  "http://user:pass@" + strings.TrimPrefix(other.URL, "http://"),
			"script":             "javascript:alert(1)",
			"nothing, but a 3xx": "",
		} {
			for _, code := range []int{301, 302, 303, 307, 308} {
				for _, method := range []string{http.MethodGet, http.MethodPost} {
					t.Run(fmt.Sprintf("%s/%s/%d/%s", from.URL[:5], where, code, method), func(t *testing.T) {
						status.Store(int32(code))
						location.Store(to)
						arrivals.Store(0)
						var meta api.Meta
						err := do(t.Context(), p, call(operation(method, api.RetryUnsent), api.WithMeta(&meta)))
						e := failure(t, err)
						require.ErrorIs(t, err, api.ErrRedirect)
						assert.NotErrorIs(t, err, api.ErrMaybeApplied)
						assert.Equal(t, code, e.Status)
						assert.Equal(t, code, meta.Status)
						assert.Equal(t, "moved", string(e.Body))
						assert.Equal(t, to, e.Header.Get("Location"), "the caller can see where it leads")
						assert.EqualValues(t, 1, arrivals.Load())
						assert.NotContains(t, err.Error(), "127.0.0.1")
					})
				}
			}
		}
	}
	assert.Zero(t, elsewhere.Load(), "nobody else may be asked")
}

// TestR1OtherStatusesAreRefusedToo has the statuses between 300 and 399 that net/http does not follow either.
func TestR1OtherStatusesAreRefusedToo(t *testing.T) {
	for _, code := range []int{300, 304, 305, 306} {
		p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) {
			return answer(code, "", "Location", "https://elsewhere.example"), nil
		}))
		err := do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent)))
		require.ErrorIs(t, err, api.ErrRedirect)
		assert.Equal(t, code, failure(t, err).Status)
		assert.Equal(t, 1, failure(t, err).Attempts)
	}
}

// TestR1RedirectDoesNotOpenTheBodyAgain pins that nothing prepares to follow: net/http's client would open the body of a
// 307 once more, and leave it open.
func TestR1RedirectDoesNotOpenTheBodyAgain(t *testing.T) {
	server := httptest.NewServer(http.RedirectHandler("/elsewhere", http.StatusTemporaryRedirect))
	defer server.Close()
	var opened, closed atomic.Int32
	c := call(operation(http.MethodPost, api.RetryUnsent))
	c.Body.Open = func() (io.ReadCloser, error) {
		opened.Add(1)
		return &countedBody{Reader: strings.NewReader(`{"name":"x"}`), closed: &closed}, nil
	}
	require.ErrorIs(t, do(t.Context(), newPipeline(t, server.URL), c), api.ErrRedirect)
	assert.Equal(t, opened.Load(), closed.Load())
	assert.LessOrEqual(t, opened.Load(), int32(2))
}

// countedBody counts the bodies that were closed.
type countedBody struct {
	io.Reader
	closed *atomic.Int32
	once   sync.Once
}

func (b *countedBody) Close() error {
	b.once.Do(func() { b.closed.Add(1) })
	return nil
}

// TestBasePathStaysEscaped pins that a base URL with an escaped slash keeps it, whatever the path values are.
func TestBasePathStaysEscaped(t *testing.T) {
	for value, want := range map[string]string{"1": "/a%2Fb/v1/things/1", "x/y": "/a%2Fb/v1/things/x%2Fy", "é": "/a%2Fb/v1/things/%C3%A9"} {
		var got *url.URL
		p := newPipeline(t, "https://proxy.example/a%2Fb", over(func(r *http.Request) (*http.Response, error) {
			got = r.URL
			return answer(200, "{}"), nil
		}))
		c := call(operation(http.MethodGet, api.RetryIdempotent))
		c.Path, c.Query = []string{value}, "q=1"
		require.NoError(t, do(t.Context(), p, c))
		assert.Equal(t, want+"?q=1", got.RequestURI())
	}
}
