package transport

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/route"
	"github.com/pronet-go/pronet/internal/wire"
)

// Call is one call of an Op.
type Call struct {
	// Op is the endpoint.
	Op *wire.Op
	// Path fills the placeholders of the Op's route, in order.
	Path []string
	// EncodedPath is used instead of the route and Path: it is already escaped.
	EncodedPath string
	// Query is the encoded query string.
	Query string
	// Body is sent with the request; nil sends none.
	Body *Body
	// Into receives the decoded JSON response; nil discards it, but a page of HTML and broken JSON are an unexpected response.
	Into any
	// Decode is called with the response's body instead of decoding it into Into. The slice is valid during the call only.
	Decode func(body []byte) error
	// Check looks at what was decoded into Into; its error makes the response an unexpected one. It may be nil.
	Check func() error
	// Pending makes 202 an error of kind api.ErrNotReady, which observers and logs do not take for a failure.
	Pending bool
	// MayRedirect lets Open follow a redirect to one of the configured download hosts, without the credential.
	MayRedirect bool
	// Grace is how long a request that is on its way when the context ends may still take: cut off, nobody would know
	// what it did. Nothing else is waited for then, and no further request begins.
	Grace time.Duration
	// Header is sent with the request, instead of the caller's fields of these names, and to where a redirect leads: no secrets.
	Header http.Header
	// Secrets are what the body or the query holds and nothing may print, such as an app's secret: like the credential they
	// are looked for in the ids, codes and messages of a response.
	Secrets []api.Secret
	// Options are the caller's.
	Options []api.CallOption

	stream bool
}

// Response is what a call keeps of a successful response besides its body.
type Response struct {
	// Status is the HTTP status.
	Status int
	// Header is the response's header.
	Header http.Header
	// Attempts is how many times the request was sent.
	Attempts int
}

// Body is a request body that can be read more than once.
type Body = wire.Body

// JSON returns a body that holds a value encoded as JSON.
func JSON(value any) (*Body, error) {
	data, err := codec.Encode(value)
	if err != nil {
		return nil, fmt.Errorf("the request body cannot be encoded as JSON (%T): %w", value, api.ErrInvalid)
	}
	return Bytes("application/json", data), nil
}

// Bytes returns a body that holds data, which must not be changed afterwards.
func Bytes(contentType string, data []byte) *Body {
	return &Body{
		ContentType: contentType,
		Length:      int64(len(data)),
		Open:        func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil },
	}
}

// plan is what a call asks for. It does not change once the first attempt has begun.
type plan struct {
	call     Call
	op       *wire.Op
	provider *provider
	settings api.CallSettings
	method   string
	url      url.URL
	header   http.Header // without the credential
	body     *Body
}

var (
	acceptJSON    = []string{"application/json"}
	acceptAny     = []string{"*/*"}
	identityBytes = []string{"identity"}
)

// plan checks everything that can be checked before a request.
func (p *Pipeline) plan(call Call, made *plan) error {
	op := call.Op
	provider := p.providers[op.Provider]
	if provider == nil {
		return wire.NewError(op, api.ErrNotConfigured, nil)
	}
	made.call, made.op, made.provider, made.method, made.body = call, op, provider, op.Method, call.Body
	if err := made.settings.Apply(call.Options); err != nil {
		return err
	}
	if !call.stream {
		made.call.Grace = max(call.Grace, made.settings.Grace)
	}
	if len(made.settings.Header) > 0 {
		for _, name := range provider.Reserved {
			if _, set := made.settings.Header[textproto.CanonicalMIMEHeaderKey(name)]; set {
				return fmt.Errorf("%s: the client itself sets the header field %s: %w", op.Name, name, api.ErrInvalid)
			}
		}
	}
	if err := made.address(); err != nil {
		return fmt.Errorf("%s: %w", op.Name, err)
	}
	made.header = p.requestHeader(&made.call, &made.settings)
	if provider.Shape != nil {
		if err := made.shape(); err != nil {
			return wire.Refuse(op, err)
		}
	}
	for _, name := range [...]string{"Idempotency-Key", "X-Idempotency-Key"} {
		if made.header[name] != nil { // with which net/http would send even a POST a second time by itself
			return fmt.Errorf("%s: the header field %s is set: %w", op.Name, name, api.ErrInvalid)
		}
	}
	return nil
}

// address puts the URL together.
func (p *plan) address() error {
	base, err := p.provider.origin(p.op.Origin)
	if err != nil {
		return err
	}
	path, raw := "", p.call.EncodedPath
	if raw == "" {
		if path, raw, err = route.Build(p.op.Route, p.provider.Escape, p.call.Path...); err != nil {
			return err
		}
	} else if path, err = url.PathUnescape(raw); err != nil {
		return fmt.Errorf("the path is not properly escaped: %w", api.ErrInvalid)
	}
	p.url = url.URL{
		Scheme: base.Scheme, Host: base.Host, Path: base.Path + path, RawQuery: p.call.Query,
		RawPath: base.EscapedPath() + raw, // always set: else net/http escapes the template's own parentheses
	}
	if !plain(p.url.RawPath) && p.url.EscapedPath() != p.url.RawPath { // net/http would send another form of the path, with other segments
		return fmt.Errorf("the path is not properly escaped: %w", api.ErrInvalid)
	}
	return nil
}

