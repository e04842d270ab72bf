// Package limit paces calls so that a provider's rate limits are never exceeded, in any sliding window.
//
// It remembers the last N sends of each policy and lets the next one go when the oldest has left the window. A send
// counts from the moment it is granted and is stamped when the request has been written, so that a slow dial cannot
// make two windows overlap at the provider. The guarantee is exact as long as the network delays two requests
// differently by less than the guard.
//
// golang.org/x/time/rate is used to spread calls evenly (Policy.Smooth); it cannot hold a window, since a bucket of N
// lets up to 2N-1 through in its first window.
package limit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

// leastGuard is added to every window for the difference in network delay between two requests.
const leastGuard = 20 * time.Millisecond

// Policy is one rate limit: at most N sends in any Window.
type Policy struct {
	// Class is the class of calls that it counts; "" counts all calls.
	Class string
	// N is the number of sends that any window may hold.
	N int
	// Window is the length of the sliding window.
	Window time.Duration
	// Smooth spreads the sends evenly over the window in place of letting N go at once.
	Smooth bool
}

func (p Policy) guard() time.Duration { return max(leastGuard, p.Window/1000) }

// Limiter holds all policies of one provider. It implements [api.Limiter].
type Limiter struct {
	mu      sync.Mutex
	classes map[string]*class
	all     *class
	paused  time.Time
	arrived uint64
}

// class is the calls that count against the same set of windows; they wait in one line.
type class struct {
	windows []*window
	line    []*waiter
}

type waiter struct {
	arrived uint64
	wake    chan struct{}
}

// New returns a Limiter for the policies; without any, nothing is held back but by Pause.
func New(policies ...Policy) (*Limiter, error) {
	l := &Limiter{classes: make(map[string]*class), all: &class{}}
	for _, p := range policies {
		if p.N < 1 || p.Window <= 0 {
			return nil, fmt.Errorf("limit: %d calls in %s is not a rate limit: %w", p.N, p.Window, api.ErrInvalid)
		}
		if p.Class == "" {
			l.all.windows = append(l.all.windows, newWindow(p))
		} else if l.classes[p.Class] == nil {
			l.classes[p.Class] = &class{}
		}
	}
	for name, c := range l.classes {
		c.windows = append(c.windows, l.all.windows...)
		for _, p := range policies {
			if p.Class == name {
				c.windows = append(c.windows, newWindow(p))
			}
		}
	}
	return l, nil
}

// Acquire waits until one call of a class may be sent and returns its slot, on which Sent or Release must be called.
// Calls of one class are let go in the order in which they came. When the wait would end after the context's deadline
// it returns at once, with an error that wraps context.DeadlineExceeded. OnWait, which may be nil, is called once
// before a wait, with the least time that it will take.
func (l *Limiter) Acquire(ctx context.Context, className string, onWait func(time.Duration)) (Slot, error) {
	if err := ctx.Err(); err != nil {
		return Slot{}, waitError(err)
	}
	l.mu.Lock()
	c := l.classes[className]
	if c == nil {
		c = l.all
	}
	if len(c.line) == 0 && l.grant(c, nil, time.Now()) {
		l.mu.Unlock()
		return Slot{limiter: l, class: c}, nil
	}
	l.arrived++
	w := &waiter{arrived: l.arrived, wake: make(chan struct{}, 1)}
	c.line = append(c.line, w)
	for {
		now := time.Now()
		place := slices.Index(c.line, w)
		if place == 0 && l.grant(c, w, now) {
			l.leave(c, w)
			l.mu.Unlock()
			return Slot{limiter: l, class: c}, nil
		}
		if deadline, ok := ctx.Deadline(); ok && l.soonest(c, place, now).After(deadline) {
			l.leave(c, w)
			l.mu.Unlock()
			return Slot{}, waitError(context.DeadlineExceeded)
		}
		ready, known := l.ready(c, place, now)
		l.mu.Unlock()
		if onWait != nil {
			onWait(max(0, ready.Sub(now)))
			onWait = nil
		}
		err := w.sleep(ctx, ready.Sub(now), place == 0 && known)
		l.mu.Lock()
		if err != nil {
			l.leave(c, w)
			l.mu.Unlock()
			return Slot{}, waitError(err)
		}
	}
}

