package budgettest_test

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/employee/budgettest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// days are the credits of each day, in memory, and a clock that is moved.
type days struct {
	mu    sync.Mutex
	now   time.Time
	spent map[time.Time]int64

	forgets, unfenced, careless, hoards bool
}

func newDays() *days {
	return &days{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), spent: map[time.Time]int64{}}
}

func (d *days) pass(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(by)
}

func (d *days) today() time.Time { return d.now.Truncate(24 * time.Hour) }

func (d *days) day() employee.BudgetDay {
	return employee.BudgetDay{Spent: d.spent[d.today()], Ends: d.today().Add(24 * time.Hour)}
}

func (d *days) Reserve(ctx context.Context, credits, perDay int64) (employee.BudgetDay, bool, error) {
	if err := ctx.Err(); err != nil && !d.careless {
		return employee.BudgetDay{}, false, err
	}
	d.mu.Lock()
	spent := d.spent[d.today()]
	if d.unfenced { // what it has looked at is not what it changes
		d.mu.Unlock()
		for range 100 { // until another one has looked too
			runtime.Gosched()
		}
		d.mu.Lock()
	}
	defer d.mu.Unlock()
	if credits < 0 || spent > perDay || credits > perDay-spent {
		return d.day(), false, nil
	}
	d.spent[d.today()] = spent + credits
	return d.day(), true, nil
}

func (d *days) Return(_ context.Context, credits int64) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	left := d.spent[d.today()] - max(0, credits)
	if !d.hoards {
		left = max(0, left)
	}
	d.spent[d.today()] = left
	return nil
}

func (d *days) Today(context.Context) (employee.BudgetDay, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.day(), nil
}

func storage(d *days) budgettest.Storage {
	return budgettest.Storage{Pass: d.pass, Open: func() employee.BudgetStore {
		if d.forgets {
			return newDays()
		}
		return d
	}}
}

func TestStore(t *testing.T) {
	budgettest.Run(t, func(*testing.T) budgettest.Storage { return storage(newDays()) })
}

// local is a budget of one process behind the interface of a store, as far as that goes: its amount is fixed.
type local struct{ *employee.Budget }

func (l local) Reserve(ctx context.Context, credits, _ int64) (employee.BudgetDay, bool, error) {
	if err := ctx.Err(); err != nil {
		return employee.BudgetDay{}, false, err
	}
	err := l.Budget.Reserve(credits)
	day, _ := l.Today(ctx)
	if errors.Is(err, api.ErrBudget) {
		return day, false, nil
	}
	return day, err == nil, err
}

func (l local) Return(_ context.Context, credits int64) error {
	l.Budget.Return(min(credits, amount-l.Left()))
	return nil
}

func (l local) Today(context.Context) (employee.BudgetDay, error) {
	return employee.BudgetDay{Spent: amount - l.Left(), Ends: time.Now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)}, nil
}

const amount = 100

// TestLocalBudgets pass the rules that do not change the amount, so that all kinds of budget mean the same.
func TestLocalBudgets(t *testing.T) {
	const outlives = "what was taken outlives the process"
	for name, storage := range map[string]func(t *testing.T, rule string) (open func() employee.BudgetStore){
		"in memory": func(*testing.T, string) func() employee.BudgetStore {
			b := employee.NewBudget(amount)
			return func() employee.BudgetStore { return local{b} }
		},
		"in a file": func(t *testing.T, rule string) func() employee.BudgetStore {
			f := &file{path: filepath.Join(t.TempDir(), "budget.json"), dies: rule == outlives}
			t.Cleanup(func() { assert.NoError(t, f.budget.Close()) })
			return func() employee.BudgetStore {
				f.open(t)
				return f
			}
		},
	} {
		for _, rule := range budgettest.Rules() {
			switch rule.Name {
			case "what is spent counts for every amount a day", "numbers without bounds take nothing that is not there":
				continue
			}
			t.Run(name+"/"+rule.Name, func(t *testing.T) {
				require.NoError(t, rule.Check(t.Context(), budgettest.Storage{Open: storage(t, rule.Name)}))
			})
		}
	}
}

