//go:build unix

package tests

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestScriptsWriteToNoKnownName in the folder of temporary files: another user may have put a link there, and root would
// write through it.
func TestScriptsWriteToNoKnownName(t *testing.T) {
	scripts := []string{"../Makefile"}
	for _, dir := range []string{"../.ci", "../tools"} {
		require.NoError(t, filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err == nil && e.Type().IsRegular() && filepath.Ext(path) != ".sum" {
				scripts = append(scripts, path)
			}
			return err
		}))
	}
	require.Contains(t, scripts, "../.ci/modules")
	for _, path := range scripts {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.NotContains(t, string(text), "/tmp/", path)
		assert.NotContains(t, string(text), "TMPDIR", path)
	}
}

// TestModulesKeepsTheLogOfAnInstallationForItself: .ci/modules, run by root where PostgreSQL is not installed. The
// programs that it calls are stubs.
func TestModulesKeepsTheLogOfAnInstallationForItself(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed")
	}
	bin, temporary := t.TempDir(), t.TempDir()
	for name, script := range map[string]string{
		"ls":      "exit 2", // there is no initdb
		"id":      "echo 0",
		"apt-get": `stat -c "%a %F" "$TMPDIR"/* >>"$SEEN" 2>/dev/null || stat -f "%Lp %HT" "$TMPDIR"/* >>"$SEEN"; echo refused; exit 1`,
		"go":      "exit 0",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(bin, name), []byte("#!"+bash+"\n"+script+"\n"), 0o700))
	}
	seen := filepath.Join(bin, "seen")
	command := exec.Command(bash, "../.ci/modules")
	command.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "TMPDIR="+temporary, "SEEN="+seen)
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.Contains(t, string(out), "refused", "what went wrong is told")
	modes, err := os.ReadFile(seen)
	require.NoError(t, err)
	require.NotEmpty(t, modes)
	for line := range strings.Lines(string(modes)) {
		assert.True(t, strings.HasPrefix(line, "600 "), line)
	}
	left, err := os.ReadDir(temporary)
	require.NoError(t, err)
	assert.Empty(t, left)
}
