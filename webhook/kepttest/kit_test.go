package kepttest_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/kepttest"
	"github.com/pronet-go/pronet/webhook/spool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a store in memory, and does wrong what it is told.
type memory struct {
	mu     sync.Mutex
	owners int
	kept   map[string]*journal

	forgets, unfenced, early, editsQuietly, startsOver, removesLater bool

	removing string // what one that removes later has not removed
}

type journal struct {
	owner   int
	entries [][]byte
}

func newMemory() *memory { return &memory{kept: make(map[string]*journal)} }

func (m *memory) Open(ctx context.Context, delivery string) (webhook.Kept, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	j := m.kept[delivery]
	if j == nil {
		j = &journal{}
		m.kept[delivery] = j
	}
	m.owners++
	j.owner = m.owners
	if m.startsOver {
		j.owner = 1 + len(j.entries)
	}
	return &handle{memory: m, delivery: delivery, owner: j.owner}, nil
}

func (m *memory) Remove(_ context.Context, delivery string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.removesLater {
		delivery, m.removing = m.removing, delivery
	}
	delete(m.kept, delivery)
	return nil
}

func (m *memory) EditKept(_ context.Context, edit func([][]byte) ([][]byte, error)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var errs []error
	for _, j := range m.kept {
		left, err := edit(slices.Clone(j.entries))
		if err == nil && !slices.EqualFunc(left, j.entries, slices.Equal[[]byte]) {
			j.entries = left
			if !m.editsQuietly {
				m.owners++
				j.owner = m.owners
			}
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

type handle struct {
	*memory
	delivery string
	owner    int
	waiting  [][]byte // what one that is early has not written
}

func (h *handle) change(to func(*journal)) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	j := h.kept[h.delivery]
	if j == nil || j.owner != h.owner && !h.unfenced {
		return webhook.ErrLeaseLost
	}
	to(j)
	return nil
}

func (h *handle) Append(_ context.Context, entry []byte) error {
	return h.change(func(j *journal) {
		if h.waiting = append(h.waiting, slices.Clone(entry)); h.early && len(h.waiting) < 2 {
			return
		}
		j.entries = append(j.entries, h.waiting...)
		h.waiting = nil
	})
}

func (h *handle) Replace(_ context.Context, entries [][]byte) error {
	return h.change(func(j *journal) { j.entries = clone(entries) })
}

func (h *handle) Entries(context.Context) ([][]byte, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if j := h.kept[h.delivery]; j != nil {
		return clone(append(slices.Clip(j.entries), h.waiting...)), nil
	}
	return nil, nil
}

func (h *handle) Full() error { return nil }

func clone(entries [][]byte) [][]byte {
	list := slices.Clone(entries)
	for i := range list {
		list[i] = slices.Clone(list[i])
	}
	return list
}

func storage(m *memory) kepttest.Storage {
	return kepttest.Storage{Open: func() webhook.KeptStore {
		if m.forgets {
			return newMemory()
		}
		return m
	}}
}

func TestStore(t *testing.T) {
	kepttest.Run(t, func(*testing.T) kepttest.Storage { return storage(newMemory()) })
}

// TestWrongStoresAreCaught, each by the names of the rules that it breaks.
func TestWrongStoresAreCaught(t *testing.T) {
	for name, c := range map[string]struct {
		spoil  func(m *memory)
		breaks []string
	}{
		"forgets on restart":                    {func(m *memory) { m.forgets = true }, []string{"what was appended outlives the process", "entries are returned in their order, byte for byte"}},
		"no fencing":                            {func(m *memory) { m.unfenced = true }, []string{"whoever is not the last that opened it changes nothing", "a removal leaves no owner"}},
		"acknowledges early":                    {func(m *memory) { m.early = true }, []string{"what was appended outlives the process"}},
		"one whose edits leave the owner":       {func(m *memory) { m.editsQuietly = true }, []string{"the owner of what was edited loses it"}},
		"one that removes later":                {func(m *memory) { m.removesLater = true }, []string{"a removal leaves no owner"}},
		"one that counts owners anew each time": {func(m *memory) { m.startsOver = true }, []string{"a removal leaves no owner"}},
	} {
		t.Run(name, func(t *testing.T) {
			var broken []string
			for _, rule := range kepttest.Rules() {
				m := newMemory()
				c.spoil(m)
				if rule.Check(t.Context(), storage(m)) != nil {
					broken = append(broken, rule.Name)
				}
			}
			assert.Subset(t, broken, c.breaks)
		})
	}
}

// failing is a store of which one call fails.
type failing struct {
	webhook.KeptStore

	calls *calls
}

type calls struct {
	mu        sync.Mutex
	n, failAt int
}

var errDisk = errors.New("the disk is gone")

func (c *calls) call() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n++; c.n == c.failAt {
		return errDisk
	}
	return nil
}

type failingKept struct {
	webhook.Kept

	calls *calls
}

func (f failing) Open(ctx context.Context, delivery string) (webhook.Kept, error) {
	if err := f.calls.call(); err != nil {
		return nil, err
	}
	kept, err := f.KeptStore.Open(ctx, delivery)
	return failingKept{kept, f.calls}, err
}

func (f failing) Remove(ctx context.Context, delivery string) error {
	return errors.Join(f.calls.call(), f.KeptStore.Remove(ctx, delivery))
}

func (f failing) EditKept(ctx context.Context, edit func([][]byte) ([][]byte, error)) error {
	return errors.Join(f.calls.call(), f.KeptStore.EditKept(ctx, edit))
}

func (f failingKept) Append(ctx context.Context, entry []byte) error {
	return errors.Join(f.calls.call(), f.Kept.Append(ctx, entry))
}

func (f failingKept) Replace(ctx context.Context, entries [][]byte) error {
	return errors.Join(f.calls.call(), f.Kept.Replace(ctx, entries))
}

func (f failingKept) Entries(ctx context.Context) ([][]byte, error) {
	if err := f.calls.call(); err != nil {
		return nil, err
	}
	return f.Kept.Entries(ctx)
}

// TestAFailureIsTold: whichever call of a store fails, the rule says so.
func TestAFailureIsTold(t *testing.T) {
	for _, rule := range kepttest.Rules() {
		told := 0
		for failAt := 1; ; failAt++ {
			c := &calls{failAt: failAt}
			m := newMemory()
			err := rule.Check(t.Context(), kepttest.Storage{Open: func() webhook.KeptStore { return failing{m, c} }})
			if c.n < failAt {
				require.NoError(t, err, rule.Name)
				break
			}
			if err != nil {
				told++
			}
		}
		assert.Positive(t, told, rule.Name)
	}
}

// spools has a spool with one delivery for each name. Opening it is an attempt at the delivery, which ends with the next one.
type spools struct {
	t    *testing.T
	dir  string
	mu   sync.Mutex
	open map[string]*attempt
}

type attempt struct {
	webhook.Kept
	spool *spool.Spool
	dir   string
	end   context.CancelFunc
	ended chan struct{}
}

func (s *spools) Open(ctx context.Context, delivery string) (webhook.Kept, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := &attempt{ended: make(chan struct{})}
	if before := s.open[delivery]; before != nil {
		before.finish()
		a.spool, a.dir = before.spool, before.dir
	} else if err := s.begin(a, delivery); err != nil {
		return nil, err
	}
	s.open[delivery] = a
	running, end := context.WithCancel(context.WithoutCancel(ctx))
	a.end = end
	kept := make(chan webhook.Kept)
	go func() {
		defer close(a.ended)
		_ = a.spool.Run(running, func(ctx context.Context, d *webhook.Delivery) error {
			kept <- d.Kept
			<-ctx.Done()
			return ctx.Err()
		})
	}()
	a.Kept = <-kept
	return a, nil
}

func (s *spools) begin(a *attempt, delivery string) (err error) {
	a.dir = filepath.Join(s.dir, fmt.Sprintf("%x", sha256.Sum256([]byte(delivery))))
	sender := webhook.Sender{Source: "kept", Decoder: webhook.DecodeRaw}
	if a.spool, err = spool.Open(a.dir, spool.Options{Logger: slog.New(slog.DiscardHandler), Backoff: time.Nanosecond, BackoffCap: time.Nanosecond}, sender); err != nil {
		return err
	}
	s.t.Cleanup(func() { assert.NoError(s.t, a.spool.Close()) })
	return a.spool.Put(s.t.Context(), &webhook.Delivery{Source: "kept", Key: "key", ReceivedAt: time.Now(), Body: []byte("{}")})
}

func (a *attempt) finish() {
	a.end()
	<-a.ended
}

// lost says by the words of the interface what a spool says by its own: an attempt that has ended.
func (a *attempt) lost(err error) error {
	select {
	case <-a.ended:
		if err != nil {
			return fmt.Errorf("%w: %w", webhook.ErrLeaseLost, err)
		}
	default:
	}
	return err
}

func (a *attempt) Append(ctx context.Context, entry []byte) error {
	return a.lost(a.Kept.Append(ctx, entry))
}

func (a *attempt) Replace(ctx context.Context, entries [][]byte) error {
	return a.lost(a.Kept.Replace(ctx, entries))
}

func (s *spools) Remove(_ context.Context, delivery string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.open[delivery]
	if a == nil {
		return nil
	}
	a.finish()
	delete(s.open, delivery)
	return errors.Join(a.spool.Close(), os.RemoveAll(a.dir))
}

func (s *spools) EditKept(ctx context.Context, edit func([][]byte) ([][]byte, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var errs []error
	for _, a := range s.open {
		a.finish() // it waits for the attempt
		errs = append(errs, a.spool.EditKept(ctx, edit))
	}
	return errors.Join(errs...)
}

// TestSpool: what a spool keeps passes the rules, but for one: an edit waits for the attempt, so the owner is disturbed.
func TestSpool(t *testing.T) {
	for _, rule := range kepttest.Rules() {
		if rule.Name == "an edit that changes nothing disturbs nobody" {
			continue
		}
		t.Run(rule.Name, func(t *testing.T) {
			s := &spools{t: t, dir: t.TempDir(), open: make(map[string]*attempt)}
			require.NoError(t, rule.Check(t.Context(), kepttest.Storage{Open: func() webhook.KeptStore { return s }}))
			for _, a := range s.open {
				a.finish()
			}
		})
	}
}
