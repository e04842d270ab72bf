package spool_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
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

// firstNames gives the files of deliveries the names of the first format: a hash of the key alone, without a letter.
func firstNames(t *testing.T, dir string, n int) {
	t.Helper()
	for i := range n {
		for _, file := range glob(t, dir, fmt.Sprintf("pending/%016x-*.delivery", i+1)) {
			at := strings.Index(filepath.Base(file), "-s")
			name := filepath.Base(file)[:at+1] + fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "base:%d", i))) + ".delivery"
			require.NoError(t, os.Rename(file, filepath.Join(filepath.Dir(file), name)))
		}
	}
}

// TestEachNameThroughEachStep: whichever format a name has, and whether it is joined, each delivery is worked on until
// it is done, over a death and with the spool opened anew before each step, and a later delivery of the same bytes is
// stored.
func TestEachNameThroughEachStep(t *testing.T) {
	for _, format := range []string{"first", "second"} {
		for _, within := range []time.Duration{0, time.Millisecond} {
			t.Run(fmt.Sprint(format, ", joined within ", within), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					dir := t.TempDir()
					s := openSpool(t, dir)
					for i := range 3 {
						require.NoError(t, s.Put(t.Context(), about(i, 10+i)))
					}
					anew := func() {
						require.NoError(t, s.Close())
						s = openSpool(t, dir, spool.Options{JoinWithin: within, Attempts: 2, Backoff: time.Millisecond, BackoffCap: time.Millisecond})
					}
					if format == "first" { // the spool opened next is the first that sees them
						firstNames(t, dir, 3)
						require.Empty(t, glob(t, dir, "pending/*-0000-s*"))
					}
					anew()
					files := 3
					if within > 0 {
						files = 1
					}
					var calls recorder
					failing := calls.process(func(*webhook.Delivery) error { return errors.New("no") })
					runUntil(t, s, func() bool { return len(calls.all()) >= 1 && s.Status().InWork == 0 }, failing)
					anew()
					runUntil(t, s, func() bool { return s.Pending() == 0 }, calls.process(func(*webhook.Delivery) error { return webhook.ErrGiveUp }))
					anew()
					require.Len(t, deadOf(t, s), files)
					for _, dead := range deadOf(t, s) {
						require.NoError(t, s.Requeue(dead.ID))
					}
					anew()
					require.NoError(t, s.Put(t.Context(), about(1, 11)), "the same bytes once more")
					require.Equal(t, files+1, s.Pending())
					calls.forget()
					runUntil(t, s, func() bool { return s.Pending() == 0 }, calls.process(succeed))
					var ids []int64
					for _, c := range calls.all() {
						ids = append(ids, c.ids...)
					}
					assert.Equal(t, []int64{10, 11, 12, 11}, ids)
					assert.Empty(t, spoolFiles(t, dir))
				})
			})
		}
	}
}

// TestJoiningNamesOfTheFirstFormat: no crash loses one of those that are joined, or has it worked on twice.
func TestJoiningNamesOfTheFirstFormat(t *testing.T) {
	for left := range 8 { // the files that the crash had not removed
		synctest.Test(t, func(t *testing.T) {
			dir := t.TempDir()
			s := openSpool(t, dir)
			for i := range 3 {
				require.NoError(t, s.Put(t.Context(), about(i, 10+i)))
			}
			require.NoError(t, s.Close())
			firstNames(t, dir, 3)
			parts := map[string][]byte{}
			for i, file := range glob(t, dir, "pending/*.delivery") {
				if content, err := os.ReadFile(file); left&(1<<i) != 0 {
					require.NoError(t, err)
					parts[file] = content
				}
			}
			options := spool.Options{JoinWithin: time.Millisecond}
			s = openSpool(t, dir, options)
			var calls recorder
			later := calls.process(func(*webhook.Delivery) error { return fmt.Errorf("later: %w", webhook.ErrRetryLater) })
			runUntil(t, s, func() bool { return len(calls.all()) > 0 }, later)
			require.NoError(t, s.Close())
			for file, content := range parts {
				require.NoError(t, os.WriteFile(file, content, 0o600))
			}
			s = openSpool(t, dir, options)
			assert.Equal(t, 1, s.Pending(), left)
			calls.forget()
			runUntil(t, s, func() bool { return s.Pending() == 0 }, calls.process(succeed))
			require.Len(t, calls.all(), 1)
			assert.Equal(t, []int64{10, 11, 12}, calls.all()[0].ids)
			assert.Empty(t, spoolFiles(t, dir))
		})
	}
}

