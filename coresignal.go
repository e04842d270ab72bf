package pronet

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/internal/coresignal"
	"github.com/pronet-go/pronet/internal/dataset"
	"github.com/pronet-go/pronet/internal/limit"
	"github.com/pronet-go/pronet/internal/wire"
)

// CoresignalOption sets one thing of Coresignal's current API, see [WithCoresignal].
type CoresignalOption interface {
	coresignal(*settings, *provider) error
}

// CoresignalV1Option sets one thing of Coresignal's first API, see [WithCoresignalV1].
type CoresignalV1Option interface {
	coresignalV1(*settings, *provider) error
}

// coresignalOption goes with the current API only.
type coresignalOption func(*settings, *provider) error

func (o coresignalOption) coresignal(s *settings, p *provider) error { return o(s, p) }

// Plan is a plan of Coresignal's, which decides how many calls a second a key may make.
// Source: docs.coresignal.com/api-introduction/rate-limits (2026).
type Plan int

const (
	// PlanFree allows 5 calls a second, as do Mini and Starter. It is the one taken unless another is set.
	PlanFree Plan = 5
	// PlanPro allows 10 calls a second.
	PlanPro Plan = 10
	// PlanGrowth allows 20 calls a second.
	PlanGrowth Plan = 20
	// PlanPremium allows 50 calls a second.
	PlanPremium Plan = 50
	// PlanScale allows 100 calls a second. Elite allows as many or more: use RateLimit for its own number.
	PlanScale Plan = 100
)

// CoresignalPlan sets the limits of a plan: its calls a second for everything together, one simulated notice a second,
// and 50 real-time scrapes a minute. RateLimit changes one of them.
func CoresignalPlan(plan Plan) CoresignalOption {
	return coresignalOption(func(_ *settings, p *provider) error {
		if plan < 1 || plan > maxRate {
			return fmt.Errorf("CoresignalPlan(%d): there is no such plan: %w", plan, ErrInvalid)
		}
		p.chosen.plan = planPolicies(plan)
		return nil
	})
}

func planPolicies(plan Plan) []limit.Policy {
	return []limit.Policy{
		{N: int(plan), Window: time.Second},
		{Class: dataset.ClassSimulate, N: 1, Window: time.Second},
		{Class: dataset.ClassRealTime, N: 50, Window: time.Minute},
	}
}

// CoresignalBulkIDsForm sets how package bulkcollect sends a list of IDs to the current API, whose pages contradict each
// other; bulkcollect.IDsAsJSON unless set.
func CoresignalBulkIDsForm(form bulkcollect.IDsForm) CoresignalOption {
	return coresignalOption(func(s *settings, _ *provider) error {
		if form < bulkcollect.IDsAsJSON || form > bulkcollect.IDsAsFile {
			return fmt.Errorf("CoresignalBulkIDsForm(%d): there is no such form: %w", form, ErrInvalid)
		}
		s.idsForm = form
		return nil
	})
}

// CoresignalIDFileField names the form field that carries an ID file, for both APIs; "ids_file" unless set, which is assumed.
func CoresignalIDFileField(name string) interface {
	CoresignalOption
	CoresignalV1Option
} {
	return providerOption(func(s *settings, _ *provider) error {
		if name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != "" {
			return fmt.Errorf("CoresignalIDFileField(%.40q): letters, digits, _ and - are possible: %w", name, ErrInvalid)
		}
		s.uploadField = name
		return nil
	})
}

// WithCoresignal gives the API key of Coresignal's current API (v2). Without a plan, the smallest plan's limits hold. A JWT
// is refused: it is a key of the first API.
func WithCoresignal(key string, options ...CoresignalOption) Option {
	return func(s *settings) error {
		secret, err := api.NewSecret(key)
		if err == nil && isJWT(key) {
			err = errors.New("the key is a JWT, as the first API has them: pass it to WithCoresignalV1, or take the API key of the dashboard")
		}
		if err != nil {
			return fmt.Errorf("WithCoresignal: %w: %w", ErrInvalid, err)
		}
		return s.set(newCoresignal(secret), static(secret), coresignalOptions(options))
	}
}

// WithCoresignalCredential is WithCoresignal with a function that supplies the key before each attempt, for keys that rotate.
func WithCoresignalCredential(credential api.Credential, options ...CoresignalOption) Option {
	return func(s *settings) error {
		return s.set(newCoresignal(api.Secret{}), credential, coresignalOptions(options))
	}
}

