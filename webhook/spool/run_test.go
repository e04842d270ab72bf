package spool_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

func TestRunIsWokenByPut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSpool(t, t.TempDir())
		ctx, cancel := context.WithCancel(t.Context())
		var keys []string
		ended := make(chan error, 1)
		go func() {
			ended <- s.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
				keys = append(keys, d.Key)
				return nil
			})
		}()
		start := time.Now()
		for i := range 5 {
			time.Sleep(time.Hour)
			require.NoError(t, s.Put(t.Context(), delivery(i)))
			synctest.Wait()
			require.Len(t, keys, i+1, "without any time passing")
		}
		assert.Equal(t, 5*time.Hour, time.Since(start))
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}

func TestRunRetriesAndGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		var logged bytes.Buffer
		s := openSpool(t, dir, spool.Options{Attempts: 6, Backoff: time.Second, BackoffCap: 5 * time.Second, Logger: slog.New(slog.NewTextHandler(&logged, nil))})
		require.NoError(t, s.Put(t.Context(), delivery(1)))
		require.NoError(t, s.Put(t.Context(), delivery(2)))
		ctx, cancel := context.WithCancel(t.Context())
		var at []time.Time
		err := s.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
			if d.Key == "base:2" {
				assert.Equal(t, at[len(at)-1], time.Now(), "nobody waits for the dead")
				cancel()
				return nil
			}
			at = append(at, time.Now())
			return errDownstream
		})
		require.ErrorIs(t, err, context.Canceled)
		require.Len(t, at, 6)
		for i, most := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second, 5 * time.Second} {
			wait := at[i+1].Sub(at[i])
			assert.LessOrEqual(t, wait, most)
			assert.GreaterOrEqual(t, wait, most/2)
		}
		assert.Zero(t, s.Pending())
		dead, err := filepath.Glob(filepath.Join(dir, "dead", "*"))
		require.NoError(t, err)
		assert.Len(t, dead, 1)
		assert.Contains(t, logged.String(), "downstream away")
		assert.NotContains(t, logged.String(), "member_id")
	})
}

func TestBackoffReachesItsCap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const base, limit = 2000 * time.Millisecond, 3900 * time.Millisecond
		s := openSpool(t, t.TempDir(), spool.Options{Attempts: 8, Backoff: base, BackoffCap: limit})
		require.NoError(t, s.Put(t.Context(), delivery(1)))
		ctx, cancel := context.WithCancel(t.Context())
		var at []time.Time
		require.ErrorIs(t, s.Run(ctx, func(context.Context, *webhook.Delivery) error {
			if at = append(at, time.Now()); len(at) == 8 {
				cancel()
			}
			return errDownstream
		}), context.Canceled)
		for i := 2; i < len(at); i++ {
			assert.GreaterOrEqual(t, at[i].Sub(at[i-1]), limit/2)
			assert.LessOrEqual(t, at[i].Sub(at[i-1]), limit)
		}
	})
}

func TestRunSucceedsAfterFailuresInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSpool(t, t.TempDir())
		for i := range 3 {
			require.NoError(t, s.Put(t.Context(), delivery(i)))
		}
		ctx, cancel := context.WithCancel(t.Context())
		var calls []string
		require.ErrorIs(t, s.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
			calls = append(calls, d.Key)
			switch len(calls) {
			case 1:
				return errDownstream
			case 2:
				panic("in the function")
			case 5:
				cancel()
			}
			return nil
		}), context.Canceled)
		assert.Equal(t, []string{"base:0", "base:0", "base:0", "base:1", "base:2"}, calls)
	})
}

func TestAttemptsOutliveTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		calls := 0
		for range 4 {
			s := openSpool(t, dir, spool.Options{Attempts: 3})
			if calls == 0 {
				require.NoError(t, s.Put(t.Context(), delivery(1)))
			}
			// It ends in the pause after a failed attempt.
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			require.ErrorIs(t, s.Run(ctx, func(context.Context, *webhook.Delivery) error {
				calls++
				return errDownstream
			}), context.DeadlineExceeded)
			cancel()
			require.NoError(t, s.Close())
		}
		assert.Equal(t, 3, calls)
		assert.Len(t, deadOf(t, openSpool(t, dir)), 1)
	})
}

