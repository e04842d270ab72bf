package api

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Error is the one error type of every call: what a provider responded with, or why no response came (then Status is 0).
//
// Its text is safe to log: operation, provider, status, our own phrase for the kind, the provider's code when it is
// one of a plain form, and the request id. What the provider wrote (Message, Body, Header) is only in the fields.
//
// Which kind it is, errors.Is tells: errors.Is(err, api.ErrNotFound). Errors below it (a network error,
// context.Canceled) are found by errors.Is and errors.As as well.
type Error struct {
	// Op is the operation's name, such as "employee.Base.Collect".
	Op string
	// Provider is who was asked.
	Provider Provider
	// Method is the HTTP method.
	Method string
	// Route is the path template, not the path: ids are never in it.
	Route string
	// Status is the HTTP status, 0 when no response arrived.
	Status int
	// Code is the provider's own error code: printable ASCII, at most 256 bytes. Empty when it sends none, or one that is
	// not of this form or holds the key.
	Code string
	// Message is the provider's own words: printable characters on one line, at most 4 KiB, without the key. They may hold
	// personal data: not part of the error's text.
	Message string
	// RequestID identifies the call in the provider's support; of the form of Code, or empty.
	RequestID string
	// RetryAfter is how long the provider asked to wait, 0 when it did not say.
	RetryAfter time.Duration
	// Attempts is how many times the request was sent.
	Attempts int
	// Body is the response's body as it came, at most 64 KiB of it. Not part of the error's text, and not for a log: it may
	// hold anything, the key too.
	Body []byte
	// Header is the response's header as it came. Not part of the error's text, and not for a log.
	Header http.Header
	// InDoubt tells what to look at before a retry; set when the error is ErrMaybeApplied.
	InDoubt string
	// Kinds are the sentinels that errors.Is finds. Set by the client.
	Kinds []error
	// Cause is the error below, nil for an ordinary response of the provider. Its text is not printed, only a safe description of it.
	Cause error
}

// Error returns a text that is safe to log and that helps a person.
func (e *Error) Error() string {
	if e == nil {
		return "<nil>"
	}
	var b strings.Builder
	b.WriteString(e.Op)
	b.WriteString(": ")
	b.WriteString(string(e.Provider))
	if e.Status != 0 {
		b.WriteString(" responded with ")
		b.WriteString(strconv.Itoa(e.Status))
	}
	for i, kind := range e.Kinds {
		if i == 0 && e.Status == 0 {
			b.WriteString(": ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(kind.Error())
	}
	if e.Cause != nil {
		b.WriteString(": ")
		b.WriteString(Describe(e.Cause))
	}
	if isPlain(e.Code, isCodeByte) {
		b.WriteString(" (code ")
		b.WriteString(e.Code)
		b.WriteString(")")
	}
	if isPlain(e.RequestID, isIDByte) {
		b.WriteString(" (request ")
		b.WriteString(e.RequestID)
		b.WriteString(")")
	}
	if e.RetryAfter > 0 {
		b.WriteString(", asks to wait ")
		b.WriteString(e.RetryAfter.String())
	}
	if e.Attempts > 1 {
		fmt.Fprintf(&b, ", after %d attempts", e.Attempts)
	}
	if e.InDoubt != "" {
		b.WriteString("; before you retry: ")
		b.WriteString(e.InDoubt)
	}
	return b.String()
}

// Unwrap returns the sentinels and the cause, for errors.Is and errors.As.
func (e *Error) Unwrap() []error {
	if e == nil {
		return nil
	}
	below := make([]error, 0, len(e.Kinds)+1)
	below = append(below, e.Kinds...)
	if e.Cause != nil {
		below = append(below, e.Cause)
	}
	return below
}

// Format prints the safe text for every verb, %+v and %#v included, so that no field reaches a log by accident. Like
// LogValue and MarshalJSON it does so for a copy of the Error too.
func (e Error) Format(f fmt.State, verb rune) { format(f, verb, e.Error()) }

func format(f fmt.State, verb rune, text string) {
	if verb == 'q' {
		text = strconv.Quote(text)
	}
	_, _ = io.WriteString(f, text)
}

// LogValue gives slog the safe text.
func (e Error) LogValue() slog.Value { return slog.StringValue(e.Error()) }

// MarshalJSON gives encoders the safe text.
func (e Error) MarshalJSON() ([]byte, error) { return json.Marshal(e.Error()) }

// isPlain reports whether s is 1 to 64 bytes of the allowed kind, and so may be printed.
func isPlain(s string, allowed func(byte) bool) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for i := range len(s) {
		if !allowed(s[i]) {
			return false
		}
	}
	return true
}

func isCodeByte(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

func isIDByte(c byte) bool {
	return isCodeByte(c) || c >= 'a' && c <= 'z' || c == '-' || c == '.' || c == ':'
}
