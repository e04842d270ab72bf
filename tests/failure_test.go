package tests

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/export"
)

// leavingOut makes a table that leaves out whatever record is blamed.
func leavingOut(t testing.TB, db database, over export.DB) *export.Table {
	t.Helper()
	w, err := export.NewTable(over, export.TableOptions{Dialect: db.dialect, Schema: db.schema, Name: "people", Reject: func(err *export.RecordError) error {
		t.Errorf("a record was blamed: %v", err)
		return nil
	}})
	require.NoError(t, err)
	return w
}

// TestClosedDatabaseIsNoRecordsFault: no record may be left out for it.
func TestClosedDatabaseIsNoRecordsFault(t *testing.T) {
	onEach(t, func(t *testing.T, db database) {
		w := leavingOut(t, db, db)
		require.NoError(t, w.Create(t.Context()))
		require.NoError(t, db.Close())
		n, err := export.Copy(t.Context(), numbered(t, 700), w)
		require.Error(t, err)
		assert.Zero(t, n)
	})
}

func TestErrorsOfSQLiteAreToldInWords(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "people.db")
	db := openSQLite(t, path)
	w := leavingOut(t, db, db)
	require.NoError(t, w.Create(t.Context()))
	copied := func(to database) error {
		n, err := export.Copy(t.Context(), numbered(t, 700), leavingOut(t, to, to))
		assert.Zero(t, n)
		return err
	}
	const stored = "export: the batch was not stored: "

	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), "DELETE FROM people")
	require.NoError(t, err)
	require.EqualError(t, copied(openSQLite(t, path+"?_pragma=busy_timeout(1)")), stored+"the database is busy (code 5)")
	require.NoError(t, tx.Rollback())

	require.EqualError(t, copied(openSQLite(t, "file:"+path+"?mode=ro")), stored+"the database is read-only (code 8)")
	db.run(t, "PRAGMA max_page_count = 3")
	require.EqualError(t, copied(db), stored+"the disk or the database is full (code 13)")

	other := filepath.Join(folder, "other.db")
	require.NoError(t, os.WriteFile(other, []byte(strings.Repeat("no database ", 1_000)), 0o600))
	require.EqualError(t, copied(openSQLite(t, other)), stored+"it is not a database (code 26)")
	require.EqualError(t, copied(openSQLite(t, filepath.Join(folder, "missing", "people.db"))), stored+"the database cannot be opened (code 14)")
}

// TestTextOfValuesThatAreNotUTF8: an object in a column of text is mended as a text is.
func TestTextOfValuesThatAreNotUTF8(t *testing.T) {
	onEach(t, func(t *testing.T, db database) {
		w := db.table(t, db, export.TableOptions{Columns: []export.Column{{Name: "value", Path: "v", Unlisted: true}, {Name: "many", Path: "w[*]", Separator: "\xff", Unlisted: true}}})
		n, err := export.Copy(t.Context(), these(t, "{\"id\":1,\"v\":{\"a\xff\":[\"\xfe\"]},\"w\":[[\"\xfd\"],2]}"), w)
		require.NoError(t, err)
		assert.EqualValues(t, 1, n)
		assert.Equal(t, "{\"a\ufffd\":[\"\ufffd\"]}", one[string](t, db, "SELECT value FROM "+db.name("people")))
		assert.Equal(t, "[\"\ufffd\"]\ufffd2", one[string](t, db, "SELECT many FROM "+db.name("people")))
	})
}

// cancelling is a transaction whose caller's context ends when the second batch is in the table.
type cancelling struct {
	*sql.Tx
	batches int
	cancel  context.CancelFunc
}

func (c *cancelling) ExecContext(ctx context.Context, statement string, args ...any) (sql.Result, error) {
	result, err := c.Tx.ExecContext(ctx, statement, args...)
	if strings.HasPrefix(statement, "INSERT") {
		if c.batches++; c.batches == 2 {
			c.cancel()
			return nil, errors.Join(ctx.Err(), err)
		}
	}
	return result, err
}

// TestTransactionOfTheCallerSurvivesTheContext of Copy: it began with another.
func TestTransactionOfTheCallerSurvivesTheContext(t *testing.T) {
	onEach(t, func(t *testing.T, db database) {
		db.table(t, db, export.TableOptions{})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		n, err := export.Copy(ctx, numbered(t, 30), db.table(t, &cancelling{Tx: tx, cancel: cancel}, export.TableOptions{BatchSize: 10}))
		require.ErrorIs(t, err, context.Canceled)
		_, blamed := errors.AsType[*export.RecordError](err)
		assert.False(t, blamed)
		assert.EqualValues(t, 10, n)
		require.NoError(t, tx.Commit())
		assert.Equal(t, 10, db.count(t))
	})
}
