package transport

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestR13Tuned(t *testing.T) {
	for name, got := range map[string]struct{ pings, handshake, idle time.Duration }{
		"calls":     {tuned().HTTP2.SendPingTimeout + tuned().HTTP2.PingTimeout, tuned().TLSHandshakeTimeout, tuned().IdleConnTimeout},
		"downloads": {newDownloader().HTTP2.SendPingTimeout + newDownloader().HTTP2.PingTimeout, newDownloader().TLSHandshakeTimeout, newDownloader().IdleConnTimeout},
	} {
		assert.Equal(t, 30*time.Second, got.pings, "%s: a dead HTTP/2 connection is noticed", name)
		assert.Equal(t, 15*time.Second, got.handshake, name)
		assert.Equal(t, 30*time.Second, got.idle, name)
	}
	assert.GreaterOrEqual(t, tuned().MaxIdleConnsPerHost, 100)
	assert.Zero(t, tuned().ResponseHeaderTimeout, "the watchdog bounds that, for any transport")
	assert.False(t, tuned().DisableKeepAlives)
	require.NotNil(t, tuned().Proxy)
	assert.Nil(t, newDownloader().Proxy)
	assert.LessOrEqual(t, tuned().MaxResponseHeaderBytes, int64(1<<20))
	assert.Positive(t, tuned().MaxResponseHeaderBytes)
}

// TestR69NoProxyForThisMachine in any form of its name.
func TestR69NoProxyForThisMachine(t *testing.T) {
	proxy := exceptThisMachine(http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy.example.com"}))
	for address, proxied := range map[string]bool{
		"http://LOCALHOST:1/": false, "http://localhost./": false, "http://127.3.2.1/": false, "http://[::FFFF:127.0.0.1]:1/": false,
		"http://localhost.example.com/": true, "http://10.0.0.1/": true, "https://api.example.com/": true,
	} {
		got, err := proxy(httptest.NewRequest(http.MethodGet, address, nil))
		require.NoError(t, err)
		assert.Equal(t, proxied, got != nil, address)
	}
}
