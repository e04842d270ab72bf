package pronet

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/limit"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin"
)

// LinkedInOption sets one thing of LinkedIn's API, see [WithLinkedIn].
type LinkedInOption interface {
	linkedin(*settings, *provider) error
}

// linkedinOption goes with LinkedIn only.
type linkedinOption func(*settings, *provider) error

func (o linkedinOption) linkedin(s *settings, p *provider) error { return o(s, p) }

// WithLinkedIn says where the access tokens of LinkedIn's API come from:
//
//	client, err := pronet.New(pronet.WithLinkedIn(linkedin.AppTokens(clientID, clientSecret)))
//
// One client is for the tokens of one app or member. Clone makes those of other customers:
//
//	customer, err := client.Clone(pronet.WithLinkedIn(linkedin.AppTokens(childID, childSecret)))
//
// A quota belongs to the app whose token is sent, so a clone with another app has its own, unless LinkedInSharedQuota is
// set. Whose a token is that is given as such, or comes from a source, is not known: each has its own, too.
func WithLinkedIn(tokens linkedin.Tokens, options ...LinkedInOption) Option {
	return func(s *settings) error {
		if err := tokens.Check(); err != nil {
			return fmt.Errorf("WithLinkedIn: %w", err)
		}
		keeper, key := linkedinapi.Static(tokens.Static), tokens.Static
		switch {
		case tokens.Source != nil:
			keeper, key = linkedinapi.FromSource(tokens.Source), api.Secret{}
		case tokens.Member != "":
			keeper = linkedinapi.ForMember(tokens.ClientID, tokens.ClientSecret, tokens.Store, tokens.Member, tokens.RefreshEnding)
			key, _ = api.NewSecret(tokens.ClientID) // it was checked
		case tokens.ClientID != "":
			keeper = linkedinapi.ForApp(tokens.ClientID, tokens.ClientSecret, tokens.Store)
			key, _ = api.NewSecret(tokens.ClientID) // it was checked
		}
		var all []providerOption
		for _, option := range options {
			if option != nil {
				all = append(all, option.linkedin)
			}
		}
		return s.set(newLinkedIn(keeper, key), keeper.Credential, all)
	}
}

// LinkedInAccountsURL sets the address of the origin of tokens, https://www.linkedin.com unless set: https, or http to
// this machine, as [BaseURL].
func LinkedInAccountsURL(address string) LinkedInOption {
	return linkedinOption(func(_ *settings, p *provider) error {
		if _, err := parseBaseURL(address, true, p.row.Prefixes); err != nil {
			return err
		}
		p.linkedin.accounts = address
		return nil
	})
}

// LinkedInProtocol sets the version of Rest.li's protocol in which the services of Recruiter System Connect write their
// queries. It is 1.0 unless set, as in LinkedIn's own page and collection of requests; that they accept 2.0 is assumed.
func LinkedInProtocol(protocol linkedin.Protocol) LinkedInOption {
	return linkedinOption(func(s *settings, _ *provider) error {
		if protocol != linkedin.Protocol1 && protocol != linkedin.Protocol2 {
			return fmt.Errorf("LinkedInProtocol(%d): there is no such protocol: %w", protocol, ErrInvalid)
		}
		s.linkedin.Protocol = restli.Protocol(protocol)
		return nil
	})
}

// LinkedInBase sets where the paths of a service begin, and the version that its calls ask for:
//
//	pronet.LinkedInBase(linkedin.ProspectNotes, "/rest", "202604")
//
// Unless set it is where docs/endpoints.md has it. Paths that begin with /rest need a version: "" is the newest that is known,
// [linkedin.DefaultVersion]. LinkedIn moves its services from the one to the other, and whether a service is there no page
// may say yet (assumed for all of Recruiter System Connect).
//
// From 90 days before the end of a version on, the log warns of it once a day. A version that has ended is
// [ErrVersionRetired].
func LinkedInBase(service linkedin.API, path string, version linkedin.Version) LinkedInOption {
	return linkedinOption(func(s *settings, _ *provider) error {
		area := linkedin.AreaOf(service)
		switch {
		case area == "":
			return fmt.Errorf("LinkedInBase: %.40q is no service: %w", service, ErrInvalid)
		case !strings.HasPrefix(path, "/") || strings.HasSuffix(path, "/") || checkEncoded(path) != nil || strings.ContainsAny(path, "%{}"):
			return fmt.Errorf("LinkedInBase: the path %.40q is not one such as /rest: %w", path, ErrInvalid)
		case version == "" && path == "/rest":
			version = linkedin.DefaultVersion(area)
		case version != "":
			if _, err := linkedin.ParseVersion(string(version)); err != nil {
				return fmt.Errorf("LinkedInBase: %w", err)
			}
		}
		if s.linkedin.Bases == nil {
			s.linkedin.Bases = make(map[string]linkedinapi.Base)
		}
		life, _ := linkedin.EndOf(area, version)
		s.linkedin.Bases[string(service)] = linkedinapi.Base{Path: path, Version: string(version), Ends: life.Ends}
		return nil
	})
}

