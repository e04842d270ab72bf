package events_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin/events"
)

// TestClumsyCallersGetErrors calls each exported method of each type: without a context, of nothing, and of zero values.
func TestClumsyCallersGetErrors(t *testing.T) {
	_, client := sandboxtest.Start(t)
	keeper, err := events.NewKeeper(client.LinkedIn.Events, nil, events.KeeperOptions{Logger: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	services := map[string][]any{
		"Service": {client.LinkedIn.Events, (*events.Service)(nil), &events.Service{}},
		"Keeper":  {keeper, (*events.Keeper)(nil), &events.Keeper{}},
	}
	values := map[string][]any{
		"Subscription": {events.Subscription{}, &events.Subscription{}}, "Wanted": {events.Wanted{}, &events.Wanted{}}, "Notification": {&events.Notification{}},
		"Action": {events.Action{}},
	}
	names, err := pronettest.TypesWithMethods()
	require.NoError(t, err)
	for _, name := range names {
		assert.True(t, services[name] != nil || values[name] != nil || name == "Key" || name == "MissedQuery", "nobody calls the methods of a %s", name)
	}
	for name, list := range services {
		for i, value := range list {
			for _, ctx := range []context.Context{nil, t.Context()} {
				for _, called := range pronettest.CallAll(value, ctx) {
					assert.Nil(t, called.Panic, "%s.%s, value %d", name, called.Method, i)
					if called.Fails && (i > 0 || ctx == nil) {
						refused := api.ErrInvalid
						if i > 0 && name != "Keeper" {
							refused = api.ErrNotConfigured
						}
						assert.ErrorIs(t, called.Err, refused, "%s.%s, value %d", name, called.Method, i)
					}
				}
			}
		}
	}
	for name, list := range values {
		for _, value := range list {
			for _, called := range pronettest.CallAll(value, nil) {
				assert.Nil(t, called.Panic, "%s.%s", name, called.Method)
			}
		}
	}
}

// TestR67NoEventPrintsAWebhook, however it is printed.
func TestR67NoEventPrintsAWebhook(t *testing.T) {
	const token, address = "CANARY-of-a-path", "https://crm.example.com/CANARY-of-a-path"
	key := events.Key{App: named(t, "urn:li:developerApplication:1"), Member: named(t, "urn:li:person:a"), Organization: named(t, "urn:li:organization:5"), Type: "T"}
	wanted := events.Wanted{Key: key, Webhook: address}
	var subscription events.Subscription
	require.NoError(t, json.Unmarshal([]byte(`{"webhook":"`+address+`","expiresAt":1700000000000}`), &subscription))
	subscription.Key = key
	keeper, err := events.NewKeeper(&subscriber{found: &subscription}, []events.Wanted{wanted}, events.KeeperOptions{})
	require.NoError(t, err)
	for _, value := range []any{wanted, &wanted, subscription, &subscription, keeper, api.Page[events.Subscription]{Items: []events.Subscription{subscription}}} {
		printed := pronettest.Printed(value)
		for _, spelling := range pronettest.Spellings(token) {
			assert.NotContains(t, printed, spelling, "%T", value)
		}
	}
	assert.Equal(t, address, subscription.Webhook)
	text, err := json.Marshal(subscription)
	require.NoError(t, err)
	var again events.Subscription
	require.NoError(t, json.Unmarshal(text, &again))
	assert.Equal(t, key, again.Key)
	assert.Equal(t, time.UnixMilli(1_700_000_000_000).UTC(), again.Ends)
}
