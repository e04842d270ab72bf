package spool_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// without leaves out the entries that have the text.
func without(text string) func(entries [][]byte) ([][]byte, error) {
	return func(entries [][]byte) (left [][]byte, _ error) {
		for _, entry := range entries {
			if !bytes.Contains(entry, []byte(text)) {
				left = append(left, entry)
			}
		}
		return left, nil
	}
}

// keeps is a function for Run that keeps what it is given, and fails.
func keeps(t *testing.T, failure error, entries ...string) func(ctx context.Context, d *webhook.Delivery) error {
	return func(ctx context.Context, d *webhook.Delivery) error {
		for _, entry := range entries {
			require.NoError(t, d.Kept.Append(ctx, []byte(entry)))
		}
		return failure
	}
}

// keptIn returns what the journals of a spool's directory hold, as the base64 of their lines is read.
func keptIn(t *testing.T, dir string) (all string) {
	t.Helper()
	for _, path := range glob(t, dir, "*/*.kept") {
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		all += string(data)
	}
	return all
}

// TestEditKept erases somebody from what is kept of pending, dead and requeued deliveries, and leaves the others.
func TestEditKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := openSpool(t, dir)
		for n := range 3 {
			require.NoError(t, s.Put(t.Context(), delivery(n+1)))
		}
		jane, other := strings.Repeat("jane ", 30), strings.Repeat("other ", 30)
		attempts(t, s, keeps(t, webhook.ErrGiveUp, other, jane, other), keeps(t, webhook.ErrGiveUp, jane), keeps(t, errDownstream, jane, jane, other))
		for dead, err := range s.Dead() {
			require.NoError(t, err)
			if dead.Key == "base:2" {
				require.NoError(t, s.Requeue(dead.ID))
			}
		}
		before := s.Status()
		require.NoError(t, s.EditKept(t.Context(), without("jane")))
		after := s.Status()
		assert.Less(t, after.KeptBytes, before.KeptBytes)
		assert.Equal(t, int64(len(keptIn(t, dir))), after.KeptBytes+deadKept(t, s))
		assert.NotContains(t, keptIn(t, dir), "amFuZSBqYW5lIGphbmUg", "the base64 of jane")
		files := make(map[string]time.Time)
		for _, path := range glob(t, dir, "*/*.kept") {
			info, err := os.Stat(path)
			require.NoError(t, err)
			assert.EqualValues(t, 0o600, info.Mode().Perm())
			files[path] = info.ModTime()
		}
		require.Len(t, files, 3)
		require.NoError(t, s.Close())

		s = openSpool(t, dir)
		assert.Equal(t, after.KeptBytes, s.Status().KeptBytes)
		assert.Equal(t, after.DeadBytes, s.Status().DeadBytes)
		require.NoError(t, s.EditKept(t.Context(), without("jane")))
		for path, at := range files {
			info, err := os.Stat(path)
			require.NoError(t, err)
			assert.Equal(t, at, info.ModTime(), "what does not change is not written")
		}
		var found [][]byte
		collect := func(ctx context.Context, d *webhook.Delivery) error {
			entries, err := d.Kept.Entries(ctx)
			found = append(found, entries...)
			return err
		}
		attempts(t, s, collect, collect)
		assert.Equal(t, [][]byte{[]byte(other)}, found)
		for dead, err := range s.Dead() {
			require.NoError(t, err)
			require.NoError(t, s.Requeue(dead.ID))
		}
		attempts(t, s, collect)
		assert.Equal(t, [][]byte{[]byte(other), []byte(other), []byte(other)}, found)
	})
}

func deadKept(t *testing.T, s *spool.Spool) (bytes int64) {
	t.Helper()
	for dead, err := range s.Dead() {
		require.NoError(t, err)
		bytes += dead.Kept
	}
	return bytes
}

// TestEditKeptWaits for the delivery in work, and no other is worked on while it edits.
func TestEditKeptWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSpool(t, t.TempDir())
		require.NoError(t, s.Put(t.Context(), delivery(1)))
		require.NoError(t, s.Put(t.Context(), delivery(2)))
		working, goOn := false, make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		run := make(chan error)
		go func() {
			run <- s.Run(ctx, func(ctx context.Context, d *webhook.Delivery) error {
				working = true
				defer func() { working = false }()
				if d.Key == "base:1" {
					require.NoError(t, d.Kept.Append(ctx, []byte("jane")))
					assert.ErrorContains(t, s.EditKept(ctx, without("jane")), "must not be called by it")
					<-goOn
				}
				return errDownstream
			})
		}()
		synctest.Wait()
		soon, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		require.ErrorIs(t, s.EditKept(soon, without("jane")), context.DeadlineExceeded)
		edited := make(chan error)
		go func() {
			edited <- s.EditKept(t.Context(), func(entries [][]byte) ([][]byte, error) {
				assert.False(t, working)
				assert.Equal(t, [][]byte{[]byte("jane")}, entries)
				time.Sleep(time.Hour) // of synctest's
				assert.False(t, working)
				return nil, nil
			})
		}()
		synctest.Wait()
		close(goOn)
		require.NoError(t, <-edited)
		cancel()
		require.ErrorIs(t, <-run, context.Canceled)
		require.NoError(t, s.Close())
		require.ErrorIs(t, s.EditKept(t.Context(), without("jane")), spool.ErrClosed)
	})
}

