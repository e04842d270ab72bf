package transport

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/route"
	"github.com/pronet-go/pronet/internal/wire"
)

// exchange is one call on its way through the pipeline, all its attempts included. It is the context of its request, so
// that every layer below finds it without an allocation. It is used by one goroutine, but for what attempt says.
type exchange struct {
	context.Context

	pipeline *Pipeline
	provider *Provider
	call     Call
	settings api.CallSettings
	started  time.Time

	url     url.URL
	request retryablehttp.Request
	first   attempt
	current *attempt // nil before the first
	sent    int

	buffer   *[]byte       // the answer's body, from the pipeline's buffers
	failure  *api.Error    // why the last attempt failed; nil when it did not
	final    bool          // sending again would not help
	notSent  bool          // the last attempt provably did not reach the provider
	doubt    bool          // an attempt may have spent or created something
	observed int           // attempts that the observer was told of
	location []string      // of a redirect, while http.Client must not see it
	wait     time.Duration // before the next attempt
	status   int
	header   http.Header
	finished bool
}

var (
	acceptJSON    = []string{"application/json"}
	acceptAny     = []string{"*/*"}
	identityBytes = []string{"identity"}
)

type exchangeKey struct{}

// Value makes the exchange findable.
func (x *exchange) Value(key any) any {
	if key == (exchangeKey{}) {
		return x
	}
	return x.Context.Value(key)
}

// exchangeOf finds the exchange that a request or an attempt belongs to.
func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// begin checks everything that can be checked before a request.
func (p *Pipeline) begin(ctx context.Context, call Call) (*exchange, error) {
	provider := p.providers[call.Op.Provider]
	if provider == nil {
		return nil, wire.NewError(call.Op, api.ErrNotConfigured, nil)
	}
	x := &exchange{Context: ctx, pipeline: p, provider: provider, call: call, started: time.Now()}
	if err := x.settings.Apply(call.Options); err != nil {
		return nil, err
	}
	path, raw, err := route.Build(call.Op.Route, call.Path...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", call.Op.Name, err)
	}
	base := provider.BaseURL
	x.url = url.URL{Scheme: base.Scheme, Host: base.Host, Path: base.Path + path, RawQuery: call.Query}
	if raw != "" || base.RawPath != "" {
		x.url.RawPath = base.EscapedPath() + cmp.Or(raw, path)
	}
	if observer := &p.config.Observer; observer.Start != nil {
		if x.Context = observer.Start(ctx, call.Op.Public()); x.Context == nil {
			x.Context = ctx
		}
	}
	return x, nil
}

// do sends the call, and decodes the answer.
func (x *exchange) do() (Response, error) {
	x.send() //nolint:bodyclose // takeIn has closed it
	if x.failure == nil {
		x.decode()
	}
	x.releaseBody()
	x.finish()
	if x.failure != nil {
		return Response{}, x.failure
	}
	return Response{Status: x.status, Header: x.header}, nil
}

// open sends the call and hands over the body of the answer.
func (x *exchange) open() (*Stream, error) {
	response := x.send() //nolint:bodyclose // Stream.Close closes it
	if x.failure == nil && isRedirect(x.status) {
		response = x.follow(response) //nolint:bodyclose // likewise
	}
	if x.failure != nil {
		x.finish()
		return nil, x.failure
	}
	return newStream(x, response), nil
}

// follow replaces the answer that redirects a download by the answer of where it leads.
func (x *exchange) follow(response *http.Response) *http.Response {
	next, failure := x.followDownload(response)
	switch {
	case failure != nil:
		x.failure = failure
	case next.StatusCode != http.StatusOK && next.StatusCode != http.StatusPartialContent:
		x.failure = x.badDownload(next)
	default:
		x.status, x.header = next.StatusCode, next.Header
	}
	return next
}

// send runs the retry loop. Afterwards either failure is set, or buffer (or, of a stream, the returned response).
func (x *exchange) send() *http.Response {
	if err := x.prepare(); err != nil {
		x.failure = x.local(err)
		return nil
	}
	response, err := x.pipeline.shared.retry.Do(&x.request)
	switch { // an error of the loop itself: the body could not be opened, or the context ended between two attempts
	case err != nil && x.failure == nil:
		x.failure = x.local(err)
	case err != nil && errors.Is(err, x.Context.Err()) && !errors.Is(x.failure, x.Context.Err()):
		x.failure.Cause = errors.Join(x.ended(), x.failure.Cause)
	}
	if x.failure != nil {
		x.markDoubt()
	}
	return response
}

