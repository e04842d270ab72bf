package spool_test

import (
	"context"
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
