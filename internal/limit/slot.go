package limit

import "time"

// Slot is a granted place. The zero Slot belongs to no limiter and does nothing. It is not copied once in use.
type Slot struct {
	core    *core
	class   *class
	taken   bool
	settled bool
	probe   bool
}

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

// Save writes down what became of the slot, if its class is one that is saved: what was saved when it was granted counts
// it as sent, whenever it was. It is for the goroutine of the caller, while Sent may be called by any.
func (s *Slot) Save() {
	if s.taken && s.class.saved {
		_ = s.core.save()
	}
}
