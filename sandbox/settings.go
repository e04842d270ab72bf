package sandbox

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/sandbox/internal/shell"
	"github.com/pronet-go/pronet/sandbox/linkedin"
	"github.com/pronet-go/pronet/sandbox/saleswebhooks"
)

// Option changes how a Sandbox behaves: an option of this package, which holds for all providers, or of a provider's
// package, such as [coresignal.WithPeople]. Options may be given in any order; of two that set the same thing the last
// one counts.
type Option interface {
	ForSandbox()
}

// common is an option of this package.
type common func(*settings) error

func (common) ForSandbox() {}

type settings struct {
	shell         shell.Settings
	coresignal    []coresignal.Option
	linkedin      []linkedin.Option
	salesWebhooks []saleswebhooks.Option
	more          []func(*shell.Shell) // providers of tests
}

func newSettings(opts []Option) (settings, error) {
	s := settings{shell: shell.Settings{Seed: 1, SecretKeys: true, Start: time.Now(), Log: slog.New(slog.DiscardHandler)}}
	var errs []error
	for _, opt := range opts {
		switch opt := opt.(type) {
		case common:
			errs = append(errs, opt(&s))
		case coresignal.Option:
			s.coresignal = append(s.coresignal, opt)
		case linkedin.Option:
			s.linkedin = append(s.linkedin, opt)
		case saleswebhooks.Option:
			s.salesWebhooks = append(s.salesWebhooks, opt)
		default: // nil, or a type of somebody else's
			errs = append(errs, fmt.Errorf("sandbox: %T is no option of a sandbox", opt))
		}
	}
	return s, errors.Join(errs...)
}

// WithSeed sets what people, keys and identifiers are derived from. The same seed and start time give the same people
// and keys, and the same identifiers for the same requests in the same order. Without it people and identifiers are those
// of seed 1, and each sandbox has keys of its own that nobody can guess.
func WithSeed(seed uint64) Option {
	return common(func(s *settings) error {
		s.shell.Seed, s.shell.SecretKeys = seed, false
		return nil
	})
}

// WithPathPrefix puts all providers below a path such as "/proxy", to test clients that are given a base URL with a
// path.
func WithPathPrefix(prefix string) Option {
	return common(func(s *settings) error {
		if prefix != "" && (!strings.HasPrefix(prefix, "/") || strings.HasSuffix(prefix, "/") || strings.ContainsAny(prefix, "?#%")) {
			return fmt.Errorf("sandbox: WithPathPrefix: %q must start with a slash, end without one and hold no ?, # or %%", prefix)
		}
		s.shell.PathPrefix = prefix
		return nil
	})
}

// WithHosts allows names besides localhost and this machine's addresses under which the sandbox may be asked for, such as
// "sandbox" where that is its name in a network of containers, without a port. Every other Host gets 403, and so does a
// request with the Origin of another site: otherwise a web page that is open on this machine could use the sandbox, and
// through its deliveries whatever listens here. Requests that do not come over IP, such as those of
// [Sandbox.StartInMemory], are not looked at.
func WithHosts(names ...string) Option {
	return common(func(s *settings) error {
		s.shell.Hosts = nil
		for _, name := range names {
			if name == "" || strings.ContainsAny(name, ":/*[] ") {
				return fmt.Errorf("sandbox: WithHosts: %.100q is not the name of a host; it has no port and no pattern", name)
			}
			s.shell.Hosts = append(s.shell.Hosts, strings.TrimSuffix(name, "."))
		}
		return nil
	})
}

// WithDeliveryTransport sets what carries deliveries to callback URLs. Without it they go over the network, without a
// proxy.
func WithDeliveryTransport(t http.RoundTripper) Option {
	return common(func(s *settings) error {
		if t == nil {
			return errors.New("sandbox: WithDeliveryTransport: the transport is nil")
		}
		s.shell.Carrier = t
		return nil
	})
}

// WithStartTime sets what the sandbox's clock shows at first. The default is the time of its creation.
func WithStartTime(t time.Time) Option {
	return common(func(s *settings) error {
		if t.IsZero() {
			return errors.New("sandbox: WithStartTime: the time is zero")
		}
		s.shell.Start = t
		return nil
	})
}

// WithLogger sets where requests and deliveries are logged, at debug level and without keys, bodies or callback URLs. By
// default nothing is logged.
func WithLogger(log *slog.Logger) Option {
	return common(func(s *settings) error {
		if log == nil {
			return errors.New("sandbox: WithLogger: the logger is nil")
		}
		s.shell.Log = log
		return nil
	})
}
