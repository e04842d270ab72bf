package employee

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/durable"
	"github.com/pronet-go/pronet/internal/wire"
)

// Budget bounds how many credits may be spent: once ([NewBudget]), or anew each day, by one process ([OpenDailyBudget]) or
// by several together ([NewSharedBudget]). One Budget may be shared by many calls and goroutines: credits are reserved before a call and returned when it was not charged, so
// that concurrent calls together never spend more. A nil *Budget sets no bound.
//
// It counts what is spent through it and nothing else. The provider counts credits per team, over all its keys and
// programs: a budget neither knows nor protects what the account has, and other programs spend that too.
type Budget struct {
	mu     sync.Mutex
	amount int64 // of a day, or of the budget's whole life
	spent  int64
	daily  *dailyBudget // nil for a budget that is not renewed
	shared BudgetStore  // instead of all above but the amount
}

// NewBudget returns a budget of the given number of credits, which is not renewed and lives in memory: a program that is
// started again begins with all of them. A negative number is 0.
func NewBudget(credits int64) *Budget { return &Budget{amount: max(0, credits)} }

// BudgetError reports credits that a [Budget] does not cover. Nothing was sent. It is api.ErrBudget.
type BudgetError struct {
	// Needed is what was asked for, Left what the budget had, both in credits.
	Needed, Left int64
	// ResetAt is when the budget is renewed. It is zero if waiting does not help: the budget is not renewed, or a whole
	// day's credits do not cover what is needed.
	ResetAt time.Time
}

// Error says what is needed, what is left, and until when.
func (e *BudgetError) Error() string {
	until := ""
	if !e.ResetAt.IsZero() {
		until = " until " + e.ResetAt.Format(time.RFC3339)
	}
	return fmt.Sprintf("employee: %d credits are needed and %d are left%s: %s", e.Needed, e.Left, until, api.ErrBudget)
}

// SafeText is Error.
func (e *BudgetError) SafeText() string { return e.Error() }

// Unwrap returns api.ErrBudget.
func (e *BudgetError) Unwrap() error { return api.ErrBudget }