// prepare builds the HTTP request of the first attempt.
func (x *exchange) prepare() error {
	request := (&http.Request{
		Method:     x.call.Op.Method,
		URL:        &x.url,
		Host:       x.url.Host,
		Header:     x.requestHeader(),
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
	}).WithContext(x)
	x.request.Request = request
	if body := x.call.Body; body != nil {
		if err := x.request.SetBody(retryablehttp.ReaderFunc(x.openBody)); err != nil {
			return err
		}
		request.ContentLength = body.Length
		if x.sendsOnce() {
			request.GetBody = nil
		}
	} else if x.sendsOnce() {
		request.Body = unrepeatable{}
	}
	return nil
}

// sendsOnce reports whether net/http must be kept from sending the request a second time by itself when a connection
// that was used before dies. It does so for these methods, and only if it can have the body again.
func (x *exchange) sendsOnce() bool {
	switch x.call.Op.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return x.call.Op.Retry != api.RetryIdempotent
	}
	return false
}

// openBody is called once per attempt, and once more by retryablehttp to look for a length, which it does not find.
func (x *exchange) openBody() (io.Reader, error) {
	body, err := x.call.Body.Open()
	if err != nil {
		err = &bodyError{err}
		if x.failure != nil { // the loop ends here
			x.failure.Cause = errors.Join(err, x.failure.Cause)
		}
		return nil, err
	}
	return &upload{body: body, attempt: x.current}, nil
}

func (x *exchange) requestHeader() http.Header {
	header := make(http.Header, 5)
	header["Accept"] = acceptJSON
	if x.call.stream {
		header["Accept"] = acceptAny
		header["Accept-Encoding"] = identityBytes // else net/http asks for gzip, and changes what a resumed file is
	}
	header["User-Agent"] = x.pipeline.userAgent
	if x.call.Body != nil {
		header["Content-Type"] = []string{x.call.Body.ContentType}
	}
	maps.Copy(header, x.settings.Header)
	maps.Copy(header, x.call.Header)
	return header
}

func (x *exchange) releaseBody() {
	x.pipeline.shared.buffers.put(x.buffer)
	x.buffer = nil
}

// decode gives the answer's body to the caller's decoder.
func (x *exchange) decode() {
	var err error
	body := *x.buffer
	switch {
	case x.call.Decode != nil:
		err = x.call.Decode(body)
	case x.call.Into != nil && (x.status != http.StatusNoContent || len(body) > 0):
		if string(bytes.TrimSpace(body)) == "null" { // an answer that says nothing must not look like an empty list
			err = wire.Plain("the response is null", nil)
			break
		}
		err = x.pipeline.config.Decode(body, x.call.Into)
	}
	if err == nil {
		return
	}
	if ours, ok := errors.AsType[*api.Error](err); ok {
		x.failure = ours
	} else {
		x.failure = wire.NewStatusError(x.call.Op, x.status)
		wire.Add(x.failure, api.ErrUnexpectedResponse)
		x.failure.Cause = err
		if wire.SafeText(err) == "" {
			x.failure.Cause = wire.Plain(describeBody(body), err)
		}
	}
	x.fill(x.failure)
	x.failure.Body = excerpt(body)
	x.noteDoubt()
	x.markDoubt()
}

// local returns the failure for an error that arose on this side.
func (x *exchange) local(err error) *api.Error {
	e := wire.NewError(x.call.Op, nil, unwrapURL(err))
	e.Attempts = x.sent
	return e
}

// fill completes a failure with what the exchange knows.
func (x *exchange) fill(e *api.Error) {
	e.Attempts = x.sent
	e.Header = x.header
	e.RequestID = requestID(x.header)
}

// finish tells the caller's Meta, the observer and the log how the call ended. It does so once.
func (x *exchange) finish() {
	if x.finished {
		return
	}
	x.finished = true
	if x.current != nil {
		x.current.end()
	}
	duration := time.Since(x.started)
	if meta := x.settings.Meta; meta != nil {
		*meta = api.Meta{Status: x.status, RequestID: requestID(x.header), Attempts: x.sent, Duration: duration, Header: x.header}
	}
	x.observeEnd(duration)
}
