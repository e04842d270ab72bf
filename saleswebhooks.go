package pronet

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/limit"
	sw "github.com/pronet-go/pronet/internal/saleswebhooks"
	"github.com/pronet-go/pronet/internal/wire"
)

// SalesWebhooksOption sets one thing of Sales Webhooks, see [WithSalesWebhooks].
type SalesWebhooksOption interface {
	salesWebhooks(*settings, *provider) error
}

func (o providerOption) salesWebhooks(s *settings, p *provider) error { return o(s, p) }

// salesWebhooksOption goes with Sales Webhooks only.
type salesWebhooksOption func(*settings, *provider) error

func (o salesWebhooksOption) salesWebhooks(s *settings, p *provider) error { return o(s, p) }

// WithSalesWebhooks gives the API key of Sales Webhooks. Its limits are 100 calls that create, 1,000 that read and 10 bulk
// calls in any 15 minutes, by the classes "write", "read" and "bulk". Whether the provider counts them by key or by
// account is not documented: by key is assumed ([SalesWebhooksLimitsPerAccount]). Give it [RateLimitState], or a program that is started again makes calls
// that the provider refuses.
func WithSalesWebhooks(key string, options ...SalesWebhooksOption) Option {
	return func(s *settings) error {
		secret, err := api.NewSecret(key)
		if err != nil {
			return fmt.Errorf("WithSalesWebhooks: %w: %w", ErrInvalid, err)
		}
		return s.set(newSalesWebhooks(secret), static(secret), salesWebhooksOptions(options))
	}
}

// WithSalesWebhooksCredential is WithSalesWebhooks with a function that supplies the key before each attempt, for keys that rotate.
func WithSalesWebhooksCredential(credential api.Credential, options ...SalesWebhooksOption) Option {
	return func(s *settings) error {
		return s.set(newSalesWebhooks(api.Secret{}), credential, salesWebhooksOptions(options))
	}
}

func salesWebhooksOptions(options []SalesWebhooksOption) []providerOption {
	var all []providerOption
	for _, option := range options {
		if option != nil {
			all = append(all, option.salesWebhooks)
		}
	}
	return all
}

// SalesWebhooksPath is what the provider's paths begin with.
type SalesWebhooksPath string

const (
	// SalesWebhooksV1 is what the provider's runnable examples have. It is the one taken unless another is set.
	SalesWebhooksV1 SalesWebhooksPath = "/v1"
	// SalesWebhooksAPIV1 is what the provider's lists of endpoints have.
	SalesWebhooksAPIV1 SalesWebhooksPath = "/api/v1"
)

// SalesWebhooksBasePath sets what the paths begin with after the base URL. The provider's pages contradict each other;
// SalesWebhooksV1 unless set.
func SalesWebhooksBasePath(path SalesWebhooksPath) SalesWebhooksOption {
	return salesWebhooksOption(func(_ *settings, p *provider) error {
		if path != SalesWebhooksV1 && path != SalesWebhooksAPIV1 {
			return fmt.Errorf("SalesWebhooksBasePath(%.40q): there is no such path: %w", path, ErrInvalid)
		}
		p.before = strings.TrimSuffix(string(path), string(SalesWebhooksV1))
		return nil
	})
}

// SalesWebhooksCalls are calls of which no source says against which rate limit they count.
type SalesWebhooksCalls int

const (
	// SalesWebhooksCancels are single cancels; "write" is assumed.
	SalesWebhooksCancels = SalesWebhooksCalls(sw.Cancels)
	// SalesWebhooksExports are exports; "read" is assumed.
	SalesWebhooksExports = SalesWebhooksCalls(sw.Exports)
	// SalesWebhooksAccountCalls are all calls of the account and of the webhook configuration; "read" is assumed.
	SalesWebhooksAccountCalls = SalesWebhooksCalls(sw.Accounts)
)

// SalesWebhooksCountAs says against which limit calls count: "write", "read", "bulk", or "" for none of the three.
func SalesWebhooksCountAs(calls SalesWebhooksCalls, class string) SalesWebhooksOption {
	return salesWebhooksOption(func(s *settings, p *provider) error {
		if calls < SalesWebhooksCancels || calls > SalesWebhooksAccountCalls || class != "" && !slices.Contains(p.classes, class) {
			return fmt.Errorf("SalesWebhooksCountAs(%d, %.40q): there are no such calls, or no such class: %w", calls, class, ErrInvalid)
		}
		classes := maps.Clone(s.salesWebhooks.Classes)
		if classes == nil {
			classes = make(map[sw.Calls]string)
		}
		classes[sw.Calls(calls)] = class
		s.salesWebhooks.Classes = classes
		return nil
	})
}

// SalesWebhooksMaxBulkCancel sets the most ids of one bulk cancel. 100, which is documented for creating, is assumed.
func SalesWebhooksMaxBulkCancel(n int) SalesWebhooksOption {
	return salesWebhooksOption(func(s *settings, _ *provider) error {
		if n < 1 || n > 10_000 {
			return fmt.Errorf("SalesWebhooksMaxBulkCancel(%d): 1 to 10,000 are possible: %w", n, ErrInvalid)
		}
		s.salesWebhooks.MaxBulkCancel = n
		return nil
	})
}

// SalesWebhooksErrorIndexFrom sets what the index of an error in the response to a bulk call counts from, 0 or 1. 0 is assumed.
// Where the error has the item's id too, that is believed.
func SalesWebhooksErrorIndexFrom(n int) SalesWebhooksOption {
	return salesWebhooksOption(func(s *settings, _ *provider) error {
		if n != 0 && n != 1 {
			return fmt.Errorf("SalesWebhooksErrorIndexFrom(%d): 0 and 1 are possible: %w", n, ErrInvalid)
		}
		s.salesWebhooks.ErrorIndexFrom = n
		return nil
	})
}

// SalesWebhooksLimitsPerAccount counts the calls of all keys together, so that clones with other keys of the same account
// share the rate limits. By key is assumed. Give it to New; clones made of the client inherit it.
func SalesWebhooksLimitsPerAccount() SalesWebhooksOption {
	return salesWebhooksOption(func(_ *settings, p *provider) error {
		if !p.perApp {
			p.perApp, p.limiter = true, nil
		}
		return nil
	})
}

func newSalesWebhooks(key api.Secret) provider {
	const window = 15 * time.Minute
	return provider{
		key: key, address: sw.BaseURL, keep: true,
		classes: []string{sw.ClassWrite, sw.ClassRead, sw.ClassBulk},
		limits: []limit.Policy{
			{Class: sw.ClassWrite, N: 100, Window: window},
			{Class: sw.ClassRead, N: 1000, Window: window},
			{Class: sw.ClassBulk, N: 10, Window: window},
		},
		row: wire.Provider{
			Name: api.SalesWebhooks, Title: "Sales Webhooks (header X-API-Key; the base path is /v1 or, by option, /api/v1)",
			Prefixes: []string{"/v1/"}, KeyHeader: sw.KeyHeader, Reserved: []string{sw.KeyHeader},
			RequestIDs: []string{"X-Request-Id"},
			Inspect: func(r *wire.Response) {
				if r.Err != nil {
					r.Own = sw.ReadError(r.Err)
				}
			},
			Expired: func(e *api.Error) bool { return errors.Is(e, api.ErrUnauthorized) },
		},
	}
}
