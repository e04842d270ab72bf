package export_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// stated is an error as the drivers of PostgreSQL give it, coded as those of SQLite do.
type stated struct{ state string }

func (s stated) Error() string    { return "CANARY " + s.state }
func (s stated) SQLState() string { return s.state }

type coded int

func (c coded) Error() string { return "CANARY" }
func (c coded) Code() int     { return int(c) }

// small has a code of another kind of integer, as other drivers of SQLite.
type small uint8

func (s small) Error() string { return "CANARY" }
func (s small) Code() small   { return s }

// coding is an error as ncruces' driver of SQLite gives it, which is a net.Error as well.
type coding struct{ code small }

func (c *coding) Error() string   { return "CANARY" }
func (c *coding) Code() small     { return c.code }
func (c *coding) Temporary() bool { return c.code == 5 }
func (c *coding) Timeout() bool   { return false }

// fieldCoded has its code in a field, as mattn's driver of SQLite.
type fieldCoded struct {
	Code         number
	ExtendedCode number
}

type number int

func (f fieldCoded) Error() string { return "CANARY" }

// Errors that have a Code, but no code of SQLite.
type (
	textCoded  struct{ Code string }
	worded     struct{}
	hiddenCode struct{ code int }
	nowhere    struct{ *inner }
	inner      struct{ Code int }
)

func (nowhere) Error() string                 { return "CANARY" }
func (textCoded) Error() string               { return "CANARY" }
func (worded) Error() string                  { return "CANARY" }
func (worded) Code(int) (code int, err error) { return 19, nil }
func (h *hiddenCode) Error() string           { return "CANARY" }

// fielded is an error as MySQL's driver gives it.
type fielded struct {
	Number   uint16
	SQLState [5]byte
}

func (f *fielded) Error() string { return "CANARY" }

func ofMySQL(number uint16, state string) error {
	f := &fielded{Number: number}
	copy(f.SQLState[:], state)
	return f
}

var errConnection = driver.ErrBadConn

// fakeDB is a database that knows the statements of a table: it has rows, transactions and savepoints, and refuses what a
// test says.
type fakeDB struct {
	perRow   int
	columns  [][2]string // names and types that a look at the table shows
	refuse   func(statement string, ids []int64) error
	commit   error
	rows     map[int64][]driver.Value
	saved    []map[int64][]driver.Value
	executed []string
	batches  [][]int64
	settle   func(t testing.TB) // waits for what still runs, such as the end of a transaction whose context ended
}

func (f *fakeDB) open(t testing.TB) *sql.DB {
	t.Helper()
	f.rows = map[int64][]driver.Value{}
	db := sql.OpenDB(f)
	db.SetMaxOpenConns(1) // it is one connection
	f.settle = func(t testing.TB) { require.NoError(t, db.PingContext(t.Context())) }
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

func (f *fakeDB) Connect(context.Context) (driver.Conn, error) { return f, nil }
func (f *fakeDB) Driver() driver.Driver                        { return nil }
func (f *fakeDB) Prepare(string) (driver.Stmt, error)          { return nil, errors.New("not here") }
func (f *fakeDB) Close() error                                 { return nil }
func (f *fakeDB) Begin() (driver.Tx, error)                    { return nil, errors.New("not here") }

func (f *fakeDB) BeginTx(ctx context.Context, _ driver.TxOptions) (driver.Tx, error) {
	if err := f.refused("BEGIN", nil); err != nil {
		return nil, err
	}
	f.saved = append(f.saved, maps.Clone(f.rows))
	return f, ctx.Err()
}

func (f *fakeDB) Commit() error {
	if f.commit != nil {
		f.rows = f.saved[0]
	}
	f.saved = nil
	return f.commit
}

func (f *fakeDB) Rollback() error {
	f.rows, f.saved = f.saved[0], nil
	return nil
}

func (f *fakeDB) refused(statement string, ids []int64) error {
	if f.refuse == nil {
		return nil
	}
	return f.refuse(statement, ids)
}

func (f *fakeDB) ExecContext(ctx context.Context, statement string, args []driver.NamedValue) (driver.Result, error) {
	f.executed = append(f.executed, statement)
	var ids []int64
	for i := 0; i < len(args); i += max(1, f.perRow) {
		ids = append(ids, args[i].Value.(int64))
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := f.refused(statement, ids); err != nil {
		return nil, err
	}
	switch {
	case strings.HasPrefix(statement, "SAVEPOINT"):
		f.saved = append(f.saved, maps.Clone(f.rows))
	case strings.HasPrefix(statement, "ROLLBACK TO"):
		f.rows = maps.Clone(f.saved[len(f.saved)-1])
	case strings.HasPrefix(statement, "RELEASE"):
		f.saved = f.saved[:len(f.saved)-1]
	case strings.HasPrefix(statement, "INSERT"):
		f.batches = append(f.batches, ids)
		for i := 0; i < len(args); i += f.perRow {
			values := []driver.Value{}
			for _, a := range args[i : i+f.perRow] {
				values = append(values, a.Value)
			}
			f.rows[ids[i/f.perRow]] = values
		}
	}
	return driver.RowsAffected(len(ids)), nil
}

func (f *fakeDB) QueryContext(_ context.Context, statement string, _ []driver.NamedValue) (driver.Rows, error) {
	f.executed = append(f.executed, statement)
	if err := f.refused(statement, nil); err != nil {
		return nil, err
	}
	return &columnRows{db: f, listed: strings.Contains(statement, "pg_attribute")}, nil
}

// columnRows are the columns of the table: as rows, or as columns without rows.
type columnRows struct {
	db     *fakeDB
	listed bool
	next   int
}

func (r *columnRows) Columns() []string {
	if r.listed {
		return []string{"attname", "typname"}
	}
	names := []string{}
	for _, c := range r.db.columns {
		names = append(names, c[0])
	}
	return names
}

func (r *columnRows) ColumnTypeDatabaseTypeName(i int) string {
	if r.listed {
		return "TEXT"
	}
	return r.db.columns[i][1]
}

func (r *columnRows) Close() error { return nil }

func (r *columnRows) Next(into []driver.Value) error {
	if !r.listed || r.next == len(r.db.columns) {
		return io.EOF
	}
	into[0], into[1] = r.db.columns[r.next][0], r.db.columns[r.next][1]
	r.next++
	return nil
}
