package webhook

import (
	"context"
	"errors"
)

// Kept is where the work on one delivery keeps what it has bought and not yet handed over, over retries and restarts:
// a journal of entries beside the delivery. Package spool gives one to each delivery in [Delivery.Kept] and removes it
// with the delivery; for a queue, a [KeptStore] does. It outlives the delivery's death: whoever finds entries from before
// [Delivery.Requeues] grew must not hand over what they hold. It is safe for concurrent use.
type Kept interface {
	// Append adds an entry and returns nil once it is on the disk. It never refuses for want of room: what is bought
	// must be kept. Ask Full before buying.
	Append(ctx context.Context, entry []byte) error
	// Replace leaves the given entries instead of all that were appended, at once: a crash leaves the old ones or these.
	// It makes room when most of what was appended has been handed over.
	Replace(ctx context.Context, entries [][]byte) error
	// Entries returns what was appended, in that order.
	Entries(ctx context.Context) ([][]byte, error)
	// Full returns an error, which wraps [ErrRetryLater], if there is no room to buy more.
	Full() error
}

// KeptStore keeps for each delivery of a queue what a spool keeps beside its files, where all workers of the queue find
// it. A delivery has a name that the queue gives to it once, when it accepts it, and that no other delivery gets; whatever
// hands it over opens its Kept and sets [Delivery.Kept]. Package kepttest checks a store of your own.
type KeptStore interface {
	// Open returns what is kept for a delivery and makes the caller its owner: whatever an earlier owner appends or
	// replaces from then on changes nothing and is [ErrLeaseLost], so that a worker that was stopped for long and comes
	// back does not write among its successor's entries.
	Open(ctx context.Context, delivery string) (Kept, error)
	// Remove deletes what is kept for a delivery; one of which nothing is kept is no error. From then on it has no owner.
	// Call it only when the queue will not hand the delivery over again.
	Remove(ctx context.Context, delivery string) error
	// EditKept calls edit with the entries of each delivery that has some, and leaves what it returns, such as to erase a
	// person. The owner of one that was changed loses it: what it has in work is not to be written back. When EditKept
	// returns nil, all are changed. If some cannot be edited, the others are, and the error says so.
	EditKept(ctx context.Context, edit func(entries [][]byte) ([][]byte, error)) error
}

// ErrNotUnderstood is wrapped in the error of a function that works on stored deliveries to say that no retry can help,
// since the delivery holds something that the function does not understand. It goes to the dead ones at once.
var ErrNotUnderstood = errors.New("webhook: not understood")

// ErrGiveUp is wrapped in the error of a function that works on stored deliveries to say that no retry can help for
// another reason, such as a job that never ends. The delivery goes to the dead ones at once, with the error's text.
var ErrGiveUp = errors.New("webhook: given up")

// Undone may be implemented by the error of a function that works on stored deliveries, or by one that it wraps, to name
// the subjects of the delivery that are not done. A spool then lets only later deliveries about these wait behind it.
type Undone interface {
	error

	// Undone returns the names that [Subject] gives to them.
	Undone() []string
}

// Subject is implemented by an [Event] that is about one person or company. Deliveries about the same subject are
// worked on one after another, in the order in which they arrived.
type Subject interface {
	// Subject names it, such as "employee 1234".
	Subject() string
}