// WithCoresignalV1 gives the JWT of Coresignal's first API (v1), which the V1 services use. Coresignal announced its end
// for August 2025. What has the form of an API key, 32 letters and digits, is refused.
func WithCoresignalV1(token string, options ...CoresignalV1Option) Option {
	return func(s *settings) error {
		secret, err := api.NewSecret(token)
		if err == nil && isAPIKey(token) {
			err = errors.New("the token is no JWT but looks like an API key of the current API: pass it to WithCoresignal")
		}
		if err != nil {
			return fmt.Errorf("WithCoresignalV1: %w: %w", ErrInvalid, err)
		}
		return s.set(newCoresignalV1(secret), static(secret), coresignalV1Options(options))
	}
}

// WithCoresignalV1Credential is WithCoresignalV1 with a function that supplies the JWT before each attempt, since JWTs
// expire: after a 401 it is asked again, and another JWT is tried once.
func WithCoresignalV1Credential(credential api.Credential, options ...CoresignalV1Option) Option {
	return func(s *settings) error {
		return s.set(newCoresignalV1(api.Secret{}), credential, coresignalV1Options(options))
	}
}

// isJWT reports whether a key has the form of a JWT (RFC 7519): three parts, of which the first is a JSON object in base64.
func isJWT(key string) bool { return strings.HasPrefix(key, "eyJ") && strings.Count(key, ".") == 2 }

// isAPIKey reports whether a key has the form of those that the dashboard gives: 32 letters and digits.
func isAPIKey(key string) bool {
	return len(key) == 32 && strings.Trim(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == ""
}

func static(key api.Secret) api.Credential {
	return func(context.Context) (api.Secret, error) { return key, nil }
}

func coresignalOptions(options []CoresignalOption) []providerOption {
	var all []providerOption
	for _, option := range options {
		if option != nil {
			all = append(all, option.coresignal)
		}
	}
	return all
}

func coresignalV1Options(options []CoresignalV1Option) []providerOption {
	var all []providerOption
	for _, option := range options {
		if option != nil {
			all = append(all, option.coresignalV1)
		}
	}
	return all
}

func newCoresignal(key api.Secret) provider {
	row := coresignalRow(api.Coresignal, "Coresignal v2 (header apikey)", "/cdapi/v2/", "/rtapi/v2/")
	row.KeyHeader = coresignal.KeyHeader
	return provider{
		row: row, key: key, address: coresignal.BaseURL, limits: planPolicies(PlanFree),
		classes: []string{dataset.ClassRealTime, dataset.ClassSimulate, dataset.ClassSearch, dataset.ClassCollect, dataset.ClassBulk, dataset.ClassSubscriptions},
	}
}

// newCoresignalV1 has the limits that were documented until about 2025: by kind of call, for each token.
func newCoresignalV1(token api.Secret) provider {
	row := coresignalRow(api.CoresignalV1, "Coresignal v1 (bearer JWT; announced to end in August 2025)", "/cdapi/v1/")
	row.KeyHeader, row.KeyPrefix = coresignal.TokenHeader, coresignal.TokenPrefix
	return provider{
		row: row, key: token, address: coresignal.BaseURL,
		classes: []string{dataset.ClassSearch, dataset.ClassCollect, dataset.ClassBulk, dataset.ClassSubscriptions, dataset.ClassSimulate},
		limits: []limit.Policy{
			{Class: dataset.ClassSearch, N: 18, Window: time.Second},
			{Class: dataset.ClassBulk, N: 27, Window: time.Second},
			{Class: dataset.ClassCollect, N: 54, Window: time.Second},
			{Class: dataset.ClassSubscriptions, N: 18, Window: time.Second},
			{Class: dataset.ClassSimulate, N: 1, Window: time.Second},
		},
	}
}

// coresignalRow is what both APIs have in common.
func coresignalRow(name api.Provider, title string, prefixes ...string) wire.Provider {
	return wire.Provider{
		Name: name, Title: title, Prefixes: prefixes,
		Reserved:   []string{coresignal.KeyHeader},
		RequestIDs: []string{"X-Request-Id", "X-Correlation-Id", "X-Kong-Request-Id"}, CreditsHeader: coresignal.CreditsHeader,
		Inspect: func(r *wire.Response) {
			if r.Err != nil {
				r.Own = coresignal.ReadError(r.Err)
			}
		},
		Expired: func(e *api.Error) bool { return errors.Is(e, api.ErrUnauthorized) },
	}
}
