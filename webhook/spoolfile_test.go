package webhook_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
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
		s, err := webhook.OpenSpool(dir)
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
