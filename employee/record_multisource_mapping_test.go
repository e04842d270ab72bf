package employee_test

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
)

// A path of the search index: its name, Elasticsearch type and, for some dates, the form in which they are written.
type indexed struct{ path, kind, format string }

func indexedPaths(t *testing.T) (paths []indexed) {
	t.Helper()
	for line := range strings.Lines(string(sample(t, "multisource_fields.tsv"))) {
		columns := strings.Split(strings.TrimSuffix(line, "\n")+"\t", "\t")
		paths = append(paths, indexed{columns[0], columns[1], columns[2]})
	}
	return paths
}

// TestMultiSourceMapping finds a field of a fitting type for every path of the dataset's search index.
func TestMultiSourceMapping(t *testing.T) {
	paths := indexedPaths(t)
	require.Len(t, paths, 263)
	for _, p := range paths {
		field, err := fieldAt(reflect.TypeFor[employee.MultiSourceRecord](), p.path)
		if assert.NoError(t, err, p.path) {
			assert.Contains(t, fitting(p), typeName(field), "%s is %s %s", p.path, p.kind, p.format)
		}
	}
}

// fieldAt follows the JSON names of a path through structs and slices of them.
func fieldAt(t reflect.Type, path string) (reflect.Type, error) {
	for name := range strings.SplitSeq(path, ".") {
		if t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			return nil, fmt.Errorf("%s has no fields", t)
		}
		fields := reflect.VisibleFields(t)
		i := slices.IndexFunc(fields, func(f reflect.StructField) bool { return f.Tag.Get("json") == name })
		if i < 0 {
			return nil, fmt.Errorf("%s has no field %s", t, name)
		}
		t = fields[i].Type
	}
	return t, nil
}

func typeName(t reflect.Type) string {
	if t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct {
		return "rows"
	}
	return strings.ReplaceAll(t.String(), "employee.", "")
}

// fitting lists the types that can hold what the index holds. An index does not tell a value from a list of values.
func fitting(p indexed) []string {
	switch p.path {
	case "last_graduation_date": // a date in the documents
		return []string{"ProfileDate"}
	case "historical_ids": // numbers in records
		return []string{"Numbers"}
	}
	switch p.kind {
	case "nested":
		return []string{"rows"}
	case "byte":
		return []string{"Flag", "Number"}
	case "short", "integer", "long":
		return []string{"Number", "int64"}
	case "double":
		return []string{"Decimal"}
	case "keyword":
		return []string{"string", "Text"}
	case "text":
		return []string{"string", "Text", "Texts", "[]Region"}
	}
	switch p.format {
	case "MMMM uuuu||uuuu", "MMM uuuu||uuuu":
		return []string{"ProfileDate"}
	case "yyyy-MM-dd HH:mm:ss.SSSSSS":
		return []string{"Timestamp"}
	}
	return []string{"Timestamp", "ProfileDate"}
}

// TestFlagsOfTheIndex are the bytes that hold 0 and 1; the others are months.
func TestFlagsOfTheIndex(t *testing.T) {
	for _, p := range indexedPaths(t) {
		if p.kind != "byte" {
			continue
		}
		field, err := fieldAt(reflect.TypeFor[employee.MultiSourceRecord](), p.path)
		require.NoError(t, err)
		assert.Equal(t, !strings.HasSuffix(p.path, "_month"), field == reflect.TypeFor[employee.Flag](), p.path)
	}
}
