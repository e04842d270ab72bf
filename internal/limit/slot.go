package limit

import "time"

// Slot is a granted place. The zero Slot belongs to no limiter and does nothing. It is not copied once in use.
type Slot struct {
	limiter *Limiter
	class   *class
	settled bool
}

// Sent says that the request has been written, now. Said again for the same slot (net/http writes a request a second
// time when a reused connection was dead) it counts as a further send.
func (s *Slot) Sent() {
	s.settle(true)
}

// Release gives the place back: the request was provably not sent. It has no effect after Sent.
func (s *Slot) Release() {
	s.settle(false)
}

// Settled reports whether Sent or Release was called.
func (s *Slot) Settled() bool {
	if s.limiter == nil {
		return true
	}
	s.limiter.mu.Lock()
	defer s.limiter.mu.Unlock()
	return s.settled
}

func (s *Slot) settle(sent bool) {
	if s.limiter == nil {
		return
	}
	s.limiter.mu.Lock()
	defer s.limiter.mu.Unlock()
	first := !s.settled
	s.settled = true
	now := time.Now()
	for _, w := range s.class.windows {
		if first {
			w.writing--
		}
		if sent {
			w.stamp(now)
		}
	}
	s.limiter.pokeHeads()
}
