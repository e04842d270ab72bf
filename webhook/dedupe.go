package webhook

import (
	"container/heap"
	"context"
	"errors"
	"strconv"
	"sync"
	"time"
)

// What a [Store] may return.
var (
	// ErrStoreFull says that a store has no room for another claim. The
	// handler responds with 503.
	ErrStoreFull = errors.New("webhook: dedupe store full")
	// ErrLeaseLost says that a claim ran out before it was done or released,
	// and was dropped or taken over.
	ErrLeaseLost = errors.New("webhook: lease lost")
)

// ClaimResult says what a [Store] knows about a key.
type ClaimResult int

const (
	// Claimed means that the caller now owns the key until its lease ends.
	Claimed ClaimResult = iota + 1
	// InProgress means that another owner holds the key.
	InProgress
	// AlreadyDone means that the key was dealt with before.
	AlreadyDone
)

// String returns "claimed", "in progress" or "already done".
func (r ClaimResult) String() string {
	switch r {
	case Claimed:
		return "claimed"
	case InProgress:
		return "in progress"
	case AlreadyDone:
		return "already done"
	}
	return "invalid"
}

// Claim is the result of [Store.Claim].
type Claim struct {
	// Result says whether the key may be worked on.
	Result ClaimResult
	// Owner identifies this claim among all that were ever made on the key.
	// It is set if the result is [Claimed].
	Owner string
}

// Store remembers which deliveries were dealt with, in two phases: a key is
// claimed for the time of a lease before its effect, and marked as done after
// it. A crash in between lets the lease run out, and the next delivery of the
// same key is processed. A store must be safe for concurrent use. If several
// processes share one, each operation must be atomic among them.
type Store interface {
	// Claim takes the key for the time of the lease if it is free, or if the
	// lease of an earlier claim has ended.
	Claim(ctx context.Context, key string, lease time.Duration) (Claim, error)
	// Done remembers for the time of ttl that the key was dealt with. It
	// changes nothing and returns [ErrLeaseLost] if owner does not hold the
	// key any more.
	Done(ctx context.Context, key, owner string, ttl time.Duration) error
	// Release frees the key. It changes nothing and returns [ErrLeaseLost] if
	// owner does not hold the key any more.
	Release(ctx context.Context, key, owner string) error
}

// DefaultMemoryStoreEntries is how many keys a [MemoryStore] made by
// [NewHandler] holds.
const DefaultMemoryStoreEntries = 100_000

// MemoryStore is a [Store] in the memory of one process. It forgets
// everything when the process ends, so that what is delivered again after a
// restart is processed again.
//
// It holds a bounded number of keys. When it is full, keys that have expired
// are dropped first and then the mark that is nearest to its end: a delivery
// may then be processed twice, which is better than losing a new one. A claim
// that is still running is never dropped; if there is nothing else, Claim
// returns [ErrStoreFull]. The zero value has no room at all.
type MemoryStore struct {
	limit int
	now   func() time.Time

	mu      sync.Mutex
	entries map[string]*memoryEntry
	claims  expiryHeap
	marks   expiryHeap
	owners  uint64
}

// NewMemoryStore returns a store for at most entries keys, which must be at
// least 1. The clock is [time.Now] if now is nil.
func NewMemoryStore(entries int, now func() time.Time) (*MemoryStore, error) {
	if entries < 1 {
		return nil, errors.New("webhook: a memory store needs room for at least one entry")
	}
	return &MemoryStore{limit: entries, now: now, entries: make(map[string]*memoryEntry)}, nil
}

// Claim implements [Store].
func (s *MemoryStore) Claim(_ context.Context, key string, lease time.Duration) (Claim, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	s.dropExpired(now)
	if e := s.entries[key]; e != nil {
		if e.done {
			return Claim{Result: AlreadyDone}, nil
		}
		return Claim{Result: InProgress}, nil
	}
	if len(s.entries) >= s.limit {
		if len(s.marks) == 0 {
			return Claim{}, ErrStoreFull
		}
		s.drop(s.marks[0])
	}
	s.owners++
	e := &memoryEntry{key: key, owner: strconv.FormatUint(s.owners, 36), expires: now.Add(lease)}
	s.entries[key] = e
	heap.Push(&s.claims, e)
	return Claim{Result: Claimed, Owner: e.owner}, nil
}

// Done implements [Store].
func (s *MemoryStore) Done(_ context.Context, key, owner string, ttl time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, err := s.held(key, owner)
	if err != nil {
		return err
	}
	heap.Remove(&s.claims, e.position)
	e.done = true
	e.expires = s.clock().Add(ttl)
	heap.Push(&s.marks, e)
	return nil
}

// Release implements [Store].
func (s *MemoryStore) Release(_ context.Context, key, owner string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, err := s.held(key, owner)
	if err != nil {
		return err
	}
	s.drop(e)
	return nil
}

// Len returns how many keys the store holds, expired ones included.
func (s *MemoryStore) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.entries)
}

// held returns the running claim of owner on key.
func (s *MemoryStore) held(key, owner string) (*memoryEntry, error) {
	s.dropExpired(s.clock())
	e := s.entries[key]
	if e == nil || e.done || e.owner != owner {
		return nil, ErrLeaseLost
	}
	return e, nil
}

func (s *MemoryStore) clock() time.Time {
	if s.now == nil {
		return time.Now()
	}
	return s.now()
}

func (s *MemoryStore) dropExpired(now time.Time) {
	for _, h := range []*expiryHeap{&s.claims, &s.marks} {
		for len(*h) > 0 && !(*h)[0].expires.After(now) {
			s.drop((*h)[0])
		}
	}
}

func (s *MemoryStore) drop(e *memoryEntry) {
	h := &s.claims
	if e.done {
		h = &s.marks
	}
	heap.Remove(h, e.position)
	delete(s.entries, e.key)
}

// memoryEntry is a running claim, or the mark of a key that is done.
type memoryEntry struct {
	key      string
	owner    string
	expires  time.Time
	done     bool
	position int
}

// expiryHeap orders entries by the time at which they expire.
type expiryHeap []*memoryEntry

func (h expiryHeap) Len() int           { return len(h) }
func (h expiryHeap) Less(i, j int) bool { return h[i].expires.Before(h[j].expires) }
func (h expiryHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].position, h[j].position = i, j
}

// Push implements [heap.Interface].
func (h *expiryHeap) Push(x any) {
	e := x.(*memoryEntry)
	e.position = len(*h)
	*h = append(*h, e)
}

// Pop implements [heap.Interface].
func (h *expiryHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return e
}
