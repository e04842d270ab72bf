package webhook

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/textproto"
	"strings"
	"sync"
	"time"
)

// DoctorOptions says what a [Doctor] knows and where it writes.
type DoctorOptions struct {
	// Previous are secrets that were in use before: what fits one of them is still refused, and named.
	Previous []string
	// Logger is where it writes at WARN. Nil means [slog.Default].
	Logger *slog.Logger
	// Every is the least time between two diagnoses, so that forged requests cost little; a second unless set.
	Every time.Duration
}

// Format implements [fmt.Formatter] without the secrets, whatever the verb.
func (o DoctorOptions) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, o.redacted()) }

// LogValue implements [slog.LogValuer] without the secrets.
func (o DoctorOptions) LogValue() slog.Value { return slog.StringValue(o.redacted()) }

// MarshalText returns the options as text without the secrets.
func (o DoctorOptions) MarshalText() ([]byte, error) { return []byte(o.redacted()), nil }

func (o DoctorOptions) redacted() string {
	return fmt.Sprintf("{Previous:%d secrets Every:%v}", len(o.Previous), o.Every)
}

// maxDiagnosed bounds the body that a diagnosis looks at: it is hashed some 40 times.
const maxDiagnosed = 1 << 20

// Doctor returns a sender that [HMAC] or [SalesWebhooks] made with the same scheme and secrets, which logs why a request that
// it refuses may have failed, see [Diagnose]. The response does not say it, and the log holds no signature and no secret.
func Doctor(s Sender, scheme HMACScheme, o DoctorOptions, secrets ...string) (Sender, error) {
	d, err := newDiagnosis(scheme, o.Previous, secrets)
	if err != nil {
		return Sender{}, err
	}
	return newDoctor(s, o, d.scheme.Clock, func(r *http.Request, body []byte) []string { return d.of(r.Header, body) })
}

func newDoctor(s Sender, o DoctorOptions, clock func() time.Time, reasons func(*http.Request, []byte) []string) (Sender, error) {
	checked, err := s.check()
	if err != nil {
		return Sender{}, err
	}
	if o.Every < 0 {
		return Sender{}, errors.New("webhook: DoctorOptions.Every is negative")
	}
	if o.Every == 0 {
		o.Every = time.Second
	}
	checked.Verifier = &doctor{inner: s.Verifier, reasons: reasons, clock: clock, o: o, source: s.Source}
	return checked, nil
}

// doctor is a [Verifier] that looks at what another one refuses.
type doctor struct {
	inner   Verifier
	reasons func(r *http.Request, body []byte) []string
	clock   func() time.Time
	o       DoctorOptions
	source  string

	mu   sync.Mutex
	last time.Time
}

func (d *doctor) Admit(r *http.Request) (Check, error) {
	check, err := d.inner.Admit(r)
	if err != nil {
		d.log(r, nil, err)
		return nil, err
	}
	return func(body []byte) (string, error) {
		label, err := check(body)
		if err != nil {
			d.log(r, body, err)
		}
		return label, err
	}, nil
}

func (d *doctor) log(r *http.Request, body []byte, refusal error) {
	if errors.Is(refusal, ErrUnknownEndpoint) {
		return // Every address on the internet is tried by strangers.
	}
	now := d.clock()
	d.mu.Lock()
	soon := !d.last.IsZero() && now.Sub(d.last) < d.o.Every && now.Sub(d.last) >= 0
	if !soon {
		d.last = now
	}
	d.mu.Unlock()
	if soon {
		return
	}
	logger := d.o.Logger
	if logger == nil {
		logger = slog.Default()
	}
	logger.WarnContext(r.Context(), "webhook: a request was not verified", slog.String("source", d.source), slog.Any("reasons", d.reasons(r, body)))
}

// Format keeps the secrets from being printed.
func (d *doctor) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("webhook doctor")) }

// Diagnose says why a request may not verify by a scheme and its secrets: the likeliest reasons, best first, in words that
// hold nothing of the request and no secret. It tries what is known to go wrong: a header or prefix that is missing, base64
// instead of hex, a clock, milliseconds, a previous secret, another form of the secret, a body that was written anew or has
// a line end more or less, other signed parts. A nil body leaves out what needs one. It is for a person who sets up a
// receiver; that a reason is found proves nothing. The error is that of [HMAC].
func Diagnose(scheme HMACScheme, header http.Header, body []byte, previous []string, secrets ...string) ([]string, error) {
	d, err := newDiagnosis(scheme, previous, secrets)
	if err != nil {
		return nil, err
	}
	return d.of(header, body), nil
}

