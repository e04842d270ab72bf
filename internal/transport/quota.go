package transport

import "sync"

const (
	quotaSize  = 500
	repeatCost = 5
)

// quota keeps repeats from multiplying an outage: it is shared by all calls of a client, a repeat takes out five
// tokens and a success puts one back, so that under an outage only one call in about ten is sent twice.
type quota struct {
	mu    sync.Mutex
	spent int
}

func (q *quota) take() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.spent+repeatCost > quotaSize {
		return false
	}
	q.spent += repeatCost
	return true
}

func (q *quota) refill() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.spent = max(0, q.spent-1)
}
