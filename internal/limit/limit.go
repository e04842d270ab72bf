// Package limit paces calls so that a provider's rate limits are never exceeded, in any sliding window or UTC day.
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
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

// Limiter paces the calls that one credential makes to one provider. It implements [api.Limiter].
type Limiter struct {
	core *core
	key  int
}

// core is what the limiters of all credentials share.
type core struct {
	mu       sync.Mutex
	policies []Policy
	windows  map[windowID]*window
	classes  map[classID]*class
	waiting  []*class // those with somebody in line
	arrived  uint64
	keys     int

	saving   sync.Mutex // held while the user's state is read or written, and taken before mu
	state    api.LimitState
	restored atomic.Bool

	shared *shared // nil unless other processes count against the same limits
}

type windowID struct{ policy, key int } // key 0 is that of all credentials

type classID struct {
	name string
	key  int
}

// class is the calls that count against the same set of windows; they wait in one line.
type class struct {
	name    string
	windows []*window
	line    []*waiter
	paused  time.Time
	all     *class // of the same credential's calls of no particular class; nil of that itself
	saved   bool   // a grant is saved before it is used

	held     time.Time // until when other processes leave no place, or a share of the limits
	heldLong time.Time // the same of pauses and long windows alone
}

type waiter struct {
	arrived uint64
	wake    chan struct{}
	away    bool  // in a function of the caller's, or asking other processes: nobody yields to it
	err     error // what the one before has found out for all
}

// New returns a Limiter for the policies; without any, nothing is held back but by Pause.
func New(policies ...Policy) (*Limiter, error) {
	for _, p := range policies {
		if err := p.validate(); err != nil {
			return nil, err
		}
	}
	c := &core{policies: slices.Clone(policies), windows: make(map[windowID]*window), classes: make(map[classID]*class), keys: 1}
	return &Limiter{core: c, key: 1}, nil
}

// ForCredential returns a limiter for another credential: it shares the windows that count per app, and has its own for
// the rest. They are not saved.
func (l *Limiter) ForCredential() *Limiter {
	l.core.mu.Lock()
	defer l.core.mu.Unlock()
	l.core.sweep(time.Now())
	l.core.keys++
	return &Limiter{core: l.core, key: l.core.keys}
}

// sweep drops the windows and classes of credentials of which nothing counts any more. They are made anew when needed.
func (c *core) sweep(now time.Time) {
	busy := make(map[*class]bool)
	for _, cl := range c.classes {
		if len(cl.line) > 0 || now.Before(cl.paused) || slices.ContainsFunc(cl.windows, func(w *window) bool { return !w.idle(now) }) {
			busy[cl], busy[cl.all] = true, true
		}
	}
	for id, cl := range c.classes {
		if !busy[cl] {
			delete(c.classes, id)
		}
	}
	held := make(map[*window]bool)
	for _, cl := range c.classes {
		for _, w := range cl.windows {
			held[w] = true
		}
	}
	for id, w := range c.windows {
		if !held[w] && w.idle(now) && id.key != 0 {
			delete(c.windows, id)
		}
	}
}

// class returns the class of calls of one credential; a name that no policy knows is that of no particular class.
func (l *Limiter) class(name string) *class {
	c := l.core
	if !slices.ContainsFunc(c.policies, func(p Policy) bool { return p.Class == name }) {
		name = ""
	}
	id := classID{name, l.key}
	if cl := c.classes[id]; cl != nil {
		return cl
	}
	cl := &class{name: name}
	if name != "" {
		cl.all = l.class("")
	}
	for i, p := range c.policies {
		if p.Class != "" && p.Class != name {
			continue
		}
		wid := l.windowID(i)
		w := c.windows[wid]
		if w == nil {
			w = newWindow(p)
			c.windows[wid] = w
		}
		cl.windows = append(cl.windows, w)
		cl.saved = cl.saved || p.kept() && (p.PerApp || l.key == 1)
	}
	c.classes[id] = cl
	return cl
}

// windowID names the window of the policy with that number.
func (l *Limiter) windowID(policy int) windowID {
	if l.core.policies[policy].PerApp {
		return windowID{policy: policy}
	}
	return windowID{policy: policy, key: l.key}
}

// Waiting says how a call of Acquire may wait.
type Waiting struct {
	// Longest bounds the wait for a pause or a window of five minutes and more; 0 sets no bound.
	Longest time.Duration
	// OnWait, which may be nil, is called once before a wait, with the least time that it will take.
	OnWait func(time.Duration)
}

// Acquire waits until one call of a class may be sent and returns its slot, on which Sent or Release must be called.
// Calls of one class are let go in the order in which they came. When the wait would end after the context's deadline,
// or is longer than accepted, it returns a [*api.RateLimitError] at once. A place that must not be forgotten is saved
// before it is returned.
func (l *Limiter) Acquire(ctx context.Context, name string, o Waiting) (Slot, error) {
	if err := ctx.Err(); err != nil {
		return Slot{}, wire.Plain("the context had ended before the call", err)
	}
	if err := l.ensureRestored(); err != nil {
		return Slot{}, err
	}
	slot, err := l.place(ctx, name, o)
	if err != nil {
		return Slot{}, err
	}
	if !slot.class.saved {
		return slot, nil
	}
	kept := false
	defer func() { // also when the user's Save panics
		if !kept {
			slot.Release()
		}
	}()
	if err := l.core.save(); err != nil {
		return Slot{}, err
	}
	kept = true
	return slot, nil
}

