package tests

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/snapshot"
	"github.com/pronet-go/pronet/snapshot/snapshottest"
)

// snapshotStore returns a store of snapshots with connections of its own.
type snapshotStore func(t *testing.T) (s *snapshot.SQL, db *sql.DB)

// inTurn lets those that write wait for each other, and withLog gives the database a log besides.
const (
	inTurn  = "busy_timeout(60000)"
	withLog = inTurn + "&_pragma=journal_mode(wal)"
)

func snapshotsInSQLite(dir, options string) snapshotStore {
	return func(t *testing.T) (*snapshot.SQL, *sql.DB) {
		t.Helper()
		db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "snapshots.db")+"?_pragma="+cmp.Or(options, inTurn))
		require.NoError(t, err)
		t.Cleanup(func() { _ = db.Close() })
		return newSnapshots(t, db, snapshot.SQLite, ""), db
	}
}

func newSnapshots(t *testing.T, db *sql.DB, dialect snapshot.Dialect, table string) *snapshot.SQL {
	t.Helper()
	s, err := snapshot.NewSQL(db, dialect, table)
	require.NoError(t, err)
	require.NoError(t, s.Create(t.Context()))
	return s
}

var snapshotTables atomic.Int32

func snapshotsInPostgreSQL(t *testing.T, db *sql.DB) snapshotStore {
	t.Helper()
	table := fmt.Sprint("public.snapshots_", snapshotTables.Add(1))
	return func(t *testing.T) (*snapshot.SQL, *sql.DB) {
		t.Helper()
		return newSnapshots(t, db, snapshot.PostgreSQL, table), db
	}
}

// onEachSnapshotStore runs a test on each database.
func onEachSnapshotStore(t *testing.T, test func(t *testing.T, open snapshotStore)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) { test(t, snapshotsInSQLite(t.TempDir(), "")) })
	t.Run("SQLite with a log", func(t *testing.T) { test(t, snapshotsInSQLite(t.TempDir(), withLog)) })
	t.Run("PostgreSQL", func(t *testing.T) {
		db, _ := openPostgreSQL(t)
		test(t, snapshotsInPostgreSQL(t, db))
	})
}

// inTransactions is a store that gets, puts and forgets in a transaction each.
type inTransactions struct{ *snapshot.SQL }

func (s inTransactions) Get(ctx context.Context, key snapshot.Key) (got snapshot.Snapshot, err error) {
	err = s.Transaction(ctx, func(_ *sql.Tx, store snapshot.Store) (err error) {
		got, err = store.Get(ctx, key)
		return err
	})
	return got, err
}

func (s inTransactions) Put(ctx context.Context, key snapshot.Key, v snapshot.Snapshot) error {
	return s.Transaction(ctx, func(_ *sql.Tx, store snapshot.Store) error { return store.Put(ctx, key, v) })
}

func (s inTransactions) Forget(ctx context.Context, id int64) error {
	return s.Transaction(ctx, func(_ *sql.Tx, store snapshot.Store) error { return store.Forget(ctx, id) })
}

// TestSnapshots: those of SQLite and PostgreSQL keep the rules, in a transaction too, and SQLite keeps nothing of who was
// forgotten.
func TestSnapshots(t *testing.T) {
	for name, as := range map[string]func(s *snapshot.SQL) snapshot.Store{
		"":                  func(s *snapshot.SQL) snapshot.Store { return s },
		", in transactions": func(s *snapshot.SQL) snapshot.Store { return inTransactions{s} },
	} {
		storage := func(t *testing.T, open snapshotStore) snapshottest.Storage {
			return snapshottest.Storage{Shared: true, Open: func() snapshot.Store {
				s, _ := open(t)
				return as(s)
			}}
		}
		for database, options := range map[string]string{"SQLite": "", "SQLite with a log": withLog} {
			t.Run(database+name, func(t *testing.T) {
				snapshottest.Run(t, func(t *testing.T) snapshottest.Storage {
					dir := t.TempDir()
					all := storage(t, snapshotsInSQLite(dir, options))
					all.Bytes = func() (all []byte, err error) {
						for _, end := range []string{"", "-wal", "-journal"} {
							data, err := os.ReadFile(filepath.Join(dir, "snapshots.db"+end))
							if err != nil && !errors.Is(err, os.ErrNotExist) {
								return nil, err
							}
							all = append(all, data...)
						}
						return all, nil
					}
					return all
				})
			})
		}
		t.Run("PostgreSQL"+name, func(t *testing.T) {
			db, _ := openPostgreSQL(t)
			snapshottest.Run(t, func(t *testing.T) snapshottest.Storage { return storage(t, snapshotsInPostgreSQL(t, db)) })
		})
	}
}

var (
	snapshotNoon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	snapshotKey  = snapshot.Key{Dataset: "base", ID: 1}
)

func snapshotOf(n int) snapshot.Snapshot {
	return snapshot.Snapshot{Record: fmt.Appendf(nil, `{"n":%d}`, n), Taken: snapshotNoon.Add(time.Duration(n))}
}

