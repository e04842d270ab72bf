package export_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/export"
)

func names(t testing.TB, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	out := []string{}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestCreateFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "people.jsonl")
	for _, n := range []int{3, 1} { // the second run replaces the first
		file, err := export.CreateFile(path)
		require.NoError(t, err)
		_, err = export.Copy(t.Context(), numbered(n), export.NewJSONLines(file, export.JSONLinesOptions{}))
		require.NoError(t, err)
		require.NoError(t, file.Commit())
		require.NoError(t, file.Close(), "a Close that was deferred")
		require.ErrorIs(t, file.Commit(), fs.ErrClosed)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, n, len(data)/len(`{"id":1,"name":"n1"}`+"\n"))
		assert.Equal(t, []string{"people.jsonl"}, names(t, dir))
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Zero(t, info.Mode().Perm()&0o077, "others may not read it")
	}
}

func TestCreateFileLeavesTheOldOneUntilItIsComplete(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "people.jsonl")
	require.NoError(t, os.WriteFile(path, []byte("old"), 0o600))
	file, err := export.CreateFile(path)
	require.NoError(t, err)
	_, err = file.Write([]byte("half"))
	require.NoError(t, err)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "old", string(data))
	require.NoError(t, file.Close())
	require.NoError(t, file.Close())
	assert.Equal(t, []string{"people.jsonl"}, names(t, dir))
}

func TestCreateFileRefuses(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "customer-4711")
	for _, path := range []string{filepath.Join(secret, "x"), dir} {
		_, err := export.CreateFile(path)
		require.Error(t, err, path)
		assert.NotContains(t, err.Error(), "4711")
	}
	require.NoError(t, os.Mkdir(secret, 0o700))
	_, err := export.CreateFile(secret)
	require.ErrorIs(t, err, api.ErrConflict)
	assert.Empty(t, names(t, secret))
	_, err = export.CreateFile(filepath.Join(dir, "missing", "x"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	assert.Equal(t, "export: the folder could not be opened: no such file or folder", err.Error())
}

func TestCommitFailsWithoutALoss(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "people.jsonl")
	file, err := export.CreateFile(path)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Join(path, "taken"), 0o700))
	err = file.Commit()
	require.Error(t, err)
	assert.NotContains(t, err.Error(), dir)
	require.NoError(t, file.Close())
	assert.Equal(t, []string{"people.jsonl"}, names(t, dir))
}