// sleep returns nil when the waiter should look again: it was woken, or the time is up.
func (w *waiter) sleep(ctx context.Context, d time.Duration, timed bool) error {
	var up <-chan time.Time
	if timed {
		timer := time.NewTimer(d)
		defer timer.Stop()
		up = timer.C
	}
	select {
	case <-up:
	case <-w.wake:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// grant takes a place in every window of the class, or in none.
func (l *Limiter) grant(c *class, w *waiter, now time.Time) bool {
	if !l.free(c, now) || l.yields(c, w, now) {
		return false
	}
	for _, win := range c.windows {
		win.take(now)
	}
	return true
}

func (l *Limiter) free(c *class, now time.Time) bool {
	if now.Before(l.paused) {
		return false
	}
	for _, win := range c.windows {
		if !win.free(now) {
			return false
		}
	}
	return true
}

// yields reports whether the head of another line came earlier and could go now; it is woken to do so.
func (l *Limiter) yields(c *class, w *waiter, now time.Time) bool {
	yields := false
	l.heads(func(other *class, head *waiter) {
		if other != c && (w == nil || head.arrived < w.arrived) && l.free(other, now) {
			head.poke()
			yields = true
		}
	})
	return yields
}

// ready returns when the waiter at a place of the line can go if every request that is being written is sent, and
// whether that is known yet.
func (l *Limiter) ready(c *class, place int, now time.Time) (at time.Time, known bool) {
	at, known = latest(now, l.paused), true
	for _, win := range c.windows {
		t, ok := win.ready(place, win.writing, now)
		at, known = latest(at, t), known && ok
	}
	return at, known
}

// soonest returns a time before which the waiter cannot go, even if every request that is being written fails.
func (l *Limiter) soonest(c *class, place int, now time.Time) time.Time {
	at := latest(now, l.paused)
	for _, win := range c.windows {
		t, _ := win.ready(place, 0, now)
		at = latest(at, t)
	}
	return at
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// leave takes the waiter out of the line and lets the next one look.
func (l *Limiter) leave(c *class, w *waiter) {
	if i := slices.Index(c.line, w); i >= 0 {
		c.line = slices.Delete(c.line, i, i+1)
	}
	l.pokeHeads()
}

func (l *Limiter) pokeHeads() {
	l.heads(func(_ *class, head *waiter) { head.poke() })
}

func (l *Limiter) heads(visit func(*class, *waiter)) {
	if len(l.all.line) > 0 {
		visit(l.all, l.all.line[0])
	}
	for _, c := range l.classes {
		if len(c.line) > 0 {
			visit(c, c.line[0])
		}
	}
}

func (w *waiter) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Wait implements [api.Limiter]: it returns when n calls of no particular class may be sent, which are counted as sent.
func (l *Limiter) Wait(ctx context.Context, n int) error {
	for range n {
		slot, err := l.Acquire(ctx, "", nil)
		if err != nil {
			return err
		}
		slot.Sent()
	}
	return nil
}

// Pause implements [api.Limiter]: nothing is let go before the given time. A later time already set stays.
func (l *Limiter) Pause(until time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if until.After(l.paused) {
		l.paused = until
		l.pokeHeads() // those who have no time for it give up at once
	}
}

func waitError(cause error) error {
	if errors.Is(cause, context.DeadlineExceeded) {
		return wire.Plain("the rate limit leaves no place before the context's deadline", cause)
	}
	return wire.Plain("cancelled while waiting for the rate limit", cause)
}

// smoother spreads sends evenly, N in a window, without a burst.
func smoother(p Policy) *rate.Limiter {
	if !p.Smooth {
		return nil
	}
	return rate.NewLimiter(rate.Every(p.Window/time.Duration(p.N)), 1)
}
