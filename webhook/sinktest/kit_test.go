package sinktest_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/sinktest"
	"github.com/pronet-go/pronet/webhook/spool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// storage is a directory; opening it closes the spool that was open, as the end of its process would.
func storage(t *testing.T) (open func() sinktest.Queue) {
	t.Helper()
	dir := t.TempDir()
	var last *spool.Spool
	t.Cleanup(func() {
		if last != nil {
			assert.NoError(t, last.Close())
		}
	})
	return func() sinktest.Queue {
		if last != nil {
			require.NoError(t, last.Close())
		}
		var err error
		last, err = spool.Open(dir, spool.Options{Attempts: 20, Backoff: time.Millisecond, BackoffCap: time.Millisecond, Logger: slog.New(slog.DiscardHandler)}, sinktest.Sender())
		require.NoError(t, err)
		return last
	}
}

func TestSpool(t *testing.T) { sinktest.Run(t, storage) }

// wrong is a spool that does one thing wrong.
type wrong struct {
	sinktest.Queue
	put     func(w *wrong, ctx context.Context, d *webhook.Delivery) error
	process func(err error, again bool) error
	tries   sync.Map

	mu      sync.Mutex
	pending *webhook.Delivery
}

func (w *wrong) Put(ctx context.Context, d *webhook.Delivery) error {
	if w.put == nil {
		return w.Queue.Put(ctx, d)
	}
	return w.put(w, ctx, d)
}

// putLater puts with the next call only: if the process dies before, what its sender was told to be accepted is lost.
func (w *wrong) putLater(ctx context.Context, d *webhook.Delivery) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.pending != nil {
		err = w.Queue.Put(ctx, w.pending)
	}
	if w.pending = d; d != nil {
		own := *d
		own.Body = slices.Clone(d.Body)
		w.pending = &own
	}
	return err
}

func (w *wrong) Run(ctx context.Context, process func(ctx context.Context, d *webhook.Delivery) error) error {
	if err := w.putLater(ctx, nil); err != nil {
		return err
	}
	if w.process == nil {
		return w.Queue.Run(ctx, process)
	}
	return w.Queue.Run(ctx, func(ctx context.Context, d *webhook.Delivery) error {
		_, again := w.tries.LoadOrStore(d.Key, true)
		return w.process(process(ctx, d), again)
	})
}

// TestWrongQueuesAreCaught, each by the names of the rules that it breaks. They are asked for these and for some that they
// keep.
func TestWrongQueuesAreCaught(t *testing.T) {
	for name, c := range map[string]struct {
		forgets bool // each open is another, empty queue
		put     func(w *wrong, ctx context.Context, d *webhook.Delivery) error
		process func(err error, again bool) error
		breaks  []string
		keeps   []string
	}{
		"forgets on restart": {
			forgets: true,
			breaks:  []string{"what was put is handed over after the process has died", "what was in work when the process died is handed over again"},
			keeps:   []string{"what was put is handed over, with every field", "what failed is handed over again"},
		},
		// A queue that one process has open has nobody to be fenced from: see TestSharedQueues.
		"acknowledges early": {
			put:    (*wrong).putLater,
			breaks: []string{"what was put is handed over after the process has died"},
			keeps:  []string{"what was put is handed over, with every field", "what many put at once is handed over", "nothing is put once the context has ended"},
		},
		"one that takes what it has handed over for done": {
			process: func(error, bool) error { return nil },
			breaks:  []string{"what was in work when the process died is handed over again", "of one subject none is handed over before an earlier one is done"},
			keeps:   []string{"what was put is handed over, with every field", "what is done is not handed over again"},
		},
		"one that takes what it was given to give up for a failure": {
			process: func(err error, _ bool) error {
				if errors.Is(err, webhook.ErrGiveUp) || errors.Is(err, webhook.ErrNotUnderstood) {
					return errors.New("failed")
				}
				return err
			},
			breaks: []string{"what was given up is not handed over again"},
			keeps:  []string{"what failed is handed over again"},
		},
		"one that hands over twice": {
			process: func(err error, again bool) error {
				if err == nil && !again {
					return webhook.ErrRetryLater
				}
				return err
			},
			breaks: []string{"what was put is handed over after the process has died", "what is done is not handed over again", "what many put at once is handed over"},
			keeps:  []string{"an outage uses up no attempts"},
		},
		"one that stores what nobody waits for": {
			put: func(w *wrong, ctx context.Context, d *webhook.Delivery) error {
				return w.Queue.Put(context.WithoutCancel(ctx), d)
			},
			breaks: []string{"nothing is put once the context has ended"},
			keeps:  []string{"what was put is handed over, with every field"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var broken []string
			for _, rule := range sinktest.Rules() {
				if !slices.Contains(c.breaks, rule.Name) && !slices.Contains(c.keeps, rule.Name) {
					continue
				}
				synctest.Test(t, func(t *testing.T) { // so that waiting for what never comes takes no time
					open := storage(t)
					err := rule.Check(t.Context(), func() sinktest.Queue {
						if c.forgets {
							open = storage(t)
						}
						return &wrong{Queue: open(), put: c.put, process: c.process}
					})
					if err != nil {
						broken = append(broken, rule.Name)
					}
				})
			}
			assert.ElementsMatch(t, c.breaks, broken)
		})
	}
}

