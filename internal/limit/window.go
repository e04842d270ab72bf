package limit

import (
	"fmt"
	"time"

	"golang.org/x/time/rate"

	"github.com/pronet-go/pronet/api"
)

const (
	// leastGuard is added to every window for the difference in network delay between two requests.
	leastGuard = 20 * time.Millisecond
	// longWindow is the least window that is saved, and that is waited for no longer than the client's longest wait.
	longWindow = 5 * time.Minute
	aDay       = 24 * time.Hour
	refusedDay = 15 * time.Minute // a refusal need not mean that the day's quota is used up
	// longestWindow bounds a window, so that no sum overflows.
	longestWindow = 366 * aDay
)

// Policy is one rate limit: at most N sends in any Window, or on any UTC day.
type Policy struct {
	// Class is the class of calls that it counts; "" counts all calls.
	Class string
	// N is the number of sends that any window may hold.
	N int
	// Window is the length of the sliding window; ignored with Daily.
	Window time.Duration
	// Daily counts from 00:00 UTC instead of in a sliding window.
	Daily bool
	// Probe, of a Daily policy, lets one call through this often once the provider has said that the day is used up, see
	// [Limiter.CloseDay].
	Probe time.Duration
	// PerApp counts the calls of all credentials together; otherwise each credential has windows of its own.
	PerApp bool
	// Smooth spreads the sends evenly over the window instead of letting N go at once.
	Smooth bool
	// Keep saves the sends although the window is short.
	Keep bool
}

func (p Policy) validate() error {
	if p.N < 1 || !p.Daily && (p.Window <= 0 || p.Window > longestWindow) {
		return fmt.Errorf("limit: %d calls in %s is not a rate limit: %w", p.N, p.Window, api.ErrInvalid)
	}
	return nil
}

// length is the time for which a send counts in a sliding window: the guard is for the difference in network delay.
func (p Policy) length() time.Duration { return p.Window + max(leastGuard, p.Window/1000) }

func (p Policy) long() bool { return p.Daily || p.Window >= longWindow }

func (p Policy) kept() bool { return p.Keep || p.long() }

// window is the state of one policy: the sends that still count, and the requests that are being written.
type window struct {
	policy  Policy
	base    time.Time       // what stamps count from
	stamps  []time.Duration // in order, from first on; of a day, its count is all that matters
	first   int
	day     time.Time // the day of count
	count   int
	before  int // of a process's share of a day: what of count is known to the others
	writing int
	closed  bool      // the provider says that the day is used up
	probeAt time.Time // when a call is let through all the same
	smooth  *rate.Limiter
	paused  time.Time // for all credentials, of a PerApp policy
}

func newWindow(p Policy) *window {
	w := &window{policy: p, base: time.Now()}
	if p.Smooth && !p.Daily {
		w.smooth = rate.NewLimiter(rate.Every(p.Window/time.Duration(p.N)), 1)
	}
	return w
}

// used forgets what counts no longer and returns the number of sends that do.
func (w *window) used(now time.Time) int {
	if w.policy.Daily {
		today := now.UTC().Truncate(aDay)
		if today.After(w.day) {
			w.count, w.before, w.closed = 0, 0, false
		}
		w.day = today // a clock that is put back does not empty the day, and does not make it last
		return w.count
	}
	for expired := now.Sub(w.base) - w.policy.length(); w.first < len(w.stamps) && w.stamps[w.first] <= expired; {
		w.first++
	}
	if w.first > len(w.stamps)/2 { // each stamp is moved about once
		w.stamps, w.first = append(w.stamps[:0], w.stamps[w.first:]...), 0
	}
	return len(w.stamps) - w.first
}

func (w *window) free(now time.Time) bool {
	if w.used(now)+w.writing >= w.policy.N || now.Before(w.paused) || w.closed && now.Before(w.probeAt) {
		return false
	}
	return w.smooth == nil || w.smooth.TokensAt(now) >= 1
}

func (w *window) take(now time.Time) {
	w.writing++
	if w.closed {
		w.probeAt = now.Add(w.policy.Probe).UTC()
	}
}

// spread notes a place that was taken, for those that are spread evenly.
func (w *window) spread(now time.Time) {
	if w.smooth != nil {
		w.smooth.AllowN(now, 1)
	}
}

// untake gives back a place that was taken.
func (w *window) untake(probe bool, now time.Time) {
	w.writing--
	if probe && w.closed {
		w.probeAt = now.UTC()
	}
}

func (w *window) stamp(now time.Time) {
	if w.used(now); w.policy.Daily {
		w.count++
		return
	}
	w.stamps = append(w.stamps, now.Sub(w.base))
}

// idle reports whether nothing counts any more.
func (w *window) idle(now time.Time) bool {
	return w.used(now) == 0 && w.writing == 0 && !now.Before(w.paused)
}

// ready returns the time at which the waiter at a place of the line (0 the first) can have room, when the given number
// of requests that are being written keep theirs. It is not known when it hangs on those.
func (w *window) ready(place, writing int, now time.Time) (at time.Time, known bool) {
	used := w.used(now)
	at = latest(now, w.paused)
	if w.smooth != nil {
		if missing := float64(place+1) - w.smooth.TokensAt(now); missing > 0 {
			at = latest(at, now.Add(time.Duration(missing/float64(w.smooth.Limit())*float64(time.Second))))
		}
	}
	// The places come free in this order: those that are free, those of the oldest sends, those that are being written.
	// Whoever is further back in the line takes them a whole window later, again and again.
	free, rounds := w.policy.N-used-writing, place/w.policy.N
	nth := place % w.policy.N
	if w.policy.Daily { // the places of the next day come free all at once
		if w.closed {
			free = 0
		}
		if place >= free {
			at = latest(at, w.day.Add(time.Duration(1+(place-max(0, free))/w.policy.N)*aDay))
		}
		return at, true
	}
	comesFree := now
	switch {
	case nth < free:
	case nth-free < used:
		comesFree = w.base.Add(w.stamps[w.first+nth-free] + w.policy.length())
	default:
		return at, false
	}
	return latest(at, comesFree.Add(time.Duration(rounds)*w.policy.length())), true
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
