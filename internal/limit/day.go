package limit

import (
	"time"

	"github.com/pronet-go/pronet/api"
)

// Day is what is known of a class's quota of a day.
type Day struct {
	// Limit is the quota, and Used how much of it was counted here today.
	Limit, Used int
	// Reset is when the day ends.
	Reset time.Time
	// Closed says that the provider has refused calls as if it were used up.
	Closed bool
	// Probe is from when on one call is let through while it is Closed.
	Probe time.Time
}

// Day returns what is known of a class's quota of a day, false for a class without one.
func (l *Limiter) Day(name string) (Day, bool) {
	if l.ensureRestored() != nil {
		return Day{}, false
	}
	l.core.mu.Lock()
	defer l.core.mu.Unlock()
	now := time.Now()
	for _, w := range l.class(name).windows {
		if w.policy.Daily {
			d := Day{Limit: w.policy.N, Used: w.used(now) + w.writing, Closed: w.closed, Reset: w.day.Add(aDay)}
			if w.closed {
				d.Probe = w.probeAt
			}
			return d, true
		}
	}
	return Day{}, false
}

// CloseDay says that the provider refused a call of a class without saying for how long. If sure, or if as many calls as
// the quota were counted, the class is closed until the next UTC day, but for probes, and the error says so. It is nil
// otherwise, and for a class whose policy has no Probe.
func (l *Limiter) CloseDay(name string, sure bool) *api.RateLimitError {
	c := l.core
	c.mu.Lock()
	cl, now := l.class(name), time.Now()
	var closed *api.RateLimitError
	for _, w := range cl.windows {
		if w.policy.Probe > 0 && w.policy.Daily && (w.used(now) >= w.policy.N || sure) {
			w.closed, w.probeAt = true, now.Add(w.policy.Probe).UTC()
			closed = &api.RateLimitError{Class: cl.name, Reset: w.day.Add(aDay), Probe: w.probeAt}
		}
	}
	c.pokeHeads() // those who have no time for it give up at once
	c.mu.Unlock()
	if closed != nil && cl.saved {
		_ = c.save() // without it a restart forgets it, and the provider says so again
	}
	return closed
}

// closed reports whether the provider has said that a day of the class's is used up.
func (cl *class) closed() bool { return !cl.probeAt().IsZero() }

// probeAt is when a class that is closed lets a call through, zero when it is open.
func (cl *class) probeAt() (at time.Time) {
	for _, w := range cl.windows {
		if w.closed {
			at = latest(at, w.probeAt)
		}
	}
	return at
}

// Probe reports whether the slot was granted although its class is closed.
func (s *Slot) Probe() bool { return s.probe }

// Served says that the provider served the call, and so, if it is a probe, that its class is open.
func (s *Slot) Served() {
	if !s.probe {
		return
	}
	s.core.mu.Lock()
	defer s.core.mu.Unlock()
	for _, w := range s.class.windows {
		w.closed = false
	}
	s.core.pokeHeads()
}
