package webhook

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// SourceLinkedIn is the [Sender.Source] of [LinkedIn].
const SourceLinkedIn = "linkedin"

const (
	// LinkedInTTL is how long an event of LinkedIn's that has an id is remembered. LinkedIn sends notifications again for
	// eight hours.
	LinkedInTTL = 10 * time.Hour
	// LinkedInBodyTTL is how long one without an id is remembered, as its body, since the same bytes may ask for the same
	// once more.
	LinkedInBodyTTL = 10 * time.Minute
)

// LinkedInEndpoint is what is received at one callback URL. LinkedIn demands a URL of its own for each customer.
// However an endpoint is printed, its secrets are left out.
type LinkedInEndpoint struct {
	// Label is the label of the deliveries, such as the customer's name. It is not secret. At most 128 bytes, without
	// control characters.
	Label string
	// Secrets are client secrets of the app, each of at least 8 characters. The first is the current one, and responds to
	// challenges. Events that are signed with any of them are genuine: keep the old one while it is replaced.
	Secrets []string
	// Applications are the client secrets of child apps that share the URL, by the applicationId of their challenges.
	// Their events are genuine too. Together with Secrets there may be 5.
	Applications map[string]string
	// BareBody accepts the older signature as well, which is of the body alone. No page of LinkedIn's has it.
	BareBody bool
}

// Format implements [fmt.Formatter] without the secrets, whatever the verb.
func (e LinkedInEndpoint) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.redacted()) }

// LogValue implements [slog.LogValuer] without the secrets.
func (e LinkedInEndpoint) LogValue() slog.Value { return slog.StringValue(e.redacted()) }

// MarshalText returns the endpoint as text without the secrets.
func (e LinkedInEndpoint) MarshalText() ([]byte, error) { return []byte(e.redacted()), nil }

func (e LinkedInEndpoint) redacted() string {
	return fmt.Sprintf("{Label:%s Secrets:%d Applications:%d}", e.Label, len(e.Secrets), len(e.Applications))
}

// LinkedIn returns the sender of LinkedIn's events at one endpoint: events of Recruiter System Connect, of Apply
// Connect, leads, and what happens to an organization's posts. See [Tenants] for many customers, and [LinkedInFrom]
// where the secrets come from elsewhere.
//
// The X-LI-Signature is the HMAC-SHA256 of "hmacsha256=" and the body, or of that with everything but ASCII written as
// \uXXXX. A request with two of the headers is refused. The signature has no timestamp, so a captured request can be
// sent again; that each event counts once (see [LinkedInTTL]) is what stops it.
//
// It responds to LinkedIn's challenge, a GET with a challengeCode, when the URL is registered and every two hours,
// without touching the store or the sink. It signs a code only if it is a UUID: whoever knows the URL could have any
// event signed otherwise. Bodies are decoded by [DecodeLinkedIn].
//
// A secret that is short or repeats the same few characters gives [ErrWeakSecret].
func LinkedIn(e LinkedInEndpoint) (Sender, error) {
	complete, err := e.complete()
	if err != nil {
		return Sender{}, err
	}
	return linkedInSender(linkedInVerifier{find: func(*http.Request) (*linkedInKeys, error) { return complete, nil }}), nil
}

// LinkedInFrom returns the sender of [LinkedIn] for endpoints that find looks up for each request, challenges included:
// by the URL's path, from a store of secrets. It returns [ErrUnknownEndpoint] where nothing is received, for a 404.
// After any other error, and for an endpoint that [LinkedIn] would refuse, the response is 503. It must not read the
// body, and must return within the 3 seconds that LinkedIn waits for the response to a challenge.
func LinkedInFrom(find func(r *http.Request) (LinkedInEndpoint, error)) (Sender, error) {
	if find == nil {
		return Sender{}, errors.New("webhook: the function that finds endpoints is nil")
	}
	return linkedInSender(linkedInVerifier{find: func(r *http.Request) (*linkedInKeys, error) {
		e, err := find(r)
		if err != nil {
			return nil, err
		}
		return e.complete()
	}}), nil
}

func linkedInSender(v linkedInVerifier) Sender {
	return Sender{Source: SourceLinkedIn, Verifier: v, Decoder: DecodeLinkedIn, TTL: LinkedInBodyTTL, Challenge: v.challenge}
}

// LinkedInScheme is how LinkedIn signs today, for [Diagnose] and, in tests of a receiver, for [SignHMAC]. Receive with
// [LinkedIn], which knows the challenge and the other ways to sign as well.
func LinkedInScheme() HMACScheme {
	return HMACScheme{
		Header: linkedInHeader, SecretForm: IssuedSecret, Signed: []SignedPart{SignedText(linkedInPrefix), SignedBody()},
	}
}

