package idfile_test

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// smallFileSystem mounts a file system of 1 MB, where that is permitted.
func smallFileSystem(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skip("mounting a file system is not permitted here: ", err)
	}
	t.Cleanup(func() { require.NoError(t, syscall.Unmount(dir, 0)) })
	return dir
}
