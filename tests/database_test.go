package tests

import (
	"database/sql"
	"fmt"
	"iter"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/export"
)

// database is a real one, empty.
type database struct {
	*sql.DB
	dialect export.Dialect
	schema  string
}

// onEach runs a test on each database.
func onEach(t *testing.T, test func(t *testing.T, db database)) {
	t.Run("SQLite in memory", func(t *testing.T) { test(t, openSQLite(t, ":memory:")) })
	t.Run("SQLite in a file", func(t *testing.T) { test(t, openSQLite(t, filepath.Join(t.TempDir(), "people.db"))) })
	t.Run("PostgreSQL", func(t *testing.T) { test(t, onPostgreSQL(t)) })
}

func openSQLite(t testing.TB, path string) database {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	require.NoError(t, err)
	db.SetMaxOpenConns(1) // each connection would have a memory of its own
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return database{db, export.SQLite, "main"}
}

func onPostgreSQL(t testing.TB) database {
	t.Helper()
	db, schema := openPostgreSQL(t)
	return database{db, export.PostgreSQL, schema}
}

// name is the quoted name of a table.
func (d database) name(table string) string { return `"` + d.schema + `"."` + table + `"` }

// table makes a table.
func (d database) table(t testing.TB, over export.DB, o export.TableOptions) *export.Table {
	t.Helper()
	o.Dialect, o.Schema = d.dialect, d.schema
	if o.Name == "" {
		o.Name = "people"
	}
	w, err := export.NewTable(over, o)
	require.NoError(t, err)
	require.NoError(t, w.Create(t.Context()))
	return w
}

func (d database) run(t testing.TB, statement string, arguments ...any) {
	t.Helper()
	_, err := d.ExecContext(t.Context(), statement, arguments...)
	require.NoError(t, err)
}

// one reads one value.
func one[T any](t testing.TB, d database, query string) (value T) {
	t.Helper()
	require.NoError(t, d.QueryRowContext(t.Context(), query).Scan(&value), query)
	return value
}

func (d database) count(t testing.TB) int {
	return one[int](t, d, "SELECT count(*) FROM "+d.name("people"))
}

func decode(t testing.TB, text string) *employee.BaseRecord {
	t.Helper()
	r, err := employee.Decode[employee.BaseRecord]([]byte(text))
	require.NoError(t, err)
	return r
}

func these(t testing.TB, texts ...string) iter.Seq2[*employee.BaseRecord, error] {
	return func(yield func(*employee.BaseRecord, error) bool) {
		for _, text := range texts {
			if !yield(decode(t, text), nil) {
				return
			}
		}
	}
}

// numbered returns records with the ids from 1 on.
func numbered(t testing.TB, n int) iter.Seq2[*employee.BaseRecord, error] {
	return func(yield func(*employee.BaseRecord, error) bool) {
		for id := 1; id <= n; id++ {
			if !yield(decode(t, fmt.Sprintf(`{"id":%d,"full_name":"Name %[1]d","experience":[{"title":"T%[1]d"},{"title":null}]}`, id)), nil) {
				return
			}
		}
	}
}
