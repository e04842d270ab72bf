package export_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/export"
)

// table opens a table of a fake database.
func table(t testing.TB, f *fakeDB, o export.TableOptions) *export.Table {
	t.Helper()
	f.perRow = 2 + len(o.Columns)
	if o.Dialect == 0 {
		o.Dialect = export.SQLite
	}
	if o.Name == "" {
		o.Name = "people"
	}
	w, err := export.NewTable(f.open(t), o)
	require.NoError(t, err)
	return w
}

func TestTableWritesInBatches(t *testing.T) {
	f := &fakeDB{}
	w := table(t, f, export.TableOptions{BatchSize: 4})
	n, err := export.Copy(t.Context(), numbered(10), w)
	require.NoError(t, err)
	assert.EqualValues(t, 10, n)
	assert.Len(t, f.rows, 10)
	assert.Equal(t, [][]int64{{1, 2, 3, 4}, {5, 6, 7, 8}, {9, 10}}, f.batches)
	assert.Equal(t, `{"id":7,"name":"n7"}`, f.rows[7][1])

	n, err = export.Copy(t.Context(), numbered(10), w)
	require.NoError(t, err)
	assert.EqualValues(t, 10, n)
	assert.Len(t, f.rows, 10, "again changes nothing")
	require.NoError(t, w.Flush(t.Context()), "with nothing kept back")
}

func TestTableBatchesAreBoundedByBytesAndParameters(t *testing.T) {
	f := &fakeDB{}
	w := table(t, f, export.TableOptions{BatchBytes: 45})
	_, err := export.Copy(t.Context(), numbered(5), w)
	require.NoError(t, err)
	assert.Equal(t, [][]int64{{1, 2}, {3, 4}, {5}}, f.batches)

	f = &fakeDB{}
	w = table(t, f, export.TableOptions{BatchBytes: 1})
	_, err = export.Copy(t.Context(), numbered(2), w)
	require.NoError(t, err)
	assert.Equal(t, [][]int64{{1}, {2}}, f.batches, "a larger record goes alone")

	columns := make([]export.Column, 998)
	for i := range columns {
		columns[i] = export.Column{Name: fmt.Sprintf("c%d", i), Path: "id", Type: export.Integer}
	}
	f = &fakeDB{}
	w = table(t, f, export.TableOptions{Columns: columns})
	_, err = export.Copy(t.Context(), numbered(33), w)
	require.NoError(t, err)
	assert.Len(t, f.batches[0], 32, "32 rows of 1,000 values are less than 32,766")
	assert.Equal(t, int64(33), f.rows[33][999])
}

func TestTableKeepsTheLastOfAProfileInABatch(t *testing.T) {
	f := &fakeDB{}
	w := table(t, f, export.TableOptions{BatchSize: 3})
	for _, r := range []plain{{id: 1, text: `{"v":1}`}, {id: 2, text: `{"v":2}`}, {id: 1, text: `{"v":3}`}, {id: 3, text: `{"v":4}`}, {id: 1, text: `{"v":5}`}} {
		require.NoError(t, w.Write(t.Context(), r))
	}
	require.NoError(t, w.Flush(t.Context()))
	assert.Equal(t, [][]int64{{1, 2, 3}, {1}}, f.batches)
	assert.Equal(t, `{"v":5}`, f.rows[1][1])
	assert.EqualValues(t, 5, w.Stored())

	for range 50_000 {
		require.NoError(t, w.Write(t.Context(), plain{id: 9, text: `{"v":9}`}))
	}
	require.NoError(t, w.Flush(t.Context()))
	assert.EqualValues(t, 50_005, w.Stored())
	assert.Len(t, f.batches, 3)
}

// refusing refuses inserts that have one of the ids.
func refusing(cause error, bad ...int64) func(string, []int64) error {
	return func(statement string, ids []int64) error {
		if strings.HasPrefix(statement, "INSERT") && slices.ContainsFunc(ids, func(id int64) bool { return slices.Contains(bad, id) }) {
			return cause
		}
		return nil
	}
}

