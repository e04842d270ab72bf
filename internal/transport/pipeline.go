// Package transport is the one pipeline that every call goes through:
//
//	plan -> retry loop { credential -> rate limit -> attempt under a watchdog -> outcome -> judge } -> bounded decode
//
// A plan is what the call asks for and does not change, an attempt is one sending of it, an outcome is what came of that;
// judge says what follows. pacer.go, credential.go and watchdog.go are the layers that an attempt passes; retry.go alone
// knows go-retryablehttp. What is particular to a provider is in wire.Provider.
package transport

import (
	"context"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"time"

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
	// MaxWait is the longest wait that a provider's Retry-After, or a rate limit window of five minutes and more, may ask
	// for (5 minutes).
	MaxWait time.Duration
	// HeaderTimeout bounds the time from a written request to the response's header (60 seconds).
	HeaderTimeout time.Duration
	// IdleTimeout bounds the time without any byte while a body is read or written (30 seconds).
	IdleTimeout time.Duration
	// BodyTimeout bounds the time of the whole of a body that is held in memory (four times IdleTimeout).
	BodyTimeout time.Duration
	// MaxResponse bounds the decoded bytes of a response that is held in memory (16 MiB).
	MaxResponse int64
	// DownloadHosts are the host suffixes to which the download of a file may be redirected.
	DownloadHosts []string
	// Decode decodes JSON responses.
	Decode codec.Unmarshal
	// Observers watch the calls.
	Observers []api.Observer
	// Logger logs attempts, waits and results; nil logs nothing.
	Logger *slog.Logger
	// UserAgent is sent with every request.
	UserAgent string
	// Random returns a number in [0,1) for the jitter.
	Random func() float64
}

// Provider is one configured provider.
type Provider struct {
	wire.Provider
	// Credential supplies the key.
	Credential api.Credential
	// Limiter paces the calls; nil does not.
	Limiter *limit.Limiter
	// Custom is a Limiter of the user's, used instead of Limiter.
	Custom api.Limiter
}

// Pipeline sends calls. It is safe for concurrent use and never changes once made. The calls of a nil Pipeline, which the
// zero value of a service has, are refused.
type Pipeline struct {
	config    Config
	providers map[api.Provider]*provider
	userAgent []string // the header's values, shared by all requests
	watched   bool     // somebody looks at the calls
	shared    *shared
	declared  []*wire.Op
}

// shared is what a pipeline and its clones have in common.
type shared struct {
	base       http.RoundTripper
	traces     bool // base is known to call httptrace hooks
	plainHTTP2 bool // it speaks HTTP/2 without TLS too
	quota      quota
	buffers    buffers
	tracers    sync.Pool
	loops      sync.Pool
	downloads  *http.Transport // for hosts that only a redirect named
}

// New returns a pipeline. It opens nothing.
func New(config Config) *Pipeline {
	s := &shared{base: config.RoundTripper, downloads: newDownloader()}
	if s.base == nil {
		s.base = tuned()
	}
	if plain, ok := s.base.(*http.Transport); ok {
		s.traces, s.plainHTTP2 = true, plain.Protocols != nil && plain.Protocols.UnencryptedHTTP2()
	}
	return assemble(config, s)
}

// Clone returns a pipeline with another configuration that shares connections and the retry quota with p. The
// RoundTripper of the configuration is not used.
func (p *Pipeline) Clone(config Config) *Pipeline { return assemble(config, p.shared) }

func assemble(config Config, s *shared) *Pipeline {
	config.fillIn()
	p := &Pipeline{config: config, userAgent: []string{config.UserAgent}, shared: s}
	p.watched = len(config.Observers) > 0 || config.Logger != nil
	p.providers = make(map[api.Provider]*provider, len(config.Providers))
	for _, c := range config.Providers {
		p.providers[c.Name] = &provider{
			Provider:   c,
			pacer:      pacer{own: c.Limiter, custom: c.Custom, longest: config.MaxWait},
			credential: credential{get: c.Credential, renew: c.Renew},
		}
	}
	return p
}

