package export_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/export"
	"github.com/pronet-go/pronet/internal/durable"
)

func add(t testing.TB, path string, texts ...string) {
	t.Helper()
	file, err := export.AppendFile(path)
	require.NoError(t, err)
	_, err = export.Copy(t.Context(), these(texts...), export.NewJSONLines(file, export.JSONLinesOptions{}))
	require.NoError(t, err)
	require.NoError(t, file.Close())
}

func TestAppendFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.jsonl")
	add(t, path, `{"a":1}`)
	add(t, path, `{"a":2}`, `{"a":3}`)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n", string(data))
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Zero(t, info.Mode().Perm()&0o077)
}

// TestAppendFileCutAnywhere: wherever a crash cut the file, whole lines are kept and the next record stands in its own.
func TestAppendFileCutAnywhere(t *testing.T) {
	whole := `{"a":1}` + "\n" + `{"b":"{}","c":[{}]}` + "\n"
	for cut := range len(whole) + 1 {
		path := filepath.Join(t.TempDir(), "log.jsonl")
		require.NoError(t, os.WriteFile(path, []byte(whole[:cut]), 0o600))
		add(t, path, `{"n":1}`)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		kept := whole[:strings.LastIndexByte(whole[:cut], '\n')+1]
		if cut+1 <= len(whole) && whole[cut] == '\n' {
			kept = whole[:cut+1] // only the line break was missing
		}
		assert.Equal(t, kept+"{\"n\":1}\n", string(data), cut)
	}
}

func TestAppendFileCutsALongLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.jsonl")
	first := `{"a":"` + strings.Repeat("x", 200_000) + `"}` + "\n"
	require.NoError(t, os.WriteFile(path, []byte(first+`{"a":"`+strings.Repeat("y", 300_000)), 0o600))
	add(t, path, `{"n":1}`)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.True(t, string(data) == first+"{\"n\":1}\n")
}

func TestAppendFileRefuses(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "log.jsonl")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, os.Truncate(path, 34<<20))
	_, err := export.AppendFile(path)
	require.ErrorIs(t, err, api.ErrTooLarge, "not a file of lines")
	require.NoError(t, os.Truncate(path, 0))

	file, err := export.AppendFile(path)
	require.NoError(t, err)
	_, err = export.AppendFile(path)
	require.ErrorIs(t, err, durable.ErrLocked)
	assert.Equal(t, "export: the file could not be locked: another one writes to it", err.Error())
	require.NoError(t, file.Close())
	require.Error(t, file.Close())

	_, err = export.AppendFile(filepath.Join(dir, "customer-4711", "x"))
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "4711")
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	_, err = export.AppendFile(filepath.Join(dir, "folder"))
	require.Error(t, err)
}
