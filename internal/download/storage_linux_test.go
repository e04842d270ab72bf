package download

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// mount mounts a file system of 1 MB in memory, or skips the test where that is not permitted.
func mount(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skip("mounting is not permitted here: ", err)
	}
	t.Cleanup(func() { assert.NoError(t, syscall.Unmount(dir, 0)) })
	return dir
}

func TestR33DiskFull(t *testing.T) {
	dir := mount(t)
	noise := make([]byte, 3<<19)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	data := append([]byte{0x1f, 0x8b}, noise...)
	small := packed(t, 1, 60)
	o := newOrigin(t)
	o.plan("json/a", serving(small, tag))
	o.plan("json/b", serving(data, tag))
	failures := bringWith(t, dir, o, Options{Parallel: 1}, "json/a", "json/b")
	require.Len(t, failures, 1)
	e, ok := errors.AsType[*StorageError](failures[0].Err)
	require.True(t, ok)
	require.ErrorIs(t, e, syscall.ENOSPC)
	assert.Equal(t, `download: write "json/b.partial": no space left on device`, e.Error())
	assert.Equal(t, map[string][]byte{"json/a": small}, contents(t, dir))

	require.NoError(t, syscall.Mount("", dir, "", syscall.MS_REMOUNT, "size=4m"))
	o.plan("json/b", serving(data, tag))
	_ = bringWith(t, dir, o, Options{Parallel: 1})
	require.NotEmpty(t, o.asked("json/b"))
	assert.NotEmpty(t, o.asked("json/b")[0].Get("Range"), "what was written is gone on with")
	stored, err := os.ReadFile(filepath.Join(dir, "files", "json", "b.partial"))
	require.NoError(t, err)
	assert.True(t, bytes.Equal(data, stored), "all of it came, although it is no gzip file in the end")
}

func TestR33ReadOnly(t *testing.T) {
	dir := mount(t)
	o, want := stocked(t)
	remount := func(flag uintptr) { require.NoError(t, syscall.Mount("", dir, "", syscall.MS_REMOUNT|flag, "size=1m")) }
	remount(syscall.MS_RDONLY)
	_, err := Open(dir, "job")
	require.ErrorIs(t, err, syscall.EROFS)
	assert.True(t, isStorage(err))
	remount(0)
	d := openDir(t, dir, three...)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "files", "json"), 0o700))
	require.NoError(t, d.Close())
	d = openDir(t, dir)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "files", "json", "part-0.json.gz.partial"), 0o700))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "files", "json", "part-0.json.gz.partial", "x"), 0o700))
	failures := o.fetchAll(t, d, Options{Parallel: 1})
	require.Len(t, failures, 1)
	assert.True(t, isStorage(failures[0].Err), "%v", failures[0].Err)
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "files", "json", "part-0.json.gz.partial")))
	require.Empty(t, o.fetchAll(t, d, Options{Parallel: 1}))
	assert.Equal(t, want, contents(t, dir))
	require.NoError(t, d.Close())
}
