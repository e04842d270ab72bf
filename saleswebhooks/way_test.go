package saleswebhooks_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/saleswebhooks"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/saleswebhooks"
	"github.com/pronet-go/pronet/webhook"
)

// TestTheWholeWay: configure, subscribe, a change, a signed delivery that is handled once; with the secret rotated in the
// middle. The scheme is one that the test sets: the provider's is not known.
func TestTheWholeWay(t *testing.T) {
	for name, switches := range map[string][]sandbox.Option{"new secret alone": nil, "old one too": {fake.WithOldSecret()}} {
		t.Run(name, func(t *testing.T) {
			scheme := webhook.StripeStyle("X-Test-Signature")
			sign := func(secrets []string, at time.Time, _ string, body []byte) http.Header {
				header := http.Header{}
				for i, secret := range secrets {
					signed, err := webhook.SignHMAC(scheme, secret, body, at, nil)
					if err != nil {
						return nil
					}
					if i == 0 {
						header = signed
						continue
					}
					header.Add("X-Test-Signature", signed.Get("X-Test-Signature")[len("t=1700000000,"):])
				}
				return header
			}
			sb, client := start(t, append(switches, fake.WithSigner(sign))...)
			sales := client.SalesWebhooks
			var mu sync.Mutex
			var got []webhook.SalesEvent
			sink := webhook.Func(func(_ context.Context, d *webhook.Delivery) error {
				mu.Lock()
				defer mu.Unlock()
				for _, e := range d.Events {
					if event, ok := e.(webhook.SalesEvent); ok {
						got = append(got, event)
					}
				}
				return nil
			})
			var handler http.Handler
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				current := handler
				mu.Unlock()
				current.ServeHTTP(w, r)
			}))
			defer server.Close()
			receiveWith := func(secrets ...string) {
				sender, err := webhook.SalesWebhooks(scheme, secrets...)
				require.NoError(t, err)
				sender, err = webhook.Doctor(sender, scheme, webhook.DoctorOptions{}, secrets...)
				require.NoError(t, err)
				fresh, err := webhook.NewHandler(sender, sink)
				require.NoError(t, err)
				mu.Lock()
				handler = fresh
				mu.Unlock()
			}

			set, err := sales.Webhook.Configure(t.Context(), saleswebhooks.WebhookSettings{EndpointURL: server.URL, Events: []string{"contact.*"}})
			require.NoError(t, err)
			receiveWith(set.Secret.Reveal())
			_, made, err := sales.Subscriptions.Ensure(t.Context(), saleswebhooks.Contact("https://www.linkedin.com/in/jane-roe/"))
			require.NoError(t, err)
			assert.True(t, made)

			sb.DeliverTwice(true)
			require.NoError(t, sb.SalesWebhooks.ChangeJob("jane-roe", "Head of Sales", ""))
			require.NoError(t, sb.Deliver(t.Context()))
			require.Len(t, got, 1, "handled once")
			assert.Equal(t, webhook.ContactPositionChanged, got[0].Type)
			assert.Contains(t, string(got[0].Data), "Head of Sales")

			require.NoError(t, sb.SalesWebhooks.ChangeJob("jane-roe", "CRO", "")) // signed with the old secret
			rotated, err := sales.Webhook.RotateSecret(t.Context())
			require.NoError(t, err)
			receiveWith(rotated.Secret.Reveal(), set.Secret.Reveal())
			require.NoError(t, sb.SalesWebhooks.ChangeJob("jane-roe", "CEO", "Globex")) // with the new one
			require.NoError(t, sb.Deliver(t.Context()))
			require.Len(t, got, 4)
			assert.Equal(t, webhook.ContactCompanyChanged, got[3].Type)

			receiveWith("whsec_nobodys_secret")
			require.NoError(t, sb.SalesWebhooks.ChangeJob("jane-roe", "Founder", ""))
			require.Error(t, sb.Deliver(t.Context()))
			assert.Len(t, got, 4)
			assert.Equal(t, http.StatusUnauthorized, sb.Deliveries()[len(sb.Deliveries())-1].StatusCode)
		})
	}
}
