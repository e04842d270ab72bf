package spool_test

import (
	"context"
	"fmt"
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

func deadOf(t testing.TB, s *spool.Spool) []spool.Dead {
	t.Helper()
	var all []spool.Dead
	for d, err := range s.Dead() {
		require.NoError(t, err)
		all = append(all, d)
	}
	slices.SortFunc(all, func(a, b spool.Dead) int { return strings.Compare(a.ID, b.ID) })
	return all
}

// kill puts deliveries and lets them die.
func kill(t testing.TB, s *spool.Spool, deliveries ...*webhook.Delivery) {
	t.Helper()
	for _, d := range deliveries {
		require.NoError(t, s.Put(t.Context(), d))
	}
	runUntil(t, s, func() bool { return s.Pending() == 0 }, func(context.Context, *webhook.Delivery) error { return errDownstream })
}

func TestDeadDeliveriesAreDescribed(t *testing.T) {
	s := openSpool(t, t.TempDir(), spool.Options{Attempts: 1})
	kill(t, s, delivery(1), delivery(2))
	dead := deadOf(t, s)
	require.Len(t, dead, 2)
	for i, d := range dead {
		want := delivery(i + 1)
		assert.NotEmpty(t, d.ID)
		assert.Positive(t, d.Size)
		d.ID, d.Size = "", 0
		assert.Equal(t, spool.Dead{
			Source: want.Source, Label: want.Label, Key: want.Key, ReceivedAt: want.ReceivedAt, Attempts: 1, Reason: "downstream away",
		}, d)
	}
	for range s.Dead() {
		break // Leaving early must not leak the directory.
	}
}

// TestTheDeadAreBounded: at the bound what cannot be decoded is refused, what can be worked on is not, and what would
// die waits without holding up anybody. Nothing is lost.
func TestTheDeadAreBounded(t *testing.T) {
	for _, restart := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			junk := func(n int) *webhook.Delivery {
				d := delivery(n)
				d.Body = []byte{'{'}
				return d
			}
			dir, o := t.TempDir(), spool.Options{MaxDead: 9 << 10, Attempts: 2} // Each is small, and takes two blocks.
			s := openSpool(t, dir, o)
			require.NoError(t, s.Put(t.Context(), junk(1)))
			require.NoError(t, s.Put(t.Context(), junk(2)))
			require.NoError(t, s.Put(t.Context(), junk(3)))
			calls := map[string]int{}
			run := func() {
				start := time.Now()
				runUntil(t, s, func() bool { return time.Since(start) > time.Hour }, func(_ context.Context, d *webhook.Delivery) error {
					calls[d.Key]++
					switch d.Key {
					case "base:5":
						return errDownstream
					case "base:6":
						return fmt.Errorf("strange: %w", webhook.ErrNotUnderstood)
					}
					return nil
				})
			}
			run()
			assert.Len(t, deadOf(t, s), 2)
			assert.Equal(t, 1, s.Pending())
			assert.Contains(t, s.Status().LastError, "Options.MaxDead")
			if restart {
				require.NoError(t, s.Close())
				s = openSpool(t, dir, o)
			}
			require.EqualValues(t, 16<<10, s.Status().DeadBytes)
			require.ErrorIs(t, s.Put(t.Context(), junk(4)), spool.ErrFull)
			for i := 5; i <= 8; i++ {
				d := about(i, min(i, 7)) // The last two are about one person.
				require.NoError(t, webhook.Decode(d, coresignal))
				require.NoError(t, s.Put(t.Context(), d))
			}
			behind := about(9, 5) // About the same person as one that would die.
			require.NoError(t, webhook.Decode(behind, coresignal))
			require.NoError(t, s.Put(t.Context(), behind))
			run()
			assert.Equal(t, map[string]int{"base:5": 2, "base:6": 1, "base:7": 1, "base:8": 1, "base:9": 1}, calls)
			assert.Equal(t, 3, s.Pending())
			reasons := map[string]string{}
			for range 3 { // Two have room, and one more.
				for _, d := range deadOf(t, s) {
					reasons[d.Key] = d.Reason
					require.NoError(t, s.Discard(d.ID))
				}
				run()
			}
			assert.Zero(t, s.Pending())
			assert.Zero(t, s.Status().DeadBytes)
			require.Len(t, reasons, 5)
			for key, reason := range map[string]string{"base:3": "cannot be decoded", "base:5": "downstream away", "base:6": "strange"} {
				assert.Contains(t, reasons[key], reason)
			}
			assert.Len(t, calls, 5)
		})
	}
}

