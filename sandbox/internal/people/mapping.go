package people

import (
	_ "embed"
	"reflect"
	"strings"
	"sync"
)

// Field is how the provider's index holds a field.
type Field struct {
	Type      string   // that of Elasticsearch: "text", "keyword", "date", "byte", "short", "integer", "long", "double" or "nested"
	Format    string   // of a date, "" for the default
	Subfields []string // such as "exact"
}

// multiSourceFields is the mapping of Multi-source that the provider publishes: the path, the type and its details.
//
//go:embed multi_source_fields.tsv
var multiSourceFields string

var multiSourceMapping = sync.OnceValue(func() map[string]Field {
	fields := map[string]Field{}
	for line := range strings.Lines(multiSourceFields) {
		path, kind, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		kind, detail, _ := strings.Cut(kind, " ")
		f := Field{Type: kind}
		if format, ok := strings.CutPrefix(detail, "fmt="); ok {
			f.Format = format
		}
		if subfields, ok := strings.CutPrefix(detail, "sub="); ok {
			f.Subfields = strings.Split(subfields, ",")
		}
		fields[path] = f
	}
	return fields
})

var otherMappings = sync.OnceValue(func() map[Dataset]map[string]Field {
	all := map[Dataset]map[string]Field{}
	for ds, wire := range map[Dataset]any{V1: v1Record{}, Base: baseRecord{}, BaseDocumented: baseRecord{}, Clean: cleanRecord{}} {
		all[ds] = map[string]Field{}
		addNumbers(all[ds], "", reflect.TypeOf(wire))
	}
	return all
})

// Mapping is how the index of a dataset holds its fields, by dotted path. Multi-source's is published. Of the others only
// the numbers are in it: that what is a number in a record is one in the index is assumed.
func Mapping(ds Dataset) map[string]Field {
	if ds == MultiSource || ds == MultiSourceDocumented {
		return multiSourceMapping()
	}
	return otherMappings()[ds]
}

// addNumbers adds the numbers of a wire struct.
func addNumbers(fields map[string]Field, path string, t reflect.Type) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Int, reflect.Int64:
		fields[path] = Field{Type: "long"}
	case reflect.Float64:
		fields[path] = Field{Type: "double"}
	case reflect.Struct:
		for field := range t.Fields() {
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			switch {
			case field.Anonymous:
				name = path
			case path != "":
				name = path + "." + name
			}
			addNumbers(fields, name, field.Type)
		}
	}
}
