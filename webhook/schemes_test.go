package webhook_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

// TestPresets are the public conventions, as their own headers show.
func TestPresets(t *testing.T) {
	at := time.Unix(1_737_369_000, 0)
	body := []byte(`{"id":"evt_test_2","type":"company.post_created"}`)
	for name, c := range map[string]struct {
		scheme webhook.HMACScheme
		secret string
		extra  http.Header
		header string
		form   string
	}{
		"standard": {webhook.StandardWebhooks(), doctorSecret, http.Header{"Webhook-Id": {"msg_1"}}, "Webhook-Signature", `^v1,[A-Za-z0-9+/]{43}=$`},
		"svix":     {webhook.SvixWebhooks(), doctorSecret, http.Header{"Svix-Id": {"msg_1"}}, "Svix-Signature", `^v1,[A-Za-z0-9+/]{43}=$`},
		"stripe":   {webhook.StripeStyle("Stripe-Signature"), "whsec_example", nil, "Stripe-Signature", `^t=1737369000,v1=[0-9a-f]{64}$`},
		"github":   {webhook.GitHubStyle("X-Hub-Signature-256"), "Qm3vT8xKp2LrW7nZc5YdHg", nil, "X-Hub-Signature-256", `^sha256=[0-9a-f]{64}$`},
	} {
		t.Run(name, func(t *testing.T) {
			header, err := webhook.SignHMAC(c.scheme, c.secret, body, at, c.extra)
			require.NoError(t, err)
			assert.Regexp(t, c.form, header.Get(c.header))
			c.scheme.Clock = func() time.Time { return at.Add(4 * time.Minute) }
			for wrong, secrets := range map[bool][]string{false: {c.secret}, true: {"whsec_0FWIbAI+yK7GpFa7cJFnZbGLhT9UpfX6"}} {
				sender, err := webhook.SalesWebhooks(c.scheme, secrets...)
				require.NoError(t, err)
				_, err = webhook.Verify(sender.Verifier, post(header), body)
				assert.Equal(t, wrong, err != nil)
			}
			for _, secret := range []string{"", "whsec_", "        ", "short"} {
				_, err = webhook.SalesWebhooks(c.scheme, secret)
				require.ErrorIs(t, err, webhook.ErrWeakSecret, "%q", secret)
			}
			_, err = webhook.SalesWebhooks(c.scheme)
			require.ErrorIs(t, err, webhook.ErrWeakSecret)
		})
	}
	_, err := webhook.SalesWebhooks(webhook.HMACScheme{}, doctorSecret)
	require.Error(t, err, "there is no default")
}

// TestRotatedSecret: deliveries with the old secret and the new one, and several signatures in one header.
func TestRotatedSecret(t *testing.T) {
	at := time.Now()
	scheme := webhook.StandardWebhooks()
	const old, fresh, other = "whsec_0FWIbAI+yK7GpFa7cJFnZbGLhT9UpfX6", "whsec_DCiS/sv7FINaRzXY84dRyKHwA4dUypWH", "whsec_cwQQs0iNsMXEq9mrCwqx5dufjbGXJHgD"
	signed := func(secrets ...string) http.Header {
		all := http.Header{}
		for _, secret := range secrets {
			header, err := webhook.SignHMAC(scheme, secret, doctorBody, at, http.Header{"Webhook-Id": {"msg_1"}})
			require.NoError(t, err)
			if before := all.Get("Webhook-Signature"); before != "" {
				header.Set("Webhook-Signature", before+" "+header.Get("Webhook-Signature"))
			}
			all = header
		}
		return all
	}
	verify := func(header http.Header, secrets ...string) error {
		sender, err := webhook.SalesWebhooks(scheme, secrets...)
		require.NoError(t, err)
		_, err = webhook.Verify(sender.Verifier, post(header), doctorBody)
		return err
	}
	require.NoError(t, verify(signed(old), fresh, old))
	require.NoError(t, verify(signed(fresh), fresh, old))
	require.NoError(t, verify(signed(old, fresh), fresh))
	require.NoError(t, verify(signed(old, fresh), old))
	require.ErrorIs(t, verify(signed(other), fresh, old), webhook.ErrUnverified)
	require.ErrorIs(t, verify(signed(old), fresh), webhook.ErrUnverified)
}