func TestTableNamesTheRecordThatIsRefused(t *testing.T) {
	for _, cause := range []error{
		stated{"22P05"},
		stated{"23514"},
		stated{"54001"},
		stated{"P0001"},
		coded(18), coded(20), coded(19 | 5<<8), small(19), &coding{19},
		fieldCoded{Code: 19},
		fmt.Errorf("%w", fmt.Errorf("%w and %w", errors.New("other"), fieldCoded{Code: 19})), ofMySQL(0, "22032"), ofMySQL(1366, "HY000"), ofMySQL(3819, "HY000"),
	} {
		for bad := int64(1); bad <= 10; bad++ {
			f := &fakeDB{refuse: refusing(cause, bad)}
			w := table(t, f, export.TableOptions{})
			n, err := export.Copy(t.Context(), numbered(10), w)
			wrong, ok := errors.AsType[*export.RecordError](err)
			require.True(t, ok, "%v", err)
			assert.Equal(t, bad, wrong.ID)
			require.ErrorIs(t, err, cause)
			assert.NotContains(t, err.Error(), "CANARY")
			assert.Equal(t, bad-1, n, "those before it are stored")
			assert.Len(t, f.rows, int(bad-1))

			f.refuse = nil
			require.NoError(t, w.Flush(t.Context()), "the rest was kept")
			assert.Len(t, f.rows, 10)
			assert.EqualValues(t, 10, w.Stored())
		}
	}
}

func TestTableLeavesOutWhatIsRejected(t *testing.T) {
	var out []int64
	f := &fakeDB{refuse: refusing(stated{"22P02"}, 3, 4, 9)}
	w := table(t, f, export.TableOptions{BatchSize: 8, Reject: func(err *export.RecordError) error {
		out = append(out, err.ID)
		return nil
	}})
	require.NoError(t, w.Write(t.Context(), plain{id: -1, text: "{}"}))
	require.NoError(t, w.Write(t.Context(), plain{id: 100, text: "[]"}))
	n, err := export.Copy(t.Context(), numbered(12), w)
	require.NoError(t, err)
	assert.EqualValues(t, 9, n)
	assert.Equal(t, []int64{-1, 100, 3, 4, 9}, out)
	stop := errors.New("enough")
	w = table(t, &fakeDB{}, export.TableOptions{Reject: func(*export.RecordError) error { return stop }})
	require.ErrorIs(t, w.Write(t.Context(), plain{text: "{}"}), stop)
}