// diagnosis holds the secrets behind functions, out of reach of whatever prints it.
type diagnosis struct {
	scheme   HMACScheme
	secrets  func() []string
	previous func() []string
}

func newDiagnosis(scheme HMACScheme, previous, secrets []string) (*diagnosis, error) {
	complete, err := scheme.complete()
	if err != nil {
		return nil, err
	}
	complete.SecretForm = complete.SecretForm.issued() // a diagnosis does not judge how good a secret is
	if _, err := complete.SecretForm.keys(secrets); err != nil {
		return nil, err
	}
	secrets, previous = append([]string(nil), secrets...), append([]string(nil), previous[:min(len(previous), maxSecrets)]...)
	return &diagnosis{complete, func() []string { return secrets }, func() []string { return previous }}, nil
}

// signatureHeaders are those that other senders use.
var signatureHeaders = []string{
	"Webhook-Signature", "Svix-Signature", "Stripe-Signature", "X-Hub-Signature-256", "X-Hub-Signature", "X-Signature", "X-Webhook-Signature", "X-Signature-256",
}

func (d *diagnosis) of(header http.Header, body []byte) []string {
	if len(header.Values(d.scheme.Header)) == 0 {
		reasons := []string{"the header " + d.scheme.Header + " is missing"}
		for _, name := range signatureHeaders {
			if name != d.scheme.Header && header.Get(name) != "" {
				reasons = append(reasons, "the request has the header "+name)
			}
		}
		return reasons
	}
	timestamp, reasons := d.time(header)
	macs, form := d.signatures(header)
	if form != "" {
		reasons = append(reasons, form)
	}
	switch {
	case len(macs) == 0:
		return reasons
	case body == nil && len(reasons) == 0:
		return []string{"a signed header is missing, repeated or too long"}
	case body == nil:
		return reasons
	case len(body) > maxDiagnosed:
		return append(reasons, "the body is too large to look at")
	}
	found := d.fits(header, timestamp, body, macs)
	switch {
	case found == "" && len(reasons) == 0:
		return []string{"another secret, or another body than the one that was signed: nothing that is known to go wrong fits"}
	case found == "":
		return append(reasons, "and nothing that is known to go wrong fits")
	case found == fitsAsItIs && len(reasons) > 0:
		return reasons // which is all that is wrong
	}
	return append([]string{found}, reasons...)
}

// time looks at the timestamp, and returns its text.
func (d *diagnosis) time(header http.Header) (timestamp string, reasons []string) {
	if d.scheme.TimestampHeader == "" {
		return "", nil
	}
	text, signed, err := d.scheme.readTime(header)
	if err != nil {
		text, _ = d.scheme.readTimestamp(header)
		return text, []string{"the timestamp is missing, repeated, or no number of seconds"}
	}
	if d.scheme.checkTime(signed) == nil {
		return text, nil
	}
	if d.scheme.checkTime(signed/1000) == nil {
		return text, []string{"the timestamp is in milliseconds"}
	}
	const year = 365 * 24 * 3600
	now := d.scheme.Clock().Unix()
	off := max(min(signed, now+2*year), now-2*year) - now
	switch {
	case off > year || off < -year:
		return text, []string{"the timestamp is years away"}
	case off > 0:
		return text, []string{"the timestamp is " + (time.Duration(off) * time.Second).String() + " ahead: a clock is wrong"}
	}
	return text, []string{"the timestamp is " + (time.Duration(-off) * time.Second).String() + " old: a clock is wrong, or it was sent again"}
}