// newestVersion is the version that a service at /rest asks for unless LinkedInBase sets another.
func newestVersion(service string) (version string, ends time.Time) {
	area := linkedin.AreaOf(linkedin.API(service))
	newest := linkedin.DefaultVersion(area)
	life, _ := linkedin.EndOf(area, newest)
	return string(newest), life.Ends
}

// LinkedInDailyQuota sets how many calls of [linkedin.ClassProspects] an app may make on a UTC day, 100,000 unless set.
// Once as many were counted, calls end with a [*RateLimitError] until 00:00 UTC.
func LinkedInDailyQuota(calls int) LinkedInOption {
	return linkedinOption(func(_ *settings, p *provider) error {
		if calls < 1 || calls > 1_000_000_000 {
			return fmt.Errorf("LinkedInDailyQuota(%d): 1 to 1,000,000,000 are possible: %w", calls, ErrInvalid)
		}
		p.linkedin.quota = calls
		p.linkedin.choose(p)
		return nil
	})
}

// LinkedInQuotaProbe sets how often one call is let through while a quota of a day counts as used up, every 15 minutes
// unless set. LinkedIn's refusals do not say whether a day's quota or a shorter limit is the reason; it is taken for the
// day's when two retries did not help, and the first probe that succeeds ends it.
func LinkedInQuotaProbe(every time.Duration) LinkedInOption {
	return linkedinOption(func(_ *settings, p *provider) error {
		if every < time.Second || every > 24*time.Hour {
			return fmt.Errorf("LinkedInQuotaProbe(%s): a second to a day is possible: %w", every, ErrInvalid)
		}
		p.linkedin.probe = every
		p.linkedin.choose(p)
		return nil
	})
}

// LinkedInSharedQuota counts the calls of all clones of the client together, whatever their apps: for child apps, should
// they count for their parent. Whether they do is not known; unless set, each app has a quota of its own. It is for New.
func LinkedInSharedQuota() LinkedInOption {
	return linkedinOption(func(_ *settings, p *provider) error {
		p.linkedin.shared = true
		p.linkedin.choose(p)
		return nil
	})
}

// linkedinProvider is what LinkedIn has besides what other providers have.
type linkedinProvider struct {
	keeper   *linkedinapi.Keeper
	accounts string // the address of the origin of tokens
	quota    int
	probe    time.Duration
	shared   bool
}

func newLinkedIn(keeper *linkedinapi.Keeper, key api.Secret) provider {
	own := &linkedinProvider{keeper: keeper, accounts: linkedinapi.AccountsURL, quota: linkedinapi.ProspectsADay, probe: linkedinapi.ProbeEvery}
	return provider{
		row: linkedinapi.Row(nil), key: key, address: linkedinapi.BaseURL, linkedin: own, limits: own.policies(),
		classes: linkedinapi.Classes(),
	}
}

// inherit returns what a clone with other tokens has. The token of the same app is not fetched twice.
func (l *linkedinProvider) inherit(from *linkedinProvider) *linkedinProvider {
	if l == nil {
		return nil
	}
	inherited := *from
	if !l.keeper.Same(from.keeper) {
		inherited.keeper = l.keeper
	}
	return &inherited
}

func (l *linkedinProvider) policies() []limit.Policy {
	return linkedinapi.Policies(l.quota, l.probe, l.shared)
}

// choose replaces the quotas.
func (l *linkedinProvider) choose(p *provider) { p.chosen.plan = l.policies() }

// complete adds the origin of tokens and the renewal, which sends its requests through the pipeline to be.
func (l *linkedinProvider) complete(built *transport.Provider, s *settings) error {
	accounts, err := parseBaseURL(l.accounts, s.insecureHTTP, nil)
	if err != nil {
		return fmt.Errorf("LinkedInAccountsURL: %w", err)
	}
	built.Origins = append(built.Origins, wire.Origin{Name: linkedinapi.Accounts, URL: accounts})
	s.linkedin.Keeper = l.keeper
	shared, through := s.linkedin, s.pipeline
	built.Inspect = linkedinapi.Row(shared.VersionOf).Inspect
	built.Credential = l.keeper.Credential
	if l.keeper.Renewable() {
		l.keeper.LogTo(s.logger)
		if l.keeper.Shared() {
			built.Renewals++
		}
		built.Stale, built.Lives = l.keeper.Stale, l.keeper.Lives
		built.Renew = func(ctx context.Context, used api.Secret) error { return l.keeper.Renew(ctx, through, used) }
	}
	return nil
}

// tokenEnds is when the token of the client ends, zero when that is not known.
func (s *settings) tokenEnds() time.Time {
	if p := s.providers[api.LinkedIn]; p != nil {
		return p.linkedin.keeper.Expires()
	}
	return time.Time{}
}