// TestTwoCompareInTurn: of many that read a snapshot in a transaction, compare, and put the next one, each finds what the
// one before has put, the first one finds none, and what they write beside it happens once.
func TestTwoCompareInTurn(t *testing.T) {
	onEachSnapshotStore(t, func(t *testing.T, open snapshotStore) {
		_, db := open(t)
		_, err := db.ExecContext(t.Context(), "CREATE TABLE seen_"+tableSuffix(t)+" (n BIGINT NOT NULL PRIMARY KEY)")
		require.NoError(t, err)
		const workers, rounds = 4, 10
		var group sync.WaitGroup
		for range workers {
			s, _ := open(t)
			group.Go(func() {
				for range rounds {
					assert.NoError(t, s.Transaction(t.Context(), func(tx *sql.Tx, store snapshot.Store) error {
						var n int // PostgreSQL and SQLite have seen something of the database before
						if err := tx.QueryRowContext(t.Context(), "SELECT count(*) FROM seen_"+tableSuffix(t)).Scan(&n); err != nil {
							return err
						}
						old, err := store.Get(t.Context(), snapshotKey)
						if err != nil {
							return err
						}
						next := 0
						if !old.IsZero() {
							next = int(old.Taken.Sub(snapshotNoon)) + 1
						}
						if _, err := tx.ExecContext(t.Context(), fmt.Sprintf("INSERT INTO seen_%s (n) VALUES (%d)", tableSuffix(t), next)); err != nil {
							return err
						}
						return store.Put(t.Context(), snapshotKey, snapshotOf(next))
					}))
				}
			})
		}
		group.Wait()
		s, db := open(t)
		got, err := s.Get(t.Context(), snapshotKey)
		require.NoError(t, err)
		assert.Equal(t, snapshotOf(workers*rounds-1), got)
		var n int
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT count(*) FROM seen_"+tableSuffix(t)).Scan(&n))
		assert.Equal(t, workers*rounds, n)
	})
}

func tableSuffix(t *testing.T) string {
	t.Helper()
	return fmt.Sprintf("%x", t.Name()[len(t.Name())-4:])
}

// TestATransactionThatFails leaves nothing: not of the snapshot, not of what was written beside it, not of what was locked.
func TestATransactionThatFails(t *testing.T) {
	onEachSnapshotStore(t, func(t *testing.T, open snapshotStore) {
		s, _ := open(t)
		refused := errors.New("the user's function fails")
		fails := func(do func(store snapshot.Store) error) error {
			return s.Transaction(t.Context(), func(_ *sql.Tx, store snapshot.Store) error { return do(store) })
		}
		require.ErrorIs(t, fails(func(store snapshot.Store) error {
			require.NoError(t, store.Put(t.Context(), snapshotKey, snapshotOf(1)))
			return refused
		}), refused)
		assert.PanicsWithValue(t, "a panic", func() {
			_ = fails(func(store snapshot.Store) error {
				require.NoError(t, store.Put(t.Context(), snapshotKey, snapshotOf(1)))
				panic("a panic")
			})
		})
		require.NoError(t, fails(func(store snapshot.Store) error { // locked, and nothing put
			got, err := store.Get(t.Context(), snapshotKey)
			assert.True(t, got.IsZero())
			return err
		}))
		got, err := s.Get(t.Context(), snapshotKey)
		require.NoError(t, err)
		assert.True(t, got.IsZero())
		for range s.Before(t.Context(), "base", time.Now().AddDate(100, 0, 0)) {
			assert.Fail(t, "a row is left")
		}
		ctx, cancel := context.WithCancel(t.Context())
		require.ErrorIs(t, s.Transaction(ctx, func(_ *sql.Tx, store snapshot.Store) error {
			require.NoError(t, store.Put(ctx, snapshotKey, snapshotOf(1)))
			cancel()
			return nil
		}), context.Canceled)
		require.NoError(t, s.Put(t.Context(), snapshotKey, snapshotOf(2)), "nothing is locked any more")
	})
}

// TestTheStoreOfATransaction does all that a store does, and an older snapshot does not end the transaction.
func TestTheStoreOfATransaction(t *testing.T) {
	onEachSnapshotStore(t, func(t *testing.T, open snapshotStore) {
		s, _ := open(t)
		other := snapshot.Key{Dataset: "base", ID: 2}
		require.NoError(t, s.Put(t.Context(), other, snapshotOf(5)))
		require.NoError(t, s.Transaction(t.Context(), func(_ *sql.Tx, store snapshot.Store) error {
			require.NoError(t, store.Put(t.Context(), snapshotKey, snapshotOf(3)))
			require.ErrorIs(t, store.Put(t.Context(), other, snapshotOf(4)), snapshot.ErrOlder)
			got, err := store.Get(t.Context(), snapshotKey)
			require.NoError(t, err)
			assert.Equal(t, snapshotOf(3), got)
			claimed, err := store.Get(t.Context(), snapshot.Key{Dataset: "base", ID: 9})
			require.NoError(t, err)
			assert.True(t, claimed.IsZero())
			var ids []int64
			for id, err := range store.Before(t.Context(), "base", snapshotNoon.Add(6)) {
				require.NoError(t, err)
				ids = append(ids, id)
			}
			assert.Equal(t, []int64{1, 2}, ids, "the oldest first, and nobody who is only locked")
			require.ErrorIs(t, store.Put(t.Context(), snapshotKey, snapshot.Snapshot{}), api.ErrInvalid)
			_, err = store.Get(t.Context(), snapshot.Key{})
			require.ErrorIs(t, err, api.ErrInvalid)
			return store.Forget(t.Context(), 2)
		}))
		got, err := s.Get(t.Context(), other)
		require.NoError(t, err)
		assert.True(t, got.IsZero())
	})
}

