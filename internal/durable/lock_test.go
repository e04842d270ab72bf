package durable_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/durable"
)

func TestLockBelongsToOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := durable.Lock(path)
	require.NoError(t, err)
	_, err = durable.Lock(path)
	require.ErrorIs(t, err, durable.ErrLocked)
	require.NoError(t, first.Close())
	again, err := durable.Lock(path)
	require.NoError(t, err)
	require.NoError(t, again.Close())
}

func TestLockFollowsNoSymlink(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside")
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "lock")))
	_, err := durable.Lock(filepath.Join(dir, "lock"))
	require.Error(t, err)
	assert.NoFileExists(t, outside)
}
