package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/linkedin/tokenstore"
	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/snapshot"
	"github.com/pronet-go/pronet/subscriptions"
)

const (
	// importStep is how many snapshots are written in one transaction.
	importStep = 200
	// clocksApart is by how much the clock of the machine may be ahead of the database's.
	clocksApart = time.Minute
	clockPoll   = 20 * time.Millisecond
)

// Files are what one process has kept in files, opened, and under which names the others find it in the database. What is
// left out is not moved.
type Files struct {
	// Name names the move: text that no other one has, such as the name of the machine.
	Name string
	// Snapshots are those of a pipeline (snapshot.OpenFiles of "snapshots" in its directory). Datasets are the ones in it;
	// nil is the four of package refresh.
	Snapshots snapshot.Store
	Datasets  []string
	// Ledger has the bulk jobs (bulkcollect.OpenLedger of "jobs.jsonl"), for Store.Ledger of Account.
	Ledger  bulkcollect.Ledger
	Account string
	// Spent are the credits that are spent of this day: those of a day without employee.Budget.Left of the budget
	// (employee.OpenDailyBudget of "budget.json"). Budget is for Store.Budget.
	Spent  int64
	Budget string
	// Keeper is the state of a keeper (subscriptions.FileState of "subscriptions.json"), for Store.KeeperState of KeeperName.
	Keeper     subscriptions.KeeperState
	KeeperName string
	// Checkpoints are those of syncs of notes, by their key in Store.Checkpoint.
	Checkpoints map[string]prospectnotes.Checkpoint
	// Tokens has the tokens of LinkedIn (tokenstore.OpenDir), for Store.Tokens. A store does not tell its keys: TokenKeys does.
	Tokens    tokenstore.Store
	TokenKeys iter.Seq[string]
}

// Imported is what [Store.Import] has done.
type Imported struct {
	// Before says that an earlier call had moved all of it, so that this one has done nothing.
	Before bool
	// Snapshots, Requests of the ledger and Tokens are how many this call has written.
	Snapshots, Requests, Tokens int
}

// Import moves to the database what one process has kept in files, which it only reads. What was received and is not done, and
// what was bought for it, stays in the spool: let the new process open the same directory.
//
// The files count until Import has returned nil, and the database does from then on. So stop the old process, call Import, and
// begin to work with the database once it has returned nil. Whatever has ended it before, a crash or an error, call it again: what it had moved
// is moved once more as it is then, also if the old process has gone on in between. A call after it has returned nil does
// nothing, so that it can stand in the program that works with the database.
//
// Snapshots that are in the database are kept where they are newer, and so are requests. Whoever is erased from the files after
// a call that has failed must be erased from the database too ([Snapshots.Forget]). That another move or process has
// written the state of the keeper, a checkpoint or a token is api.ErrConflict, and nothing is moved.
//
// The new process has the database's clock. If the machine's was ahead of it by up to a minute, Import waits for so long, or
// what is bought then would count as older than what was; if by more, it is api.ErrConflict: set it right, and wait until
// then. The old process must not work on these files any more.
func (s *Store) Import(ctx context.Context, f Files) (done Imported, err error) {
	m, err := s.newMove(f)
	if err != nil {
		return done, err
	}
	if done.Before, err = m.begin(ctx); err != nil || done.Before {
		return done, err
	}
	for _, step := range []func(context.Context, *Imported) error{m.credits, m.requests, m.keeper, m.notes, m.tokens, m.snapshots, m.clock} {
		if err := step(ctx, &done); err != nil {
			return done, err
		}
	}
	_, err = s.surely(ctx, "moving files", "UPDATE {imports} SET done = true WHERE name = $1", m.name)
	return done, err
}

// move is one Import.
type move struct {
	*Store
	files       Files
	name        []byte
	toKeeper    subscriptions.KeeperState
	checkpoints map[string]prospectnotes.Checkpoint // of the database
	toTokens    tokenstore.Store
	toSnapshots *Snapshots
	newest      time.Time // of what the files say
}

