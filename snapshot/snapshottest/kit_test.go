package snapshottest_test

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/snapshot"
	"github.com/pronet-go/pronet/snapshot/snapshottest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type (
	key    = snapshot.Key
	stored = snapshot.Snapshot
)

// wrong is a store that does one thing wrong.
type wrong struct {
	snapshot.Store

	get    func(ctx context.Context, s snapshot.Store, k key) (stored, error)
	put    func(ctx context.Context, s snapshot.Store, k key, v stored) error
	forget func(ctx context.Context, s snapshot.Store, id int64) error
	before func(ctx context.Context, s snapshot.Store, dataset string, t time.Time) iter.Seq2[int64, error]
}

func (w wrong) Get(ctx context.Context, k key) (stored, error) {
	if w.get == nil {
		return w.Store.Get(ctx, k)
	}
	return w.get(ctx, w.Store, k)
}

func (w wrong) Put(ctx context.Context, k key, v stored) error {
	if w.put == nil {
		return w.Store.Put(ctx, k, v)
	}
	return w.put(ctx, w.Store, k, v)
}

func (w wrong) Forget(ctx context.Context, id int64) error {
	if w.forget == nil {
		return w.Store.Forget(ctx, id)
	}
	return w.forget(ctx, w.Store, id)
}

func (w wrong) Before(ctx context.Context, dataset string, t time.Time) iter.Seq2[int64, error] {
	if w.before == nil {
		return w.Store.Before(ctx, dataset, t)
	}
	return w.before(ctx, w.Store, dataset, t)
}

// replace puts whatever is there.
func replace(ctx context.Context, s snapshot.Store, k key, v stored) error {
	err := s.Put(ctx, k, v)
	if !errors.Is(err, snapshot.ErrOlder) {
		return err
	}
	others := make(map[string]stored)
	for _, dataset := range []string{"v1", "clean", "multi_source"} {
		if other, err := s.Get(ctx, key{Dataset: dataset, ID: k.ID}); err == nil && dataset != k.Dataset && !other.IsZero() {
			others[dataset] = other
		}
	}
	err = errors.Join(s.Forget(ctx, k.ID), s.Put(ctx, k, v))
	for dataset, other := range others {
		err = errors.Join(err, s.Put(ctx, key{Dataset: dataset, ID: k.ID}, other))
	}
	return err
}

// medium has the bytes that were put, until the person is forgotten.
type medium struct {
	mu     sync.Mutex
	put    map[int64][]byte
	failed bool
}

func (m *medium) write(k key, v stored) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.put == nil {
		m.put = make(map[int64][]byte)
	}
	m.put[k.ID] = append(m.put[k.ID], v.Record...)
}

func (m *medium) erase(id int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.put, id)
}

func (m *medium) bytes() (all []byte, _ error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, data := range m.put {
		all = append(all, data...)
	}
	return all, nil
}

func (m *medium) fail(failed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failed = failed
}

func (m *medium) fails() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.failed
}

var errDisk = errors.New("the disk is full")

// store is a store on a medium, with a fault.
func store(fault func(m *medium) wrong) snapshottest.Storage {
	m, memory := new(medium), snapshot.NewMemory()
	w := fault(m)
	if w.Store == nil {
		w.Store = memory
	}
	outer := wrong{Store: w, put: func(ctx context.Context, s snapshot.Store, k key, v stored) error {
		if m.fails() && w.put == nil {
			return errDisk
		}
		err := s.Put(ctx, k, v)
		if err == nil {
			m.write(k, v)
		}
		return err
	}, forget: func(ctx context.Context, s snapshot.Store, id int64) error {
		err := s.Forget(ctx, id)
		if err == nil && w.forget == nil {
			m.erase(id)
		}
		return err
	}}
	return snapshottest.Storage{
		Open: func() snapshot.Store { return outer }, Bytes: m.bytes,
		FailWrites: func() func() {
			m.fail(true)
			return func() { m.fail(false) }
		},
	}
}

func TestARightStorePasses(t *testing.T) {
	snapshottest.Run(t, func(*testing.T) snapshottest.Storage { return store(func(*medium) wrong { return wrong{} }) })
	snapshottest.Run(t, func(*testing.T) snapshottest.Storage {
		m := snapshot.NewMemory()
		return snapshottest.Storage{Open: func() snapshot.Store { return m }, Shared: true}
	})
}

