package record

import (
	"reflect"
	"strings"
)

// field is where a JSON name stands in a struct.
type field struct {
	name  string
	index []int
	typ   reflect.Type
	or    string // the name of the field that this one takes its value from when it is empty
	row   bool   // whether it is a list of structs
}

type fieldSet struct {
	byName  map[string]field
	inOrder []field
	text    []int // the field of a row that is written as a text alone, nil if none is known
}

// fieldCache remembers the fields of types for the time of one call.
type fieldCache map[reflect.Type]*fieldSet

func (c fieldCache) of(t reflect.Type) *fieldSet {
	if set, ok := c[t]; ok {
		return set
	}
	set := &fieldSet{byName: map[string]field{}}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" || f.Anonymous && name == "" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		set.inOrder = append(set.inOrder, field{name, f.Index, f.Type, f.Tag.Get("or"), f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct})
		if f.Tag.Get("record") == "text" {
			set.text = f.Index
		}
		set.byName[name] = set.inOrder[len(set.inOrder)-1]
	}
	c[t] = set
	return set
}
