package prospectnotes_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// fakeDB is a database that knows the statements of a checkpoint, and lines that somebody inserts. A transaction that
// writes holds its lock, as SQLite's and a row of PostgreSQL's do; others read what was committed.
type fakeDB struct {
	writing chan struct{}

	mu         sync.Mutex
	rows       map[string]fakeRow
	lines      []string
	statements []string
	fail       func(statement string) error
}

type fakeRow struct {
	generation int64
	state      string
}

func newFakeDB() *fakeDB {
	return &fakeDB{writing: make(chan struct{}, 1), rows: map[string]fakeRow{}}
}

func (d *fakeDB) open(t testing.TB) *sql.DB {
	t.Helper()
	db := sql.OpenDB(d)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func (d *fakeDB) Connect(context.Context) (driver.Conn, error) { return &fakeConn{db: d}, nil }
func (d *fakeDB) Driver() driver.Driver                        { return nil }

// refused notes a statement.
func (d *fakeDB) refused(statement string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.statements = append(d.statements, statement)
	if d.fail == nil {
		return nil
	}
	return d.fail(statement)
}

// fakeConn is a connection, and its transaction.
type fakeConn struct {
	db    *fakeDB
	inTx  bool
	holds bool // the database's lock, with copies of what is in it
	rows  map[string]fakeRow
	lines []string
}

var errNotHere = errors.New("not here")

func (*fakeConn) Prepare(string) (driver.Stmt, error) { return nil, errNotHere }
func (*fakeConn) Close() error                        { return nil }
func (*fakeConn) Begin() (driver.Tx, error)           { return nil, errNotHere }

func (c *fakeConn) BeginTx(ctx context.Context, _ driver.TxOptions) (driver.Tx, error) {
	if err := errors.Join(ctx.Err(), c.db.refused("BEGIN")); err != nil {
		return nil, err
	}
	c.inTx = true
	return c, nil
}

func (c *fakeConn) Commit() error {
	err := c.db.refused("COMMIT")
	if err == nil && c.holds {
		c.db.mu.Lock()
		c.db.rows, c.db.lines = c.rows, c.lines
		c.db.mu.Unlock()
	}
	_ = c.Rollback()
	return err
}

func (c *fakeConn) Rollback() error {
	if c.holds {
		<-c.db.writing
	}
	c.inTx, c.holds = false, false
	return nil
}

func (c *fakeConn) lock(ctx context.Context) error {
	if c.holds {
		return nil
	}
	select {
	case c.db.writing <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	c.db.mu.Lock()
	defer c.db.mu.Unlock()
	c.holds, c.rows, c.lines = true, maps.Clone(c.db.rows), slices.Clone(c.db.lines)
	return nil
}

func (c *fakeConn) ExecContext(ctx context.Context, statement string, args []driver.NamedValue) (driver.Result, error) {
	if strings.HasPrefix(statement, "CREATE") {
		return driver.RowsAffected(0), c.db.refused(statement)
	}
	if !c.inTx {
		return nil, errNotHere
	}
	if err := c.lock(ctx); err != nil {
		return nil, err
	}
	if err := c.db.refused(statement); err != nil {
		return nil, err
	}
	if statement == "line" {
		c.lines = append(c.lines, args[0].Value.(string))
		return driver.RowsAffected(1), nil
	}
	id := args[2].Value.(string)
	row, there := c.rows[id]
	if strings.HasPrefix(statement, "INSERT") == there || there && row.generation != args[3].Value.(int64) {
		return driver.RowsAffected(0), nil
	}
	c.rows[id] = fakeRow{args[0].Value.(int64), args[1].Value.(string)}
	return driver.RowsAffected(1), nil
}

func (c *fakeConn) QueryContext(ctx context.Context, statement string, args []driver.NamedValue) (driver.Rows, error) {
	if err := errors.Join(ctx.Err(), c.db.refused(statement)); err != nil {
		return nil, err
	}
	c.db.mu.Lock()
	defer c.db.mu.Unlock()
	row, there := c.db.rows[args[0].Value.(string)]
	return &fakeRows{row, there}, nil
}

type fakeRows struct {
	row  fakeRow
	left bool
}

func (*fakeRows) Columns() []string { return []string{"generation", "state"} }
func (*fakeRows) Close() error      { return nil }
func (r *fakeRows) Next(into []driver.Value) error {
	if !r.left {
		return io.EOF
	}
	r.left, into[0], into[1] = false, r.row.generation, r.row.state
	return nil
}
