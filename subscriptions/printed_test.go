package subscriptions_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/subscriptions"
	"github.com/pronet-go/pronet/webhook"
)

// TestR67NothingPrintsACallbacksToken has each exported type of the package, with the token wherever one can be.
func TestR67NothingPrintsACallbacksToken(t *testing.T) {
	token := webhook.NewPathToken()
	url, err := webhook.CallbackURL("https://hooks.company.com/in", token)
	require.NoError(t, err)
	_, sandboxed := start(t, coresignal.WithPeople(1))
	_, client := responding(t, `{"id":"a-1","status":"active","created_at":"2026-01-02","callback":"`+url+`"}`)
	_, silent := responding(t, `{"made":"yes","webhook_url":"`+url+`"}`)
	refusing := sandboxtest.ConnectTo(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(422)
		_, _ = w.Write([]byte(`{"detail":"Invalid webhook URL ` + url + `"}`))
	}))
	options := subscriptions.Options{WebhookURL: url}
	got, err := client.Subscriptions.Get(t.Context(), "a-1")
	require.NoError(t, err)
	require.Contains(t, string(got.Raw), token)
	_, unknown := silent.Subscriptions.Base.CreateFromQuery(t.Context(), engineers, options)
	unknownID, ok := errors.AsType[*api.UnknownIDError](unknown)
	require.True(t, ok)
	require.Contains(t, string(unknownID.Raw), token)
	_, refused := refusing.Subscriptions.Base.CreateFromQuery(t.Context(), engineers, options)
	require.ErrorIs(t, refused, api.ErrInvalid)
	state := subscriptions.FileState(filepath.Join(t.TempDir(), "keeper.json"))
	wanted := subscriptions.Wanted{Name: "a", Create: func(ctx context.Context) (*subscriptions.Subscription, error) {
		return sandboxed.Subscriptions.Base.CreateFromQuery(ctx, engineers, options)
	}}
	keeper, err := subscriptions.NewKeeper(sandboxed.Subscriptions, state, []subscriptions.Wanted{wanted}, subscriptions.KeeperOptions{})
	require.NoError(t, err)
	report, err := keeper.Sweep(t.Context())
	require.NoError(t, err)
	kept, err := state.Load(t.Context())
	require.NoError(t, err)
	forbidden := subscriptions.ForbiddenField{Name: "created_at", Path: "query"}

	values := map[string][]any{
		"Action": {report, report.Actions}, "ActionKind": {subscriptions.ActionCreate}, "Report": {&report},
		"Options": {options, &options}, "Subscription": {*got, got, api.Page[subscriptions.Subscription]{Items: []subscriptions.Subscription{*got}}},
		"Keeper": {keeper, client.Subscriptions}, "KeeperOptions": {subscriptions.KeeperOptions{}}, "KeeperState": {state}, "KeeperStatus": {keeper.Status()},
		"Wanted": {wanted}, "State": {kept}, "Kept": {kept.Kept}, "Creating": {kept.Creating}, "Retired": {kept.Retired},
		"ForbiddenFieldsError": {&subscriptions.ForbiddenFieldsError{Fields: []subscriptions.ForbiddenField{forbidden}}}, "ForbiddenField": {forbidden},
		"Ensure": {subscriptions.EnsureByURL}, "EnsureError": {&subscriptions.EnsureError{SameURL: []string{"a"}}},
		"Status": {got.Status}, "ListOptions": {list()}, "Renewer": {client.Subscriptions}, "Service": {client.Subscriptions, *client.Subscriptions},
		"V1Dataset": {*client.Subscriptions.V1}, "BaseDataset": {*client.Subscriptions.Base}, "CleanDataset": {*client.Subscriptions.Clean},
		"MultiSourceDataset": {*client.Subscriptions.MultiSource}, "ExperienceChanges": {*client.Subscriptions.ExperienceChanges},
		"BaseExperienceChanges":        {*client.Subscriptions.ExperienceChanges.Base},
		"CleanExperienceChanges":       {*client.Subscriptions.ExperienceChanges.Clean},
		"MultiSourceExperienceChanges": {*client.Subscriptions.ExperienceChanges.MultiSource},
	}
	types, err := pronettest.ExportedTypes()
	require.NoError(t, err)
	for _, name := range types {
		assert.NotEmpty(t, values[name], "nobody has looked how a %s is printed", name)
	}
	values["errors"] = []any{unknown, unknownID, *unknownID, refused, errors.Join(unknown, refused)}
	for name, list := range values {
		for _, value := range list {
			printed := pronettest.Printed(value)
			for _, spelling := range pronettest.Spellings(token) {
				assert.NotContains(t, printed, spelling, name)
			}
		}
	}
}

func TestJSONOfASubscription(t *testing.T) {
	was := subscriptions.Subscription{
		ID: "a-1", Status: subscriptions.StatusActive, CreatedAt: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC),
		ExpiringAt: time.Date(2026, 4, 3, 12, 30, 0, 0, time.UTC), Raw: json.RawMessage(`{"id":"a-1","webhook_url":"https://a.example.com/x"}`),
	}
	encoded, err := json.Marshal(was)
	require.NoError(t, err)
	assert.JSONEq(t, `{"id":"a-1","status":"active","created_at":"2026-01-02T00:00:00Z","expiring_at":"2026-04-03T12:30:00Z"}`, string(encoded))
	var read subscriptions.Subscription
	require.NoError(t, json.Unmarshal(encoded, &read))
	was.Raw, read.Raw = nil, nil
	assert.Equal(t, was, read)
	encoded, err = json.Marshal(&subscriptions.Subscription{ID: "b"})
	require.NoError(t, err)
	assert.JSONEq(t, `{"id":"b"}`, string(encoded))
	assert.True(t, strings.HasPrefix(was.LogValue().String(), "{ID:a-1 Status:active"), was.LogValue().String())
}
