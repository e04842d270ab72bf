//go:build unix

package postgres_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/postgres"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/linkedin/tokenstore"
	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/snapshot"
	"github.com/pronet-go/pronet/subscriptions"
	"github.com/pronet-go/pronet/webhook"
)

// filed is what a process has kept in files.
type filed struct {
	dir       string
	snapshots *snapshot.Files
	ledger    *bulkcollect.FileLedger
	tokens    *tokenstore.Dir
	keeper    subscriptions.KeeperState
	notes     *prospectnotes.FileCheckpoint
	spent     int64
}

func newFiled(t *testing.T) *filed {
	t.Helper()
	f := &filed{dir: t.TempDir(), spent: 120}
	var err error
	f.snapshots, err = snapshot.OpenFiles(f.dir + "/snapshots")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.snapshots.Close()) })
	f.ledger, err = bulkcollect.OpenLedger(f.dir + "/jobs.jsonl")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.ledger.Close()) })
	f.tokens, err = tokenstore.OpenDir(f.dir + "/tokens")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.tokens.Close()) })
	f.keeper = subscriptions.FileState(f.dir + "/subscriptions.json")
	f.notes, err = prospectnotes.OpenFileCheckpoint(f.dir + "/notes.json")
	require.NoError(t, err)

	ctx := t.Context()
	f.put(t, "base", 1, "first", time.Hour)
	f.put(t, "base", 2, "first", time.Hour)
	f.put(t, "multi_source", 2, "other", time.Hour)
	f.request(t, "one", bulkcollect.Sending)
	f.request(t, "one", bulkcollect.InDoubt)
	f.request(t, "two", bulkcollect.Sending)
	for generation := range int64(3) {
		require.NoError(t, f.keeper.Save(ctx, subscriptions.State{Generation: generation + 1, Retired: []subscriptions.Retired{{ID: "subscription"}}}))
	}
	require.NoError(t, saveNotes(ctx, f.notes, prospectnotes.State{}, "note"))
	require.NoError(t, swapToken(ctx, f.tokens, "", "value1"))
	return f
}

func (f *filed) put(t *testing.T, dataset string, id int64, text string, ago time.Duration) {
	t.Helper()
	require.NoError(t, f.snapshots.Put(t.Context(), snapshot.Key{Dataset: dataset, ID: id}, snapshot.Snapshot{Record: []byte(`"` + text + `"`), Taken: time.Now().Add(-ago)}))
}

func (f *filed) request(t *testing.T, name string, state bulkcollect.RequestState) {
	t.Helper()
	e, err := f.ledger.Get(t.Context(), name)
	require.NoError(t, err)
	e.Request, e.State, e.At = name, state, time.Now()
	e.Revision++
	require.NoError(t, f.ledger.Put(t.Context(), e))
}

func (f *filed) files() postgres.Files {
	return postgres.Files{
		Name: "machine", Snapshots: f.snapshots, Ledger: f.ledger, Account: "account", Spent: f.spent, Budget: "account",
		Keeper: f.keeper, KeeperName: "keeper", Checkpoints: map[string]prospectnotes.Checkpoint{"contract": f.notes},
		Tokens: f.tokens, TokenKeys: slices.Values([]string{"token", "another"}),
	}
}

// untilNoon is until the next day's, after what the files say and far from midnight.
func untilNoon() time.Duration {
	return time.Until(time.Now().UTC().Truncate(24 * time.Hour).Add(36 * time.Hour))
}

// kept is all that there is, but for what counts changes.
func kept(ctx context.Context, snapshots snapshot.Store, ledger bulkcollect.Ledger, keeper subscriptions.KeeperState, notes prospectnotes.Checkpoint, tokens tokenstore.Store) (map[string]string, error) {
	all := make(map[string]string)
	for _, dataset := range []string{"base", "clean", "multi_source", "v1"} {
		for id, err := range snapshots.Before(ctx, dataset, time.Now().Add(time.Hour)) {
			if err != nil {
				return nil, err
			}
			s, err := snapshots.Get(ctx, snapshot.Key{Dataset: dataset, ID: id})
			if err != nil {
				return nil, err
			}
			all[fmt.Sprint("snapshot ", dataset, id)] = fmt.Sprint(string(s.Record), s.Taken.UnixNano())
		}
	}
	list, err := ledger.Entries(ctx)
	if err != nil {
		return nil, err
	}
	for _, e := range list {
		all["request "+e.Request] = fmt.Sprint(e.State, e.At.UnixNano())
	}
	state, err := keeper.Load(ctx)
	if err != nil {
		return nil, err
	}
	all["keeper"] = fmt.Sprint(state.Kept, state.Retired)
	saved, err := notes.Load(ctx)
	if err != nil {
		return nil, err
	}
	all["notes"] = fmt.Sprint(saved.Tombs)
	for _, key := range []string{"token", "another"} {
		revision, value, err := tokens.Load(ctx, key)
		if err != nil {
			return nil, err
		}
		all[key] = revision + value.Reveal()
	}
	return all, nil
}

