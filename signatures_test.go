package pronet_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/doc"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// services are the packages whose New takes internal types, for package pronet or, of a fake provider, for package sandbox.
var services = []string{
	"employee", "subscriptions", "bulkcollect", "linkedin", "linkedin/posts", "prospectnotes", "saleswebhooks",
	"linkedin/members", "linkedin/unlisted",
	"linkedin/recruiter", "linkedin/events", "linkedin/jobs",
	"sandbox/coresignal", "sandbox/linkedin", "sandbox/saleswebhooks",
}

// TestSignaturesAreForUsers: nothing exported has an internal type in its signature, its fields or below its alias, but
// the one constructor of each service package, whose comment says so.
func TestSignaturesAreForUsers(t *testing.T) {
	exported, paths := exportData(t)
	load := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) {
		file, ok := exported[path]
		if !ok {
			return nil, fmt.Errorf("no export data of %s", path)
		}
		return os.Open(file)
	})
	constructors, objects := []string{}, 0
	for _, path := range paths {
		pkg, err := load.Import(path)
		require.NoError(t, err)
		for _, name := range pkg.Scope().Names() {
			object := pkg.Scope().Lookup(name)
			if !object.Exported() {
				continue
			}
			objects++
			found := internalTypes(object)
			folder := strings.TrimPrefix(path, module+"/")
			if name == "New" && slices.Contains(services, folder) {
				assert.NotEmpty(t, found, "%s.New needs no exception any more", folder)
				constructors = append(constructors, folder)
				continue
			}
			assert.Empty(t, found, "%s.%s has internal types", path, name)
		}
	}
	assert.ElementsMatch(t, services, constructors)
	assert.Greater(t, objects, 300)
	for _, folder := range services {
		first, _, _ := strings.Cut(commentOf(t, folder, "New"), "\n")
		assert.Regexp(t, "is for package (pronet|sandbox)", first, folder)
	}
}

// exportData builds the module's packages and returns the file of the export data of each, and of what they import, and
// the paths of those that a user can import.
func exportData(t *testing.T) (files map[string]string, public []string) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "-export", "-json=ImportPath,Export,Name", "./...").Output()
	require.NoError(t, err)
	files = make(map[string]string)
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var pkg struct{ ImportPath, Export, Name string }
		if err := d.Decode(&pkg); errors.Is(err, io.EOF) {
			return files, public
		}
		require.NoError(t, err)
		files[pkg.ImportPath] = pkg.Export
		ours := pkg.ImportPath == module || strings.HasPrefix(pkg.ImportPath, module+"/")
		if ours && pkg.Name != "main" && !isInternal(pkg.ImportPath) {
			public = append(public, pkg.ImportPath)
		}
	}
}

func isInternal(path string) bool { return strings.Contains(path+"/", "/internal/") }

// internalTypes lists the internal types that an exported object shows.
func internalTypes(object types.Object) (found []string) {
	s := shown{seen: make(map[types.Type]bool), found: &found}
	name, isType := object.(*types.TypeName)
	if !isType {
		s.show(object.Type())
		return found
	}
	if alias, ok := object.Type().(*types.Alias); ok {
		s.show(alias.Rhs())
		return found
	}
	named, ok := name.Type().(*types.Named)
	if !ok {
		return nil
	}
	for p := range named.TypeParams().TypeParams() {
		s.show(p.Constraint())
	}
	s.show(named.Underlying())
	for method := range types.NewMethodSet(types.NewPointer(named)).Methods() {
		if method.Obj().Exported() {
			s.show(method.Type())
		}
	}
	return found
}

// shown walks what of a type a reader of its documentation sees.
type shown struct {
	seen  map[types.Type]bool
	found *[]string
}

