package snapshot

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"sync"
	"time"
)

// Memory keeps the snapshots of one process, until it ends: for tests, and to try things out.
type Memory struct {
	mu     sync.Mutex
	people map[int64]map[string]Snapshot
}

// NewMemory returns an empty store in memory.
func NewMemory() *Memory { return new(Memory) }

// Get implements [Store].
func (m *Memory) Get(ctx context.Context, key Key) (Snapshot, error) {
	if err := key.check(ctx); err != nil {
		return Snapshot{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.people[key.ID][key.Dataset]
	s.Record = bytes.Clone(s.Record)
	return s, nil
}

// Put implements [Store].
func (m *Memory) Put(ctx context.Context, key Key, s Snapshot) error {
	if err := errors.Join(key.check(ctx), s.check()); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if s.Taken.Before(m.people[key.ID][key.Dataset].Taken) {
		return ErrOlder
	}
	if m.people == nil {
		m.people = make(map[int64]map[string]Snapshot)
	}
	if m.people[key.ID] == nil {
		m.people[key.ID] = make(map[string]Snapshot)
	}
	m.people[key.ID][key.Dataset] = Snapshot{Record: bytes.Clone(s.Record), Taken: time.Unix(0, s.Taken.UnixNano()).UTC()}
	return nil
}

// Forget implements [Store].
func (m *Memory) Forget(ctx context.Context, id int64) error {
	if err := errors.Join(checkID(id), ctx.Err()); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.people, id)
	return nil
}

// Before implements [Store].
func (m *Memory) Before(ctx context.Context, dataset string, t time.Time) iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		if err := errors.Join(checkDataset(dataset), ctx.Err()); err != nil {
			yield(0, err)
			return
		}
		for _, id := range m.before(dataset, t) {
			if err := ctx.Err(); err != nil {
				yield(0, err)
				return
			}
			if !yield(id, nil) {
				return
			}
		}
	}
}

func (m *Memory) before(dataset string, t time.Time) (ids []int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for id, datasets := range m.people {
		if s, there := datasets[dataset]; there && s.Taken.Before(t) {
			ids = append(ids, id)
		}
	}
	return ids
}
