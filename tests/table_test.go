package tests

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/export"
)

var chosen = []export.Column{
	{Name: "name", Path: "full_name"},
	{Name: "title", Path: "experience[0].title"},
	{Name: "titles", Path: "experience[*].title", Type: export.JSON},
	{Name: "followers", Path: "follower_count", Type: export.Integer},
	{Name: "score", Type: export.Real, Unlisted: true},
	{Name: "deleted", Type: export.Boolean},
}

func TestManyBatchesAndAgain(t *testing.T) {
	onEach(t, func(t *testing.T, db database) {
		const records = 10_001
		for range 2 {
			w := db.table(t, db, export.TableOptions{Columns: chosen})
			n, err := export.Copy(t.Context(), numbered(t, records), w)
			require.NoError(t, err)
			assert.EqualValues(t, records, n)
			assert.Equal(t, records, db.count(t))
			assert.Empty(t, w.Mismatched())
		}
		for _, id := range []int{1, 500, 501, 10_000, 10_001} {
			where := fmt.Sprintf(" FROM %s WHERE id = %d", db.name("people"), id)
			assert.Equal(t, fmt.Sprintf("Name %d", id), one[string](t, db, "SELECT name"+where))
			assert.Equal(t, fmt.Sprintf("T%d", id), one[string](t, db, "SELECT title"+where))
			assert.JSONEq(t, fmt.Sprintf(`["T%d",null]`, id), one[string](t, db, "SELECT titles"+where))
			assert.EqualValues(t, id, decode(t, one[string](t, db, "SELECT record"+where)).ID)
		}
	})
}

func TestUpsert(t *testing.T) {
	onEach(t, func(t *testing.T, db database) {
		w := db.table(t, db, export.TableOptions{Columns: chosen})
		n, err := export.Copy(t.Context(), these(t, `{"id":1,"full_name":"old","score":1}`, `{"id":2,"full_name":"stays"}`), w)
		require.NoError(t, err)
		assert.EqualValues(t, 2, n)
		_, err = export.Copy(t.Context(), these(t, `{"id":1,"full_name":"new","score":null}`), w)
		require.NoError(t, err)
		assert.Equal(t, 2, db.count(t))
		assert.Equal(t, "new", one[string](t, db, "SELECT name FROM "+db.name("people")+" WHERE id = 1"))
		assert.False(t, one[sql.NullFloat64](t, db, "SELECT score FROM "+db.name("people")+" WHERE id = 1").Valid, "what is gone is NULL")
		assert.Equal(t, "stays", one[string](t, db, "SELECT name FROM "+db.name("people")+" WHERE id = 2"))
	})
}

func TestValues(t *testing.T) {
	onEach(t, func(t *testing.T, db database) {
		w := db.table(t, db, export.TableOptions{Columns: chosen})
		_, err := export.Copy(t.Context(), these(t,
			`{"id":1}`,
			`{"id":2,"full_name":null,"experience":null,"follower_count":null,"score":null,"deleted":null}`,
			`{"id":3,"full_name":"Zoë 中文 😀 \"q\" 'a' \\","experience":[{"title":"a\nb"}],"follower_count":9223372036854775807,"score":-1.25e-3,"deleted":1}`,
			`{"id":4,"full_name":{"first":"x"},"experience":[],"follower_count":"12","score":"2.5","deleted":false}`,
			`{"id":9223372036854775807,"full_name":12,"follower_count":9223372036854775808,"score":1e400,"deleted":"maybe"}`), w)
		require.NoError(t, err)
		rows, err := db.QueryContext(t.Context(), "SELECT id, name, title, titles, followers, score, deleted FROM "+db.name("people")+" ORDER BY id")
		require.NoError(t, err)
		defer func() { require.NoError(t, rows.Close()) }()
		var got []string
		for rows.Next() {
			var (
				id, followers       sql.NullInt64
				name, title, titles sql.NullString
				score               sql.NullFloat64
				deleted             sql.NullBool
			)
			require.NoError(t, rows.Scan(&id, &name, &title, &titles, &followers, &score, &deleted))
			got = append(got, fmt.Sprintf("%v %v %v %v %v %v %v", id, name, title, titles, followers, score, deleted))
		}
		require.NoError(t, rows.Err())
		assert.Equal(t, []string{
			"{1 true} { false} { false} { false} {0 false} {0 false} {false false}",
			"{2 true} { false} { false} { false} {0 false} {0 false} {false false}",
			`{3 true} {Zoë 中文 😀 "q" 'a' \ true} {a` + "\n" + `b true} {["a\nb"] true} {9223372036854775807 true} {-0.00125 true} {true true}`,
			`{4 true} {{"first":"x"} true} { false} { false} {12 true} {2.5 true} {false true}`,
			"{9223372036854775807 true} {12 true} { false} { false} {0 false} {0 false} {false false}",
		}, got)
		assert.Equal(t, map[string]int64{"followers": 1, "score": 1, "deleted": 1}, w.Mismatched())
		kept := decode(t, one[string](t, db, "SELECT record FROM "+db.name("people")+" WHERE id = 9223372036854775807"))
		assert.Equal(t, "9223372036854775808", string(kept.Unknown()["follower_count"])+string(rawField(t, kept, "follower_count")), "nothing of it is lost")
	})
}

