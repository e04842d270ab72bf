package webhook_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

// TestDoctorLinkedIn is a table of events that do not verify, and the reason that is named.
func TestDoctorLinkedIn(t *testing.T) {
	good := linkedInSignature(linkedInSecret, noteDeleted)
	for name, c := range map[string]struct {
		signature []string
		body      string
		says      string
	}{
		"no header":             {nil, noteDeleted, "the header X-Li-Signature is missing"},
		"twice":                 {[]string{good, good}, noteDeleted, "there more than once"},
		"another tenant's":      {[]string{linkedInSignature("the-secret-of-globex", noteDeleted)}, noteDeleted, "the secret of another tenant, globex"},
		"its old one":           {[]string{linkedInSignature("the-old-secret-of-globex", noteDeleted)}, noteDeleted, "the secret of another tenant, globex"},
		"previous secret":       {[]string{"hmacsha256=" + linkedInSignature("the-one-before", noteDeleted)}, noteDeleted, "a previous secret"},
		"without signed prefix": {[]string{hexMAC(linkedInSecret, noteDeleted)}, noteDeleted, "the body alone is signed"},
		"base64":                {[]string{base64.StdEncoding.EncodeToString(mac(linkedInSecret, "hmacsha256=", noteDeleted))}, noteDeleted, "base64 instead of hex"},
		"SHA-1":                 {[]string{good[:40]}, noteDeleted, "looks like SHA-1"},
		"line end":              {[]string{good}, noteDeleted + "\n", "a line end was added"},
		"encoded again":         {[]string{good}, strings.ReplaceAll(noteDeleted, ",", ", "), "decoded and encoded again"},
		"somebody's":            {[]string{linkedInSignature("nobody-knows-it", noteDeleted)}, noteDeleted, "another secret, or another body"},
	} {
		t.Run(name, func(t *testing.T) {
			var tenants webhook.Tenants[int]
			require.NoError(t, tenants.Set("acme", 1, linkedInSecret))
			require.NoError(t, tenants.Set("globex", 2, "the-secret-of-globex", "the-old-secret-of-globex"))
			var log bytes.Buffer
			sender, err := webhook.DoctorLinkedIn(tenants.Sender(), webhook.DoctorOptions{Previous: []string{"the-one-before"}, Logger: slog.New(slog.NewJSONHandler(&log, nil))})
			require.NoError(t, err)
			r := linkedInPost("/acme", "", "")
			r.Header["X-Li-Signature"] = c.signature
			if c.signature == nil {
				r.Header.Del("X-Li-Signature")
			}
			_, err = webhook.Verify(sender.Verifier, r, []byte(c.body))
			require.ErrorIs(t, err, webhook.ErrUnverified)
			assert.Contains(t, log.String(), c.says)
			for _, secret := range []string{linkedInSecret, "the-secret-of", "the-old-secret", "the-one-before", good, "1323073443"} {
				assert.NotContains(t, log.String(), secret)
			}
		})
	}
}

// TestDoctorLinkedInOfTheGood says nothing, nor does it of addresses that strangers try.
func TestDoctorLinkedInOfTheGood(t *testing.T) {
	var log bytes.Buffer
	options := webhook.DoctorOptions{Logger: slog.New(slog.NewTextHandler(&log, nil))}
	down := errors.New("vault is away")
	from, err := webhook.LinkedInFrom(func(r *http.Request) (webhook.LinkedInEndpoint, error) {
		switch r.URL.Path {
		case "/acme":
			return webhook.LinkedInEndpoint{Label: "acme", Secrets: []string{linkedInSecret}}, nil
		case "/down":
			return webhook.LinkedInEndpoint{}, down
		}
		return webhook.LinkedInEndpoint{}, webhook.ErrUnknownEndpoint
	})
	require.NoError(t, err)
	sender, err := webhook.DoctorLinkedIn(from, options)
	require.NoError(t, err)
	label, err := webhook.Verify(sender.Verifier, linkedInPost("/acme", linkedInSignature(linkedInSecret, noteDeleted), ""), []byte(noteDeleted))
	require.NoError(t, err)
	assert.Equal(t, "acme", label)
	_, err = webhook.Verify(sender.Verifier, linkedInPost("/wp-login.php", linkedInSignature(linkedInSecret, noteDeleted), ""), []byte(noteDeleted))
	require.ErrorIs(t, err, webhook.ErrUnknownEndpoint)
	assert.Empty(t, log.String())
	_, err = webhook.Verify(sender.Verifier, linkedInPost("/down", linkedInSignature(linkedInSecret, noteDeleted), ""), []byte(noteDeleted))
	require.ErrorIs(t, err, down)
	assert.Contains(t, log.String(), "vault is away")

	_, err = webhook.DoctorLinkedIn(sends(webhook.Unsigned("base")), options)
	require.Error(t, err)
	_, err = webhook.DoctorLinkedIn(from, webhook.DoctorOptions{Every: -1})
	require.Error(t, err)
}

// TestLinkedInScheme signs for tests of a receiver as LinkedIn does.
func TestLinkedInScheme(t *testing.T) {
	for _, one := range readVectors(t).Signatures {
		header, err := webhook.SignHMAC(webhook.LinkedInScheme(), one.Secret, []byte(one.Body), time.Time{}, nil)
		require.NoError(t, err)
		assert.Equal(t, one.Plain, header.Get("X-LI-Signature"))
	}
}
