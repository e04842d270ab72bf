package filename_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/filename"
)

// TestR24EvilNames: of each a file is made under a name that is its stand-in, and nothing beside the folder.
func TestR24EvilNames(t *testing.T) {
	evil := map[string]string{
		"parent":             "../evil",
		"parent inside":      "json/../../evil",
		"backslash":          `..\evil`,
		"absolute":           "/etc/passwd",
		"drive":              "C:evil",
		"option":             "-rf",
		"hidden":             ".ssh/authorized_keys",
		"device":             "CON",
		"device with ending": "json/nul.json.gz",
		"device with number": "COM1.json",
		"trailing dot":       "part.",
		"trailing space":     "part ",
		"control":            "part\x00\r\n.json",
		"not ASCII":          "part-\u202egz.nosj",
		"too long":           strings.Repeat("x", 201) + ".json.gz",
		"deep":               "a/b/c/d.json.gz",
		"partial":            "json/part-0.PARTIAL",
		"stream":             "part.json::$DATA",
		"empty":              "",
		"slash at the end":   "json/",
		"a stand-in":         "file-" + strings.Repeat("0", 32) + ".json.gz",
	}
	require.GreaterOrEqual(t, len(evil), 16)
	for name, provided := range evil {
		t.Run(name, func(t *testing.T) {
			local, err := filename.Local([]string{provided})
			require.NoError(t, err)
			assert.Equal(t, []string{filename.StandIn(provided)}, local)
			assert.NotEqual(t, provided, local[0])
			assert.Regexp(t, `^file-[0-9a-f]{32}(\.[a-z.]+)?$`, local[0])
			assert.True(t, filename.IsSafe(local[0]))

			parent := t.TempDir()
			dir := filepath.Join(parent, "dir")
			require.NoError(t, os.WriteFile(filepath.Join(parent, "before"), nil, 0o600))
			require.NoError(t, os.Mkdir(dir, 0o700))
			require.NoError(t, os.WriteFile(filepath.Join(dir, filepath.FromSlash(local[0])), nil, 0o600))
			beside, err := os.ReadDir(parent)
			require.NoError(t, err)
			assert.Len(t, beside, 2)
		})
	}
}

func TestR24UsualNamesAreKept(t *testing.T) {
	names := []string{
		"json/part-00000-2c3d41c2-0f3a-4a36-8c5b-6d1d2f7a9f11-c000.json.gz", "part-00001.json.gz", "a/b/c", "JSON/x", "con-1", "COM", "com12", "LPTx",
		strings.Repeat("x", 200), "file-1.json", "nullable.json", "a.partial.gz",
	}
	local, err := filename.Local(names)
	require.NoError(t, err)
	assert.Equal(t, names, local)
}

func TestR24NamesForOnePlace(t *testing.T) {
	standIn := filename.StandIn
	for name, tt := range map[string]struct{ names, want []string }{
		"equal under case folding": {[]string{"json/A.gz", "json/a.gz", "json/b.gz"}, []string{standIn("json/A.gz"), standIn("json/a.gz"), "json/b.gz"}},
		"folder of another":        {[]string{"json", "json/a"}, []string{standIn("json"), "json/a"}},
		"folder, other capitals":   {[]string{"x/y/z", "X/Y", "x"}, []string{"x/y/z", standIn("X/Y"), standIn("x")}},
	} {
		local, err := filename.Local(tt.names)
		require.NoError(t, err, name)
		assert.Equal(t, tt.want, local, name)
		slices.Reverse(tt.names)
		slices.Reverse(tt.want)
		local, err = filename.Local(tt.names)
		require.NoError(t, err, name)
		assert.Equal(t, tt.want, local, name)
	}
	_, err := filename.Local([]string{"json/a", "json/a"})
	require.ErrorIs(t, err, filename.ErrTwice)
}

func TestDistinct(t *testing.T) {
	assert.True(t, filename.Distinct(nil))
	assert.True(t, filename.Distinct([]string{"json/a", filename.StandIn("x")}))
	for _, local := range [][]string{{"../a"}, {"a", "A"}, {"a", "a/b"}, {""}, {"a.partial"}} {
		assert.False(t, filename.Distinct(local), "%q", local)
	}
}

func TestStandInKeepsTheEnding(t *testing.T) {
	for name, ending := range map[string]string{"..x.JSON.GZ": ".json.gz", "?.jsonl": ".jsonl", "..exe": "", "": ""} {
		assert.Equal(t, ending, filename.StandIn(name)[len("file-")+32:], name)
	}
}

// TestR24BuildsForWindows: the checker is the same code everywhere.
func TestR24BuildsForWindows(t *testing.T) {
	command := exec.CommandContext(t.Context(), "go", "vet", ".")
	command.Env = append(os.Environ(), "GOOS=windows")
	out, err := command.CombinedOutput()
	require.NoError(t, err, string(out))
	sources, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, source := range sources {
		assert.NotRegexp(t, `_(windows|linux|unix)`, source)
	}
}

func FuzzFileName(f *testing.F) {
	for _, name := range []string{"json/part-0.json.gz", "../evil", `..\evil`, "CON", "a/A", "json\njson/x", "x\nX\nx/y", "file-" + strings.Repeat("0", 32)} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, list string) {
		names := strings.Split(list, "\n")
		local, err := filename.Local(names)
		if err != nil {
			slices.Sort(names)
			require.Less(t, len(slices.Compact(names)), strings.Count(list, "\n")+1, "only equal names are refused")
			return
		}
		require.True(t, filename.Distinct(local))
		for i, name := range local {
			require.True(t, filepath.IsLocal(filepath.FromSlash(name)))
			require.Equal(t, filepath.ToSlash(filepath.Clean(name)), name)
			require.True(t, name == names[i] || name == filename.StandIn(names[i]))
		}
		again, err := filename.Local(names)
		require.NoError(t, err)
		require.Equal(t, local, again)
	})
}
