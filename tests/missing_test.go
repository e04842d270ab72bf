package tests

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/export"
)

// open returns a Table that nothing was done with.
func (d database) open(t testing.TB, o export.TableOptions) *export.Table {
	t.Helper()
	o.Dialect, o.Schema = d.dialect, d.schema
	if o.Name == "" {
		o.Name = "people"
	}
	w, err := export.NewTable(d, o)
	require.NoError(t, err)
	return w
}

// TestMissingTableIsNamed with the words of the real drivers, and is made by Create and not by AddColumns.
func TestMissingTableIsNamed(t *testing.T) {
	onEach(t, func(t *testing.T, db database) {
		for _, name := range []string{"people", "People of 2026", `a "quoted" one`, "leute_größer"} {
			w := db.open(t, export.TableOptions{Name: name, Columns: chosen})
			n, err := export.Copy(t.Context(), numbered(t, 3), w)
			require.ErrorIs(t, err, export.ErrNoTable, name)
			require.EqualError(t, err, fmt.Sprintf("export: the batch was not stored: there is no table %q: Create makes it", name))
			assert.Zero(t, n)

			err = db.open(t, export.TableOptions{Name: name, Columns: chosen}).AddColumns(t.Context())
			require.ErrorIs(t, err, export.ErrNoTable, name)
			require.EqualError(t, err, fmt.Sprintf("export: the columns of the table could not be read: there is no table %q: Create makes it", name))

			require.NoError(t, w.Create(t.Context()))
			n, err = export.Copy(t.Context(), numbered(t, 3), w)
			require.NoError(t, err)
			assert.EqualValues(t, 3, n, "those that were kept back are not counted again")
		}
	})
}

// TestColumnsOfAnOlderTable: a table of an earlier program gets the columns that are new.
func TestColumnsOfAnOlderTable(t *testing.T) {
	onEach(t, func(t *testing.T, db database) {
		old := db.table(t, db, export.TableOptions{Columns: chosen[:1]})
		_, err := export.Copy(t.Context(), numbered(t, 2), old)
		require.NoError(t, err)

		w := db.open(t, export.TableOptions{Columns: chosen})
		_, err = export.Copy(t.Context(), numbered(t, 3), w)
		require.EqualError(t, err, `export: the batch was not stored: the table "people" lacks a column: Create names it, AddColumns adds it`)
		require.NotErrorIs(t, err, export.ErrNoTable)

		w = db.open(t, export.TableOptions{Columns: chosen})
		wrong, ok := errors.AsType[*export.ColumnsError](w.Create(t.Context()))
		require.True(t, ok)
		assert.Equal(t, []string{"title", "titles", "followers", "score", "deleted"}, wrong.Missing)
		assert.Empty(t, wrong.Unfit)
		for range 2 {
			require.NoError(t, w.AddColumns(t.Context()))
		}
		require.NoError(t, w.Create(t.Context()))
		assert.Equal(t, 2, one[int](t, db, "SELECT count(*) FROM "+db.name("people")+" WHERE title IS NULL"), "they are NULL in the rows that are there")
		n, err := export.Copy(t.Context(), numbered(t, 3), w)
		require.NoError(t, err)
		assert.EqualValues(t, 3, n)
		assert.Equal(t, 3, one[int](t, db, "SELECT count(title) FROM "+db.name("people")))
	})
}

// TestTableOfSomebodyElse lacks what every table of this package has, which AddColumns does not add.
func TestTableOfSomebodyElse(t *testing.T) {
	onEach(t, func(t *testing.T, db database) {
		db.run(t, "CREATE TABLE "+db.name("people")+" (id bigint PRIMARY KEY, name text)")
		w := db.open(t, export.TableOptions{Columns: chosen})
		for _, err := range []error{w.Create(t.Context()), w.AddColumns(t.Context())} {
			wrong, ok := errors.AsType[*export.ColumnsError](err)
			require.True(t, ok, "%v", err)
			assert.Subset(t, wrong.Missing, []string{"record", "stored_at"})
		}
		_, err := export.Copy(t.Context(), numbered(t, 3), w)
		require.ErrorContains(t, err, `the table "people" lacks a column`)
	})
}

// TestTypesThatDoNotFit are told by PostgreSQL only: SQLite stores anything anywhere.
func TestTypesThatDoNotFit(t *testing.T) {
	db := onPostgreSQL(t)
	db.run(t, "CREATE TABLE "+db.name("people")+" (id bigint PRIMARY KEY, record jsonb, stored_at timestamptz, name integer, titles text)")
	w := db.open(t, export.TableOptions{Columns: chosen})
	for _, err := range []error{w.Create(t.Context()), w.AddColumns(t.Context())} {
		wrong, ok := errors.AsType[*export.ColumnsError](err)
		require.True(t, ok, "%v", err)
		assert.Contains(t, wrong.Unfit, "name")
	}
	assert.Zero(t, db.count(t))
}

// TestTableThatATriggerMisses is not this one: to make this one would not help.
func TestTableThatATriggerMisses(t *testing.T) {
	onEach(t, func(t *testing.T, db database) {
		w := db.table(t, db, export.TableOptions{})
		if db.dialect == export.PostgreSQL {
			db.run(t, "CREATE FUNCTION "+db.name("log")+"() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit_log VALUES (NEW.id); RETURN NEW; END $$")
			db.run(t, "CREATE TRIGGER t AFTER INSERT ON "+db.name("people")+" FOR EACH ROW EXECUTE FUNCTION "+db.name("log")+"()")
		} else {
			db.run(t, "CREATE TRIGGER t AFTER INSERT ON people BEGIN INSERT INTO audit_log VALUES (NEW.id); END")
		}
		_, err := export.Copy(t.Context(), numbered(t, 3), w)
		require.Error(t, err)
		require.NotErrorIs(t, err, export.ErrNoTable)
		assert.NotContains(t, err.Error(), "Create makes it")
	})
}

// TestSchemaThatIsNotThere: Create makes tables, and no schema.
func TestSchemaThatIsNotThere(t *testing.T) {
	db := onPostgreSQL(t)
	db.schema = "nowhere"
	w := db.open(t, export.TableOptions{})
	_, err := export.Copy(t.Context(), numbered(t, 3), w)
	require.ErrorIs(t, err, export.ErrNoTable)
	err = w.Create(t.Context())
	require.Error(t, err)
	assert.Contains(t, err.Error(), "SQLSTATE 3F000")
	assert.True(t, strings.HasPrefix(err.Error(), "export: the table was not made: "))
}