// TestRowsThatAreDamaged are errors that say whose, and nothing of the record.
func TestRowsThatAreDamaged(t *testing.T) {
	s, db := snapshotsInSQLite(t.TempDir(), "")(t)
	require.NoError(t, s.Put(t.Context(), snapshotKey, snapshotOf(1)))
	for _, change := range []string{"record = 'CANARY'", "record = ''", "taken = -1, record = x'00'", "record = zeroblob(100)"} {
		_, err := db.ExecContext(t.Context(), "UPDATE profile_snapshots SET "+change)
		require.NoError(t, err)
		_, err = s.Get(t.Context(), snapshotKey)
		require.ErrorIs(t, err, snapshot.ErrDamaged, change)
		assert.NotContains(t, err.Error(), "CANARY")
	}
}

// TestTheLogIsEmptied by a Forget, or it says that it could not be.
func TestTheLogIsEmptied(t *testing.T) {
	dir := t.TempDir()
	s, _ := snapshotsInSQLite(dir, "busy_timeout(50)&_pragma=journal_mode(wal)")(t)
	record := bytes.Repeat([]byte("0123456789"), 10)
	require.NoError(t, s.Put(t.Context(), snapshotKey, snapshot.Snapshot{Record: record, Taken: snapshotNoon}))
	_, reader := snapshotsInSQLite(dir, "")(t)
	tx, err := reader.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	var n int
	require.NoError(t, tx.QueryRowContext(t.Context(), "SELECT count(*) FROM profile_snapshots").Scan(&n))
	require.ErrorContains(t, s.Forget(t.Context(), 1), "call Forget again")
	require.NoError(t, tx.Rollback())
	require.NoError(t, s.Forget(t.Context(), 1))
	info, err := os.Stat(filepath.Join(dir, "snapshots.db-wal"))
	require.NoError(t, err)
	assert.Zero(t, info.Size())
}

// TestTheLogIsEmptiedAfterATransaction that forgets somebody; while others read, after one of the next, and no error. If the
// process is killed before that, the next one does it.
func TestTheLogIsEmptiedAfterATransaction(t *testing.T) {
	for _, reads := range []bool{false, true} {
		dir := t.TempDir()
		s, db := snapshotsInSQLite(dir, "busy_timeout(50)&_pragma=journal_mode(wal)")(t)
		put := func(tx *sql.Tx, store snapshot.Store) error {
			return store.Put(t.Context(), snapshotKey, snapshot.Snapshot{Record: []byte("CANARY"), Taken: snapshotNoon})
		}
		require.NoError(t, s.Transaction(t.Context(), put))
		var packed []byte
		require.NoError(t, db.QueryRowContext(t.Context(), "SELECT record FROM profile_snapshots").Scan(&packed))
		holds := func() (holds bool) {
			for _, end := range []string{"", "-wal"} {
				data, err := os.ReadFile(filepath.Join(dir, "snapshots.db"+end))
				require.NoError(t, err)
				holds = holds || bytes.Contains(data, packed)
			}
			return holds
		}
		require.True(t, holds())
		_, reader := snapshotsInSQLite(dir, "")(t)
		var reading *sql.Tx
		if reads {
			var err error
			reading, err = reader.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			var n int
			require.NoError(t, reading.QueryRowContext(t.Context(), "SELECT count(*) FROM profile_snapshots").Scan(&n))
		}
		forget := func(tx *sql.Tx, store snapshot.Store) error {
			return errors.Join(store.Forget(t.Context(), 1),
				store.Put(t.Context(), snapshotKey, snapshot.Snapshot{Record: []byte("none"), Taken: snapshotNoon}))
		}
		require.NoError(t, s.Transaction(t.Context(), forget))
		assert.Equal(t, reads, holds())
		if reads {
			killed := t.TempDir()
			require.NoError(t, os.CopyFS(killed, os.DirFS(dir)))
			require.NoError(t, reading.Rollback())
			require.NoError(t, s.Transaction(t.Context(), forget))
			assert.False(t, holds())
			dir = killed
			require.True(t, holds())
			s, _ = snapshotsInSQLite(dir, withLog)(t)
			require.NoError(t, s.Transaction(t.Context(), func(*sql.Tx, snapshot.Store) error { return nil }))
			assert.False(t, holds())
		}
	}
}
