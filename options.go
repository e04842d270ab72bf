package pronet

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	sw "github.com/pronet-go/pronet/internal/saleswebhooks"
	"github.com/pronet-go/pronet/internal/transport"
)

// Option configures a Client. Their order does not matter, and each reports what is wrong with it from New.
type Option func(*settings) error

// settings are what the options add up to.
type settings struct {
	providers        map[api.Provider]*provider
	roundTripper     http.RoundTripper
	transportSet     bool // by an option of this New or Clone
	maxAttempts      int
	maxWait          time.Duration
	headerTimeout    time.Duration
	idleTimeout      time.Duration
	bodyTimeout      time.Duration
	maxResponse      int64
	downloadHosts    []string
	decode           codec.Unmarshal
	observers        []api.Observer
	logger           *slog.Logger
	userAgent        string
	loopbackWebhooks bool
	insecureHTTP     bool
	idsForm          bulkcollect.IDsForm
	uploadField      string
	linkedin         linkedinapi.Settings
	pipeline         *pipelineLink
	salesWebhooks    sw.Settings
}

// pipelineLink is the pipeline of a client, which its providers' renewals use, and which is made after them.
type pipelineLink struct{ *transport.Pipeline }

func (s *settings) apply(options []Option) error {
	if s.providers == nil {
		s.providers = make(map[api.Provider]*provider)
	}
	for i, option := range options {
		if option == nil {
			return fmt.Errorf("pronet: option %d is nil: %w", i+1, ErrInvalid)
		}
		if err := option(s); err != nil {
			return fmt.Errorf("pronet: %w", err)
		}
	}
	return nil
}

func (s settings) clone() settings {
	s.providers, s.transportSet = maps.Clone(s.providers), false
	s.downloadHosts, s.observers = slices.Clone(s.downloadHosts), slices.Clone(s.observers)
	s.linkedin.Bases = maps.Clone(s.linkedin.Bases)
	return s
}

// config checks what only all options together can tell, and makes the limiters.
func (s *settings) config() (transport.Config, error) {
	config := transport.Config{
		RoundTripper: s.roundTripper, MaxAttempts: s.maxAttempts, MaxWait: s.maxWait, HeaderTimeout: s.headerTimeout, IdleTimeout: s.idleTimeout,
		BodyTimeout: s.bodyTimeout, MaxResponse: s.maxResponse, DownloadHosts: s.downloadHosts, Decode: s.decode, Observers: s.observers, Logger: s.logger, UserAgent: userAgent(s.userAgent),
	}
	s.pipeline, s.linkedin.Logger, s.linkedin.Newest = &pipelineLink{}, s.logger, newestVersion
	for _, name := range slices.Sorted(maps.Keys(s.providers)) {
		p, err := s.providers[name].build(s)
		if err != nil {
			return config, fmt.Errorf("pronet: %s: %w", name, err)
		}
		config.Providers = append(config.Providers, p)
	}
	if err := s.checkStates(); err != nil {
		return config, fmt.Errorf("pronet: %w", err)
	}
	return config, nil
}

// checkStates refuses one state for two limiters, which would overwrite each other's calls.
func (s *settings) checkStates() error {
	seen := make(map[api.LimitState]bool)
	for _, p := range s.providers {
		if p.state == nil || !reflect.TypeOf(p.state).Comparable() {
			continue
		}
		if seen[p.state] {
			return fmt.Errorf("RateLimitState: two providers have the same state: %w", ErrInvalid)
		}
		seen[p.state] = true
	}
	return nil
}

// Version is the version of this module, as the User-Agent header states it.
const Version = "0.1.0"

func userAgent(product string) string {
	if product == "" {
		return "pronet-go/" + Version
	}
	return product + " pronet-go/" + Version
}

// WithHTTPClient sends requests with the transport of an http.Client of yours (a proxy, a private CA). A proxy that it
// sets outright is used for this machine too, and sees the key of a base URL that is http. Its other settings must be
// unset: a Timeout would cut long downloads (bound calls by their context), redirects are never followed, and no provider
// uses cookies.
func WithHTTPClient(client *http.Client) Option {
	return func(s *settings) error {
		switch {
		case client == nil:
			return fmt.Errorf("WithHTTPClient: the client is nil: %w", ErrInvalid)
		case client.Timeout != 0:
			return fmt.Errorf("WithHTTPClient: the client has a Timeout, which would cut long downloads; bound calls by their context: %w", ErrInvalid)
		case client.Jar != nil || client.CheckRedirect != nil:
			return fmt.Errorf("WithHTTPClient: the client has a cookie jar or a redirect policy, which would not be used: %w", ErrInvalid)
		}
		s.roundTripper, s.transportSet = client.Transport, true
		if s.roundTripper == nil {
			s.roundTripper = http.DefaultTransport
		}
		return nil
	}
}

// WithTransport sends requests with a transport of yours, such as one that adds tracing. It sees every attempt with its
// credential, and must not follow redirects or retry requests. Below a transport that is not an *http.Transport, net/http
// itself retries an empty POST or DELETE over HTTP/2 when the server resets its stream with PROTOCOL_ERROR or refuses it.
func WithTransport(transport http.RoundTripper) Option {
	return func(s *settings) error {
		if transport == nil {
			return fmt.Errorf("WithTransport: the transport is nil: %w", ErrInvalid)
		}
		s.roundTripper, s.transportSet = transport, true
		return nil
	}
}

