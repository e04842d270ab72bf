package record

import (
	"bytes"
	"fmt"
	"reflect"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/pronet-go/pronet/internal/codec"
)

// Merge writes a record, a struct or a pointer to one, over the JSON it came from.
//
// What was not changed since it was decoded stays as it is written there: nulls, absent fields, unknown fields, numbers
// in quotes, the spelling of numbers. What was changed is written in the form of its type, in its place, or at the end
// if it was absent. The elements of a slice are recognised by being equal, wherever they stand now; one that was
// changed in its place keeps its unknown fields, unless its "id" is another one. Without raw JSON the fields that are
// not zero are written.
func Merge(raw []byte, v any) ([]byte, error) {
	now := reflect.Indirect(reflect.ValueOf(v))
	before := reflect.New(now.Type())
	if len(raw) == 0 {
		raw = []byte("{}")
	} else if _, err := Decode(nil, raw, before.Interface()); err != nil {
		return nil, err
	}
	m := merger{fields: fieldCache{}}
	if m.same(before.Elem(), now) {
		return bytes.Clone(raw), nil
	}
	return m.object(nil, raw, before.Elem(), now)
}

type merger struct{ fields fieldCache }

// same compares what is written: exported fields, and slices by their elements.
func (m *merger) same(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Struct:
		for _, f := range m.fields.of(a.Type()).inOrder {
			if !m.same(a.FieldByIndex(f.index), b.FieldByIndex(f.index)) {
				return false
			}
		}
		return true
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !m.same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	}
	return a.Equal(b)
}

func (m *merger) object(dst, raw []byte, before, now reflect.Value) ([]byte, error) {
	var (
		fields  = m.fields.of(now.Type())
		written = map[string]bool{}
		err     error
	)
	dst = append(dst, '{')
	for old := range members(raw) {
		f, known := fields.byName[old.name]
		written[old.name] = true
		dst = append(append(comma(dst, '{'), old.quoted...), ':')
		if !known || m.same(before.FieldByIndex(f.index), now.FieldByIndex(f.index)) {
			dst = append(dst, old.value...)
			continue
		}
		if dst, err = m.value(dst, old.value, before.FieldByIndex(f.index), now.FieldByIndex(f.index)); err != nil {
			return nil, err
		}
	}
	for _, f := range fields.inOrder {
		if written[f.name] || m.same(before.FieldByIndex(f.index), now.FieldByIndex(f.index)) {
			continue
		}
		if dst, err = jsontext.AppendQuote(comma(dst, '{'), f.name); err != nil {
			return nil, fmt.Errorf("record: %w", err)
		}
		if dst, err = m.typed(append(dst, ':'), now.FieldByIndex(f.index)); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

// value writes a changed value over an old one.
func (m *merger) value(dst, raw []byte, before, now reflect.Value) ([]byte, error) {
	switch kind := jsontext.Value(raw).Kind(); {
	case kind == '{' && now.Kind() == reflect.Struct:
		return m.object(dst, raw, before, now)
	case kind == '[' && now.Kind() == reflect.Slice:
		return m.array(dst, raw, before, now)
	}
	return m.typed(dst, now)
}

// typed writes a value that has no old one.
func (m *merger) typed(dst []byte, now reflect.Value) ([]byte, error) {
	switch now.Kind() {
	case reflect.Struct:
		return m.object(dst, []byte("{}"), reflect.Zero(now.Type()), now)
	case reflect.Slice:
		return m.array(dst, []byte("[]"), reflect.Zero(now.Type()), now)
	}
	value, err := codec.Encode(now.Interface())
	if err != nil {
		return nil, fmt.Errorf("record: %w", err)
	}
	return append(dst, value...), nil
}

func (m *merger) array(dst, raw []byte, before, now reflect.Value) ([]byte, error) {
	old := make([][]byte, 0, before.Len())
	for element := range elements(raw) {
		old = append(old, element)
	}
	var err error
	dst = append(dst, '[')
	for i, from := range m.origins(before, now) {
		dst = comma(dst, '[')
		switch {
		case from == changed && i < len(old):
			dst, err = m.value(dst, old[i], before.Index(i), now.Index(i))
		case from < 0 || from >= len(old):
			dst, err = m.typed(dst, now.Index(i))
		default:
			dst = append(dst, old[from]...)
		}
		if err != nil {
			return nil, err
		}
	}
	return append(dst, ']'), nil
}

func comma(dst []byte, opening byte) []byte {
	if dst[len(dst)-1] == opening {
		return dst
	}
	return append(dst, ',')
}
