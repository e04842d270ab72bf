package limit

import (
	"time"

	"github.com/pronet-go/pronet/api"
)

// Slot is a granted place. The zero Slot belongs to no limiter and does nothing. It is not copied once in use.
type Slot struct {
	core    *core
	class   *class
	taken   bool
	settled bool
	probe   bool

	shared  *shared        // which has the place too
	call    api.SharedCall // by which it has it
	writeBy time.Time
	own     *Slot // of this process's share, while others cannot be asked
}

// WriteBy is when the request must be on its way, or the place is gone; zero if there is no hurry.
func (s *Slot) WriteBy() time.Time { return s.writeBy }

// Sent says that the request has been written, now. Said again for the same slot (a transport that writes a request a
// second time by itself) it counts as a further send.
func (s *Slot) Sent() { s.settle(true) }

// Release gives the place back: the request was provably not sent. It has no effect after Sent.
func (s *Slot) Release() { s.settle(false) }

// Settled reports whether Sent or Release was called.
func (s *Slot) Settled() bool {
	if !s.taken {
		return true
	}
	s.core.mu.Lock()
	defer s.core.mu.Unlock()
	return s.settled
}

func (s *Slot) settle(sent bool) {
	if !s.taken {
		return
	}
	s.core.mu.Lock()
	defer s.core.mu.Unlock()
	first := !s.settled
	s.settled = true
	s.settleShared(first, sent)
	now := time.Now()
	for _, w := range s.class.windows {
		if first {
			w.writing--
		}
		if sent {
			w.stamp(now)
		} else if first && s.probe && w.closed { // it was none
			w.probeAt = now.UTC()
		}
	}
	s.core.pokeHeads()
}

// placed reports whether those who hold the limits together have a place for the slot.
func (s *Slot) placed() bool { return s.shared != nil || s.own != nil }

// settleShared tells those who hold the limits together what became of the place. A further send is a call of its own.
func (s *Slot) settleShared(first, sent bool) {
	switch {
	case s.own != nil:
		s.own.settle(sent)
	case s.shared == nil:
	case first && sent:
		s.shared.settle(s.call, 1)
	case first:
		s.shared.settle(s.call, 0)
	case sent:
		s.shared.settle(s.shared.call(s.call.Class, s.call.Windows...), 1)
	}
}

// Save writes down what became of the slot, if its class is one that is saved: what was saved when it was granted counts
// it as sent, whenever it was. It is for the goroutine of the caller, while Sent may be called by any.
func (s *Slot) Save() {
	if s.taken && s.class.saved {
		_ = s.core.save()
	}
}
