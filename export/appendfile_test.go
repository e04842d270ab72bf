package export_test

import (
	"encoding/json"
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

// TestAppendFileLeavesOtherFilesAlone: what is not JSON Lines was not torn, and is not cut.
func TestAppendFileLeavesOtherFilesAlone(t *testing.T) {
	for name, text := range map[string]string{
		"array in a line":         `[{"id":1},{"id":2}]`,
		"array":                   "[\n{\"id\":1},\n{\"id\":2}\n]",
		"cut array":               "[\n{\"id\":1},\n{\"id\":2",
		"array with a line break": "[\n{\"id\":1},\n{\"id\":2}\n]\n",
		"pretty":                  "{\n  \"id\": 1\n}",
		"pretty, ended":           "{\n  \"id\": 1\n}\n",
		"pretty, cut":             "{\n  \"id\": {",
		"enveloped":               "{\"people\":[\n{\"id\":1},\n{\"id\":2",
		"CSV":                     "id,name\n1,Jo\n2,Ann",
		"CSV, ended":              "id,name\n1,Jo\n",
		"CSV of one line":         "id,name",
		"text":                    "{\\rtf1 a",
		"two values":              `{"id":1}{"id":2`,
		"array behind":            "{\"id\":1}\n[",
		"commas":                  "{\"id\":1},\n{\"id\":2},\n",
		"blank":                   "{\"id\":1}\n\n",
		"binary":                  "\x00\x00\x00\x18ftyp",
		"binary behind":           "{\"id\":1}\n\x00x",
		"zeros in a whole line":   "{\"id\":1}\n\x00\x00\n",
	} {
		path := filepath.Join(t.TempDir(), "customer-4711")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := export.AppendFile(path)
		require.ErrorIs(t, err, api.ErrConflict, name)
		assert.Contains(t, err.Error(), "it is not a file of JSON Lines")
		assert.NotContains(t, err.Error(), "4711")
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, text, string(data), name)
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		add(t, path, `{"n":1}`) // nothing is open, and nobody holds the lock
	}
}

// TestAppendFileAfterAPowerLoss: the file has its new length, and zeros where the disk did not get the bytes.
func TestAppendFileAfterAPowerLoss(t *testing.T) {
	for text, kept := range map[string]string{
		"\x00\x00":                         "",
		"{\"a\":1}\n\x00\x00":              "{\"a\":1}\n",
		"{\"a\":1}\n{\"b\":\"x\x00\x00":    "{\"a\":1}\n",
		"{\"a\":1}\n{\"b\":2}\x00\x00":     "{\"a\":1}\n{\"b\":2}\n",
		"{\"a\":1}\n{\"b\":\"\x00\x00c\"}": "{\"a\":1}\n",
		"{\"a\":1}\r\n {\"b\":2}":          "{\"a\":1}\r\n {\"b\":2}\n",
	} {
		path := filepath.Join(t.TempDir(), "log.jsonl")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		add(t, path, `{"n":1}`)
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, kept+"{\"n\":1}\n", string(data), "%q", text)
	}
}

func TestAppendFileKeepsTheMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log.jsonl")
	require.NoError(t, os.WriteFile(path, nil, 0o644))
	require.NoError(t, os.Chmod(path, 0o644))
	before, err := os.Stat(path)
	require.NoError(t, err)
	add(t, path, `{"n":1}`)
	after, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, before.Mode(), after.Mode())
}

// FuzzAppendFile: opening a file changes nothing but the end of its last line, and does so once.
func FuzzAppendFile(f *testing.F) {
	for _, seed := range []string{"", "{}", "{}\n{\"a\":", "{}\n\x00", "[1]", "{\n}", "{}\r\n{}\x00\x00{", "{\"a\":\"\xff"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "log.jsonl")
		require.NoError(t, os.WriteFile(path, data, 0o600))
		file, err := export.AppendFile(path)
		if err == nil {
			require.NoError(t, file.Close())
		} else {
			require.ErrorIs(t, err, api.ErrConflict)
		}
		after, readErr := os.ReadFile(path)
		require.NoError(t, readErr)
		whole := data[:strings.LastIndexByte(string(data), '\n')+1]
		switch {
		case err != nil:
			require.Equal(t, data, after)
		case len(after) > len(whole):
			require.True(t, strings.HasPrefix(string(after), string(whole)))
			require.True(t, strings.HasPrefix(string(data)+"\n", string(after[:len(after)-1])), "a whole record without its line break")
			require.True(t, json.Valid(after[len(whole):]))
		default:
			require.Equal(t, string(whole), string(after))
		}
		if err == nil {
			add(t, path, `{"n":1}`)
			again, err := os.ReadFile(path)
			require.NoError(t, err)
			require.Equal(t, string(after)+"{\"n\":1}\n", string(again))
		}
	})
}
