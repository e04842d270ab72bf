package employee_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
)

// counter is a store of budgets that can be away, or hang.
type counter struct {
	spent       int64
	away, hangs bool
}

var (
	errAway  = errors.New("the store at 10.0.0.1 is away")
	midnight = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
)

func (c *counter) ask(ctx context.Context) error {
	if c.hangs {
		<-ctx.Done()
		return ctx.Err()
	}
	if c.away {
		return errAway
	}
	return nil
}

func (c *counter) Reserve(ctx context.Context, credits, perDay int64) (employee.BudgetDay, bool, error) {
	taken := credits <= perDay-c.spent
	if taken {
		c.spent += credits // also if the response is lost
	}
	return employee.BudgetDay{Spent: c.spent, Ends: midnight}, taken, c.ask(ctx)
}

func (c *counter) Return(ctx context.Context, credits int64) error {
	if err := c.ask(ctx); err != nil {
		return err
	}
	c.spent -= credits
	return nil
}

func (c *counter) Today(ctx context.Context) (employee.BudgetDay, error) {
	return employee.BudgetDay{Spent: c.spent, Ends: midnight}, c.ask(ctx)
}

func sharedBudget(t *testing.T, store employee.BudgetStore, perDay int64) *employee.Budget {
	t.Helper()
	b, err := employee.NewSharedBudget(store, perDay)
	require.NoError(t, err)
	return b
}

// TestSharedBudgetIsOneOverProcesses that have amounts of their own.
func TestSharedBudgetIsOneOverProcesses(t *testing.T) {
	store := &counter{}
	here, there := sharedBudget(t, store, 100), sharedBudget(t, store, 50)
	require.NoError(t, here.Reserve(60))
	assert.EqualValues(t, 40, here.Left())
	assert.Zero(t, there.Left(), "more is spent than it may")
	err := there.Reserve(1)
	require.ErrorIs(t, err, api.ErrBudget)
	short, ok := errors.AsType[*employee.BudgetError](err)
	require.True(t, ok)
	assert.Equal(t, employee.BudgetError{Needed: 1, Left: 0, ResetAt: midnight}, *short)
	assert.Equal(t, err, there.Check(1))
	here.Return(30)
	here.Return(-1)
	assert.EqualValues(t, 20, there.Left())
	require.NoError(t, there.Check(20))
	short, ok = errors.AsType[*employee.BudgetError](here.Reserve(101))
	require.True(t, ok)
	assert.Zero(t, short.ResetAt, "no day has so much")
	require.ErrorIs(t, here.Reserve(-1), api.ErrBudget)
	require.ErrorIs(t, here.Reserve(math.MinInt64), api.ErrBudget)
	assert.EqualValues(t, 30, store.spent)
	assert.False(t, here.ResetAt().IsZero())
	require.NoError(t, here.Close())
}

// TestSharedBudgetWithoutItsStore spends nothing, says why, and takes what is in doubt for spent.
func TestSharedBudgetWithoutItsStore(t *testing.T) {
	store := &counter{}
	b := sharedBudget(t, store, 100)
	require.NoError(t, b.Reserve(10))
	store.away = true
	assert.Zero(t, b.Left())
	for _, err := range []error{b.Reserve(30), b.Check(1)} {
		require.ErrorIs(t, err, errAway)
		require.NotErrorIs(t, err, api.ErrBudget)
		assert.NotContains(t, err.Error(), "10.0.0.1")
	}
	b.Return(10)
	store.away = false
	assert.EqualValues(t, 60, b.Left(), "what was reserved without a response, and what could not be returned, is spent")
	require.ErrorIs(t, b.Reserve(61), api.ErrBudget)
}

// TestSharedBudgetDoesNotWaitForever for a store that hangs.
func TestSharedBudgetDoesNotWaitForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := sharedBudget(t, &counter{hangs: true}, 100)
		begun := time.Now()
		require.ErrorIs(t, b.Reserve(1), context.DeadlineExceeded)
		assert.Equal(t, 10*time.Second, time.Since(begun))
		assert.Zero(t, b.Left())
		b.Return(1)
		assert.Equal(t, 30*time.Second, time.Since(begun))
	})
}

func TestSharedBudgetRefuses(t *testing.T) {
	_, err := employee.NewSharedBudget(nil, 1)
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = employee.NewSharedBudget(&counter{}, -1)
	require.ErrorIs(t, err, api.ErrInvalid)
}
