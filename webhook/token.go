package webhook

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
)

const (
	tokenPrefix = "pnt_"
	// minTokenLength is 128 bits in base64url.
	minTokenLength = 22
	maxTokenLength = 128
	tokenAlphabet  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	redactedText   = "[redacted]"
)

// ErrWeakToken is returned for a path token that is empty, shorter than 22
// characters (128 bits), longer than 128, or has other characters than those
// of base64url: letters, digits, "-" and "_".
var ErrWeakToken = errors.New("webhook: path token refused")

// NewPathToken returns a new token of 256 random bits for [PathToken]. It
// starts with "pnt_", so that secret scanners can find it.
func NewPathToken() string {
	var secret [32]byte
	rand.Read(secret[:]) // It never fails: see crypto/rand.
	return tokenPrefix + base64.RawURLEncoding.EncodeToString(secret[:])
}

// CallbackURL returns base with the token as a new last path element: the
// address to give to the provider. Base must be an absolute https URL, or http
// on a loopback address, without user, query and fragment. The token must be
// one that [PathToken] accepts, else the error is [ErrWeakToken]. The result
// is as secret as the token; errors contain neither.
func CallbackURL(base, token string) (string, error) {
	if err := checkToken(token); err != nil {
		return "", err
	}
	u, err := url.Parse(base)
	if err != nil {
		return "", errors.New("webhook: the callback's base URL is not a URL")
	}
	switch {
	case u.Host == "" || u.Hostname() == "":
		return "", errors.New("webhook: the callback's base URL is not absolute")
	case u.Scheme != "https" && !(u.Scheme == "http" && isLoopback(u.Hostname())):
		return "", errors.New("webhook: the callback's base URL must use https")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", errors.New("webhook: the callback's base URL must not have a user, a query or a fragment")
	}
	return u.JoinPath(token).String(), nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// RedactPath returns a URL path, or a whole request target, in which
// everything that could be a path token is replaced by "[redacted]": each run
// of 22 or more of a token's characters, and whatever starts with "pnt_". Use
// it on what an access log or a trace records. Other long path elements, such
// as UUIDs, are replaced as well.
func RedactPath(path string) string {
	var out strings.Builder
	for len(path) > 0 {
		run := strings.IndexFunc(path, isRunEnd)
		if run < 0 {
			run = len(path)
		}
		if run >= minTokenLength || strings.Contains(path[:run], tokenPrefix) {
			out.WriteString(redactedText)
		} else {
			out.WriteString(path[:run])
		}
		path = path[run:]
		next := strings.IndexFunc(path, isRunStart)
		if next < 0 {
			next = len(path)
		}
		out.WriteString(path[:next])
		path = path[next:]
	}
	return out.String()
}

func isRunStart(c rune) bool { return !isRunEnd(c) }

// isRunEnd treats the percent sign as part of a run: a token may be written
// with escapes.
func isRunEnd(c rune) bool { return c != '%' && !strings.ContainsRune(tokenAlphabet, c) }

// checkToken returns [ErrWeakToken] with a reason for a token that [PathToken]
// does not take.
func checkToken(token string) error {
	switch {
	case strings.TrimSpace(token) == "":
		return fmt.Errorf("%w: it is empty", ErrWeakToken)
	case len(token) < minTokenLength:
		return fmt.Errorf("%w: it is shorter than %d characters", ErrWeakToken, minTokenLength)
	case len(token) > maxTokenLength:
		return fmt.Errorf("%w: it is longer than %d characters", ErrWeakToken, maxTokenLength)
	case strings.Trim(token, tokenAlphabet) != "":
		return fmt.Errorf("%w: it has characters that are not base64url", ErrWeakToken)
	}
	return nil
}
