package sandbox

import (
	"sync"
	"time"
)

// rates remembers when each key was answered, to hold limits over every sliding
// second.
type rates struct {
	mu      sync.Mutex
	answers map[rateKey][]time.Time
}

type rateKey struct {
	owner owner
	class string
}

// allow tells whether one more request is within limit in the second that ends
// now, and how many are left in it. A refused request does not count (assumed).
func (r *rates) allow(who owner, class string, limit int, now time.Time) (left int, ok bool) {
	if limit == 0 {
		return 0, true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.answers == nil {
		r.answers = map[rateKey][]time.Time{}
	}
	key := rateKey{who, class}
	recent := r.answers[key]
	first := 0
	for first < len(recent) && now.Sub(recent[first]) >= time.Second {
		first++
	}
	recent = recent[first:]
	if len(recent) >= limit {
		r.answers[key] = recent
		return 0, false
	}
	r.answers[key] = append(recent, now)
	return limit - len(recent) - 1, true
}
