package webhook_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

func TestNewPathToken(t *testing.T) {
	seen := make(map[string]bool)
	for range 100 {
		token := webhook.NewPathToken()
		assert.Regexp(t, `^pnt_[A-Za-z0-9_-]{43}$`, token)
		assert.False(t, seen[token])
		seen[token] = true
		_, err := webhook.PathToken(webhook.Endpoint{Label: "base", Token: token})
		assert.NoError(t, err)
	}
}

func TestR34PathTokenRefusesWeakTokens(t *testing.T) {
	for name, token := range map[string]string{
		"empty": "", "blank": strings.Repeat(" ", 30), "one short of 128 bits": strings.Repeat("k", 21),
		"too long": strings.Repeat("k", 129), "slash": strings.Repeat("k", 22) + "/k", "dots": strings.Repeat("k", 22) + "..",
		"space around": " " + strings.Repeat("k", 22), "percent": strings.Repeat("k", 22) + "%41", "umlaut": strings.Repeat("ä", 22),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := webhook.PathToken(webhook.Endpoint{Label: "base", Token: token})
			require.ErrorIs(t, err, webhook.ErrWeakToken)
			if token := strings.TrimSpace(token); token != "" {
				assert.NotContains(t, err.Error(), token)
			}
			_, err = webhook.CallbackURL("https://hooks.example.com", token)
			require.ErrorIs(t, err, webhook.ErrWeakToken)
		})
	}
}

func TestCallbackURL(t *testing.T) {
	token := webhook.NewPathToken()
	for base, want := range map[string]string{
		"https://hooks.example.com":       "https://hooks.example.com/" + token,
		"https://hooks.example.com/a/b/":  "https://hooks.example.com/a/b/" + token,
		"https://hooks.example.com:8443/": "https://hooks.example.com:8443/" + token,
		"http://localhost:8080/hooks":     "http://localhost:8080/hooks/" + token,
		"http://127.0.0.1/":               "http://127.0.0.1/" + token,
		"http://[::1]:80":                 "http://[::1]:80/" + token,
	} {
		got, err := webhook.CallbackURL(base, token)
		require.NoError(t, err)
		assert.Equal(t, want, got)
	}
	for _, base := range []string{
		"", "hooks.example.com", "/hooks", "http://hooks.example.com", "ftp://localhost", "https://", "https://:443", "https://user:canary@h.example.com",
		"https://h.example.com?canary=1", "https://h.example.com?", "https://h.example.com#canary", "https://h canary.example.com", "://canary",
	} {
		got, err := webhook.CallbackURL(base, token)
		require.Error(t, err, base)
		assert.Empty(t, got)
		assert.NotContains(t, err.Error(), "canary")
		assert.NotContains(t, err.Error(), token)
	}
}

func TestRedactPath(t *testing.T) {
	token := webhook.NewPathToken()
	own := strings.Repeat("k", 22)
	for path, want := range map[string]string{
		"":                                    "",
		"/":                                   "/",
		"/hooks/base":                         "/hooks/base",
		"/hooks/" + token:                     "/hooks/[redacted]",
		"/hooks/" + token + "/x":              "/hooks/[redacted]/x",
		token:                                 "[redacted]",
		"/hooks/" + own:                       "/hooks/[redacted]",
		"/hooks/" + own[1:]:                   "/hooks/" + own[1:],
		"/pnt_short":                          "/[redacted]",
		"https://h.example.com/a/" + token:    "https://h.example.com/a/[redacted]",
		"/a?token=" + token + "&b=c":          "/a?token=[redacted]&b=c",
		"/a/%70nt_" + token[4:] + "/" + token: "/a/[redacted]/[redacted]",
		"/é/ü":                                "/é/ü",
	} {
		assert.Equal(t, want, webhook.RedactPath(path))
	}
}

func FuzzRedactPath(f *testing.F) {
	token := "pnt_" + strings.Repeat("Ab0", 14) + "_"
	f.Add("/hooks/", "/x")
	f.Add("%", "%41")
	f.Fuzz(func(t *testing.T, before, after string) {
		assert.NotContains(t, webhook.RedactPath(before+token+after), token)
	})
}
