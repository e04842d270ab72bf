package webhook

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
)

const (
	maxTokensPerLabel = 5
	tokenPrefix       = "pnt_"
	// minTokenLength is 128 bits in base64url.
	minTokenLength = 22
	maxTokenLength = 128
	tokenAlphabet  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	redactedText   = "[redacted]"
)

// Endpoint connects the secret token in a callback URL with a subscription.
// However it is printed, logged or encoded as JSON, its token is left out.
type Endpoint struct {
	// Label is the caller's name for the subscription. It is not secret: it
	// appears in logs, keys and deliveries. At most 128 bytes, without control
	// characters.
	Label string `json:"label"`
	// Token is the last path element of the callback URL.
	Token string `json:"token"`
}

// Format implements [fmt.Formatter] without the token.
func (e Endpoint) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.redacted()) }

// LogValue implements [slog.LogValuer] without the token.
func (e Endpoint) LogValue() slog.Value { return slog.StringValue(e.redacted()) }

// MarshalText returns the endpoint as text without the token.
func (e Endpoint) MarshalText() ([]byte, error) { return []byte(e.redacted()), nil }

// MarshalJSON returns the endpoint as a JSON string without the token.
func (e Endpoint) MarshalJSON() ([]byte, error) { return fmt.Appendf(nil, "%q", redactedText), nil }

func (e Endpoint) redacted() string { return "{Label:" + e.Label + " Token:" + redactedText + "}" }

// PathToken returns a verifier for senders that sign nothing. The last element
// of the request's path that is not empty must be the token of one of the
// endpoints, whose label the delivery then carries: a slash that somebody on
// the way has put behind it changes nothing. Give every subscription its own token: the
// payload does not say which subscription it belongs to.
//
// A label may have up to 5 endpoints, so that a token can be replaced while
// the old one still works. Tokens that [ErrWeakToken] describes are refused,
// and so is a token that occurs twice or an endpoint without a label.
//
// The token is compared in constant time with all endpoints, before the body
// is read. A mismatch is [ErrUnknownEndpoint].
//
// A token is weaker than a signature: it proves that the sender knows the URL,
// not that the body is genuine, and it travels in every access log on the way
// (see [RedactPath]).
func PathToken(endpoints ...Endpoint) (Verifier, error) {
	if len(endpoints) == 0 {
		return nil, errors.New("webhook: a path token verifier needs at least one endpoint")
	}
	v := make(pathToken, 0, len(endpoints))
	tokens := make(map[string]struct{}, len(endpoints))
	perLabel := make(map[string]int, len(endpoints))
	for i, e := range endpoints {
		if strings.TrimSpace(e.Label) == "" {
			return nil, fmt.Errorf("webhook: endpoint %d has no label", i)
		}
		if err := checkLabel(e.Label); err != nil {
			return nil, fmt.Errorf("webhook: endpoint %d: %w", i, err)
		}
		if err := checkToken(e.Token); err != nil {
			return nil, fmt.Errorf("webhook: endpoint %d (%s): %w", i, e.Label, err)
		}
		if _, twice := tokens[e.Token]; twice {
			return nil, fmt.Errorf("webhook: endpoint %d (%s) has the token of another endpoint", i, e.Label)
		}
		tokens[e.Token] = struct{}{}
		if perLabel[e.Label]++; perLabel[e.Label] > maxTokensPerLabel {
			return nil, fmt.Errorf("webhook: label %s has more than %d tokens", e.Label, maxTokensPerLabel)
		}
		v = append(v, pathEndpoint{
			digest: sha256.Sum256([]byte(e.Token)),
			check:  func([]byte) (string, error) { return e.Label, nil },
		})
	}
	return v, nil
}

// pathToken holds digests: the tokens themselves are not kept.
type pathToken []pathEndpoint

type pathEndpoint struct {
	digest [sha256.Size]byte
	check  Check // Gives the label: there is nothing to verify in the body.
}

func (v pathToken) Admit(r *http.Request) (Check, error) {
	path := strings.TrimRight(r.URL.Path, "/")
	last := path[strings.LastIndexByte(path, '/')+1:]
	if len(last) > maxTokenLength {
		return nil, ErrUnknownEndpoint
	}
	var buf [maxTokenLength]byte
	digest := sha256.Sum256(buf[:copy(buf[:], last)])
	found := -1
	for i := range v {
		same := subtle.ConstantTimeCompare(digest[:], v[i].digest[:])
		found = subtle.ConstantTimeSelect(same, i, found)
	}
	if found < 0 {
		return nil, ErrUnknownEndpoint
	}
	return v[found].check, nil
}

// ErrWeakToken is returned for a path token that is empty, shorter than 22 characters (128 bits), longer than 128, or has
// other characters than those of base64url: letters, digits, "-" and "_"; and for one that can be guessed, since it is
// made of words, of few different characters, or of what repeats or counts. [NewPathToken] makes a good one; what else
// is drawn at random, as base64url, hex or a UUID, is refused less than once in four billion times.
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
	case guessable(token):
		return fmt.Errorf("%w: it can be guessed from words, few characters or a pattern; webhook.NewPathToken() makes a good one", ErrWeakToken)
	}
	return nil
}
