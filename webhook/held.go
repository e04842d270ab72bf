package webhook

import (
	"net/http"
	"sync"
	"time"
)

// slowAfter is how long a body may take to arrive before it has to make room for others.
const slowAfter = time.Second

// heldBytes bounds what the bodies that are arriving hold together: each one's buffer but for its first
// [firstBodyBuffer], from when it grows until the body is verified and decoded.
type heldBytes struct {
	limit int64

	mu     sync.Mutex
	total  int64
	shares map[*exchange]int64
}

// isFull reports whether a body could not get so many bytes now.
func (h *heldBytes) isFull(bytes int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.total+int64(bytes) > h.limit && h.slowest() == nil
}

// take lets the body of x hold more bytes, and reports whether there was room for them. If need be it takes the room
// from the body that has been arriving for the longest time, which is then read no further.
func (h *heldBytes) take(x *exchange, bytes int) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for !x.evicted && h.total+int64(bytes) > h.limit {
		victim := h.slowest()
		if victim == nil {
			return false
		}
		victim.evicted = true
		h.drop(victim)
		// Its handler cannot have returned: it gives its share back before, and waits for the lock.
		_ = http.NewResponseController(victim.w).SetReadDeadline(time.Now().Add(-time.Second))
	}
	if x.evicted {
		return false
	}
	if h.shares == nil {
		h.shares = make(map[*exchange]int64)
	}
	x.holds = true
	h.shares[x] += int64(bytes)
	h.total += int64(bytes)
	return true
}

// slowest returns the body that must make room first, nil if none is slow.
func (h *heldBytes) slowest() *exchange {
	var slowest *exchange
	for x := range h.shares {
		if !x.arrived && (slowest == nil || x.began.Before(slowest.began)) {
			slowest = x
		}
	}
	if slowest == nil || time.Since(slowest.began) < slowAfter {
		return nil
	}
	return slowest
}

// arrived notes that the body of x is complete: it need not make room for others any more.
func (h *heldBytes) arrived(x *exchange) {
	if !x.holds {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	x.arrived = true
}

// madeRoom reports whether x had to make room.
func (h *heldBytes) madeRoom(x *exchange) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return x.evicted
}

// bytes returns what all bodies hold.
func (h *heldBytes) bytes() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.total
}

// release gives back what x holds.
func (h *heldBytes) release(x *exchange) {
	if !x.holds {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(x)
}

func (h *heldBytes) drop(x *exchange) {
	h.total -= h.shares[x]
	delete(h.shares, x)
}