// rawField is a field of the JSON of a record.
func rawField(t testing.TB, r *employee.BaseRecord, name string) []byte {
	t.Helper()
	_, after, ok := strings.Cut(strings.ReplaceAll(string(r.Raw()), " ", ""), `"`+name+`":`)
	require.True(t, ok)
	end := strings.IndexAny(after, ",}")
	return []byte(after[:end])
}

func TestTextThatDatabasesRefuse(t *testing.T) {
	onEach(t, func(t *testing.T, db database) {
		w := db.table(t, db, export.TableOptions{Columns: chosen})
		n, err := export.Copy(t.Context(), these(t,
			`{"id":1,"full_name":"a\u0000b","experience":[{"title":"\u0000"}],"k\u0000":1}`,
			`{"id":2,"full_name":"a\ud800b","experience":[{"title":"\udc00\ud83d\ude00"}]}`,
			"{\"id\":3,\"full_name\":\"a\xffb\",\"experience\":[{\"title\":\"\xed\xa0\x80\"}],\"k\xff\":1}",
			`{"id":4,"full_name":"a\\u0000b"}`), w)
		require.NoError(t, err)
		assert.EqualValues(t, 4, n)
		for id, want := range map[int]string{1: "a\ufffdb", 2: "a\ufffdb", 3: "a\ufffdb", 4: `a\u0000b`} {
			assert.Equal(t, want, one[string](t, db, fmt.Sprintf("SELECT name FROM %s WHERE id = %d", db.name("people"), id)), id)
			record := decode(t, one[string](t, db, fmt.Sprintf("SELECT record FROM %s WHERE id = %d", db.name("people"), id)))
			if id == 1 && db.dialect == export.SQLite {
				want = "a\x00b" // which takes it
			}
			assert.Equal(t, want, record.FullName, id)
		}
		assert.Equal(t, "\ufffd😀", decode(t, one[string](t, db, "SELECT record FROM "+db.name("people")+" WHERE id = 2")).Experience[0].Title)
	})
}

func TestRecordsThatPostgreSQLRefuses(t *testing.T) {
	db := onPostgreSQL(t)
	db.SetMaxOpenConns(1)
	db.run(t, "SET max_stack_depth = '100kB'") // of this connection; with the usual 2 MB about 6,000 levels are too deep
	deep := `{"id":%d,"x":` + strings.Repeat("[", 9_900) + strings.Repeat("]", 9_900) + "}"
	for name, text := range map[string]string{"a number beyond numeric": `{"id":%d,"x":1e200000}`, "deep": deep} {
		t.Run(name, func(t *testing.T) {
			db.run(t, "DROP TABLE IF EXISTS "+db.name("people"))
			var left []int64
			w := db.table(t, db, export.TableOptions{Reject: func(err *export.RecordError) error {
				left = append(left, err.ID)
				assert.Contains(t, err.Error(), "SQLSTATE")
				return nil
			}})
			n, err := export.Copy(t.Context(), func(yield func(*employee.BaseRecord, error) bool) {
				for r, err := range numbered(t, 700) {
					if r.ID == 333 {
						r = decode(t, fmt.Sprintf(text, 333))
					}
					if !yield(r, err) {
						return
					}
				}
			}, w)
			require.NoError(t, err)
			assert.Equal(t, []int64{333}, left)
			assert.EqualValues(t, 699, n)
			assert.Equal(t, 699, db.count(t))
		})
	}
}

