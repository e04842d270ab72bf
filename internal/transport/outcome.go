package transport

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/redact"
	"github.com/pronet-go/pronet/internal/wire"
)

// outcome is what one attempt came to. It has either a failure, or a good response: its body in a buffer, or open.
type outcome struct {
	failure  *api.Error
	status   int
	header   http.Header
	buffer   *[]byte        // the body, from the pipeline's buffers; nil of a stream
	response *http.Response // of a stream
	sent     bool           // the request may have left
	unsent   bool           // it left, and the provider provably did not process it
	final    bool           // a further attempt would not help
	pending  bool           // the provider says that the result is not ready
	redirect bool           // of a stream that may be redirected
	foreign  bool           // the failure is not in the provider's own form
	inside   bool           // the provider's error came in a response that looked good
	asked    bool           // the provider said how long to wait
	hinted   bool           // its rate-limit headers did
}

// served reports whether the provider dealt with the request, which its rate limit so did not refuse.
func (o *outcome) served() bool {
	if o.failure == nil {
		return o.sent
	}
	status := o.failure.Status
	return o.sent && !o.foreign && status >= 200 && status < 500 && status != http.StatusTooManyRequests
}

// localError is an error of this side: nothing was sent, and a further attempt would not help.
type localError struct{ err error }

func (e *localError) Error() string { return e.err.Error() }
func (e *localError) Unwrap() error { return e.err }

// errForeignOrigin keeps the key at home whatever a hook does.
var errForeignOrigin = errors.New("transport: the request is not for the configured origin")

// errNoResponse reports a transport of the user's that breaks http.RoundTripper's rule.
var errNoResponse = errors.New("transport: the http.RoundTripper returned neither a response nor an error")

// notBegun is the outcome of an attempt that failed on this side before anything was sent.
func notBegun(p *plan, err error) outcome {
	failure := wire.NewError(p.op, nil, unwrapURL(err))
	if limited, ok := errors.AsType[*api.RateLimitError](err); ok {
		failure.RetryAfter = max(0, time.Until(limited.Reset).Round(time.Millisecond))
	}
	return outcome{failure: failure, final: true}
}

// take makes an outcome of what came back.
func (a *attempt) take(response *http.Response, err error) outcome {
	if err != nil {
		return a.noResponse(err)
	}
	o := outcome{sent: true, status: response.StatusCode, header: response.Header}
	p := a.plan
	switch {
	case p.call.stream && p.call.MayRedirect && isRedirect(o.status): // open follows it
		o.response, o.redirect = response, true
	case o.status == http.StatusAccepted && p.call.Pending:
		o.failure = a.refusal(response, &o)
		o.final, o.pending = true, !o.foreign
	case o.status < 200 || o.status >= 300:
		o.failure = a.refusal(response, &o)
		o.final = o.status == http.StatusAccepted
	case p.call.stream:
		o.response = response
	default:
		if o.buffer, err = a.pipeline.readAll(response); err != nil {
			o.failure = a.cut(err, &o)
		} else {
			a.inspect(&o)
		}
		_ = response.Body.Close()
	}
	return o
}

// noResponse is the outcome of an attempt to which no response came.
func (a *attempt) noResponse(err error) outcome {
	err = unwrapURL(err)
	o := outcome{sent: true, unsent: a.unsent(err)}
	if local, ok := errors.AsType[*localError](err); ok {
		return notBegun(a.plan, local.err)
	}
	if body, ok := errors.AsType[*bodyError](err); ok {
		o.failure, o.final = wire.NewError(a.plan.op, nil, body), true
		return o
	}
	kind := api.ErrUnavailable
	switch {
	case a.caller.Err() != nil:
		kind, err = nil, errors.Join(ended(a.caller), err)
	case a.resent.Load():
		err = wire.Plain("the connection was closed before a response came", err)
	case a.stalled(): // err says that a context was cancelled, but the caller's was not
		err = wire.Plain("no response within "+a.pipeline.config.HeaderTimeout.String(), os.ErrDeadlineExceeded)
	}
	o.failure = wire.NewError(a.plan.op, kind, err)
	return o
}

