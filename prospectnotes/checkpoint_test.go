package prospectnotes_test

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/prospectnotes"
	"github.com/pronet-go/pronet/prospectnotes/checkpointtest"
)

func TestMemoryCheckpoint(t *testing.T) {
	checkpointtest.Run(t, func(*testing.T) checkpointtest.Storage {
		c := new(prospectnotes.MemoryCheckpoint)
		return checkpointtest.Storage{Open: func() prospectnotes.Checkpoint { return c }}
	})
}

func TestFileCheckpoint(t *testing.T) {
	checkpointtest.Run(t, func(t *testing.T) checkpointtest.Storage {
		path := filepath.Join(t.TempDir(), "notes.json")
		return checkpointtest.Storage{Open: func() prospectnotes.Checkpoint { return openFile(t, path) }}
	})
}

func TestSQLCheckpoint(t *testing.T) {
	for _, dialect := range []prospectnotes.Dialect{prospectnotes.SQLite, prospectnotes.PostgreSQL} {
		checkpointtest.Run(t, func(t *testing.T) checkpointtest.Storage {
			fake := newFakeDB()
			return checkpointtest.Storage{
				Open: func() prospectnotes.Checkpoint { return openSQL(t, fake.open(t), dialect, "contract 123") },
				Write: func(ctx context.Context, tx *sql.Tx, line string) error {
					_, err := tx.ExecContext(ctx, "line", line)
					return err
				},
				Written: func(context.Context) ([]string, error) { return fake.lines, nil },
			}
		})
	}
}

func openFile(t testing.TB, path string) *prospectnotes.FileCheckpoint {
	t.Helper()
	c, err := prospectnotes.OpenFileCheckpoint(path)
	require.NoError(t, err)
	return c
}

func openSQL(t testing.TB, db *sql.DB, dialect prospectnotes.Dialect, key string) *prospectnotes.SQLCheckpoint {
	t.Helper()
	c, err := prospectnotes.NewSQLCheckpoint(db, dialect, "", key)
	require.NoError(t, err)
	require.NoError(t, c.Create(t.Context()))
	return c
}

func generation(t testing.TB, n uint64) prospectnotes.State {
	t.Helper()
	return prospectnotes.State{Generation: n, Contract: parse(t, "urn:li:contract:123"), Until: start}
}

func applied(context.Context, *sql.Tx) error { return nil }

// TestR47AFileThatIsNoCheckpoint is refused wherever it is read, called by its fault, and left as it is.
func TestR47AFileThatIsNoCheckpoint(t *testing.T) {
	whole := filepath.Join(t.TempDir(), "whole.json")
	require.NoError(t, openFile(t, whole).Save(t.Context(), generation(t, 1), applied))
	content, err := os.ReadFile(whole)
	require.NoError(t, err)
	const contract = `"contract":"urn:li:contract:123"`
	for name, c := range map[string]struct {
		content string
		says    string
	}{
		"an empty file":            {"", "no checkpoint"},
		"half of one":              {string(content[:len(content)/2]), "no checkpoint"},
		"zeros of a crashed disk":  {strings.Repeat("\x00", len(content)), "no checkpoint"},
		"null":                     {"null", "no checkpoint"},
		"a list":                   {"[]", "no checkpoint"},
		"another program's":        {`{"generation":1,` + contract + `}`, "no checkpoint"},
		"another part's state":     {`{"format":1,"generation":3,"state":{}}`, "no checkpoint"},
		"no generation":            {`{"format":1,` + contract + `}`, "no checkpoint"},
		"a generation beyond all":  {`{"format":1,"generation":18446744073709551615,` + contract + `}`, "no checkpoint"},
		"a contract that is none":  {`{"format":1,"generation":1,"contract":"123"}`, "no checkpoint"},
		"that of a newer version":  {`{"format":2,"generation":1,` + contract + `}`, "has the format 2, this version knows 1"},
		"text with what it is not": {string(content) + "x", "no checkpoint"},
	} {
		path := filepath.Join(t.TempDir(), "notes.json")
		opened := openFile(t, path) // when there was none
		require.NoError(t, os.WriteFile(path, []byte(c.content), 0o600))
		_, err := prospectnotes.OpenFileCheckpoint(path)
		require.ErrorIs(t, err, api.ErrInvalid, name)
		assert.ErrorContains(t, err, c.says, name)
		_, err = opened.Load(t.Context())
		require.ErrorIs(t, err, api.ErrInvalid, name)
		for _, n := range []uint64{1, 2, 4} {
			require.ErrorIs(t, opened.Save(t.Context(), generation(t, n), func(context.Context, *sql.Tx) error {
				assert.Fail(t, "apply is called", name)
				return nil
			}), api.ErrInvalid, name)
		}
		left, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, c.content, string(left), name)

		db := newFakeDB()
		db.rows["k"] = fakeRow{1, c.content}
		_, err = openSQL(t, db.open(t), prospectnotes.SQLite, "k").Load(t.Context())
		require.ErrorIs(t, err, api.ErrInvalid, name)
	}
	db := newFakeDB()
	db.rows["k"] = fakeRow{2, string(content)}
	_, err = openSQL(t, db.open(t), prospectnotes.SQLite, "k").Load(t.Context())
	require.ErrorIs(t, err, api.ErrInvalid, "the row's generation is not that of its state")
}

