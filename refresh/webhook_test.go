package refresh_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/subscriptions"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// TestFromNoticeToRecord goes the whole way: subscribe, change, notice, spool, collect, store; the store fails once.
func TestFromNoticeToRecord(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(10), coresignal.WithJobPolls(0))
	token := webhook.NewPathToken()
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "everybody", Token: token})
	require.NoError(t, err)
	notices, err := spool.Open(t.TempDir(), spool.Options{Backoff: time.Millisecond, BackoffCap: time.Millisecond}, sender)
	require.NoError(t, err)
	defer func() { require.NoError(t, notices.Close()) }()
	handler, err := webhook.NewHandler(sender, notices)
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
	assert.Equal(t, 1, notices.Pending())

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
	require.ErrorIs(t, notices.Run(ctx, r.Handle), context.Canceled)

	assert.Len(t, stored, 3)
	for _, id := range ids[:3] {
		require.NoError(t, stored[id].Err)
		assert.Equal(t, "everybody", stored[id].Changes[0].Label)
		assert.Contains(t, string(stored[id].Record.Raw()), "Head of Everything")
	}
	assert.Equal(t, 1, sb.Coresignal.JobsCreated(), "the second try went on with the job of the first")
	assert.Equal(t, 30, sb.Coresignal.CreditsSpent())
}

// TestADeliveryFromAQueueIsDecoded: what travelled as JSON, or lost its events on the way, is worked on and not passed over.
func TestADeliveryFromAQueueIsDecoded(t *testing.T) {
	sb, client := start(t, coresignal.WithPeople(3))
	body := fmt.Appendf(nil, `[{"member_id":%d,"status":"changed"}]`, sb.Coresignal.PersonIDs()[0])
	received := webhook.Delivery{Source: webhook.SourceCoresignal, Label: "everybody", Key: "everybody:1", ReceivedAt: time.Unix(1_700_000_000, 0).UTC(), Body: body}

	message, err := json.Marshal(received)
	require.NoError(t, err)
	var fromQueue webhook.Delivery
	require.NoError(t, json.Unmarshal(message, &fromQueue))
	bodyOnly := received
	unnamed := webhook.Delivery{Key: "k", Body: body}
	for name, d := range map[string]*webhook.Delivery{"JSON": &fromQueue, "body only": &bodyOnly, "without a source": &unnamed} {
		r, crm := refresher(t, client, refresh.Options{OneByOne: -1})
		require.NoError(t, r.Handle(t.Context(), d), name)
		assert.Equal(t, sb.Coresignal.PersonIDs()[:1], crm.stored(), name)
	}
	assert.Nil(t, bodyOnly.Events, "the delivery stays as it is")

	r, crm := refresher(t, client, refresh.Options{OneByOne: -1})
	malformed, foreign, empty := received, received, received
	malformed.Body, foreign.Source, empty.Body = []byte("{"), "other", []byte("[]")
	require.ErrorIs(t, r.Handle(t.Context(), &malformed), webhook.ErrMalformed)
	require.ErrorIs(t, r.Handle(t.Context(), &foreign), pronet.ErrInvalid)
	for _, body := range [][]byte{nil, {}} { // Not decoded is not the same as nothing in it.
		malformed.Body, foreign.Body = body, body
		require.ErrorIs(t, r.Handle(t.Context(), &malformed), webhook.ErrMalformed)
		require.ErrorIs(t, r.Handle(t.Context(), &foreign), pronet.ErrInvalid)
	}
	require.ErrorIs(t, r.Handle(t.Context(), new(webhook.Delivery)), webhook.ErrMalformed)
	require.ErrorIs(t, r.Handle(t.Context(), nil), pronet.ErrInvalid)
	require.NoError(t, r.Handle(t.Context(), &empty))
	assert.Empty(t, crm.stored())
}
