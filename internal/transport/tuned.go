package transport

import (
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/pronet-go/pronet/internal/publicaddr"
)

// exceptThisMachine keeps a proxy from requests to this machine: they may be http, since they do not leave it. Net/http's
// own rule does not know every form of its name.
func exceptThisMachine(proxy func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	return func(r *http.Request) (*url.URL, error) {
		if publicaddr.IsThisMachine(r.URL.Hostname()) {
			return nil, nil
		}
		return proxy(r)
	}
}

// tuned returns a transport for one client's many calls to few hosts. It differs from http.DefaultTransport in that it
// keeps as many idle connections as there may be concurrent calls (the default keeps two a host and dials anew for the
// rest), gives them up before providers usually do, and notices a dead HTTP/2 connection within 30 seconds. How long a
// response may take is the business of the attempt's watchdog, whatever the transport.
func tuned() *http.Transport {
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 15 * time.Second}
	return &http.Transport{
		Proxy:                 exceptThisMachine(http.ProxyFromEnvironment),
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
