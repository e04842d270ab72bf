package shell

import (
	"context"
	"sync"
	"time"
)

// clock shows the sandbox's time: it ticks with time.Now and can be moved ahead.
type clock struct {
	start  time.Time
	origin time.Time

	mu    sync.Mutex
	ahead time.Duration
}

func newClock(start time.Time) *clock {
	return &clock{start: start.UTC().Round(0), origin: time.Now()}
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reading()
}

// moveTo moves the clock ahead to t; it never goes back.
func (c *clock) moveTo(t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += max(0, t.Sub(c.reading()))
}

func (c *clock) reading() time.Time {
	return c.start.Add(time.Since(c.origin) + c.ahead)
}

// Now returns the sandbox's time, in UTC.
func (sh *Shell) Now() time.Time { return sh.clock.now() }

// Advance moves the clock ahead by d and does what falls due on the way, at its time. It returns when the deliveries
// have had their responses. A negative d is taken as 0, and after Close nothing happens.
func (sh *Shell) Advance(d time.Duration) {
	if sh.courier.begin(sh.ctx) != nil {
		return
	}
	defer sh.courier.end()
	target := sh.clock.now().Add(max(0, d))
	_ = sh.courier.settle(sh.ctx) // only Close can interrupt it
	for {
		due, any := sh.next()
		if !any || due.After(target) {
			break
		}
		sh.clock.moveTo(due)
		var parcels []Parcel
		for _, p := range sh.providers {
			parcels = append(parcels, p.Due(due)...)
		}
		_ = sh.courier.send(sh.ctx, parcels)
	}
	sh.clock.moveTo(target)
}

// next is when the first of the providers has something due.
func (sh *Shell) next() (first time.Time, any bool) {
	for _, p := range sh.providers {
		if t, ok := p.Next(); ok && (!any || t.Before(first)) {
			first, any = t, true
		}
	}
	return first, any
}

// Deliver delivers everything that is queued, whenever it is due, after what is under way in the background. It returns
// an error for each delivery without a response of a 2xx status, joined, or the error of ctx, or ErrClosed.
func (sh *Shell) Deliver(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(sh.ctx, cancel)()
	if err := sh.courier.begin(ctx); err != nil {
		return err
	}
	defer sh.courier.end()
	if err := sh.courier.settle(ctx); err != nil {
		return err
	}
	var parcels []Parcel
	for _, p := range sh.providers {
		parcels = append(parcels, p.Flush()...)
	}
	return sh.courier.send(ctx, parcels)
}