// file is a daily budget that is opened anew whenever another process would open it, between two calls: handles from
// before use that one.
type file struct {
	path   string
	dies   bool // what closing it writes is not there
	mu     sync.RWMutex
	budget *employee.Budget
}

func (f *file) open(t *testing.T) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.budget != nil {
		written, err := os.ReadFile(f.path)
		require.NoError(t, f.budget.Close())
		if f.dies {
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(f.path, written, 0o600))
		}
	}
	var err error
	f.budget, err = employee.OpenDailyBudget(f.path, amount)
	require.NoError(t, err)
}

func (f *file) Reserve(ctx context.Context, credits, perDay int64) (employee.BudgetDay, bool, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return local{f.budget}.Reserve(ctx, credits, perDay)
}

func (f *file) Return(ctx context.Context, credits int64) error {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return local{f.budget}.Return(ctx, credits)
}

func (f *file) Today(ctx context.Context) (employee.BudgetDay, error) {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return local{f.budget}.Today(ctx)
}

// overflowing adds before it compares.
type overflowing struct{ *days }

func (o overflowing) Reserve(ctx context.Context, credits, perDay int64) (employee.BudgetDay, bool, error) {
	if day, _ := o.Today(ctx); credits == math.MaxInt64 && day.Spent > 0 {
		return day, true, nil
	}
	return o.days.Reserve(ctx, credits, perDay)
}

// early writes what it has taken with its next call only: if its process dies before, it can be taken again.
type early struct {
	*days
	pending int64
}

func (e *early) Reserve(ctx context.Context, credits, perDay int64) (employee.BudgetDay, bool, error) {
	e.flush()
	day, taken, err := e.days.Reserve(ctx, credits, perDay)
	if taken {
		e.pending = credits
		err = e.days.Return(ctx, credits)
	}
	return day, taken, err
}

func (e *early) Return(ctx context.Context, credits int64) error {
	e.flush()
	return e.days.Return(ctx, credits)
}

func (e *early) Today(ctx context.Context) (employee.BudgetDay, error) {
	e.flush()
	return e.days.Today(ctx)
}

func (e *early) flush() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.spent[e.today()] += e.pending
	e.pending = 0
}

// TestWrongStoresAreCaught, each by the names of the rules that it breaks.
func TestWrongStoresAreCaught(t *testing.T) {
	for name, c := range map[string]struct {
		spoil  func(d *days)
		wrap   func(d *days) employee.BudgetStore
		breaks string
	}{
		"forgets on restart":                      {spoil: func(d *days) { d.forgets = true }, breaks: "what was taken outlives the process"},
		"no fencing":                              {spoil: func(d *days) { d.unfenced = true }, breaks: "many at once take no more than there is"},
		"acknowledges early":                      {wrap: func(d *days) employee.BudgetStore { return &early{days: d} }, breaks: "what was taken outlives the process"},
		"one that takes for those who have gone":  {spoil: func(d *days) { d.careless = true }, breaks: "nothing is taken once the context has ended"},
		"one that returns more than was taken":    {spoil: func(d *days) { d.hoards = true }, breaks: "no more is returned than was taken"},
		"one that adds before it compares":        {wrap: func(d *days) employee.BudgetStore { return overflowing{d} }, breaks: "numbers without bounds take nothing that is not there"},
		"one whose day is that of another region": {wrap: func(d *days) employee.BudgetStore { return regional{d} }, breaks: "a day ends at midnight UTC and the next has its own credits"},
	} {
		t.Run(name, func(t *testing.T) {
			var broken []string
			for _, rule := range budgettest.Rules() {
				d := newDays()
				if c.spoil != nil {
					c.spoil(d)
				}
				s := storage(d)
				if c.wrap != nil {
					s.Open = func() employee.BudgetStore { return c.wrap(d) }
				}
				if rule.Check(t.Context(), s) != nil {
					broken = append(broken, rule.Name)
				}
			}
			assert.Contains(t, broken, c.breaks)
		})
	}
}

// regional has its midnight elsewhere.
type regional struct{ *days }

func (r regional) Today(ctx context.Context) (employee.BudgetDay, error) {
	day, err := r.days.Today(ctx)
	day.Ends = day.Ends.Add(-5 * time.Hour)
	return day, err
}
