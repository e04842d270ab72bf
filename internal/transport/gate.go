package transport

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/limit"
	"github.com/pronet-go/pronet/internal/wire"
)

// gate is the last step before the network: the limiter, the credential for this very origin, and the watchdog.
// It hides CloseIdleConnections, which retryablehttp would call on connections that others use too.
type gate struct{ shared *shared }

// localError is an error of this side: nothing was sent, and sending again would not help.
type localError struct{ err error }

func (e *localError) Error() string { return e.err.Error() }
func (e *localError) Unwrap() error { return e.err }

// errForeignOrigin cannot happen while redirects are not followed; it keeps the key at home even if they were.
var errForeignOrigin = errors.New("transport: the request is not for the configured origin")

// errNoResponse reports a transport of the user's that breaks http.RoundTripper's rule.
var errNoResponse = errors.New("transport: the http.RoundTripper returned neither a response nor an error")

func (g *gate) RoundTrip(request *http.Request) (*http.Response, error) {
	x := exchangeOf(request.Context())
	a, err := x.pass(request)
	if err != nil {
		if request.Body != nil {
			_ = request.Body.Close()
		}
		return nil, &localError{err}
	}
	x.sent++
	a.started = time.Now()
	a.watch(x.pipeline.config.HeaderTimeout)
	response, err := g.shared.base.RoundTrip(request.WithContext(a))
	if err == nil && response == nil {
		err = errNoResponse
	}
	a.duration = time.Since(a.started)
	a.settle(err)
	a.recycle(err)
	if err != nil {
		return nil, err
	}
	a.rest()
	if response.Body == nil {
		response.Body = http.NoBody
	}
	a.body = timedBody{body: response.Body, attempt: a}
	response.Body = &a.body
	x.hideLocation(response)
	return response, nil
}

// hideLocation keeps a redirect from http.Client, which would open the request's body again, and drop the answer when
// the Location is no URL, before it asks whether to follow.
func (x *exchange) hideLocation(response *http.Response) {
	if isRedirect(response.StatusCode) {
		x.location = response.Header["Location"]
		delete(response.Header, "Location")
	}
}

func (x *exchange) restoreLocation(response *http.Response) {
	if x.location != nil {
		response.Header["Location"], x.location = x.location, nil
	}
}

// pass does what must happen before a request leaves, and begins the attempt.
func (x *exchange) pass(request *http.Request) (*attempt, error) {
	base := x.provider.BaseURL
	if request.URL.Scheme != base.Scheme || request.URL.Host != base.Host {
		return nil, errForeignOrigin
	}
	slot, err := x.slot()
	if err != nil {
		return nil, err
	}
	held := true
	defer func() {
		if held { // the credential function failed, or panicked
			slot.Release()
		}
	}()
	secret, err := x.provider.Credential(x)
	if err == nil && secret.IsZero() {
		err = errors.New("transport: the credential function returned no key")
	}
	if err != nil {
		return nil, &credentialError{err}
	}
	held = false
	a := x.attempt(slot)
	a.auth[0] = x.provider.AuthPrefix + secret.Reveal()
	request.Header[x.provider.AuthHeader] = a.auth[:]
	if body, ok := request.Body.(*upload); ok {
		body.attempt = a
	}
	return a, nil
}

// slot waits for a place under the provider's limits.
func (x *exchange) slot() (limit.Slot, error) {
	switch {
	case x.provider.Custom != nil:
		return limit.Slot{}, limiterError(x.provider.Custom.Wait(x, 1))
	case x.provider.Limiter == nil:
		return limit.Slot{}, nil
	}
	var onWait func(time.Duration)
	if x.pipeline.config.Observer.Wait != nil || x.pipeline.config.Logger != nil {
		onWait = func(d time.Duration) { x.observeWait(api.WaitLimit, d) }
	}
	return x.provider.Limiter.Acquire(x, x.call.Op.Class, onWait)
}

// limiterError keeps the text of an error of the user's limiter from being printed.
func limiterError(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return wire.Plain("the limiter failed", err)
}

// pause holds back all calls of the provider, after a 429.
func (p *Provider) pause(d time.Duration) {
	until := time.Now().Add(d)
	switch {
	case p.Custom != nil:
		p.Custom.Pause(until)
	case p.Limiter != nil:
		p.Limiter.Pause(until)
	}
}

// credentialError is an error of the user's credential function. Its text may hold anything, so it is not printed.
type credentialError struct{ err error }

func (e *credentialError) Error() string    { return "transport: the credential function failed" }
func (e *credentialError) SafeText() string { return "the credential function failed" }
func (e *credentialError) Unwrap() error    { return e.err }
