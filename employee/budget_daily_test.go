package employee_test

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func openDaily(t testing.TB, file string, credits int64) *employee.Budget {
	t.Helper()
	b, err := employee.OpenDailyBudget(file, credits)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, b.Close()) })
	return b
}

// TestDailyBudgetIsRenewedAtMidnight, in UTC, and says until when it is used up.
func TestDailyBudgetIsRenewedAtMidnight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(23 * time.Hour)
		b := openDaily(t, filepath.Join(t.TempDir(), "budget.json"), 100)
		midnight := time.Date(2000, 1, 2, 0, 0, 0, 0, time.UTC)
		assert.Equal(t, midnight, b.ResetAt())
		require.NoError(t, b.Reserve(60))
		assert.EqualValues(t, 40, b.Left())

		err := b.Reserve(50)
		require.ErrorIs(t, err, api.ErrBudget)
		short, ok := errors.AsType[*employee.BudgetError](err)
		require.True(t, ok)
		assert.Equal(t, employee.BudgetError{Needed: 50, Left: 40, ResetAt: midnight}, *short)
		assert.Equal(t, err, b.Check(50))
		assert.EqualError(t, err, "employee: 50 credits are needed and 40 are left until 2000-01-02T00:00:00Z: credit budget exhausted")
		assert.Equal(t, err.Error(), api.Describe(err))
		short, _ = errors.AsType[*employee.BudgetError](b.Reserve(101))
		assert.Zero(t, short.ResetAt, "no day has so much")

		time.Sleep(time.Hour - time.Nanosecond)
		require.ErrorIs(t, b.Reserve(50), api.ErrBudget)
		time.Sleep(time.Nanosecond)
		assert.EqualValues(t, 100, b.Left(), "what was left of a day is not added to the next")
		require.NoError(t, b.Reserve(100))
		require.ErrorIs(t, b.Reserve(1), api.ErrBudget)
		time.Sleep(72 * time.Hour)
		assert.EqualValues(t, 100, b.Left(), "nor are days without a call")
		b.Return(30)
		assert.EqualValues(t, 100, b.Left(), "a day has no more than its credits")
	})
}

// TestDailyBudgetSurvivesARestart, with a crash and without one, on the same day and later.
func TestDailyBudgetSurvivesARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "budget.json")
		b := openDaily(t, file, 100)
		require.NoError(t, b.Reserve(60))
		b.Return(10)
		crashed, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, b.Close())
		require.NoError(t, b.Close())
		require.ErrorIs(t, b.Reserve(1), api.ErrInvalid, "it is closed")

		b = openDaily(t, file, 100)
		assert.EqualValues(t, 50, b.Left())
		require.NoError(t, b.Close())
		require.NoError(t, os.WriteFile(file, crashed, 0o600))
		b = openDaily(t, file, 100)
		assert.EqualValues(t, 40, b.Left(), "what a crash kept from being written counts as spent")
		require.NoError(t, b.Close())
		b = openDaily(t, file, 30)
		assert.Zero(t, b.Left(), "the amount is another one now")
		require.NoError(t, b.Close())
		time.Sleep(24 * time.Hour)
		assert.EqualValues(t, 30, openDaily(t, file, 30).Left())
	})
}

func TestDailyBudgetIsOpenOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "budget.json")
	b := openDaily(t, file, 100)
	_, err := employee.OpenDailyBudget(file, 100)
	require.ErrorIs(t, err, api.ErrConflict)
	require.NoError(t, b.Close())
	require.NoError(t, openDaily(t, file, 100).Reserve(100))
}

