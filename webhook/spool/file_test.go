package spool_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// Every way to cut or change a file ends among the dead ones, never in the
// function.
func TestDamagedFilesAreNeverTakenForWhole(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir)
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	require.NoError(t, s.Close())
	path := spoolFiles(t, dir)[0]
	content, err := os.ReadFile(path)
	require.NoError(t, err)
	damaged := map[string][]byte{"longer": append(slices.Clip(content), 'x')}
	for i := 0; i < len(content); i += 5 {
		damaged[fmt.Sprintf("cut at %d", i)] = content[:i]
		changed := append([]byte(nil), content...)
		changed[i] ^= 0x20
		damaged[fmt.Sprintf("changed at %d", i)] = changed
	}
	for name, bad := range damaged {
		require.NoError(t, os.RemoveAll(filepath.Join(dir, "dead")))
		require.NoError(t, os.WriteFile(path, bad, 0o600))
		s, err := spool.Open(dir, spool.Options{}, coresignal)
		require.NoError(t, err)
		require.NoError(t, s.Put(t.Context(), delivery(2)))
		require.Equal(t, 2, s.Pending())
		ctx, cancel := context.WithCancel(t.Context())
		var keys []string
		require.ErrorIs(t, s.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
			keys = append(keys, d.Key)
			cancel()
			return nil
		}), context.Canceled)
		require.Equal(t, []string{"base:2"}, keys, name)
		dead, err := filepath.Glob(filepath.Join(dir, "dead", "*"))
		require.NoError(t, err)
		require.Len(t, dead, 1, name)
		require.NoError(t, s.Close())
	}
}

func TestSpoolFilesArePrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "spool")
	s := openSpool(t, dir)
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	for path, want := range map[string]fs.FileMode{
		dir: 0o700, filepath.Join(dir, "pending"): 0o700, filepath.Join(dir, "dead"): 0o700,
		filepath.Join(dir, "lock"): 0o600, spoolFiles(t, dir)[0]: 0o600,
	} {
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, want, info.Mode().Perm(), path)
	}
}

func TestSpoolDirectoryFaults(t *testing.T) {
	t.Run("a file is in the way", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "file")
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		_, err := spool.Open(path, spool.Options{}, coresignal)
		require.Error(t, err)
	})
	t.Run("a file is in the way of a directory", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, "dead"), nil, 0o600))
		for range 2 { // The failed one must not keep the lock.
			_, err := spool.Open(dir, spool.Options{}, coresignal)
			require.Error(t, err)
			require.NotErrorIs(t, err, spool.ErrLocked)
		}
	})
	t.Run("the lock is a directory", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.Mkdir(filepath.Join(dir, "lock"), 0o700))
		_, err := spool.Open(dir, spool.Options{}, coresignal)
		require.Error(t, err)
	})
	t.Run("a link leads out of the directory", func(t *testing.T) {
		dir, outside := t.TempDir(), t.TempDir()
		require.NoError(t, os.Symlink(outside, filepath.Join(dir, "pending")))
		_, err := spool.Open(dir, spool.Options{}, coresignal)
		require.Error(t, err)
	})
	t.Run("the directory disappears", func(t *testing.T) {
		dir := t.TempDir()
		s := openSpool(t, dir)
		require.NoError(t, os.RemoveAll(filepath.Join(dir, "pending")))
		require.ErrorIs(t, s.Put(t.Context(), delivery(1)), fs.ErrNotExist)
		assert.Zero(t, s.Pending())
	})
	t.Run("the directory becomes read-only", func(t *testing.T) {
		if os.Geteuid() == 0 {
			t.Skip("root may write anyway")
		}
		dir := t.TempDir()
		s := openSpool(t, dir)
		require.NoError(t, s.Put(t.Context(), delivery(1)))
		pending := filepath.Join(dir, "pending")
		require.NoError(t, os.Chmod(pending, 0o500))
		defer os.Chmod(pending, 0o700)
		require.ErrorIs(t, s.Put(t.Context(), delivery(2)), fs.ErrPermission)
		require.ErrorIs(t, s.Run(t.Context(), func(context.Context, *webhook.Delivery) error { return nil }), fs.ErrPermission)
		assert.Equal(t, 1, s.Pending())
	})
	t.Run("no dead directory to move to", func(t *testing.T) {
		dir := t.TempDir()
		s := openSpool(t, dir, spool.Options{Attempts: 1})
		require.NoError(t, s.Put(t.Context(), delivery(1)))
		require.NoError(t, os.RemoveAll(filepath.Join(dir, "dead")))
		err := s.Run(t.Context(), func(context.Context, *webhook.Delivery) error { return errDownstream })
		require.ErrorIs(t, err, fs.ErrNotExist)
		assert.Equal(t, 1, s.Pending(), "it must not get lost")
		assert.Len(t, spoolFiles(t, dir), 1)
	})
	t.Run("the operator deletes a file", func(t *testing.T) {
		dir := t.TempDir()
		s := openSpool(t, dir)
		require.NoError(t, s.Put(t.Context(), delivery(1)))
		require.NoError(t, s.Put(t.Context(), delivery(2)))
		require.NoError(t, os.Remove(spoolFiles(t, dir)[0]))
		ctx, cancel := context.WithCancel(t.Context())
		require.ErrorIs(t, s.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
			assert.Equal(t, "base:2", d.Key)
			cancel()
			return nil
		}), context.Canceled)
		assert.Zero(t, s.Pending())
	})
}
