package transport

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/publicaddr"
	"github.com/pronet-go/pronet/internal/wire"
)

const maxRedirects = 3

// ErrDownloadHost marks an error of the host to which a download was redirected, when another try may fare better. Such
// calls are not retried by the pipeline.
var ErrDownloadHost = errors.New("transport: the download host failed")

// newDownloader returns the transport for hosts that only a redirect named: it has no credential, uses no proxy (which
// would look up names in its own way) and dials public addresses only.
func newDownloader() *http.Transport {
	return downloader(publicaddr.Check)
}

func downloader(allow func(netip.Addr) error) *http.Transport {
	dialer := &net.Dialer{Timeout: 15 * time.Second, Control: func(_, address string, _ syscall.RawConn) error {
		addr, err := netip.ParseAddrPort(address)
		if err != nil {
			return publicaddr.ErrNotPublic
		}
		return allow(addr.Addr())
	}}
	transport := tuned()
	transport.Proxy = nil
	transport.DialContext = dialer.DialContext
	return transport
}

// follow replaces the redirect of a file by the response of where it leads: https only, to an allowed host, without
// credential and body.
func (r *run) follow() {
	current, response := &r.url, r.outcome.response
	r.outcome.response, r.outcome.redirect = nil, false
	for range maxRedirects {
		target, err := r.target(current, response.Header.Get("Location"))
		r.pipeline.readExcerpt(response.Body)
		if err != nil {
			r.refuseRedirect(err)
			return
		}
		next, err := r.fetch(target) //nolint:bodyclose // downloaded closes it, or Stream.Close
		switch {
		case errors.Is(err, publicaddr.ErrNotPublic):
			r.refuseRedirect(wire.Plain("a redirect to an address that is not public", err))
			return
		case err != nil:
			r.outcome = r.current.noResponse(err)
			e := r.outcome.failure
			if e.Attempts = r.sent; !neverClears(err) {
				e.Cause = errors.Join(e.Cause, ErrDownloadHost)
			}
			return
		case !isRedirect(next.StatusCode):
			r.downloaded(next)
			return
		}
		current, response = target, next
	}
	r.pipeline.readExcerpt(response.Body)
	r.refuseRedirect(wire.Plain("redirected too often", nil))
}

// downloaded takes the response of the other host.
func (r *run) downloaded(response *http.Response) {
	r.outcome.status, r.outcome.header = response.StatusCode, response.Header
	if response.StatusCode == http.StatusOK || response.StatusCode == http.StatusPartialContent {
		r.outcome.response = response
		return
	}
	e := wire.NewStatusError(r.op, response.StatusCode)
	r.current.describe(e, response.Header)
	e.Attempts = r.sent
	e.Body, _ = r.pipeline.readExcerpt(response.Body)
	var kind error
	if errors.Is(e, api.ErrUnavailable) {
		kind = ErrDownloadHost
	}
	e.Cause = wire.Plain(fmt.Sprintf("the download host responded with %d", response.StatusCode), kind)
	r.outcome.failure = e
}

// refuseRedirect is the failure of a download that was redirected to where it may not go.
func (r *run) refuseRedirect(cause error) {
	e := wire.NewStatusError(r.op, r.outcome.status)
	r.current.describe(e, r.outcome.header)
	e.Attempts, e.Cause = r.sent, cause
	r.outcome.failure = e
}

// target checks where a redirect leads.
func (r *run) target(from *url.URL, location string) (*url.URL, error) {
	if location == "" || len(location) > 8<<10 {
		return nil, wire.Plain("a redirect without a usable Location", nil)
	}
	target, err := from.Parse(location)
	switch {
	case err != nil:
		return nil, wire.Plain("a redirect without a usable Location", nil)
	case target.Scheme != "https":
		return nil, wire.Plain("a redirect that is not to https", nil)
	case target.User != nil:
		return nil, wire.Plain("a redirect with a user name", nil)
	case !allowedHost(target.Hostname(), r.pipeline.config.DownloadHosts):
		return nil, wire.Plain("a redirect to a host that is not among the allowed download hosts", nil)
	}
	return target, nil
}

// allowedHost reports whether a host is one of the suffixes or below one.
func allowedHost(host string, suffixes []string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for _, suffix := range suffixes {
		suffix = strings.ToLower(strings.TrimPrefix(suffix, "."))
		if suffix != "" && (host == suffix || strings.HasSuffix(host, "."+suffix)) {
			return true
		}
	}
	return false
}

// fetch asks an allowed host for the file.
func (r *run) fetch(target *url.URL) (*http.Response, error) {
	r.current.end()
	a := &attempt{pipeline: r.pipeline, caller: r.ctx, plan: &r.plan, number: r.sent, key: r.current.key} // which is not sent
	a.Context, a.cancel = context.WithCancel(r.ctx)
	a.watchdog.cancel = a.cancel
	r.current = a
	request, err := http.NewRequestWithContext(a.downloadContext(), http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, err
	}
	request.Header["Accept"] = acceptAny
	request.Header["Accept-Encoding"] = identityBytes
	request.Header["User-Agent"] = r.pipeline.userAgent
	maps.Copy(request.Header, r.call.Header)
	a.watchdog.watch(r.pipeline.config.HeaderTimeout)
	response, err := r.pipeline.shared.downloads.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	a.watchdog.rest()
	response.Body = &timedBody{body: response.Body, attempt: a}
	return response, nil
}

// downloadContext ends with the attempt and has none of its hooks: they belong to the first request.
func (a *attempt) downloadContext() context.Context { return detached{a} }

type detached struct{ *attempt }

func (detached) Value(any) any { return nil }
