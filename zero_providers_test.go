package pronet_test

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/events"
	"github.com/pronet-go/pronet/linkedin/members"
	"github.com/pronet-go/pronet/linkedin/posts"
	"github.com/pronet-go/pronet/linkedin/recruiter"
	"github.com/pronet-go/pronet/linkedin/unlisted"
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
			s, s.Subscriptions, s.Webhook, s.Account,
		}
	}
	zero := []any{
		new(prospectnotes.Service), new(linkedin.Service), new(linkedin.SeatService), new(linkedin.OAuth),
		new(posts.Service), new(posts.MediaService), new(posts.LegacyService), new(members.Service), new(members.ConnectionService), new(members.SnapshotService),
		new(unlisted.Service), new(events.Service), new(events.Keeper), new(recruiter.Service), new(recruiter.InMailService), new(recruiter.StubService),
		new(recruiter.ExportService), new(recruiter.PurgeService), new(recruiter.IntegrationService), new(recruiter.AppService), new(recruiter.PurgeKeeper),
		new(saleswebhooks.Service), new(saleswebhooks.Subscriptions), new(saleswebhooks.Webhook), new(saleswebhooks.Account), new(saleswebhooks.Plan),
	}
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
