package transport

import (
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
	assert.LessOrEqual(t, tuned().MaxResponseHeaderBytes, int64(1<<20))
	assert.Positive(t, tuned().MaxResponseHeaderBytes)
}
