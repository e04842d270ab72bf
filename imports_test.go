package pronet_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/pronet-go/pronet"

// mayImport is the import rule: what the packages of a folder may import of this module. The first pattern that fits a
// folder decides; "" is the root package.
var mayImport = []struct {
	folder string
	allow  []string
}{
	{"api", nil},
	{"linkedin/urn", nil},
	{"linkedin/tokenstore", []string{"api", "internal/durable"}},
	{"linkedin/tokenstoretest", []string{"api", "linkedin/tokenstore"}},
	{"linkedin", []string{"api", "linkedin/*", "internal/*"}},
	{"linkedin/unlisted", []string{"api", "linkedin/members", "internal/*"}},
	{"linkedin/*", []string{"api", "linkedin/urn", "internal/*"}},
	{"prospectnotes", []string{"api", "linkedin/urn", "webhook", "internal/*"}},
	{"prospectnotes/checkpointtest", []string{"prospectnotes", "linkedin/urn"}},
	{"webhook", []string{"linkedin/urn"}}, // a receiver links no client code
	{"webhook/spool", []string{"webhook", "internal/durable"}},
	{"webhook/deduptest", []string{"webhook"}},
	{"webhook/sinktest", []string{"webhook"}},
	{"webhook/kepttest", []string{"webhook"}},
	{"internal/*", []string{"api", "internal/*"}},
	{"internal/pronettest/*", []string{"", "linkedin", "sandbox"}},
	{"employee", []string{"api", "internal/*"}},
	{"employee/budgettest", []string{"api", "employee"}},
	{"subscriptions", []string{"api", "employee", "internal/*"}},
	{"saleswebhooks", []string{"api", "internal/*"}},
	{"subscriptions/keeperstatetest", []string{"api", "subscriptions"}},
	{"bulkcollect", []string{"api", "employee", "internal/*"}},
	{"bulkcollect/ledgertest", []string{"api", "bulkcollect"}},
	{"snapshot", []string{"api", "internal/*"}},
	{"snapshot/snapshottest", []string{"api", "snapshot"}},
	{"refresh", []string{"api", "employee", "bulkcollect", "subscriptions", "webhook", "webhook/spool", "snapshot"}}, // its pipeline is made of them
	{"export/internal/*", []string{"internal/*"}},
	{"export", []string{"api", "employee", "internal/*", "export/internal/*"}},
	{"sandbox/internal/*", []string{"sandbox/internal/*"}},
	{"sandbox/*", []string{"sandbox/internal/*"}},
	{"sandbox", []string{"sandbox/*", "sandbox/internal/*"}}, // but for options.go
	{"cmd/*", []string{"sandbox", "sandbox/*"}},
	{"examples/*", []string{"", "api", "employee", "subscriptions", "bulkcollect", "linkedin", "linkedin/*", "prospectnotes", "saleswebhooks", "refresh", "export", "snapshot", "webhook", "webhook/spool", "sandbox", "sandbox/*"}},
	{"", []string{"api", "employee", "subscriptions", "bulkcollect", "linkedin", "prospectnotes", "saleswebhooks", "internal/*"}},
}

func TestImportRule(t *testing.T) {
	files := 0
	require.NoError(t, filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && file != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "bin" || isModule(file)) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(file, ".go") {
			return nil
		}
		files++
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		folder := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(file)), ".")
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if imported != module && !strings.HasPrefix(imported, module+"/") {
				continue
			}
			target := strings.TrimPrefix(strings.TrimPrefix(imported, module), "/")
			switch {
			case strings.HasSuffix(file, "_test.go"):
				external := strings.HasSuffix(parsed.Name.Name, "_test") || strings.HasPrefix(folder, "examples/") || strings.HasPrefix(folder, "cmd/")
				assert.False(t, target == "sandbox" && !external, "%s: tests that use the sandbox are external packages", file)
			case filepath.ToSlash(file) == "sandbox/options.go" && (target == "" || target == "linkedin"):
			default:
				assert.True(t, allowed(folder, target), "%s imports %s", file, imported)
			}
		}
		return nil
	}))
	assert.Greater(t, files, 100)
}

// isModule reports whether a folder is a module of its own, which has its own rules.
func isModule(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

func allowed(folder, target string) bool {
	for _, rule := range mayImport {
		if fits, _ := path.Match(rule.folder, folder); fits {
			return slices.ContainsFunc(rule.allow, func(pattern string) bool {
				fits, _ := path.Match(pattern, target)
				return fits
			})
		}
	}
	return false
}

// TestLinkedModules pins what a program that imports pronet links besides the standard library, and what one that only
// receives webhooks does.
func TestLinkedModules(t *testing.T) {
	for pkg, want := range map[string][]string{
		".": {
			"github.com/go-json-experiment/json", "github.com/google/go-querystring", "github.com/hashicorp/go-cleanhttp",
			"github.com/hashicorp/go-retryablehttp", "github.com/klauspost/compress", "golang.org/x/oauth2", "golang.org/x/time",
		},
		"./webhook":       {"github.com/go-json-experiment/json"},
		"./webhook/spool": {"github.com/go-json-experiment/json"},
		"./sandbox": {
			"github.com/go-json-experiment/json", "github.com/google/go-querystring", "github.com/hashicorp/go-cleanhttp",
			"github.com/hashicorp/go-retryablehttp", "github.com/klauspost/compress", "golang.org/x/oauth2", "golang.org/x/time",
		},
	} {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", pkg).Output()
		require.NoError(t, err)
		linked := slices.DeleteFunc(strings.Fields(string(out)), func(m string) bool { return m == module })
		slices.Sort(linked)
		assert.Equal(t, want, slices.Compact(linked), pkg)
	}
}

// TestSandboxLinksNoTestPackages: programs that embed the sandbox do not get the flags of package testing.
func TestSandboxLinksNoTestPackages(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "./sandbox").Output()
	require.NoError(t, err)
	for dependency := range strings.FieldsSeq(string(out)) {
		assert.NotEqual(t, "testing", dependency)
		assert.NotEqual(t, "net/http/httptest", dependency)
		assert.NotContains(t, dependency, "testify")
	}
}
