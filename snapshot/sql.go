package snapshot

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"math"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/pronet-go/pronet/api"
)

// Dialect is the language of a database.
type Dialect int

// The dialects. The zero Dialect is none.
const (
	_ Dialect = iota
	// PostgreSQL is PostgreSQL from version 9.5, and what speaks like it.
	PostgreSQL
	// SQLite is SQLite from version 3.24.
	SQLite
)

// DefaultTable is the table of a [SQL] unless another is named.
const DefaultTable = "profile_snapshots"

// SQL keeps the snapshots in a table, for all processes that use the database: a row for each person and dataset, the
// record compressed by gzip. It is the densest store, and the one whose snapshots can be written in a transaction of
// yours: [SQL.Transaction].
//
// With SQLite, open the database with a busy timeout of some seconds (_pragma=busy_timeout(10000) with modernc.org/sqlite),
// so that two that write wait for each other.
//
// What Forget leaves: with SQLite nothing. The store has the pages of deleted rows overwritten (secure_delete, which stays
// switched on for the connections that it has used) and empties the log; while others read for longer than the busy timeout,
// that is an error and Forget is to be called again. With PostgreSQL no query finds the row any more, and its bytes are in
// the files until VACUUM, and in the log until that is recycled. Backups and replicas are yours.
type SQL struct {
	db      *sql.DB
	dialect Dialect

	log struct {
		sync.Mutex
		full  bool // It has what a transaction forgot, or may have what one of a former process did.
		tried time.Time
	}

	create                                         []string
	get, put, forget, before, claim, lock, unclaim string
}

var tableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,56}$`)

// NewSQL returns the store in a table of a database; "" is [DefaultTable]. [SQL.Create] makes the table, or run what
// [SQL.CreateStatements] returns. A name is of up to 57 letters, digits and underscores, and can have that of a schema and a
// dot before it. This module has no driver: bring one.
//
// The error is [api.ErrInvalid].
func NewSQL(db *sql.DB, dialect Dialect, table string) (*SQL, error) {
	if table == "" {
		table = DefaultTable
	}
	names := strings.Split(table, ".")
	for i, name := range names {
		if !tableName.MatchString(name) || len(names) > 2 {
			return nil, fmt.Errorf("snapshot: %.80q is not the name of a table: %w", table, api.ErrInvalid)
		}
		names[i] = `"` + name + `"`
	}
	index := `"` + strings.Trim(names[len(names)-1], `"`) + `_taken"`
	on := names[len(names)-1]
	switch {
	case db == nil:
		return nil, fmt.Errorf("snapshot: the database is nil: %w", api.ErrInvalid)
	case dialect == PostgreSQL:
		on = strings.Join(names, ".") // an index is where its table is
	case dialect != SQLite:
		return nil, fmt.Errorf("snapshot: there is no dialect %d: %w", dialect, api.ErrInvalid)
	case len(names) == 2:
		index = names[0] + "." + index
	}
	replace := []string{"TABLE_", strings.Join(names, "."), "INDEX_", index, "ON_", on, "BYTES_", "BYTEA"}
	if dialect == SQLite {
		replace = append(replace[:6], "BYTES_", "BLOB", "$1", "?1", "$2", "?2", "$3", "?3", "$4", "?4")
	}
	write := strings.NewReplacer(replace...).Replace
	store := &SQL{
		db: db, dialect: dialect,
		create: []string{
			write("CREATE TABLE IF NOT EXISTS TABLE_ (id BIGINT NOT NULL, dataset VARCHAR(32) NOT NULL, taken BIGINT NOT NULL, record BYTES_ NOT NULL, PRIMARY KEY (id, dataset))"),
			write("CREATE INDEX IF NOT EXISTS INDEX_ ON ON_ (dataset, taken, id)"),
		},
		get: write("SELECT taken, record FROM TABLE_ WHERE id = $1 AND dataset = $2"),
		put: write("INSERT INTO TABLE_ AS old (id, dataset, taken, record) VALUES ($1, $2, $3, $4) ON CONFLICT (id, dataset) " +
			"DO UPDATE SET taken = excluded.taken, record = excluded.record WHERE old.taken <= excluded.taken"),
		forget:  write("DELETE FROM TABLE_ WHERE id = $1"),
		before:  write("SELECT taken, id FROM TABLE_ WHERE dataset = $1 AND (taken, id) > ($2, $3) AND taken < $4 ORDER BY taken, id LIMIT 500"),
		claim:   write("INSERT INTO TABLE_ (id, dataset, taken, record) VALUES ($1, $2, 0, '') ON CONFLICT DO NOTHING"),
		lock:    write("SELECT taken, record FROM TABLE_ WHERE id = $1 AND dataset = $2 FOR UPDATE"),
		unclaim: write("DELETE FROM TABLE_ WHERE id = $1 AND dataset = $2 AND taken = 0"),
	}
	store.log.full = true
	return store, nil
}

// CreateStatements returns the statements that make the table and its index if there are none, for a migration.
func (s *SQL) CreateStatements() []string { return append([]string(nil), s.create...) }

// Create makes the table and its index if there are none.
func (s *SQL) Create(ctx context.Context) error {
	for _, statement := range s.create {
		if _, err := s.db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("snapshot: the table cannot be made: %w", err)
		}
	}
	return nil
}

