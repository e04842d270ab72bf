//go:build !linux

package idfile_test

import "testing"

func smallFileSystem(t *testing.T) string {
	t.Helper()
	t.Skip("mounting a small file system is done on Linux only")
	return ""
}
