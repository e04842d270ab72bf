package webhook

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/textproto"
	"strings"
	"time"
	"unicode"
)

// HMAC returns a sender that signs its requests with HMAC-SHA256 as the scheme describes, and whose bodies are decoded
// by decode. The source names it, see [Sender.Source]. Nothing here is any provider's own: scheme and decoder have no
// default. [DecodeRaw] takes any body.
//
// Up to 5 secrets are taken, so that one can be replaced while the old one
// still works. A secret that is not what its [SecretForm] asks for gives
// [ErrWeakSecret].
//
// A request without a well-formed signature, or with a timestamp outside the
// tolerance, is refused before its body is read, and the time is looked at again
// after it. The error is [ErrUnverified], [ErrTooOld] or [ErrTooNew].
func HMAC(source string, scheme HMACScheme, decode Decoder, secrets ...string) (Sender, error) {
	v, err := newHMACVerifier(scheme, secrets)
	if err != nil {
		return Sender{}, err
	}
	s, err := Sender{Source: source, Verifier: v, Decoder: decode}.check()
	if err != nil {
		return Sender{}, err
	}
	return s, nil
}

// DefaultTolerance is how far a signed timestamp may be away from the
// receiver's clock, in both directions.
const DefaultTolerance = 5 * time.Minute

// HMACScheme describes how a sender signs its callbacks with HMAC-SHA256. The
// zero value of a field is the default that is named there. No scheme is any
// provider's own: take the values from the sender's documentation.
//
// For example, a sender that signs "timestamp.body", and puts the timestamp
// and the hex signature into headers of their own:
//
//	webhook.HMACScheme{
//		Header:          "X-Signature",
//		Prefix:          "v1=",
//		TimestampHeader: "X-Timestamp",
//		Signed: []webhook.SignedPart{
//			webhook.SignedTimestamp(), webhook.SignedText("."), webhook.SignedBody(),
//		},
//	}
type HMACScheme struct {
	// Label is the label of the deliveries. It may be empty.
	Label string
	// Header is the name of the header that carries the signature. It may
	// carry several, separated by spaces or, unless Prefix holds one, by
	// commas, and it may be repeated; one that fits is enough. More than 16
	// candidates or 4096 bytes are refused.
	Header string
	// Prefix is the text in front of each signature, such as "sha256=". What
	// does not start with it is not taken for a signature.
	Prefix string
	// Encoding is how the signature is written. The default is hex.
	Encoding SignatureEncoding
	// TimestampHeader is the name of the header that carries the time of
	// signing in seconds since 1970. It is empty if the sender signs no
	// timestamp: a captured request can then be replayed, and only
	// deduplication stops that.
	TimestampHeader string
	// TimestampPrefix is the text in front of the timestamp, for senders that
	// put it beside the signatures in one header, as in "t=1700000000,v1=...".
	TimestampPrefix string
	// Tolerance is how far the timestamp may be away from the clock, in whole
	// seconds, the boundary included. The default is [DefaultTolerance].
	Tolerance time.Duration
	// Signed are the parts of the signed bytes in their order. The default is
	// the body alone. The body must be among them, and the timestamp as well
	// if TimestampHeader is set: it would prove nothing otherwise.
	Signed []SignedPart
	// SecretForm is who has made the secrets and how they are written. The
	// default is [ChosenSecret].
	SecretForm SecretForm
	// Clock is the receiver's clock. The default is [time.Now].
	Clock func() time.Time
}

// SignatureEncoding is how the bytes of a signature are written.
type SignatureEncoding int

const (
	// Hex is hexadecimal in either letter case.
	Hex SignatureEncoding = iota
	// Base64 is the standard base64 alphabet with padding.
	Base64
)

// SignedPart is one part of the bytes that a sender signs.
type SignedPart struct {
	kind partKind
	text string
}

type partKind int

const (
	partBody partKind = iota + 1
	partTimestamp
	partText
	partHeader
)

