package shell

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
)

// guard keeps web pages away. A page in a browser on this machine can bind its own name to 127.0.0.1 and then send
// requests to what listens there; it cannot choose the Host and Origin that the browser writes into them.
type guard struct {
	hosts []string // allowed besides this machine
}

// refusal says why a request is not answered, "" when it is. Only connections over IP are looked at: browsers make no
// others, and a request without a connection is the caller's own.
func (g guard) refusal(r *http.Request) string {
	local, overIP := localIP(r)
	if !overIP {
		return ""
	}
	if !g.allows(r.Host, local) {
		return fmt.Sprintf("the host %.100q is not this machine", r.Host)
	}
	for _, origin := range r.Header.Values("Origin") {
		page, err := url.Parse(origin)
		if err != nil || page.Scheme != "http" && page.Scheme != "https" || !g.allows(page.Host, local) {
			return fmt.Sprintf("the page of %.100q is another site's", origin)
		}
	}
	if strings.EqualFold(r.Header.Get("Sec-Fetch-Site"), "cross-site") {
		return "the request comes from the page of another site"
	}
	return ""
}

// allows reads a host with or without a port.
func (g guard) allows(hostport string, local netip.Addr) bool {
	host := hostport
	if name, _, err := net.SplitHostPort(hostport); err == nil {
		host = name
	} else if inner, ok := strings.CutPrefix(hostport, "["); ok {
		host = strings.TrimSuffix(inner, "]")
	}
	if IsLoopback(host) {
		return true
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.Unmap() == local {
		return true
	}
	host = strings.TrimSuffix(host, ".")
	return host != "" && slices.ContainsFunc(g.hosts, func(name string) bool { return strings.EqualFold(name, host) })
}

// localIP is the address at which a request's connection arrived.
func localIP(r *http.Request) (netip.Addr, bool) {
	address, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok {
		return netip.Addr{}, false
	}
	at, err := netip.ParseAddrPort(address.String())
	return at.Addr().Unmap(), err == nil
}

// IsLoopback tells whether a host name or address, without a port, is this machine: localhost or a loopback address,
// in any case and with or without a dot at its end.
func IsLoopback(host string) bool {
	host = strings.TrimSuffix(host, ".")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}