// same reports what the database has otherwise than the files. Credits are as the test says, where that is not negative.
func (f *filed) same(ctx context.Context, store *postgres.Store, credits int64) error {
	want, err := kept(ctx, f.snapshots, f.ledger, f.keeper, f.notes, f.tokens)
	if err != nil {
		return err
	}
	notes, err := store.Checkpoint("contract")
	if err != nil {
		return err
	}
	tokens, err := store.Tokens()
	if err != nil {
		return err
	}
	snapshots, err := store.Snapshots()
	if err != nil {
		return err
	}
	got, err := kept(ctx, snapshots, store.Ledger("account"), store.KeeperState("keeper"), notes, tokens)
	if err != nil {
		return err
	}
	day, err := store.Budget("account").Today(ctx)
	if err != nil {
		return err
	}
	if !maps.Equal(want, got) || day.Spent != credits {
		return fmt.Errorf("the files have %v and %d credits, the database has %v and %d", want, credits, got, day.Spent)
	}
	return nil
}

// TestImportMovesAllOfIt, once, and again as it is then as long as it has not ended.
func TestImportMovesAllOfIt(t *testing.T) {
	s := sharedServer(t)
	o, clock := s.clocked(t)
	clock.pass(untilNoon())
	store, f := clock.store(o), newFiled(t)
	done, err := store.Import(t.Context(), f.files())
	require.NoError(t, err)
	assert.Equal(t, postgres.Imported{Snapshots: 3, Requests: 2, Tokens: 1}, done)
	require.NoError(t, f.same(t.Context(), store, 120))

	before := f.spent
	f.put(t, "base", 1, "later", 0)
	f.spent = 500
	done, err = store.Import(t.Context(), f.files())
	require.NoError(t, err)
	assert.Equal(t, postgres.Imported{Before: true}, done, "the database counts from then on")
	require.Error(t, f.same(t.Context(), store, before))
}

// TestImportThatIsCut at each message of either side, with the files going on in between, has moved in the end what is in
// the files then, and counts each credit once.
func TestImportThatIsCut(t *testing.T) {
	s := sharedServer(t)
	p, f := newProxy(t, s), newFiled(t)
	o, clock := s.clocked(t)
	clock.pass(untilNoon())
	good, goodDB := clock.store(o), clock.open()
	step := 6
	if hard {
		step = 1
	}
	for _, reply := range []bool{false, true} {
		for n := 1; ; n += step {
			require.Less(t, n, 400, "it never ends")
			emptied(t, parts{good, goodDB}, o)
			cutDB, err := sql.Open("pgx", p.url()+"&search_path="+o.Schema+"%2Cpg_catalog")
			require.NoError(t, err)
			bad, err := postgres.Open(cutDB, o)
			require.NoError(t, err)
			_, err = bad.Now(t.Context())
			require.NoError(t, err)
			p.cut(n, reply)
			_, err = bad.Import(t.Context(), f.files())
			cut := p.done()
			p.cut(0, false)
			require.NoError(t, cutDB.Close())
			if err != nil {
				require.True(t, cut, "%v", err)
				require.ErrorIs(t, err, webhook.ErrRetryLater)
				f.goOn(t, n)
			}
			_, err = good.Import(t.Context(), f.files())
			require.NoError(t, err)
			require.NoError(t, f.same(t.Context(), good, f.spent), "message %d, of the server: %t", n, reply)
			if !cut {
				break
			}
		}
	}
}

// goOn changes all that is in files.
func (f *filed) goOn(t *testing.T, n int) {
	t.Helper()
	ctx := t.Context()
	f.put(t, "base", 1, fmt.Sprint("now ", n), 0)
	f.put(t, "clean", int64(1+n%5), fmt.Sprint("now ", n), 0)
	f.request(t, "one", bulkcollect.PaidAgain)
	f.request(t, "three", bulkcollect.Sending)
	f.spent += 10
	state, err := f.keeper.Load(ctx)
	require.NoError(t, err)
	state.Generation++
	state.Retired = []subscriptions.Retired{{ID: fmt.Sprint(n)}}
	require.NoError(t, f.keeper.Save(ctx, state))
	notes, err := f.notes.Load(ctx)
	require.NoError(t, err)
	require.NoError(t, saveNotes(ctx, f.notes, notes, fmt.Sprint("note ", n)))
	revision, _, err := f.tokens.Load(ctx, "token")
	require.NoError(t, err)
	require.NoError(t, swapToken(ctx, f.tokens, revision, fmt.Sprint("value", n)))
}

