package webhook_test

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/webhook"
)

// useToken gives a token to everything that takes one, and returns the errors.
func useToken(token string) (errs [3]error) {
	_, errs[0] = webhook.PathToken(webhook.Endpoint{Label: "base", Token: token})
	_, errs[1] = webhook.Coresignal(webhook.Endpoint{Label: "base", Token: token})
	_, errs[2] = webhook.CallbackURL("https://hooks.example.com", token)
	return errs
}

func useSecret(secret string) error {
	_, err := webhook.HMAC("own", webhook.HMACScheme{Header: "X-Signature"}, webhook.DecodeRaw, secret)
	return err
}

func TestR71WhatPeopleMakeUpIsRefused(t *testing.T) {
	for _, text := range []string{
		// One character, or few.
		strings.Repeat("a", 22), strings.Repeat("k", 40), strings.Repeat("-", 22), strings.Repeat("0", 32), "aaaaaaaaaaaaaaaaaaaaab", "1111111111222222222233",
		"aaaaaaaaaaabbbbbbbbbbb", "abbabaabbaababbabaababba", "00000000-0000-0000-0000-000000000000", "11111111-2222-3333-4444-555555555555",
		// A part that comes again.
		strings.Repeat("ab", 16), "abcabcabcabcabcabcabcabc", "test-test-test-test-test", "changeme-changeme-changeme", "deadbeefdeadbeefdeadbeef",
		"hunter2hunter2hunter2hunter2", "p4ssw0rd-p4ssw0rd-p4ssw0rd", "Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9", "x7Kq2x7Kq2x7Kq2x7Kq2x7Kq2", "bundesamt-bundesamt-bundesamt",
		// Counted.
		"0123456789012345678901", "1234567890123456789012", "9876543210987654321098", "abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba",
		"ABCDEFGHIJKLMNOPQRSTUV", "1234567890abcdefghijkl", "0123456789abcdef0123456789abcdef", "12345678-1234-1234-1234-123456789012", "acegikmoqsuwyacegikmoq",
		"abcd-efgh-ijkl-mnop-qrst", "aAbBcCdDeEfFgGhHiIjJkK", "1a2b3c4d5e6f7g8h9i0j1k2l", "aabbccddeeff00112233445566", "a1a2a3a4a5a6a7a8a9a0a1a2", "20240101202401012024010120",
		// A keyboard.
		"qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm", "asdfasdfasdfasdfasdfasdf", "QWERTYUIOPASDFGHJKLZXC",
		// Words.
		"coresignal-webhook-prod", "my-company-webhook-secret", "CoresignalWebhookProduction", "thisismysecretwebhooktoken", "coresignalwebhookproduction",
		"Password123Password123", "acme-production-webhook-key", "webhook_secret_2024_acme", "webhook-token-webhook-token", "SuperSecretWebhookToken2025",
		"super_secret_password_123", "this-is-not-a-real-token", "production-hooks-coresignal-1", "letmeinletmeinletmein1", "staging-crm-hook-token-v2",
		"MYCOMPANYWEBHOOKSECRET", "sales-team-coresignal-eu", "github-actions-deploy-key", "customers-prod-token-0001", "Webhook-Token-Webhook-1",
		"correct-horse-battery-staple", "data-engineers-coresignal", "example_example_example", "unternehmen-webhook-prod", "p-a-s-s-w-o-r-d-p-a-s-s",
		"my-secret-token-for-the-webhook", "hello-world-hello-world", "purple-monkey-dishwasher", "interesting-conversations", "tokenForCustomerNotifications",
		// The same behind our prefix.
		"pnt_coresignal-webhook-prod", "pnt_" + strings.Repeat("a", 22), "pnt_test_test_test_test", "pnt_0123456789012345678901",
	} {
		for _, err := range useToken(text) {
			require.ErrorIs(t, err, webhook.ErrWeakToken, text)
			assert.ErrorContains(t, err, "webhook.NewPathToken() makes a good one", text)
			assert.NotContains(t, err.Error(), text)
		}
		err := useSecret(text)
		require.ErrorIs(t, err, webhook.ErrWeakSecret, text)
		assert.ErrorContains(t, err, "webhook.NewPathToken() makes a good one, and for one that the sender has issued set SecretForm to IssuedSecret", text)
		assert.NotContains(t, err.Error(), text)
	}
}

