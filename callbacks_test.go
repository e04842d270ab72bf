package pronet_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/recruiter"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/saleswebhooks"
	"github.com/pronet-go/pronet/subscriptions"
	"github.com/pronet-go/pronet/webhook"
)

// TestR67ACallbacksTokenThatIsEchoed by a gateway, as a code, an id or in a message, is in nothing that is printed.
func TestR67ACallbacksTokenThatIsEchoed(t *testing.T) {
	token := webhook.NewPathToken()
	const query = "an-older-token-in-the-query"
	address := "https://hooks.example.com/provider/" + token + "?token=" + query
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for _, name := range []string{"X-Request-Id", "X-Kong-Request-Id", "Cf-Ray", "X-Li-Uuid"} {
			w.Header().Set(name, "id-"+token)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":"no %[1]s","message":"no %[1]s nor %[2]s","code":"%[2]s","detail":"no %[1]s","request_id":"%[1]s"}`, token, query)
	}))
	t.Cleanup(server.Close)
	client, err := pronet.New(pronet.WithCoresignal("the-key-of-coresignal", pronet.BaseURL(server.URL)), pronet.WithCoresignalV1("the-key-of-v1", pronet.BaseURL(server.URL)),
		pronet.WithSalesWebhooks("the-key-of-sales-webhooks", pronet.BaseURL(server.URL)), pronet.WithLinkedIn(linkedin.StaticToken("the-token-of-linkedin"), pronet.BaseURL(server.URL)), pronet.WithMaxAttempts(1))
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	for name, call := range map[string]func(ctx context.Context) error{
		"a subscription": func(ctx context.Context) error {
			_, err := client.Subscriptions.Base.CreateFromIDs(ctx, employee.IDs(1), subscriptions.Options{WebhookURL: address})
			return err
		},
		"a simulation": func(ctx context.Context) error { return client.Subscriptions.Simulate(ctx, address) },
		"a job": func(ctx context.Context) error {
			_, err := client.BulkCollect.Base.RequestIDs(ctx, employee.IDs(1), bulkcollect.Options{WebhookURL: address})
			return err
		},
		"the configuration": func(ctx context.Context) error {
			_, err := client.SalesWebhooks.Webhook.Configure(ctx, saleswebhooks.WebhookSettings{EndpointURL: address})
			return err
		},
		"an integration": func(ctx context.Context) error {
			contract, err := urn.Parse("urn:li:contract:7")
			require.NoError(t, err)
			return client.LinkedIn.Recruiter.Integrations.Configure(ctx, recruiter.IntegrationKey{Context: contract, Type: recruiter.CSAAPI},
				map[recruiter.Configuration]string{recruiter.CallbackURL: address})
		},
	} {
		err := call(t.Context())
		failure, ok := errors.AsType[*api.Error](err)
		require.True(t, ok, "%s: %v", name, err)
		assert.Equal(t, http.StatusBadRequest, failure.Status, name)
		for _, printed := range []string{fmt.Sprintf("%v %+v", err, failure), failure.Code, failure.Message, failure.RequestID} {
			assert.NotContains(t, printed, token, name)
			assert.NotContains(t, printed, query, name)
		}
	}
}