func (c *Config) fillIn() {
	c.MaxAttempts = fallback(c.MaxAttempts, 4)
	c.MaxWait = fallback(c.MaxWait, 5*time.Minute)
	c.HeaderTimeout = fallback(c.HeaderTimeout, time.Minute)
	c.IdleTimeout = fallback(c.IdleTimeout, 30*time.Second)
	c.BodyTimeout = fallback(c.BodyTimeout, 4*min(c.IdleTimeout, math.MaxInt64/4))
	c.MaxResponse = fallback(c.MaxResponse, 16<<20)
	c.UserAgent = fallback(c.UserAgent, "pronet")
	if c.Decode == nil {
		c.Decode = codec.Decode
	}
	if c.Random == nil {
		c.Random = rand.Float64
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
	if p == nil {
		return
	}
	if base, ok := p.shared.base.(interface{ CloseIdleConnections() }); ok {
		base.CloseIdleConnections()
	}
	p.shared.downloads.CloseIdleConnections()
}

// Decoder returns the client-wide JSON decoder, for what a service decodes itself.
func (p *Pipeline) Decoder() codec.Unmarshal {
	if p == nil {
		return codec.Decode
	}
	return p.config.Decode
}

// Origin is the address of an operation's origin, nil when its provider is not configured.
func (p *Pipeline) Origin(op *wire.Op) *url.URL {
	provider := p.providers[op.Provider]
	if provider == nil {
		return nil
	}
	origin, _ := provider.origin(op.Origin)
	return origin
}

// MaxWait is the longest wait that a call accepts for a pause or a long window.
func (p *Pipeline) MaxWait() time.Duration {
	if p == nil {
		return 0
	}
	return p.config.MaxWait
}

// Configured reports whether calls to a provider can be made.
func (p *Pipeline) Configured(name api.Provider) bool { return p != nil && p.providers[name] != nil }

// Credential makes sure that there is a key for a provider's calls: one that is missing or stale is renewed, as the next
// call would do it.
func (p *Pipeline) Credential(ctx context.Context, op *wire.Op) error {
	provider := p.providers[op.Provider]
	if provider == nil {
		return wire.NewError(op, api.ErrNotConfigured, nil)
	}
	key, err := provider.credential.key(ctx)
	if err == nil && provider.Renew != nil && provider.Stale != nil && provider.Stale(key) {
		_, err = provider.credential.replace(ctx, key, 0)
	}
	if err != nil {
		return wire.NewError(op, nil, err)
	}
	return nil
}

// Day is what is known of a provider's quota of a day, false when nothing is: there is none, or a limiter of the user's.
func (p *Pipeline) Day(name api.Provider, class string) (limit.Day, bool) {
	if !p.Configured(name) {
		return limit.Day{}, false
	}
	provider := p.providers[name]
	if provider.pacer.own == nil || provider.pacer.custom != nil {
		return limit.Day{}, false
	}
	return provider.pacer.own.Day(class)
}

// Do sends a call and decodes its response.
func (p *Pipeline) Do(ctx context.Context, call Call) (Response, error) {
	r, err := p.start(ctx, call)
	if err != nil {
		return Response{}, err
	}
	defer r.release()
	r.attempts()
	if r.outcome.failure == nil {
		r.decode()
	}
	r.finish()
	if r.outcome.failure != nil {
		return Response{}, r.outcome.failure
	}
	return Response{Status: r.outcome.status, Header: r.outcome.header, Attempts: r.sent}, nil
}

// Open sends a call and returns its response's body as a stream, which the caller must close. Cancelling the context ends it.
func (p *Pipeline) Open(ctx context.Context, call Call) (*Stream, error) {
	call.stream = true
	r, err := p.start(ctx, call)
	if err != nil {
		return nil, err
	}
	opened := false
	defer func() {
		if !opened {
			r.release()
		}
	}()
	r.attempts()
	if r.outcome.redirect {
		r.follow()
	}
	if r.outcome.failure != nil {
		r.markDoubt()
		r.finish()
		return nil, r.outcome.failure
	}
	opened = true
	return newStream(r), nil
}

// Declare makes known which operations a service sends through the pipeline, in the order of their rows. It is for the
// constructors of the services, before the pipeline is used.
func (p *Pipeline) Declare(ops ...*wire.Op) { p.declared = append(p.declared, ops...) }

// Operations returns a copy of every operation that was declared.
func (p *Pipeline) Operations() []wire.Op {
	all := make([]wire.Op, len(p.declared))
	for i, op := range p.declared {
		all[i] = *op
	}
	return all
}

var errCannotForecast = wire.Plain("a limiter of the user's paces the calls, which cannot be asked", api.ErrInvalid)

// Forecast returns how long it takes until the last of so many calls of a class of a configured provider can be sent.
func (p *Pipeline) Forecast(name api.Provider, class string, calls int) (time.Duration, error) {
	provider := p.providers[name]
	switch {
	case provider == nil:
		return 0, api.ErrNotConfigured
	case provider.pacer.custom != nil:
		return 0, errCannotForecast
	case provider.pacer.own == nil:
		return 0, nil
	}
	return provider.pacer.own.Forecast(class, calls)
}
