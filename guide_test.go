package pronet_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestGuide compiles and runs each block of Go in README.md and docs/guide. The blocks of a page are one function, in
// their order, with what the page has in comments that begin with "<!-- go" between them: what a reader need not see,
// such as the sandbox that the block talks to. A block that begins with func or type stands beside that function.
func TestGuide(t *testing.T) {
	pages, err := filepath.Glob("docs/guide/*.md")
	require.NoError(t, err)
	pages = append(pages, "README.md")
	dir := t.TempDir()
	files := map[string]string{}
	var names []string
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		name := functionName(page)
		source := goOfPage(name, string(text))
		if source == "" {
			continue
		}
		formatted, err := format.Source([]byte(source))
		require.NoError(t, err, "%s:\n%s", page, source)
		names = append(names, name)
		files[name+".go"] = string(formatted)
	}
	files["main.go"] = guideMain(names)
	replace := map[string]string{} // the sources stand in a directory of the module that is only in the overlay
	root, err := filepath.Abs(".")
	require.NoError(t, err)
	for name, source := range files {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(source), 0o600))
		replace[filepath.Join(root, "docs", "guide", "pages", name)] = file
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	require.NoError(t, err)
	overlayFile, program := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "guide.exe")
	require.NoError(t, os.WriteFile(overlayFile, overlay, 0o600))
	out, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-overlay", overlayFile, "-o", program, "./docs/guide/pages").CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			run := exec.CommandContext(ctx, program, name)
			run.Dir = t.TempDir()
			out, err := run.CombinedOutput()
			assert.NoError(t, err, "%s", out)
			t.Logf("%s", out)
		})
	}
}

func functionName(page string) string {
	base := strings.TrimSuffix(filepath.Base(page), ".md")
	return "page" + strings.ReplaceAll(strings.ToUpper(base[:1])+strings.ToLower(base[1:]), "-", "")
}

var goBlock = regexp.MustCompile("(?ms)^```go\n(.*?)^```$|<!-- go\n(.*?)-->")

// goOfPage returns a page's source file, or "" if it has no block.
func goOfPage(name, text string) string {
	var body, beside strings.Builder
	for _, match := range goBlock.FindAllStringSubmatch(text, -1) {
		code := match[1] + match[2]
		if strings.HasPrefix(code, "func ") || strings.HasPrefix(code, "type ") {
			beside.WriteString(code + "\n")
			continue
		}
		body.WriteString(code + "\n")
	}
	if body.Len() == 0 {
		return ""
	}
	code := fmt.Sprintf("func %s(ctx context.Context) error {\n%s\nreturn nil\n}\n\n%s", name, body.String(), beside.String())
	return "package main\n\nimport (\n" + importsOf(code) + ")\n\n" + code
}

// guideImports are the packages that a page may use, by the name before the dot.
var guideImports = []string{
	"bytes", "context", "database/sql", "encoding/json", "errors", "fmt", "io", "log", "log/slog", "net", "net/http", "net/http/httptest", "os",
	"path/filepath", "slices", "strconv", "strings", "sync", "testing", "time",
	"github.com/pronet-go/pronet", "github.com/pronet-go/pronet/api", "github.com/pronet-go/pronet/bulkcollect", "github.com/pronet-go/pronet/employee",
	"github.com/pronet-go/pronet/export", "github.com/pronet-go/pronet/linkedin", "github.com/pronet-go/pronet/linkedin/jobs", "github.com/pronet-go/pronet/linkedin/posts", "github.com/pronet-go/pronet/linkedin/tokenstore", "github.com/pronet-go/pronet/linkedin/urn",
	"github.com/pronet-go/pronet/prospectnotes", "github.com/pronet-go/pronet/refresh", "github.com/pronet-go/pronet/sandbox",
	"github.com/pronet-go/pronet/sandbox/coresignal", "github.com/pronet-go/pronet/saleswebhooks", "github.com/pronet-go/pronet/snapshot", "github.com/pronet-go/pronet/subscriptions",
	"github.com/pronet-go/pronet/webhook", "github.com/pronet-go/pronet/webhook/spool",
}

func importsOf(code string) string {
	var lines []string
	for _, path := range guideImports {
		name := path[strings.LastIndex(path, "/")+1:]
		if regexp.MustCompile(`\b` + name + `\.[A-Z]`).MatchString(code) {
			lines = append(lines, fmt.Sprintf("%q\n", path))
		}
	}
	for name, provider := range map[string]string{"fake": "saleswebhooks", "fakelinkedin": "linkedin"} { // have the names of the client's packages
		if strings.Contains(code, name+".With") {
			lines = append(lines, fmt.Sprintf("%s %q\n", name, "github.com/pronet-go/pronet/sandbox/"+provider))
		}
	}
	return strings.Join(lines, "")
}

func guideMain(names []string) string {
	slices.Sort(names)
	var b bytes.Buffer
	b.WriteString("package main\n\nimport (\n\"context\"\n\"log\"\n\"os\"\n)\n\nfunc main() {\nvar err error\nswitch os.Args[1] {\n")
	for _, name := range names {
		fmt.Fprintf(&b, "case %q:\nerr = %s(context.Background())\n", name, name)
	}
	b.WriteString("}\nif err != nil {\nlog.Fatal(err)\n}\n}\n")
	return b.String()
}
