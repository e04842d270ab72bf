package employee

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestDailyBudgetAndTheClock: each list is the day that the clock shows, call by call, and whether that renews the
// credits.
func TestDailyBudgetAndTheClock(t *testing.T) {
	const renewed = 1000
	for name, days := range map[string][]int64{
		"day by day":                              {50 + renewed, 50, 51 + renewed, 51, 52 + renewed},
		"days without a call":                     {50 + renewed, 53 + renewed},
		"set back and put right":                  {50 + renewed, 45, 45, 50, 50, 51 + renewed},
		"set back by a day":                       {50 + renewed, 49, 49, 50, 51 + renewed},
		"set at midnight":                         {50 + renewed, 49, 50, 49, 50, 51 + renewed, 50, 51, 52 + renewed},
		"set back for days":                       {50 + renewed, 45, 46 + renewed, 46, 47 + renewed, 48 + renewed},
		"set back for days and put right":         {50 + renewed, 45, 46 + renewed, 47 + renewed, 52, 53 + renewed},
		"set back for days, and at midnight":      {50 + renewed, 45, 46 + renewed, 45, 46, 47 + renewed},
		"ahead and put right":                     {50 + renewed, 90 + renewed, 50, 50, 51 + renewed, 52 + renewed},
		"ahead, put right, then days without one": {50 + renewed, 90 + renewed, 50, 53, 54 + renewed},
		"the time of a machine without a clock":   {50 + renewed, 0, 0, 50, 51 + renewed},
	} {
		t.Run(name, func(t *testing.T) {
			d := &dailyBudget{}
			for n, day := range days {
				assert.Equal(t, day >= renewed, d.renew(day%renewed), "call %d", n)
			}
		})
	}
}

// TestDailyBudgetIsNotRenewedByAClockThatGoesBack, wherever it goes: there are never more renewals than midnights that it
// passed forwards since its last renewal, and each is for a later day than the one before.
func TestDailyBudgetIsNotRenewedByAClockThatGoesBack(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		d, today := &dailyBudget{}, int64(1000)
		d.renew(today)
		lowest := today
		for range 50 {
			before := today
			today = max(0, today+random.Int64N(9)-4)
			lowest = min(lowest, today)
			last := d.day
			renewed := d.renew(today)
			assert.False(t, renewed && today <= before-1, "the clock went back from %d to %d", before, today)
			assert.Equal(t, renewed, d.day > last, "each renewal is for a later day")
		}
		assert.GreaterOrEqual(t, d.day, lowest)
	}
}