// WithMaxAttempts sets how often a call is sent at most, the first time included; 4 unless set. What may be
// retried at all is decided by the operation.
func WithMaxAttempts(n int) Option {
	return func(s *settings) error {
		if n < 1 || n > 20 {
			return fmt.Errorf("WithMaxAttempts(%d): 1 to 20 are possible: %w", n, ErrInvalid)
		}
		s.maxAttempts = n
		return nil
	}
}

// WithMaxWait bounds a single wait that a provider asks for by Retry-After, and for a place in a rate limit window of five
// minutes or longer; 5 minutes unless set. When more would be needed the call ends, with Error.RetryAfter or a
// [*api.RateLimitError] that says until when. Shorter windows are waited for as long as the context allows.
func WithMaxWait(d time.Duration) Option {
	return positive("WithMaxWait", d, func(s *settings) { s.maxWait = d })
}

// WithHeaderTimeout bounds the time from a written request to the beginning of its response; 60 seconds unless set.
func WithHeaderTimeout(d time.Duration) Option {
	return positive("WithHeaderTimeout", d, func(s *settings) { s.headerTimeout = d })
}

// WithIdleTimeout bounds the time without a byte in the middle of a response; 30 seconds unless set. A slow download that
// goes on is never cut.
func WithIdleTimeout(d time.Duration) Option {
	return positive("WithIdleTimeout", d, func(s *settings) { s.idleTimeout = d })
}

// WithBodyTimeout bounds the time that a response which is held in memory may take from its header to its end, however
// steadily its bytes come; four times the idle timeout unless set, so 2 minutes. Beyond, the attempt has failed as by the
// idle timeout. For the body of an error status five seconds must do: then the error is returned with what has come. Files
// are streamed: a slow one is not cut.
func WithBodyTimeout(d time.Duration) Option {
	return positive("WithBodyTimeout", d, func(s *settings) { s.bodyTimeout = d })
}

func positive(name string, d time.Duration, set func(*settings)) Option {
	return func(s *settings) error {
		if d <= 0 {
			return fmt.Errorf("%s(%s): the time must be positive: %w", name, d, ErrInvalid)
		}
		set(s)
		return nil
	}
}

// WithMaxResponse bounds the decompressed bytes of a response that is held in memory; 16 MiB unless set. Beyond, the call ends with
// [ErrTooLarge]. Files are streamed and not bounded by it.
func WithMaxResponse(bytes int64) Option {
	return func(s *settings) error {
		if bytes < 1 || bytes > 1<<30 {
			return fmt.Errorf("WithMaxResponse(%d): 1 byte to 1 GiB are possible: %w", bytes, ErrInvalid)
		}
		s.maxResponse = bytes
		return nil
	}
}

// WithDownloadHosts allows the download of a file to be redirected to these hosts and those below them, over https and
// without the credential. None are allowed unless set; no provider is known to redirect.
func WithDownloadHosts(suffixes ...string) Option {
	return func(s *settings) error {
		for _, suffix := range suffixes {
			if !strings.Contains(strings.Trim(suffix, "."), ".") || strings.ContainsAny(suffix, "/:*@ ") {
				return fmt.Errorf("WithDownloadHosts: %.100q is not a host name such as files.example.com: %w", suffix, ErrInvalid)
			}
		}
		s.downloadHosts = slices.Clone(suffixes)
		return nil
	}
}

// WithJSONDecoder decodes JSON responses and records with a function of yours, such as a faster package's Unmarshal. It
// must accept what providers send (unknown fields, duplicate names, invalid UTF-8) and must not keep the data, whose
// memory is used again.
func WithJSONDecoder(unmarshal func(data []byte, into any) error) Option {
	return func(s *settings) error {
		if unmarshal == nil {
			return fmt.Errorf("WithJSONDecoder: the function is nil: %w", ErrInvalid)
		}
		s.decode = unmarshal
		return nil
	}
}

// WithObserver watches every call, for metrics and traces. Given more than once, all of them watch, in their order.
func WithObserver(observer api.Observer) Option {
	return func(s *settings) error {
		s.observers = append(s.observers, observer)
		return nil
	}
}

// WithLogger logs attempts and waits at the level debug, and failed attempts at info. No key, URL, header or body is logged.
func WithLogger(logger *slog.Logger) Option {
	return func(s *settings) error {
		s.logger = logger
		return nil
	}
}

// WithUserAgent puts the name of your program before this module's in the User-Agent header, such as "crm-sync/2.1".
func WithUserAgent(product string) Option {
	return func(s *settings) error {
		for i := range len(product) {
			if product[i] < ' ' || product[i] > '~' {
				return fmt.Errorf("WithUserAgent: the name holds a byte that is not printable ASCII: %w", ErrInvalid)
			}
		}
		s.userAgent = strings.TrimSpace(product)
		return nil
	}
}

// WithLoopbackWebhooks lets webhook URLs be on this machine, over http too: for a sandbox, and for nothing else.
func WithLoopbackWebhooks() Option {
	return func(s *settings) error {
		s.loopbackWebhooks = true
		return nil
	}
}

// WithInsecureHTTP lets base URLs be http on other hosts than this machine. The keys then travel in the clear.
func WithInsecureHTTP() Option {
	return func(s *settings) error {
		s.insecureHTTP = true
		return nil
	}
}