// Left returns how many credits may still be reserved now, the largest int64 when there is no bound.
func (b *Budget) Left() int64 {
	switch {
	case b == nil:
		return math.MaxInt64
	case b.shared != nil:
		return b.leftShared()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.renew()
	return b.left()
}

// ResetAt returns when the budget is renewed, the zero time for one that is not.
func (b *Budget) ResetAt() time.Time {
	if b == nil || b.daily == nil && b.shared == nil {
		return time.Time{}
	}
	return dayOf(time.Now().Unix() + secondsADay)
}

// Reserve takes credits out of the budget, all or none. The error is a [*BudgetError], which is api.ErrBudget. Of a
// daily budget, Reserve returns once the file says so, which takes as long as the disk does to sync, some milliseconds;
// if that fails, nothing is reserved, and the error says why.
func (b *Budget) Reserve(credits int64) error {
	switch {
	case b == nil:
		return nil
	case b.shared != nil:
		return b.reserveShared(credits)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.check(credits); err != nil {
		return err
	}
	b.spent += credits
	if err := b.daily.save(b.spent); err != nil {
		b.spent -= credits
		return err
	}
	return nil
}

// Check returns the error that Reserve would, a [*BudgetError], and takes nothing.
func (b *Budget) Check(credits int64) error {
	switch {
	case b == nil:
		return nil
	case b.shared != nil:
		return b.checkShared(credits)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.check(credits)
}

func (b *Budget) check(credits int64) error {
	b.renew()
	left := b.left()
	if credits >= 0 && credits <= left {
		return nil
	}
	e := &BudgetError{Needed: credits, Left: left}
	if credits >= 0 && credits <= b.amount {
		e.ResetAt = b.ResetAt()
	}
	return e
}

// Return gives credits back that were reserved and not spent. Those of a call that began before a daily budget was
// renewed count for the new day: over any number of days no more is spent than so many times the day's credits. What a
// budget that is not renewed gets back beyond that is added to it.
func (b *Budget) Return(credits int64) {
	switch {
	case b == nil || credits <= 0:
		return
	case b.shared != nil:
		b.returnShared(credits)
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.renew()
	b.spent -= credits
	if b.daily != nil {
		b.spent = max(0, b.spent) // written with what is reserved next, or by Close; after a crash it counts as spent
	}
}

// Close writes what a daily budget has left and lets go of its file; then its Reserve fails. It does nothing for others.
func (b *Budget) Close() error {
	if b == nil || b.daily == nil {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.daily.close(b.spent)
}

func (b *Budget) left() int64 { return max(0, b.amount-b.spent) } // of a daily one, more may be spent than it has now

func (b *Budget) renew() {
	if b.daily != nil && b.daily.renew(time.Now().Unix()/secondsADay) {
		b.spent = 0
	}
}

const secondsADay = 24 * 60 * 60

// dayOf returns the beginning of the UTC day of a Unix time.
func dayOf(unix int64) time.Time { return time.Unix(unix-unix%secondsADay, 0).UTC() }

// dailyBudget is the file of a budget that is renewed each UTC day. Days are counted from 1970 on.
type dailyBudget struct {
	root   *os.Root
	name   string
	lock   io.Closer
	day    int64 // the last one for which there were credits
	shown  int64 // the one that the clock showed last
	closed bool
}

// budgetState is what the file holds.
type budgetState struct {
	Format int   `json:"format"`
	Spent  int64 `json:"spent"` // credits of the day
	Day    int64 `json:"day"`   // days since 1970
	Shown  int64 `json:"shown"`
}

var budgetStates = durable.State[budgetState]{
	Format: 1, MaxBytes: 4 << 10,
	Valid: func(s *budgetState) bool {
		const most = 10_000_000 // days: the year 29349
		return s.Spent >= 0 && s.Day >= 0 && s.Day <= most && s.Shown >= 0 && s.Shown <= most
	},
}

// OpenDailyBudget returns a budget of so many credits each UTC day, kept in a file, so that a program that is started
// again goes on with what is left of the day. What was not spent on one day is not added to the next. The number of
// credits may be another at each opening: what is already spent of the day counts.
//
// The file is replaced and synced at each Reserve. One Budget has it open at a time: another process, or another
// opening in this one, is api.ErrConflict (a file with ".lock" after the name stands beside it and stays). A file that
// is damaged is api.ErrInvalid and is left as it is: delete it if the day's credits may be spent once more. Close it
// when the program ends.
//
// The clock of the machine says when a day begins. If it is set back, nothing is renewed by that: it is at the next
// midnight that the clock passes, and a clock that is put right again brings no credits for a day that had them.
func OpenDailyBudget(file string, credits int64) (*Budget, error) {
	if file == "" || credits < 0 {
		return nil, fmt.Errorf("employee: a daily budget needs a file, and its credits are not negative: %w", api.ErrInvalid)
	}
	lock, err := durable.Lock(file + ".lock")
	if errors.Is(err, durable.ErrLocked) {
		return nil, fmt.Errorf("employee: the daily budget is open already, in this process or another: %w: %w", api.ErrConflict, err)
	}
	if err != nil {
		return nil, fmt.Errorf("employee: the daily budget could not be locked: %w", err)
	}
	root, err := os.OpenRoot(filepath.Dir(file))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("employee: the daily budget: %w", err), lock.Close())
	}
	d := &dailyBudget{root: root, name: filepath.Base(file), lock: lock}
	b := &Budget{amount: credits, daily: d}
	state, err := budgetStates.Read(root, d.name)
	switch {
	case err == nil:
		b.spent, d.day, d.shown = state.Spent, state.Day, state.Shown
	case !errors.Is(err, fs.ErrNotExist):
		return nil, errors.Join(notRead(err), root.Close(), lock.Close())
	}
	return b, nil
}

// notRead says why the file of a daily budget could not be read.
func notRead(err error) error {
	_, foreign := errors.AsType[*durable.FormatError](err)
	if foreign || errors.Is(err, durable.ErrDamaged) || errors.Is(err, durable.ErrTooLong) || errors.Is(err, durable.ErrNotRegular) {
		return fmt.Errorf("employee: the file is not that of a daily budget, or of a newer version: %w: %w", api.ErrInvalid, err)
	}
	return fmt.Errorf("employee: the daily budget could not be read: %w", err)
}

// renew reports whether a new day has begun. A clock that was set back, or was ahead before, shows a day before the
// last one that had credits: then a day begins when it goes on by one, and that counts as the day after the last.
func (d *dailyBudget) renew(today int64) bool {
	switch {
	case today > d.day:
		d.day, d.shown = today, today
		return true
	case today == d.day:
		d.shown = today
	case today == d.shown+1:
		d.day, d.shown = d.day+1, today
		return true
	case today != d.shown-1: // by one it goes back when it is set at midnight, and then the next midnight is the same
		d.shown = today
	}
	return false
}

func (d *dailyBudget) save(spent int64) error {
	switch {
	case d == nil:
		return nil
	case d.closed:
		return fmt.Errorf("employee: the daily budget is closed, so nothing is spent: %w", api.ErrInvalid)
	}
	state := &budgetState{Format: budgetStates.Format, Spent: spent, Day: d.day, Shown: d.shown}
	if err := budgetStates.Write(d.root, d.name, state); err != nil {
		return wire.Plain("employee: the daily budget could not be written, so nothing is spent: "+api.Describe(err), err)
	}
	return nil
}

func (d *dailyBudget) close(spent int64) error {
	if d.closed {
		return nil
	}
	err := d.save(spent)
	d.closed = true
	return errors.Join(err, d.root.Close(), d.lock.Close())
}
