package callback_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/callback"
)

func TestCheck(t *testing.T) {
	for _, good := range []string{
		"https://hooks.example.com/coresignal/pnt_abc", "https://hooks.example.com:8443/x?y=1", "https://8.8.8.8/x", "https://[2606:4700::1111]/x", "https://hooks.example.com./x",
	} {
		assert.NoError(t, callback.Check(good, false), good)
	}
	for reason, bad := range map[string][]string{
		"is empty":           {""},
		"is not https":       {"http://hooks.example.com/x", "ftp://hooks.example.com/x"},
		"with a host":        {"https:///x", "hooks.example.com/x", "https:hooks.example.com", "https://:443/", "https://%zz/"},
		"not public":         {"https://10.0.0.1/x", "https://169.254.169.254/latest", "https://[fd00::1]/", "https://[::ffff:10.0.0.1]/", "https://db.internal/x", "https://printer.local/", "https://a.test/", "https://api.localhost"},
		"on this machine":    {"https://localhost/x", "https://127.0.0.1/x", "http://[::1]/x", "https://LOCALHOST./x", "https://[::ffff:127.0.0.1]/"},
		"user name":          {"https://user:secret@hooks.example.com/x"},
		"fragment":           {"https://hooks.example.com/x#y"},
		"without a domain":   {"https://intranet/x"},
		"read as an address": {"https://0x7f.1/x", "https://127.1/x", "https://1.2.3.0x4/"},
		"longer than":        {"https://hooks.example.com/" + strings.Repeat("a", 2048)},
	} {
		for _, url := range bad {
			err := callback.Check(url, false)
			require.ErrorIs(t, err, api.ErrInvalid, url)
			assert.ErrorContains(t, err, reason, url)
			assert.NotContains(t, err.Error(), "secret")
		}
	}
}

func TestLoopbackOnRequest(t *testing.T) {
	for _, url := range []string{"http://localhost:8080/x", "http://127.0.0.1:9/x", "https://[::1]:1/x"} {
		assert.NoError(t, callback.Check(url, true), url)
	}
	assert.Error(t, callback.Check("http://10.0.0.1/x", true), "a private address is not loopback")
	assert.Error(t, callback.Check("http://api.localhost/x", true), "a name that another resolver may know")
	assert.Error(t, callback.Check("gopher://127.0.0.1/x", true))
}

// TestSecrets are what a delivery may be recognised by: long parts of the path, and of the query, unescaped.
func TestSecrets(t *testing.T) {
	for raw, want := range map[string][]string{
		"https://hooks.example.com/coresignal/pnt_0123456789":      {"pnt_0123456789"},
		"https://hooks.example.com/a/b?token=0123456789ab&short=x": {"0123456789ab"},
		"https://hooks.example.com/pnt%5F0123456789/0123456789":    {"pnt_0123456789"},
		"https://hooks.example.com":                                nil,
		"://":                                                      nil,
	} {
		var got []string
		for _, secret := range callback.Secrets(raw) {
			got = append(got, secret.Reveal())
		}
		assert.Equal(t, want, got, raw)
	}
}