// TestWrongStoresAreCaught, each by the names of the rules that it breaks.
func TestWrongStoresAreCaught(t *testing.T) {
	var shared sync.Map // of the store that keeps the caller's bytes
	var gets atomic.Int64
	for name, c := range map[string]struct {
		fault  func(m *medium) wrong
		breaks []string
	}{
		"an older one replaces a newer one": {func(*medium) wrong {
			return wrong{put: replace}
		}, []string{"an older snapshot does not replace a newer one", "of many Puts at once the newest stays"}},
		"an older one is passed over in silence": {func(*medium) wrong {
			return wrong{put: func(ctx context.Context, s snapshot.Store, k key, v stored) error {
				if err := s.Put(ctx, k, v); !errors.Is(err, snapshot.ErrOlder) {
					return err
				}
				return nil
			}}
		}, []string{"an older snapshot does not replace a newer one"}},
		"one of the same time is refused": {func(*medium) wrong {
			return wrong{put: func(ctx context.Context, s snapshot.Store, k key, v stored) error {
				if old, err := s.Get(ctx, k); err == nil && old.Taken.Equal(v.Taken) {
					return snapshot.ErrOlder
				}
				return s.Put(ctx, k, v)
			}}
		}, []string{"a Put can be retried", "a snapshot is read whole while another is written"}},
		"Forget leaves another dataset": {func(m *medium) wrong {
			return wrong{forget: func(ctx context.Context, s snapshot.Store, id int64) error {
				clean, err := s.Get(ctx, key{Dataset: "clean", ID: max(id, 1)})
				if err = errors.Join(err, s.Forget(ctx, id)); err != nil {
					return err
				}
				m.erase(id)
				if !clean.IsZero() {
					err = s.Put(ctx, key{Dataset: "clean", ID: id}, clean)
				}
				return err
			}}
		}, []string{"a person is forgotten in every dataset"}},
		"Forget leaves the bytes": {func(*medium) wrong {
			return wrong{forget: func(ctx context.Context, s snapshot.Store, id int64) error { return s.Forget(ctx, id) }}
		}, []string{"nothing of a person who was forgotten is on the medium"}},
		"a Put that fails leaves a half": {func(m *medium) wrong {
			return wrong{put: func(ctx context.Context, s snapshot.Store, k key, v stored) error {
				if !m.fails() {
					return s.Put(ctx, k, v)
				}
				v.Record = v.Record[:len(v.Record)/2]
				return errors.Join(errDisk, s.Put(ctx, k, v))
			}}
		}, []string{"a Put that fails leaves the old snapshot or the new one"}},
		"a Put that fails leaves nothing": {func(m *medium) wrong {
			return wrong{put: func(ctx context.Context, s snapshot.Store, k key, v stored) error {
				if !m.fails() {
					return s.Put(ctx, k, v)
				}
				return errors.Join(errDisk, s.Forget(ctx, k.ID))
			}}
		}, []string{"a Put that fails leaves the old snapshot or the new one"}},
		"a Put in two steps": {func(m *medium) wrong {
			return wrong{put: func(ctx context.Context, s snapshot.Store, k key, v stored) error {
				if m.fails() {
					return errDisk
				}
				if len(v.Record) < 2 || len(v.Record) > snapshot.MaxRecord {
					return s.Put(ctx, k, v)
				}
				half := v
				half.Record = v.Record[:len(v.Record)/2]
				if err := s.Put(ctx, k, half); err != nil {
					return err
				}
				before := gets.Load()
				for range 10_000 { // until it was read, if anybody reads
					if runtime.Gosched(); gets.Load() > before {
						break
					}
				}
				return s.Put(ctx, k, v)
			}, get: func(ctx context.Context, s snapshot.Store, k key) (stored, error) {
				v, err := s.Get(ctx, k)
				gets.Add(1)
				return v, err
			}}
		}, []string{"a snapshot is read whole while another is written"}},
		"the caller's bytes are kept": {func(*medium) wrong {
			return wrong{put: func(ctx context.Context, s snapshot.Store, k key, v stored) error {
				err := s.Put(ctx, k, v)
				if err == nil {
					shared.Store(k, v)
				}
				return err
			}, get: func(ctx context.Context, s snapshot.Store, k key) (stored, error) {
				v, err := s.Get(ctx, k)
				if kept, ok := shared.Load(k); ok && !v.IsZero() {
					if kept, ok := kept.(stored); ok && kept.Taken.Equal(v.Taken) && len(kept.Record) == len(v.Record) {
						v.Record = kept.Record
					}
				}
				return v, err
			}}
		}, []string{"the bytes belong to the caller"}},
		"times in seconds": {func(*medium) wrong {
			return wrong{get: func(ctx context.Context, s snapshot.Store, k key) (stored, error) {
				v, err := s.Get(ctx, k)
				v.Taken = v.Taken.Truncate(time.Second)
				return v, err
			}}
		}, nil},
		"local times": {func(*medium) wrong {
			return wrong{get: func(ctx context.Context, s snapshot.Store, k key) (stored, error) {
				v, err := s.Get(ctx, k)
				if !v.IsZero() {
					v.Taken = v.Taken.In(time.FixedZone("here", 3600))
				}
				return v, err
			}}
		}, nil},
		"datasets are confused": {func(*medium) wrong {
			one := func(k key) key {
				if k.Dataset == "base_" {
					k.Dataset = "base"
				}
				return k
			}
			return wrong{put: func(ctx context.Context, s snapshot.Store, k key, v stored) error {
				return s.Put(ctx, one(k), v)
			}, get: func(ctx context.Context, s snapshot.Store, k key) (stored, error) {
				return s.Get(ctx, one(k))
			}}
		}, []string{"people and datasets are kept apart"}},
		"Before yields too many": {func(*medium) wrong {
			return wrong{before: func(ctx context.Context, s snapshot.Store, dataset string, t time.Time) iter.Seq2[int64, error] {
				return s.Before(ctx, dataset, t.Add(1))
			}}
		}, []string{"Before yields those that were taken before"}},
		"Before yields too few": {func(*medium) wrong {
			return wrong{before: func(ctx context.Context, s snapshot.Store, dataset string, t time.Time) iter.Seq2[int64, error] {
				return func(yield func(int64, error) bool) {
					n := 0
					for id, err := range s.Before(ctx, dataset, t) {
						if n++; n > 70 || !yield(id, err) {
							return
						}
					}
				}
			}}
		}, []string{"Before yields those that were taken before", "a loop over Before may change the store"}},
		"the context is passed over": {func(*medium) wrong {
			return wrong{put: func(ctx context.Context, s snapshot.Store, k key, v stored) error {
				return s.Put(context.WithoutCancel(ctx), k, v)
			}}
		}, []string{"nothing happens once the context has ended"}},
		"no time is taken for now": {func(*medium) wrong {
			return wrong{put: func(ctx context.Context, s snapshot.Store, k key, v stored) error {
				if v.Taken.IsZero() {
					v.Taken = time.Now()
				}
				return s.Put(ctx, k, v)
			}}
		}, []string{"what cannot be kept is refused"}},
	} {
		var broken []string
		for _, rule := range snapshottest.Rules() {
			shared.Clear()
			if rule.Check(t.Context(), store(c.fault)) != nil {
				broken = append(broken, rule.Name)
			}
		}
		if c.breaks == nil {
			assert.Contains(t, broken, "what was put is there, byte for byte", name)
			continue
		}
		assert.ElementsMatch(t, c.breaks, broken, name)
	}
}

