package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
)

// Budget returns what employee.NewSharedBudget counts in, by a name of yours: one for each account whose credits are
// spent. A day is that of the database's clock, in UTC; should that be set back, an earlier day goes on with what it has
// left.
func (s *Store) Budget(name string) employee.BudgetStore { return budget{s, []byte(name)} }

type budget struct {
	*Store
	name []byte
}

// today is the day.
const today = `(clock_timestamp() AT TIME ZONE 'UTC')::date`

const reserveStatement = `INSERT INTO {budgets} AS b (name, day, spent) SELECT $1, ` + today + `, $2 WHERE $2::bigint <= $3::bigint
	ON CONFLICT (name, day) DO UPDATE SET spent = b.spent + excluded.spent WHERE b.spent <= $3 AND excluded.spent <= $3 - b.spent
	RETURNING spent, (day + 1)::timestamp AT TIME ZONE 'UTC'`

func (b budget) Reserve(ctx context.Context, credits, perDay int64) (day employee.BudgetDay, taken bool, err error) {
	if credits < 0 {
		return employee.BudgetDay{}, false, fmt.Errorf("postgres: %d credits: %w", credits, api.ErrInvalid)
	}
	err = b.db.QueryRowContext(ctx, b.names.write(reserveStatement), b.name, credits, perDay).Scan(&day.Spent, &day.Ends)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		day, err = b.Today(ctx)
		return day, false, err
	case err != nil:
		return employee.BudgetDay{}, false, failed("reserving credits", err)
	}
	return inUTC(day), true, nil
}

func (b budget) Return(ctx context.Context, credits int64) error {
	if credits <= 0 {
		return nil
	}
	_, err := b.exec(ctx, "returning credits", `UPDATE {budgets} SET spent = greatest(0, spent - $2) WHERE name = $1 AND day = `+today, b.name, credits)
	return err
}

func (b budget) Today(ctx context.Context) (day employee.BudgetDay, err error) {
	err = b.db.QueryRowContext(ctx, b.names.write(`SELECT coalesce((SELECT spent FROM {budgets} WHERE name = $1 AND day = today.day), 0),
		(today.day + 1)::timestamp AT TIME ZONE 'UTC' FROM (SELECT `+today+` AS day) AS today`), b.name).Scan(&day.Spent, &day.Ends)
	return inUTC(day), failed("asking for the credits", err)
}

func inUTC(day employee.BudgetDay) employee.BudgetDay {
	return employee.BudgetDay{Spent: day.Spent, Ends: day.Ends.In(time.UTC)}
}
