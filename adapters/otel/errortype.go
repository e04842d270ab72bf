package otel

import (
	"context"
	"errors"
	"net"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// errorTypes are the classes of errors. Of an error that is several, the first counts.
var errorTypes = []struct {
	err  error
	name string
}{
	{api.ErrMaybeApplied, "maybe_applied"}, // whatever else it is: a person must see it
	{api.ErrNoCredits, "no_credits"},
	{api.ErrBudget, "budget"},
	{api.ErrVersionRetired, "version_retired"},
	{api.ErrRateLimited, "rate_limited"},
	{api.ErrUnauthorized, "unauthorized"},
	{api.ErrForbidden, "forbidden"},
	{api.ErrRemovedForPrivacy, "removed_for_privacy"},
	{api.ErrMissingOrPrivate, "missing_or_private"},
	{api.ErrNotFound, "not_found"},
	{api.ErrConflict, "conflict"},
	{api.ErrNotConfigured, "not_configured"},
	{api.ErrNotReady, "not_ready"},
	{api.ErrPageLimit, "page_limit"},
	{api.ErrSameCursor, "same_cursor"},
	{api.ErrTooLarge, "too_large"},
	{api.ErrRedirect, "redirect"},
	{api.ErrInvalid, "invalid"},
	{api.ErrUnexpectedResponse, "unexpected_response"},
	{context.Canceled, "canceled"},
	{context.DeadlineExceeded, "timeout"},
	{api.ErrUnavailable, "unavailable"},
	{refresh.ErrBuyAgain, "buy_again"},
	{webhook.ErrUnknownSource, "unknown_source"},
	{webhook.ErrMalformed, "malformed"},
	{webhook.ErrUnknownEndpoint, "unknown_endpoint"},
	{webhook.ErrUnverified, "unverified"},
	{webhook.ErrStoreFull, "store_full"},
	{webhook.ErrLeaseLost, "lease_lost"},
	{webhook.ErrRetryLater, "retry_later"},
	{webhook.ErrNotUnderstood, "not_understood"},
	{webhook.ErrGiveUp, "given_up"},
	{spool.ErrFull, "spool_full"},
	{spool.ErrClosed, "spool_closed"},
	{spool.ErrCorrupt, "corrupt"},
}

// ErrorType returns the class of an error, as error.type has it: "rate_limited", "timeout", "network", or "_OTHER" for what
// is no error of pronet's. It holds nothing of the error's text. Of nil it is empty.
func ErrorType(err error) (class string) {
	if err == nil {
		return ""
	}
	defer func() { // an error of the caller's may be anything
		if recover() != nil {
			class = other
		}
	}()
	for _, known := range errorTypes {
		if errors.Is(err, known.err) {
			return known.name
		}
	}
	if failed, ok := errors.AsType[net.Error](err); ok {
		if failed.Timeout() {
			return "timeout"
		}
		return "network"
	}
	return other
}
