package spool_test

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

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
		dead, err := filepath.Glob(filepath.Join(dir, "dead", "*.delivery"))
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

// TestFilesOfAnySize: what is larger than it says, or than the spool would store, costs nothing and stops nothing.
func TestFilesOfAnySize(t *testing.T) {
	head := func(size string) []byte {
		return fmt.Appendf(nil, "pronet-delivery-1 %064x\n{\"source\":\"coresignal\",\"label\":\"base\",\"key\":\"k\",\"received_at\":\"2026-01-01T00:00:00Z\",\"size\":%s}\n", 1, size)
	}
	for name, test := range map[string]struct {
		content []byte
		size    int64
		firstly bool // As files of the first format were named: they are looked at when the spool is opened.
	}{
		"a hole of 4 TiB":                         {[]byte("damaged"), 1 << 42, true},
		"a hole of 512 MiB":                       {[]byte("damaged"), 1 << 29, false},
		"a hole of 512 MiB behind a good head":    {head("36"), 1 << 29, true},
		"a hole of 4 TiB that the head tells":     {head("4398046511104"), int64(len(head("4398046511104"))) + 1<<42, false},
		"a hole of almost as much as can be told": {head("9223372036854775807"), 1 << 43, false},
		"a negative length":                       {head("-100"), 0, false},
		"a negative length behind a hole":         {head("-100"), 1 << 29, false},
		"the head alone":                          {head("1048576"), 0, true},
		"a length in words":                       {head(`"x"`), 0, false},
		"an endless second line":                  {[]byte("pronet-delivery-1 " + strings.Repeat("0", 64) + "\n{"), 1 << 29, true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, openSpool(t, dir).Close())
			mark := "s"
			if test.firstly {
				mark = ""
			}
			path := filepath.Join(dir, "pending", fmt.Sprintf("%016x-%04d-%s%064x.delivery", 1, 0, mark, 1))
			require.NoError(t, os.WriteFile(path, test.content, 0o600))
			if test.size > 0 {
				require.NoError(t, os.Truncate(path, test.size))
			}
			for range 2 { // At any start.
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				s := openSpool(t, dir)
				require.NoError(t, s.Put(t.Context(), delivery(2)), "it takes no room from others")
				attempts(t, s, func(_ context.Context, d *webhook.Delivery) error {
					assert.Equal(t, "base:2", d.Key)
					return nil
				})
				dead := deadOf(t, s)
				runtime.ReadMemStats(&after)
				assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
				require.Len(t, dead, 1)
				if !strings.HasSuffix(name, "that the head tells") {
					assert.True(t, dead[0].Corrupt)
				}
				require.Error(t, s.Requeue(dead[0].ID))
				require.NoError(t, s.Close())
			}
			s := openSpool(t, dir)
			require.NoError(t, s.Discard(deadOf(t, s)[0].ID))
			assert.Empty(t, spoolFiles(t, dir))
		})
	}
}

// TestWhatIsNoFile has the name of one: it stops nothing, at any start, and is left alone.
func TestWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir)
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	require.NoError(t, s.Close())
	name := func(n int, ending string) string {
		return fmt.Sprintf("%016x-%s%064x%s", n, map[bool]string{true: "0001-", false: ""}[ending == ".delivery"], n, ending)
	}
	var strange []string
	for _, folder := range []string{"pending", "dead"} {
		for n, ending := range []string{".delivery", ".kept", ".reason"} {
			strange = append(strange, filepath.Join(dir, folder, name(10+n, ending)))
			require.NoError(t, os.MkdirAll(filepath.Join(strange[len(strange)-1], "inside"), 0o700))
			strange = append(strange, filepath.Join(dir, folder, name(20+n, ending)))
			require.NoError(t, os.Symlink("/dev/zero", strange[len(strange)-1]))
		}
	}
	for n := range 2 {
		s, err := spool.Open(dir, spool.Options{Logger: slog.New(slog.DiscardHandler)}, coresignal)
		require.NoError(t, err)
		require.NoError(t, s.Put(t.Context(), delivery(2)))
		require.Equal(t, 2-n, s.Pending())
		drain(t, s)
		assert.Empty(t, deadOf(t, s))
		require.ErrorIs(t, s.Discard(filepath.Base(strange[6])), spool.ErrNotDead)
		require.ErrorIs(t, s.Requeue(name(10, ".delivery")), spool.ErrCorrupt)
		require.NoError(t, s.Close())
	}
	for _, path := range strange {
		_, err := os.Lstat(path)
		require.NoError(t, err)
	}
}

// TestAFileThatCannotBeRead waits beside the others and is dead in the end.
func TestAFileThatCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := openSpool(t, dir, spool.Options{Attempts: 3})
		require.NoError(t, s.Put(t.Context(), delivery(1)))
		require.NoError(t, s.Put(t.Context(), delivery(2)))
		path := spoolFiles(t, dir)[0]
		require.NoError(t, os.Remove(path))
		require.NoError(t, os.Mkdir(path, 0o700)) // To read it is an error, as on a disk with a bad sector.
		start := time.Now()
		runUntil(t, s, func() bool { return s.Pending() == 0 }, func(_ context.Context, d *webhook.Delivery) error {
			assert.Equal(t, "base:2", d.Key)
			assert.Zero(t, time.Since(start))
			return nil
		})
		assert.Equal(t, 1, s.Status().Dead)
	})
}
