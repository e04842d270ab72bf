//go:build unix

package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/postgres"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/snapshot"
	"github.com/pronet-go/pronet/subscriptions"
	"github.com/pronet-go/pronet/webhook"
)

// parts are the store and what is made of it, on one connection or on good ones.
type parts struct {
	*postgres.Store
	db *sql.DB
}

// operation is one whose connection is cut at each of its messages.
type operation struct {
	// before is done on good connections, and may return what do needs.
	before func(ctx context.Context, p parts) (any, error)
	// do is cut off.
	do func(ctx context.Context, p parts, with any) error
	// after says what is wrong, on good connections; err is what do has returned.
	after func(ctx context.Context, p parts, with any, err error) error
	// sure says that do has no error when one connection is cut.
	sure bool
}

func same(got, want any) error {
	if !assert.ObjectsAreEqualValues(want, got) {
		return fmt.Errorf("it is %v instead of %v", got, want)
	}
	return nil
}

func nothing(context.Context, parts, any, error) error { return nil }

func openKept(ctx context.Context, p parts) (any, error) {
	k, err := p.Kept().Open(ctx, "delivery")
	if err == nil {
		err = errors.Join(k.Append(ctx, []byte("one")), k.Append(ctx, []byte("two")))
	}
	return nil, err
}

func keptIs(want ...string) func(context.Context, parts, any, error) error {
	return func(ctx context.Context, p parts, _ any, _ error) error {
		k, err := p.Kept().Open(ctx, "delivery")
		if err != nil {
			return err
		}
		entries, err := k.Entries(ctx)
		got := make([]string, len(entries))
		for i := range entries {
			got[i] = string(entries[i])
		}
		return errors.Join(err, same(got, want))
	}
}

// cutOpen opens what is kept over the connection that is cut later.
func cutOpen(change func(ctx context.Context, k webhook.Kept) error) func(ctx context.Context, p parts, _ any) error {
	return func(ctx context.Context, p parts, _ any) error {
		k, err := p.Kept().Open(ctx, "delivery")
		if err != nil {
			return err
		}
		return change(ctx, k)
	}
}

var entry = bulkcollect.Entry{Request: "request", Revision: 1, State: bulkcollect.Sending, At: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}

