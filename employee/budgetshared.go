package employee

import (
	"context"
	"fmt"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

// BudgetStore counts the credits of UTC days for all processes that share a budget: see [NewSharedBudget]. It must be safe
// for concurrent use. Package budgettest checks one of your own.
type BudgetStore interface {
	// Reserve takes credits of the present day if, with them, no more than perDay are spent of it, and reports whether it
	// did; it takes all or none, atomically among all processes. What was taken must be durable when it returns. After an
	// error the credits may be taken: they are then spent for nothing, which is better than spending them twice. So
	// whoever retries takes them again. The day that it returns is as it is then.
	Reserve(ctx context.Context, credits, perDay int64) (day BudgetDay, taken bool, err error)
	// Return gives credits back to the present day, at most those that are spent of it. After an error it is not retried,
	// since they may have been given back.
	Return(ctx context.Context, credits int64) error
	// Today returns the present day.
	Today(ctx context.Context) (BudgetDay, error)
}

// BudgetDay is a UTC day of a [BudgetStore], by the store's clock.
type BudgetDay struct {
	// Spent is how many credits are taken, or were lost by processes that died.
	Spent int64
	// Ends is the next midnight.
	Ends time.Time
}

// budgetPatience bounds each question to a store, since those who ask have no context to give.
const budgetPatience = 10 * time.Second

// NewSharedBudget returns a budget of so many credits each UTC day, which all processes share that have the same store, such
// as one of package adapters/postgres: together they spend no more. The store's clock says when a day begins. What was
// not spent on one day is not added to the next. The number may be another in each process: what is spent of the day counts
// for all.
//
// Credits that a process has reserved when it dies stay spent, and so do those whose return the store did not take. While the
// store is away, or takes longer than 10 seconds, nothing can be reserved: Reserve and Check return its error, and Left is 0.
//
// The error is api.ErrInvalid.
func NewSharedBudget(store BudgetStore, creditsPerDay int64) (*Budget, error) {
	if store == nil || creditsPerDay < 0 {
		return nil, fmt.Errorf("employee: a shared budget needs a store, and its credits are not negative: %w", api.ErrInvalid)
	}
	return &Budget{amount: creditsPerDay, shared: store}, nil
}

func (b *Budget) reserveShared(credits int64) error {
	if credits < 0 || credits > b.amount {
		return b.checkShared(credits)
	}
	ctx, cancel := context.WithTimeout(context.Background(), budgetPatience)
	defer cancel()
	day, taken, err := b.shared.Reserve(ctx, credits, b.amount)
	switch {
	case err != nil:
		return storeFailed(err)
	case !taken:
		return &BudgetError{Needed: credits, Left: b.leftOf(day), ResetAt: day.Ends}
	}
	return nil
}

func (b *Budget) checkShared(credits int64) error {
	day, err := b.today()
	if err != nil {
		return storeFailed(err)
	}
	left := b.leftOf(day)
	if credits >= 0 && credits <= left {
		return nil
	}
	e := &BudgetError{Needed: credits, Left: left}
	if credits >= 0 && credits <= b.amount {
		e.ResetAt = day.Ends
	}
	return e
}

func (b *Budget) returnShared(credits int64) {
	ctx, cancel := context.WithTimeout(context.Background(), budgetPatience)
	defer cancel()
	_ = b.shared.Return(ctx, credits) // they stay spent
}

func (b *Budget) today() (BudgetDay, error) {
	ctx, cancel := context.WithTimeout(context.Background(), budgetPatience)
	defer cancel()
	return b.shared.Today(ctx)
}

func (b *Budget) leftShared() int64 {
	day, err := b.today()
	if err != nil {
		return 0
	}
	return b.leftOf(day)
}

func (b *Budget) leftOf(day BudgetDay) int64 { return max(0, b.amount-max(0, day.Spent)) }

func storeFailed(err error) error {
	return wire.Plain("employee: the shared budget could not be asked, so nothing is spent: "+api.Describe(err), err)
}
