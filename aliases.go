package pronet

import (
	"time"

	"github.com/pronet-go/pronet/api"
)

// Error is the error type of every call, see [api.Error].
type Error = api.Error

// RateLimitError tells which rate limit of the client's own held a call back, and until when, see [api.RateLimitError].
type RateLimitError = api.RateLimitError

// Meta is what is known of a call besides its result, see [api.Meta].
type Meta = api.Meta

// Sentinels for errors.Is; package api describes each.
var (
	ErrInvalid            = api.ErrInvalid
	ErrUnauthorized       = api.ErrUnauthorized
	ErrNoCredits          = api.ErrNoCredits
	ErrForbidden          = api.ErrForbidden
	ErrNotFound           = api.ErrNotFound
	ErrRemovedForPrivacy  = api.ErrRemovedForPrivacy
	ErrMissingOrPrivate   = api.ErrMissingOrPrivate
	ErrConflict           = api.ErrConflict
	ErrRateLimited        = api.ErrRateLimited
	ErrSharedLimits       = api.ErrSharedLimits
	ErrUnavailable        = api.ErrUnavailable
	ErrNotReady           = api.ErrNotReady
	ErrNotConfigured      = api.ErrNotConfigured
	ErrMaybeApplied       = api.ErrMaybeApplied
	ErrTooLarge           = api.ErrTooLarge
	ErrRedirect           = api.ErrRedirect
	ErrUnexpectedResponse = api.ErrUnexpectedResponse
	ErrSameCursor         = api.ErrSameCursor
	ErrVersionRetired     = api.ErrVersionRetired
	ErrPageLimit          = api.ErrPageLimit
	ErrBudget             = api.ErrBudget
)

// WithMeta fills *meta once the call has ended, see [api.WithMeta].
func WithMeta(meta *Meta) api.CallOption { return api.WithMeta(meta) }

// WithGrace lets a request that is on its way when the context ends be responded to, see [api.WithGrace].
func WithGrace(d time.Duration) api.CallOption { return api.WithGrace(d) }

// WithMaxAttemptsPerCall sets how many times a call may be sent at most, see [api.WithMaxAttemptsPerCall].
func WithMaxAttemptsPerCall(n int) api.CallOption { return api.WithMaxAttemptsPerCall(n) }

// WithHeader adds a header field to a call, see [api.WithHeader].
func WithHeader(name, value string) api.CallOption { return api.WithHeader(name, value) }