var operations = map[string]operation{
	"a claim": {
		sure: true,
		do: func(ctx context.Context, p parts, _ any) error {
			_, err := p.Dedupe().Claim(ctx, "key", time.Hour)
			return err
		},
		after: func(ctx context.Context, p parts, _ any, _ error) error {
			c, err := p.Dedupe().Claim(ctx, "key", time.Hour)
			if c.Result == webhook.AlreadyDone {
				err = errors.New("what was not done is done")
			}
			return err
		},
	},
	"done": {
		sure:   true,
		before: func(ctx context.Context, p parts) (any, error) { return p.Dedupe().Claim(ctx, "key", time.Hour) },
		do: func(ctx context.Context, p parts, with any) error {
			return p.Dedupe().Done(ctx, "key", with.(webhook.Claim).Owner, time.Hour)
		},
		after: func(ctx context.Context, p parts, _ any, err error) error {
			c, claimErr := p.Dedupe().Claim(ctx, "key", time.Hour)
			if err == nil && c.Result != webhook.AlreadyDone || c.Result == webhook.Claimed {
				claimErr = fmt.Errorf("it is %s", c.Result)
			}
			return claimErr
		},
	},
	"a mark with its effect": {
		before: func(ctx context.Context, p parts) (any, error) {
			_, err := p.db.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS effects (id text NOT NULL)")
			if err == nil {
				_, err = p.db.ExecContext(ctx, "DELETE FROM effects")
			}
			return nil, err
		},
		do: mark,
		after: func(ctx context.Context, p parts, _ any, _ error) error { // it is retried
			var n int
			return errors.Join(mark(ctx, p, nil), p.db.QueryRowContext(ctx, "SELECT count(*) FROM effects").Scan(&n), same(n, 1))
		},
	},
	"an entry of the ledger": {
		sure: true,
		do:   func(ctx context.Context, p parts, _ any) error { return p.Ledger("account").Put(ctx, entry) },
		after: func(ctx context.Context, p parts, _ any, _ error) error {
			e, err := p.Ledger("account").Get(ctx, "request")
			return errors.Join(err, same(e, entry))
		},
	},
	"the next entry of the ledger": {
		sure:   true,
		before: func(ctx context.Context, p parts) (any, error) { return nil, p.Ledger("account").Put(ctx, entry) },
		do: func(ctx context.Context, p parts, _ any) error {
			next := entry
			next.Revision, next.State = 2, bulkcollect.Refused
			return p.Ledger("account").Put(ctx, next)
		},
		after: func(ctx context.Context, p parts, _ any, _ error) error {
			e, err := p.Ledger("account").Get(ctx, "request")
			return errors.Join(err, same(e.State, bulkcollect.Refused))
		},
	},
	"the ledger": {
		before: func(ctx context.Context, p parts) (any, error) { return nil, p.Ledger("account").Put(ctx, entry) },
		do: func(ctx context.Context, p parts, _ any) error {
			list, err := p.Ledger("account").Entries(ctx)
			if err == nil {
				err = same(len(list), 1)
			}
			return err
		},
		after: nothing,
	},
	"a keeper's state": {
		sure: true,
		do: func(ctx context.Context, p parts, _ any) error {
			return p.KeeperState("name").Save(ctx, subscriptions.State{Generation: 1})
		},
		after: func(ctx context.Context, p parts, _ any, _ error) error {
			return p.KeeperState("name").Save(ctx, subscriptions.State{Generation: 2})
		},
	},
	"credits that are reserved": {
		do: func(ctx context.Context, p parts, _ any) error {
			_, _, err := p.Budget("name").Reserve(ctx, 10, 100)
			return err
		},
		after: func(ctx context.Context, p parts, _ any, err error) error {
			day, dayErr := p.Budget("name").Today(ctx)
			if day.Spent != 10 && (err == nil || day.Spent != 0) {
				dayErr = fmt.Errorf("%d are spent", day.Spent)
			}
			return dayErr
		},
	},
	"credits that are returned": {
		before: func(ctx context.Context, p parts) (any, error) {
			_, _, err := p.Budget("name").Reserve(ctx, 50, 100)
			return nil, err
		},
		do: func(ctx context.Context, p parts, _ any) error { return p.Budget("name").Return(ctx, 20) },
		after: func(ctx context.Context, p parts, _ any, err error) error {
			day, dayErr := p.Budget("name").Today(ctx)
			if day.Spent != 30 && (err == nil || day.Spent != 50) {
				dayErr = fmt.Errorf("%d are spent", day.Spent)
			}
			return dayErr
		},
	},
	"what is kept is opened": {
		before: openKept,
		do:     cutOpen(func(context.Context, webhook.Kept) error { return nil }),
		after:  keptIs("one", "two"),
	},
	"what is kept is read": {
		before: openKept,
		do: cutOpen(func(ctx context.Context, k webhook.Kept) error {
			_, err := k.Entries(ctx)
			return err
		}),
		after: keptIs("one", "two"),
	},
	"an entry is kept": {
		before: openKept,
		do: func(ctx context.Context, p parts, _ any) error {
			return cutOpen(func(ctx context.Context, k webhook.Kept) error { return k.Append(ctx, []byte("three")) })(ctx, p, nil)
		},
		after: func(ctx context.Context, p parts, _ any, err error) error {
			if err != nil && keptIs("one", "two")(ctx, p, nil, nil) == nil {
				return nil // it was not opened
			}
			return keptIs("one", "two", "three")(ctx, p, nil, nil)
		},
	},
	"what is kept is replaced": {
		before: openKept,
		do:     cutOpen(func(ctx context.Context, k webhook.Kept) error { return k.Replace(ctx, [][]byte{[]byte("three")}) }),
		after: func(ctx context.Context, p parts, _ any, err error) error {
			if err != nil && keptIs("one", "two")(ctx, p, nil, nil) == nil {
				return nil
			}
			return keptIs("three")(ctx, p, nil, nil)
		},
	},
	"what is kept is removed": {
		sure:   true,
		before: openKept,
		do:     func(ctx context.Context, p parts, _ any) error { return p.Kept().Remove(ctx, "delivery") },
		after:  keptIs([]string{}...),
	},
	"what is kept is edited": {
		before: openKept,
		do:     func(ctx context.Context, p parts, _ any) error { return p.Kept().EditKept(ctx, onlyTwo) },
		after: func(ctx context.Context, p parts, _ any, err error) error {
			if err != nil {
				err = p.Kept().EditKept(ctx, onlyTwo)
			}
			return errors.Join(err, keptIs("two")(ctx, p, nil, nil))
		},
	},
	"a token": {
		do: func(ctx context.Context, p parts, _ any) error {
			tokens, err := p.Tokens()
			if err != nil {
				return err
			}
			return swapToken(ctx, tokens, "", "value")
		},
		after: func(ctx context.Context, p parts, _ any, err error) error {
			tokens, openErr := p.Tokens()
			if openErr != nil {
				return openErr
			}
			revision, _, loadErr := tokens.Load(ctx, "token")
			if err == nil && revision == "" {
				loadErr = errors.New("it is not there")
			}
			return loadErr
		},
	},
	"a checkpoint": {
		do: func(ctx context.Context, p parts, _ any) error {
			c, err := p.Checkpoint("contract")
			if err != nil {
				return err
			}
			saved, err := c.Load(ctx)
			if err != nil {
				return err
			}
			return saveNotes(ctx, c, saved, "tomb")
		},
		after: func(ctx context.Context, p parts, _ any, err error) error {
			c, openErr := p.Checkpoint("contract")
			if openErr != nil {
				return openErr
			}
			saved, loadErr := c.Load(ctx)
			if saved.Generation != 1 && (err == nil || saved.Generation != 0) {
				loadErr = fmt.Errorf("the generation is %d", saved.Generation)
			}
			return loadErr
		},
	},
	"a snapshot and its transaction": {
		do: func(ctx context.Context, p parts, _ any) error {
			s, err := p.Snapshots()
			if err != nil {
				return err
			}
			key := snapshot.Key{ID: 1, Dataset: "base"}
			return s.Transaction(ctx, func(_ *sql.Tx, store snapshot.Store) error {
				if _, err := store.Get(ctx, key); err != nil {
					return err
				}
				return store.Put(ctx, key, snapshot.Snapshot{Record: []byte("{}"), Taken: entry.At})
			})
		},
		after: func(ctx context.Context, p parts, _ any, err error) error {
			s, openErr := p.Snapshots()
			if openErr != nil {
				return openErr
			}
			v, getErr := s.Get(ctx, snapshot.Key{ID: 1, Dataset: "base"})
			if err == nil && len(v.Record) == 0 {
				getErr = errors.New("it is not there")
			}
			return getErr
		},
	},
	"cleaning": {do: func(ctx context.Context, p parts, _ any) error {
		_, err := p.Clean(ctx)
		return err
	}, after: nothing},
	"who holds the leases": {do: func(ctx context.Context, p parts, _ any) error {
		_, err := p.Leases().Holders(ctx)
		return err
	}, after: nothing},
	"the time": {do: func(ctx context.Context, p parts, _ any) error {
		_, err := p.Now(ctx)
		return err
	}, after: nothing},
}