const (
	linkedInHeader = "X-Li-Signature"
	linkedInPrefix = "hmacsha256=" // It is signed; some write it into the header as well.
)

// linkedInKeys is a [LinkedInEndpoint] that was checked.
type linkedInKeys struct {
	label    string
	keys     [][]byte // The first responds to challenges.
	apps     map[string][]byte
	bareBody bool
	seen     *seen
}

// seen is when an endpoint was heard of last, in nanoseconds since 1970; 0 is never.
type seen struct{ challenged, verified atomic.Int64 }

func (e LinkedInEndpoint) complete() (*linkedInKeys, error) {
	if err := checkLabel(e.Label); err != nil {
		return nil, err
	}
	if len(e.Secrets)+len(e.Applications) > maxSecrets {
		return nil, fmt.Errorf("webhook: an endpoint has more than %d secrets", maxSecrets)
	}
	keys, err := IssuedSecret.keys(e.Secrets)
	if err != nil {
		return nil, err
	}
	k := &linkedInKeys{label: strings.Clone(e.Label), keys: keys, bareBody: e.BareBody, seen: new(seen)}
	for _, id := range slices.Sorted(maps.Keys(e.Applications)) {
		key, reason := IssuedSecret.key(e.Applications[id])
		if reason != "" {
			return nil, fmt.Errorf("%w: that of an application %s", ErrWeakSecret, reason)
		}
		if k.apps == nil {
			k.apps = make(map[string][]byte)
		}
		k.apps[id] = key
		k.keys = append(k.keys, key)
	}
	return k, nil
}

// linkedInVerifier keeps the keys behind a function, out of reach of whatever prints it.
type linkedInVerifier struct {
	find func(*http.Request) (*linkedInKeys, error)
	// again says that the keys are to be found once more when the body is there.
	again bool
	// others yields all endpoints for a diagnosis; nil if there is one.
	others func(yield func(*linkedInKeys) bool)
}

// found returns the keys for a request. What is wrong with them is not the request's fault.
func (v linkedInVerifier) found(r *http.Request) (*linkedInKeys, error) {
	k, err := v.find(r)
	if err != nil && !errors.Is(err, ErrUnknownEndpoint) {
		return nil, fmt.Errorf("%w: the secrets: %w", ErrRetryLater, err)
	}
	return k, err
}

func (v linkedInVerifier) Admit(r *http.Request) (Check, error) {
	k, err := v.found(r)
	if err != nil {
		return nil, err
	}
	claimed, ok := linkedInSignature(r.Header)
	if !ok {
		return nil, ErrUnverified
	}
	return func(body []byte) (string, error) {
		if v.again {
			if k, err = v.found(r); err != nil {
				return "", err
			}
		}
		if !k.signed(body, claimed) {
			return "", ErrUnverified
		}
		k.seen.verified.Store(time.Now().UnixNano())
		return k.label, nil
	}, nil
}

// linkedInSignature reads the one signature that a request carries.
func linkedInSignature(h http.Header) (claimed [sha256.Size]byte, ok bool) {
	values := h[linkedInHeader]
	if len(values) != 1 {
		return claimed, false
	}
	text := values[0]
	if len(text) > len(linkedInPrefix) && strings.EqualFold(text[:len(linkedInPrefix)], linkedInPrefix) {
		text = text[len(linkedInPrefix):]
	}
	if len(text) != hex.EncodedLen(sha256.Size) {
		return claimed, false
	}
	_, err := hex.Decode(claimed[:], []byte(text))
	return claimed, err == nil
}

// signed reports whether one of the keys has signed the body, in one of LinkedIn's ways.
func (k *linkedInKeys) signed(body []byte, claimed [sha256.Size]byte) bool {
	fits := func(write func(io.Writer)) bool {
		genuine := false
		for _, key := range k.keys {
			h := hmac.New(sha256.New, key)
			write(h)
			if hmac.Equal(h.Sum(nil), claimed[:]) {
				genuine = true // Go on: the time must not depend on the position.
			}
		}
		return genuine
	}
	prefixed := func(write func(io.Writer)) func(io.Writer) {
		return func(w io.Writer) {
			_, _ = io.WriteString(w, linkedInPrefix)
			write(w)
		}
	}
	whole := func(w io.Writer) { _, _ = w.Write(body) }
	switch {
	case fits(prefixed(whole)):
		return true
	case hasMoreThanASCII(body) && utf8.Valid(body) && (fits(prefixed(escaped(body, "0123456789abcdef"))) || fits(prefixed(escaped(body, "0123456789ABCDEF")))):
		return true
	}
	return k.bareBody && !isSignedOtherwise(body) && fits(whole)
}

