package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

const redacted = "[redacted]"

// maxSecretBytes bounds a credential; LinkedIn's tokens, the longest, are about 500 bytes.
const maxSecretBytes = 8 << 10

// Secret holds an API key or token so that nothing prints it: every way to format, encode or log a Secret gives "[redacted]".
// The zero Secret is empty.
type Secret struct {
	reveal func() string // a func, so that even %+v of a struct with a Secret in an unexported field shows an address only
}

// NewSecret checks and wraps a key. It refuses, without repeating the value, an empty key, surrounding space or quotes, and
// bytes that cannot stand in an HTTP header (a key read from a file often ends with a line feed).
func NewSecret(key string) (Secret, error) {
	switch {
	case key == "":
		return Secret{}, errors.New("the key is empty (is the environment variable set?)")
	case len(key) > maxSecretBytes:
		return Secret{}, fmt.Errorf("the key has %d bytes, more than the %d accepted", len(key), maxSecretBytes)
	}
	for i := range len(key) {
		switch c := key[i]; {
		case c == '\r' || c == '\n':
			return Secret{}, errors.New("the key contains a line break (a key read from a file often ends with one: trim it)")
		case c == ' ' || c == '\t':
			return Secret{}, errors.New("the key contains white space")
		case c < 0x21 || c > 0x7e:
			return Secret{}, errors.New("the key contains a byte that is not printable ASCII")
		}
	}
	if strings.Trim(key, "\"'`") != key {
		return Secret{}, errors.New("the key begins or ends with a quote (of a shell or an .env file?): take it off")
	}
	return Secret{reveal: func() string { return key }}, nil
}

// Reveal returns the key itself, "" for the zero Secret. Use it only where the key goes on the wire.
func (s Secret) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// IsZero reports whether there is no key.
func (s Secret) IsZero() bool { return s.reveal == nil }

// String returns "[redacted]".
func (s Secret) String() string { return redacted }

// GoString returns "[redacted]".
func (s Secret) GoString() string { return redacted }

// Format prints "[redacted]" for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText returns "[redacted]".
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// MarshalJSON returns "[redacted]" as a JSON string.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// LogValue returns "[redacted]".
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// Credential supplies the key for an attempt. It is called before each one, so that a rotated key is picked up; it must be
// safe for concurrent use and quick (cache what is slow). An error ends the call before anything is sent.
type Credential func(ctx context.Context) (Secret, error)

// StaticCredential returns a Credential for a key that does not change. The errors are those of [NewSecret].
func StaticCredential(key string) (Credential, error) {
	secret, err := NewSecret(key)
	if err != nil {
		return nil, err
	}
	return func(context.Context) (Secret, error) { return secret, nil }, nil
}