// refusal is the failure of an attempt that the provider refused. It reads the body, so that the connection can be used again.
func (a *attempt) refusal(response *http.Response, o *outcome) *api.Error {
	e := wire.NewStatusError(a.plan.op, response.StatusCode)
	a.describe(e, response.Header)
	var late bool
	e.Body, late = a.pipeline.readExcerpt(response.Body)
	e.RetryAfter, o.asked = retryAfter(response.Header, time.Now())
	own := false
	if inspect := a.plan.provider.Inspect; inspect != nil {
		seen := wire.Response{Op: a.plan.op, Status: response.StatusCode, Header: response.Header, Body: e.Body, Err: e}
		if inspect(&seen); seen.Err != nil {
			e = seen.Err
		}
		own = seen.Own
		a.clean(e)
	}
	if !own {
		reason := describeBody(e.Body)
		if late {
			reason = "the response did not come to its end"
		}
		wire.Disown(e, reason)
		o.foreign = true
	}
	return e
}

// inspect lets the provider find an error in a response that looks good.
func (a *attempt) inspect(o *outcome) {
	inspect := a.plan.provider.Inspect
	if inspect == nil {
		return
	}
	seen := wire.Response{Op: a.plan.op, Status: o.status, Header: o.header, Body: *o.buffer}
	if inspect(&seen); seen.Err == nil {
		return
	}
	o.failure, o.inside = seen.Err, true
	a.describe(o.failure, o.header)
	o.failure.Body = excerpt(*o.buffer)
	o.failure.RetryAfter, o.asked = retryAfter(o.header, time.Now())
}

// cut is the failure of an attempt whose response began well and could not be read to its end.
func (a *attempt) cut(err error, o *outcome) *api.Error {
	kind, cause := api.ErrUnavailable, error(nil)
	switch {
	case errors.Is(err, api.ErrTooLarge):
		kind, cause = api.ErrTooLarge, err
	case a.caller.Err() != nil:
		kind, cause = nil, errors.Join(ended(a.caller), err)
	case a.stalled() && !a.body.until.IsZero() && !time.Now().Before(a.body.until):
		cause = wire.Plain("the response did not come to its end within "+a.pipeline.config.BodyTimeout.String(), os.ErrDeadlineExceeded)
	case a.stalled():
		cause = wire.Plain("the response stalled for "+a.pipeline.config.IdleTimeout.String(), os.ErrDeadlineExceeded)
	default:
		cause = wire.Plain("the connection was closed in the middle of the response", err)
	}
	e := wire.NewError(a.plan.op, kind, cause)
	e.Status = o.status
	a.describe(e, o.header)
	return e
}

// describe completes a failure with what the response's header says.
func (a *attempt) describe(e *api.Error, header http.Header) {
	e.Header = header
	e.RequestID = a.requestID(header)
	a.clean(e)
}

// clean leaves of what the provider, or a gateway, said in a failure what may be printed: no control character, and
// nothing of the secrets, which badly made gateways send back.
func (a *attempt) clean(e *api.Error) {
	secrets := a.secrets()
	e.RequestID, e.Code, e.Message = redact.ID(e.RequestID, secrets...), redact.ID(e.Code, secrets...), redact.Prose(e.Message, secrets...)
}

// secrets are what was sent and nothing may print.
func (a *attempt) secrets() []string {
	all := []string{a.key.Reveal()}
	for _, secret := range a.plan.call.Secrets {
		all = append(all, secret.Reveal())
	}
	return all
}

// requestID finds the id by which the provider's support finds the call, if it may be printed.
func (a *attempt) requestID(header http.Header) string {
	for _, name := range a.plan.provider.RequestIDs {
		if values := header[name]; len(values) > 0 {
			if id := redact.ID(values[0], a.secrets()...); id != "" {
				return id
			}
		}
	}
	return ""
}

// ended is why the caller's context ended: its error, and the cause that the caller gave.
func ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return errors.Join(err, cause)
}

func isRedirect(status int) bool {
	return status >= 301 && status <= 303 || status == 307 || status == 308
}

// unwrapURL takes off url.Error, whose text holds the whole URL.
func unwrapURL(err error) error {
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	return err
}
