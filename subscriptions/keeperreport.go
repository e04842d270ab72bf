package subscriptions

import (
	"errors"
	"time"
)

// ErrAmbiguous reports a creation whose answer was lost, after which more than one subscription appeared that may be it,
// or one that may also be that of another creation whose answer was lost. Look at them, and say which it is with
// [Keeper.Adopt].
var ErrAmbiguous = errors.New("it is not certain which subscription is the one that was created")

// ErrAllMissing reports that the provider lists none of several subscriptions that should still live. The key may be
// another one, which sees its own subscriptions only. A sweep does nothing then, unless KeeperOptions.RecreateAll says so.
var ErrAllMissing = errors.New("none of the subscriptions is listed: is the key another one?")

// Report is what a sweep did.
type Report struct {
	// DryRun is true when it only says what it would have done.
	DryRun bool
	// Actions are in the order in which they were done. A subscription that needed nothing has none.
	Actions []Action
	// Kept is how many wanted subscriptions are active after the sweep.
	Kept int
}

// Action is one thing that a sweep did, or could not do.
type Action struct {
	// Name is the wanted subscription's, or the one under which an unwanted one was created.
	Name string
	// Kind is what was done.
	Kind ActionKind
	// ID is the subscription's id, empty when it was not created.
	ID string
	// ExpiringAt is when it ends now, zero when the provider did not say.
	ExpiringAt time.Time
	// Err is why it could not be done; the next sweep tries again.
	Err error
}

// ActionKind is what a sweep does with a subscription.
type ActionKind string

const (
	// ActionCreate creates one that is missing.
	ActionCreate ActionKind = "create"
	// ActionAdopt finds one that an earlier sweep created without learning its id.
	ActionAdopt ActionKind = "adopt"
	// ActionRenew prolongs one.
	ActionRenew ActionKind = "renew"
	// ActionReplace creates one anew that cannot be renewed any further, or whose definition changed.
	ActionReplace ActionKind = "replace"
	// ActionDelete deletes one that was replaced or is not wanted any more.
	ActionDelete ActionKind = "delete"
	// ActionLeave leaves one alone that is not wanted any more: it expires by itself.
	ActionLeave ActionKind = "leave"
)
