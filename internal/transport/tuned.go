package transport

import (
	"net"
	"net/http"
	"time"
)

// tuned returns a transport for one client's many calls to few hosts. It differs from http.DefaultTransport in that it
// keeps as many idle connections as there may be concurrent calls (the default keeps two a host and dials anew for the
// rest), gives them up before providers usually do, and notices a dead HTTP/2 connection within 30 seconds. How long an
// response may take is the business of the attempt's watchdog, whatever the transport.
func tuned() *http.Transport {
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		ForceAttemptHTTP2:     true,
		HTTP2:                 &http.HTTP2Config{SendPingTimeout: 15 * time.Second, PingTimeout: 15 * time.Second},
		MaxIdleConns:          256,
		MaxIdleConnsPerHost:   128,
		IdleConnTimeout:       30 * time.Second,
		TLSHandshakeTimeout:   15 * time.Second,
		ExpectContinueTimeout: time.Second,

		MaxResponseHeaderBytes: 256 << 10, // net/http would take 10 MiB
	}
}
