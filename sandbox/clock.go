package sandbox

import (
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
func (sb *Sandbox) Now() time.Time { return sb.clock.now() }

// Advance moves the sandbox's clock ahead by d. It finishes the data requests in
// progress, runs each subscription's deliveries that fall due on the way, at
// their times and one after another, and lets subscriptions expire. It returns
// when the callbacks have been answered; [Sandbox.Deliveries] tells how. A
// negative d is taken as 0, and after Close nothing happens. Like [Sandbox.Deliver] it must not be called by the
// receiver of a delivery while that waits for its answer.
func (sb *Sandbox) Advance(d time.Duration) {
	if sb.courier.begin(sb.ctx) != nil {
		return
	}
	defer sb.courier.end()
	target := sb.clock.now().Add(max(0, d))
	_ = sb.courier.settle(sb.ctx) // only Close can interrupt it
	_ = sb.courier.send(sb.ctx, sb.coresignal.finishJobs())
	for {
		due, ok := sb.coresignal.nextSweep(target)
		if !ok {
			break
		}
		sb.clock.moveTo(due)
		_ = sb.courier.send(sb.ctx, sb.coresignal.sweepDue(due))
	}
	sb.clock.moveTo(target)
}
