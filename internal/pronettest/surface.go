package pronettest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"strings"
)

// ExportedTypes returns the names of the exported types of the package in the working directory, which is the one of the
// test that runs.
func ExportedTypes() ([]string, error) { return declared(false) }

// TypesWithMethods returns the names of those of [ExportedTypes] that have exported methods.
func TypesWithMethods() ([]string, error) { return declared(true) }

func declared(withMethods bool) ([]string, error) {
	files, err := os.ReadDir(".")
	if err != nil {
		return nil, err
	}
	var types, receivers []string
	for _, file := range files {
		if !strings.HasSuffix(file.Name(), ".go") || strings.HasSuffix(file.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file.Name(), nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, declaration := range parsed.Decls {
			switch d := declaration.(type) {
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					if t, ok := spec.(*ast.TypeSpec); ok && t.Name.IsExported() {
						types = append(types, t.Name.Name)
					}
				}
			case *ast.FuncDecl:
				if d.Recv != nil && d.Name.IsExported() {
					receivers = append(receivers, receiver(d.Recv.List[0].Type))
				}
			}
		}
	}
	if withMethods {
		types = slices.DeleteFunc(types, func(name string) bool { return !slices.Contains(receivers, name) })
	}
	slices.Sort(types)
	return types, nil
}

// receiver is the name of a receiver's type.
func receiver(expression ast.Expr) string {
	switch e := expression.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
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

// Called is what came of a call of a method.
type Called struct {
	// Method is its name.
	Method string
	// Fails says that its last result is an error, or that what it returns yields errors.
	Fails bool
	// Err is the error that was returned, or yielded first, nil for none.
	Err error
	// Panic is the value that it panicked with, nil if it did not.
	Panic any
}

// CallAll calls each exported method of a value without any argument but a context: the others are zero. What is returned
// to be ranged over is walked a few steps. Methods that only encoders and package fmt call are left out.
func CallAll(value any, ctx context.Context) (calls []Called) { //nolint:revive // the context is what is tested
	v := reflect.ValueOf(value)
	for i := range v.NumMethod() {
		switch name := v.Type().Method(i).Name; name {
		case "Format", "UnmarshalJSONFrom", "MarshalJSONTo":
		default:
			calls = append(calls, call(name, v.Method(i), ctx))
		}
	}
	return calls
}

var (
	contextType = reflect.TypeFor[context.Context]()
	errorType   = reflect.TypeFor[error]()
)

func call(name string, method reflect.Value, ctx context.Context) (called Called) { //nolint:revive // as above
	called.Method = name
	defer func() { called.Panic = recover() }()
	var in []reflect.Value
	for i := range method.Type().NumIn() {
		t := method.Type().In(i)
		switch {
		case method.Type().IsVariadic() && i == method.Type().NumIn()-1:
		case t == contextType && ctx != nil:
			in = append(in, reflect.ValueOf(ctx))
		default:
			in = append(in, reflect.Zero(t))
		}
	}
	for _, result := range method.Call(in) {
		if t := result.Type(); t.Kind() == reflect.Func && t.NumIn() == 1 && t.NumOut() == 0 && t.In(0).Kind() == reflect.Func {
			steps := 0
			result.Call([]reflect.Value{reflect.MakeFunc(t.In(0), func(yielded []reflect.Value) []reflect.Value {
				for _, y := range yielded {
					called.note(y)
					if y.Kind() == reflect.Struct && y.FieldByName("Err").IsValid() {
						called.note(y.FieldByName("Err"))
					}
				}
				steps++
				return []reflect.Value{reflect.ValueOf(steps < 3)}
			})})
			continue
		}
		called.note(result)
	}
	return called
}

func (c *Called) note(result reflect.Value) {
	if result.Type() != errorType {
		return
	}
	c.Fails = true
	if err, ok := reflect.TypeAssert[error](result); ok && c.Err == nil {
		c.Err = err
	}
}