// signatures reads what may be a signature, in whatever form, and says what is wrong with the form.
func (d *diagnosis) signatures(header http.Header) (macs [][]byte, form string) {
	items, ok := d.scheme.items(header, d.scheme.Header, d.scheme.Prefix)
	if !ok {
		return nil, "the header " + d.scheme.Header + " is empty or too long"
	}
	wrong := "no signature of a known form is in the header " + d.scheme.Header
	right := false
	for range maxCandidates {
		item, more := items.next("")
		if !more {
			break
		}
		text, prefixed := strings.CutPrefix(item, d.scheme.Prefix)
		mac, encoding := anyEncoding(text)
		if mac == nil && !prefixed { // another prefix
			if at := strings.LastIndexAny(strings.TrimRight(text, "="), "=,:"); at >= 0 {
				mac, encoding = anyEncoding(text[at+1:])
			}
		}
		switch {
		case mac == nil && encoding != "":
			wrong = "the signature looks like " + encoding + ", not HMAC-SHA256"
		case mac == nil:
		case !prefixed:
			wrong = fmt.Sprintf("the prefix %q is missing", d.scheme.Prefix)
		case d.scheme.Encoding == Hex && encoding != "hex":
			wrong = "the signature is " + encoding + " instead of hex"
		case d.scheme.Encoding == Base64 && encoding != "base64":
			wrong = "the signature is " + encoding + " instead of base64"
		default:
			right = true
		}
		if mac != nil {
			macs = append(macs, mac)
		}
	}
	if right {
		return macs, ""
	}
	return macs, wrong
}

// anyEncoding reads a signature in any encoding. Of another length than SHA-256's it returns nil and what it may be.
func anyEncoding(text string) (mac []byte, encoding string) {
	if mac, err := hex.DecodeString(text); err == nil {
		switch len(mac) {
		case sha256.Size:
			return mac, "hex"
		case 20:
			return nil, "SHA-1"
		case 64:
			return nil, "SHA-512"
		}
	}
	for name, e := range map[string]*base64.Encoding{
		"base64": base64.StdEncoding, "base64 for URLs": base64.URLEncoding, "base64 without padding": base64.RawStdEncoding, "base64 for URLs without padding": base64.RawURLEncoding,
	} {
		if len(text) != e.EncodedLen(sha256.Size) {
			continue
		}
		if mac, err := e.DecodeString(text); err == nil && (name == "base64" || name == "base64 without padding" || strings.ContainsAny(text, "-_")) {
			return mac, name
		}
	}
	return nil, ""
}

// fitsAsItIs is said of a request of which the signature is right.
const fitsAsItIs = "the signature itself fits"

// fits tries what is known to go wrong, one thing at a time, and says what makes the signature fit; "" when nothing does.
func (d *diagnosis) fits(header http.Header, timestamp string, body []byte, macs [][]byte) string {
	own := d.keys(d.secrets(), d.scheme.SecretForm)
	try := func(keys [][]byte, signed []SignedPart, body []byte) bool {
		for _, key := range keys {
			sum := d.sum(key, signed, header, timestamp, body)
			for _, mac := range macs {
				if sum != nil && hmac.Equal(sum, mac) {
					return true
				}
			}
		}
		return false
	}
	if try(own, d.scheme.Signed, body) {
		return fitsAsItIs
	}
	if try(d.keys(d.previous(), d.scheme.SecretForm), d.scheme.Signed, body) {
		return "it is signed with a previous secret: give both until no such delivery is under way"
	}
	for _, form := range secretForms {
		var keys [][]byte
		for _, secret := range d.secrets() {
			if key := form.key(secret); len(key) > 0 {
				keys = append(keys, key)
			}
		}
		if try(keys, d.scheme.Signed, body) {
			return form.reason
		}
	}
	for _, change := range bodyChanges {
		if changed := change.of(body); changed != nil && try(own, d.scheme.Signed, changed) {
			return change.reason
		}
	}
	for _, other := range otherParts {
		if try(own, other.signed, body) {
			return other.reason
		}
	}
	return ""
}

// keys are the keys of those secrets that have the form.
func (d *diagnosis) keys(secrets []string, form SecretForm) (keys [][]byte) {
	for _, secret := range secrets {
		if key, reason := form.key(secret); reason == "" {
			keys = append(keys, key)
		}
	}
	return keys
}

// sum is the signature over the signed parts, nil when one of them is missing.
func (d *diagnosis) sum(key []byte, signed []SignedPart, header http.Header, timestamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	for _, part := range signed {
		switch part.kind {
		case partBody:
			mac.Write(body)
		case partTimestamp:
			mac.Write([]byte(timestamp))
		case partText:
			mac.Write([]byte(part.text))
		case partHeader:
			values := header[textproto.CanonicalMIMEHeaderKey(part.text)]
			if len(values) != 1 || len(values[0]) > maxSignedHeaderText {
				return nil
			}
			mac.Write([]byte(values[0]))
		}
	}
	return mac.Sum(nil)
}

