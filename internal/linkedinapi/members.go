package linkedinapi

import (
	"context"
	"sync"
	"time"

	"github.com/pronet-go/pronet/internal/limit"
)

// Members hold back calls that LinkedIn limits by what they return about one member: how much that is, is known only once
// the response is there. All clones of a client share them.
type Members struct {
	mu    sync.Mutex
	by    map[string]*member
	sweep int // of how many members on the idle ones are forgotten
}

type member struct {
	limiter *limit.Limiter
	until   time.Time
	waiting int
}

const leastSweep = 1_000

// NewMembers returns Members of which nothing is known.
func NewMembers() *Members { return &Members{by: make(map[string]*member), sweep: leastSweep} }

// Wait waits until a call about a member may be made. It is a [*api.RateLimitError] at once when that takes longer than
// longest, or than the context has.
func (m *Members) Wait(ctx context.Context, name string, longest time.Duration) error {
	if m == nil {
		return nil
	}
	m.mu.Lock()
	who := m.by[name]
	if who == nil {
		m.mu.Unlock()
		return nil
	}
	who.waiting++
	m.mu.Unlock()
	slot, err := who.limiter.Acquire(ctx, "", limit.Waiting{Longest: longest})
	if err == nil {
		slot.Release()
	}
	m.mu.Lock()
	who.waiting--
	m.mu.Unlock()
	return err
}

// Charge holds back the calls about a member for as long as what one has returned takes, after what was charged before.
func (m *Members) Charge(name string, takes time.Duration) {
	if m == nil || takes <= 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	who := m.by[name]
	if who == nil {
		m.forget(now)
		pauses, err := limit.New()
		if err != nil { // there is no policy that could be wrong
			return
		}
		who = &member{limiter: pauses}
		m.by[name] = who
	}
	if who.until.Before(now) {
		who.until = now
	}
	who.until = who.until.Add(takes)
	who.limiter.Pause("", who.until)
}

// Known is how many members are remembered.
func (m *Members) Known() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.by)
}

// forget drops the members that nothing holds back any more, once there are many.
func (m *Members) forget(now time.Time) {
	if len(m.by) < m.sweep {
		return
	}
	for name, who := range m.by {
		if who.waiting == 0 && !now.Before(who.until) {
			delete(m.by, name)
		}
	}
	m.sweep = max(leastSweep, 2*len(m.by))
}
