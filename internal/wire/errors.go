package wire

import (
	"context"
	"errors"
	"fmt"

	"github.com/pronet-go/pronet/api"
)

// ErrNoService is the error of a service that was not made by pronet.New, and so has no operations and no pipeline.
var ErrNoService = Plain("the service was not made by pronet.New", api.ErrNotConfigured)

// NewError returns an Error for a call that failed without a response, of the given kind and with the cause below it
// (each may be nil).
func NewError(op *Op, kind, cause error) *api.Error {
	if op == nil {
		return &api.Error{Op: "pronet", Kinds: []error{api.ErrNotConfigured}, Cause: ErrNoService}
	}
	e := &api.Error{Op: op.Name, Provider: op.Provider, Method: op.Method, Route: op.Route, Cause: cause}
	if kind != nil {
		e.Kinds = []error{kind}
	}
	return e
}

// NewStatusError returns an Error of the kind that belongs to an HTTP status whatever the provider.
func NewStatusError(op *Op, status int) *api.Error {
	e := NewError(op, kindOf(status), nil)
	e.Status = status
	return e
}

// Disown takes from a failure what its status alone says of the thing that was asked for, of the request or of the account:
// the body is not the provider's own, so a proxy, a firewall or a wrong base URL may have responded. What is true whoever
// said it stays: too large, too fast, unavailable, a redirect. Reason says in a few words of ours what the body looks like.
func Disown(e *api.Error, reason string) {
	switch {
	case e.Status >= 300 && e.Status < 400, e.Status == 408, e.Status == 429, e.Status >= 500:
		return
	case e.Status == 413:
		Add(e, api.ErrUnexpectedResponse)
	default:
		e.Kinds = []error{api.ErrUnexpectedResponse}
	}
	e.Cause = Plain("it is not the provider's own word (a proxy, or a wrong base URL?): "+reason, e.Cause)
}

// Add marks an error with a further sentinel.
func Add(e *api.Error, kind error) { e.Kinds = append(e.Kinds, kind) }

// kindOf returns the sentinel for an HTTP status, or nil for one of success.
func kindOf(status int) error {
	switch {
	case status == 202:
		return api.ErrNotReady
	case status < 200:
		return api.ErrUnexpectedResponse
	case status < 300:
		return nil
	case status < 400:
		return api.ErrRedirect
	}
	switch status {
	case 401:
		return api.ErrUnauthorized
	case 402:
		return api.ErrNoCredits
	case 403:
		return api.ErrForbidden
	case 404, 410:
		return api.ErrNotFound
	case 408:
		return api.ErrUnavailable
	case 409:
		return api.ErrConflict
	case 413:
		return api.ErrTooLarge
	case 429:
		return api.ErrRateLimited
	}
	if status >= 500 {
		return api.ErrUnavailable
	}
	return api.ErrInvalid
}

// Refuse wraps an error that a service found before anything was sent: it names the operation and is api.ErrInvalid,
// unless it is that the caller's context ended.
func Refuse(op *Op, err error) error {
	if op == nil {
		return ErrNoService
	}
	if errors.Is(err, api.ErrInvalid) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", op.Name, err)
	}
	return fmt.Errorf("%s: %w: %w", op.Name, api.ErrInvalid, err)
}

// plainError is an error of ours whose text may be printed.
type plainError struct {
	text  string
	cause error
}

// Plain returns an error whose text is printed as it is when it stands below an [*api.Error]. The text must hold nothing
// that came from outside. The cause, which may be nil, is found by errors.Is and errors.As and never printed.
func Plain(text string, cause error) error { return &plainError{text, cause} }

func (e *plainError) Error() string    { return e.text }
func (e *plainError) SafeText() string { return e.text }
func (e *plainError) Unwrap() error    { return e.cause }

// SafeText returns the text of an error that may be printed because it has a method SafeText that says so, "" for others.
func SafeText(err error) string {
	var safe interface{ SafeText() string }
	if errors.As(err, &safe) {
		return safe.SafeText()
	}
	return ""
}
