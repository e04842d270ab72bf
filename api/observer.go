package api

import (
	"context"
	"time"
)

// Observer watches calls, for metrics and traces. Every field may be nil. The functions are called on the caller's
// goroutine, must be quick and safe for concurrent use, and see no URL, key or body.
type Observer struct {
	// Start is called when a call begins. The context that it returns (never nil) is the one that the call goes on with.
	Start func(ctx context.Context, op Op) context.Context
	// Wait is called before the client waits, for a rate limit or before a retry.
	Wait func(ctx context.Context, wait Wait)
	// Attempt is called after each time that the request was sent, or could not be.
	Attempt func(ctx context.Context, attempt Attempt)
	// End is called when the call has ended. A stream of a file has ended when the file is closed.
	End func(ctx context.Context, end End)
}

// WaitReason says why the client waits.
type WaitReason string

const (
	// WaitLimit is the wait for a place under the provider's rate limit.
	WaitLimit WaitReason = "limit"
	// WaitRetry is the wait before the next attempt.
	WaitRetry WaitReason = "retry"
)

// Wait tells of a wait that is about to begin.
type Wait struct {
	// Op is the operation.
	Op Op
	// Reason says why.
	Reason WaitReason
	// Duration is how long; for a rate limit it is the least that it will be.
	Duration time.Duration
}

// Attempt tells of one request that was sent, or could not be.
type Attempt struct {
	// Op is the operation.
	Op Op
	// Number counts from 1.
	Number int
	// Server is the scheme, host and port that it was sent to, as configured: "https://api.coresignal.com". There is no path.
	Server string
	// Began is when it was sent.
	Began time.Time
	// Status is the HTTP status, 0 when no response arrived.
	Status int
	// Err is why no response arrived, or why it could not be read to its end. Its text may hold what a peer sent; print [Describe] of it.
	Err error
	// Duration is the time from sending to the response's header.
	Duration time.Duration
	// RequestID identifies the attempt in the provider's support: printable ASCII, at most 256 bytes, without the key, or empty.
	RequestID string
}

// End tells of a call that ended.
type End struct {
	// Op is the operation.
	Op Op
	// Attempts is how many times the request was sent.
	Attempts int
	// Status is the HTTP status of the last response, 0 when none arrived.
	Status int
	// Err is the call's result, nil for success.
	Err error
	// Duration is the whole time, waits included.
	Duration time.Duration
	// Credits is what the call spent, in the provider's credits and by its price list: 0 when it is free or failed, the price
	// also when it may have been charged (ErrMaybeApplied), -1 when the price depends on what comes of the call, as of a job.
	Credits int64
	// CreditsRemaining is what the account has left, in credits, as the last response stated it; -1 when it did not.
	CreditsRemaining int64
}
