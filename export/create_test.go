package export_test

import (
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/export"
)

var update = flag.Bool("update", false, "write the golden files")

var chosen = []export.Column{
	{Name: "name", Path: "full_name"},
	{Name: "n\"a`me'; DROP TABLE people; --", Path: "id", Type: export.Integer},
	{Name: "score", Type: export.Real},
	{Name: "deleted", Type: export.Boolean},
	{Name: "titles", Path: "experience[*].title", Type: export.JSON},
}

// TestStatements compares every statement of each dialect with its golden file. Those of SQLite and PostgreSQL are run by
// the tests of the module tests; MySQL's are only compared.
func TestStatements(t *testing.T) {
	for name, d := range map[string]export.Dialect{"postgresql": export.PostgreSQL, "sqlite": export.SQLite, "mysql": export.MySQL} {
		f := &fakeDB{columns: [][2]string{{"id", ""}, {"record", ""}, {"stored_at", ""}, {"name", ""}, {"score", ""}}}
		w := table(t, f, export.TableOptions{Dialect: d, Schema: "crm", Name: `pe"op` + "`le", Columns: chosen})
		require.NoError(t, w.AddColumns(t.Context()))
		_, err := export.Copy(t.Context(), numbered(2), w)
		require.NoError(t, err)
		got := w.CreateStatement() + ";\n" + strings.Join(f.executed, ";\n") + ";\n"
		golden := "testdata/" + name + ".sql"
		if *update {
			require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
		}
		want, err := os.ReadFile(golden)
		require.NoError(t, err)
		assert.Equal(t, string(want), got)
	}
}

func TestCreate(t *testing.T) {
	own := [][2]string{{"id", "int8"}, {"record", "jsonb"}, {"stored_at", "timestamptz"}}
	whole := append(own[:3:3], [2]string{"a", "text"}, [2]string{"Bc", "int8"})
	columns := []export.Column{{Name: "a"}, {Name: "Bc", Type: export.Integer}}
	for name, c := range map[string]struct {
		dialect        export.Dialect
		columns        [][2]string
		missing, unfit []string
	}{
		"as it should be":    {export.PostgreSQL, whole, nil, nil},
		"a column more":      {export.PostgreSQL, append(whole[:5:5], [2]string{"more", "X"}), nil, nil},
		"missing":            {export.PostgreSQL, own, []string{"a", "Bc"}, nil},
		"another case":       {export.PostgreSQL, append(own[:3:3], [2]string{"A", "text"}, [2]string{"bc", "int8"}), []string{"a", "Bc"}, nil},
		"case of SQLite":     {export.SQLite, append(own[:3:3], [2]string{"A", "text"}, [2]string{"bc", "int8"}), nil, nil},
		"another type":       {export.PostgreSQL, append(own[:3:3], [2]string{"a", "int8"}, [2]string{"Bc", "text"}), nil, []string{"a"}},
		"types of SQLite":    {export.SQLite, append(own[:3:3], [2]string{"a", "int8"}, [2]string{"Bc", "text"}), nil, nil},
		"a type of its own":  {export.PostgreSQL, append(own[:3:3], [2]string{"a", "citext"}, [2]string{"Bc", ""}), nil, nil},
		"no export's at all": {export.PostgreSQL, whole[3:], []string{"id", "record", "stored_at"}, nil},
	} {
		w := table(t, &fakeDB{columns: c.columns}, export.TableOptions{Dialect: c.dialect, Columns: columns})
		err := w.Create(t.Context())
		if c.missing == nil && c.unfit == nil {
			require.NoError(t, err, name)
			continue
		}
		wrong, ok := errors.AsType[*export.ColumnsError](err)
		require.True(t, ok, name)
		assert.Equal(t, c.missing, wrong.Missing, name)
		assert.Equal(t, c.unfit, wrong.Unfit, name)
		require.ErrorIs(t, err, api.ErrConflict)
		for _, column := range append(c.missing, c.unfit...) {
			assert.Contains(t, err.Error(), column)
		}
	}
}

func TestAddColumns(t *testing.T) {
	f := &fakeDB{columns: [][2]string{{"id", ""}, {"record", ""}, {"stored_at", ""}}}
	w := table(t, f, export.TableOptions{Columns: export.Columns("a")})
	require.NoError(t, w.AddColumns(t.Context()))
	assert.Equal(t, `ALTER TABLE "people" ADD COLUMN "a" TEXT`, f.executed[1])
	f.columns = f.columns[1:]
	_, ok := errors.AsType[*export.ColumnsError](w.AddColumns(t.Context()))
	assert.True(t, ok, "a table without an ID is another one")
}

func TestCreateFails(t *testing.T) {
	for _, at := range []string{"CREATE", "SELECT", "ALTER"} {
		f := &fakeDB{columns: [][2]string{{"id", ""}, {"record", ""}, {"stored_at", ""}}, refuse: func(s string, _ []int64) error {
			if strings.HasPrefix(s, at) {
				return stated{"42501"}
			}
			return nil
		}}
		w := table(t, f, export.TableOptions{Columns: export.Columns("a")})
		err := w.Create(t.Context())
		if at == "ALTER" {
			err = w.AddColumns(t.Context())
		}
		require.ErrorIs(t, err, stated{"42501"})
		assert.NotContains(t, err.Error(), "CANARY")
		assert.Contains(t, err.Error(), "SQLSTATE 42501")
	}
}
