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
	"github.com/pronet-go/pronet/linkedin/events"
	"github.com/pronet-go/pronet/linkedin/recruiter"
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
	"LinkedIn.Recruiter.InMails.List": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Recruiter.InMails.List(ctx, recruiter.InMailQuery{Viewer: mustURN(c.sb.LinkedIn.App().Seats[0])})
		return err
	},
	"LinkedIn.Recruiter.Stubs.List": func(ctx context.Context, c *contract, of urn.URN) error {
		_, err := c.client.LinkedIn.Recruiter.Stubs.List(ctx, recruiter.StubQuery{Contract: of})
		return err
	},
	"LinkedIn.Recruiter.Exports.Get": func(ctx context.Context, c *contract, _ urn.URN) error {
		app := c.sb.LinkedIn.App()
		_, err := c.client.LinkedIn.Recruiter.Exports.Get(ctx, c.sb.LinkedIn.ExportCandidate(app.ClientID, "JOB_1"), mustURN(c.sb.LinkedIn.OrganizationOf(app.ClientID)))
		return err
	},
	"LinkedIn.Recruiter.Purges.List": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Recruiter.Purges.List(ctx, recruiter.PurgedQuery{})
		return err
	},
	"LinkedIn.Recruiter.Integrations.Get": func(ctx context.Context, c *contract, of urn.URN) error {
		_, err := c.client.LinkedIn.Recruiter.Integrations.Get(ctx, []recruiter.IntegrationKey{csa(c, of)})
		return err
	},
	"LinkedIn.Recruiter.Integrations.OfRequest": func(ctx context.Context, c *contract, of urn.URN) error {
		csa(c, of)
		_, err := c.client.LinkedIn.Recruiter.Integrations.OfRequest(ctx, c.sb.LinkedIn.SwitchIntegration(of.String(), "CSA_API", true))
		return err
	},
	"LinkedIn.Recruiter.Integrations.Enable": func(ctx context.Context, c *contract, of urn.URN) error {
		return c.client.LinkedIn.Recruiter.Integrations.Enable(ctx, csa(c, of), "integration")
	},
	"LinkedIn.Recruiter.Integrations.Configurations": func(ctx context.Context, c *contract, of urn.URN) error {
		_, err := c.client.LinkedIn.Recruiter.Integrations.Configurations(ctx, csa(c, of), []recruiter.Configuration{recruiter.CallbackURL})
		return err
	},
	"LinkedIn.Recruiter.Integrations.Configure": func(ctx context.Context, c *contract, of urn.URN) error {
		return c.client.LinkedIn.Recruiter.Integrations.Configure(ctx, csa(c, of), map[recruiter.Configuration]string{recruiter.CallbackURL: callbackURL})
	},
	"LinkedIn.Recruiter.Integrations.Unconfigure": func(ctx context.Context, c *contract, of urn.URN) error {
		return c.client.LinkedIn.Recruiter.Integrations.Unconfigure(ctx, csa(c, of), []recruiter.Configuration{recruiter.CallbackURL})
	},
	"LinkedIn.Recruiter.Apps.Create": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Recruiter.Apps.Create(ctx, recruiter.NewApp{ForeignID: "customer-1", Name: "ATS - Example", Description: "app of a customer"})
		return err
	},
	"LinkedIn.Recruiter.Apps.Update": func(ctx context.Context, c *contract, _ urn.URN) error {
		description := "app of the customer"
		return c.client.LinkedIn.Recruiter.Apps.Update(ctx, mustURN(c.sb.LinkedIn.MakeChildApp("customer-1").URN), recruiter.AppChange{Description: &description})
	},
	"LinkedIn.Recruiter.Apps.Credentials": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Recruiter.Apps.Credentials(ctx, c.sb.LinkedIn.MakeChildApp("customer-1").ForeignID)
		return err
	},
	"LinkedIn.Events.Subscribe": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Events.Subscribe(ctx, subscriptionKey(c), callbackURL)
		return err
	},
	"LinkedIn.Events.Get": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Events.Get(ctx, subscribed(c))
		return err
	},
	"LinkedIn.Events.List": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Events.List(ctx, events.ListQuery{})
		return err
	},
	"LinkedIn.Events.Unsubscribe": func(ctx context.Context, c *contract, _ urn.URN) error {
		return c.client.LinkedIn.Events.Unsubscribe(ctx, subscribed(c))
	},
	"LinkedIn.Events.Missed": func(ctx context.Context, c *contract, _ urn.URN) error {
		_, err := c.client.LinkedIn.Events.Missed(ctx, events.MissedQuery{Organization: subscriptionKey(c).Organization})
		return err
	},
	"ProspectNotes.List": func(ctx context.Context, c *contract, recruiter urn.URN) error {
		_, err := c.client.ProspectNotes.List(ctx, prospectnotes.Query{Contract: recruiter})
		return err
	},
}

// allOfLinkedIn are the calls of all its services.
var allOfLinkedIn = merged(linkedinCalls, postCalls, memberCalls, jobCalls)

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
	return sb.LinkedIn.PostsMade() + memberEffects(sb) + sb.LinkedIn.ConsentsGranted() + len(sb.LinkedIn.ChildApps()) + len(sb.LinkedIn.Jobs())
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

const callbackURL = "https://ats.example.com/callback"

// csa is the integration CSA_API, which is enabled.
func csa(c *contract, of urn.URN) recruiter.IntegrationKey {
	c.sb.LinkedIn.EnableIntegration(of.String(), "CSA_API", "integration", callbackURL)
	return recruiter.IntegrationKey{Context: of, Type: recruiter.CSAAPI}
}

func subscriptionKey(c *contract) events.Key {
	return events.Key{
		App: mustURN("urn:li:developerApplication:1"), Member: mustURN("urn:li:person:abc"),
		Organization: mustURN(c.sb.LinkedIn.OrganizationOf(c.sb.LinkedIn.App().ClientID)),
	}
}

// subscribed is the key of a subscription that there is.
func subscribed(c *contract) events.Key {
	key := subscriptionKey(c)
	c.sb.LinkedIn.SubscribeToEvents(fake.EventSubscription{
		App: key.App.String(), Member: key.Member.String(), Organization: key.Organization.String(), Type: events.SocialActions, Webhook: callbackURL,
	})
	return key
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
		of := mustURN(sb.LinkedIn.App().Contract)
		c := &contract{sb: sb, client: client}
		return running{
			sb: sb, url: sb.LinkedIn.URL(),
			call:    func(ctx context.Context, name string) error { return allOfLinkedIn[name](ctx, c, of) },
			effects: func(op wire.Op) int { return linkedinEffects(sb, op) },
		}
	},
}
