package limit

import "time"

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
