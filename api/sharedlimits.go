package api

import (
	"context"
	"time"
)

// SharedLimits keeps an account's rate limits for several processes, such as in Redis (adapters/redis). The client's own
// limiter asks it for a place in each window, so it knows nothing of providers. It must be safe for concurrent use, and go
// by one clock, its own. Package limitertest checks it.
type SharedLimits interface {
	// Take takes a place in every window of the call, or in none. A place counts from then on as if the call were sent at the
	// end of the lease, until Settle says when it was. To take again by the same ID is to ask once more for the same place.
	Take(ctx context.Context, call SharedCall) (SharedPlace, error)
	// Settle says how often the call was sent so far: a place counts from now on if that is 1, each further one takes a place
	// of its own whether there is room or not, and 0 gives the place back. A place that is not there any more is taken anew
	// for a call that was sent.
	Settle(ctx context.Context, call SharedCall, sends int) error
	// Pause lets no call of a class take a place for so long; "" is all calls. A pause that ends later stays.
	Pause(ctx context.Context, name, class string, d time.Duration) error
}

// SharedCall is a call that is to be paced.
type SharedCall struct {
	// Name is that of the account, as SharedRateLimit was given it. What has different names never counts together.
	Name string
	// ID is the call's own: no two places have the same.
	ID string
	// Class is the rate limit class, "" for a call of no particular class. Its pauses, and those of "", hold the call back.
	Class string
	// Windows are the limits that the call counts against.
	Windows []SharedWindow
	// Lease is how long the call may take until it is sent.
	Lease time.Duration
}

// SharedWindow is one limit.
type SharedWindow struct {
	// Key names it among those of the account.
	Key string
	// N is how many places it has.
	N int
	// Length is for how long a place is taken, in any sliding window; 0 is until the end of the UTC day.
	Length time.Duration
}

// SharedPlace is what Take found.
type SharedPlace struct {
	// Wait is 0 if the places were taken, otherwise after what time to ask again at the soonest. It may be shorter than it
	// will take while calls are being sent.
	Wait time.Duration
	// Paused is for how long a pause holds the call back. It is part of Wait.
	Paused time.Duration
	// Windows tells of each window, in the order of the call's.
	Windows []SharedUse
}

// SharedUse is what is taken of a window.
type SharedUse struct {
	// Used is how many of its places are taken, the call's among them.
	Used int
	// Wait is for how long the window has no place for the call, 0 if it has one. It is part of that of SharedPlace.
	Wait time.Duration
}