// TestKeptFollowsToTheDead and back, and is dropped by Discard.
func TestKeptFollowsToTheDead(t *testing.T) {
	for _, again := range []string{"requeue", "discard"} {
		dir := t.TempDir()
		s := openSpool(t, dir, spool.Options{Attempts: 1})
		require.NoError(t, s.Put(t.Context(), delivery(1)))
		runUntil(t, s, func() bool { return s.Pending() == 0 }, func(ctx context.Context, d *webhook.Delivery) error {
			require.NoError(t, d.Kept.Append(ctx, []byte("an older record")))
			return errDownstream
		})
		require.NoError(t, s.Close())
		s = openSpool(t, dir, spool.Options{Attempts: 1})
		require.Len(t, glob(t, dir, "dead/*"), 3, "it stays there over a restart")
		assert.Zero(t, s.Status().KeptBytes, "what has failed does not keep out what arrives")
		dead := deadOf(t, s)
		assert.Positive(t, dead[0].Kept)
		if again == "discard" {
			require.NoError(t, s.Discard(dead[0].ID))
			require.ErrorIs(t, s.Discard(dead[0].ID), spool.ErrNotDead)
			require.ErrorIs(t, s.Requeue(dead[0].ID), spool.ErrNotDead)
			assert.Empty(t, spoolFiles(t, dir))
			assert.Zero(t, s.Status().Dead)
			continue
		}
		require.NoError(t, s.Put(t.Context(), delivery(1))) // A newer record may be handed over first.
		require.NoError(t, s.Requeue(dead[0].ID))
		assert.Equal(t, dead[0].Kept, s.Status().KeptBytes)
		for round, want := range [][]int{{0, 1}, {2}} { // The newer one first.
			if round == 1 {
				dead := deadOf(t, s)
				assert.Equal(t, 1, dead[0].Requeues)
				require.NoError(t, s.Requeue(dead[0].ID))
				require.NoError(t, s.Close())
				s = openSpool(t, dir, spool.Options{Attempts: 1})
			}
			var requeues []int
			runUntil(t, s, func() bool { return s.Pending() == 0 }, func(ctx context.Context, d *webhook.Delivery) error {
				requeues = append(requeues, d.Requeues)
				entries, err := d.Kept.Entries(ctx)
				require.NoError(t, err)
				assert.Len(t, entries, min(d.Requeues, 1), "the record is from before")
				if d.Requeues == 1 {
					return errDownstream
				}
				return nil
			})
			assert.Equal(t, want, requeues)
		}
		assert.Empty(t, spoolFiles(t, dir))
		assert.Zero(t, s.Status().Dead)
		assert.Zero(t, s.Status().DeadBytes)
		assert.Zero(t, s.Status().KeptBytes)
	}
}

// TestACrashDuringRequeue takes away nothing of what was kept, and leaves nothing behind.
func TestACrashDuringRequeue(t *testing.T) {
	for _, step := range []string{"linked", "renamed"} {
		dir, o := t.TempDir(), spool.Options{Attempts: 1}
		s := openSpool(t, dir, o)
		require.NoError(t, s.Put(t.Context(), delivery(1)))
		runUntil(t, s, func() bool { return s.Pending() == 0 }, func(ctx context.Context, d *webhook.Delivery) error {
			require.NoError(t, d.Kept.Append(ctx, []byte("a record")))
			return errDownstream
		})
		old := glob(t, dir, "dead/*.kept")[0]
		if step == "renamed" {
			require.NoError(t, s.Requeue(deadOf(t, s)[0].ID))
			require.NoError(t, os.Link(glob(t, dir, "pending/*.kept")[0], old))
		} else {
			name := strings.Replace(filepath.Base(old), "0000000000000001", "0000000000000002", 1)
			require.NoError(t, os.Link(old, filepath.Join(dir, "pending", name)))
		}
		require.NoError(t, s.Close())
		s = openSpool(t, dir, o)
		if step == "linked" {
			require.NoError(t, s.Requeue(deadOf(t, s)[0].ID))
		}
		assert.Empty(t, glob(t, dir, "dead/*"))
		attempts(t, s, func(ctx context.Context, d *webhook.Delivery) error {
			entries, err := d.Kept.Entries(ctx)
			require.NoError(t, err)
			assert.Equal(t, [][]byte{[]byte("a record")}, entries)
			assert.Equal(t, 1, d.Requeues)
			return nil
		})
		assert.Empty(t, spoolFiles(t, dir))
	}
}

