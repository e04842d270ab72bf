package refresh_test

import (
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/snapshot"
	"github.com/pronet-go/pronet/subscriptions"
	"github.com/pronet-go/pronet/webhook"
)

// TestPipelineKeepsItsSubscription: from a wanted subscription to changes that are told, with nothing else around it.
func TestPipelineKeepsItsSubscription(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(10), coresignal.WithJobPolls(0), sandbox.WithSeed(1))
	ids := sb.Coresignal.PersonIDs()
	token := webhook.NewPathToken()
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "everybody", Token: token})
	require.NoError(t, err)
	server := httptest.NewUnstartedServer(nil)
	url, err := webhook.CallbackURL("http://"+server.Listener.Addr().String(), token)
	require.NoError(t, err)
	told := make(chan refresh.Update[employee.BaseRecord], 100)
	store := snapshot.NewMemory()
	pipeline, err := refresh.Open(client.Employees.Base, client.BulkCollect.Base, t.TempDir(), sender, func(_ context.Context, u refresh.Update[employee.BaseRecord]) error {
		told <- u
		return nil
	}, refresh.PipelineOptions{
		CreditsPerDay: 1000, Window: 10 * time.Millisecond, Snapshots: store, Subscriptions: client.Subscriptions,
		Wanted: []subscriptions.Wanted{{Name: "everybody", Create: func(ctx context.Context) (*subscriptions.Subscription, error) {
			return client.Subscriptions.Base.CreateFromIDs(ctx, employee.IDs(ids...), subscriptions.Options{WebhookURL: url})
		}}},
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, pipeline.Close()) }()
	server.Config.Handler = pipeline
	server.Start()
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- pipeline.Run(ctx) }()
	require.Eventually(t, func() bool { return pipeline.Status().Subscriptions.Kept == 1 }, time.Minute, time.Millisecond)

	require.NoError(t, sb.Coresignal.Promote(ids[0], "Head of Sales"))
	require.NoError(t, sb.Coresignal.HideForPrivacy(ids[1]))
	require.NoError(t, sb.Coresignal.Leave(ids[2]))
	require.NoError(t, sb.Deliver(t.Context()))
	kinds := make(map[int64]employee.ChangeKind)
	for range 3 {
		u := <-told
		require.NotEmpty(t, u.Changes)
		kinds[u.ID] = u.Changes[0].Kind()
	}
	assert.Equal(t, map[int64]employee.ChangeKind{ids[0]: employee.KindFirstSeen, ids[1]: employee.KindProfileHidden, ids[2]: employee.KindFirstSeen}, kinds)
	require.NoError(t, sb.Coresignal.Promote(ids[0], "Chief of Sales"))
	require.NoError(t, sb.Deliver(t.Context()))
	u := <-told
	assert.Contains(t, u.Changes[0].String(), "Head of Sales -> Chief of Sales")
	cancel()
	require.ErrorIs(t, <-stopped, context.Canceled)
	assert.Equal(t, 40, sb.Coresignal.CreditsSpent())
}
