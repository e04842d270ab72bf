package employee_test

import (
	"math"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestBudget(t *testing.T) {
	b := employee.NewBudget(25)
	require.NoError(t, b.Reserve(10))
	require.NoError(t, b.Reserve(15))
	assert.Zero(t, b.Left())
	require.NoError(t, b.Reserve(0))
	require.ErrorIs(t, b.Reserve(1), api.ErrBudget)
	b.Return(11)
	b.Return(-5)
	assert.EqualValues(t, 11, b.Left(), "nothing is taken by a negative return")
	require.ErrorIs(t, b.Reserve(12), api.ErrBudget)
	require.ErrorIs(t, b.Reserve(-1), api.ErrBudget)
	assert.EqualValues(t, 11, b.Left(), "all or none")
	assert.Zero(t, employee.NewBudget(-7).Left())
}

func TestNoBudgetIsNoBound(t *testing.T) {
	var b *employee.Budget
	require.NoError(t, b.Reserve(1<<60))
	b.Return(5)
	assert.EqualValues(t, math.MaxInt64, b.Left())
}

// TestBudgetHoldsUnderConcurrency lets 64 goroutines spend one budget of 1,000 credits: exactly 100 records.
func TestBudgetHoldsUnderConcurrency(t *testing.T) {
	sb, _ := start(t, coresignal.WithPeople(10), coresignal.WithCredits(5000), coresignal.WithRateLimit(0))
	client := connect(t, append(sb.Options(), withoutRateLimit(sb))...)
	ids, budget := sb.Coresignal.PersonIDs(), employee.NewBudget(1000)
	var collected, refused atomic.Int64
	var all sync.WaitGroup
	for g := range 64 {
		all.Go(func() {
			refs := []employee.Ref{employee.ID(ids[g%10]), employee.ID(1), employee.ID(ids[(g+1)%10]), employee.ID(ids[(g+2)%10])}
			for result := range client.Employees.Base.CollectMany(t.Context(), refs, employee.CollectManyOptions{Budget: budget, Concurrency: 1}) {
				switch {
				case result.Err == nil:
					collected.Add(1)
				case assert.True(t, isOneOf(result.Err, api.ErrBudget, api.ErrNotFound), "%v", result.Err):
					refused.Add(1)
				}
			}
		})
	}
	all.Wait()
	assert.EqualValues(t, 100, collected.Load())
	assert.EqualValues(t, 64*4-100, refused.Load())
	assert.Equal(t, 1000, sb.Coresignal.CreditsSpent())
	assert.Zero(t, budget.Left(), "an unknown employee gave its credits back")
}
