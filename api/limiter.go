package api

import (
	"context"
	"fmt"
	"time"
)

// Limiter paces the calls to one provider. The client has an exact one of its own; supply another to share a limit
// between processes. It must be safe for concurrent use.
type Limiter interface {
	// Wait returns nil when one call of a class ("" is a call of no particular class) may be sent now. When the context
	// ends first, or its deadline comes before the wait would end, it returns at once an error that wraps the context's
	// (errors.Is with context.DeadlineExceeded holds). An error that is a [*RateLimitError] tells when to try again.
	Wait(ctx context.Context, class string) error
	// Pause holds back the calls of a class, waiting ones included, until the given time; "" holds back all calls. A 429
	// leads to it. A later time that is already set stays.
	Pause(class string, until time.Time)
}

// CredentialLimiter is a [Limiter] that holds each credential to limits of its own, as most providers count. A Client that
// is cloned with another credential uses what ForCredential returns for it; it keeps a Limiter without this method, which
// then holds both together.
type CredentialLimiter interface {
	Limiter
	// ForCredential returns the limiter of a further credential, which is not nil. Limits that the provider counts for all
	// credentials of an app are for it to share.
	ForCredential() Limiter
}

// RateLimitError reports that a call was held back by the client itself: its rate limit class has no place before the
// context's deadline, or within the longest wait that the client accepts. Nothing was sent. It is [ErrRateLimited].
type RateLimitError struct {
	// Class is the rate limit class, "" for the limits of all calls.
	Class string
	// Reset is the earliest time at which the class can have a place again.
	Reset time.Time
	// Probe is set of a quota of a day that the provider said is used up: the time from which on one call is let through
	// before Reset, to see whether it is. Its success opens the class.
	Probe time.Time
	// Cause is context.DeadlineExceeded when the deadline is the reason, nil when the wait is longer than the client accepts.
	Cause error
}

// Error says which class is full and until when.
func (e *RateLimitError) Error() string {
	text := "the rate limit leaves no place"
	if e.Class != "" {
		text += fmt.Sprintf(" for calls of the class %q", e.Class)
	}
	if e.Cause != nil {
		text += " before the context's deadline"
	}
	return text + ", the next is at " + e.Reset.UTC().Format(time.RFC3339)
}

// SafeText is the error's text: it holds nothing from outside.
func (e *RateLimitError) SafeText() string { return e.Error() }

// Unwrap returns ErrRateLimited and the cause.
func (e *RateLimitError) Unwrap() []error {
	if e.Cause == nil {
		return []error{ErrRateLimited}
	}
	return []error{ErrRateLimited, e.Cause}
}

// LimitState keeps what a rate limiter must not forget over a restart: the calls in windows of five minutes and longer,
// and pauses. Save is called before each call of such a class leaves, so it must be quick and durable; when it fails the
// call is not made. Load returns nil when nothing was saved. Two processes must not share one state.
type LimitState interface {
	// Load returns what was saved last.
	Load() ([]byte, error)
	// Save replaces it; when it returns nil, Load returns these bytes whatever crashes.
	Save(state []byte) error
}
