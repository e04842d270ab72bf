package pronet_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDocumentsNameRealTests: every test that a document names as a proof exists.
func TestDocumentsNameRealTests(t *testing.T) {
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	var tests []string
	require.NoError(t, filepath.WalkDir(".", func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, "_test.go") {
			return err
		}
		source, err := os.ReadFile(file)
		for _, match := range declared.FindAllStringSubmatch(string(source), -1) {
			tests = append(tests, match[1])
		}
		return err
	}))
	all := "\n" + strings.Join(tests, "\n") + "\n"
	named := regexp.MustCompile("`((?:Test|Fuzz)\\w+)(\\.\\.\\.)?`")
	for _, document := range []string{"README.md", "docs/security.md", "docs/architecture.md"} {
		text, err := os.ReadFile(document)
		require.NoError(t, err)
		found := named.FindAllStringSubmatch(string(text), -1)
		require.NotEmpty(t, found, document)
		for _, match := range found {
			name, end := match[1], "\n"
			if match[2] != "" { // a family of tests
				end = ""
			}
			assert.True(t, strings.Contains(all, "\n"+name+end), "%s names %s", document, name)
		}
	}
}

// TestDocumentsLinkToWhatExists: every relative link leads to a file.
func TestDocumentsLinkToWhatExists(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#]+)(?:#[^)]*)?\)`)
	documents, err := filepath.Glob("docs/*.md")
	require.NoError(t, err)
	links := 0
	for _, document := range append(documents, "README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md") {
		text, err := os.ReadFile(document)
		require.NoError(t, err)
		for _, match := range link.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(match[1], ":") {
				continue
			}
			links++
			_, err := os.Stat(filepath.Join(filepath.Dir(document), match[1]))
			assert.NoError(t, err, "in %s", document)
		}
	}
	assert.Greater(t, links, 5)
}
