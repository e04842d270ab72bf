package pronet

import (
	"fmt"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/coresignal"
	"github.com/pronet-go/pronet/internal/dataset"
	"github.com/pronet-go/pronet/internal/limit"
	"github.com/pronet-go/pronet/internal/transport"
)

// CoresignalPlan is a plan of Coresignal's, which decides how many calls a second a key may make.
// Source: docs.coresignal.com/api-introduction/rate-limits (2026).
type CoresignalPlan int

const (
	// PlanFree allows 5 calls a second, as do Mini and Starter. It is the one taken unless another is set.
	PlanFree CoresignalPlan = 5
	// PlanPro allows 10 calls a second.
	PlanPro CoresignalPlan = 10
	// PlanGrowth allows 20 calls a second.
	PlanGrowth CoresignalPlan = 20
	// PlanPremium allows 50 calls a second.
	PlanPremium CoresignalPlan = 50
	// PlanScale allows 100 calls a second. Elite allows as many or more: use RateLimit for its own number.
	PlanScale CoresignalPlan = 100
)

// Plan sets the limits of a Coresignal plan: its calls a second for everything together, one simulated notice a second,
// and 50 real-time scrapes a minute.
func Plan(plan CoresignalPlan) ProviderOption {
	return func(p *provider) error {
		if p.fixed.Name != api.Coresignal {
			return fmt.Errorf("Plan goes with WithCoresignal only: %w", ErrInvalid)
		}
		if plan < 1 || plan > maxRate {
			return fmt.Errorf("Plan(%d): there is no such plan: %w", plan, ErrInvalid)
		}
		if err := p.limit(); err != nil {
			return err
		}
		p.policies = planPolicies(plan)
		return nil
	}
}

func planPolicies(plan CoresignalPlan) []limit.Policy {
	return []limit.Policy{
		{N: int(plan), Window: time.Second},
		{Class: dataset.ClassSimulate, N: 1, Window: time.Second},
		{Class: dataset.ClassRealTime, N: 50, Window: time.Minute},
	}
}

// WithCoresignal gives the API key of Coresignal's current API (v2). Without a Plan, the smallest plan's limits hold.
func WithCoresignal(key string, options ...ProviderOption) Option {
	return func(s *settings) error {
		credential, err := api.StaticCredential(key)
		if err != nil {
			return fmt.Errorf("WithCoresignal: %w: %w", ErrInvalid, err)
		}
		return s.set(api.Coresignal, newCoresignal(), credential, options)
	}
}

// WithCoresignalCredential is WithCoresignal with a function that supplies the key before each attempt, for keys that rotate.
func WithCoresignalCredential(credential api.Credential, options ...ProviderOption) Option {
	return func(s *settings) error { return s.set(api.Coresignal, newCoresignal(), credential, options) }
}

// WithCoresignalV1 gives the JWT of Coresignal's first API (v1), which the V1 services use. Coresignal announced its end
// for August 2025.
func WithCoresignalV1(token string, options ...ProviderOption) Option {
	return func(s *settings) error {
		credential, err := api.StaticCredential(token)
		if err != nil {
			return fmt.Errorf("WithCoresignalV1: %w: %w", ErrInvalid, err)
		}
		return s.set(api.CoresignalV1, newCoresignalV1(), credential, options)
	}
}

// WithCoresignalV1Credential is WithCoresignalV1 with a function that supplies the JWT before each attempt, since JWTs expire.
func WithCoresignalV1Credential(credential api.Credential, options ...ProviderOption) Option {
	return func(s *settings) error {
		return s.set(api.CoresignalV1, newCoresignalV1(), credential, options)
	}
}

func newCoresignal() provider {
	return provider{
		fixed:    transport.Provider{Name: api.Coresignal, AuthHeader: coresignal.KeyHeader, ReadError: coresignal.ReadError},
		baseURL:  coresignal.BaseURL,
		policies: planPolicies(PlanFree),
	}
}

// newCoresignalV1 has the limits that were documented until about 2025: by kind of call, for each token.
func newCoresignalV1() provider {
	return provider{
		fixed: transport.Provider{
			Name: api.CoresignalV1, AuthHeader: coresignal.TokenHeader, AuthPrefix: coresignal.TokenPrefix, ReadError: coresignal.ReadError,
		},
		baseURL: coresignal.BaseURL,
		policies: []limit.Policy{
			{Class: dataset.ClassSearch, N: 18, Window: time.Second},
			{Class: dataset.ClassBulk, N: 27, Window: time.Second},
			{Class: dataset.ClassCollect, N: 54, Window: time.Second},
			{Class: dataset.ClassSubscriptions, N: 18, Window: time.Second},
			{Class: dataset.ClassSimulate, N: 1, Window: time.Second},
		},
	}
}