func onlyTwo([][]byte) ([][]byte, error) { return [][]byte{[]byte("two")}, nil }

func mark(ctx context.Context, p parts, _ any) error {
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return outage(err)
	}
	defer func() { _ = tx.Rollback() }()
	first, err := p.Once(ctx, tx, "coresignal", "key")
	if err == nil && first {
		_, err = tx.ExecContext(ctx, "INSERT INTO effects VALUES ('key')")
		err = outage(err)
	}
	if err != nil {
		return err
	}
	return outage(tx.Commit())
}

// outage is for what the test itself asks of the database.
func outage(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", webhook.ErrRetryLater, err)
}

// TestConnectionIsCut in each operation, at each message of either side: the caller gets no error, where it can be known what
// was done, or webhook.ErrRetryLater; and nothing that was done is lost or done twice.
func TestConnectionIsCut(t *testing.T) {
	s := sharedServer(t)
	for name, op := range operations {
		t.Run(name, func(t *testing.T) {
			o, p, goodDB := s.migrated(t), newProxy(t, s), s.open(t)
			store, err := postgres.Open(goodDB, o)
			require.NoError(t, err)
			for _, reply := range []bool{false, true} {
				for n := 1; ; n++ {
					require.Less(t, n, 40, "it never ends")
					emptied(t, parts{store, goodDB}, o)
					cutDB := p.db()
					there, err := postgres.Open(cutDB, o)
					require.NoError(t, err)
					good, bad := parts{store, goodDB}, parts{there, cutDB}
					_, err = there.Now(t.Context()) // the connection is there before it is cut
					require.NoError(t, err)
					var with any
					if op.before != nil {
						with, err = op.before(t.Context(), good)
						require.NoError(t, err)
					}
					p.cut(n, reply)
					err = op.do(t.Context(), bad, with)
					cut := p.done()
					p.cut(0, false)
					if err != nil {
						require.True(t, cut, "%v", err)
						require.ErrorIs(t, err, webhook.ErrRetryLater)
						require.False(t, op.sure, "%v", err)
					}
					require.NoError(t, op.after(t.Context(), good, with, err), "message %d, of the server: %t: %v", n, reply, err)
					if !cut {
						break
					}
				}
			}
		})
	}
}