func TestTableBlamesNoRecordForTheDatabase(t *testing.T) {
	for want, cause := range map[string]error{
		"export: the batch was not stored: the database refused it (SQLSTATE 42P01)":        stated{"42P01"},
		"export: the batch was not stored: the database refused it (SQLSTATE 40001)":        stated{"40001"},
		"export: the batch was not stored: the database refused it (SQLSTATE 42S02)":        fmt.Errorf("CANARY: %w", ofMySQL(1146, "42S02")),
		"export: the batch was not stored: the database refused it (SQLSTATE 57P01)":        stated{"57P01"},
		"export: the batch was not stored: the database refused it (SQLSTATE HY000)":        ofMySQL(1205, "HY000"),
		"export: the batch was not stored: the database is busy (code 5)":                   coded(5),
		"export: the batch was not stored: the database is read-only (code 776)":            coded(8 | 3<<8),
		"export: the batch was not stored: its disk failed (code 10)":                       &coding{10},
		"export: the batch was not stored: the database is damaged (code 11)":               coded(11),
		"export: the batch was not stored: the disk or the database is full (code 13)":      fieldCoded{Code: 13},
		"export: the batch was not stored: the database cannot be opened (code 14)":         coded(14),
		"export: the batch was not stored: it is not a database (code 26)":                  coded(26),
		"export: the batch was not stored: the database refused it (code 1)":                small(1),
		"export: the batch was not stored: it was refused; Unwrap has the reason":           errors.New("CANARY"),
		"export: the batch was not stored: the connection to the database failed":           sql.ErrConnDone,
		"export: the batch was not stored: the context's deadline passed or leaves no time": context.DeadlineExceeded,
	} {
		f := &fakeDB{refuse: refusing(cause, 2)}
		w := table(t, f, export.TableOptions{})
		n, err := export.Copy(t.Context(), numbered(3), w)
		require.ErrorIs(t, err, cause)
		assert.Equal(t, want, err.Error())
		assert.Zero(t, n)
		assert.Empty(t, f.batches, "nothing is tried in parts")
		f.refuse = nil
		require.NoError(t, w.Flush(t.Context()), "what was kept is stored by the next call")
		assert.Len(t, f.rows, 3)
	}
	f := &fakeDB{commit: stated{"08006"}}
	w := table(t, f, export.TableOptions{})
	n, err := export.Copy(t.Context(), numbered(3), w)
	require.ErrorIs(t, err, f.commit)
	assert.Zero(t, n)
	f = &fakeDB{refuse: func(s string, _ []int64) error {
		if s == "BEGIN" {
			return stated{"53300"}
		}
		return nil
	}}
	_, err = export.Copy(t.Context(), numbered(3), table(t, f, export.TableOptions{BatchSize: 1}))
	require.ErrorIs(t, err, stated{"53300"})
}

func TestTableRollsBackTheOpenBatchWhenTheContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := &fakeDB{}
	w := table(t, f, export.TableOptions{BatchSize: 4})
	n, err := export.Copy(ctx, func(yield func(plain, error) bool) {
		for r, err := range numbered(10) {
			if r.id == 7 {
				cancel()
			}
			if !yield(r, err) {
				return
			}
		}
	}, w)
	require.ErrorIs(t, err, context.Canceled)
	assert.EqualValues(t, 4, n)
	assert.Len(t, f.rows, 4)

	ctx, cancel = context.WithCancel(t.Context())
	f = &fakeDB{refuse: func(s string, _ []int64) error {
		if strings.HasPrefix(s, "INSERT") {
			cancel() // in the middle of the statement
			return errors.New("interrupted")
		}
		return nil
	}}
	w = table(t, f, export.TableOptions{})
	n, err = export.Copy(ctx, numbered(10), w)
	require.ErrorIs(t, err, context.Canceled)
	_, blamed := errors.AsType[*export.RecordError](err)
	assert.False(t, blamed)
	assert.Zero(t, n)
	f.settle(t)
	assert.Empty(t, f.rows)
}

func TestTableInATransactionOfTheCaller(t *testing.T) {
	f := &fakeDB{perRow: 2, refuse: refusing(stated{"22P05"}, 3)}
	tx, err := f.open(t).BeginTx(t.Context(), nil)
	require.NoError(t, err)
	w, err := export.NewTable(tx, export.TableOptions{Dialect: export.PostgreSQL, Name: "people"})
	require.NoError(t, err)
	_, err = export.Copy(t.Context(), numbered(4), w)
	wrong, ok := errors.AsType[*export.RecordError](err)
	require.True(t, ok)
	assert.EqualValues(t, 3, wrong.ID)
	assert.Len(t, f.rows, 2, "the transaction is usable, and has what came before")
	require.NoError(t, tx.Rollback())
	assert.Empty(t, f.rows)
}