func TestTheSameProfileTwiceInABatch(t *testing.T) {
	onEach(t, func(t *testing.T, db database) {
		w := db.table(t, db, export.TableOptions{Columns: chosen})
		n, err := export.Copy(t.Context(), these(t, `{"id":1,"full_name":"first"}`, `{"id":2}`, `{"id":1,"full_name":"second"}`, `{"id":1,"full_name":"last"}`), w)
		require.NoError(t, err)
		assert.EqualValues(t, 4, n)
		assert.Equal(t, 2, db.count(t))
		assert.Equal(t, "last", one[string](t, db, "SELECT name FROM "+db.name("people")+" WHERE id = 1"))
	})
}

// TestStoppedAnywhereAndRunAgain stops after any number of records: what was said to be stored is, the open batch is not,
// and the next run completes it.
func TestStoppedAnywhereAndRunAgain(t *testing.T) {
	onEach(t, func(t *testing.T, db database) {
		const records = 100
		for stop := int64(1); stop <= records; stop += 9 {
			w := db.table(t, db, export.TableOptions{BatchSize: 10, Columns: chosen})
			ctx, cancel := context.WithCancel(t.Context())
			n, err := export.Copy(ctx, func(yield func(*employee.BaseRecord, error) bool) {
				for r, err := range numbered(t, records) {
					if r.ID == stop {
						cancel()
					}
					if !yield(r, err) {
						return
					}
				}
			}, w)
			require.ErrorIs(t, err, context.Canceled)
			assert.EqualValues(t, n, db.count(t), "stopped at %d", stop)
			assert.LessOrEqual(t, n, stop)
			assert.Zero(t, n%10)

			n, err = export.Copy(t.Context(), numbered(t, records), db.table(t, db, export.TableOptions{BatchSize: 10, Columns: chosen}))
			require.NoError(t, err)
			assert.EqualValues(t, records, n)
			assert.Equal(t, records, db.count(t))
			db.run(t, "DROP TABLE "+db.name("people"))
			cancel()
		}
	})
}

// TestCancelledInTheMiddleOfAStatement cancels while the database holds the statement.
func TestCancelledInTheMiddleOfAStatement(t *testing.T) {
	db := onPostgreSQL(t)
	w := db.table(t, db, export.TableOptions{})
	blocker, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = blocker.ExecContext(t.Context(), "LOCK TABLE "+db.name("people"))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	waiting := make(chan struct{})
	go func() {
		defer close(waiting)
		const locked = "SELECT count(*) FROM pg_locks WHERE NOT granted"
		for n := 0; n == 0; {
			if db.QueryRowContext(t.Context(), locked).Scan(&n) != nil {
				break
			}
		}
		cancel()
	}()
	n, err := export.Copy(ctx, numbered(t, 10), w)
	<-waiting
	require.ErrorIs(t, err, context.Canceled)
	_, blamed := errors.AsType[*export.RecordError](err)
	assert.False(t, blamed)
	assert.Zero(t, n)
	require.NoError(t, blocker.Rollback())
	assert.Zero(t, db.count(t))
	require.NoError(t, w.Flush(t.Context()), "the batch was kept")
	assert.Equal(t, 10, db.count(t))
}

