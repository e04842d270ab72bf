package limitertest_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/api/limitertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory keeps limits in memory, as plainly as can be. The flaws are those that the rules find.
type memory struct {
	mu     sync.Mutex
	places map[string]map[string]time.Time // of each window, from when a place counts; of a day, when it was taken
	paused map[string]time.Time

	countsFromTaking, takesSome, loosesTheDead, unfenced bool

	freed []string          // of one that is unfenced: whose places have ended
	heirs map[string]string // and who has them now
}

func newMemory() *memory {
	return &memory{places: make(map[string]map[string]time.Time), paused: make(map[string]time.Time), heirs: make(map[string]string)}
}

func (m *memory) window(c api.SharedCall, w api.SharedWindow) map[string]time.Time {
	key := c.Name + "\x00" + w.Key
	places, now := m.places[key], time.Now()
	if places == nil {
		places = make(map[string]time.Time)
		m.places[key] = places
	}
	for id, at := range places {
		if w.Length > 0 && !at.Add(w.Length).After(now) || w.Length == 0 && !sameDay(at, now) {
			delete(places, id)
			m.freed = append(m.freed, id)
		}
	}
	return places
}

func sameDay(a, b time.Time) bool {
	return a.UTC().Truncate(24 * time.Hour).Equal(b.UTC().Truncate(24 * time.Hour))
}

func (m *memory) Take(ctx context.Context, c api.SharedCall) (place api.SharedPlace, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	for _, class := range []string{"", c.Class} {
		place.Paused = max(place.Paused, m.paused[c.Name+"\x00"+class].Sub(now))
	}
	place.Wait = place.Paused
	for _, w := range c.Windows {
		places := m.window(c, w)
		var use api.SharedUse
		if _, has := places[c.ID]; len(places) >= w.N && !has {
			var until []time.Duration
			for _, at := range places {
				left := at.Add(w.Length).Sub(now)
				if w.Length == 0 {
					left = now.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour).Sub(now)
				}
				until = append(until, left)
			}
			slices.Sort(until)
			use.Wait = min(until[len(places)-w.N], until[0]+10*time.Millisecond)
			place.Wait = max(place.Wait, use.Wait)
			if m.takesSome {
				return place, ctx.Err()
			}
		} else if m.takesSome && place.Wait <= 0 {
			places[c.ID] = now.Add(c.Lease)
		}
		use.Used = len(places)
		place.Windows = append(place.Windows, use)
	}
	if ctx.Err() != nil || place.Wait > 0 {
		return place, ctx.Err()
	}
	if n := len(m.freed); n > 0 {
		m.heirs[m.freed[n-1]], m.freed = c.ID, m.freed[:n-1]
	}
	for i, w := range c.Windows {
		at := now
		if w.Length > 0 && !m.countsFromTaking && !m.loosesTheDead {
			at = now.Add(c.Lease)
		}
		m.window(c, w)[c.ID] = at
		place.Windows[i].Used = len(m.window(c, w))
	}
	return place, nil
}

func (m *memory) Settle(ctx context.Context, c api.SharedCall, sends int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.countsFromTaking && sends == 1 {
		return ctx.Err()
	}
	for _, w := range c.Windows {
		places := m.window(c, w)
		delete(places, c.ID)
		if m.unfenced {
			delete(places, m.heirs[c.ID])
		}
		for i := range sends {
			places[fmt.Sprint(c.ID, "/", i)] = time.Now()
		}
	}
	return ctx.Err()
}

func (m *memory) Pause(ctx context.Context, name, class string, d time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if key, until := name+"\x00"+class, time.Now().Add(d); until.After(m.paused[key]) {
		m.paused[key] = until
	}
	return ctx.Err()
}

// early tells of a place that it takes, or of what was sent again, with its next call only: if its process dies before,
// nobody knows of it.
type early struct {
	*memory
	settles bool
	pending func()
}

func (e *early) flush(pending func()) {
	if e.pending != nil {
		e.pending()
	}
	e.pending = pending
}

func (e *early) Take(ctx context.Context, c api.SharedCall) (api.SharedPlace, error) {
	e.flush(nil)
	place, err := e.memory.Take(ctx, c)
	if err == nil && place.Wait <= 0 && !e.settles {
		err = e.memory.Settle(ctx, c, 0)
		e.flush(func() { _, _ = e.memory.Take(ctx, c) })
	}
	return place, err
}

func (e *early) Settle(ctx context.Context, c api.SharedCall, sends int) error {
	e.flush(nil)
	if e.settles && sends > 1 {
		e.flush(func() { _ = e.memory.Settle(ctx, c, sends) })
		return nil
	}
	return e.memory.Settle(ctx, c, sends)
}

func storage(open func() api.SharedLimits) limitertest.Storage {
	return limitertest.Storage{Open: open, Now: time.Now, Pass: time.Sleep, Length: time.Second}
}

// TestMemory: limits that do as they should keep all rules.
func TestMemory(t *testing.T) {
	for _, rule := range limitertest.Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMemory()
				require.NoError(t, rule.Check(t.Context(), storage(func() api.SharedLimits { return m })))
			})
		})
	}
}

// TestWrong: each of these breaks the rules that are made for it.
func TestWrong(t *testing.T) {
	wrong := func(change func(*memory)) func() func() api.SharedLimits {
		return func() func() api.SharedLimits {
			m := newMemory()
			change(m)
			return func() api.SharedLimits { return m }
		}
	}
	for name, c := range map[string]struct {
		open  func() func() api.SharedLimits
		rules []string
	}{
		"forgets on restart": {
			func() func() api.SharedLimits { return func() api.SharedLimits { return newMemory() } },
			[]string{"no window holds more than its places", "what was taken outlives the process", "a day's quota is counted"},
		},
		"no fencing": {
			wrong(func(m *memory) { m.unfenced = true }), []string{"whoever settles late changes no place of another"},
		},
		"acknowledges early": {
			func() func() api.SharedLimits {
				m := newMemory()
				return func() api.SharedLimits { return &early{memory: m} }
			},
			[]string{"what was taken outlives the process"},
		},
		"acknowledges what was sent again early": {
			func() func() api.SharedLimits {
				m := newMemory()
				return func() api.SharedLimits { return &early{memory: m, settles: true} }
			},
			[]string{"what was taken outlives the process"},
		},
		"counts a place from when it was taken": {
			wrong(func(m *memory) { m.countsFromTaking = true }), []string{"a place counts from when the call was sent"},
		},
		"takes some windows of a call": {
			wrong(func(m *memory) { m.takesSome = true }), []string{"all windows of a call have a place, or none is taken"},
		},
		"forgets what a process that died was sending": {
			wrong(func(m *memory) { m.loosesTheDead = true }), []string{"the place of a process that died is free after its lease"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var broken []string
			for _, rule := range limitertest.Rules() {
				synctest.Test(t, func(t *testing.T) {
					if rule.Check(t.Context(), storage(c.open())) != nil {
						broken = append(broken, rule.Name)
					}
				})
			}
			assert.Subset(t, broken, c.rules)
		})
	}
}
