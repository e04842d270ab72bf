// Package transport is the one pipeline that every call goes through:
//
//	encode -> observe -> retry loop { limiter -> credential for this origin -> HTTP } -> bounded decode
//
// One concern, one file: exchange.go is a call on its way, attempt.go one sending of it, gate.go what happens right
// before a request leaves, verdict.go what an outcome means, repeat.go whether and when it is sent again.
package transport

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/hashicorp/go-retryablehttp"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/limit"
	"github.com/pronet-go/pronet/internal/wire"
)

// Config is what a Pipeline is made of. New fills in what is zero.
type Config struct {
	// RoundTripper sends the requests; nil means a tuned one of the pipeline's own.
	RoundTripper http.RoundTripper
	// Providers are those that have a credential.
	Providers []Provider
	// MaxAttempts is how often a call is sent at most (4).
	MaxAttempts int
	// MaxWait is the longest wait that a provider's Retry-After may ask for (5 minutes).
	MaxWait time.Duration
	// HeaderTimeout bounds the time from a written request to the answer's header (60 seconds).
	HeaderTimeout time.Duration
	// IdleTimeout bounds the time without any byte while a body is read or written (30 seconds).
	IdleTimeout time.Duration
	// MaxResponse bounds the decoded bytes of an answer that is held in memory (16 MiB).
	MaxResponse int64
	// DownloadHosts are the host suffixes to which the download of a file may be redirected.
	DownloadHosts []string
	// Decode decodes JSON answers.
	Decode codec.Unmarshal
	// Observer watches the calls.
	Observer api.Observer
	// Logger logs attempts, waits and results; nil logs nothing.
	Logger *slog.Logger
	// UserAgent is sent with every request.
	UserAgent string
	// Random returns a number in [0,1) for the jitter.
	Random func() float64
}

// Provider is one configured provider.
type Provider struct {
	// Name is which provider it is.
	Name api.Provider
	// BaseURL is scheme, host and path prefix of every route.
	BaseURL *url.URL
	// Credential supplies the key.
	Credential api.Credential
	// AuthHeader is the header field that carries the key, after AuthPrefix.
	AuthHeader, AuthPrefix string
	// Limiter paces the calls; nil does not.
	Limiter *limit.Limiter
	// Custom is a Limiter of the user's, used in place of Limiter.
	Custom api.Limiter
	// ReadError fills in code, message and details of an error from the answer's body.
	ReadError func(*api.Error)
}

// Pipeline sends calls. It is safe for concurrent use and never changes once made.
type Pipeline struct {
	config    Config
	providers map[api.Provider]*Provider
	userAgent []string // the header's values, shared by all requests
	shared    *shared
	declared  []*wire.Op
}

// shared is what a pipeline and its clones have in common.
type shared struct {
	base      http.RoundTripper
	traces    bool // base is known to call httptrace hooks
	quota     quota
	buffers   buffers
	tracers   sync.Pool
	retry     *retryablehttp.Client
	downloads *http.Transport // for hosts that only a redirect named
}

// New returns a pipeline. It opens nothing.
func New(config Config) *Pipeline {
	config.fillIn()
	s := &shared{base: config.RoundTripper}
	if s.base == nil {
		s.base = tuned()
	}
	_, s.traces = s.base.(*http.Transport)
	s.retry = &retryablehttp.Client{
		HTTPClient: &http.Client{
			Transport:     &gate{shared: s},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		RetryMax:     1 << 30, // how often is decided per call, in judge
		CheckRetry:   judge,
		Backoff:      func(_, _ time.Duration, _ int, _ *http.Response) time.Duration { return 0 }, // prepareRepeat waits
		PrepareRetry: prepareRepeat,
		ErrorHandler: retryablehttp.PassthroughErrorHandler,
	}
	s.downloads = newDownloader()
	return assemble(config, s)
}

// Clone returns a pipeline with another configuration that shares connections and the retry quota with p. The
// RoundTripper of the configuration is not used.
func (p *Pipeline) Clone(config Config) *Pipeline {
	config.fillIn()
	return assemble(config, p.shared)
}

func assemble(config Config, s *shared) *Pipeline {
	p := &Pipeline{config: config, userAgent: []string{config.UserAgent}, shared: s}
	p.providers = make(map[api.Provider]*Provider, len(config.Providers))
	for _, provider := range config.Providers {
		p.providers[provider.Name] = &provider
	}
	return p
}

func (c *Config) fillIn() {
	c.MaxAttempts = fallback(c.MaxAttempts, 4)
	c.MaxWait = fallback(c.MaxWait, 5*time.Minute)
	c.HeaderTimeout = fallback(c.HeaderTimeout, time.Minute)
	c.IdleTimeout = fallback(c.IdleTimeout, 30*time.Second)
	c.MaxResponse = fallback(c.MaxResponse, 16<<20)
	c.UserAgent = fallback(c.UserAgent, "pronet")
	if c.Decode == nil {
		c.Decode = codec.Decode
	}
	if c.Random == nil {
		c.Random = random
	}
}

func fallback[T comparable](value, otherwise T) T {
	var zero T
	if value == zero {
		return otherwise
	}
	return value
}

// CloseIdleConnections closes the connections that are not in use, of the pipeline's clones too.
func (p *Pipeline) CloseIdleConnections() {
	if base, ok := p.shared.base.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
	p.shared.downloads.CloseIdleConnections()
}

// Decoder returns the client-wide JSON decoder, for what a service decodes itself.
func (p *Pipeline) Decoder() codec.Unmarshal { return p.config.Decode }

// Configured reports whether calls to a provider can be made.
func (p *Pipeline) Configured(name api.Provider) bool { return p.providers[name] != nil }

// Do sends a call and decodes its answer.
func (p *Pipeline) Do(ctx context.Context, call Call) (Response, error) {
	x, err := p.begin(ctx, call)
	if err != nil {
		return Response{}, err
	}
	return x.do()
}

// Open sends a call and returns its answer's body as a stream, which the caller must close. Cancelling the context ends it.
func (p *Pipeline) Open(ctx context.Context, call Call) (*Stream, error) {
	call.stream = true
	x, err := p.begin(ctx, call)
	if err != nil {
		return nil, err
	}
	return x.open()
}