func TestAPathThatCannotHoldACheckpoint(t *testing.T) {
	dir := t.TempDir()
	_, err := prospectnotes.OpenFileCheckpoint("")
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = prospectnotes.OpenFileCheckpoint(dir)
	require.ErrorIs(t, err, api.ErrInvalid, "a folder")
	_, err = prospectnotes.OpenFileCheckpoint(filepath.Join(dir, "missing", "notes.json"))
	require.ErrorIs(t, err, fs.ErrNotExist)

	large := filepath.Join(dir, "large.json")
	require.NoError(t, os.WriteFile(large, []byte(`{"format":1}`), 0o600))
	require.NoError(t, os.Truncate(large, 1<<40))
	_, err = prospectnotes.OpenFileCheckpoint(large)
	require.ErrorIs(t, err, api.ErrTooLarge)
}

func TestAFileCheckpointIsTheUsersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.json")
	require.NoError(t, openFile(t, path).Save(t.Context(), generation(t, 1), applied))
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Zero(t, info.Mode().Perm()&0o077)
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Contains(t, string(content), `"format": 1`)
}

func TestACheckpointIsSavedByOneAtATime(t *testing.T) {
	for _, c := range []prospectnotes.Checkpoint{openFile(t, filepath.Join(t.TempDir(), "notes.json")), new(prospectnotes.MemoryCheckpoint)} {
		require.NoError(t, c.Save(t.Context(), generation(t, 1), func(ctx context.Context, _ *sql.Tx) error {
			assert.ErrorIs(t, c.Save(ctx, generation(t, 1), applied), prospectnotes.ErrConflict)
			return nil
		}))
	}
}

func TestAStateThatCannotBeSaved(t *testing.T) {
	for name, c := range map[string]prospectnotes.Checkpoint{
		"file": openFile(t, filepath.Join(t.TempDir(), "notes.json")), "memory": new(prospectnotes.MemoryCheckpoint),
		"sql": openSQL(t, newFakeDB().open(t), prospectnotes.SQLite, "k"),
	} {
		unowned := generation(t, 1)
		unowned.Contract.UnmarshalText(nil)
		far := generation(t, 1)
		far.Until = start.AddDate(20_000, 0, 0)
		for _, s := range []prospectnotes.State{generation(t, 0), generation(t, math.MaxInt64+1), unowned, far} {
			require.Error(t, c.Save(t.Context(), s, func(context.Context, *sql.Tx) error {
				assert.Fail(t, "apply is called", name)
				return nil
			}), name)
		}
		state, err := c.Load(t.Context())
		require.NoError(t, err)
		assert.Equal(t, prospectnotes.State{}, state, name)
	}
}

func TestSQLCheckpointStatements(t *testing.T) {
	for dialect, want := range map[prospectnotes.Dialect][]string{
		prospectnotes.PostgreSQL: {
			`CREATE TABLE IF NOT EXISTS "crm"."Notes" (id VARCHAR(255) NOT NULL PRIMARY KEY, generation BIGINT NOT NULL, state TEXT NOT NULL)`,
			"BEGIN", `INSERT INTO "crm"."Notes" (generation, state, id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, "COMMIT",
			"BEGIN", `UPDATE "crm"."Notes" SET generation = $1, state = $2 WHERE id = $3 AND generation = $4`, "COMMIT",
			`SELECT generation, state FROM "crm"."Notes" WHERE id = $1`,
		},
		prospectnotes.SQLite: {
			`CREATE TABLE IF NOT EXISTS "crm"."Notes" (id VARCHAR(255) NOT NULL PRIMARY KEY, generation BIGINT NOT NULL, state TEXT NOT NULL)`,
			"BEGIN", `INSERT INTO "crm"."Notes" (generation, state, id) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, "COMMIT",
			"BEGIN", `UPDATE "crm"."Notes" SET generation = ?, state = ? WHERE id = ? AND generation = ?`, "COMMIT",
			`SELECT generation, state FROM "crm"."Notes" WHERE id = ?`,
		},
	} {
		fake := newFakeDB()
		c, err := prospectnotes.NewSQLCheckpoint(fake.open(t), dialect, "crm.Notes", "k")
		require.NoError(t, err)
		assert.Equal(t, want[0], c.CreateStatement())
		require.NoError(t, c.Create(t.Context()))
		require.NoError(t, c.Save(t.Context(), generation(t, 1), applied))
		require.NoError(t, c.Save(t.Context(), generation(t, 2), applied))
		state, err := c.Load(t.Context())
		require.NoError(t, err)
		assert.Equal(t, generation(t, 2), state)
		assert.Equal(t, want, fake.statements)
	}
}