// TestWaysOfPgx: each operation works however pgx is told to send statements, as it is behind a pooler of connections.
func TestWaysOfPgx(t *testing.T) {
	s := sharedServer(t)
	for _, way := range []string{"cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"} {
		o := s.migrated(t)
		for name, op := range operations {
			db, err := sql.Open("pgx", s.url()+"&default_query_exec_mode="+way)
			require.NoError(t, err)
			store, err := postgres.Open(db, o)
			require.NoError(t, err)
			p := parts{store, db}
			emptied(t, p, o)
			var with any
			if op.before != nil {
				with, err = op.before(t.Context(), p)
				require.NoError(t, err, "%s, %s", way, name)
			}
			require.NoError(t, op.do(t.Context(), p, with), "%s, %s", way, name)
			require.NoError(t, op.after(t.Context(), p, with, nil), "%s, %s", way, name)
			require.NoError(t, db.Close())
		}
	}
}

// emptied deletes what an operation before has left.
func emptied(t *testing.T, p parts, o postgres.Options) {
	t.Helper()
	for _, table := range []string{"claims", "inbox", "ledger", "keepers", "budgets", "checkpoints", "tokens", "snapshots", "kept", "imports"} {
		_, err := p.db.ExecContext(t.Context(), fmt.Sprintf("DELETE FROM %q.%q", o.Schema, o.Prefix+table))
		require.NoError(t, err)
	}
}

// TestServerIsAway: what each caller gets.
func TestServerIsAway(t *testing.T) {
	s := ownServer(t)
	o := s.migrated(t)
	o.Logger = slog.New(slog.DiscardHandler)
	db := s.open(t)
	store, err := postgres.Open(db, o.Asking(often))
	require.NoError(t, err)
	p := parts{store, db}
	kept, err := p.Kept().Open(t.Context(), "delivery")
	require.NoError(t, err)
	budget, err := employee.NewSharedBudget(p.Budget("name"), 100)
	require.NoError(t, err)
	claim, err := p.Dedupe().Claim(t.Context(), "key", time.Hour)
	require.NoError(t, err)
	waited := make(chan error, 1)
	require.NoError(t, s.Stop(stops[0]))

	for name, op := range operations {
		err := op.do(t.Context(), p, any(claim))
		require.ErrorIs(t, err, webhook.ErrRetryLater, name)
		assert.NotContains(t, api.Describe(err), s.Dir, name)
	}
	require.ErrorIs(t, kept.Append(t.Context(), []byte("bought")), webhook.ErrRetryLater)
	require.ErrorIs(t, kept.Full(), webhook.ErrRetryLater, "nothing is bought that could not be kept")
	require.ErrorIs(t, budget.Reserve(1), webhook.ErrRetryLater)
	assert.Zero(t, budget.Left(), "it is never unlimited")
	require.Error(t, postgres.Migrate(t.Context(), db, o))
	go func() {
		waited <- p.Leases().Run(t.Context(), "work", func(context.Context) error { return nil })
	}()
	require.NoError(t, s.Start())
	require.NoError(t, <-waited, "who waits for a lease waits for the server")
	require.NoError(t, kept.Append(t.Context(), []byte("bought")))
	require.NoError(t, kept.Full())
	assert.EqualValues(t, 100, budget.Left())
	require.NoError(t, p.Dedupe().Done(t.Context(), "key", claim.Owner, time.Hour))
}
