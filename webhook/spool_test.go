package webhook_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

var errDownstream = errors.New("downstream away")

func openSpool(t testing.TB, dir string, opts ...webhook.SpoolOption) *webhook.Spool {
	t.Helper()
	s, err := webhook.OpenSpool(dir, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// delivery returns the n-th of many deliveries.
func delivery(n int) *webhook.Delivery {
	return &webhook.Delivery{
		Source: "coresignal", Label: "base", Key: fmt.Sprintf("base:%d", n),
		ReceivedAt: time.Unix(1_700_000_000+int64(n), 5).UTC(),
		Body:       fmt.Appendf(nil, `[{"member_id":%d,"status":"changed"}]`, n+1),
	}
}

// drain processes what is pending and returns the keys in their order.
func drain(t testing.TB, s *webhook.Spool) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var keys []string
	left := s.Pending()
	if left == 0 {
		return nil
	}
	err := s.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
		keys = append(keys, d.Key)
		if left--; left == 0 {
			cancel()
		}
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	return keys
}

func spoolFiles(t testing.TB, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*", "*"))
	require.NoError(t, err)
	return files
}

func TestSpoolGivesBackWhatWasPut(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "spool")
	s := openSpool(t, dir)
	want := delivery(1)
	want.Label = "name with \"quotes\" and ümlaut"
	require.NoError(t, s.Put(t.Context(), want))
	require.Equal(t, 1, s.Pending())
	require.NoError(t, s.Close())

	s = openSpool(t, dir)
	require.Equal(t, 1, s.Pending())
	ctx, cancel := context.WithCancel(t.Context())
	var got *webhook.Delivery
	require.ErrorIs(t, s.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
		got = d
		cancel()
		return nil
	}), context.Canceled)
	events := got.Events
	got.Events = nil
	assert.Equal(t, want, got)
	require.Len(t, events, 1)
	assert.EqualValues(t, 2, events[0].(webhook.EmployeeChanged).ID)
	assert.Equal(t, want.Label, events[0].(webhook.EmployeeChanged).Label)
	assert.Zero(t, s.Pending())
	assert.Empty(t, spoolFiles(t, dir))
}

func TestClosedSpool(t *testing.T) {
	s := openSpool(t, t.TempDir())
	require.NoError(t, s.Close())
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Put(t.Context(), delivery(1)), webhook.ErrSpoolClosed)
	require.ErrorIs(t, s.Run(t.Context(), nil), webhook.ErrSpoolClosed)
	require.ErrorIs(t, s.Requeue("x"), webhook.ErrNotDead)
	for _, err := range s.Dead() {
		require.ErrorIs(t, err, webhook.ErrSpoolClosed)
	}
}
