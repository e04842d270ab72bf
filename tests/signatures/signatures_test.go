// Package signatures judges the presets of package webhook by the verifiers and signers of those who made the conventions.
package signatures_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	stripe "github.com/stripe/stripe-go/v82/webhook"
	svix "github.com/svix/svix-webhooks/go"

	"github.com/pronet-go/pronet/webhook"
)

const (
	secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	other  = "whsec_0FWIbAI+yK7GpFa7cJFnZbGLhT9UpfX6"
)

var body = []byte("{\"id\":\"evt_1\",\"type\":\"contact.position_changed\"}\n")

// peer is somebody else's implementation of a convention.
type peer struct {
	scheme webhook.HMACScheme
	extra  http.Header
	sign   func(t *testing.T, at time.Time) http.Header
	verify func(header http.Header, body []byte, secret string) error
}

var peers = map[string]peer{
	"standard-webhooks": {
		scheme: webhook.StandardWebhooks(), extra: http.Header{"Webhook-Id": {"msg_1"}},
		sign: func(t *testing.T, at time.Time) http.Header {
			signer, err := standardwebhooks.NewWebhook(secret)
			require.NoError(t, err)
			signature, err := signer.Sign("msg_1", at, body)
			require.NoError(t, err)
			return headers("Webhook-", signature, at)
		},
		verify: func(header http.Header, body []byte, secret string) error {
			verifier, err := standardwebhooks.NewWebhook(secret)
			if err != nil {
				return err
			}
			return verifier.Verify(body, header)
		},
	},
	"svix": {
		scheme: webhook.SvixWebhooks(), extra: http.Header{"Svix-Id": {"msg_1"}},
		sign: func(t *testing.T, at time.Time) http.Header {
			signer, err := svix.NewWebhook(secret)
			require.NoError(t, err)
			signature, err := signer.Sign("msg_1", at, body)
			require.NoError(t, err)
			return headers("Svix-", signature, at)
		},
		verify: func(header http.Header, body []byte, secret string) error {
			verifier, err := svix.NewWebhook(secret)
			if err != nil {
				return err
			}
			return verifier.Verify(body, header)
		},
	},
	"stripe-go": {
		scheme: webhook.StripeStyle("Stripe-Signature"),
		sign: func(_ *testing.T, at time.Time) http.Header {
			signed := stripe.GenerateTestSignedPayload(&stripe.UnsignedPayload{Payload: body, Secret: secret, Timestamp: at})
			return http.Header{"Stripe-Signature": {signed.Header}}
		},
		verify: func(header http.Header, body []byte, secret string) error {
			return stripe.ValidatePayload(body, header.Get("Stripe-Signature"), secret)
		},
	},
}

func headers(prefix, signature string, at time.Time) http.Header {
	h := http.Header{}
	h.Set(prefix+"Id", "msg_1")
	h.Set(prefix+"Timestamp", strconv.FormatInt(at.Unix(), 10))
	h.Set(prefix+"Signature", signature)
	return h
}

// ours verifies with the preset.
func ours(t *testing.T, scheme webhook.HMACScheme, header http.Header, body []byte, secrets ...string) error {
	t.Helper()
	sender, err := webhook.SalesWebhooks(scheme, secrets...)
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	r.Header = header
	_, err = webhook.Verify(sender.Verifier, r, body)
	return err
}

// TestPeersSignForUs: what their helpers sign verifies with the preset, and nothing else does.
func TestPeersSignForUs(t *testing.T) {
	for name, p := range peers {
		t.Run(name, func(t *testing.T) {
			now := time.Now()
			require.NoError(t, ours(t, p.scheme, p.sign(t, now), body, secret))
			require.NoError(t, ours(t, p.scheme, p.sign(t, now), body, other, secret), "a rotated secret, both configured")
			require.ErrorIs(t, ours(t, p.scheme, p.sign(t, now), body, other), webhook.ErrUnverified)
			require.ErrorIs(t, ours(t, p.scheme, p.sign(t, now), append([]byte{' '}, body...), secret), webhook.ErrUnverified)
			require.ErrorIs(t, ours(t, p.scheme, p.sign(t, now.Add(10*time.Minute)), body, secret), webhook.ErrTooNew)
			require.ErrorIs(t, ours(t, p.scheme, p.sign(t, now.Add(-10*time.Minute)), body, secret), webhook.ErrTooOld)
			for _, empty := range []string{"", "whsec_"} {
				_, err := webhook.SalesWebhooks(p.scheme, empty)
				require.ErrorIs(t, err, webhook.ErrWeakSecret)
			}
			header := p.sign(t, now)
			extra := header.Get(p.scheme.Header) + " " + p.scheme.Prefix + "AAAA"
			if name == "stripe-go" {
				extra = header.Get(p.scheme.Header) + ",v1=00,v0=11"
			}
			header.Set(p.scheme.Header, extra)
			require.NoError(t, ours(t, p.scheme, header, body, secret), "extra signatures")
		})
	}
}

// TestWeSignForPeers: what SignHMAC signs verifies with their verifiers, and with another secret it does not.
func TestWeSignForPeers(t *testing.T) {
	for name, p := range peers {
		t.Run(name, func(t *testing.T) {
			header, err := webhook.SignHMAC(p.scheme, secret, body, time.Now(), p.extra)
			require.NoError(t, err)
			require.NoError(t, p.verify(header, body, secret))
			assert.Error(t, p.verify(header, body, other))
			assert.Error(t, p.verify(header, append([]byte{' '}, body...), secret))
		})
	}
}