func (s *Store) newMove(f Files) (*move, error) {
	m := &move{Store: s, files: f, name: []byte(f.Name), toKeeper: s.KeeperState(f.KeeperName), newest: time.Now()}
	switch {
	case f.Name == "" || f.Spent < 0:
		return nil, fmt.Errorf("postgres: the move has no name, or less than no credits are spent: %w", api.ErrInvalid)
	case f.Spent > 0 && f.Budget == "" || f.Ledger != nil && f.Account == "" || f.Keeper != nil && f.KeeperName == "" || (f.Tokens == nil) != (f.TokenKeys == nil):
		return nil, fmt.Errorf("postgres: what is moved has no name in the database, or tokens have no keys: %w", api.ErrInvalid)
	}
	if m.files.Datasets == nil {
		m.files.Datasets = []string{"base", "clean", "multi_source", "v1"}
	}
	var err error
	m.checkpoints = make(map[string]prospectnotes.Checkpoint)
	for key := range f.Checkpoints {
		if m.checkpoints[key], err = s.Checkpoint(key); err != nil {
			return nil, err
		}
	}
	if m.toTokens, err = s.Tokens(); err != nil {
		return nil, err
	}
	m.toSnapshots, err = s.Snapshots()
	return m, err
}

// begin reports whether it was done before. At the first time, nobody may have written what has one writer.
func (m *move) begin(ctx context.Context) (before bool, err error) {
	err = m.db.QueryRowContext(ctx, m.names.write("SELECT done FROM {imports} WHERE name = $1"), m.name).Scan(&before)
	switch {
	case err == nil:
		return before, nil
	case !errors.Is(err, sql.ErrNoRows):
		return false, failed("moving files", err)
	}
	if err := m.free(ctx); err != nil {
		return false, err
	}
	_, err = m.surely(ctx, "moving files", "INSERT INTO {imports} (name, done, day, credits) VALUES ($1, false, "+today+", 0) ON CONFLICT DO NOTHING", m.name)
	return false, err
}

func (m *move) free(ctx context.Context) error {
	taken := func(what string) error {
		return fmt.Errorf("postgres: the database has %s already, by another move or process: %w", what, api.ErrConflict)
	}
	if m.files.Keeper != nil {
		if state, err := m.toKeeper.Load(ctx); err != nil || state.Generation > 0 {
			return errOr(err, taken("the state of the keeper"))
		}
	}
	for _, to := range m.checkpoints {
		if state, err := to.Load(ctx); err != nil || state.Generation > 0 {
			return errOr(err, taken("a checkpoint"))
		}
	}
	for key := range m.keys() {
		if revision, _, err := m.toTokens.Load(ctx, key); err != nil || revision != "" {
			return errOr(err, taken("a token"))
		}
	}
	return nil
}

func errOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

func (m *move) keys() iter.Seq[string] {
	if m.files.TokenKeys == nil {
		return func(func(string) bool) {}
	}
	return m.files.TokenKeys
}

// credits adds those that are spent, but for those that it has added today.
func (m *move) credits(ctx context.Context, _ *Imported) error {
	if m.files.Spent == 0 {
		return nil
	}
	_, err := m.surely(ctx, "moving credits", `WITH
		old AS (SELECT CASE WHEN day = `+today+` THEN credits ELSE 0 END AS counted FROM {imports} WHERE name = $1 FOR UPDATE),
		noted AS (UPDATE {imports} SET day = `+today+`, credits = greatest($3::bigint, counted) FROM old WHERE name = $1)
		INSERT INTO {budgets} AS b (name, day, spent) SELECT $2, `+today+`, greatest(0, $3::bigint - counted) FROM old
		ON CONFLICT (name, day) DO UPDATE SET spent = b.spent + excluded.spent`, m.name, []byte(m.files.Budget), m.files.Spent)
	return err
}

func (m *move) requests(ctx context.Context, done *Imported) error {
	if m.files.Ledger == nil {
		return nil
	}
	to := m.Ledger(m.files.Account)
	list, err := to.Entries(ctx)
	if err != nil {
		return err
	}
	there := make(map[string]bulkcollect.Entry, len(list))
	for _, e := range list {
		there[e.Request] = e
	}
	if list, err = m.files.Ledger.Entries(ctx); err != nil {
		return fmt.Errorf("postgres: the ledger that is moved: %w", err)
	}
	for _, e := range list {
		old := there[e.Request]
		if !e.At.After(old.At) {
			continue
		}
		e.Revision = old.Revision + 1
		if err := to.Put(ctx, e); err != nil {
			return err
		}
		done.Requests++
	}
	return nil
}