func TestTransactionOfTheCaller(t *testing.T) {
	onEach(t, func(t *testing.T, db database) {
		db.table(t, db, export.TableOptions{})
		db.run(t, "CREATE TABLE "+db.name("marks")+" (job TEXT PRIMARY KEY, records BIGINT)")
		for _, commit := range []bool{false, true} {
			tx, err := db.BeginTx(t.Context(), nil)
			require.NoError(t, err)
			n, err := export.Copy(t.Context(), numbered(t, 1_200), db.table(t, tx, export.TableOptions{}))
			require.NoError(t, err)
			_, err = tx.ExecContext(t.Context(), "INSERT INTO "+db.name("marks")+" VALUES ('job', 1200)")
			require.NoError(t, err)
			assert.EqualValues(t, 1_200, n)
			if commit {
				require.NoError(t, tx.Commit())
				assert.Equal(t, 1_200, db.count(t))
				assert.Equal(t, 1_200, one[int](t, db, "SELECT records FROM "+db.name("marks")))
				continue
			}
			require.NoError(t, tx.Rollback())
			assert.Zero(t, db.count(t))
			assert.Zero(t, one[int](t, db, "SELECT count(*) FROM "+db.name("marks")))
		}
	})
}

// TestTransactionOfTheCallerSurvivesABadRecord: the caller can still commit.
func TestTransactionOfTheCallerSurvivesABadRecord(t *testing.T) {
	onEach(t, func(t *testing.T, db database) {
		db.run(t, "CREATE TABLE "+db.name("people")+" (id BIGINT PRIMARY KEY, record TEXT, stored_at TEXT, name TEXT CHECK (name <> 'Name 7'))")
		if db.dialect == export.PostgreSQL {
			db.run(t, "ALTER TABLE "+db.name("people")+" ALTER record TYPE JSONB USING record::jsonb, ALTER stored_at TYPE TIMESTAMPTZ USING stored_at::timestamptz")
		}
		tx, err := db.BeginTx(t.Context(), nil)
		require.NoError(t, err)
		n, err := export.Copy(t.Context(), numbered(t, 20), db.table(t, tx, export.TableOptions{Columns: chosen[:1]}))
		wrong, ok := errors.AsType[*export.RecordError](err)
		require.True(t, ok, "%v", err)
		assert.EqualValues(t, 7, wrong.ID)
		assert.NotContains(t, err.Error(), "Name")
		assert.EqualValues(t, 6, n)
		require.NoError(t, tx.Commit())
		assert.Equal(t, 6, db.count(t))
	})
}

func TestTrickyNames(t *testing.T) {
	onEach(t, func(t *testing.T, db database) {
		columns := []export.Column{
			{Name: `a"b`, Path: "full_name"},
			{Name: "select", Path: "full_name"},
			{Name: "x; DROP TABLE people; --", Path: "full_name"},
			{Name: "experience[0].title"},
			{Name: "with space ", Path: "full_name"},
			{Name: "Ünïcode 😀", Path: "full_name"},
			{Name: "a'b\\", Path: "full_name"},
			{Name: "$1 ? :x @y", Path: "full_name"},
			{Name: "%s", Path: "full_name"},
		}
		name := `or"der; --`
		for range 2 { // the second time the columns are compared
			w := db.table(t, db, export.TableOptions{Name: name, Columns: columns})
			_, err := export.Copy(t.Context(), these(t, `{"id":1,"full_name":"Jo","experience":[{"title":"T"}]}`), w)
			require.NoError(t, err)
		}
		assert.Equal(t, "JoJoT", one[string](t, db, `SELECT "a""b" || "x; DROP TABLE people; --" || "experience[0].title" FROM "`+db.schema+`"."or""der; --"`))
		longest := strings.Repeat("n", 63)
		w := db.table(t, db, export.TableOptions{Name: longest, Columns: []export.Column{{Name: longest, Path: "id"}}})
		_, err := export.Copy(t.Context(), numbered(t, 1), w)
		require.NoError(t, err)
	})
}

