package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
)

// Sentinels: test for them with errors.Is. They say what kind of failure it was; the details are on [*Error].
var (
	// ErrInvalid reports a request that is wrong: refused before it was sent, or by the provider (400, 422).
	ErrInvalid = errors.New("invalid request")
	// ErrUnauthorized reports a missing, wrong or expired credential (401).
	ErrUnauthorized = errors.New("credential missing, wrong or expired")
	// ErrNoCredits reports that the account has not enough credits (402). Waiting does not help.
	ErrNoCredits = errors.New("not enough credits")
	// ErrForbidden reports a credential without the right to do this (403).
	ErrForbidden = errors.New("not permitted for this credential")
	// ErrNotFound reports that there is no such thing, or that it is not yours (404).
	ErrNotFound = errors.New("not found")
	// ErrRemovedForPrivacy reports a profile whose owner had it removed (453 of Coresignal's real-time API). It is ErrNotFound too.
	ErrRemovedForPrivacy = errors.New("removed for privacy")
	// ErrMissingOrPrivate reports a profile that does not exist or is private (454 of Coresignal's real-time API). It is ErrNotFound too.
	ErrMissingOrPrivate = errors.New("profile missing or private")
	// ErrConflict reports that the request contradicts the present state (409).
	ErrConflict = errors.New("conflicts with the present state")
	// ErrRateLimited reports that the provider refused for now (429).
	ErrRateLimited = errors.New("rate limited")
	// ErrSharedLimits reports that no place could be taken in the rate limits that processes share, since their store cannot be
	// reached ([SharedLimits]). Nothing was sent.
	ErrSharedLimits = errors.New("shared rate limits unreachable")
	// ErrUnavailable reports that the provider could not be reached or failed (5xx, 408, network errors, timeouts).
	ErrUnavailable = errors.New("provider unavailable")
	// ErrNotReady reports that the result is still being prepared (202).
	ErrNotReady = errors.New("not ready yet")
	// ErrNotConfigured reports a call to a provider for which the client has no credential. Nothing was sent.
	ErrNotConfigured = errors.New("provider not configured")
	// ErrMaybeApplied reports that the call may have been carried out, or charged, although no usable response arrived.
	// Look before you retry; [Error.InDoubt] says where.
	ErrMaybeApplied = errors.New("may have been applied")
	// ErrTooLarge reports data beyond a limit: a response bigger than the client accepts, or a request bigger than the provider takes.
	ErrTooLarge = errors.New("too large")
	// ErrRedirect reports a redirect, which is not followed since it would carry the credential elsewhere.
	ErrRedirect = errors.New("redirect refused")
	// ErrUnexpectedResponse reports a response that is not what the endpoint is known to send, such as HTML instead of JSON.
	ErrUnexpectedResponse = errors.New("unexpected response")
	// ErrSameCursor reports a provider whose next cursor is the one it was asked with, which would loop for ever.
	ErrSameCursor = errors.New("cursor did not advance")
	// ErrVersionRetired reports a version of the API that has ended, or never was (426 of LinkedIn's): a [*VersionRetiredError]
	// says which. Set a newer one; waiting does not help.
	ErrVersionRetired = errors.New("version of the API retired")
	// ErrPageLimit reports a list that was walked further than the provider allows: ask for less of it at a time.
	ErrPageLimit = errors.New("past the provider's limit of pages")
	// ErrBudget reports a credit budget that does not cover the call. Nothing was sent.
	ErrBudget = errors.New("credit budget exhausted")
)

// UnknownIDError reports that the provider accepted what a call makes and that its id was not found in the response. It
// exists, and may cost credits: its id may be in Raw, which no way of printing shows. The [Error] that holds it is
// [ErrMaybeApplied] and [ErrUnexpectedResponse].
type UnknownIDError struct {
	// What was made, such as "job".
	What string
	// Raw is the body of the response as it came. It may hold the URL of a webhook with its token: not for a log.
	Raw []byte
}

// Error says what happened, without the response.
func (e *UnknownIDError) Error() string {
	return "the " + e.What + " was accepted, but its id was not found in the response"
}

// Format prints the text of Error for every verb, LogValue gives it to slog, and MarshalJSON to encoders.
func (e UnknownIDError) Format(f fmt.State, verb rune) { format(f, verb, e.Error()) }

// LogValue gives slog the text of Error.
func (e UnknownIDError) LogValue() slog.Value { return slog.StringValue(e.Error()) }

// MarshalJSON gives encoders the text of Error.
func (e UnknownIDError) MarshalJSON() ([]byte, error) { return json.Marshal(e.Error()) }

// SafeText is Error.
func (e *UnknownIDError) SafeText() string { return e.Error() }

// Unwrap returns ErrUnexpectedResponse.
func (e *UnknownIDError) Unwrap() error { return ErrUnexpectedResponse }

// VersionRetiredError reports that the version of the API which a call asked for is not alive (LinkedIn's 426). It is
// [ErrVersionRetired].
type VersionRetiredError struct {
	// Version is the one that was asked for, as the provider names it or else as it was sent; "" when neither is known.
	// LinkedIn names 202404 as 20240401.
	Version string
}

// Error says which version it is.
func (e *VersionRetiredError) Error() string {
	if e.Version == "" {
		return "the version asked for is not alive"
	}
	return "the version " + e.Version + " is not alive"
}

// SafeText is Error: the version is digits and dots.
func (e *VersionRetiredError) SafeText() string { return e.Error() }

// Unwrap returns ErrVersionRetired.
func (e *VersionRetiredError) Unwrap() error { return ErrVersionRetired }
