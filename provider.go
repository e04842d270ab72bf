package pronet

import (
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/limit"
	"github.com/pronet-go/pronet/internal/publicaddr"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// ProviderOption sets one thing of one provider, in the option that gives its credential. It goes with every provider;
// options that go with one only have that provider's type.
type ProviderOption interface {
	CoresignalOption
	CoresignalV1Option
	LinkedInOption
	SalesWebhooksOption
}

// providerOption is a ProviderOption.
type providerOption func(*settings, *provider) error

func (o providerOption) coresignal(s *settings, p *provider) error   { return o(s, p) }
func (o providerOption) coresignalV1(s *settings, p *provider) error { return o(s, p) }
func (o providerOption) linkedin(s *settings, p *provider) error     { return o(s, p) }

// provider is what the options say of one provider.
type provider struct {
	row        wire.Provider // what does not depend on options
	classes    []string      // its rate limit classes, "" besides
	address    string        // of the origin that BaseURL changes
	before     string        // what stands between that and the routes, such as "/api"
	limits     []limit.Policy
	overrides  []limit.Policy // of RateLimit, by class
	smooth     bool
	keep       bool // windows of RateLimit are saved too, however short
	perApp     bool // all credentials count together
	custom     api.Limiter
	state      api.LimitState
	shared     *limit.Shared
	limiter    *limit.Limiter // made once, shared by clones with the same credential
	credential api.Credential
	key        api.Secret // of a credential that does not change, or the id of an app

	linkedin *linkedinProvider // of LinkedIn alone

	chosen limitOptions // by the options of this New or Clone
}

// limitOptions are the options that make another limiter, whatever their order.
type limitOptions struct {
	plan      []limit.Policy
	overrides []limit.Policy
	custom    api.Limiter
	state     api.LimitState
	shared    *limit.Shared
	smooth    bool
}

// set adds a provider, or changes one that a clone has.
func (s *settings) set(fresh provider, credential api.Credential, options []providerOption) error {
	name := fresh.row.Name
	if credential == nil {
		return fmt.Errorf("%s: the credential is nil: %w", name, ErrInvalid)
	}
	p, nameless := fresh, false
	if inherited := s.providers[name]; inherited != nil {
		key, own := p.key, p.linkedin
		p = *inherited
		p.linkedin = own.inherit(inherited.linkedin)
		if key.IsZero() || key.Reveal() != inherited.key.Reveal() { // what is limited is the key, or the app
			switch {
			case p.shared != nil:
				p.limiter, p.shared, nameless = nil, nil, true
			case p.limiter != nil:
				p.limiter = p.limiter.ForCredential()
			}
			if custom, ok := p.custom.(api.CredentialLimiter); ok {
				p.custom = custom.ForCredential()
			}
		}
		if p.custom == nil && inherited.custom != nil {
			return fmt.Errorf("%s: ForCredential of the Limiter returned nil: %w", name, ErrInvalid)
		}
		if p.limiter != nil {
			p.state = nil // it belongs to the limiter that there is: two must not share it
		}
		p.key = key
	}
	p.credential = credential
	for _, option := range options {
		if err := option(s, &p); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := p.choose(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if nameless && p.shared == nil && p.custom == nil {
		return fmt.Errorf("%s: the limits of another credential need a name of their own: give SharedRateLimit to Clone too: %w", name, ErrInvalid)
	}
	s.providers[name] = &p
	return nil
}

// choose applies the options of limits, which replace those that a clone has.
func (p *provider) choose() error {
	c := p.chosen
	p.chosen = limitOptions{}
	switch {
	case c.custom != nil && (c.plan != nil || c.overrides != nil || c.state != nil || c.shared != nil):
		return fmt.Errorf("Limiter paces all calls, so a plan, RateLimit, RateLimitState and SharedRateLimit would have no effect: %w", ErrInvalid)
	case c.shared != nil && c.state != nil:
		return fmt.Errorf("SharedRateLimit remembers the calls, so RateLimitState would have no effect: %w", ErrInvalid)
	case c.custom != nil:
		p.custom, p.overrides, p.state, p.shared = c.custom, nil, nil, nil
	case c.plan != nil || c.overrides != nil:
		p.custom, p.overrides = nil, c.overrides
		if c.plan != nil {
			p.limits = c.plan
		}
	case c.state == nil && c.shared == nil && !c.smooth:
		return nil
	}
	if c.state != nil {
		p.state, p.shared = c.state, nil
	}
	if c.shared != nil {
		p.shared, p.state, p.custom = c.shared, nil, nil
	}
	p.smooth = p.smooth || c.smooth
	p.limiter = nil
	return nil
}

// build checks the base URL and makes the limiter.
func (p *provider) build(s *settings) (transport.Provider, error) {
	built := transport.Provider{Provider: p.row, Credential: p.credential, Custom: p.custom}
	base, err := parseBaseURL(p.address, s.insecureHTTP, p.row.Prefixes)
	if err != nil {
		return built, err
	}
	if p.before != "" {
		base = base.JoinPath(p.before)
	}
	built.Origins = append([]wire.Origin{{URL: base}}, p.row.Origins...)
	if p.linkedin != nil {
		if err := p.linkedin.complete(&built, s); err != nil {
			return built, err
		}
	}
	if p.limiter == nil && p.custom == nil {
		if p.limiter, err = limit.New(p.policies()...); err != nil {
			return built, err
		}
		if p.state != nil {
			p.limiter.Keep(p.state)
		}
		if p.shared != nil {
			shared := *p.shared
			shared.Logger = s.logger
			if err := p.limiter.Share(shared); err != nil {
				return built, err
			}
		}
	}
	built.Limiter = p.limiter
	return built, nil
}

// policies are the provider's limits but for the classes that RateLimit has set.
func (p *provider) policies() []limit.Policy {
	policies := slices.Clone(p.overrides)
	for _, known := range p.limits {
		if !slices.ContainsFunc(p.overrides, func(o limit.Policy) bool { return o.Class == known.Class }) {
			policies = append(policies, known)
		}
	}
	for i := range policies {
		policies[i].Smooth, policies[i].Keep = p.smooth, p.keep
		policies[i].PerApp = policies[i].PerApp || p.perApp
	}
	return policies
}

// parseBaseURL accepts https, and http to this machine. The address stands before the routes: one that ends in what they
// begin with would make every path a wrong one.
func parseBaseURL(raw string, insecure bool, prefixes []string) (*url.URL, error) {
	refuse := func(reason string) (*url.URL, error) {
		return nil, fmt.Errorf("the base URL %s: %w", reason, ErrInvalid)
	}
	base, err := url.Parse(raw)
	switch {
	case raw == "":
		return refuse("is empty")
	case err != nil || base.Opaque != "" || strings.Trim(base.Hostname(), ".") == "":
		return refuse("is not a URL with a host")
	case base.User != nil:
		return refuse("has a user name or password")
	case base.RawQuery != "" || base.ForceQuery || base.Fragment != "":
		return refuse("has a query or fragment")
	case base.Scheme == "http" && !insecure && !publicaddr.IsThisMachine(base.Hostname()):
		return refuse("is http, so the key would travel in the clear (WithInsecureHTTP allows it)")
	case base.Scheme != "https" && base.Scheme != "http":
		return refuse("is neither https nor http")
	}
	base.Host = usualHost(base)
	for segment := range strings.SplitSeq(base.Path, "/") {
		if segment == "." || segment == ".." {
			return refuse("has a path with . or ..")
		}
	}
	for _, prefix := range prefixes {
		if part := repeatedPrefix(base.Path, prefix); part != "" {
			return refuse(fmt.Sprintf("has %s in its path, with which the API's routes begin: pass what stands before it, such as %s://%s",
				part, base.Scheme, base.Host))
		}
	}
	base.Path, base.RawPath = strings.TrimRight(base.Path, "/"), strings.TrimRight(base.RawPath, "/")
	return base, nil
}

// usualHost is the host and port of an address in the form that net/http's proxy rule and servers know: a name in small
// letters and without the dot at its end.
func usualHost(address *url.URL) string {
	host, port := address.Hostname(), address.Port()
	if !strings.Contains(host, "%") { // the zone of an IPv6 address is a name of this machine's
		host = strings.ToLower(strings.TrimSuffix(host, "."))
	}
	switch {
	case port != "":
		return net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		return "[" + host + "]"
	}
	return host
}

// repeatedPrefix returns the beginning of a route prefix that a base path holds where a route would go on: its first
// segment among the last ones, or the whole of it anywhere.
func repeatedPrefix(path, prefix string) string {
	path, prefix = strings.ToLower(path), strings.ToLower(strings.Trim(prefix, "/"))
	first, _, _ := strings.Cut(prefix, "/")
	segments := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	last := segments[max(0, len(segments)-1-strings.Count(prefix, "/")):]
	switch {
	case first == "":
	case slices.Contains(last, first):
		return "/" + first
	case strings.Contains("/"+strings.Join(segments, "/")+"/", "/"+prefix+"/"):
		return "/" + prefix
	}
	return ""
}

// BaseURL sets the address that stands before every route, such as that of a gateway of yours or of a sandbox: https, or
// http to this machine (localhost, or a loopback address), for which the client's own transport uses no proxy. The
// provider's own unless set.
func BaseURL(address string) ProviderOption {
	return providerOption(func(_ *settings, p *provider) error {
		if _, err := parseBaseURL(address, true, p.row.Prefixes); err != nil {
			return err
		}
		p.address = address
		return nil
	})
}

// Smooth spreads calls evenly over the rate limit's window instead of letting as many go at once as it allows.
func Smooth() ProviderOption {
	return providerOption(func(_ *settings, p *provider) error {
		p.chosen.smooth = true
		return nil
	})
}

const (
	// maxRate bounds the calls in a window: the time of each is remembered.
	maxRate   = 100_000
	maxWindow = 31 * 24 * time.Hour
)

// RateLimit replaces the provider's limits of one class of calls: at most n calls in any window of the given length, n up
// to 100,000 and the window to 31 days. The class "" is that of all calls together. Given more than once for a class, all of them hold. What calls
// belong to which class, docs/endpoints.md says.
func RateLimit(class string, n int, window time.Duration) ProviderOption {
	return providerOption(func(_ *settings, p *provider) error {
		if n < 1 || n > maxRate || window <= 0 || window > maxWindow {
			return fmt.Errorf("RateLimit(%q, %d, %s) is not a rate limit of 1 to %d calls in at most %s: %w", class, n, window, maxRate, maxWindow, ErrInvalid)
		}
		if class != "" && !slices.Contains(p.classes, class) {
			return fmt.Errorf("RateLimit(%q): the classes are %s, and \"\" for all calls: %w", class, strings.Join(p.classes, ", "), ErrInvalid)
		}
		p.chosen.overrides = append(p.chosen.overrides, limit.Policy{Class: class, N: n, Window: window})
		return nil
	})
}

// Limiter paces the provider's calls with a limiter of yours instead of the client's own, which several processes can share by
// [SharedRateLimit]. A clone with another credential uses it too, unless it is an [api.CredentialLimiter].
func Limiter(limiter api.Limiter) ProviderOption {
	return providerOption(func(_ *settings, p *provider) error {
		if limiter == nil {
			return fmt.Errorf("Limiter: the limiter is nil: %w", ErrInvalid)
		}
		p.chosen.custom = limiter
		return nil
	})
}

// SharedRateLimit holds the provider's limits together with other processes: each call takes a place in a store that all
// of them use, such as that of adapters/redis, for every window that it counts against, also those of RateLimit. The name
// stands for the account: all processes that call with one key give the same, and those of another key another. A clone
// with another credential needs one of its own.
//
// While the store cannot be reached for longer than 3 seconds, each process goes on with its share of the limits, if
// processes says among how many they are divided: a window is waited out first, and once more when the store is back;
// of a quota of a day the share is that of what was left, if the process has heard of it within the last minute, and
// otherwise nothing. The store is asked each second whether it is back, for as long as it does not know of a call that
// counts. With 0 processes no call is made meanwhile: the error is [ErrSharedLimits]. Each change is logged once at WARN.
//
// The limits can be exceeded in these cases: by a process that alone loses the store, whose share comes on top; within
// the first seconds after the store is back, by a process that made no call while it was away; and while processes with
// different numbers for one class run side by side, up to the larger one.
//
// Smooth spreads each process's own calls. That a provider says that a quota of a day is used up, each process finds by a
// call of its own.
func SharedRateLimit(limits api.SharedLimits, name string, processes int) ProviderOption {
	return providerOption(func(_ *settings, p *provider) error {
		if limits == nil || name == "" || processes < 0 {
			return fmt.Errorf("SharedRateLimit: the store or the name is missing, or the number of processes is negative: %w", ErrInvalid)
		}
		p.chosen.shared = &limit.Shared{Limits: limits, Name: name, Processes: processes}
		return nil
	})
}

// RateLimitState keeps the calls of windows of five minutes and longer over a restart: each is saved before its request
// leaves. It is read at the first call. [RateLimitFile] keeps them in a file.
func RateLimitState(state api.LimitState) ProviderOption {
	return providerOption(func(_ *settings, p *provider) error {
		if state == nil {
			return fmt.Errorf("RateLimitState: the state is nil: %w", ErrInvalid)
		}
		p.chosen.state = state
		return nil
	})
}

// RateLimitFile keeps the state of a rate limiter in a file, which is replaced as a whole and synced. Only one process may
// use it.
func RateLimitFile(path string) api.LimitState { return limit.File(path) }
