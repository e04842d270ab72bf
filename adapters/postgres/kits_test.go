//go:build unix

package postgres_test

import (
	"context"
	"database/sql"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/postgres"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/bulkcollect/ledgertest"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/employee/budgettest"
	"github.com/pronet-go/pronet/linkedin/tokenstore"
	"github.com/pronet-go/pronet/linkedin/tokenstoretest"
	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/prospectnotes/checkpointtest"
	"github.com/pronet-go/pronet/snapshot"
	"github.com/pronet-go/pronet/snapshot/snapshottest"
	"github.com/pronet-go/pronet/subscriptions"
	"github.com/pronet-go/pronet/subscriptions/keeperstatetest"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/deduptest"
	"github.com/pronet-go/pronet/webhook/kepttest"
)

func TestDedupe(t *testing.T) {
	s := sharedServer(t)
	deduptest.Run(t, func(t *testing.T) deduptest.Storage {
		o, clock := s.clocked(t)
		return deduptest.Storage{Open: func() webhook.Store { return clock.store(o).Dedupe() }, Pass: clock.pass, Lease: 10 * time.Minute}
	})
}

func TestLedger(t *testing.T) {
	s := sharedServer(t)
	ledgertest.Run(t, func(t *testing.T) func() bulkcollect.Ledger {
		o := s.migrated(t)
		other := s.store(t, o).Ledger("another account")
		for _, request := range []string{"request", "request0", "request7"} { // in no one's way
			require.NoError(t, other.Put(t.Context(), bulkcollect.Entry{Request: request, Revision: 1, State: bulkcollect.Sending, At: time.Now(), Sent: 99}))
		}
		return func() bulkcollect.Ledger { return s.store(t, o).Ledger("account") }
	})
}

func TestKeeperState(t *testing.T) {
	s := sharedServer(t)
	keeperstatetest.Run(t, func(t *testing.T) func() subscriptions.KeeperState {
		o := s.migrated(t)
		require.NoError(t, s.store(t, o).KeeperState("another").Save(t.Context(), subscriptions.State{Generation: 1, Retired: []subscriptions.Retired{{ID: "theirs"}}}))
		return func() subscriptions.KeeperState { return s.store(t, o).KeeperState("one\x00\xff") }
	})
}

func TestBudget(t *testing.T) {
	s := sharedServer(t)
	budgettest.Run(t, func(t *testing.T) budgettest.Storage {
		o, clock := s.clocked(t)
		clock.pass(time.Until(time.Now().UTC().Truncate(24 * time.Hour).Add(36 * time.Hour))) // noon
		_, taken, err := clock.store(o).Budget("another").Reserve(t.Context(), 50, 100)
		require.NoError(t, err)
		require.True(t, taken)
		return budgettest.Storage{Open: func() employee.BudgetStore { return clock.store(o).Budget("account") }, Pass: clock.pass}
	})
}

func TestTokens(t *testing.T) {
	s := sharedServer(t)
	tokenstoretest.Run(t, func(t *testing.T) func() tokenstore.Store {
		o := s.migrated(t)
		return func() tokenstore.Store {
			store, err := s.store(t, o).Tokens()
			require.NoError(t, err)
			return store
		}
	})
}

func TestSnapshots(t *testing.T) {
	s := sharedServer(t)
	snapshottest.Run(t, func(t *testing.T) snapshottest.Storage {
		o := s.migrated(t)
		return snapshottest.Storage{Open: func() snapshot.Store {
			store, err := s.store(t, o).Snapshots()
			require.NoError(t, err)
			return store
		}, Shared: true}
	})
}

func TestCheckpoint(t *testing.T) {
	s := sharedServer(t)
	checkpointtest.Run(t, func(t *testing.T) checkpointtest.Storage {
		o := s.migrated(t)
		db, table := s.open(t), fmt.Sprintf("%q.lines", o.Schema)
		_, err := db.ExecContext(t.Context(), "CREATE TABLE "+table+" (line text NOT NULL)")
		require.NoError(t, err)
		return checkpointtest.Storage{
			Open: func() prospectnotes.Checkpoint {
				c, err := s.store(t, o).Checkpoint("contract")
				require.NoError(t, err)
				return c
			},
			Write: func(ctx context.Context, tx *sql.Tx, line string) error {
				_, err := tx.ExecContext(ctx, "INSERT INTO "+table+" VALUES ($1)", line)
				return err
			},
			Written: func(ctx context.Context) (lines []string, err error) {
				rows, err := db.QueryContext(ctx, "SELECT line FROM "+table)
				if err != nil {
					return nil, err
				}
				defer rows.Close()
				for rows.Next() {
					var line string
					if err := rows.Scan(&line); err != nil {
						return nil, err
					}
					lines = append(lines, line)
				}
				return lines, rows.Err()
			},
		}
	})
}

func TestKept(t *testing.T) {
	s := sharedServer(t)
	kepttest.Run(t, func(t *testing.T) kepttest.Storage {
		o := s.migrated(t)
		db := s.open(t)
		return kepttest.Storage{Open: func() webhook.KeptStore {
			store, err := postgres.Open(db, o)
			require.NoError(t, err)
			return store.Kept()
		}}
	})
}
