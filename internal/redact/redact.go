// Package redact takes secrets out of what is printed.
package redact

import "strings"

const (
	tokenPrefix = "pnt_"
	// tokenLength is the least of a token: 128 bits in base64url.
	tokenLength = 22
	alphabet    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_%" // a token may be written with escapes
)

// URL returns a URL of a webhook in which everything that could be a path token is "[redacted]", as webhook.RedactPath
// does it: each run of 22 or more of a token's characters, and whatever has "pnt_" in it. Package webhook imports nothing
// of the client, so that the rule is written down twice; a test compares both.
func URL(url string) string {
	var out strings.Builder
	for len(url) > 0 {
		rest := strings.TrimLeft(url, alphabet)
		run := url[:len(url)-len(rest)]
		if len(run) >= tokenLength || strings.Contains(run, tokenPrefix) {
			run = "[redacted]"
		}
		out.WriteString(run)
		next := strings.IndexAny(rest, alphabet)
		if next < 0 {
			next = len(rest)
		}
		out.WriteString(rest[:next])
		url = rest[next:]
	}
	return out.String()
}
