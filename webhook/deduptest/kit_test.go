package deduptest_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/deduptest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// clock is a time that is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func memory(t *testing.T, c *clock) *webhook.MemoryStore {
	t.Helper()
	s, err := webhook.NewMemoryStore(1000, c.Now)
	require.NoError(t, err)
	return s
}

func TestMemoryStore(t *testing.T) {
	deduptest.Run(t, func(t *testing.T) deduptest.Storage {
		c := &clock{now: time.Now()}
		s := memory(t, c)
		return deduptest.Storage{Open: func() webhook.Store { return s }, Pass: c.Pass}
	})
}

// wrong is a store that does one thing wrong.
type wrong struct {
	*webhook.MemoryStore
	claim   func(m *webhook.MemoryStore, ctx context.Context, key string, lease time.Duration) (webhook.Claim, error)
	done    func(m *webhook.MemoryStore, ctx context.Context, key, owner string, ttl time.Duration) error
	release func(m *webhook.MemoryStore, ctx context.Context, key, owner string) error
}

func (w wrong) Claim(ctx context.Context, key string, lease time.Duration) (webhook.Claim, error) {
	if w.claim == nil {
		return w.MemoryStore.Claim(ctx, key, lease)
	}
	return w.claim(w.MemoryStore, ctx, key, lease)
}

func (w wrong) Done(ctx context.Context, key, owner string, ttl time.Duration) error {
	if w.done == nil {
		return w.MemoryStore.Done(ctx, key, owner, ttl)
	}
	return w.done(w.MemoryStore, ctx, key, owner, ttl)
}

func (w wrong) Release(ctx context.Context, key, owner string) error {
	if w.release == nil {
		return w.MemoryStore.Release(ctx, key, owner)
	}
	return w.release(w.MemoryStore, ctx, key, owner)
}

// early marks what is done with its next call only: if its process dies before, it is done again.
type early struct {
	*webhook.MemoryStore
	mu      sync.Mutex
	pending func() error
}

func (e *early) flush(pending func() error) (err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.pending != nil {
		err = e.pending()
	}
	e.pending = pending
	return err
}

func (e *early) Claim(ctx context.Context, key string, lease time.Duration) (webhook.Claim, error) {
	if err := e.flush(nil); err != nil {
		return webhook.Claim{}, err
	}
	return e.MemoryStore.Claim(ctx, key, lease)
}

func (e *early) Done(ctx context.Context, key, owner string, ttl time.Duration) error {
	return e.flush(func() error { return e.MemoryStore.Done(ctx, key, owner, ttl) })
}

func (e *early) Release(ctx context.Context, key, owner string) error {
	return errors.Join(e.flush(nil), e.MemoryStore.Release(ctx, key, owner))
}

// TestWrongStoresAreCaught, each by the names of the rules that it breaks.
func TestWrongStoresAreCaught(t *testing.T) {
	for name, c := range map[string]struct {
		store   wrong
		early   bool
		forgets bool // each Open is another, empty store
		breaks  []string
		andMore bool // others may break too
	}{
		"forgets on restart": {
			forgets: true, andMore: true,
			breaks: []string{"what is done or claimed outlives the process", "what is done is not claimed again", "a key is claimed by one"},
		},
		"acknowledges early": {early: true, andMore: true, breaks: []string{"what is done or claimed outlives the process"}},
		"no fencing": {
			store: wrong{
				done: func(m *webhook.MemoryStore, ctx context.Context, key, owner string, ttl time.Duration) error {
					_ = m.Done(ctx, key, owner, ttl)
					return nil
				},
				release: func(m *webhook.MemoryStore, ctx context.Context, key, owner string) error {
					_ = m.Release(ctx, key, owner)
					return nil
				},
			},
			breaks: []string{"whoever lost the lease changes nothing", "a stranger's owner changes nothing", "what is done is not claimed again", "what was released can be claimed"},
		},
		"one that takes a claim for done": {store: wrong{claim: func(m *webhook.MemoryStore, ctx context.Context, key string, _ time.Duration) (webhook.Claim, error) {
			got, err := m.Claim(ctx, key, 24*time.Hour)
			if got.Result == webhook.InProgress {
				got.Result = webhook.AlreadyDone
			}
			return got, err
		}}, andMore: true, breaks: []string{"the lease of one that died runs out", "a key is claimed by one"}},
		"one whose keys are in small letters": {store: wrong{claim: func(m *webhook.MemoryStore, ctx context.Context, key string, lease time.Duration) (webhook.Claim, error) {
			return m.Claim(ctx, strings.ToLower(key), lease)
		}}, breaks: []string{"keys that look alike are kept apart"}},
		"one that never forgets": {store: wrong{done: func(m *webhook.MemoryStore, ctx context.Context, key, owner string, _ time.Duration) error {
			return m.Done(ctx, key, owner, 24*time.Hour)
		}}, breaks: []string{"what was done is forgotten after its time"}},
	} {
		t.Run(name, func(t *testing.T) {
			var broken []string
			for _, rule := range deduptest.Rules() {
				clk := &clock{now: time.Now()}
				m := memory(t, clk)
				open := func() webhook.Store {
					if c.forgets {
						m = memory(t, clk)
					}
					if c.early {
						return &early{MemoryStore: m}
					}
					w := c.store
					w.MemoryStore = m
					return w
				}
				if err := rule.Check(t.Context(), deduptest.Storage{Open: open, Pass: clk.Pass, Lease: time.Second}); err != nil {
					broken = append(broken, rule.Name)
				}
			}
			if c.andMore {
				assert.Subset(t, broken, c.breaks)
				return
			}
			assert.ElementsMatch(t, c.breaks, broken)
		})
	}
}
