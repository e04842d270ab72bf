package tokenstore_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/durable"
	"github.com/pronet-go/pronet/linkedin/tokenstore"
	"github.com/pronet-go/pronet/linkedin/tokenstoretest"
)

func value(t testing.TB, text string) api.Secret {
	t.Helper()
	s, err := api.NewSecret(text)
	require.NoError(t, err)
	return s
}

func TestMemory(t *testing.T) {
	tokenstoretest.Run(t, func(*testing.T) func() tokenstore.Store {
		m := tokenstore.NewMemory()
		return func() tokenstore.Store { return m }
	})
}

func TestDir(t *testing.T) {
	tokenstoretest.Run(t, func(t *testing.T) func() tokenstore.Store {
		path := filepath.Join(t.TempDir(), "tokens")
		return func() tokenstore.Store { return openDir(t, path) }
	})
}

func openDir(t *testing.T, path string) *tokenstore.Dir {
	t.Helper()
	d, err := tokenstore.OpenDir(path)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, d.Close()) })
	return d
}

func TestSQL(t *testing.T) {
	for name, dialect := range map[string]tokenstore.Dialect{"PostgreSQL": tokenstore.PostgreSQL, "SQLite": tokenstore.SQLite, "MySQL": tokenstore.MySQL} {
		t.Run(name, func(t *testing.T) {
			tokenstoretest.Run(t, func(t *testing.T) func() tokenstore.Store {
				fake := &fakeDB{}
				s := newSQL(t, fake, dialect)
				require.NoError(t, s.Create(t.Context()))
				return func() tokenstore.Store { return newSQL(t, fake, dialect) }
			})
		})
	}
}

func newSQL(t *testing.T, fake *fakeDB, dialect tokenstore.Dialect) *tokenstore.SQL {
	t.Helper()
	db := fake.open()
	t.Cleanup(func() { _ = db.Close() })
	s, err := tokenstore.NewSQL(db, dialect, "")
	require.NoError(t, err)
	return s
}

// TestStatements are those that the databases know.
func TestStatements(t *testing.T) {
	for dialect, want := range map[tokenstore.Dialect]string{
		tokenstore.PostgreSQL: "UPDATE linkedin_tokens SET revision = $1, token = $2 WHERE name = $3 AND revision = $4",
		tokenstore.SQLite:     "UPDATE linkedin_tokens SET revision = ?, token = ? WHERE name = ? AND revision = ?",
		tokenstore.MySQL:      "UPDATE linkedin_tokens SET revision = ?, token = ? WHERE name = ? AND revision = ?",
	} {
		fake := &fakeDB{rows: map[string][2]string{}}
		require.ErrorIs(t, newSQL(t, fake, dialect).Swap(t.Context(), "key", "r1", "r2", value(t, "v")), api.ErrConflict)
		assert.Equal(t, []string{want}, fake.statements)
	}
	fake := &fakeDB{rows: map[string][2]string{}}
	db := fake.open()
	defer db.Close()
	inSchema, err := tokenstore.NewSQL(db, tokenstore.PostgreSQL, "user.tokens")
	require.NoError(t, err)
	require.ErrorIs(t, inSchema.Swap(t.Context(), "key", "r1", "r2", value(t, "v")), api.ErrConflict)
	assert.Equal(t, []string{`UPDATE "user"."tokens" SET revision = $1, token = $2 WHERE name = $3 AND revision = $4`}, fake.statements)
	for _, table := range []string{"t; DROP TABLE x", "1t", "a.b.c", ".b", "a.", "a.1b", `a"b.c`, "ä", strings.Repeat("t", 64) + ".t", strings.Repeat("t", 64)} {
		_, err := tokenstore.NewSQL(db, tokenstore.SQLite, table)
		require.ErrorIs(t, err, api.ErrInvalid, table)
	}
	_, err = tokenstore.NewSQL(db, 0, "")
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = tokenstore.NewSQL(nil, tokenstore.SQLite, "")
	require.ErrorIs(t, err, api.ErrInvalid)
}

