package webhook_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSpoolKeepsTheOrderOfArrival(t *testing.T) {
	dir := t.TempDir()
	var want []string
	s := openSpool(t, dir)
	for i := range 30 {
		if i%10 == 9 { // The order outlives the process.
			require.NoError(t, s.Close())
			s = openSpool(t, dir)
		}
		require.NoError(t, s.Put(t.Context(), delivery(i)))
		want = append(want, delivery(i).Key)
	}
	assert.Equal(t, want, drain(t, s))
}

func TestOpenSpoolFindsWhatACrashLeft(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, dir)
	require.NoError(t, s.Put(t.Context(), delivery(1)))
	require.NoError(t, s.Close())
	whole := spoolFiles(t, dir)[0]
	content, err := os.ReadFile(whole)
	require.NoError(t, err)
	half := filepath.Join(dir, "pending", "tmp-HALF")
	require.NoError(t, os.WriteFile(half, content[:len(content)/2], 0o600))
	foreign := filepath.Join(dir, "pending", "README")
	require.NoError(t, os.WriteFile(foreign, nil, 0o600))

	s = openSpool(t, dir)
	assert.NoFileExists(t, half)
	assert.FileExists(t, foreign)
	assert.Equal(t, []string{"base:1"}, drain(t, s))
}
