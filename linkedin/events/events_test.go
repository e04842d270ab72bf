package events_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin/events"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

const webhook = "https://crm.example.com/linkedin"

var start = time.Date(2026, 11, 26, 10, 0, 0, 0, time.UTC)

func keyOf(t testing.TB, sb *sandbox.Sandbox, member string) events.Key {
	t.Helper()
	return events.Key{
		App: named(t, "urn:li:developerApplication:1"), Member: named(t, "urn:li:person:"+member),
		Organization: named(t, sb.LinkedIn.OrganizationOf(sb.LinkedIn.App().ClientID)), Type: events.SocialActions,
	}
}

func TestSubscriptions(t *testing.T) {
	sb, client := sandboxtest.Start(t, sandbox.WithStartTime(start), fake.WithSubscriptionLife(30*24*time.Hour))
	s, ctx, key := client.LinkedIn.Events, t.Context(), keyOf(t, sb, "a")
	_, err := s.Get(ctx, key)
	require.ErrorIs(t, err, api.ErrNotFound)
	made, err := s.Subscribe(ctx, key, webhook)
	require.NoError(t, err)
	assert.Equal(t, key, made.Key)
	assert.Equal(t, webhook, made.Webhook)
	assert.WithinDuration(t, start.Add(30*24*time.Hour), made.Ends, time.Minute)
	other := keyOf(t, sb, "b")
	_, err = s.Subscribe(ctx, other, webhook)
	require.NoError(t, err)
	var listed []events.Key
	for subscription, err := range s.All(ctx, events.ListQuery{Count: 1}) {
		require.NoError(t, err)
		listed = append(listed, subscription.Key)
		assert.NotEmpty(t, subscription.Raw)
	}
	assert.Equal(t, []events.Key{key, other}, listed)
	require.NoError(t, s.Unsubscribe(ctx, key))
	require.ErrorIs(t, s.Unsubscribe(ctx, key), api.ErrNotFound)

	sb.LinkedIn.RemoveAdministrator("urn:li:person:b", other.Organization.String())
	_, err = s.Get(ctx, other)
	require.ErrorIs(t, err, api.ErrForbidden)
	for _, bad := range []string{"", "http://crm.example.com", "https://", "https://u:p@crm.example.com", webhook + "#x"} {
		_, err := s.Subscribe(ctx, key, bad)
		require.ErrorIs(t, err, api.ErrInvalid, bad)
	}
	_, err = s.Get(ctx, events.Key{App: key.App, Member: key.Member})
	require.ErrorIs(t, err, api.ErrInvalid)
	require.ErrorIs(t, s.Unsubscribe(ctx, events.Key{}), api.ErrInvalid)
}

// TestWire: what is sent is what LinkedIn's page and public code have, in protocol 2.0.
func TestWire(t *testing.T) {
	var got []string
	client := sandboxtest.ConnectLinkedIn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, r.Method+" "+r.RequestURI+" "+r.Header.Get("X-Restli-Protocol-Version")+" "+r.Header.Get("Linkedin-Version")+" "+string(body))
		_, _ = io.WriteString(w, `{"elements":[],"expiresAt":1700000000000}`)
	}))
	key := events.Key{App: named(t, "urn:li:developerApplication:1"), Member: named(t, "urn:li:person:a"), Organization: named(t, "urn:li:organization:5")}
	made, err := client.LinkedIn.Events.Subscribe(t.Context(), key, webhook)
	require.NoError(t, err)
	assert.Equal(t, time.UnixMilli(1_700_000_000_000).UTC(), made.Ends)
	_, err = client.LinkedIn.Events.List(t.Context(), events.ListQuery{})
	require.NoError(t, err)
	_, err = client.LinkedIn.Events.Missed(t.Context(), events.MissedQuery{
		Organization: key.Organization, Actions: []string{"COMMENT", "LIKE"}, Post: named(t, "urn:li:share:7"), From: time.UnixMilli(1), To: time.UnixMilli(2), Count: 10,
	})
	require.NoError(t, err)
	assert.Equal(t, []string{
		`PUT /rest/eventSubscriptions/(developerApplication:urn%3Ali%3AdeveloperApplication%3A1,user:urn%3Ali%3Aperson%3Aa,entity:urn%3Ali%3Aorganization%3A5,` +
			`eventType:ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS) 2.0.0 202609 {"webhook":"` + webhook + `"}`,
		`GET /rest/eventSubscriptions?q=subscriberAndEventType&eventType=ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS&start=0&count=100 2.0.0 202609 `,
		`GET /rest/organizationalEntityNotifications?q=criteria&organizationalEntity=urn%3Ali%3Aorganization%3A5&actions=List(COMMENT,LIKE)` +
			`&sourcePost=urn%3Ali%3Ashare%3A7&timeRange=(start:1,end:2)&start=0&count=10 2.0.0 202609 `,
	}, got)
}

