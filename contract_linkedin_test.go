package pronet_test

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// linkedinCalls makes one call of each operation of LinkedIn's.
var linkedinCalls = map[string]func(context.Context, *contract, urn.URN) error{
	"LinkedIn.CheckToken": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.CheckToken(ctx)
		return err
	},
	"LinkedIn.OAuth.Finish": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := logIn(ctx, c)
		return err
	},
	"LinkedIn.OAuth.Refresh": func(ctx context.Context, c *contract, _ urn.URN) error {
		grant, err := logIn(ctx, c)
		if err == nil {
			_, err = c.client.LinkedIn.OAuth.Refresh(ctx, grant.Refresh)
		}
		return err
	},
	"LinkedIn.OAuth.Introspect": func(ctx context.Context, c *contract, _ urn.URN) error {
		grant, err := logIn(ctx, c)
		if err == nil {
			_, err = c.client.LinkedIn.OAuth.Introspect(ctx, grant.Access)
		}
		return err
	},
	"LinkedIn.OAuth.Revoke": func(ctx context.Context, c *contract, _ urn.URN) error {
		grant, err := logIn(ctx, c)
		if err == nil {
			err = c.client.LinkedIn.OAuth.Revoke(ctx, grant.Access)
		}
		return err
	},
	"LinkedIn.Seats.List": func(ctx context.Context, c *contract, recruiter urn.URN) error {
		_, err := c.client.LinkedIn.Seats.List(ctx, linkedin.SeatQuery{Contract: recruiter})
		return err
	},
	"LinkedIn.Seats.ListLegacy": func(ctx context.Context, c *contract, recruiter urn.URN) error {
		_, err := c.client.LinkedIn.Seats.ListLegacy(ctx, linkedin.LegacySeatQuery{Contract: recruiter})
		return err
	},
	"ProspectNotes.List": func(ctx context.Context, c *contract, recruiter urn.URN) error {
		_, err := c.client.ProspectNotes.List(ctx, prospectnotes.Query{Contract: recruiter})
		return err
	},
}

// allOfLinkedIn are the calls of all its services.
var allOfLinkedIn = merged(linkedinCalls, postCalls, memberCalls)

func merged[F any](parts ...map[string]F) map[string]F {
	all := make(map[string]F)
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return all
}

// linkedinEffects is what calls of an operation have made.
func linkedinEffects(sb *sandbox.Sandbox, op wire.Op) int {
	if op.Name == "LinkedIn.Posts.Comment" {
		return sb.LinkedIn.CommentsMade()
	}
	return sb.LinkedIn.PostsMade() + memberEffects(sb) + sb.LinkedIn.ConsentsGranted()
}

// logIn has the sandbox's person log in and consent.
func logIn(ctx context.Context, c *contract) (*linkedin.Grant, error) {
	login, err := c.client.LinkedIn.OAuth.Begin(linkedin.LoginRequest{RedirectURL: "http://127.0.0.1/callback", Scopes: []linkedin.Scope{linkedin.ScopeOpenID}})
	if err != nil {
		return nil, err
	}
	callback, err := c.sb.LinkedIn.Consent(login.URL)
	if err != nil {
		return nil, err
	}
	back, err := url.Parse(callback)
	if err != nil {
		return nil, err
	}
	return c.client.LinkedIn.OAuth.Finish(ctx, login, back.Query())
}

// linkedinContract is what the contract tests need to know of LinkedIn.
var linkedinContract = providerContract{
	providers: []api.Provider{api.LinkedIn},
	rows:      slices.Collect(maps.Keys(allOfLinkedIn)),
	begin: func(t *testing.T, prefix string) running {
		options := append(withAllOfMembers(), sandbox.WithPathPrefix(prefix), fake.WithNotes(5), fake.WithRefreshTokens(365*24*time.Hour))
		if prefix != "" { // where a post may be read, a lost response leaves no doubt
			options = append(options, fake.WithReadablePosts())
		}
		sb, client := start(t, options...)
		recruiter, err := urn.Parse(sb.LinkedIn.App().Contract)
		if err != nil {
			t.Fatal(err)
		}
		c := &contract{sb: sb, client: client}
		return running{
			sb: sb, url: sb.LinkedIn.URL(),
			call:    func(ctx context.Context, name string) error { return allOfLinkedIn[name](ctx, c, recruiter) },
			effects: func(op wire.Op) int { return linkedinEffects(sb, op) },
		}
	},
}
