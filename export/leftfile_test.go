package export_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/export"
)

// TestCreateFileRemovesWhatWasLeft: of its own target, and only when nobody can be writing it.
func TestCreateFileRemovesWhatWasLeft(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "people.jsonl")
	running, err := export.CreateFile(path) // another process that writes the same target
	require.NoError(t, err)
	temp := names(t, dir)[0]
	require.True(t, strings.HasPrefix(temp, ".people.jsonl.new-"), temp)
	left := func(name string, age time.Duration) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("half"), 0o600))
		at := time.Now().Add(-age)
		require.NoError(t, os.Chtimes(filepath.Join(dir, name), at, at))
	}
	id := strings.Repeat("A", 26)
	kept := []string{
		".other.jsonl.new-" + id, ".people.jsonl.new-", ".people.jsonl.new-" + strings.ToLower(id), ".people.jsonl.new-" + id[:22] + ".bak",
		".x.people.jsonl.new-" + id, ".people.jsonl", "people.jsonl.new-" + id,
	}
	for _, name := range kept {
		left(name, 48*time.Hour)
	}
	young := ".people.jsonl.new-" + id[:25] + "B"
	left(young, 23*time.Hour)
	left(".people.jsonl.new-"+id, 25*time.Hour)
	folder := filepath.Join(dir, ".people.jsonl.new-"+id[:25]+"C")
	require.NoError(t, os.Mkdir(folder, 0o700))
	require.NoError(t, os.Chtimes(folder, time.Now().Add(-48*time.Hour), time.Now().Add(-48*time.Hour)))

	file, err := export.CreateFile(path)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	assert.ElementsMatch(t, append(kept, young, filepath.Base(folder), temp), names(t, dir))
	require.NoError(t, running.Commit())
	assert.FileExists(t, path)
}

// TestCreateFileOfALongName: a name may have 255 bytes, and the unfinished file has one that is as good.
func TestCreateFileOfALongName(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{strings.Repeat("a", 255), strings.Repeat("é", 127)} {
		file, err := export.CreateFile(filepath.Join(dir, name))
		require.NoError(t, err)
		for _, name := range names(t, dir) {
			assert.True(t, utf8.ValidString(name))
		}
		require.NoError(t, file.Commit())
		assert.FileExists(t, filepath.Join(dir, name))
	}
	assert.Len(t, names(t, dir), 2)
}
