package spool_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
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
				assert.Equal(t, at[0], time.Now(), "nobody waits for one that failed")
				return nil
			}
			if at = append(at, time.Now()); len(at) == 6 {
				time.AfterFunc(time.Hour, cancel)
			}
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
		dead, err := filepath.Glob(filepath.Join(dir, "dead", "*.delivery"))
		require.NoError(t, err)
		assert.Len(t, dead, 1)
		assert.Contains(t, logged.String(), "downstream away")
		assert.NotContains(t, logged.String(), "member_id")
		lines := strings.Split(strings.TrimSpace(logged.String()), "\n")
		require.Len(t, lines, 6)
		for i, line := range lines {
			assert.Contains(t, line, fmt.Sprintf("source=coresignal label=base number=1 attempts=%d of=6", i+1))
			if i < 5 {
				assert.Contains(t, line, "retry_in=")
				assert.NotContains(t, line, ".delivery", "it changes with each attempt")
			} else {
				assert.Contains(t, line, "Requeue or Discard it")
				assert.Contains(t, line, "id="+deadOf(t, s)[0].ID)
			}
		}
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

func TestRunGoesOnAfterFailures(t *testing.T) {
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
		assert.Equal(t, []string{"base:0", "base:1", "base:2"}, calls[:3])
		assert.ElementsMatch(t, []string{"base:0", "base:1"}, calls[3:])
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
		go func() {
			ended <- s.Run(t.Context(), func(context.Context, *webhook.Delivery) error { return nil })
		}()
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
		dead, err := filepath.Glob(filepath.Join(dir, "dead", "*.delivery"))
		require.NoError(t, err)
		assert.Empty(t, dead)
	})
}
