package pronet_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
)

var notOfTheClient = map[string]bool{"sandbox": true, "cmd": true, "examples": true}

// TestRoutesAreFoundByGrep: the path of each endpoint stands as one literal in one file of the client, an ops.go.
func TestRoutesAreFoundByGrep(t *testing.T) {
	where := make(map[string][]string)
	require.NoError(t, filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		slashed := filepath.ToSlash(name)
		switch {
		case err != nil:
			return err
		case d.IsDir() && (notOfTheClient[slashed] || name != "." && (strings.HasPrefix(d.Name(), ".") || isModule(name))):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		text, err := os.ReadFile(name)
		for _, op := range pronet.Operations() {
			if strings.Contains(string(text), `"`+op.Route+`"`) && (len(where[op.Name]) == 0 || where[op.Name][0] != slashed) {
				where[op.Name] = append(where[op.Name], slashed)
			}
		}
		return err
	}))
	for _, op := range pronet.Operations() {
		if assert.Len(t, where[op.Name], 1, "%s: %s", op.Name, op.Route) {
			assert.Equal(t, "ops.go", path.Base(where[op.Name][0]), op.Name)
		}
	}
}
