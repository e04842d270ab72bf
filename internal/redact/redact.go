// Package redact takes secrets out of what is printed.
package redact

import "net/url"

// URL returns of a webhook's URL its scheme and host. What is behind them, or before them as a user's name, may be what
// lets somebody in, whatever its form, and is "[redacted]".
func URL(text string) string {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return ""
	case err != nil || u.Scheme == "" || u.Host == "":
		return mark
	}
	origin := url.URL{Scheme: u.Scheme, Host: u.Host}
	if text == origin.String() || text == origin.String()+"/" {
		return text
	}
	return origin.String() + "/" + mark
}