func (m *move) keeper(ctx context.Context, _ *Imported) error {
	if m.files.Keeper == nil {
		return nil
	}
	state, err := m.files.Keeper.Load(ctx)
	if err != nil || state.Generation == 0 {
		return err
	}
	there, err := m.toKeeper.Load(ctx)
	if err != nil {
		return err
	}
	state.Generation = there.Generation + 1
	return m.toKeeper.Save(ctx, state)
}

func (m *move) notes(ctx context.Context, _ *Imported) error {
	for key, from := range m.files.Checkpoints {
		state, err := from.Load(ctx)
		if err != nil {
			return fmt.Errorf("postgres: a checkpoint that is moved: %w", err)
		}
		if state.Generation == 0 {
			continue
		}
		there, err := m.checkpoints[key].Load(ctx)
		if err != nil {
			return err
		}
		state.Generation = there.Generation + 1
		if err := m.checkpoints[key].Save(ctx, state, func(context.Context, *sql.Tx) error { return nil }); err != nil {
			return err
		}
	}
	return nil
}

func (m *move) tokens(ctx context.Context, done *Imported) error {
	for key := range m.keys() {
		revision, value, err := m.files.Tokens.Load(ctx, key)
		if err != nil {
			return fmt.Errorf("postgres: a token that is moved: %w", err)
		}
		there, _, err := m.toTokens.Load(ctx, key)
		switch {
		case err != nil:
			return err
		case there == revision: // none too
			continue
		}
		if err := m.toTokens.Swap(ctx, key, there, revision, value); err != nil {
			return err
		}
		done.Tokens++
	}
	return nil
}

func (m *move) snapshots(ctx context.Context, done *Imported) error {
	if m.files.Snapshots == nil {
		return nil
	}
	for _, dataset := range m.files.Datasets {
		var step []int64
		for id, err := range m.files.Snapshots.Before(ctx, dataset, lastTaken) {
			if err != nil {
				return fmt.Errorf("postgres: the snapshots that are moved: %w", err)
			}
			if step = append(step, id); len(step) < importStep {
				continue
			}
			if err := m.people(ctx, dataset, step, done); err != nil {
				return err
			}
			step = step[:0]
		}
		if err := m.people(ctx, dataset, step, done); err != nil {
			return err
		}
	}
	return nil
}

// lastTaken is after all snapshots.
var lastTaken = time.Date(2262, time.January, 1, 0, 0, 0, 0, time.UTC)

// people moves the snapshots of some people in one transaction.
func (m *move) people(ctx context.Context, dataset string, ids []int64, done *Imported) error {
	slices.Sort(ids) // two that move the same people do not wait for each other
	written := 0
	err := m.toSnapshots.Transaction(ctx, func(_ *sql.Tx, to snapshot.Store) error {
		for _, id := range ids {
			key := snapshot.Key{Dataset: dataset, ID: id}
			v, err := m.files.Snapshots.Get(ctx, key)
			switch {
			case err != nil:
				return fmt.Errorf("postgres: a snapshot that is moved: %w", err)
			case v.IsZero():
				continue
			}
			if v.Taken.After(m.newest) {
				m.newest = v.Taken
			}
			switch err := to.Put(ctx, key, v); {
			case err == nil:
				written++
			case !errors.Is(err, snapshot.ErrOlder):
				return err
			}
		}
		return nil
	})
	if err == nil {
		done.Snapshots += written
	}
	return err
}

// clock waits until the database's clock has passed what the files say.
func (m *move) clock(ctx context.Context, _ *Imported) error {
	for {
		now, err := m.Now(ctx)
		ahead := m.newest.Sub(now)
		switch {
		case err != nil:
			return err
		case ahead < 0:
			return nil
		case ahead > clocksApart:
			return fmt.Errorf("postgres: the clock of the machine that wrote the files was ahead of the database's by %s: %w", ahead.Round(time.Second), api.ErrConflict)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("postgres: while the database's clock is behind: %w", context.Cause(ctx))
		case <-time.After(min(ahead+time.Millisecond, clockPoll)):
		}
	}
}