// SignedBody is the raw body.
func SignedBody() SignedPart { return SignedPart{kind: partBody} }

// SignedTimestamp is the timestamp as the request carries it.
func SignedTimestamp() SignedPart { return SignedPart{kind: partTimestamp} }

// SignedText is a fixed text.
func SignedText(text string) SignedPart { return SignedPart{kind: partText, text: text} }

// SignedHeader is the value of a header, such as a message id. A request that
// does not carry it exactly once, or with more than 256 bytes, is refused.
func SignedHeader(name string) SignedPart { return SignedPart{kind: partHeader, text: name} }

// complete checks the scheme and fills in its defaults. What it returns
// shares no memory with s.
func (s HMACScheme) complete() (HMACScheme, error) {
	if err := checkLabel(s.Label); err != nil {
		return s, err
	}
	if !isHeaderName(s.Header) {
		return s, errors.New("webhook: HMACScheme.Header is not a header name")
	}
	s.Header = textproto.CanonicalMIMEHeaderKey(s.Header)
	if strings.ContainsAny(s.Prefix, " \t\r\n") || strings.ContainsAny(s.TimestampPrefix, " \t\r\n") {
		return s, errors.New("webhook: a prefix of an HMACScheme has white space")
	}
	if s.Encoding != Hex && s.Encoding != Base64 {
		return s, errors.New("webhook: HMACScheme.Encoding is unknown")
	}
	if s.SecretForm < ChosenSecret || s.SecretForm > Base64Secret {
		return s, errors.New("webhook: HMACScheme.SecretForm is unknown")
	}
	if s.Tolerance < 0 {
		return s, errors.New("webhook: HMACScheme.Tolerance is negative")
	}
	if s.Tolerance == 0 {
		s.Tolerance = DefaultTolerance
	}
	if s.Clock == nil {
		s.Clock = time.Now
	}
	if len(s.Signed) == 0 {
		s.Signed = []SignedPart{SignedBody()}
	}
	return s.completeParts()
}

// completeParts checks the signed parts together with the timestamp they need.
func (s HMACScheme) completeParts() (HMACScheme, error) {
	parts := make([]SignedPart, 0, len(s.Signed))
	var count [partHeader + 1]int
	for _, part := range s.Signed {
		switch part.kind {
		case partBody, partTimestamp, partText:
		case partHeader:
			if !isHeaderName(part.text) {
				return s, errors.New("webhook: a signed header of an HMACScheme is not a header name")
			}
			part.text = textproto.CanonicalMIMEHeaderKey(part.text)
		default:
			return s, errors.New("webhook: HMACScheme.Signed has an empty part")
		}
		count[part.kind]++
		parts = append(parts, part)
	}
	s.Signed = parts
	if count[partBody] != 1 {
		return s, fmt.Errorf("webhook: HMACScheme.Signed has the body %d times, it must be there once", count[partBody])
	}
	if s.TimestampHeader == "" {
		if count[partTimestamp] > 0 || s.TimestampPrefix != "" {
			return s, errors.New("webhook: HMACScheme.TimestampHeader is missing")
		}
		return s, nil
	}
	if !isHeaderName(s.TimestampHeader) {
		return s, errors.New("webhook: HMACScheme.TimestampHeader is not a header name")
	}
	s.TimestampHeader = textproto.CanonicalMIMEHeaderKey(s.TimestampHeader)
	if count[partTimestamp] == 0 {
		return s, errors.New("webhook: HMACScheme.Signed lacks the timestamp")
	}
	if s.TimestampHeader == s.Header && s.TimestampPrefix == "" {
		return s, errors.New("webhook: HMACScheme.TimestampPrefix is missing: timestamp and signature share a header")
	}
	return s, nil
}