// TestPartsThatCannotBeRemoved: what was joined is worked on once the files that it was joined from are gone, and none
// of them a second time.
func TestPartsThatCannotBeRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, last := t.TempDir(), ""
		sender := coresignal
		sender.Decoder = func(d *webhook.Delivery) error {
			if d.Key == "base:2" && last == "" { // its file was read to be joined: a directory that is not empty cannot be removed
				last = glob(t, dir, "pending/*.delivery")[2]
				require.NoError(t, os.Remove(last))
				require.NoError(t, os.MkdirAll(filepath.Join(last, "x"), 0o700))
			}
			return webhook.DecodeCoresignal(d)
		}
		s, err := spool.Open(dir, spool.Options{JoinWithin: time.Millisecond, Logger: slog.New(slog.DiscardHandler)}, sender)
		require.NoError(t, err)
		for i := range 3 {
			require.NoError(t, s.Put(t.Context(), about(i, 10+i)))
		}
		var calls recorder
		for range 2 {
			require.NotErrorIs(t, s.Run(t.Context(), calls.process(succeed)), context.Canceled)
		}
		assert.Empty(t, calls.all())
		require.NoError(t, os.RemoveAll(filepath.Join(last, "x")))
		runUntil(t, s, func() bool { return s.Pending() == 0 }, calls.process(succeed))
		require.NoError(t, s.Close())
		assert.Empty(t, spoolFiles(t, dir))
		require.Len(t, calls.all(), 1)
		assert.Equal(t, []int64{10, 11, 12}, calls.all()[0].ids)
	})
}

// decoded returns a delivery as the handler hands it over: the dead ones' bound is not for what can be worked on.
func decoded(t *testing.T, d *webhook.Delivery) *webhook.Delivery {
	t.Helper()
	require.NoError(t, webhook.Decode(d, coresignal))
	return d
}

// TestWhatIsToDieIsNotTriedAgain: it waits for room among the dead, while newer ones about the same are handed over. Opened
// anew, also with more attempts, the spool still knows.
func TestWhatIsToDieIsNotTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, o := t.TempDir(), spool.Options{MaxDead: 9 << 10, Attempts: 2}
		s := openSpool(t, dir, o)
		process := func(_ context.Context, d *webhook.Delivery) error {
			if slices.Contains([]string{"base:1", "base:2", "base:3"}, d.Key) {
				return fmt.Errorf("this is odd: %w", webhook.ErrGiveUp)
			}
			return nil
		}
		for i := 1; i <= 3; i++ {
			require.NoError(t, s.Put(t.Context(), about(i, i)))
		}
		runUntil(t, s, func() bool {
			return s.Status().Dead == 2 && s.Status().InWork == 0 && s.Status().LastError != "" && strings.Contains(s.Status().LastError, "MaxDead")
		}, process)
		require.NoError(t, s.Put(t.Context(), decoded(t, about(4, 3))), "newer, about the same person")
		runUntil(t, s, func() bool { return s.Pending() == 1 }, process)

		require.NoError(t, s.Close())
		o.Attempts = 100
		s = openSpool(t, dir, o)
		require.NoError(t, s.Put(t.Context(), decoded(t, about(3, 3))), "the same bytes are not taken into one that is to die")
		require.Equal(t, 2, s.Pending())
		var calls recorder
		runUntil(t, s, func() bool { return s.Pending() == 1 }, calls.process(succeed))
		require.Len(t, calls.all(), 1)
		for _, d := range deadOf(t, s) {
			require.NoError(t, s.Discard(d.ID))
		}
		runUntil(t, s, func() bool { return s.Pending() == 0 }, calls.process(succeed))
		assert.Len(t, calls.all(), 1)
		require.Len(t, deadOf(t, s), 1)
		assert.Contains(t, deadOf(t, s)[0].Reason, "this is odd")
	})
}

// TestADamagedFileTakesNothingIn: what cannot be read, and waits for room among the dead, absorbs no delivery.
func TestADamagedFileTakesNothingIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, o := t.TempDir(), spool.Options{MaxDead: 1}
		s := openSpool(t, dir, o)
		require.NoError(t, s.Put(t.Context(), about(8, 8)))
		runUntil(t, s, func() bool { return s.Pending() == 0 }, func(context.Context, *webhook.Delivery) error { return webhook.ErrGiveUp })
		require.NoError(t, s.Put(t.Context(), decoded(t, about(1, 1))))
		file := glob(t, dir, "pending/*.delivery")[0]
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		content[len(content)-3] ^= 1
		require.NoError(t, os.WriteFile(file, content, 0o600))
		var calls recorder
		runUntil(t, s, func() bool { return strings.Contains(s.Status().LastError, "MaxDead") }, calls.process(succeed))
		require.NoError(t, s.Put(t.Context(), decoded(t, about(1, 1))))
		runUntil(t, s, func() bool { return s.Pending() == 1 }, calls.process(succeed))
		assert.Len(t, calls.all(), 1)
	})
}
