package webhook_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// leaks returns the places in a file where something secret may be compared in
// a time that depends on it.
func leaks(file *token.FileSet, node ast.Node) []string {
	secret := regexp.MustCompile(`(?i)^(mac|sum|digest|sig|signature|candidates?|tokens?|secrets?|keys?)$`)
	// Calls that compare their arguments up to the first difference.
	comparing := []string{"bytes.Equal", "bytes.Compare", "bytes.HasPrefix", "slices.Equal", "slices.Compare", "reflect.DeepEqual", "strings.EqualFold", "strings.Compare"}
	name := func(e ast.Expr) string {
		for {
			switch x := e.(type) {
			case *ast.Ident:
				return x.Name
			case *ast.SelectorExpr:
				return x.Sel.Name
			case *ast.IndexExpr:
				e = x.X
			case *ast.SliceExpr:
				e = x.X
			case *ast.StarExpr:
				e = x.X
			case *ast.ParenExpr:
				e = x.X
			case *ast.CallExpr: // A conversion, or a function named after what it returns.
				if len(x.Args) == 1 {
					if id, ok := x.Fun.(*ast.Ident); ok && id.Name == "string" {
						e = x.Args[0]
						continue
					}
				}
				if id, ok := x.Fun.(*ast.Ident); ok && id.Name == "len" {
					return ""
				}
				e = x.Fun
			default:
				return ""
			}
		}
	}
	constant := func(e ast.Expr) bool {
		_, literal := e.(*ast.BasicLit)
		id, ok := e.(*ast.Ident)
		return literal || ok && id.Name == "nil"
	}
	var found []string
	report := func(n ast.Node, what string) {
		found = append(found, fmt.Sprintf("%s: %s", file.Position(n.Pos()), what))
	}
	ast.Inspect(node, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.BinaryExpr:
			if (x.Op == token.EQL || x.Op == token.NEQ) && !constant(x.X) && !constant(x.Y) &&
				(secret.MatchString(name(x.X)) || secret.MatchString(name(x.Y))) {
				report(x, name(x.X)+x.Op.String()+name(x.Y))
			}
		case *ast.CallExpr:
			if sel, ok := x.Fun.(*ast.SelectorExpr); ok {
				if pkg, ok := sel.X.(*ast.Ident); ok && slices.Contains(comparing, pkg.Name+"."+sel.Sel.Name) &&
					slices.ContainsFunc(x.Args, func(arg ast.Expr) bool { return secret.MatchString(name(arg)) }) {
					report(x, pkg.Name+"."+sel.Sel.Name)
				}
				if sel.Sel.Name == "Equal" && (name(sel.X) == "bytes" || name(sel.X) == "reflect") {
					report(x, "bytes.Equal")
				}
			}
		}
		return true
	})
	return found
}

func TestR39SecretsAreComparedInConstantTime(t *testing.T) {
	files := token.NewFileSet()
	constantTime := 0
	require.NoError(t, filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		assert.Empty(t, leaks(files, file))
		ast.Inspect(file, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok {
				pkg, _ := sel.X.(*ast.Ident)
				if pkg != nil && (pkg.Name+"."+sel.Sel.Name == "hmac.Equal" || sel.Sel.Name == "ConstantTimeCompare") {
					constantTime++
				}
			}
			return true
		})
		return nil
	}))
	assert.Equal(t, 5, constantTime, "one comparison of signatures, one of LinkedIn's, one of each doctor, one of tokens")
}

func TestR39TheSearchFindsWhatItIsFor(t *testing.T) {
	for code, want := range map[string]int{
		"mac == want": 1, "want != state.sum": 1, "string(mac) == header": 1, "bytes.Equal(a, b)": 1, "e.Token == last": 1,
		"reflect.DeepEqual(digest, other)": 1, "slices.Equal(sum[:], other)": 1, "v.digest[i] == x": 1,
		`secret == ""`: 0, "len(mac) == 32": 0, "token == nil": 0, "hmac.Equal(mac, other)": 0, "a == b": 0,
	} {
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, "x.go", "package p\nvar _ = "+code, parser.SkipObjectResolution)
		require.NoError(t, err)
		found := leaks(files, file)
		if want == 0 {
			assert.Empty(t, found, code)
		} else {
			assert.NotEmpty(t, found, code)
		}
	}
}
