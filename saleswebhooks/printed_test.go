package saleswebhooks_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/saleswebhooks"
	"github.com/pronet-go/pronet/webhook"
)

// TestR67NothingPrintsASecretOrACallbacksToken has each exported type of the package, with a token or a secret wherever one
// can be.
func TestR67NothingPrintsASecretOrACallbacksToken(t *testing.T) {
	const secret, fullKey = "whsec_madeUpSecret000011112222", "lwa.sk_live_madeUp00madeUp11madeUp22madeUp33"
	token := webhook.NewPathToken()
	url, err := webhook.CallbackURL("https://hooks.company.com/in", token)
	require.NoError(t, err)
	_, sales := responding(t, response{status: 200, body: `{"id":"whc_1","endpoint_url":"` + url + `","events":["*"],"is_active":true,"secret":"` + secret + `"}`})
	settings := saleswebhooks.WebhookSettings{EndpointURL: url, Events: []string{"contact.*"}}
	set, err := sales.Webhook.Configure(t.Context(), settings)
	require.NoError(t, err)
	require.Contains(t, string(set.Raw), token, "the field itself has what the provider wrote")
	require.Equal(t, []string{url, secret}, []string{set.EndpointURL, set.Secret.Reveal()})
	_, sales = responding(t, response{status: 201, body: `{"id":"key_1","name":"ci","prefix":"lwa.sk_live_","key":"` + fullKey + `"}`})
	key, err := sales.Account.CreateKey(t.Context(), "ci", nil)
	require.NoError(t, err)
	require.Equal(t, fullKey, key.Secret.Reveal())
	_, sales = responding(t, response{status: 200, body: `{"seal":"` + secret + `","old":"` + secret + `2","endpoint_url":"` + url + `"}`})
	_, unknown := sales.Webhook.Configure(t.Context(), settings)
	require.ErrorAs(t, unknown, new(*api.UnknownIDError))
	_, rotated := sales.Webhook.RotateSecret(t.Context())
	require.ErrorAs(t, rotated, new(*api.UnknownIDError))
	_, sales = responding(t, response{status: 400, body: `{"error":"VALIDATION_ERROR","message":"Invalid ` + url + `","details":{"field":"endpoint_url","value":"` + url + `"}}`})
	_, refused := sales.Webhook.Configure(t.Context(), settings)
	invalid, ok := errors.AsType[*saleswebhooks.ValidationError](refused)
	require.True(t, ok)
	require.Contains(t, string(invalid.Value), token)

	sb, client := start(t)
	subs := client.SalesWebhooks.Subscriptions
	made, err := subs.Create(t.Context(), contact(1))
	require.NoError(t, err)
	bulk, err := subs.BulkCreate(t.Context(), contacts(3), saleswebhooks.BulkOptions{})
	require.NoError(t, err)
	plan, err := subs.Plan(t.Context(), saleswebhooks.Entities(contact(9)), saleswebhooks.PlanOptions{})
	require.NoError(t, err)
	applied, err := plan.Apply(t.Context(), saleswebhooks.ApplyOptions{Dir: filepath.Join(t.TempDir(), "mirror")})
	require.NoError(t, err)
	stream, err := subs.Export(t.Context(), saleswebhooks.ExportOptions{})
	require.NoError(t, err)
	defer stream.Close()
	account, err := client.SalesWebhooks.Account.Get(t.Context())
	require.NoError(t, err)
	all := client.SalesWebhooks
	values := map[string][]any{
		"WebhookSettings": {settings, &settings, []saleswebhooks.WebhookSettings{settings}}, "WebhookConfiguration": {*set, set},
		"APIKey": {*key, key}, "ValidationError": {*invalid, invalid},
		"Service": {all, *all}, "Subscriptions": {all.Subscriptions, *all.Subscriptions}, "Webhook": {all.Webhook, *all.Webhook}, "Account": {all.Account, *all.Account},
		"AccountInfo": {account}, "AccountSettings": {account.Settings}, "AccountUpdate": {saleswebhooks.AccountUpdate{}},
		"Subscription": {made}, "Entity": {contact(1)}, "EntityType": {made.Type}, "Status": {made.Status}, "ListOptions": {saleswebhooks.ListOptions{}},
		"BulkOptions": {saleswebhooks.BulkOptions{}}, "BulkResult": {bulk}, "Item": {bulk.Items}, "ItemState": {bulk.Items[0].State},
		"Progress": {saleswebhooks.Progress{}}, "Discrepancy": {saleswebhooks.Discrepancy{}}, "CancelAllOptions": {saleswebhooks.CancelAllOptions{}},
		"Plan": {plan, *plan}, "PlanOptions": {saleswebhooks.PlanOptions{}}, "ApplyOptions": {saleswebhooks.ApplyOptions{}}, "Applied": {applied},
		"ExportStream": {stream}, "ExportOptions": {saleswebhooks.ExportOptions{}}, "ExportFormat": {saleswebhooks.CSV}, "ExportStatus": {saleswebhooks.ExportAll},
		"DuplicateError": {&saleswebhooks.DuplicateError{}}, "TierLimitError": {&saleswebhooks.TierLimitError{}}, "RefusedError": {&saleswebhooks.RefusedError{}},
		"InitialWebhook": {saleswebhooks.InitialAll}, "Class": {saleswebhooks.Writes}, "WatchOptions": {saleswebhooks.WatchOptions{}},
	}
	types, err := pronettest.ExportedTypes()
	require.NoError(t, err)
	for _, name := range types {
		assert.NotEmpty(t, values[name], "nobody has looked how a %s is printed", name)
	}
	values["errors"] = []any{unknown, rotated, refused, errors.Join(unknown, refused)}
	for name, list := range values {
		for _, value := range list {
			printed := pronettest.Printed(value)
			for _, hidden := range []string{token, secret, fullKey, sb.SalesWebhooks.APIKey()} {
				for _, spelling := range pronettest.Spellings(hidden) {
					assert.NotContains(t, printed, spelling, name)
				}
			}
		}
	}
	assert.Equal(t, "{whc_1 https://hooks.company.com/[redacted] [*]", fmt.Sprint(*set)[:47])
	assert.Contains(t, fmt.Sprintf("%+v", &settings), "EndpointURL:https://hooks.company.com/[redacted] Events:[contact.*]")
	var read saleswebhooks.WebhookConfiguration
	require.NoError(t, json.Unmarshal([]byte(jsonOf(t, set)), &read))
	assert.Equal(t, []any{"whc_1", []string{"*"}, true}, []any{read.ID, read.Events, *read.Active})
}