// TestTableLeavesATransactionUsableWhenTheContextEnds: the transaction began with another context, which goes on.
func TestTableLeavesATransactionUsableWhenTheContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := &fakeDB{perRow: 2}
	tx, err := f.open(t).BeginTx(t.Context(), nil)
	require.NoError(t, err)
	w, err := export.NewTable(tx, export.TableOptions{Dialect: export.SQLite, Name: "people", BatchSize: 2})
	require.NoError(t, err)
	f.refuse = func(s string, ids []int64) error {
		if strings.HasPrefix(s, "INSERT") && ids[0] == 3 {
			cancel() // in the middle of the second batch
			return errors.New("interrupted")
		}
		return nil
	}
	n, err := export.Copy(ctx, numbered(4), w)
	require.ErrorIs(t, err, context.Canceled)
	assert.EqualValues(t, 2, n)
	assert.Equal(t, []string{"ROLLBACK TO SAVEPOINT pronet_export", "RELEASE SAVEPOINT pronet_export"}, f.executed[len(f.executed)-2:])
	f.refuse = nil
	require.NoError(t, w.Flush(t.Context()), "the batch was kept")
	require.NoError(t, tx.Commit())
	assert.Len(t, f.rows, 4)
}

func TestTableInATransactionThatIsLost(t *testing.T) {
	for _, at := range []string{"SAVEPOINT", "ROLLBACK TO", "RELEASE"} {
		f := &fakeDB{perRow: 2}
		tx, err := f.open(t).BeginTx(t.Context(), nil)
		require.NoError(t, err)
		w, err := export.NewTable(tx, export.TableOptions{Dialect: export.MySQL, Name: "people"})
		require.NoError(t, err)
		f.refuse = func(s string, _ []int64) error {
			if strings.HasPrefix(s, at) || at == "ROLLBACK TO" && strings.HasPrefix(s, "INSERT") {
				return errors.New("CANARY lost")
			}
			return nil
		}
		n, err := export.Copy(t.Context(), numbered(1), w)
		require.Error(t, err, at)
		assert.NotContains(t, err.Error(), "CANARY")
		_, blamed := errors.AsType[*export.RecordError](err)
		assert.False(t, blamed, at)
		assert.Zero(t, n)
	}
}

func TestTableRefusesRecordsWithoutANumber(t *testing.T) {
	w := table(t, &fakeDB{}, export.TableOptions{})
	for _, r := range []plain{{id: 0, text: "{}"}, {id: -5, text: "{}"}, {id: 1, text: "{"}, {id: 1, text: `{"a":1}{}`}, {id: 1, err: errors.New("own")}} {
		err := w.Write(t.Context(), r)
		wrong, ok := errors.AsType[*export.RecordError](err)
		require.True(t, ok)
		assert.Equal(t, r.id, wrong.ID)
	}
	require.NoError(t, w.Flush(t.Context()))
	assert.Zero(t, w.Stored())
}

func TestNewTableRefuses(t *testing.T) {
	db := (&fakeDB{}).open(t)
	columns := func(c ...export.Column) export.TableOptions {
		return export.TableOptions{Dialect: export.PostgreSQL, Name: "people", Columns: c}
	}
	named := func(d export.Dialect, name string) export.TableOptions {
		return export.TableOptions{Dialect: d, Name: name}
	}
	for name, o := range map[string]export.TableOptions{
		"no dialect":      {Name: "people"},
		"wrong dialect":   {Name: "people", Dialect: 9},
		"no name":         {Dialect: export.SQLite},
		"batch":           {Dialect: export.SQLite, Name: "people", BatchSize: -1},
		"large batch":     {Dialect: export.SQLite, Name: "people", BatchSize: 10_001},
		"bytes":           {Dialect: export.SQLite, Name: "people", BatchBytes: -1},
		"zero":            named(export.SQLite, "a\x00b"),
		"line break":      named(export.SQLite, "a\nb"),
		"not UTF-8":       named(export.SQLite, "a\xff"),
		"too long":        named(export.SQLite, strings.Repeat("a", 201)),
		"PostgreSQL's 63": named(export.PostgreSQL, strings.Repeat("é", 32)),
		"MySQL's 64":      named(export.MySQL, strings.Repeat("é", 65)),
		"MySQL's space":   named(export.MySQL, "a "),
		"MySQL's plane":   named(export.MySQL, "😀"),
		"schema":          {Dialect: export.SQLite, Name: "a", Schema: "a\x00"},
		"column's name":   columns(export.Column{Name: strings.Repeat("a", 64), Path: "a"}),
		"column's path":   columns(export.Column{Name: "a", Path: "a["}),
		"twice":           columns(export.Columns("a", "a")...),
		"twice by case":   columns(export.Columns("a", "A")...),
		"own id":          columns(export.Columns("id")...),
		"own record":      columns(export.Columns("Record")...),
		"own stored_at":   columns(export.Columns("stored_at")...),
		"type":            columns(export.Column{Name: "a", Type: 5}),
		"negative type":   columns(export.Column{Name: "a", Type: -1}),
		"many integers":   columns(export.Column{Name: "a", Path: "a[*]", Type: export.Integer}),
	} {
		_, err := export.NewTable(db, o)
		require.ErrorIs(t, err, api.ErrInvalid, name)
	}
	_, err := export.NewTable(nil, named(export.SQLite, "people"))
	require.ErrorIs(t, err, api.ErrInvalid)
}