// memory is a queue in memory for several, and what it does wrong.
type memory struct {
	unfenced bool // whoever runs takes what another one has in work
	early    bool // what is handed over is taken for done

	mu      sync.Mutex
	waiting []*webhook.Delivery
	inWork  map[string]bool
	wake    chan struct{}
}

func newMemory(unfenced, early bool) *memory {
	return &memory{unfenced: unfenced, early: early, inWork: make(map[string]bool), wake: make(chan struct{})}
}

func (m *memory) Put(ctx context.Context, d *webhook.Delivery) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	own := *d
	own.Body = slices.Clone(d.Body)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waiting = append(m.waiting, &own)
	m.moved()
	return nil
}

// moved lets all look again. The queue is locked.
func (m *memory) moved() {
	close(m.wake)
	m.wake = make(chan struct{})
}

// next takes the first one that is about nobody in work, or before whom nobody waits.
func (m *memory) next() (*webhook.Delivery, string, <-chan struct{}) {
	m.mu.Lock()
	defer m.mu.Unlock()
	seen := make(map[string]bool)
	for i, d := range m.waiting {
		subject := d.Events[0].(webhook.Subject).Subject()
		if !m.unfenced && (seen[subject] || m.inWork[subject]) {
			continue
		}
		if seen[subject] = true; !m.unfenced {
			m.waiting, m.inWork[subject] = slices.Delete(m.waiting, i, i+1), true
		}
		return d, subject, nil
	}
	return nil, "", m.wake
}

func (m *memory) Run(ctx context.Context, process func(context.Context, *webhook.Delivery) error) error {
	for ctx.Err() == nil {
		d, subject, wake := m.next()
		if d == nil {
			select {
			case <-wake:
			case <-ctx.Done():
			}
			continue
		}
		err := m.call(ctx, d, process)
		if m.early || errors.Is(err, webhook.ErrGiveUp) || errors.Is(err, webhook.ErrNotUnderstood) {
			err = nil
		}
		if err != nil && ctx.Err() == nil { // it waits beside the others
			time.AfterFunc(time.Millisecond, func() { m.end(d, subject, err) })
			continue
		}
		m.end(d, subject, err)
	}
	return ctx.Err()
}

// end removes what is done, and puts back what is not.
func (m *memory) end(d *webhook.Delivery, subject string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.inWork, subject)
	m.waiting = slices.DeleteFunc(m.waiting, func(other *webhook.Delivery) bool { return other == d })
	if err != nil {
		m.waiting = append([]*webhook.Delivery{d}, m.waiting...)
	}
	m.moved()
}

func (*memory) call(ctx context.Context, d *webhook.Delivery, process func(context.Context, *webhook.Delivery) error) (err error) {
	defer func() {
		if recover() != nil {
			err = errors.New("panic")
		}
	}()
	return process(ctx, d)
}

// TestSharedQueues: one that keeps the shared rules, and three that do not, each caught by the names of what it breaks.
func TestSharedQueues(t *testing.T) {
	const (
		outlives = "what was put is handed over after the process has died"
		again    = "what was in work when the process died is handed over again"
		once     = "of what several hand over, each is handed over once"
		put      = "of one subject none is handed over before or beside an earlier one, whoever has put it"
		inOrder  = "of one subject none is handed over before or beside an earlier one, whoever comes and goes"
	)
	same := func(m *memory) func() sinktest.Queue { return func() sinktest.Queue { return m } }
	for name, c := range map[string]struct {
		storage func() func() sinktest.Queue
		breaks  []string
	}{
		"one that keeps them": {func() func() sinktest.Queue { return same(newMemory(false, false)) }, nil},
		"forgets on restart": {
			func() func() sinktest.Queue { return func() sinktest.Queue { return newMemory(false, false) } },
			[]string{outlives, again, inOrder},
		},
		"no fencing":         {func() func() sinktest.Queue { return same(newMemory(true, false)) }, []string{once, put, inOrder}},
		"acknowledges early": {func() func() sinktest.Queue { return same(newMemory(false, true)) }, []string{again, inOrder}},
	} {
		t.Run(name, func(t *testing.T) {
			var broken []string
			for _, rule := range append(sinktest.Rules(), sinktest.SharedRules()...) {
				if c.breaks != nil && !slices.Contains([]string{outlives, again, once, put, inOrder}, rule.Name) {
					continue
				}
				synctest.Test(t, func(t *testing.T) {
					if err := rule.Check(t.Context(), c.storage()); err != nil {
						broken = append(broken, rule.Name)
					}
				})
			}
			assert.ElementsMatch(t, c.breaks, broken)
		})
	}
}