// unfenced compares with what it has put itself, and puts over what another process has.
type unfenced struct {
	wrong
	mu   sync.Mutex
	last map[key]time.Time
}

func (u *unfenced) Put(ctx context.Context, k key, v stored) error {
	u.mu.Lock()
	defer u.mu.Unlock()
	if v.Taken.Before(u.last[k]) {
		return snapshot.ErrOlder
	}
	err := replace(ctx, u.Store, k, v)
	if err == nil {
		u.last[k] = v.Taken
	}
	return err
}

// early puts with its next call only: if its process dies before, a change is told twice.
type early struct {
	snapshot.Store
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

func (e *early) Get(ctx context.Context, k key) (stored, error) {
	if err := e.flush(nil); err != nil {
		return stored{}, err
	}
	return e.Store.Get(ctx, k)
}

func (e *early) Put(ctx context.Context, k key, v stored) error {
	if err := snapshot.NewMemory().Put(ctx, k, v); err != nil {
		return err // as of what cannot be kept
	}
	if present, err := e.Get(ctx, k); err != nil || v.Taken.Before(present.Taken) {
		return errors.Join(err, snapshot.ErrOlder)
	}
	v.Record = slices.Clone(v.Record)
	return e.flush(func() error { return e.Store.Put(context.WithoutCancel(ctx), k, v) })
}

func (e *early) Forget(ctx context.Context, id int64) error {
	return errors.Join(e.flush(nil), e.Store.Forget(ctx, id))
}

func (e *early) Before(ctx context.Context, dataset string, t time.Time) iter.Seq2[int64, error] {
	_ = e.flush(nil)
	return e.Store.Before(ctx, dataset, t)
}

// TestStoresOfOneProcessAreCaught: what they have is not there for another one, or not yet, or is not looked at.
func TestStoresOfOneProcessAreCaught(t *testing.T) {
	for name, c := range map[string]struct {
		open   func(m *snapshot.Memory) snapshot.Store
		breaks []string
	}{
		"forgets on restart": {
			func(*snapshot.Memory) snapshot.Store { return snapshot.NewMemory() }, []string{"a restart finds what was put"},
		},
		"no fencing": {func(m *snapshot.Memory) snapshot.Store {
			return &unfenced{wrong: wrong{Store: m}, last: make(map[key]time.Time)}
		}, []string{"an older snapshot does not replace a newer one"}},
		"acknowledges early": {
			func(m *snapshot.Memory) snapshot.Store { return &early{Store: m} }, []string{"a restart finds what was put"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var broken []string
			for _, rule := range snapshottest.Rules() {
				m := snapshot.NewMemory()
				if rule.Check(t.Context(), snapshottest.Storage{Open: func() snapshot.Store { return c.open(m) }, Shared: true}) != nil {
					broken = append(broken, rule.Name)
				}
			}
			assert.Subset(t, broken, c.breaks)
		})
	}
}