// isHeaderName reports whether name is a token as RFC 9110 has it.
func isHeaderName(name string) bool {
	if name == "" || len(name) > 128 {
		return false
	}
	for _, c := range []byte(name) {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		digit := c >= '0' && c <= '9'
		if !letter && !digit && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return true
}

const (
	maxSecrets      = 5
	minChosenSecret = minTokenLength
	minIssuedSecret = 8
	minBinarySecret = 24
	maxSecretLength = 4096
)

// ErrWeakSecret is returned for a signing secret that is not written as its [SecretForm] says, too short, or easy to
// guess.
var ErrWeakSecret = errors.New("webhook: signing secret refused")

// SecretForm is who has made a signing secret and how it is written.
type SecretForm int

const (
	// ChosenSecret is a secret that you have made. The bytes of the text are the key. It needs at least 22 characters,
	// and is refused if it can be guessed, as a path token is (see [ErrWeakToken]): [NewPathToken] makes a good one.
	ChosenSecret SecretForm = iota
	// IssuedSecret is a secret that the sender has made. The bytes of the text are the key, a prefix such as "whsec_"
	// included. It needs at least 8 characters, and is refused only if it repeats the same few of them.
	IssuedSecret
	// Base64Secret takes the key from standard base64 with padding, after a leading "whsec_" if there is one. It needs at
	// least 24 bytes that do not repeat the same few, and no other text may stand for the same bytes.
	Base64Secret
)

// issued is the form of a secret that is not the caller's own choice.
func (form SecretForm) issued() SecretForm {
	if form == ChosenSecret {
		return IssuedSecret
	}
	return form
}

// keys returns the keys that the secrets stand for. Errors name a secret by
// its position only.
func (form SecretForm) keys(secrets []string) ([][]byte, error) {
	switch {
	case len(secrets) == 0:
		return nil, fmt.Errorf("%w: there is none", ErrWeakSecret)
	case len(secrets) > maxSecrets:
		return nil, fmt.Errorf("webhook: more than %d signing secrets", maxSecrets)
	}
	keys := make([][]byte, len(secrets))
	for i, secret := range secrets {
		key, reason := form.key(secret)
		if reason != "" {
			return nil, fmt.Errorf("%w: secret %d %s", ErrWeakSecret, i, reason)
		}
		keys[i] = key
	}
	return keys, nil
}

// key returns the key, or the reason why the secret is refused.
func (form SecretForm) key(secret string) (key []byte, reason string) {
	switch trimmed := strings.TrimSpace(secret); {
	case trimmed == "":
		return nil, "is empty"
	case len(trimmed) < len(secret):
		return nil, "begins or ends with white space"
	case len(secret) > maxSecretLength:
		return nil, "is too long"
	case strings.ContainsFunc(secret, unicode.IsControl):
		return nil, "has control characters"
	}
	const remedy = "; webhook.NewPathToken() makes a good one, and for one that the sender has issued set SecretForm to IssuedSecret"
	shortest, unit := minChosenSecret, "characters"
	switch form {
	case IssuedSecret:
		shortest = minIssuedSecret
	case Base64Secret:
		shortest, unit = minBinarySecret, "bytes"
		decoded, err := base64.StdEncoding.Strict().DecodeString(strings.TrimPrefix(secret, "whsec_"))
		if err != nil {
			return nil, "is not canonical base64"
		}
		secret = string(decoded)
	}
	switch {
	case len(secret) < shortest:
		reason = fmt.Sprintf("is shorter than %d %s", shortest, unit)
	case repeats(secret):
		reason = "repeats the same few " + unit
	case form == ChosenSecret && guessable(secret):
		reason = "can be guessed from words, few characters or a pattern"
	default:
		return []byte(secret), ""
	}
	if form == ChosenSecret {
		reason += remedy
	}
	return nil, reason
}

// repeats reports whether a text is one part of it three times or more, the last time perhaps cut.
func repeats(text string) bool {
	for part := 1; part <= len(text)/3; part++ {
		if text[part:] == text[:len(text)-part] {
			return true
		}
	}
	return false
}