// TestALostResponseOfTheDatabase is looked at: what was stored is no error.
func TestALostResponseOfTheDatabase(t *testing.T) {
	fake := &fakeDB{rows: map[string][2]string{}}
	s := newSQL(t, fake, tokenstore.SQLite)
	was := ""
	for _, next := range []string{"r1", "r2", ""} {
		fake.loseCommit = true
		v := api.Secret{}
		if next != "" {
			v = value(t, "v")
		}
		require.NoError(t, s.Swap(t.Context(), "key", was, next, v), next)
		was = next
	}
	fake.fail = errLost
	require.ErrorIs(t, s.Swap(t.Context(), "key", "", "r1", value(t, "v")), errLost)
	_, _, err := s.Load(t.Context(), "key")
	require.ErrorIs(t, err, errLost)
	require.ErrorIs(t, s.Create(t.Context()), errLost)
	fake.fail = nil
	require.NoError(t, s.Swap(t.Context(), "key", "", "r1", value(t, "v")))
	for name, row := range fake.rows {
		fake.rows[name] = [2]string{row[0], "CANARY\n"}
	}
	_, _, err = s.Load(t.Context(), "key")
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "CANARY")
}

// TestFilesOfADir: nobody else reads them, their names tell no key, and one that is damaged is an error that says nothing
// of it and changes nothing.
func TestFilesOfADir(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "tokens")
	d := openDir(t, path)
	require.NoError(t, d.Swap(t.Context(), "jane.doe@example.com", "", "r1", value(t, "CANARY-token")))
	names, err := filepath.Glob(filepath.Join(path, "*.json"))
	require.NoError(t, err)
	require.Len(t, names, 1)
	assert.NotContains(t, names[0], "jane")
	if runtime.GOOS != "windows" {
		for name, want := range map[string]os.FileMode{names[0]: 0o600, path: 0o700, filepath.Join(path, "tokens.lock"): 0o600} {
			info, err := os.Stat(name)
			require.NoError(t, err)
			assert.Equal(t, want, info.Mode().Perm(), name)
		}
	}
	for name, content := range map[string]string{
		"cut": `{"format":1,"revision":"r1","value":"CANARY`, "empty": "", "no value": `{"format":1,"revision":"r1"}`,
		"no revision": `{"format":1,"value":"CANARY"}`, "newer": `{"format":2,"value":"CANARY"}`, "long": strings.Repeat(" ", 1<<20), "a bad value": `{"format":1,"revision":"r1","value":"CANARY \n"}`,
	} {
		require.NoError(t, os.WriteFile(names[0], []byte(content), 0o600))
		_, _, err := d.Load(t.Context(), "jane.doe@example.com")
		require.Error(t, err, name)
		assert.NotContains(t, err.Error(), "CANARY", name)
		require.Error(t, d.Swap(t.Context(), "jane.doe@example.com", "", "r2", value(t, "v")), name)
		left, err := os.ReadFile(names[0])
		require.NoError(t, err)
		assert.Equal(t, content, string(left), name)
	}
	require.NoError(t, os.Remove(names[0]))
	if runtime.GOOS != "windows" {
		require.NoError(t, os.Symlink(filepath.Join(path, "elsewhere"), names[0]))
		require.ErrorIs(t, d.Swap(t.Context(), "jane.doe@example.com", "", "r2", value(t, "v")), durable.ErrNotRegular)
	}
	_, err = tokenstore.OpenDir(filepath.Join(path, "tokens.lock"))
	require.Error(t, err)
}

// TestTheLockOfADir is waited for, to the context's end and no longer than half a minute.
func TestTheLockOfADir(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := t.TempDir()
		d := openDir(t, path)
		held, err := durable.Lock(filepath.Join(path, "tokens.lock"))
		require.NoError(t, err)
		began := time.Now()
		require.ErrorIs(t, d.Swap(t.Context(), "key", "", "r1", value(t, "v")), durable.ErrLocked)
		assert.Equal(t, 30*time.Second, time.Since(began))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, d.Swap(ctx, "key", "", "r1", value(t, "v")), context.DeadlineExceeded)
		time.AfterFunc(time.Second, func() { assert.NoError(t, held.Close()) })
		require.NoError(t, d.Swap(t.Context(), "key", "", "r1", value(t, "v")))
	})
}

// TestNothingIsPrinted of what a store holds.
func TestNothingIsPrinted(t *testing.T) {
	m := tokenstore.NewMemory()
	require.NoError(t, m.Swap(t.Context(), "key", "", "r1", value(t, "CANARY-token")))
	_, v, err := m.Load(t.Context(), "key")
	require.NoError(t, err)
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		assert.NotContains(t, fmt.Sprintf(format, m)+fmt.Sprintf(format, v), "CANARY")
	}
	require.ErrorIs(t, m.Swap(t.Context(), "key", "r1", strings.Repeat("r", 65), value(t, "v")), api.ErrInvalid)
}
