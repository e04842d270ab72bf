package snapshot

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"
)

// Transaction calls a function with a transaction and a store that works in it, and commits when the function has returned
// nil; after an error or a panic nothing has happened. What the function writes by the transaction, such as the row of a
// person in your own table, and the snapshots that it puts, happen both or not: so what a change led to happens once.
//
// A snapshot that is got in the transaction, one that is not there yet included, is locked until its end: another process
// that gets it in a transaction waits, and then finds the new one. So two do not compare with the same former record. With
// SQLite, the whole database has one transaction of these at a time. Whoever gets several people in one, gets them in the
// order of their IDs, or the database ends one of two transactions that wait for each other.
//
// All that the function does with the database must go through the transaction, and it does not keep the store. PostgreSQL
// runs it at READ COMMITTED. If the commit fails, it is unknown whether it was done: begin anew, and Get tells. What Forget
// deletes in the transaction is gone as [SQL] says; while others read, or if the process ends first, SQLite's log is emptied
// after one of the next transactions, and it is no error.
func (s *SQL) Transaction(ctx context.Context, do func(tx *sql.Tx, store Store) error) (err error) {
	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	options := &sql.TxOptions{}
	if s.dialect == PostgreSQL {
		options.Isolation = sql.LevelReadCommitted
	}
	tx, err := c.BeginTx(ctx, options)
	if err != nil {
		return fmt.Errorf("snapshot: no transaction can be begun: %w", err)
	}
	defer func() { _ = tx.Rollback() }() // without effect once it is committed, and when do panics
	if s.dialect == SQLite {
		// A transaction that has read before it writes cannot wait for another one that writes.
		if _, err := tx.ExecContext(ctx, s.unclaim, 0, ""); err != nil {
			return fmt.Errorf("snapshot: no transaction can be begun: %w", err)
		}
	}
	store := &txStore{sql: s, tx: tx, claimed: make(map[Key]bool)}
	if err := do(tx, store); err != nil {
		return err
	}
	if err := store.giveBack(ctx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("snapshot: the transaction may not have been committed: %w", err)
	}
	s.emptyLater(ctx, c, store.forgot)
	return nil
}

// emptyLater empties the log after a transaction that forgot somebody, or after one of the next while others read: what
// is committed is no error any more. It waits for them once a minute at most. The first transaction of a process empties it
// too, since a former one may have been killed before that.
func (s *SQL) emptyLater(ctx context.Context, q querier, forgot bool) {
	if s.dialect != SQLite {
		return
	}
	s.log.Lock()
	defer s.log.Unlock()
	s.log.full = s.log.full || forgot
	if !s.log.full || !forgot && time.Since(s.log.tried) < time.Minute {
		return
	}
	s.log.full, s.log.tried = s.emptyLog(ctx, q) != nil, time.Now()
}

// txStore is the store in a transaction. With PostgreSQL, a snapshot that is not there is claimed by a row without a time,
// since only rows can be locked.
type txStore struct {
	sql *SQL
	tx  *sql.Tx

	mu      sync.Mutex
	claimed map[Key]bool
	forgot  bool
}

func (s *txStore) Get(ctx context.Context, key Key) (Snapshot, error) {
	if s.sql.dialect == SQLite { // which has one transaction at a time
		return s.sql.getBy(ctx, s.tx, s.sql.get, key)
	}
	if err := key.check(ctx); err != nil {
		return Snapshot{}, err
	}
	result, err := s.tx.ExecContext(ctx, s.sql.claim, key.ID, key.Dataset)
	if err != nil {
		return Snapshot{}, fmt.Errorf("snapshot: a row cannot be locked: %w", err)
	}
	changed, err := result.RowsAffected()
	if err != nil {
		return Snapshot{}, fmt.Errorf("snapshot: a row cannot be locked: %w", err)
	}
	if changed > 0 {
		s.mu.Lock()
		s.claimed[key] = true
		s.mu.Unlock()
	}
	return s.sql.getBy(ctx, s.tx, s.sql.lock, key)
}

func (s *txStore) Put(ctx context.Context, key Key, v Snapshot) error {
	return s.sql.putBy(ctx, s.tx, key, v)
}

func (s *txStore) Forget(ctx context.Context, id int64) error {
	s.mu.Lock()
	s.forgot = true
	s.mu.Unlock()
	return s.sql.forgetBy(ctx, s.tx, id)
}

func (s *txStore) Before(ctx context.Context, dataset string, t time.Time) iter.Seq2[int64, error] {
	return s.sql.beforeBy(ctx, s.tx, dataset, t)
}

// giveBack deletes the claims that nothing was put for.
func (s *txStore) giveBack(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.claimed {
		if _, err := s.tx.ExecContext(ctx, s.sql.unclaim, key.ID, key.Dataset); err != nil {
			return fmt.Errorf("snapshot: a row cannot be given back: %w", err)
		}
	}
	return nil
}