func TestRequeue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := openSpool(t, dir, spool.Options{Attempts: 2})
		kill(t, s, delivery(1), delivery(2))
		dead := deadOf(t, s)
		require.Equal(t, 2, dead[0].Attempts)
		require.NoError(t, s.Put(t.Context(), delivery(3)))
		require.NoError(t, s.Requeue(dead[0].ID))
		require.ErrorIs(t, s.Requeue(dead[0].ID), spool.ErrNotDead)
		require.Len(t, deadOf(t, s), 1)
		require.Equal(t, 2, s.Pending())

		// The line and the counting of attempts start over, also after a restart.
		require.NoError(t, s.Close())
		s = openSpool(t, dir, spool.Options{Attempts: 2})
		ctx, cancel := context.WithCancel(t.Context())
		var calls []string
		require.ErrorIs(t, s.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
			calls = append(calls, d.Key)
			if d.Key == "base:1" {
				if len(calls) == 2 {
					return errDownstream
				}
				cancel()
			}
			return nil
		}), context.Canceled)
		assert.Equal(t, []string{"base:3", "base:1", "base:1"}, calls)
		assert.Equal(t, "base:2", deadOf(t, s)[0].Key)
	})
}

func TestRequeueWakesRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSpool(t, t.TempDir(), spool.Options{Attempts: 1})
		kill(t, s, delivery(1))
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- s.Run(ctx, func(context.Context, *webhook.Delivery) error { cancel(); return nil })
		}()
		time.Sleep(time.Minute)
		require.NoError(t, s.Requeue(deadOf(t, s)[0].ID))
		require.ErrorIs(t, <-ended, context.Canceled)
		assert.Empty(t, deadOf(t, s))
	})
}

func TestTheSameKeyMayDieTwice(t *testing.T) {
	dir := t.TempDir()
	for range 2 {
		s := openSpool(t, dir, spool.Options{Attempts: 1})
		kill(t, s, delivery(1))
		require.NoError(t, s.Close())
	}
	s := openSpool(t, dir)
	dead := deadOf(t, s)
	require.Len(t, dead, 2, "the second must not replace the first")
	require.NoError(t, s.Requeue(dead[0].ID))
	require.NoError(t, s.Requeue(dead[1].ID), "that the key is pending is no reason to refuse")
	assert.Empty(t, deadOf(t, s))
	assert.Equal(t, []string{"base:1", "base:1"}, drain(t, s))
}

func TestRequeueRefuses(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir, spool.Options{Attempts: 1, MaxDeliveries: 2, MaxBytes: 1 << 20})
	kill(t, s, delivery(1))
	id := deadOf(t, s)[0].ID
	for _, bad := range []string{"", ".", "..", "../pending/x", "../lock", strings.ToUpper(id), id + "x", strings.Replace(id, "-0001-", "-01-", 1), strings.Replace(id, "-0001-", "-0002-", 1)} {
		require.ErrorIs(t, s.Requeue(bad), spool.ErrNotDead, bad)
	}
	require.NoError(t, s.Put(t.Context(), delivery(2)))
	require.NoError(t, s.Put(t.Context(), delivery(3)))
	require.ErrorIs(t, s.Requeue(id), spool.ErrFull)
	drain(t, s)
	path := filepath.Join(dir, "dead", id)
	require.NoError(t, os.WriteFile(path, []byte("pronet-delivery-1 damaged"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "dead", "notes.txt"), nil, 0o600))
	dead := deadOf(t, s)
	require.Len(t, dead, 1)
	assert.True(t, dead[0].Corrupt)
	require.ErrorIs(t, s.Requeue(id), spool.ErrCorrupt)
	assert.FileExists(t, path)
}

func TestDeadReportsFaults(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir)
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "dead")))
	count := 0
	for _, err := range s.Dead() {
		require.Error(t, err)
		count++
	}
	assert.Equal(t, 1, count)
}

// TestARequeueThatFailsLeavesNothing of what was kept where EditKept does not find it.
func TestARequeueThatFailsLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir)
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	attempts(t, s, keeps(t, webhook.ErrGiveUp, "jane "+strings.Repeat("x", 30)))
	id := deadOf(t, s)[0].ID
	taken := strings.NewReplacer("0000000000000001-0001-", "0000000000000002-0000-", ".delivery", "-requeued1.delivery").Replace(id)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "pending", taken, "in the way"), 0o700))
	require.ErrorContains(t, s.Requeue(id), "requeue")
	assert.Empty(t, glob(t, dir, "pending/*.kept"))
	assert.Zero(t, s.Status().KeptBytes)
	require.NoError(t, s.EditKept(t.Context(), without("jane")))
	assert.Empty(t, keptIn(t, dir))
	require.NoError(t, s.Requeue(id))
	require.Equal(t, 1, s.Pending())
}