// TestR71SecretsOfOtherCharacters: a secret, unlike a token, may have any.
func TestR71SecretsOfOtherCharacters(t *testing.T) {
	for _, text := range []string{"correct horse battery staple", "Password!Password!Password!", "a secret of thirty-two characters", "!!!!!!!!!!!!!!!!!!!!!!!!", "ääääääääääää"} {
		require.ErrorIs(t, useSecret(text), webhook.ErrWeakSecret, text)
	}
	for _, text := range []string{"k8#Vq!w2$Lm9@xZ5^tR7&pB", "Jq+8/vT2mXoPz5Ly0RkW1Q==", "пQ7рХ2-ыW9зЖ5+эK1"} {
		require.NoError(t, useSecret(text), text)
	}
}

// TestR71WhatIsDrawnAtRandomPasses: of each usual form, down to the shortest that is taken.
func TestR71WhatIsDrawnAtRandomPasses(t *testing.T) {
	base32Text := func(b []byte) string { return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b) }
	for name, form := range map[string]func(b []byte) string{
		"NewPathToken":        func([]byte) string { return webhook.NewPathToken() },
		"base64url, 128 bits": func(b []byte) string { return base64.RawURLEncoding.EncodeToString(b[:16])[:22] },
		"base64url, 256 bits": base64.RawURLEncoding.EncodeToString,
		"hex, 22 characters":  func(b []byte) string { return hex.EncodeToString(b[:11]) },
		"hex, 128 bits":       func(b []byte) string { return hex.EncodeToString(b[:16]) },
		"hex, 256 bits":       hex.EncodeToString,
		"hex, upper case":     func(b []byte) string { return strings.ToUpper(hex.EncodeToString(b[:16])) },
		"UUID":                uuid,
		"base32":              func(b []byte) string { return base32Text(b[:20]) },
		"base32, lower case":  func(b []byte) string { return strings.ToLower(base32Text(b[:16])) },
		"base32, groups of 5": func(b []byte) string {
			s := base32Text(b)
			return s[:5] + "-" + s[5:10] + "-" + s[10:15] + "-" + s[15:20] + "-" + s[20:25]
		},
		"letters of both case": func(b []byte) string { return strings.Map(letter, base64.RawURLEncoding.EncodeToString(b))[:22] },
		"decimal":              decimal,
	} {
		for range pronettest.Times(30, 10_000) {
			random := make([]byte, 32)
			_, _ = rand.Read(random)
			text := form(random)
			require.Equal(t, [3]error{}, useToken(text), "%s: %s", name, text)
			require.NoError(t, useSecret(text), "%s: %s", name, text)
		}
	}
}

func uuid(b []byte) string {
	s := hex.EncodeToString(b)
	return s[:8] + "-" + s[8:12] + "-4" + s[13:16] + "-a" + s[17:20] + "-" + s[20:32]
}

// letter replaces what is no letter by one.
func letter(c rune) rune {
	if c < 'A' {
		return c%16 + 'f'
	}
	return c
}

func decimal(b []byte) string {
	var digits strings.Builder
	for _, c := range b {
		digits.WriteByte('0' + c%10)
	}
	return digits.String()
}

func FuzzGuessable(f *testing.F) {
	f.Add("coresignal-webhook-prod")
	f.Add(strings.Repeat("a", 4096))
	f.Add("\xff\x00é--__..  ")
	f.Fuzz(func(t *testing.T, text string) {
		errs := useToken(text)
		assert.Equal(t, errs[0] == nil, errs[2] == nil)
		if err := useSecret(text); err != nil && strings.TrimSpace(text) != "" && len(text) > 8 {
			assert.NotContains(t, err.Error(), text)
		}
	})
}
