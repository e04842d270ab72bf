package pronet

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/limit"
	"github.com/pronet-go/pronet/internal/transport"
)

// ProviderOption sets one thing of one provider, in the option that gives its credential.
type ProviderOption func(*provider) error

// provider is what the options say of one provider.
type provider struct {
	fixed      transport.Provider // what does not depend on options
	baseURL    string
	credential api.Credential
	policies   []limit.Policy
	smooth     bool
	custom     api.Limiter
	limiter    *limit.Limiter // made once, shared by clones
	limitsSet  int            // by how many options
}

// set adds a provider, or changes one that a clone has.
func (s *settings) set(name api.Provider, fresh provider, credential api.Credential, options []ProviderOption) error {
	if credential == nil {
		return fmt.Errorf("%s: the credential is nil: %w", name, ErrInvalid)
	}
	p := fresh
	inherited := s.providers[name]
	if inherited != nil {
		p = *inherited
	}
	p.credential = credential
	p.limitsSet = 0
	for _, option := range options {
		if option == nil {
			continue
		}
		if err := option(&p); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if p.limitsSet > 0 {
		p.limiter = nil
	}
	s.providers[name] = &p
	return nil
}

// limit notes that an option sets the limits, which only one may.
func (p *provider) limit() error {
	if p.limitsSet++; p.limitsSet > 1 {
		return fmt.Errorf("more than one of Plan, RateLimit and Limiter: %w", ErrInvalid)
	}
	p.policies, p.custom = nil, nil
	return nil
}

// build checks the base URL and makes the limiter.
func (p *provider) build(insecure bool) (transport.Provider, error) {
	built := p.fixed
	base, err := parseBaseURL(p.baseURL, insecure)
	if err != nil {
		return built, err
	}
	built.BaseURL, built.Credential, built.Custom = base, p.credential, p.custom
	if p.limiter == nil && p.custom == nil {
		policies := append([]limit.Policy(nil), p.policies...)
		for i := range policies {
			policies[i].Smooth = p.smooth
		}
		if p.limiter, err = limit.New(policies...); err != nil {
			return built, err
		}
	}
	built.Limiter = p.limiter
	return built, nil
}

// parseBaseURL accepts https, and http to this machine.
func parseBaseURL(raw string, insecure bool) (*url.URL, error) {
	refuse := func(reason string) (*url.URL, error) {
		return nil, fmt.Errorf("the base URL %s: %w", reason, ErrInvalid)
	}
	base, err := url.Parse(raw)
	switch {
	case raw == "":
		return refuse("is empty")
	case err != nil || base.Opaque != "" || base.Hostname() == "":
		return refuse("is not a URL with a host")
	case base.User != nil:
		return refuse("has a user name or password")
	case base.RawQuery != "" || base.ForceQuery || base.Fragment != "":
		return refuse("has a query or fragment")
	case base.Scheme == "http" && !insecure && !isLoopback(base.Hostname()):
		return refuse("is http, so the key would travel in the clear (WithInsecureHTTP allows it)")
	case base.Scheme != "https" && base.Scheme != "http":
		return refuse("is neither https nor http")
	}
	for segment := range strings.SplitSeq(base.Path, "/") {
		if segment == "." || segment == ".." {
			return refuse("has a path with . or ..")
		}
	}
	base.Path, base.RawPath = strings.TrimRight(base.Path, "/"), strings.TrimRight(base.RawPath, "/")
	return base, nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// BaseURL sets the address that stands before every route, such as that of a proxy of yours or of a sandbox: https, or
// http to this machine. The provider's own unless set.
func BaseURL(address string) ProviderOption {
	return func(p *provider) error {
		if _, err := parseBaseURL(address, true); err != nil {
			return err
		}
		p.baseURL = address
		return nil
	}
}

// Smooth spreads calls evenly over the rate limit's window in place of letting as many go at once as it allows.
func Smooth() ProviderOption {
	return func(p *provider) error {
		p.smooth, p.limiter = true, nil
		return nil
	}
}

// maxRate bounds the calls in a window: the time of each is remembered.
const maxRate = 100_000

// RateLimit replaces the provider's rate limits by one: at most n calls in any window of the given length, n up to
// 100,000.
func RateLimit(n int, window time.Duration) ProviderOption {
	return func(p *provider) error {
		if n < 1 || n > maxRate || window <= 0 {
			return fmt.Errorf("RateLimit(%d, %s) is not a rate limit of 1 to %d calls: %w", n, window, maxRate, ErrInvalid)
		}
		if err := p.limit(); err != nil {
			return err
		}
		p.policies = []limit.Policy{{N: n, Window: window}}
		return nil
	}
}

// Limiter paces the provider's calls with a limiter of yours, such as one that several processes share, in place of the
// client's own.
func Limiter(limiter api.Limiter) ProviderOption {
	return func(p *provider) error {
		if limiter == nil {
			return fmt.Errorf("Limiter: the limiter is nil: %w", ErrInvalid)
		}
		if err := p.limit(); err != nil {
			return err
		}
		p.custom = limiter
		return nil
	}
}