// querier is a database, one connection to it, or a transaction.
type querier interface {
	ExecContext(ctx context.Context, statement string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Get implements [Store].
func (s *SQL) Get(ctx context.Context, key Key) (Snapshot, error) {
	return s.getBy(ctx, s.db, s.get, key)
}

func (s *SQL) getBy(ctx context.Context, q querier, query string, key Key) (Snapshot, error) {
	if err := key.check(ctx); err != nil {
		return Snapshot{}, err
	}
	var e entry
	err := q.QueryRowContext(ctx, query, key.ID, key.Dataset).Scan(&e.taken, &e.packed)
	switch {
	case errors.Is(err, sql.ErrNoRows) || err == nil && e.taken == 0: // claimed
		return Snapshot{}, nil
	case err != nil:
		return Snapshot{}, fmt.Errorf("snapshot: a row cannot be read: %w", err)
	}
	found, err := e.snapshot()
	if err == nil {
		err = found.check() // the time too
	}
	if err != nil {
		return Snapshot{}, fmt.Errorf("snapshot: the row of %d in %s: %w", key.ID, key.Dataset, ErrDamaged)
	}
	return found, nil
}

// Put implements [Store].
func (s *SQL) Put(ctx context.Context, key Key, v Snapshot) error {
	return s.write(ctx, func(q querier) error { return s.putBy(ctx, q, key, v) })
}

func (s *SQL) putBy(ctx context.Context, q querier, key Key, v Snapshot) error {
	if err := errors.Join(key.check(ctx), v.check()); err != nil {
		return err
	}
	result, err := q.ExecContext(ctx, s.put, key.ID, key.Dataset, v.Taken.UnixNano(), compress(v.Record))
	if err != nil {
		return fmt.Errorf("snapshot: a row cannot be written: %w", err)
	}
	changed, err := result.RowsAffected()
	if err == nil && changed == 0 {
		err = ErrOlder
	}
	return err
}

// Forget implements [Store].
func (s *SQL) Forget(ctx context.Context, id int64) error {
	return s.write(ctx, func(q querier) error {
		if err := s.forgetBy(ctx, q, id); err != nil || s.dialect != SQLite {
			return err
		}
		return s.emptyLog(ctx, q)
	})
}

// emptyLog writes what is in SQLite's log into the database, and leaves the log empty.
func (s *SQL) emptyLog(ctx context.Context, q querier) error {
	var busy, pages, moved int
	if err := q.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved); err != nil || busy != 0 {
		return errors.Join(errors.New("snapshot: the person's rows are deleted, but the database's log cannot be emptied while others use it: call Forget again"), err)
	}
	return nil
}

func (s *SQL) forgetBy(ctx context.Context, q querier, id int64) error {
	if err := errors.Join(checkID(id), ctx.Err()); err != nil {
		return err
	}
	if _, err := q.ExecContext(ctx, s.forget, id); err != nil {
		return fmt.Errorf("snapshot: rows cannot be deleted: %w", err)
	}
	return nil
}

// write calls do with a connection that overwrites what it deletes.
func (s *SQL) write(ctx context.Context, do func(q querier) error) error {
	if s.dialect != SQLite {
		return do(s.db)
	}
	c, err := s.connect(ctx)
	if err != nil {
		return err
	}
	return errors.Join(do(c), c.Close())
}

func (s *SQL) connect(ctx context.Context) (*sql.Conn, error) {
	c, err := s.db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("snapshot: there is no connection: %w", err)
	}
	if s.dialect == SQLite {
		if _, err := c.ExecContext(ctx, "PRAGMA secure_delete = ON"); err != nil {
			return nil, errors.Join(fmt.Errorf("snapshot: deleted rows cannot be overwritten: %w", err), c.Close())
		}
	}
	return c, nil
}

// Before implements [Store]. The oldest come first. No query is open while the loop's body runs.
func (s *SQL) Before(ctx context.Context, dataset string, t time.Time) iter.Seq2[int64, error] {
	return s.beforeBy(ctx, s.db, dataset, t)
}

func (s *SQL) beforeBy(ctx context.Context, q querier, dataset string, t time.Time) iter.Seq2[int64, error] {
	return func(yield func(int64, error) bool) {
		if err := errors.Join(checkDataset(dataset), ctx.Err()); err != nil {
			yield(0, err)
			return
		}
		end := int64(math.MaxInt64)
		if t.Before(lastTaken) {
			end = max(t.Unix(), 0) * int64(time.Second)
			if t.After(firstTaken) {
				end = t.UnixNano()
			}
		}
		last := row{id: math.MaxInt64} // behind what is claimed
		for {
			page, err := s.page(ctx, q, dataset, last, end)
			for _, last = range page {
				if !yield(last.id, nil) {
					return
				}
			}
			if err != nil {
				yield(0, err)
			}
			if err != nil || len(page) == 0 {
				return
			}
		}
	}
}

// row is a place in the order of Before.
type row struct{ taken, id int64 }

func (s *SQL) page(ctx context.Context, q querier, dataset string, last row, end int64) (page []row, err error) {
	rows, err := q.QueryContext(ctx, s.before, dataset, last.taken, last.id, end)
	if err != nil {
		return nil, fmt.Errorf("snapshot: rows cannot be read: %w", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.taken, &r.id); err != nil {
			return page, fmt.Errorf("snapshot: a row cannot be read: %w", err)
		}
		page = append(page, r)
	}
	if err := rows.Err(); err != nil {
		return page, fmt.Errorf("snapshot: rows cannot be read: %w", err)
	}
	return page, nil
}