// otherParts are what else senders sign, the simplest first: without a timestamp some of them are the same.
var otherParts = []struct {
	reason string
	signed []SignedPart
}{
	{"the body alone is signed", []SignedPart{SignedBody()}},
	{`"timestamp.body" is signed`, []SignedPart{SignedTimestamp(), SignedText("."), SignedBody()}},
	{`"timestamp" and "body" are signed, joined`, []SignedPart{SignedTimestamp(), SignedBody()}},
	{`"v0:timestamp:body" is signed`, []SignedPart{SignedText("v0:"), SignedTimestamp(), SignedText(":"), SignedBody()}},
}

// secretForms are other forms of a secret.
var secretForms = []struct {
	reason string
	key    func(secret string) []byte
}{
	{"the key is the whole text of the secret: use IssuedSecret", func(s string) []byte { return []byte(s) }},
	{"the key is the text after whsec_", func(s string) []byte { return []byte(strings.TrimPrefix(s, "whsec_")) }},
	{"the key is the base64 after whsec_: use Base64Secret", func(s string) []byte {
		key, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(s, "whsec_"))
		return key
	}},
	{"the key is the hex of the secret", func(s string) []byte {
		key, _ := hex.DecodeString(strings.TrimPrefix(s, "whsec_"))
		return key
	}},
}

// bodyChanges are what proxies, frameworks and tests do with a body.
var bodyChanges = []struct {
	reason string
	of     func([]byte) []byte
}{
	{"a line end was added to the body", func(b []byte) []byte { return bytes.TrimRight(b, "\r\n") }},
	{"the line end of the body was taken off", func(b []byte) []byte { return append(bytes.Clone(b), '\n') }},
	{"the line ends of the body were changed to LF", func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) }},
	{"the line ends of the body were changed to CR LF", func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\r\n"), []byte("\n")) }},
	{"a byte order mark was added to the body", func(b []byte) []byte { return bytes.TrimPrefix(b, []byte("\ufeff")) }},
	{reencoded, func(b []byte) []byte {
		return rewritten(b, func(out *bytes.Buffer) error { return stdjson.Compact(out, b) })
	}},
	{reencoded, func(b []byte) []byte { return indented(b, "  ") }},
	{reencoded, func(b []byte) []byte { return indented(b, "    ") }},
	{reencoded, func(b []byte) []byte { return indented(b, "\t") }},
	{reencoded, func(b []byte) []byte { // as Python writes it
		return spaced(rewritten(b, func(out *bytes.Buffer) error { return stdjson.Compact(out, b) }))
	}},
	{reencoded, unescaped},
}

const reencoded = "the body was decoded and encoded again before it was verified: verify the bytes as they came"

func rewritten(body []byte, write func(*bytes.Buffer) error) []byte {
	var out bytes.Buffer
	if write(&out) != nil {
		return nil
	}
	return out.Bytes()
}

// maxIndented bounds what indenting makes of a body: of one that nests deeply it grows with the square of its length.
const maxIndented = 2 * maxDiagnosed

func indented(body []byte, indent string) []byte {
	if size := len(body) + breaks(body, len(indent)); size > maxIndented {
		return nil
	}
	return rewritten(body, func(out *bytes.Buffer) error { return stdjson.Indent(out, body, "", indent) })
}

// breaks is how many bytes at most indenting adds to a body.
func breaks(body []byte, indent int) (added int) {
	inText, escaped, depth := false, false, 0
	for _, c := range body {
		switch {
		case escaped:
			escaped = false
			continue
		case inText && c == '\\':
			escaped = true
			continue
		case c == '"':
			inText = !inText
			continue
		case inText:
			continue
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			depth--
		case c == ':':
			added++ // a space
			continue
		case c != ',':
			continue
		}
		if added += 1 + indent*max(depth, 0); added > maxIndented {
			return added
		}
	}
	return added
}

// spaced adds a space after each comma and colon outside of strings.
func spaced(compact []byte) []byte {
	if compact == nil {
		return nil
	}
	out := make([]byte, 0, len(compact)+len(compact)/4)
	inText, escaped := false, false
	for _, c := range compact {
		out = append(out, c)
		switch {
		case escaped:
			escaped = false
		case inText && c == '\\':
			escaped = true
		case c == '"':
			inText = !inText
		case !inText && (c == ',' || c == ':'):
			out = append(out, ' ')
		}
	}
	return out
}

// unescaped takes back what encoding/json does to <, > and &.
func unescaped(body []byte) []byte {
	return []byte(strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(string(body)))
}
