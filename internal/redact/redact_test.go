package redact_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/redact"
	"github.com/pronet-go/pronet/webhook"
)

func TestURL(t *testing.T) {
	for url, want := range map[string]string{
		"":                                       "",
		"https://crm.company.com":                "https://crm.company.com",
		"https://crm.company.com:8443/":          "https://crm.company.com:8443/",
		"https://crm.company.com/hooks/pnt_x":    "https://crm.company.com/[redacted]",
		"https://crm.company.com/hooks/short":    "https://crm.company.com/[redacted]",
		"https://crm.company.com?token=short":    "https://crm.company.com/[redacted]",
		"https://crm.company.com#short":          "https://crm.company.com/[redacted]",
		"https://name:password@crm.company.com/": "https://crm.company.com/[redacted]",
		"/hooks/short":                           "[redacted]",
		"mailto:short":                           "[redacted]",
		"https://%zz/short":                      "[redacted]",
	} {
		assert.Equal(t, want, redact.URL(url), url)
	}
}

// FuzzURL: nothing of a path, query, fragment or user's name is left, in whatever form.
func FuzzURL(f *testing.F) {
	f.Add("https://a.com/pnt_0123456789012345678901234567890/x?y=%2f")
	f.Add("https://" + webhook.NewPathToken() + "@a.com")
	f.Fuzz(func(t *testing.T, text string) {
		printed := redact.URL(text)
		if printed == text || printed == "[redacted]" {
			return
		}
		u, err := url.Parse(printed)
		require.NoError(t, err)
		assert.Equal(t, "/[redacted]", u.Path)
		assert.Equal(t, strings.Count(printed, "@"), strings.Count(u.Host, "@"))
		assert.Empty(t, u.RawQuery+u.Fragment)
	})
}
