package webhook

import (
	"context"
	"crypto/sha256"
	"errors"
	"math"
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
// same key is processed. A key is the sender's source, a line break and the
// [Delivery.Key], any bytes of it. A store must be safe for concurrent use. If
// several processes share one, each operation must be atomic among them. Package
// deduptest checks a store of your own.
type Store interface {
	// Claim takes the key for the time of the lease if it is free, or if the
	// lease of an earlier claim has ended.
	Claim(ctx context.Context, key string, lease time.Duration) (Claim, error)
	// Done remembers for the time of ttl that the key was dealt with. It
	// changes nothing and returns [ErrLeaseLost] if owner does not hold the
	// key any more. Said again by who has done it, since a reply was lost, it
	// may return nil.
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
	start time.Time // Times are kept as the distance from it.

	mu sync.Mutex
	// byKey finds the slots of the keys that are held. Neither it nor the
	// slots have pointers, so that the garbage collector need not walk through
	// what is remembered.
	byKey  map[keyHash]int32
	slots  []memorySlot
	free   []int32 // Slots that hold no key.
	claims expiryHeap
	marks  expiryHeap
	owners uint64
}

// keyHash is the SHA-256 of a key.
type keyHash [sha256.Size]byte

// memorySlot is a running claim, or the mark of a key that is done.
type memorySlot struct {
	key      keyHash
	owner    uint64
	expires  time.Duration
	position int32 // In its heap.
	done     bool
}

// NewMemoryStore returns a store for at most entries keys, which must be at
// least 1. The clock is [time.Now] if now is nil.
func NewMemoryStore(entries int, now func() time.Time) (*MemoryStore, error) {
	if entries < 1 || entries > math.MaxInt32 {
		return nil, errors.New("webhook: a memory store needs room for at least one entry, and for no more than 2147483647")
	}
	if now == nil {
		now = time.Now
	}
	return &MemoryStore{limit: entries, now: now, start: now(), byKey: make(map[keyHash]int32)}, nil
}

// Claim implements [Store].
func (s *MemoryStore) Claim(ctx context.Context, key string, lease time.Duration) (Claim, error) {
	if err := ctx.Err(); err != nil {
		return Claim{}, err
	}
	hash := keyHash(sha256.Sum256([]byte(key)))
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	s.dropExpired(now)
	if at, known := s.byKey[hash]; known {
		if s.slots[at].done {
			return Claim{Result: AlreadyDone}, nil
		}
		return Claim{Result: InProgress}, nil
	}
	if len(s.byKey) >= s.limit {
		if len(s.marks) == 0 {
			return Claim{}, ErrStoreFull
		}
		s.drop(s.marks[0])
	}
	s.owners++
	at := s.slot()
	s.slots[at] = memorySlot{key: hash, owner: s.owners, expires: expiry(now, lease)}
	s.byKey[hash] = at
	s.claims.push(s.slots, at)
	return Claim{Result: Claimed, Owner: strconv.FormatUint(s.owners, 36)}, nil
}

// Done implements [Store].
func (s *MemoryStore) Done(_ context.Context, key, owner string, ttl time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, err := s.held(key, owner)
	if err != nil {
		return err
	}
	s.claims.remove(s.slots, at)
	s.slots[at].done = true
	s.slots[at].expires = expiry(s.clock(), ttl)
	s.marks.push(s.slots, at)
	return nil
}

// Release implements [Store].
func (s *MemoryStore) Release(_ context.Context, key, owner string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, err := s.held(key, owner)
	if err != nil {
		return err
	}
	s.drop(at)
	return nil
}

// Len returns how many keys the store holds, expired ones included.
func (s *MemoryStore) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.byKey)
}

// held returns the slot of owner's running claim on key.
func (s *MemoryStore) held(key, owner string) (int32, error) {
	s.dropExpired(s.clock())
	at, known := s.byKey[sha256.Sum256([]byte(key))]
	number, err := strconv.ParseUint(owner, 36, 64)
	if !known || err != nil || s.slots[at].done || s.slots[at].owner != number {
		return 0, ErrLeaseLost
	}
	return at, nil
}

// clock returns the time since the store was made.
func (s *MemoryStore) clock() time.Duration {
	if s.now == nil {
		return 0 // The zero value, which has no room.
	}
	return s.now().Sub(s.start)
}

// expiry returns when something ends that begins now and is kept for the duration. What would end after the last time
// there is ends then.
func expiry(now, keep time.Duration) time.Duration {
	if end := now + keep; end >= now || keep < 0 {
		return end
	}
	return math.MaxInt64
}

func (s *MemoryStore) dropExpired(now time.Duration) {
	for _, h := range []*expiryHeap{&s.claims, &s.marks} {
		for len(*h) > 0 && s.slots[(*h)[0]].expires <= now {
			s.drop((*h)[0])
		}
	}
}

// slot returns a slot that holds no key.
func (s *MemoryStore) slot() int32 {
	if last := len(s.free) - 1; last >= 0 {
		at := s.free[last]
		s.free = s.free[:last]
		return at
	}
	s.slots = append(s.slots, memorySlot{})
	return int32(len(s.slots) - 1)
}

func (s *MemoryStore) drop(at int32) {
	h := &s.claims
	if s.slots[at].done {
		h = &s.marks
	}
	h.remove(s.slots, at)
	delete(s.byKey, s.slots[at].key)
	s.free = append(s.free, at)
}

// expiryHeap orders slots by the time at which they expire, the first to do so
// in front. It is package container/heap's, without the allocations.
type expiryHeap []int32

func (h *expiryHeap) push(slots []memorySlot, at int32) {
	*h = append(*h, at)
	h.put(slots, len(*h)-1, at)
	h.up(slots, len(*h)-1)
}

func (h *expiryHeap) remove(slots []memorySlot, at int32) {
	i, last := int(slots[at].position), len(*h)-1
	moved := (*h)[last]
	*h = (*h)[:last]
	if i < last {
		h.put(slots, i, moved)
		h.down(slots, i)
		h.up(slots, i)
	}
}

func (h *expiryHeap) put(slots []memorySlot, i int, at int32) {
	(*h)[i] = at
	slots[at].position = int32(i)
}

func (h *expiryHeap) less(slots []memorySlot, i, j int) bool {
	return slots[(*h)[i]].expires < slots[(*h)[j]].expires
}

func (h *expiryHeap) swap(slots []memorySlot, i, j int) {
	a, b := (*h)[i], (*h)[j]
	h.put(slots, i, b)
	h.put(slots, j, a)
}

func (h *expiryHeap) up(slots []memorySlot, i int) {
	for parent := (i - 1) / 2; i > 0 && h.less(slots, i, parent); i, parent = parent, (parent-1)/2 {
		h.swap(slots, i, parent)
	}
}

func (h *expiryHeap) down(slots []memorySlot, i int) {
	for child := 2*i + 1; child < len(*h); child = 2*i + 1 {
		if child+1 < len(*h) && h.less(slots, child+1, child) {
			child++
		}
		if !h.less(slots, child, i) {
			return
		}
		h.swap(slots, i, child)
		i = child
	}
}