func TestAnAttemptCutShortByTheEndOfRunDoesNotCount(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir, spool.Options{Attempts: 1})
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		require.ErrorIs(t, s.Run(ctx, func(ctx context.Context, _ *webhook.Delivery) error {
			cancel()
			return ctx.Err()
		}), context.Canceled)
		require.Equal(t, 1, s.Pending())
	}
	assert.Equal(t, []string{"base:1"}, drain(t, s))
}

func TestRunOnlyOnceAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSpool(t, t.TempDir())
		ended := make(chan error, 1)
		go func() { ended <- s.Run(t.Context(), nil) }()
		synctest.Wait()
		require.ErrorIs(t, s.Run(t.Context(), nil), spool.ErrRunning)
		require.NoError(t, s.Close())
		require.ErrorIs(t, <-ended, spool.ErrClosed)
	})
}

func TestCloseEndsTheAttemptAndKeepsTheDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := openSpool(t, dir)
		require.NoError(t, s.Put(t.Context(), delivery(1)))
		var returned atomic.Bool
		ended := make(chan error, 1)
		go func() {
			ended <- s.Run(t.Context(), func(ctx context.Context, _ *webhook.Delivery) error {
				<-ctx.Done()
				time.Sleep(time.Second)
				returned.Store(true)
				return ctx.Err()
			})
		}()
		synctest.Wait()
		require.NoError(t, s.Close())
		assert.True(t, returned.Load(), "Close waits for the function")
		require.ErrorIs(t, <-ended, spool.ErrClosed)
		assert.Equal(t, 1, openSpool(t, dir).Pending())
	})
}

func TestRunDecodesWithTheSendersDecoder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("cannot read")
		decoder := func(d *webhook.Delivery) error {
			if bytes.Contains(d.Body, []byte("broken")) {
				return broken
			}
			return webhook.DecodeRaw(d)
		}
		s, err := spool.Open(t.TempDir(), spool.Options{Attempts: 2}, webhook.Sender{Source: webhook.SourceCoresignal, Decoder: decoder})
		require.NoError(t, err)
		defer s.Close()
		bad := delivery(1)
		bad.Body = []byte("broken")
		require.NoError(t, s.Put(t.Context(), bad))
		good := delivery(2)
		good.Body = []byte("not JSON")
		require.NoError(t, s.Put(t.Context(), good))
		ctx, cancel := context.WithCancel(t.Context())
		require.ErrorIs(t, s.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
			cancel()
			assert.Equal(t, "not JSON", string(d.Events[0].(webhook.Unknown).Raw))
			return nil
		}), context.Canceled)
		require.Len(t, deadOf(t, s), 1)
	})
}

// TestRetryLaterDoesNotCount: an outage of hours does not use up a delivery's attempts, and the waits still grow.
func TestRetryLaterDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		s := openSpool(t, dir, spool.Options{Attempts: 3, Backoff: time.Second, BackoffCap: time.Minute})
		require.NoError(t, s.Put(t.Context(), delivery(1)))
		ctx, cancel := context.WithCancel(t.Context())
		start, tries := time.Now(), 0
		err := s.Run(ctx, func(context.Context, *webhook.Delivery) error {
			if tries++; time.Since(start) < 6*time.Hour {
				return fmt.Errorf("no credits: %w", webhook.ErrRetryLater)
			}
			cancel()
			return nil
		})
		require.ErrorIs(t, err, context.Canceled)
		assert.Less(t, tries, 6*60*2+20, "the waits grow to the cap")
		assert.Greater(t, tries, 6*60-20)
		assert.Zero(t, s.Pending())
		dead, err := filepath.Glob(filepath.Join(dir, "dead", "*"))
		require.NoError(t, err)
		assert.Empty(t, dead)
	})
}

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
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, d := range deliveries {
		require.NoError(t, s.Put(ctx, d))
	}
	end := delivery(999)
	require.NoError(t, s.Put(ctx, end))
	require.ErrorIs(t, s.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
		if d.Key == end.Key {
			cancel()
			return nil
		}
		return errDownstream
	}), context.Canceled)
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
			Source: want.Source, Label: want.Label, Key: want.Key, ReceivedAt: want.ReceivedAt, Attempts: 1, Reason: "attempt 1 failed",
		}, d)
	}
	for range s.Dead() {
		break // Leaving early must not leak the directory.
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
	require.Error(t, s.Requeue(dead[1].ID), "the key is pending")
	assert.Len(t, deadOf(t, s), 1)
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
