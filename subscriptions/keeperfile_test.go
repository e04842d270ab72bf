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

// TestFileStateWrittenBefore: what an earlier version wrote is read, with the same bytes.
func TestFileStateWrittenBefore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keeper.json")
	before := "{\n\t\"format\": 1,\n\t\"state\": {\n\t\t\"generation\": 3,\n\t\t\"kept\": {\n\t\t\t\"a\": {\n\t\t\t\t\"id\": \"1\",\n\t\t\t\t\"definition\": \"d\"\n\t\t\t}\n\t\t}\n\t}\n}\n"
	require.NoError(t, os.WriteFile(path, []byte(before), 0o600))
	state, err := subscriptions.FileState(path).Load(t.Context())
	require.NoError(t, err)
	assert.EqualValues(t, 3, state.Generation)
	assert.Equal(t, "1", state.Kept["a"].ID)
	state.Generation++
	require.NoError(t, subscriptions.FileState(path).Save(t.Context(), state))
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
	require.Len(t, files, 2)
	assert.Equal(t, "keeper.json", files[0].Name())
	assert.Equal(t, "keeper.json.lock", files[1].Name())

	_, err = subscriptions.FileState(dir).Load(t.Context())
	require.Error(t, err, "a folder is no state")
	require.Error(t, subscriptions.FileState(dir).Save(t.Context(), subscriptions.State{Generation: 1}))
}
