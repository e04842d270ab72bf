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
	"github.com/pronet-go/pronet/internal/limit"
	"github.com/pronet-go/pronet/internal/publicaddr"
	"github.com/pronet-go/pronet/internal/wire"
)

const maxRedirects = 3

// ErrDownloadHost marks an error of the host to which a download was redirected, when another try may fare better. Such
// calls are not sent again by the pipeline.
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

// followDownload follows the redirect of a file to an allowed host: https only, without credential and body.
func (x *exchange) followDownload(response *http.Response) (*http.Response, *api.Error) {
	current := &x.url
	for range maxRedirects {
		target, err := x.target(current, response.Header.Get("Location"))
		readExcerpt(response.Body)
		if err != nil {
			return nil, x.redirectRefused(err)
		}
		next, err := x.fetch(target)
		switch {
		case errors.Is(err, publicaddr.ErrNotPublic):
			return nil, x.redirectRefused(wire.Plain("a redirect to an address that is not public", err))
		case err != nil:
			e := x.noAnswer(err)
			if !neverClears(err) {
				e.Cause = errors.Join(e.Cause, ErrDownloadHost)
			}
			return nil, e
		case !isRedirect(next.StatusCode):
			return next, nil
		}
		current, response = target, next
	}
	readExcerpt(response.Body)
	return nil, x.redirectRefused(wire.Plain("redirected too often", nil))
}

// target checks where a redirect leads.
func (x *exchange) target(from *url.URL, location string) (*url.URL, error) {
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
	case !allowedHost(target.Hostname(), x.pipeline.config.DownloadHosts):
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
func (x *exchange) fetch(target *url.URL) (*http.Response, error) {
	a := x.attempt(limit.Slot{})
	request, err := http.NewRequestWithContext(a.downloadContext(), http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, err
	}
	request.Header["Accept"] = acceptAny
	request.Header["Accept-Encoding"] = identityBytes
	request.Header["User-Agent"] = x.pipeline.userAgent
	maps.Copy(request.Header, x.call.Header)
	a.watch(x.pipeline.config.HeaderTimeout)
	response, err := x.pipeline.shared.downloads.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	a.rest()
	response.Body = &timedBody{body: response.Body, attempt: a}
	return response, nil
}

// downloadContext ends with the attempt and has none of its hooks: they belong to the first request.
func (a *attempt) downloadContext() context.Context { return detached{a} }

type detached struct{ *attempt }

func (detached) Value(any) any { return nil }

// redirectRefused is the failure of a download that was redirected to where it may not go.
func (x *exchange) redirectRefused(cause error) *api.Error {
	e := wire.NewStatusError(x.call.Op, x.status)
	x.fill(e)
	e.Cause = cause
	return e
}

// badDownload is the failure of a download that the other host refused.
func (x *exchange) badDownload(response *http.Response) *api.Error {
	x.status, x.header = response.StatusCode, response.Header
	e := wire.NewStatusError(x.call.Op, response.StatusCode)
	x.fill(e)
	e.Body = readExcerpt(response.Body)
	var kind error
	if errors.Is(e, api.ErrUnavailable) {
		kind = ErrDownloadHost
	}
	e.Cause = wire.Plain(fmt.Sprintf("the download host responded with %d", response.StatusCode), kind)
	return e
}
