package employee

import (
	"fmt"
	"math"
	"sync"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

// Budget bounds how many credits may be spent. One Budget may be shared by many calls and goroutines: credits are
// reserved before a call and returned when it was not charged, so that concurrent calls together never spend more.
// A nil *Budget sets no bound.
type Budget struct {
	mu   sync.Mutex
	left int64
}

// NewBudget returns a budget of so many credits.
func NewBudget(credits int64) *Budget { return &Budget{left: max(0, credits)} }

// Left returns how many credits may still be reserved, the largest int64 when there is no bound.
func (b *Budget) Left() int64 {
	if b == nil {
		return math.MaxInt64
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.left
}

// Reserve takes credits out of the budget, all or none. The error is api.ErrBudget.
func (b *Budget) Reserve(credits int64) error {
	if b == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if credits < 0 || credits > b.left {
		return wire.Plain(fmt.Sprintf("employee: %d credits are needed and %d are left: %s", credits, b.left, api.ErrBudget), api.ErrBudget)
	}
	b.left -= credits
	return nil
}

// Return gives credits back that were reserved and not spent.
func (b *Budget) Return(credits int64) {
	if b == nil || credits <= 0 {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left += credits
}
