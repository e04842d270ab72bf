package webhook

import (
	"context"
	"errors"
	"time"
)

// What a [Store] may return.
var (
	// ErrStoreFull says that a store has no room for another claim. The
	// handler answers 503.
	ErrStoreFull = errors.New("webhook: dedupe store full")
	// ErrLeaseLost says that a claim ran out before it was done or released,
	// and was dropped or taken over.
	ErrLeaseLost = errors.New("webhook: lease lost")
)

// ClaimResult says what a [Store] knows about a key.
type ClaimResult int

const (
	// Claimed means that the caller now owns the key until its lease ends.
	Claimed ClaimResult = iota + 1
	// InProgress means that another owner holds the key.
	InProgress
	// AlreadyDone means that the key was dealt with before.
	AlreadyDone
)

// String returns "claimed", "in progress" or "already done".
func (r ClaimResult) String() string {
	switch r {
	case Claimed:
		return "claimed"
	case InProgress:
		return "in progress"
	case AlreadyDone:
		return "already done"
	}
	return "invalid"
}

// Claim is the answer of [Store.Claim].
type Claim struct {
	// Result says whether the key may be worked on.
	Result ClaimResult
	// Owner identifies this claim among all that were ever made on the key.
	// It is set if the result is [Claimed].
	Owner string
}

// Store remembers which deliveries were dealt with, in two phases: a key is
// claimed for the time of a lease before its effect, and marked as done after
// it. A crash in between lets the lease run out, and the next delivery of the
// same key is processed. A store must be safe for concurrent use. If several
// processes share one, each operation must be atomic among them.
type Store interface {
	// Claim takes the key for the time of the lease if it is free, or if the
	// lease of an earlier claim has ended.
	Claim(ctx context.Context, key string, lease time.Duration) (Claim, error)
	// Done remembers for the time of ttl that the key was dealt with. It
	// changes nothing and returns [ErrLeaseLost] if owner does not hold the
	// key any more.
	Done(ctx context.Context, key, owner string, ttl time.Duration) error
	// Release frees the key. It changes nothing and returns [ErrLeaseLost] if
	// owner does not hold the key any more.
	Release(ctx context.Context, key, owner string) error
}
