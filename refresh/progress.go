package refresh

import (
	"slices"
	"sync"
	"time"

	"github.com/pronet-go/pronet/webhook"
)

const (
	// maxRemembered bounds the deliveries whose tries are remembered. Beyond, nothing is bought for a delivery that has no
	// Delivery.Kept, since nobody would know of it at the next try.
	maxRemembered = 10_000
	// maxUntried is how long a delivery may not have been tried when it is forgotten to make room for another one: whoever
	// retried it has given it up.
	maxUntried = 24 * time.Hour
)

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
	// lost says that kept is another worker's by now, or was edited: what is only here must neither be handed over nor kept.
	lost     bool
	written  int64  // bytes of the entries in kept
	requeues int    // of the delivery
	name     string // of the delivery in the ledger; empty without a delivery
	tried    time.Time
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

// blank reports that there is nothing to remember.
func (s *state) blank() bool {
	return len(s.done)+len(s.held)+len(s.jobs)+len(s.requested)+len(s.finished) == 0
}

// onDisk reports that a former process could have left this state.
func (s *state) onDisk() bool { return s.kept != nil && !s.unwritten }

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
	most   int   // how many states
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

// keep remembers the state of a delivery that was not finished, if there is anything to remember. It reports whether
// another one had to be forgotten.
func (p *progress) keep(key deliveryKey, s *state) (forgot bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.states == nil {
		p.states = make(map[deliveryKey]*state)
	}
	p.forget(key)
	if s.lost {
		return false
	}
	if s.kept != nil && !s.unwritten {
		clear(s.held) // the next try reads it from the disk
	}
	if s.blank() {
		return false
	}
	if len(p.order) >= p.most {
		oldest, found := p.dispensable()
		if !found && s.onDisk() {
			return false
		}
		if found {
			forgot = !p.states[oldest].onDisk()
			p.forget(oldest)
		}
	}
	s.tried = time.Now()
	for _, h := range s.held {
		p.bytes += h.size
	}
	p.states[key] = s
	p.order = append(p.order, key)
	return forgot
}

// dispensable finds the oldest state that may be forgotten: all of it is on a disk, or nobody tries it again. The lock
// must be held.
func (p *progress) dispensable() (deliveryKey, bool) {
	for _, key := range p.order {
		if s := p.states[key]; s.onDisk() || time.Since(s.tried) >= maxUntried {
			return key, true
		}
	}
	return deliveryKey{}, false
}

// full reports that what is bought for another delivery could not be remembered.
func (p *progress) full() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.order) < p.most {
		return false
	}
	_, found := p.dispensable()
	return !found
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

// remembered returns how many deliveries are known by memory alone, and how many bytes of records.
func (p *progress) remembered() (deliveries int, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range p.states {
		if !s.onDisk() {
			deliveries++
		}
	}
	return deliveries, p.bytes
}