// TestEditKeptOfOneThatWaitsBehindAnother, which is neither fresh nor due.
func TestEditKeptOfOneThatWaitsBehindAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := openSpool(t, dir)
		require.NoError(t, s.Put(t.Context(), delivery(1)))
		attempts(t, s, keeps(t, webhook.ErrGiveUp, "jane"))
		require.NoError(t, s.Put(t.Context(), delivery(1)))
		attempts(t, s, keeps(t, errDownstream), keeps(t, errDownstream))
		require.NoError(t, s.Requeue(deadOf(t, s)[0].ID))
		attempts(t, s, keeps(t, errDownstream, "joe")) // the requeued one is looked at before, and has to wait behind it
		jane, joe := base64.StdEncoding.EncodeToString([]byte("jane")), base64.StdEncoding.EncodeToString([]byte("joe"))
		require.Contains(t, keptIn(t, dir), jane)
		require.NoError(t, s.EditKept(t.Context(), without("jane")))
		assert.NotContains(t, keptIn(t, dir), jane)
		assert.Contains(t, keptIn(t, dir), joe)
	})
}

// TestEditKeptOfACutEntry: what a crash left of an entry that was not appended is erased too.
func TestEditKeptOfACutEntry(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir)
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	attempts(t, s, keeps(t, webhook.ErrGiveUp, strings.Repeat("other ", 9), strings.Repeat("jane ", 9)))
	require.NoError(t, s.Close())
	path := glob(t, dir, "dead/*.kept")[0]
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(path, whole[:len(whole)-20], 0o600))
	require.Contains(t, keptIn(t, dir), "amFuZSBqYW5lI")
	s = openSpool(t, dir)
	require.NoError(t, s.EditKept(t.Context(), without("jane")))
	assert.NotContains(t, keptIn(t, dir), "amFuZSBqYW5lI")
	assert.Contains(t, keptIn(t, dir), "b3RoZXIgb3RoZXIg")
}

// TestEditKeptThatFails leaves what was, says what it was, and edits the others.
func TestEditKeptThatFails(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir)
	for n := range 3 {
		require.NoError(t, s.Put(t.Context(), delivery(n+1)))
	}
	attempts(t, s, keeps(t, webhook.ErrGiveUp, "jane 1"), keeps(t, webhook.ErrGiveUp, "jane 2"), keeps(t, webhook.ErrGiveUp, "jane 3"))
	paths := glob(t, dir, "dead/*.kept")
	require.Len(t, paths, 3)
	before := keptIn(t, dir)
	refused := errors.New("refused")
	require.ErrorIs(t, s.EditKept(t.Context(), func([][]byte) ([][]byte, error) { return nil, refused }), refused)
	assert.Equal(t, before, keptIn(t, dir))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.EditKept(ended, without("jane")), context.Canceled)
	require.Error(t, s.EditKept(t.Context(), nil))

	require.NoError(t, os.WriteFile(paths[1], []byte("{}\n{}\n"), 0o600))
	err := s.EditKept(t.Context(), without("jane"))
	require.ErrorIs(t, err, spool.ErrCorrupt)
	require.ErrorContains(t, err, filepath.Base(paths[1]))
	assert.Equal(t, "{}\n{}\n", keptIn(t, dir))
}

// TestEditKeptLocksNothing: while edit looks somebody up, which may take long, deliveries are stored, and what is requeued or
// discarded meanwhile is edited, or stays away.
func TestEditKeptLocksNothing(t *testing.T) {
	for _, requeues := range []bool{true, false} {
		dir := t.TempDir()
		s := openSpool(t, dir)
		require.NoError(t, s.Put(t.Context(), delivery(1)))
		attempts(t, s, keeps(t, webhook.ErrGiveUp, "jane "+strings.Repeat("x", 30)))
		id := deadOf(t, s)[0].ID
		calls := 0
		require.NoError(t, s.EditKept(t.Context(), func(entries [][]byte) ([][]byte, error) {
			if calls++; calls == 1 {
				require.NoError(t, s.Put(t.Context(), delivery(2)))
				assert.Equal(t, 1, s.Status().Dead)
				if requeues {
					require.NoError(t, s.Requeue(id))
				} else {
					require.NoError(t, s.Discard(id))
				}
			}
			return without("jane")(entries)
		}))
		assert.Empty(t, keptIn(t, dir))
		assert.Empty(t, glob(t, dir, "dead/*"))
		if requeues {
			assert.Equal(t, 2, calls)
			assert.Len(t, glob(t, dir, "pending/*.kept"), 1)
		}
		status := s.Status()
		assert.Zero(t, status.KeptBytes)
		assert.Zero(t, status.DeadBytes)
		require.NoError(t, s.Close())
	}
}
