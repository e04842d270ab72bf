package subscriptions_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/subscriptions"
)

func TestFileStateIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keeper.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"format":1}`+strings.Repeat(" ", 8<<20)), 0o600))
	_, err := subscriptions.FileState(path).Load(t.Context())
	require.ErrorIs(t, err, api.ErrTooLarge)
}

// TestFileStateLeavesNothingBehind: neither a save that succeeds nor one that fails leaves its temporary file.
func TestFileStateLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	state := subscriptions.FileState(filepath.Join(dir, "keeper.json"))
	require.NoError(t, state.Save(t.Context(), subscriptions.State{Generation: 1}))
	require.NoError(t, state.Save(t.Context(), subscriptions.State{Generation: 2}))
	require.ErrorIs(t, state.Save(t.Context(), subscriptions.State{Generation: 2}), api.ErrConflict)
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 1)
	assert.Equal(t, "keeper.json", files[0].Name())

	_, err = subscriptions.FileState(dir).Load(t.Context())
	require.Error(t, err, "a folder is no state")
	require.Error(t, subscriptions.FileState(dir).Save(t.Context(), subscriptions.State{Generation: 1}))
}