func TestSQLCheckpointRefuses(t *testing.T) {
	db := newFakeDB().open(t)
	for name, open := range map[string]func() (*prospectnotes.SQLCheckpoint, error){
		"no database": func() (*prospectnotes.SQLCheckpoint, error) {
			return prospectnotes.NewSQLCheckpoint(nil, prospectnotes.SQLite, "", "k")
		},
		"no dialect": func() (*prospectnotes.SQLCheckpoint, error) { return prospectnotes.NewSQLCheckpoint(db, 0, "", "k") },
		"no key": func() (*prospectnotes.SQLCheckpoint, error) {
			return prospectnotes.NewSQLCheckpoint(db, prospectnotes.SQLite, "", "")
		},
		"a long key": func() (*prospectnotes.SQLCheckpoint, error) {
			return prospectnotes.NewSQLCheckpoint(db, prospectnotes.SQLite, "", strings.Repeat("k", 256))
		},
		"a key with U+0000": func() (*prospectnotes.SQLCheckpoint, error) {
			return prospectnotes.NewSQLCheckpoint(db, prospectnotes.SQLite, "", "k\x00")
		},
		"a key that is no text": func() (*prospectnotes.SQLCheckpoint, error) {
			return prospectnotes.NewSQLCheckpoint(db, prospectnotes.SQLite, "", "k\xff")
		},
	} {
		_, err := open()
		assert.ErrorIs(t, err, api.ErrInvalid, name)
	}
	for _, table := range []string{`t"; DROP TABLE notes; --`, "a.b.c", "a.", ".b", "1a", "t t", "ü", strings.Repeat("t", 64)} {
		_, err := prospectnotes.NewSQLCheckpoint(db, prospectnotes.SQLite, table, "k")
		assert.ErrorIs(t, err, api.ErrInvalid, table)
	}
}

// TestSQLCheckpointWhoseDatabaseFails: what fails at a step leaves nothing, and says what the database said.
func TestSQLCheckpointWhoseDatabaseFails(t *testing.T) {
	errDown := errors.New("the database is down")
	for _, step := range []string{"BEGIN", "INSERT", "UPDATE", "COMMIT"} {
		fake := newFakeDB()
		c := openSQL(t, fake.open(t), prospectnotes.SQLite, "k")
		n := uint64(1)
		if step == "UPDATE" {
			require.NoError(t, c.Save(t.Context(), generation(t, 1), applied))
			n = 2
		}
		fake.fail = func(statement string) error {
			if strings.HasPrefix(statement, step) {
				return errDown
			}
			return nil
		}
		err := c.Save(t.Context(), generation(t, n), applied)
		require.ErrorIs(t, err, errDown, step)
		require.NotErrorIs(t, err, prospectnotes.ErrConflict, step)
		state, err := c.Load(t.Context())
		require.NoError(t, err)
		assert.Equal(t, n-1, state.Generation, step)
		fake.fail = nil
		require.NoError(t, c.Save(t.Context(), generation(t, n), applied), step)
	}

	// A database that refuses the loser of two instead of letting it wait.
	fake := newFakeDB()
	first, second := openSQL(t, fake.open(t), prospectnotes.PostgreSQL, "k"), openSQL(t, fake.open(t), prospectnotes.PostgreSQL, "k")
	require.NoError(t, first.Save(t.Context(), generation(t, 1), applied))
	fake.fail = func(statement string) error {
		if strings.HasPrefix(statement, "INSERT") {
			return errDown
		}
		return nil
	}
	err := second.Save(t.Context(), generation(t, 1), applied)
	require.ErrorIs(t, err, errDown)
	require.ErrorIs(t, err, prospectnotes.ErrConflict)
}

// TestCheckpointsOfTwoContracts in one table do not know of each other.
func TestCheckpointsOfTwoContracts(t *testing.T) {
	db := newFakeDB().open(t)
	a, b := openSQL(t, db, prospectnotes.SQLite, "a"), openSQL(t, db, prospectnotes.SQLite, "b")
	require.NoError(t, a.Save(t.Context(), generation(t, 1), applied))
	state, err := b.Load(t.Context())
	require.NoError(t, err)
	assert.Equal(t, prospectnotes.State{}, state)
	require.NoError(t, b.Save(t.Context(), generation(t, 1), applied))
}
