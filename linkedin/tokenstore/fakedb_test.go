package tokenstore_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
	"sync"
)

// fakeDB is a database that knows the statements of the store.
type fakeDB struct {
	mu         sync.Mutex
	rows       map[string][2]string
	statements []string
	loseCommit bool // the next change is made, and its response lost
	fail       error
}

func (d *fakeDB) open() *sql.DB { return sql.OpenDB(d) }

func (d *fakeDB) Connect(context.Context) (driver.Conn, error) { return conn{d}, nil }
func (d *fakeDB) Driver() driver.Driver                        { return nil }

type conn struct{ *fakeDB }

func (conn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not prepared") }
func (conn) Close() error                        { return nil }
func (conn) Begin() (driver.Tx, error)           { return nil, errors.New("no transaction is needed") }

var errDuplicate, errLost = errors.New("CANARY duplicate key"), errors.New("CANARY connection lost")

func (d conn) ExecContext(_ context.Context, statement string, args []driver.NamedValue) (driver.Result, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.statements = append(d.statements, statement)
	if d.fail != nil {
		return nil, d.fail
	}
	text := func(i int) string { return args[i].Value.(string) }
	changed := int64(0)
	switch {
	case strings.HasPrefix(statement, "CREATE"):
		d.rows = map[string][2]string{}
	case strings.HasPrefix(statement, "INSERT"):
		if _, there := d.rows[text(0)]; there {
			return nil, errDuplicate
		}
		d.rows[text(0)], changed = [2]string{text(1), text(2)}, 1
	case strings.HasPrefix(statement, "UPDATE"):
		if d.rows[text(2)][0] == text(3) {
			d.rows[text(2)], changed = [2]string{text(0), text(1)}, 1
		}
	case strings.HasPrefix(statement, "DELETE"):
		if d.rows[text(0)][0] == text(1) {
			delete(d.rows, text(0))
			changed = 1
		}
	}
	if d.loseCommit {
		d.loseCommit = false
		return nil, errLost
	}
	return driver.RowsAffected(changed), nil
}

func (d conn) QueryContext(_ context.Context, statement string, args []driver.NamedValue) (driver.Rows, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.statements = append(d.statements, statement)
	if d.fail != nil {
		return nil, d.fail
	}
	row, there := d.rows[args[0].Value.(string)]
	return &rows{row: row, left: there}, nil
}

type rows struct {
	row  [2]string
	left bool
}

func (*rows) Columns() []string { return []string{"revision", "token"} }
func (*rows) Close() error      { return nil }
func (r *rows) Next(into []driver.Value) error {
	if !r.left {
		return io.EOF
	}
	r.left = false
	into[0], into[1] = r.row[0], r.row[1]
	return nil
}