func (s shown) show(t types.Type) {
	if s.seen[t] {
		return
	}
	s.seen[t] = true
	switch t := t.(type) {
	case *types.Alias:
		s.name(t.Obj())
		s.each(t.TypeArgs())
		s.show(t.Rhs())
	case *types.Named:
		s.name(t.Obj())
		s.each(t.TypeArgs())
	case *types.Pointer:
		s.show(t.Elem())
	case *types.Slice:
		s.show(t.Elem())
	case *types.Array:
		s.show(t.Elem())
	case *types.Chan:
		s.show(t.Elem())
	case *types.Map:
		s.show(t.Key())
		s.show(t.Elem())
	case *types.Tuple:
		for v := range t.Variables() {
			s.show(v.Type())
		}
	case *types.Signature:
		for p := range t.TypeParams().TypeParams() {
			s.show(p.Constraint())
		}
		s.show(t.Params())
		s.show(t.Results())
	case *types.Struct:
		for field := range t.Fields() {
			if field.Exported() || field.Embedded() {
				s.show(field.Type())
			}
		}
	case *types.Interface:
		for method := range t.Methods() {
			if method.Exported() {
				s.show(method.Type())
			}
		}
		for embedded := range t.EmbeddedTypes() {
			s.show(embedded)
		}
	case *types.Union:
		for term := range t.Terms() {
			s.show(term.Type())
		}
	}
}

func (s shown) each(arguments *types.TypeList) {
	for t := range arguments.Types() {
		s.show(t)
	}
}

func (s shown) name(object *types.TypeName) {
	if object.Pkg() != nil && strings.HasPrefix(object.Pkg().Path(), module) && isInternal(object.Pkg().Path()) {
		*s.found = append(*s.found, object.Pkg().Path()+"."+object.Name())
	}
}

// commentOf is the comment of a function.
func commentOf(t *testing.T, folder, function string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	require.NoError(t, err)
	fset, files := token.NewFileSet(), []*ast.File{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		require.NoError(t, err)
		files = append(files, file)
	}
	pkg, err := doc.NewFromFiles(fset, files, module+"/"+folder)
	require.NoError(t, err)
	functions := pkg.Funcs
	for _, typ := range pkg.Types {
		functions = append(functions, typ.Funcs...)
	}
	for _, f := range functions {
		if f.Name == function {
			return f.Doc
		}
	}
	return ""
}

// TestInternalTypesAreFound in each place where they can hide.
func TestInternalTypesAreFound(t *testing.T) {
	inside := types.NewPackage(module+"/internal/inside", "inside")
	secret := types.NewNamed(types.NewTypeName(token.NoPos, inside, "Secret", nil), types.NewStruct(nil, nil), nil)
	outside := types.NewPackage(module+"/outside", "outside")
	declare := func(underlying types.Type) types.Object {
		name := types.NewTypeName(token.NoPos, outside, "T", nil)
		types.NewNamed(name, underlying, nil)
		return name
	}
	field := func(name string, embedded bool) *types.Var {
		return types.NewField(token.NoPos, outside, name, types.NewPointer(secret), embedded)
	}
	takes := types.NewSignatureType(nil, nil, nil, types.NewTuple(types.NewParam(token.NoPos, outside, "", types.NewSlice(secret))), nil, false)
	for name, tt := range map[string]struct {
		object types.Object
		hidden bool
	}{
		"a variable":          {types.NewVar(token.NoPos, outside, "V", types.NewMap(types.Typ[types.String], secret)), true},
		"a parameter":         {types.NewFunc(token.NoPos, outside, "F", takes), true},
		"a field":             {declare(types.NewStruct([]*types.Var{field("Field", false)}, nil)), true},
		"an embedded field":   {declare(types.NewStruct([]*types.Var{field("Secret", true)}, nil)), true},
		"an unexported field": {declare(types.NewStruct([]*types.Var{field("field", false)}, nil)), false},
		"an interface":        {declare(types.NewInterfaceType([]*types.Func{types.NewFunc(token.NoPos, outside, "M", takes)}, nil)), true},
		"an alias":            {aliasOf(outside, secret), true},
		"a function type":     {declare(takes), true},
		"nothing":             {declare(types.Typ[types.Int]), false},
	} {
		assert.Equal(t, tt.hidden, len(internalTypes(tt.object)) > 0, name)
	}
}

func aliasOf(pkg *types.Package, t types.Type) types.Object {
	name := types.NewTypeName(token.NoPos, pkg, "A", nil)
	types.NewAlias(name, t)
	return name
}
