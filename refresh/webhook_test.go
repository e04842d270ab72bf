package refresh_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/subscriptions"
	"github.com/pronet-go/pronet/webhook"
)

// TestFromNoticeToRecord goes the whole way: subscribe, change, notice, spool, collect, store; the store fails once.
func TestFromNoticeToRecord(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(10), coresignal.WithJobPolls(0))
	spool, err := webhook.OpenSpool(t.TempDir(), webhook.WithSpoolBackoff(time.Millisecond, time.Millisecond))
	require.NoError(t, err)
	defer func() { require.NoError(t, spool.Close()) }()
	token := webhook.NewPathToken()
	verifier, err := webhook.PathToken(webhook.Endpoint{Label: "everybody", Token: token})
	require.NoError(t, err)
	handler, err := webhook.NewHandler(verifier, spool)
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	defer server.Close()
	address, err := webhook.CallbackURL(server.URL, token)
	require.NoError(t, err)

	ids := sb.Coresignal.PersonIDs()
	_, err = client.Subscriptions.Base.CreateFromIDs(t.Context(), employee.IDs(ids...), subscriptions.Options{WebhookURL: address})
	require.NoError(t, err)
	for _, id := range ids[:3] {
		require.NoError(t, sb.Coresignal.Promote(id, "Head of Everything"))
	}
	require.NoError(t, sb.Deliver(t.Context()))
	assert.Equal(t, 1, spool.Pending())

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stored := make(map[int64]refresh.Outcome[employee.BaseRecord])
	failed := false
	r, err := refresh.New(client.Employees.Base, client.BulkCollect.Base, func(_ context.Context, o refresh.Outcome[employee.BaseRecord]) error {
		if !failed {
			failed = true
			return errors.New("the CRM is down")
		}
		if stored[o.ID] = o; len(stored) == 3 {
			defer cancel()
		}
		return nil
	}, refresh.Options{Budget: employee.NewBudget(100)})
	require.NoError(t, err)
	require.ErrorIs(t, spool.Run(ctx, r.Handle), context.Canceled)

	assert.Len(t, stored, 3)
	for _, id := range ids[:3] {
		require.NoError(t, stored[id].Err)
		assert.Equal(t, "everybody", stored[id].Changes[0].Label)
		assert.Contains(t, string(stored[id].Record.Raw()), "Head of Everything")
	}
	assert.Equal(t, 1, sb.Coresignal.JobsCreated(), "the second try went on with the job of the first")
	assert.Equal(t, 30, sb.Coresignal.CreditsSpent())
}
