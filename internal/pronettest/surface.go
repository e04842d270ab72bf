package pronettest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"os"
	"slices"
	"strings"
)

// ExportedTypes returns the names of the exported types of the package in the working directory, which is the one of the
// test that runs.
func ExportedTypes() ([]string, error) {
	files, err := os.ReadDir(".")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, declaration := range parsed.Decls {
			if types, ok := declaration.(*ast.GenDecl); ok {
				for _, spec := range types.Specs {
					if t, ok := spec.(*ast.TypeSpec); ok && t.Name.IsExported() {
						names = append(names, t.Name.Name)
					}
				}
			}
		}
	}
	slices.Sort(names)
	return names, nil
}

// Printed returns what a program prints of a value, by each verb, as JSON and with slog, alone and inside another value.
func Printed(value any) string {
	var out bytes.Buffer
	for _, v := range []any{value, &value, []any{value}, struct{ Inside any }{value}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			_, _ = fmt.Fprintf(&out, verb+"\n", v)
		}
		if encoded, err := json.Marshal(v); err == nil {
			_, _ = fmt.Fprintf(&out, "%s\n", encoded)
		}
		for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
			slog.New(handler).Info("printed", "value", v)
		}
	}
	if err, ok := value.(error); ok {
		wrapped := fmt.Errorf("wrapped: %w", err)
		_, _ = fmt.Fprintf(&out, "%v\n%+v\n%#v\n", wrapped, wrapped, wrapped)
	}
	return out.String()
}

// Spellings returns how a text of at least ten bytes looks in [Printed]: as it is, as the numbers of its bytes in each
// base, and in base64 at each offset.
func Spellings(secret string) []string {
	spellings := []string{
		secret, fmt.Sprintf("%x", secret), fmt.Sprintf("%X", secret), strings.Trim(fmt.Sprint([]byte(secret)), "[]"),
		strings.TrimSuffix(strings.TrimPrefix(fmt.Sprintf("%#v", []byte(secret)), "[]byte{"), "}"),
	}
	for offset := range 3 {
		whole := (len(secret) - offset) / 3 * 3 // three bytes are four letters
		spellings = append(spellings, base64.StdEncoding.EncodeToString([]byte(secret[offset:offset+whole])))
	}
	return spellings
}
