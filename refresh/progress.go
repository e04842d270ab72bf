package refresh

import (
	"slices"
	"sync"
	"time"

	"github.com/pronet-go/pronet/webhook"
)

// maxRemembered bounds the deliveries whose tries are remembered; beyond, the oldest is forgotten. What such a one has
// bought would be bought again, unless it has a Delivery.Kept.
const maxRemembered = 10_000

// state is what earlier tries of a delivery have done.
type state struct {
	done      map[int64]bool
	held      map[int64]held // what was bought and the store has not taken
	kept      webhook.Kept   // the same on a disk; nil if there is none
	jobs      []*job
	requested map[string][]int64 // by the name in the ledger
	finished  map[string]bool    // names whose jobs are finished
	// unwritten says that something is missing in kept.
	unwritten bool
	written   int64  // bytes of the entries in kept
	requeues  int    // of the delivery
	name      string // of the delivery in the ledger; empty without a delivery
}

// job is a bulk job that was made for a delivery and is not finished.
type job struct {
	id   string
	ids  []int64
	paid bool // out of the budget

	request string    // in the ledger; empty without one
	at      time.Time // when it was requested
	vague   bool      // ids are all that may be in it
}

func newState() *state {
	return &state{done: make(map[int64]bool), held: make(map[int64]held), requested: make(map[string][]int64), finished: make(map[string]bool)}
}

func (s *state) underway(id int64) bool {
	return slices.ContainsFunc(s.jobs, func(j *job) bool { return slices.Contains(j.ids, id) })
}

func (s *state) drop(j *job) {
	s.jobs = slices.DeleteFunc(slices.Clone(s.jobs), func(other *job) bool { return other == j })
}

// deliveryKey tells one delivery and its tries from another. The same bytes that come again later are another one: they
// report a later change.
type deliveryKey struct {
	key      string
	received int64
	requeues int
}

// progress remembers the state of deliveries that have failed so far.
type progress struct {
	mu     sync.Mutex
	states map[deliveryKey]*state
	order  []deliveryKey
	bytes  int64 // of the records that these states hold in memory only
}

func (p *progress) take(key deliveryKey) *state {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.states[key]
	if s == nil {
		return newState()
	}
	p.forget(key)
	return s
}

func (p *progress) keep(key deliveryKey, s *state) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.states == nil {
		p.states = make(map[deliveryKey]*state)
	}
	p.forget(key)
	if len(p.order) == maxRemembered {
		p.forget(p.order[0])
	}
	if s.kept != nil && !s.unwritten {
		clear(s.held) // the next try reads it from the disk
	}
	for _, h := range s.held {
		p.bytes += h.size
	}
	p.states[key] = s
	p.order = append(p.order, key)
}

func (p *progress) forget(key deliveryKey) {
	if p.states[key] == nil {
		return
	}
	for _, h := range p.states[key].held {
		p.bytes -= h.size
	}
	delete(p.states, key)
	p.order = slices.DeleteFunc(p.order, func(k deliveryKey) bool { return k == key })
}

// size returns how many bytes of records are held in memory only.
func (p *progress) size() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bytes
}
