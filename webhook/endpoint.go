package webhook

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"unicode"
	"unicode/utf8"
)

const maxLabelLength = 128

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

// checkLabel refuses what would spoil a log line or a key.
func checkLabel(label string) error {
	switch {
	case len(label) > maxLabelLength:
		return fmt.Errorf("webhook: label longer than %d bytes", maxLabelLength)
	case !utf8.ValidString(label) || strings.ContainsFunc(label, unicode.IsControl):
		return errors.New("webhook: label with control characters or invalid UTF-8")
	}
	return nil
}
