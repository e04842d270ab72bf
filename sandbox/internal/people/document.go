package people

import (
	"reflect"
	"strings"
)

// documentOf turns a wire struct into what decoding its JSON would give. It goes
// by the struct's tags and shares strings with the person, which takes a
// fraction of the time and memory of writing and reading JSON.
func documentOf(wire any) map[string]any {
	v := reflect.Indirect(reflect.ValueOf(wire))
	doc := make(map[string]any, v.NumField())
	addFields(doc, v)
	return doc
}

func addFields(doc map[string]any, v reflect.Value) {
	for i := range v.NumField() {
		field, value := v.Type().Field(i), v.Field(i)
		if field.Anonymous {
			if value = reflect.Indirect(value); value.IsValid() {
				addFields(doc, value)
			}
			continue
		}
		name, option, _ := strings.Cut(field.Tag.Get("json"), ",")
		if option == "omitempty" && value.IsZero() {
			continue
		}
		doc[name] = valueOf(value)
	}
}

func valueOf(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil
		}
		return valueOf(v.Elem())
	case reflect.String:
		return v.String()
	case reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = valueOf(v.Index(i))
		}
		return list
	case reflect.Struct:
		doc := make(map[string]any, v.NumField())
		addFields(doc, v)
		return doc
	case reflect.Float64:
		return v.Float()
	default: // the wire structs hold no other kind than integers
		return float64(v.Int())
	}
}