// TestImportOfSeveralMachines: credits add up, of requests and snapshots the newer ones stay, and what has one writer is
// refused.
func TestImportOfSeveralMachines(t *testing.T) {
	s := sharedServer(t)
	o, clock := s.clocked(t)
	clock.pass(untilNoon())
	store, first, second := clock.store(o), newFiled(t), newFiled(t)
	first.put(t, "base", 1, "newer", 0)
	first.request(t, "two", bulkcollect.Refused)
	_, err := store.Import(t.Context(), first.files())
	require.NoError(t, err)
	theirs := second.files()
	theirs.Name = "another"
	for _, without := range []func(*postgres.Files){
		func(f *postgres.Files) { f.Keeper = nil }, func(f *postgres.Files) { f.Checkpoints = nil }, func(f *postgres.Files) { f.Tokens, f.TokenKeys = nil, nil },
	} {
		_, err := store.Import(t.Context(), theirs)
		require.ErrorIs(t, err, api.ErrConflict)
		require.NoError(t, first.same(t.Context(), store, 120), "nothing is moved")
		without(&theirs)
	}
	done, err := store.Import(t.Context(), theirs)
	require.NoError(t, err)
	assert.Equal(t, postgres.Imported{Snapshots: 2, Requests: 1}, done)
	day, err := store.Budget("account").Today(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, 240, day.Spent)
	snapshots, err := store.Snapshots()
	require.NoError(t, err)
	kept, err := snapshots.Get(t.Context(), snapshot.Key{Dataset: "base", ID: 1})
	require.NoError(t, err)
	assert.Equal(t, `"newer"`, string(kept.Record))
	e, err := store.Ledger("account").Get(t.Context(), "two")
	require.NoError(t, err)
	assert.Equal(t, bulkcollect.Refused, e.State)
}

// TestImportOnTheNextDay counts the credits of that day alone.
func TestImportOnTheNextDay(t *testing.T) {
	s := sharedServer(t)
	o, clock := s.clocked(t)
	clock.pass(untilNoon())
	store, f := clock.store(o), newFiled(t)
	broken := f.files()
	broken.Ledger = brokenLedger{}
	_, err := store.Import(t.Context(), broken)
	require.ErrorIs(t, err, errStore)
	clock.pass(24 * time.Hour)
	f.spent = 30
	_, err = store.Import(t.Context(), f.files())
	require.NoError(t, err)
	require.NoError(t, f.same(t.Context(), store, 30))
}

type brokenLedger struct{ bulkcollect.Ledger }

func (brokenLedger) Entries(context.Context) ([]bulkcollect.Entry, error) { return nil, errStore }

// TestImportWaitsForTheClock: what is asked for by the database's clock afterwards is newer than all that was moved.
func TestImportWaitsForTheClock(t *testing.T) {
	s := sharedServer(t)
	o, clock := s.clocked(t)
	clock.pass(-2 * time.Minute)
	store, f := clock.store(o), newFiled(t)
	f.spent = 0
	_, err := store.Import(t.Context(), f.files())
	require.ErrorIs(t, err, api.ErrConflict)
	clock.pass(2*time.Minute - time.Second)
	f.put(t, "base", 1, "later", 0)
	_, err = store.Import(t.Context(), f.files())
	require.NoError(t, err)
	now, err := store.Now(t.Context())
	require.NoError(t, err)
	snapshots, err := store.Snapshots()
	require.NoError(t, err)
	kept, err := snapshots.Get(t.Context(), snapshot.Key{Dataset: "base", ID: 1})
	require.NoError(t, err)
	assert.True(t, now.After(kept.Taken), "%s, %s", now, kept)

	clock.pass(-time.Hour)
	ended, end := context.WithTimeout(t.Context(), time.Nanosecond)
	defer end()
	theirs := f.files()
	theirs.Name, theirs.Keeper, theirs.Checkpoints, theirs.Tokens, theirs.TokenKeys = "another", nil, nil, nil, nil
	_, err = store.Import(ended, theirs)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

func TestWhatImportRefuses(t *testing.T) {
	db := sql.OpenDB(&refusing{})
	defer func() { require.NoError(t, db.Close()) }()
	store, err := postgres.Open(db, postgres.Options{})
	require.NoError(t, err)
	for name, f := range map[string]postgres.Files{
		"no name": {}, "less than no credits": {Name: "machine", Spent: -1, Budget: "account"}, "no budget": {Name: "machine", Spent: 1},
		"no account": {Name: "machine", Ledger: brokenLedger{}}, "no keeper's name": {Name: "machine", Keeper: subscriptions.FileState("file")},
		"no keys": {Name: "machine", Tokens: tokenstore.NewMemory()}, "a wrong key": {Name: "machine", Checkpoints: map[string]prospectnotes.Checkpoint{"": nil}},
	} {
		_, err := store.Import(t.Context(), f)
		require.ErrorIs(t, err, api.ErrInvalid, name)
	}
}
