package idfile

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTemporaryFile(t *testing.T) {
	dir := t.TempDir()
	file, err := createTemp(dir)
	require.NoError(t, err)
	temp, ok := file.(*tempFile)
	require.True(t, ok)
	info, err := temp.Stat()
	require.NoError(t, err)
	assert.Equal(t, os.FileMode(0o600), info.Mode().Perm()|0o600, "nobody else may read it")
	if temp.name == "" {
		entries, err := os.ReadDir(dir)
		require.NoError(t, err)
		assert.Empty(t, entries, "it has no name any more")
	}
	require.NoError(t, temp.Close())
	require.ErrorIs(t, temp.Close(), os.ErrClosed)
}

// TestTemporaryFileThatKeepsItsName is what happens on systems that do not remove open files.
func TestTemporaryFileThatKeepsItsName(t *testing.T) {
	name := filepath.Join(t.TempDir(), "named")
	file, err := os.Create(name)
	require.NoError(t, err)
	require.NoError(t, (&tempFile{File: file, name: name}).Close())
	assert.NoFileExists(t, name)
}