func TestDailyBudgetRefuses(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "budget.json")
	for name, b := range map[string]struct {
		file    string
		credits int64
	}{"no file": {"", 100}, "a negative number": {file, -1}} {
		_, err := employee.OpenDailyBudget(b.file, b.credits)
		require.ErrorIs(t, err, api.ErrInvalid, name)
	}
	_, err := employee.OpenDailyBudget(filepath.Join(dir, "none", "budget.json"), 100)
	require.ErrorIs(t, err, os.ErrNotExist)
	for _, text := range []string{"", "{", "[]", `{"format":2,"day":1}`, `{"format":1,"spent":-5}`, `{"format":1,"spent":1e99}`} {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		_, err := employee.OpenDailyBudget(file, 100)
		require.ErrorIs(t, err, api.ErrInvalid, text)
		left, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, text, string(left), "it is left as it is")
	}
	var none *employee.Budget
	assert.Zero(t, none.ResetAt())
	require.NoError(t, none.Close())
	require.NoError(t, none.Check(math.MaxInt64))
	once := employee.NewBudget(5)
	assert.Zero(t, once.ResetAt())
	require.NoError(t, once.Close())
	require.NoError(t, once.Reserve(5), "there is nothing to close")
}

// TestDailyBudgetSpendsNothingThatItCannotWriteDown: what is not on the disk would be spent again after a restart.
func TestDailyBudgetSpendsNothingThatItCannotWriteDown(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "budget.json")
	b, err := employee.OpenDailyBudget(file, 100)
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(file, 0o700))
	err = b.Reserve(10)
	require.Error(t, err)
	require.NotErrorIs(t, err, api.ErrBudget)
	assert.NotContains(t, err.Error(), dir)
	assert.EqualValues(t, 100, b.Left())
	require.NoError(t, os.Remove(file))
	require.NoError(t, b.Reserve(10))
	require.NoError(t, b.Close())
}

// TestDailyBudgetHoldsUnderConcurrency of goroutines that reserve, return and are paid.
func TestDailyBudgetHoldsUnderConcurrency(t *testing.T) {
	sb, _ := start(t, coresignal.WithPeople(3), coresignal.WithRateLimit(0))
	client := connect(t, append(sb.Options(), withoutRateLimit(sb))...)
	budget := openDaily(t, filepath.Join(t.TempDir(), "budget.json"), 100)
	var collected, refused atomic.Int64
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			for _, id := range append(sb.Coresignal.PersonIDs()[:2], 1) {
				_, err := client.Employees.Base.WithBudget(budget).Collect(t.Context(), employee.ID(id))
				switch {
				case err == nil:
					collected.Add(1)
				case assert.True(t, isOneOf(err, api.ErrBudget, api.ErrNotFound), "%v", err):
					refused.Add(1)
				}
			}
		})
	}
	all.Wait()
	assert.LessOrEqual(t, collected.Load(), int64(10))
	assert.EqualValues(t, 10*collected.Load(), sb.Coresignal.CreditsSpent())
	assert.EqualValues(t, 100-10*collected.Load(), budget.Left(), "an unknown employee gave its credits back")
}

// FuzzDailyBudget opens any file: it is refused, or gives no more than a day's credits.
func FuzzDailyBudget(f *testing.F) {
	f.Add([]byte(`{"format":1,"spent":5,"day":20000,"shown":20000}`))
	f.Add([]byte(`{"format":1,"spent":9223372036854775807,"day":9223372036854775807,"shown":9223372036854775807}`))
	f.Add([]byte(`{"format":1,"spent":1,"day":9223372036854775807,"shown":20000}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		file := filepath.Join(t.TempDir(), "budget.json")
		require.NoError(t, os.WriteFile(file, text, 0o600))
		b, err := employee.OpenDailyBudget(file, 100)
		if err != nil {
			require.ErrorIs(t, err, api.ErrInvalid)
			return
		}
		left := b.Left()
		require.GreaterOrEqual(t, left, int64(0))
		require.LessOrEqual(t, left, int64(100))
		require.ErrorIs(t, b.Reserve(left+1), api.ErrBudget)
		require.NoError(t, b.Reserve(left))
		require.NoError(t, b.Close())
		again, err := employee.OpenDailyBudget(file, 100)
		require.NoError(t, err)
		require.LessOrEqual(t, again.Left(), int64(100))
		require.NoError(t, again.Close())
	})
}