// TestRawWithoutSecrets, by whatever name they have and wherever they stand; what is none stays.
func TestRawWithoutSecrets(t *testing.T) {
	for body, want := range map[string]struct{ raw, secret string }{
		`{"id":"a","secret":"s3cr3t"}`:                                             {`{"id":"a"}`, "s3cr3t"},
		`{"id":"a","Signing-Secret":"s3cr3t"}`:                                     {`{"id":"a"}`, "s3cr3t"},
		`{"id":"a","signingSecret":"s3cr3t","note":null}`:                          {`{"id":"a","note":null}`, "s3cr3t"},
		`{"id":"a","current":{"value":"whsec_1234"}}`:                              {`{"current":{"value":"[redacted]"},"id":"a"}`, "whsec_1234"},
		`{"data":{"id":"a"},"x":["whsec_1234",7]}`:                                 {`{"data":{"id":"a"},"x":["[redacted]",7]}`, "whsec_1234"},
		`{"id":"a","note":"keep whsec_1234 safe"}`:                                 {`{"id":"a","note":"[redacted]"}`, ""},
		`{"id":"a","old":"whsec_1","now":"whsec_2"}`:                               {`{"id":"a","now":"[redacted]","old":"[redacted]"}`, ""},
		`{"id":"a","AccessToken":"x","API_KEYS":["x"],"tokens":{"v":"x"},"k":"x"}`: {`{"id":"a","k":"x"}`, ""},
		`{"id":"a","token":12345678,"has_secret":true,"key":null}`:                 {`{"has_secret":true,"id":"a","key":null}`, ""},
		`{"id":"a","secret":"whsec_****1234"}`:                                     {`{"id":"a"}`, ""},
		`{"id":"a","b":[{"lwa.sk_live_x":1}],"prefix":"lwa.sk_live_","n":1e400}`:   {`{"b":[{}],"id":"a","n":1e400,"prefix":"lwa.sk_live_"}`, ""},
	} {
		var c saleswebhooks.WebhookConfiguration
		require.NoError(t, c.UnmarshalJSON([]byte(body)), body)
		assert.Equal(t, want.raw, string(c.Raw), body)
		assert.Equal(t, want.secret, c.Secret.Reveal(), body)
	}
	var k saleswebhooks.APIKey
	require.NoError(t, k.UnmarshalJSON([]byte(`{"id":"key_1","prefix":"lwa.sk_test_","value":"lwa.sk_test_abc","permissions":["read"]}`)))
	assert.Equal(t, []string{"key_1", "lwa.sk_test_", "lwa.sk_test_abc", "[read]"}, []string{k.ID, k.Prefix, k.Secret.Reveal(), fmt.Sprint(k.Permissions)})
	assert.JSONEq(t, `{"id":"key_1","prefix":"lwa.sk_test_","value":"[redacted]","permissions":["read"]}`, string(k.Raw))
}

// TestConfigureThatHidesItsSecret: a secret that is not found is not thrown away, and a response that says nothing is none.
func TestConfigureThatHidesItsSecret(t *testing.T) {
	settings := saleswebhooks.WebhookSettings{EndpointURL: "https://hooks.example.com/x"}
	for _, body := range []string{`{"id":"a","hmacSecretValue":"s3cr3t"}`, `{"id":"a","old":"whsec_1","now":"whsec_2"}`} {
		_, sales := responding(t, response{status: 201, body: body})
		_, err := sales.Webhook.Configure(t.Context(), settings)
		require.ErrorIs(t, err, api.ErrMaybeApplied)
		unknown, ok := errors.AsType[*api.UnknownIDError](err)
		require.True(t, ok, "%v", err)
		assert.Equal(t, body, string(unknown.Raw))
		assert.NotContains(t, err.Error(), "s3cr3t")
		require.NoError(t, errOf(sales.Webhook.Update(t.Context(), settings)), "of which no source says that it returns one")
		got, err := sales.Webhook.Get(t.Context())
		require.NoError(t, err)
		assert.True(t, got.Secret.IsZero())
	}
	for _, body := range []string{"", " ", "{}", "null", "[]", `"ok"`, "<html>"} {
		_, sales := responding(t, response{status: 200, body: body})
		err := errOf(sales.Webhook.Configure(t.Context(), settings))
		require.ErrorIs(t, err, api.ErrUnexpectedResponse, body)
		require.ErrorIs(t, err, api.ErrMaybeApplied, body)
		require.ErrorIs(t, errOf(sales.Webhook.Get(t.Context())), api.ErrUnexpectedResponse, body)
	}
}
