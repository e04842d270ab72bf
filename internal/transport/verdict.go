package transport

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

// judge is retryablehttp's CheckRetry: it takes in the outcome of an attempt and decides whether another one follows.
func judge(ctx context.Context, response *http.Response, err error) (bool, error) {
	x := exchangeOf(ctx)
	x.takeIn(response, err)
	x.observeAttempt(err)
	if x.failure == nil {
		x.pipeline.shared.quota.refill()
		return false, nil
	}
	x.noteDoubt()
	return x.repeats(), nil
}

// takeIn sets either failure, or the body of a good answer.
func (x *exchange) takeIn(response *http.Response, err error) {
	x.failure, x.final, x.notSent, x.wait, x.status, x.header = nil, false, false, 0, 0, nil
	x.releaseBody()
	if err != nil {
		x.failure = x.noAnswer(err)
		return
	}
	x.restoreLocation(response)
	x.status, x.header = response.StatusCode, response.Header
	switch {
	case x.call.stream && x.call.MayRedirect && isRedirect(x.status): // open follows it
	case x.status < 200 || x.status >= 300 || x.status == http.StatusAccepted && x.call.Pending:
		x.failure = x.badAnswer(response)
		x.final = x.status == http.StatusAccepted // to ask again is the caller's business
	case x.call.stream:
	default:
		if x.buffer, err = x.pipeline.readAll(response); err != nil {
			x.failure = x.cutAnswer(err)
		}
		_ = response.Body.Close()
	}
}

// noAnswer is the failure of an attempt to which no answer came.
func (x *exchange) noAnswer(err error) *api.Error {
	err = unwrapURL(err)
	var local *localError
	var body *bodyError
	switch {
	case errors.As(err, &local):
		x.final, x.notSent = true, true
		return x.local(local.err)
	case errors.As(err, &body):
		x.final, x.notSent = true, x.current.unsent(err)
		return x.local(body)
	}
	x.notSent = x.current.unsent(err)
	kind := api.ErrUnavailable
	if x.Context.Err() != nil {
		kind, err = nil, errors.Join(x.ended(), err)
	} else if x.current.stalled() { // err says that a context was cancelled, but the caller's was not
		err = wire.Plain("no response within "+x.pipeline.config.HeaderTimeout.String(), os.ErrDeadlineExceeded)
	}
	e := wire.NewError(x.call.Op, kind, err)
	e.Attempts = x.sent
	return e
}

// badAnswer is the failure of an attempt that the provider refused. It reads the body, so that the connection can be used again.
func (x *exchange) badAnswer(response *http.Response) *api.Error {
	e := wire.NewStatusError(x.call.Op, response.StatusCode)
	x.fill(e)
	e.Body = readExcerpt(response.Body)
	e.RetryAfter, _ = retryAfter(response.Header, time.Now())
	if x.provider.ReadError != nil {
		x.provider.ReadError(e)
	}
	return e
}

// cutAnswer is the failure of an attempt whose answer began well and could not be read to its end.
func (x *exchange) cutAnswer(err error) *api.Error {
	kind, cause := api.ErrUnavailable, error(nil)
	switch {
	case errors.Is(err, api.ErrTooLarge):
		kind, cause = api.ErrTooLarge, err
	case x.Context.Err() != nil:
		kind, cause = nil, errors.Join(x.ended(), err)
	case x.current.stalled():
		cause = wire.Plain("the response stalled for "+x.pipeline.config.IdleTimeout.String(), os.ErrDeadlineExceeded)
	default:
		cause = wire.Plain("the connection was closed in the middle of the response", err)
	}
	e := wire.NewError(x.call.Op, kind, cause)
	e.Status = x.status
	x.fill(e)
	return e
}

// ended is why the caller's context ended: its error, and the cause that the caller gave.
func (x *exchange) ended() error {
	err, cause := x.Context.Err(), context.Cause(x.Context)
	if errors.Is(cause, err) {
		return cause
	}
	return errors.Join(err, cause)
}

// noteDoubt remembers an attempt that may have spent or created something. What becomes of later ones does not take it back.
func (x *exchange) noteDoubt() {
	x.doubt = x.doubt || x.inDoubt(x.failure)
}

// markDoubt adds ErrMaybeApplied to the failure of a call that may have spent or created something.
func (x *exchange) markDoubt() {
	e := x.failure
	if !x.doubt || errors.Is(e, api.ErrMaybeApplied) {
		return
	}
	wire.Add(e, api.ErrMaybeApplied)
	e.InDoubt = x.call.Op.InDoubt
}

func (x *exchange) inDoubt(e *api.Error) bool {
	if x.sent == 0 || x.call.Op.Retry == api.RetryIdempotent {
		return false
	}
	switch {
	case e.Status == 0: // no answer to the last attempt
		return !x.notSent
	case e.Status < 300: // an answer that could not be read or understood
		return e.Status != http.StatusAccepted || !x.call.Pending
	case x.call.Op.Retry == api.RetryPaidRead: // an error that arrived: taken as not charged (assumed)
		return false
	}
	return e.Status == http.StatusRequestTimeout || e.Status >= 500 && e.Status != http.StatusNotImplemented &&
		(e.Status != http.StatusServiceUnavailable || e.RetryAfter == 0)
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

// requestID finds the id by which the provider's support finds the call.
func requestID(header http.Header) string {
	for _, name := range [...]string{"X-Request-Id", "X-Correlation-Id", "X-Kong-Request-Id", "X-Li-Uuid"} {
		if values := header[name]; len(values) > 0 && len(values[0]) <= 256 {
			return values[0]
		}
	}
	return ""
}