// noted is an error with a text that counts, as SQLite's drivers have it for a table that is not there.
type noted struct {
	code int
	text string
}

func (n noted) Error() string { return n.text }
func (n noted) Code() int     { return n.code }

// statedIn is one of PostgreSQL with its text.
type statedIn struct {
	stated
	text string
}

func (s statedIn) Error() string { return s.text }

// TestATableThatIsNotThereIsNamed, and what is written again after it was made counts once.
func TestATableThatIsNotThereIsNamed(t *testing.T) {
	for _, cause := range []error{
		noted{1, "SQL logic error: no such table: people (1)"},
		noted{1, "no such table: main.people"},
		statedIn{stated{"42P01"}, `relation "people" does not exist`},
		statedIn{stated{"42S02"}, `Table 'db.people' doesn't exist`},
	} {
		f := &fakeDB{refuse: func(statement string, _ []int64) error {
			if strings.HasPrefix(statement, "INSERT") {
				return cause
			}
			return nil
		}}
		w := table(t, f, export.TableOptions{})
		n, err := export.Copy(t.Context(), numbered(30), w)
		require.ErrorIs(t, err, export.ErrNoTable)
		require.EqualError(t, err, `export: the batch was not stored: there is no table "people": Create makes it`)
		assert.Zero(t, n)
		f.refuse = nil
		n, err = export.Copy(t.Context(), numbered(30), w)
		require.NoError(t, err)
		assert.EqualValues(t, 30, n)
		assert.EqualValues(t, 30, w.Stored())
		assert.Len(t, f.rows, 30)
		n, err = export.Copy(t.Context(), numbered(30), w)
		require.NoError(t, err)
		assert.EqualValues(t, 30, n, "and what was stored is counted as it is written again")
	}
	for _, cause := range []error{
		noted{1, "no such table: another"},
		noted{1, "people: syntax error"},
		noted{5, "no such table: people"},
		statedIn{stated{"42P01"}, `relation "audit" does not exist`},
	} {
		f := &fakeDB{refuse: refusing(cause, 1)}
		_, err := export.Copy(t.Context(), numbered(3), table(t, f, export.TableOptions{}))
		require.Error(t, err)
		require.NotErrorIs(t, err, export.ErrNoTable, "%v", cause)
	}
}

// TestAColumnThatIsNotThere is said, with what adds it.
func TestAColumnThatIsNotThere(t *testing.T) {
	for _, cause := range []error{
		noted{1, "table people has no column named a (1)"},
		statedIn{stated{"42703"}, `column "a" of relation "people" does not exist`},
	} {
		f := &fakeDB{refuse: refusing(cause, 1)}
		_, err := export.Copy(t.Context(), numbered(3), table(t, f, export.TableOptions{Columns: export.Columns("a")}))
		require.EqualError(t, err, `export: the batch was not stored: the table "people" lacks a column: Create names it, AddColumns adds it`)
	}
}