// plain reports whether a path has only bytes that need no escaping anywhere.
func plain(path string) bool {
	for i := range len(path) {
		switch c := path[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', 'A' <= c && c <= 'Z', c == '/', c == '_', c == '-', c == '.', c == '~':
		default:
			return false
		}
	}
	return true
}

// shape gives the provider the request to change.
func (p *plan) shape() error {
	address := p.url
	shaped := wire.Request{Op: p.op, Method: p.method, URL: &address, Header: p.header, Body: p.body}
	if err := p.provider.Shape(&shaped); err != nil {
		return err
	}
	if address.Scheme != p.url.Scheme || address.Host != p.url.Host {
		return errForeignOrigin
	}
	p.method, p.url, p.header, p.body = shaped.Method, address, shaped.Header, shaped.Body
	if p.body != nil && p.body != p.call.Body {
		p.header["Content-Type"] = []string{p.body.ContentType}
	}
	return nil
}

func (p *Pipeline) requestHeader(call *Call, settings *api.CallSettings) http.Header {
	header := make(http.Header, 6)
	header["Accept"] = acceptJSON
	if call.stream {
		header["Accept"] = acceptAny
		header["Accept-Encoding"] = identityBytes // else net/http asks for gzip, and changes what a resumed file is
	}
	header["User-Agent"] = p.userAgent
	if call.Body != nil {
		header["Content-Type"] = []string{call.Body.ContentType}
	}
	if len(settings.Header) > 0 {
		maps.Copy(header, settings.Header)
	}
	if len(call.Header) > 0 {
		maps.Copy(header, call.Header)
	}
	return header
}

// request builds the HTTP request of one attempt.
func (p *plan) request(a *attempt) (*http.Request, error) {
	header := p.header
	if a.number > 1 {
		header = maps.Clone(header) // the last attempt may still be writing its own
	}
	if !p.provider.owns(&p.url) {
		return nil, &localError{errForeignOrigin}
	}
	if a.auth[0] != "" {
		header[p.provider.KeyHeader] = a.auth[:]
	}
	request := (&http.Request{
		Method: p.method, URL: &p.url, Host: p.url.Host, Header: header, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}).WithContext(a)
	switch {
	case a.source != nil && p.body.Length != 0:
		request.Body, request.ContentLength = &upload{body: a.source, attempt: a}, p.body.Length // without GetBody: only this pipeline retries
	case a.source != nil: // or net/http would look for a first byte, and send it in chunks
		_ = a.source.Close()
		request.Body = http.NoBody
	case p.unrepeatable(a.pipeline.shared.traces):
		request.Body, request.TransferEncoding = unrepeatable{}, identityBytes // named, so that net/http does not look for a first byte
	}
	return request, nil
}

// unrepeatable reports whether net/http must not be able to send the request a second time by itself when a connection
// that was used before dies. It does so for these methods, unless there is a body that it cannot have again. For a free
// read the hooks of the attempt stop it instead, which costs nothing, where they can be trusted.
func (p *plan) unrepeatable(traces bool) bool {
	return replayedByNetHTTP(p.method) && (p.op.Retry != api.RetryIdempotent || !traces)
}

// replayedByNetHTTP reports whether net/http sends a request of the method again after a connection died without a response.
func replayedByNetHTTP(method string) bool {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodTrace:
		return true
	}
	return false
}

// headerBytes estimates the request's header, generously.
func (p *plan) headerBytes() int {
	size := 512 + len(p.url.Path)*3 + len(p.url.RawQuery) + len(p.url.Host)
	for name, values := range p.header {
		for _, value := range values {
			size += len(name) + len(value) + 4
		}
	}
	return size
}

// unrepeatable is an empty request body that net/http cannot have again.
type unrepeatable struct{}

func (unrepeatable) Read([]byte) (int, error) { return 0, io.EOF }
func (unrepeatable) Close() error             { return nil }

// provider is a configured provider with what its calls share.
type provider struct {
	Provider
	pacer      pacer
	credential credential
}

// owns reports whether an address is at one of the provider's origins: nothing else ever gets the key.
func (p *provider) owns(address *url.URL) bool {
	for i := range p.Origins {
		if at := p.Origins[i].URL; at.Host == address.Host && at.Scheme == address.Scheme {
			return true
		}
	}
	return false
}

// origin finds the address of a named origin.
func (p *provider) origin(name string) (*url.URL, error) {
	if name == "" && len(p.Origins) > 0 {
		return p.Origins[0].URL, nil
	}
	i := slices.IndexFunc(p.Origins, func(o wire.Origin) bool { return o.Name == name })
	if i < 0 {
		return nil, fmt.Errorf("%s has no origin %q: %w", p.Name, name, api.ErrInvalid)
	}
	return p.Origins[i].URL, nil
}
