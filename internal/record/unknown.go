package record

import (
	"bytes"
	"encoding/json"
	"reflect"

	"github.com/go-json-experiment/json/jsontext"
)

// Unknown returns the members of a decoded record that no field of the struct type takes, at every depth, under their
// paths, such as "experience[0].tenure". The values are copies. Of a name that stands twice in one object the last
// value is returned. It is nil if there are none.
func Unknown(raw []byte, t reflect.Type) map[string]json.RawMessage {
	if !isObject(raw) {
		return nil
	}
	u := unknowns{fields: fieldCache{}}
	u.value(raw, t, "")
	return u.found
}

type unknowns struct {
	fields fieldCache
	found  map[string]json.RawMessage
}

func (u *unknowns) value(raw []byte, t reflect.Type, path string) {
	switch kind := jsontext.Value(raw).Kind(); {
	case kind == '{' && t.Kind() == reflect.Struct:
		u.object(raw, t, path)
	case kind == '[' && t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct:
		i := 0
		for element := range elements(raw) {
			u.value(element, t.Elem(), Element(path, i))
			i++
		}
	}
}

func (u *unknowns) object(raw []byte, t reflect.Type, path string) {
	fields := u.fields.of(t)
	for m := range members(raw) {
		if f, ok := fields.byName[m.name]; ok {
			u.value(m.value, f.typ, Member(path, m.name))
			continue
		}
		if u.found == nil {
			u.found = map[string]json.RawMessage{}
		}
		u.found[Member(path, m.name)] = bytes.Clone(m.value)
	}
}
