package sandbox

import (
	"sync"
	"time"
)

// limit is how many requests of one key are answered in any sliding window.
type limit struct {
	class  string
	most   int // 0 switches the limit off
	window time.Duration
}

// The limits that hold for some endpoints only.
func simulationLimit() limit { return limit{"simulate", 1, time.Second} }
func realTimeLimit() limit   { return limit{"real-time", 50, time.Minute} }

// rates remembers when each key was answered, to hold limits over every sliding
// window.
type rates struct {
	mu      sync.Mutex
	answers map[rateKey][]time.Time
}

type rateKey struct {
	owner owner
	class string
}

// allow tells whether one more request is within the limit in the window that
// ends now, and how many are left in it. A refused request does not count
// (assumed).
func (r *rates) allow(who owner, within limit, now time.Time) (left int, ok bool) {
	if within.most == 0 {
		return 0, true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answers == nil {
		r.answers = map[rateKey][]time.Time{}
	}
	key := rateKey{who, within.class}
	recent := r.answers[key]
	first := 0
	for first < len(recent) && now.Sub(recent[first]) >= within.window {
		first++
	}
	recent = recent[first:]
	if len(recent) >= within.most {
		r.answers[key] = recent
		return 0, false
	}
	r.answers[key] = append(recent, now)
	return within.most - len(recent) - 1, true
}
