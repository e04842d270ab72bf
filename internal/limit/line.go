package limit

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

// place waits for a place and takes it. It may be that of a probe.
func (l *Limiter) place(ctx context.Context, name string, o Waiting) (Slot, error) {
	c := l.core
	c.mu.Lock()
	cl := l.class(name)
	if now := time.Now(); c.shared == nil && len(cl.line) == 0 && c.grant(cl, nil, now) {
		slot := c.granted(cl, now)
		c.mu.Unlock()
		return slot, nil
	}
	c.arrived++
	w := &waiter{arrived: c.arrived, wake: make(chan struct{}, 1)}
	c.join(cl, w)
	locked := true
	defer func() { // also when OnWait panics: whoever waits behind must not wait for this one
		if !locked {
			c.mu.Lock()
		}
		c.leave(cl, w)
		c.mu.Unlock()
	}()
	for {
		now := time.Now()
		place := slices.Index(cl.line, w)
		if w.err != nil {
			return Slot{}, w.err
		}
		if place == 0 && c.grant(cl, w, now) {
			if c.shared == nil {
				return c.granted(cl, now), nil
			}
			slot, err := c.agree(ctx, cl, w)
			if err != nil || slot.taken {
				return slot, err
			}
			continue
		}
		if err := cl.bounded(ctx, place, now, o.Longest); err != nil {
			return Slot{}, err
		}
		ready, known := cl.ready(place, now)
		if cl.closed() {
			ready = earliest(ready, latest(now, cl.probeAt()))
		}
		onWait := o.OnWait
		if c.shared != nil && !ready.After(now) {
			onWait = nil // the one before is asking other processes
		}
		w.away = onWait != nil
		c.mu.Unlock()
		locked = false
		if onWait != nil {
			o.OnWait = nil
			onWait(max(0, ready.Sub(now)))
			c.mu.Lock()
			w.away = false // and looks again at once, since it may have missed its turn
			locked = true
			continue
		}
		err := w.sleep(ctx, ready.Sub(now), place == 0 && known)
		c.mu.Lock()
		locked = true
		if err != nil {
			return Slot{}, cancelled(ctx)
		}
	}
}

// granted is the slot of a place that a class has been granted.
func (c *core) granted(cl *class, now time.Time) Slot {
	for _, win := range cl.windows {
		win.spread(now)
	}
	return Slot{core: c, class: cl, taken: true, probe: cl.closed()}
}

// agree asks those who hold the limits together for the place that the head of a line was granted here. Without an error
// it returns its slot, or an untaken one when it is to look again. The core is unlocked meanwhile; the head keeps its place
// in the line, and with it those behind wait.
func (c *core) agree(ctx context.Context, cl *class, w *waiter) (slot Slot, err error) {
	asked := Slot{core: c, class: cl, taken: true, probe: cl.closed()}
	w.away = true
	c.mu.Unlock()
	var until waits
	agreed := false
	defer func() { // also when the user's store panics
		c.mu.Lock()
		w.away = false
		now := time.Now()
		if agreed && !cl.heldBack(asked.probe, now) {
			for _, win := range cl.windows {
				win.spread(now)
			}
			slot = asked
			return
		}
		for _, win := range cl.windows {
			win.untake(asked.probe, now)
		}
		asked.settleShared(true, false)
		if until.share == nil || c.shared.has(until.share) {
			cl.tell(w, until, err)
		}
		for _, other := range c.waiting {
			if other != cl {
				other.line[0].poke()
			}
		}
	}()
	until, err = c.shared.ask(ctx, &asked)
	agreed = err == nil && asked.placed()
	return Slot{}, err
}

// tell lets a class wait as its head was told. Those behind look whether they have time for it, and have the same error if
// other processes cannot be asked.
func (cl *class) tell(head *waiter, until waits, err error) {
	failed := errors.Is(err, api.ErrSharedLimits)
	if err == nil {
		cl.held, cl.heldLong = until.all, until.long
	}
	if !failed && time.Until(cl.held) <= sharedPoll {
		return
	}
	for _, w := range cl.line {
		if w == head {
			continue
		}
		if failed {
			w.err = err
		}
		w.poke()
	}
}

// heldBack reports whether a class was held back since a place was granted to it.
func (cl *class) heldBack(probe bool, now time.Time) bool {
	return now.Before(cl.pause()) || slices.ContainsFunc(cl.windows, func(win *window) bool {
		return now.Before(win.paused) || win.closed && !probe
	})
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

// cancelled is the error of one that waited.
func cancelled(ctx context.Context) error {
	err := ctx.Err()
	if errors.Is(err, context.DeadlineExceeded) {
		return wire.Plain("the context's deadline passed while waiting for the rate limit", err)
	}
	return wire.Plain("cancelled while waiting for the rate limit", err)
}

func (c *core) join(cl *class, w *waiter) {
	if cl.line = append(cl.line, w); len(cl.line) == 1 {
		c.waiting = append(c.waiting, cl)
	}
}

// leave takes the waiter out of the line and lets the next one look.
func (c *core) leave(cl *class, w *waiter) {
	if i := slices.Index(cl.line, w); i >= 0 {
		cl.line = slices.Delete(cl.line, i, i+1)
	}
	if len(cl.line) == 0 {
		if i := slices.Index(c.waiting, cl); i >= 0 {
			c.waiting = slices.Delete(c.waiting, i, i+1)
		}
	}
	c.pokeHeads()
}

func (c *core) pokeHeads() {
	for _, cl := range c.waiting {
		cl.line[0].poke()
	}
}

func (w *waiter) poke() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}
