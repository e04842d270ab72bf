package redact_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/internal/redact"
	"github.com/pronet-go/pronet/webhook"
)

func TestURL(t *testing.T) {
	for url, want := range map[string]string{
		"":                              "",
		"https://crm.company.com/hooks": "https://crm.company.com/hooks",
		"https://a.com/pnt_x":           "https://a.com/[redacted]",
		"https://a.com/%70nt_x/more":    "https://a.com/%70nt_x/more",
		"https://a.com/0123456789012345678901?k=0123456789abcdefABCDEF-_": "https://a.com/[redacted]?k=[redacted]",
		"https://a.com/012345678901234567890":                             "https://a.com/012345678901234567890",
		"/\xff012345678901234567890123\u00e9":                             "/\xff[redacted]\u00e9",
	} {
		assert.Equal(t, want, redact.URL(url), url)
	}
}

// FuzzURL: it is what webhook.RedactPath does.
func FuzzURL(f *testing.F) {
	f.Add("https://a.com/pnt_0123456789012345678901234567890/x?y=%2f")
	f.Add(webhook.NewPathToken())
	f.Fuzz(func(t *testing.T, url string) {
		assert.Equal(t, webhook.RedactPath(url), redact.URL(url))
	})
}