// TestMissed reads the events of 60 days, page by page, as a push has them.
func TestMissed(t *testing.T) {
	sb, client := sandboxtest.Start(t, sandbox.WithStartTime(start))
	organization := keyOf(t, sb, "a").Organization
	var ids []int64
	for i := range 5 {
		action := []string{"LIKE", "COMMENT"}[i%2]
		ids = append(ids, sb.LinkedIn.AddSocialAction(fake.SocialAction{Action: action, At: start.Add(-time.Duration(70-15*i) * 24 * time.Hour)}))
	}
	read := func(q events.MissedQuery) (found []string) {
		t.Helper()
		q.Organization = organization
		for n, err := range client.LinkedIn.Events.AllMissed(t.Context(), q) {
			require.NoError(t, err)
			assert.Equal(t, organization, n.Organization)
			assert.False(t, n.LastModified.IsZero())
			found = append(found, n.ID[3:]+n.Action)
		}
		return found
	}
	assert.Equal(t, []string{"457COMMENT", "458LIKE", "459COMMENT", "460LIKE"}, read(events.MissedQuery{Count: 1}))
	assert.Equal(t, int64(123_456), ids[0], "older than 60 days")
	assert.Equal(t, []string{"457COMMENT", "459COMMENT"}, read(events.MissedQuery{Actions: []string{"COMMENT"}, Count: 1}))
	assert.Equal(t, []string{"459COMMENT", "460LIKE"}, read(events.MissedQuery{From: start.Add(-30 * 24 * time.Hour), To: start, Count: 1}))
	for name, q := range map[string]events.MissedQuery{
		"none": {}, "turned": {Organization: organization, From: start, To: start.Add(-1)}, "early": {Organization: organization, To: time.UnixMilli(-1)},
	} {
		_, err := client.LinkedIn.Events.Missed(t.Context(), q)
		require.ErrorIs(t, err, api.ErrInvalid, name)
	}
	_, err := client.LinkedIn.Events.Missed(t.Context(), events.MissedQuery{Organization: named(t, "urn:li:organization:7")})
	require.ErrorIs(t, err, api.ErrForbidden)
}

func TestRecordsOfEvents(t *testing.T) {
	var n events.Notification
	require.NoError(t, json.Unmarshal([]byte(`{"notificationId":"7","organizationalEntity":"urn:li:organization:5","action":"LIKE","sourcePost":"urn:li:share:1",
		"generatedActivity":"urn:li:share:1","subscriber":"urn:li:person:a","lastModifiedAt":1700000000000,"more":1}`), &n))
	assert.Contains(t, string(n.Raw), "more")
	n.Raw = nil
	assert.Equal(t, events.Notification{
		ID: "7", Organization: named(t, "urn:li:organization:5"), Action: "LIKE", Post: named(t, "urn:li:share:1"), Activity: named(t, "urn:li:share:1"),
		Subscriber: named(t, "urn:li:person:a"), LastModified: time.UnixMilli(1_700_000_000_000).UTC(),
	}, n)
	require.NoError(t, json.Unmarshal([]byte(`{"notificationId":{},"action":1,"sourcePost":[]}`), &n))
	for _, text := range []string{
		`{"developerApplication":"urn:li:developerApplication:1","user":"urn:li:person:a","entity":"urn:li:organization:5","eventType":"T","expiresAt":1700000000000}`,
		`{"id":{"developerApplication":"urn:li:developerApplication:1","user":"urn:li:person:a","entity":"urn:li:organization:5","eventType":"T"},"expiresAt":"1700000000000"}`,
	} {
		var s events.Subscription
		require.NoError(t, json.Unmarshal([]byte(text), &s))
		assert.Equal(t, events.Key{
			App: named(t, "urn:li:developerApplication:1"), Member: named(t, "urn:li:person:a"), Organization: named(t, "urn:li:organization:5"), Type: "T",
		}, s.Key)
		assert.Equal(t, time.UnixMilli(1_700_000_000_000).UTC(), s.Ends)
	}
}
