package budgettest_test

import (
	"context"
	"math"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/employee/budgettest"
)

// days are the credits of each day, in memory, and a clock that is moved.
type days struct {
	mu    sync.Mutex
	now   time.Time
	spent map[time.Time]int64

	forgets, early, careless, hoards bool
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
	if d.early { // what it has looked at is not what it changes
		d.mu.Unlock()
		runtime.Gosched()
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
	return day, err == nil, nil
}

func (l local) Return(_ context.Context, credits int64) error {
	l.Budget.Return(min(credits, amount-l.Left()))
	return nil
}

func (l local) Today(context.Context) (employee.BudgetDay, error) {
	return employee.BudgetDay{Spent: amount - l.Left(), Ends: time.Now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)}, nil
}

const amount = 100

// TestLocalBudget passes the rules that do not change the amount, so that both kinds of budget mean the same.
func TestLocalBudget(t *testing.T) {
	for _, rule := range budgettest.Rules() {
		switch rule.Name {
		case "what is spent counts for every amount a day", "numbers without bounds take nothing that is not there":
			continue
		}
		b := employee.NewBudget(amount)
		assert.NoError(t, rule.Check(t.Context(), budgettest.Storage{Open: func() employee.BudgetStore { return local{b} }}), rule.Name)
	}
}

// overflowing adds before it compares.
type overflowing struct{ *days }

func (o overflowing) Reserve(ctx context.Context, credits, perDay int64) (employee.BudgetDay, bool, error) {
	if day, _ := o.Today(ctx); credits == math.MaxInt64 && day.Spent > 0 {
		return day, true, nil
	}
	return o.days.Reserve(ctx, credits, perDay)
}

// TestWrongStoresAreCaught, each by the names of the rules that it breaks.
func TestWrongStoresAreCaught(t *testing.T) {
	for name, c := range map[string]struct {
		spoil  func(d *days)
		wrap   func(d *days) employee.BudgetStore
		breaks string
	}{
		"one that forgets on restart":             {spoil: func(d *days) { d.forgets = true }, breaks: "what was taken outlives the process"},
		"one that looks before it takes":          {spoil: func(d *days) { d.early = true }, breaks: "many at once take no more than there is"},
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
