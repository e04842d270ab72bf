package pronet_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/events"
	"github.com/pronet-go/pronet/linkedin/members"
	"github.com/pronet-go/pronet/linkedin/posts"
	"github.com/pronet-go/pronet/linkedin/recruiter"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/saleswebhooks"
)

// TestZeroServicesAndNilContexts: a service of LinkedIn's or Sales Webhooks' that was not made by New, one whose provider is
// not configured, and a call without a context, is an error and no panic, and nothing is sent.
func TestZeroServicesAndNilContexts(t *testing.T) {
	t.Chdir(t.TempDir())
	a := &answer{status: 200, body: `{}`}
	configured, err := pronet.New(pronet.WithLinkedIn(linkedin.StaticToken("token")), pronet.WithSalesWebhooks("lwa.sk_live_0123456789"), pronet.WithTransport(a))
	require.NoError(t, err)
	without, err := pronet.New(pronet.WithCoresignal("key"), pronet.WithTransport(a))
	require.NoError(t, err)
	of := func(c *pronet.Client) []any {
		l, s := c.LinkedIn, c.SalesWebhooks
		return []any{
			c.ProspectNotes, l, l.Seats, l.OAuth, l.Posts, l.Posts.Media, l.Posts.Legacy, l.Members, l.Connections, l.Snapshot, l.Unlisted, l.Events,
			l.Recruiter, l.Recruiter.InMails, l.Recruiter.Stubs, l.Recruiter.Exports, l.Recruiter.Purges, l.Recruiter.Integrations, l.Recruiter.Apps,
			l.Jobs, l.Jobs.Legacy, l.Jobs.Library,
			s, s.Subscriptions, s.Webhook, s.Account,
		}
	}
	zero := append(nothing(reflect.TypeFor[linkedin.Service]()),
		new(prospectnotes.Service), new(linkedin.OAuth), new(events.Keeper), new(recruiter.PurgeKeeper),
		new(saleswebhooks.Service), new(saleswebhooks.Subscriptions), new(saleswebhooks.Webhook), new(saleswebhooks.Account), new(saleswebhooks.Plan),
	)
	for _, value := range append(zero, of(without)...) {
		for name, err := range callAll(reflect.ValueOf(value), t.Context()) {
			if err != nil {
				assert.NotContains(t, err.Error(), "panic", "%T.%s", value, name)
			}
		}
	}
	for _, value := range of(configured) {
		for name, err := range callAll(reflect.ValueOf(value), nil) {
			if err != nil {
				assert.NotContains(t, err.Error(), "panic", "%T.%s without a context", value, name)
			}
		}
	}
	assert.Nil(t, a.got, "nothing was sent")
}

// nothing are the zero value of a service, of each that is below it, and nil instead of each.
func nothing(service reflect.Type) (values []any) {
	values = append(values, reflect.New(service).Interface(), reflect.Zero(reflect.PointerTo(service)).Interface())
	for field := range service.Fields() {
		if field.IsExported() && field.Type.Kind() == reflect.Pointer {
			values = append(values, nothing(field.Type.Elem())...)
		}
	}
	return values
}

// TestNoServiceOfLinkedIns: each method of a service of LinkedIn's that was not made by New, of nil instead of one, and of
// one whose parent is nil, is refused as such.
func TestNoServiceOfLinkedIns(t *testing.T) {
	var called int
	for _, value := range nothing(reflect.TypeFor[linkedin.Service]()) {
		if _, ok := value.(*linkedin.OAuth); ok {
			continue // it looks at the login first
		}
		for _, ctx := range []context.Context{nil, t.Context()} {
			for _, c := range pronettest.CallAll(value, ctx) {
				called++
				assert.Nil(t, c.Panic, "%T.%s", value, c.Method)
				if c.Fails {
					assert.ErrorIs(t, c.Err, pronet.ErrNotConfigured, "%T.%s", value, c.Method)
				}
			}
		}
	}
	assert.Greater(t, called, 200)
	parent := new(linkedin.Service)
	_, err := parent.Posts.Create(t.Context(), posts.NewPost{})
	require.ErrorIs(t, err, pronet.ErrNotConfigured)
	_, err = new(posts.Service).Media.Wait(t.Context(), urn.URN{}, nil)
	require.ErrorIs(t, err, pronet.ErrNotConfigured)
	assert.Zero(t, (*members.Member)(nil).URN())
	assert.Zero(t, (*members.UserInfo)(nil).URN())
	assert.Zero(t, (*linkedin.Seat)(nil).URN())
}
