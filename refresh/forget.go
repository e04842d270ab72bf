package refresh

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"github.com/pronet-go/pronet/api"
)

// KeptEditor changes what is kept for deliveries (see webhook.Kept): a spool.Spool.
type KeptEditor interface {
	EditKept(ctx context.Context, edit func(entries [][]byte) ([][]byte, error)) error
}

// Forget erases what was bought of a person and not handed over: from what is kept for deliveries, pending and dead, and
// from memory. It is not handed over any more, and not bought again for deliveries that had begun with the person. When
// Forget returns nil, the bytes are in none of these files. It waits for the delivery in work, so the store must not call
// it. A nil kept is for deliveries that come without Delivery.Kept.
//
// What the store has taken is the store's to erase. Let Options.Known say false for the person first, or a delivery that
// has not begun with the person, or comes later, buys the record anew. IDs are left in the deliveries until they are done.
func (r *Refresher[R]) Forget(ctx context.Context, id int64, kept KeptEditor) error {
	switch {
	case id < 1:
		return fmt.Errorf("refresh: %d is not the number of a profile: %w", id, api.ErrInvalid)
	case ctx == nil:
		return fmt.Errorf("refresh: the context is nil: %w", api.ErrInvalid)
	}
	r.forgetting.add(id, 1) // by deliveries that begin before all is erased
	defer r.forgetting.add(id, -1)
	r.progress.erase(id)
	if kept == nil {
		return ctx.Err()
	}
	err := kept.EditKept(ctx, func(entries [][]byte) ([][]byte, error) { return withoutPerson(entries, id) })
	r.progress.erase(id) // what the delivery that was in work has left
	return err
}

// withoutPerson returns the entries of a journal without the outcome of a person, and with the note that it is done.
func withoutPerson(entries [][]byte, id int64) ([][]byte, error) {
	var left [][]byte
	open := false
	for _, text := range entries {
		var e keptEntry
		if err := json.Unmarshal(text, &e); err != nil {
			return nil, fmt.Errorf("refresh: an entry of a delivery's journal is not JSON: %w", api.ErrInvalid)
		}
		switch {
		case e.ID == id && (e.Failure != nil || len(e.Record) > 0):
			open = true
			continue
		case slices.Contains(e.Begin, id), e.Job != nil && slices.Contains(e.Job.IDs, id):
			open = true
		case slices.Contains(e.Unpaid, id), slices.Contains(e.Done, id):
			open = false
		}
		left = append(left, text)
	}
	if open {
		done, err := json.Marshal(keptEntry{Done: []int64{id}})
		return append(left, done), err
	}
	return left, nil
}

// erase forgets the outcome of a person in all states that are in memory.
func (p *progress) erase(id int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.states {
		h, held := s.held[id]
		if !held && !s.underway(id) {
			continue
		}
		p.bytes -= h.size
		delete(s.held, id)
		s.done[id] = true
	}
}

// forgetting are the people who are being erased.
type forgetting struct {
	mu     sync.Mutex
	people map[int64]int
}

// add begins or ends the erasing of a person.
func (f *forgetting) add(id int64, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.people == nil {
		f.people = make(map[int64]int)
	}
	if f.people[id] += n; f.people[id] == 0 {
		delete(f.people, id)
	}
}

// has reports whether a person is being erased.
func (f *forgetting) has(id int64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.people[id] > 0
}
