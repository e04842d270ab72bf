package limit

import "time"

// newShare returns the limits divided among the processes. Nothing goes before what was sent by the shared ones has left
// the windows; of a day, it is the share of what was left when that is known.
func (s *shared) newShare(now time.Time) *Limiter {
	var policies []Policy
	for _, p := range s.core.policies {
		if !p.Daily {
			if p.N < s.Processes {
				p.Window *= time.Duration((s.Processes + p.N - 1) / p.N)
			}
			p.N = max(1, p.N/s.Processes)
		}
		policies = append(policies, p)
	}
	share, err := New(policies...)
	if err != nil { // a window that is too long: nothing goes
		share, _ = New(Policy{N: 1, Daily: true})
		share.use(0, 1, now)
		return share
	}
	for i, p := range s.core.policies {
		if !p.Daily {
			share.fill(i, now)
			continue
		}
		news, left := s.days[p.shared().Key], 0
		if now.Sub(news.heard) < sharedFresh && sameDay(now, news.heard) {
			left = news.left / s.Processes
		}
		share.use(i, p.N-left, now)
	}
	return share
}

func sameDay(a, b time.Time) bool { return a.UTC().Truncate(aDay).Equal(b.UTC().Truncate(aDay)) }

// window is that of the policy with that number.
func (l *Limiter) window(policy int) *window {
	l.class(l.core.policies[policy].Class)
	return l.core.windows[l.windowID(policy)]
}

// fill counts as many sends of a policy as it lets go at once.
func (l *Limiter) fill(policy int, now time.Time) {
	l.core.mu.Lock()
	defer l.core.mu.Unlock()
	w := l.window(policy)
	for range w.policy.N {
		w.stamp(now)
	}
}

// use counts sends of a day that the others know of.
func (l *Limiter) use(policy, sends int, now time.Time) {
	l.core.mu.Lock()
	defer l.core.mu.Unlock()
	w := l.window(policy)
	w.used(now)
	w.count, w.before = sends, sends
}

// daily are the windows of a class that count by days.
func (l *Limiter) daily(class string) (windows []*window) {
	for _, w := range l.class(class).windows {
		if w.policy.Daily && w.policy.Class == class {
			windows = append(windows, w)
		}
	}
	return windows
}

// takeDay returns how many calls of today a share has sent and not told yet, and takes note that they are told.
func (l *Limiter) takeDay(class string) (sends int) {
	l.core.mu.Lock()
	defer l.core.mu.Unlock()
	for _, w := range l.daily(class) {
		sends = max(0, w.used(time.Now())+w.writing-w.before)
		w.before += sends
	}
	return sends
}

func (l *Limiter) giveDay(class string, sends int) {
	l.core.mu.Lock()
	defer l.core.mu.Unlock()
	for _, w := range l.daily(class) {
		w.before -= sends
	}
}

// untold returns how many sends of a share count that the store has not been told of.
func (l *Limiter) untold(now time.Time) (sends int) {
	l.core.mu.Lock()
	defer l.core.mu.Unlock()
	for _, w := range l.core.windows {
		sends += max(0, w.used(now)+w.writing-w.before)
	}
	return sends
}

// try takes a place if there is one, and otherwise says until when there is none.
func (l *Limiter) try(name string) (*Slot, waits) {
	c := l.core
	c.mu.Lock()
	defer c.mu.Unlock()
	cl, now := l.class(name), time.Now()
	if c.grant(cl, nil, now) {
		slot := c.granted(cl, now)
		return &slot, waits{}
	}
	all, long := cl.soonest(0, now)
	return nil, waits{all: latest(all, now.Add(sharedPoll)), long: long}
}