func TestTableThatIsAnother(t *testing.T) {
	onEach(t, func(t *testing.T, db database) {
		w := db.table(t, db, export.TableOptions{Columns: chosen[:1]})
		_, err := export.Copy(t.Context(), numbered(t, 3), w)
		require.NoError(t, err)

		more, err := export.NewTable(db, export.TableOptions{Dialect: db.dialect, Schema: db.schema, Name: "people", Columns: chosen})
		require.NoError(t, err)
		wrong, ok := errors.AsType[*export.ColumnsError](more.Create(t.Context()))
		require.True(t, ok)
		assert.Equal(t, []string{"title", "titles", "followers", "score", "deleted"}, wrong.Missing)
		_, err = export.Copy(t.Context(), numbered(t, 3), more)
		require.Error(t, err)
		_, blamed := errors.AsType[*export.RecordError](err)
		assert.False(t, blamed, "%v", err)
		require.NoError(t, more.AddColumns(t.Context()))
		require.NoError(t, more.AddColumns(t.Context()))
		require.NoError(t, more.Create(t.Context()))
		require.NoError(t, more.Flush(t.Context()))
		assert.Equal(t, "T3", one[string](t, db, "SELECT title FROM "+db.name("people")+" WHERE id = 3"))

		nowhere, err := export.NewTable(db, export.TableOptions{Dialect: db.dialect, Schema: db.schema, Name: "nowhere"})
		require.NoError(t, err)
		n, err := export.Copy(t.Context(), numbered(t, 3), nowhere)
		require.Error(t, err)
		assert.Zero(t, n)
		_, blamed = errors.AsType[*export.RecordError](err)
		assert.False(t, blamed, "%v", err)
	})
}

func TestColumnsOfOtherTypes(t *testing.T) {
	db := onPostgreSQL(t)
	copied := func(types string) error {
		db.run(t, "DROP TABLE IF EXISTS "+db.name("people"))
		db.run(t, "CREATE TABLE "+db.name("people")+" (id BIGINT PRIMARY KEY, record JSONB, stored_at TIMESTAMPTZ, "+types+")")
		w, err := export.NewTable(db, export.TableOptions{Dialect: db.dialect, Schema: db.schema, Name: "people", Columns: chosen})
		require.NoError(t, err)
		if err := w.Create(t.Context()); err != nil {
			return err
		}
		_, err = export.Copy(t.Context(), these(t, `{"id":1,"full_name":"Jo","experience":[{"title":"x"}],"follower_count":5,"score":1.5,"deleted":1}`), w)
		return err
	}
	wrong, ok := errors.AsType[*export.ColumnsError](copied("name INT, title JSONB, titles BOOL, followers BOOL, score DATE, deleted INT"))
	require.True(t, ok)
	assert.Equal(t, []string{"name", "title", "titles", "followers", "score", "deleted"}, wrong.Unfit)
	require.NoError(t, copied("name VARCHAR(10), title CHAR(5), titles JSON, followers INT, score NUMERIC, deleted BOOL"))
	require.NoError(t, copied("name TEXT, title TEXT, titles TEXT, followers TEXT, score TEXT, deleted TEXT"), "text takes anything")
	require.NoError(t, copied("name TEXT, title TEXT, titles JSONB, followers SMALLINT, score REAL, deleted BOOL"))
	err := copied("name VARCHAR(1), title TEXT, titles JSONB, followers BIGINT, score REAL, deleted BOOL")
	refused, ok := errors.AsType[*export.RecordError](err)
	require.True(t, ok)
	assert.EqualValues(t, 1, refused.ID)
	assert.Equal(t, "export: a record was not stored: the database refused it (SQLSTATE 22001)", err.Error())
}

// TestTwoWriters: two who write the same profiles in opposite orders both come to their end.
func TestTwoWriters(t *testing.T) {
	db := onPostgreSQL(t)
	db.table(t, db, export.TableOptions{})
	errs := make(chan error, 2)
	for _, backwards := range []bool{false, true} {
		w := db.table(t, db, export.TableOptions{BatchSize: 200})
		go func() {
			for range 5 {
				for i := range int64(1_000) {
					id := i + 1
					if backwards {
						id = 1_000 - i
					}
					if err := w.Write(t.Context(), &employee.BaseRecord{ID: id}); err != nil {
						errs <- err
						return
					}
				}
			}
			errs <- w.Flush(t.Context())
		}()
	}
	require.NoError(t, <-errs)
	require.NoError(t, <-errs)
	assert.Equal(t, 1_000, db.count(t))
}