// bounded returns an error when a wait would last too long.
func (cl *class) bounded(ctx context.Context, place int, now time.Time, longest time.Duration) error {
	soonest, soonestLong := cl.soonest(place, now)
	if deadline, ok := ctx.Deadline(); ok && soonest.After(deadline) {
		return &api.RateLimitError{Class: cl.name, Reset: soonest, Probe: cl.probeAt(), Cause: context.DeadlineExceeded}
	}
	if longest > 0 && soonestLong.Sub(now) > longest {
		return &api.RateLimitError{Class: cl.name, Reset: soonest, Probe: cl.probeAt()}
	}
	return nil
}

// grant takes a place in every window of the class, or in none.
func (c *core) grant(cl *class, w *waiter, now time.Time) bool {
	if !cl.free(now) || c.yields(cl, w, now) {
		return false
	}
	for _, win := range cl.windows {
		win.take(now)
	}
	return true
}

func (cl *class) free(now time.Time) bool {
	if now.Before(cl.pause()) || now.Before(cl.held) {
		return false
	}
	for _, win := range cl.windows {
		if !win.free(now) {
			return false
		}
	}
	return true
}

// pause is until when the class is held back.
func (cl *class) pause() time.Time {
	if cl.all != nil {
		return latest(cl.paused, cl.all.paused)
	}
	return cl.paused
}

// yields reports whether the head of another line came earlier and could go now; it is woken to do so.
func (c *core) yields(cl *class, w *waiter, now time.Time) bool {
	yields := false
	for _, other := range c.waiting {
		head := other.line[0]
		if other != cl && !head.away && (w == nil || head.arrived < w.arrived) && other.free(now) && other.shares(cl) {
			head.poke()
			yields = true
		}
	}
	return yields
}

// shares reports whether the two classes have a window in common.
func (cl *class) shares(other *class) bool {
	for _, w := range cl.windows {
		if slices.Contains(other.windows, w) {
			return true
		}
	}
	return false
}

// ready returns when the waiter at a place of the line can go if every request that is being written is sent, and
// whether that is known yet.
func (cl *class) ready(place int, now time.Time) (at time.Time, known bool) {
	at, known = latest(latest(now, cl.pause()), cl.held), true
	for _, win := range cl.windows {
		t, ok := win.ready(place, win.writing, now)
		at, known = latest(at, t), known && ok
	}
	return at, known
}

// soonest returns a time before which the waiter cannot go, even if every request that is being written fails, and the
// same of pauses and long windows alone.
func (cl *class) soonest(place int, now time.Time) (at, long time.Time) {
	at = latest(now, cl.pause())
	at, long = latest(at, cl.held), latest(at, cl.heldLong)
	for _, win := range cl.windows {
		t, _ := win.ready(place, 0, now)
		if at = latest(at, t); win.policy.long() {
			long = latest(long, t)
		}
	}
	return at, long
}

// Wait implements [api.Limiter]: it returns when one call of the class may be sent, which is counted as sent.
func (l *Limiter) Wait(ctx context.Context, class string) error {
	slot, err := l.Acquire(ctx, class, Waiting{})
	if err != nil {
		return err
	}
	slot.Sent()
	return nil
}

// Pause implements [api.Limiter]: no call of the class is let go before the given time; "" holds back all calls, as does a
// class without a limit of its own. A later time already set stays. Where the class is limited per app, the calls of
// all credentials are held back.
func (l *Limiter) Pause(name string, until time.Time) {
	_ = l.ensureRestored() // the next call says so
	c := l.core
	c.mu.Lock()
	cl := l.pause(name, until)
	c.pokeHeads() // those who have no time for it give up at once
	c.mu.Unlock()
	if c.shared != nil {
		c.shared.pause(cl.name, until)
	}
	if cl.saved {
		_ = c.save() // without it a restart forgets the pause, and the provider says so again
	}
}

func (l *Limiter) pause(name string, until time.Time) *class {
	cl := l.class(name)
	cl.paused = latest(cl.paused, until)
	for _, w := range cl.windows {
		if w.policy.PerApp && w.policy.Class == cl.name {
			w.paused = latest(w.paused, until)
		}
	}
	return cl
}

// Window returns how long to hold back a class when the provider refuses a call and does not say for how long: the
// shortest window that the call counts against if that is five minutes or more, else 0. Of a UTC day it is 15 minutes.
func (l *Limiter) Window(name string) time.Duration {
	l.core.mu.Lock()
	defer l.core.mu.Unlock()
	var shortest time.Duration
	for _, w := range l.class(name).windows {
		length := w.policy.length()
		if w.policy.Probe > 0 {
			continue // CloseDay holds it back
		}
		if w.policy.Daily {
			length = refusedDay
		}
		if shortest == 0 || length < shortest {
			shortest = length
		}
	}
	if shortest < longWindow {
		return 0
	}
	return shortest
}

// Forecast returns how long it takes until the last of so many calls of a class can be sent, if they are made one after
// another from now on and nobody else makes any. It takes no place. What was saved is restored first.
func (l *Limiter) Forecast(name string, calls int) (time.Duration, error) {
	if calls < 1 {
		return 0, nil
	}
	if err := l.ensureRestored(); err != nil {
		return 0, err
	}
	c := l.core
	c.mu.Lock()
	defer c.mu.Unlock()
	cl, now := l.class(name), time.Now()
	at := latest(now, cl.pause())
	for _, w := range cl.windows {
		t, known := w.ready(len(cl.line)+calls-1, w.writing, now)
		if !known { // its place comes free a window after a request that is being written now
			t = latest(t, now.Add(w.policy.length()*time.Duration(1+(len(cl.line)+calls-1)/w.policy.N)))
		}
		at = latest(at, t)
	}
	return at.Sub(now), nil
}
