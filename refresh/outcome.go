package refresh

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/webhook"
)

// Outcome is what became of one changed employee. Err decides what it is; only without one there is a Record to store.
// [Example] shows a store with all cases:
//
//   - nil: Record is the profile as it is now.
//   - employee.ErrHidden: the person has hidden the profile for privacy. Erase what you have of it; the law may say so.
//   - a *employee.MergedError: the profile is part of another one by now. Move what you have to Into, and subscribe to
//     that. A record with another ID than was asked for is taken for this (assumed: no source says what is given).
//   - employee.ErrDeleted: the source does not have the profile any more.
//   - api.ErrNotFound: the provider knows nobody with the ID, in its own words about this one; what a proxy or gateway
//     says is not that.
//   - api.ErrMaybeApplied: the response was lost, and may have been charged. Return nil to take note of it; the record
//     comes with the next notice. An error that wraps [ErrBuyAgain] buys it once more.
//   - anything else: the provider refused to give the record, and would again. Look at it by hand.
//
// No outcome is two of these. The last two are logged at WARN too, and never mean that somebody is gone.
type Outcome[R any] struct {
	// ID is the employee that the notices are about.
	ID int64
	// Changes are the notices of the delivery about the employee, in their order.
	Changes []webhook.EmployeeChanged
	// Asked is when the provider was asked, by Options.Clock or this machine's clock: the record is no older. It is the same
	// at each retry of what was bought, over restarts, and no two records of an employee that one Refresher has bought have
	// the same.
	Asked time.Time
	// Record is the record as it is now, nil when there is an error.
	Record *R
	// Err is why there is no record to store, and will be none by trying again.
	Err error
	// Shown is what came instead of a record to store when Err says that the profile is hidden, merged or deleted: what
	// the provider still shows of it or, for a merged one, perhaps the record of the other profile. It was paid for. Nil
	// otherwise.
	Shown *R
}

// outcome is what the store is told of an employee. What a record says of its profile is judged each time that it is
// handed over, so that a kept record is told as it was the first time.
func (w *work[R]) outcome(id int64, record *R, err error, asked time.Time) Outcome[R] {
	o := Outcome[R]{ID: id, Changes: w.changes[id], Asked: asked, Record: record, Err: err}
	if err != nil || record == nil {
		return o
	}
	if standing := employee.CheckStanding(id, any(record).(employee.Record)); standing != nil {
		o.Record, o.Shown, o.Err = nil, record, fmt.Errorf("refresh: %w", standing)
	}
	return o
}

var (
	firstAsked = time.Unix(0, 1)
	lastAsked  = time.Date(2262, time.January, 1, 0, 0, 0, 0, time.UTC)
)

// askedNow is the time at which employees are about to be asked for. It grows from one call to the next however coarse the
// clock is.
func (r *Refresher[R]) askedNow(ctx context.Context, ids []int64) (time.Time, error) {
	now := time.Now()
	if r.options.Clock != nil {
		var err error
		if now, err = r.options.Clock(ctx); err != nil {
			return time.Time{}, fmt.Errorf("the clock: %w", err)
		}
		if now.Before(firstAsked) || !now.Before(lastAsked) {
			return time.Time{}, fmt.Errorf("the clock says %s: %w", now.UTC().Format(time.RFC3339), api.ErrInvalid)
		}
	}
	asked := r.later(now)
	if r.asking != nil {
		return r.asking(ctx, ids, asked)
	}
	return asked, nil
}

// later returns a time, or the next one after all that it has returned.
func (r *Refresher[R]) later(at time.Time) time.Time {
	last := r.lastAsked.Load()
	for !r.lastAsked.CompareAndSwap(last, max(at.UnixNano(), last+1)) {
		last = r.lastAsked.Load()
	}
	return time.Unix(0, max(at.UnixNano(), last+1)).UTC()
}

// odd are outcomes of one kind that a person must see: how many, and the error of the first. Which employees they are, the
// store is told.
type odd struct {
	employees int
	err       error
}

func (odd *odd) note(err error) {
	if odd.employees++; odd.employees == 1 {
		odd.err = err
	}
}

// warn logs the odd outcomes of a try, a job's 10,000 in one line.
func (w *work[R]) warn(ctx context.Context, message string, odd *odd) {
	if odd.employees > 0 {
		w.log(ctx, slogWarn, message, "employees", odd.employees, "error", api.Describe(odd.err))
	}
}

// tell hands an outcome to the store.
func (w *work[R]) tell(ctx context.Context, o Outcome[R]) error {
	if w.forgetting.has(o.ID) || w.options.Known != nil && !w.options.Known(o.ID) { // it is done, and nobody is told
		return nil
	}
	switch {
	case errors.Is(o.Err, api.ErrMaybeApplied):
		w.doubts.note(o.Err)
	case o.Err != nil && o.Shown == nil && !errors.Is(o.Err, api.ErrNotFound):
		w.refusals.note(o.Err)
	}
	refused := w.callStore(ctx, o)
	if refused == nil {
		w.meter.count(func(s *Status) {
			s.HandedOver++
			if errors.Is(o.Err, api.ErrMaybeApplied) {
				s.Doubts++
			}
		})
	}
	return refused
}

// jobSize is how many employees the next job has at most. A budget that is renewed each day pays a part of a large
// delivery today and the rest on the days after it.
func (w *work[R]) jobSize() int {
	if w.options.Budget.ResetAt().IsZero() || w.bulk.Cost() <= 0 {
		return bulkcollect.MaxIDs
	}
	return int(min(max(1, w.options.Budget.Left()/w.bulk.Cost()), bulkcollect.MaxIDs))
}

// charge counts what was spent, or may have been.
func (w *work[R]) charge(credits int64) {
	w.spent += credits
	w.meter.count(func(s *Status) { s.Spent += credits })
}

// giveBack counts what was reserved and not spent.
func (w *work[R]) giveBack(credits int64) {
	w.options.Budget.Return(credits)
	w.returned += credits
	w.meter.count(func(s *Status) { s.Spent -= credits })
}