// isSignedOtherwise reports whether the signature of a text could be that of something else: of the response to a
// challenge, or of the event that follows the prefix.
func isSignedOtherwise(text []byte) bool {
	return len(text) == uuidLength && isUUID(string(text)) || bytes.HasPrefix(text, []byte(linkedInPrefix))
}

func hasMoreThanASCII(text []byte) bool {
	return slices.ContainsFunc(text, func(c byte) bool { return c >= utf8.RuneSelf })
}

// escaped writes a text with everything but ASCII as \uXXXX.
func escaped(text []byte, digits string) func(io.Writer) {
	return func(w io.Writer) {
		buffer := make([]byte, 0, 4096)
		unit := func(u rune) {
			buffer = append(buffer, '\\', 'u', digits[u>>12&15], digits[u>>8&15], digits[u>>4&15], digits[u&15])
		}
		for rest := text; len(rest) > 0; {
			r, size := utf8.DecodeRune(rest)
			switch {
			case r < utf8.RuneSelf:
				buffer = append(buffer, byte(r))
			case r > 0xffff:
				unit(0xd800 + (r-0x10000)>>10)
				unit(0xdc00 + (r-0x10000)&0x3ff)
			default:
				unit(r)
			}
			rest = rest[size:]
			if len(buffer) > cap(buffer)-12 || len(rest) == 0 {
				_, _ = w.Write(buffer)
				buffer = buffer[:0]
			}
		}
	}
}

// linkedInDigest is the digest of a text as LinkedIn may have signed it. A signature fits a text and the same one with
// everything but ASCII escaped: whoever has captured one form can send the other, which is no other event.
func linkedInDigest(text []byte) string {
	if !utf8.Valid(text) {
		return digest(text)
	}
	h := sha256.New()
	escaped(lowerEscapes(text), "0123456789abcdef")(h)
	return hex.EncodeToString(h.Sum(nil))
}

// lowerEscapes writes the digits of the escapes in small letters, in memory of its own if there are others.
func lowerEscapes(text []byte) []byte {
	lower, begin := text, []byte(`\u`)
	for at := bytes.Index(text, begin); at >= 0 && at+6 <= len(text); {
		at += len(begin)
		digits := text[at : at+4]
		if bytes.ContainsAny(digits, "ABCDEF") && len(bytes.Trim(digits, "0123456789abcdefABCDEF")) == 0 {
			if &lower[0] == &text[0] {
				lower = bytes.Clone(text)
			}
			copy(lower[at:], bytes.ToLower(digits))
		}
		next := bytes.Index(text[at:], begin)
		if next < 0 {
			break
		}
		at += next
	}
	return lower
}

// maxChallengeQuery bounds the query of a challenge, in bytes.
const maxChallengeQuery = 2048

// challenge is the [Sender.Challenge].
func (v linkedInVerifier) challenge(w http.ResponseWriter, r *http.Request) bool {
	if !strings.Contains(r.URL.RawQuery, "challengeCode") {
		return false
	}
	header := w.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Cache-Control", "no-store")
	refuse := func(status int) bool {
		header.Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, responseText(status))
		return true
	}
	k, err := v.found(r)
	switch {
	case errors.Is(err, ErrUnknownEndpoint):
		return refuse(http.StatusNotFound)
	case err != nil:
		return refuse(http.StatusServiceUnavailable)
	}
	code, key := k.challenged(r.URL.RawQuery)
	if key == nil {
		return refuse(http.StatusBadRequest)
	}
	h := hmac.New(sha256.New, key)
	_, _ = io.WriteString(h, code)
	k.seen.challenged.Store(time.Now().UnixNano())
	header.Set("Content-Type", "application/json")
	// A UUID needs no escapes.
	_, _ = fmt.Fprintf(w, `{"challengeCode":"%s","challengeResponse":"%x"}`, code, h.Sum(nil)) //nolint:gosec // It is JSON, and of hex digits.
	return true
}

// challenged returns the code of a challenge and the key that signs it, or nil if nothing may be signed.
func (k *linkedInKeys) challenged(query string) (code string, key []byte) {
	if len(query) > maxChallengeQuery {
		return "", nil
	}
	values, err := url.ParseQuery(query)
	codes, applications := values["challengeCode"], values["applicationId"]
	if err != nil || len(codes) != 1 || !isUUID(codes[0]) || len(applications) > 1 {
		return "", nil
	}
	if len(applications) == 1 && len(k.apps) > 0 {
		return codes[0], k.apps[applications[0]]
	}
	return codes[0], k.keys[0]
}

const uuidLength = 36

// isUUID reports whether a text is a UUID as it is usually written, of any version.
func isUUID(text string) bool {
	if len(text) != uuidLength {
		return false
	}
	for i := range len(text) {
		c := text[i]
		switch {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'f':
		default:
			return false
		}
	}
	return true
}
