package record

import (
	"bytes"
	"reflect"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Part is a member of an object: of one that no field of a type takes, the path from the object.
type Part struct {
	Name  string
	Value []byte // a part of the object's JSON
}

// Parts returns the members of an object of JSON that was decoded before, in their order. It jumps from value to value;
// of text that is no JSON, what it returns says nothing. Where the object has the same values as another one, in the
// same places, giving the parts of that makes it faster.
func Parts(object []byte, like []Part) (parts []Part) {
	i := skipSpace(object, 0)
	if i >= len(object) || object[i] != '{' {
		return nil
	}
	parts = make([]Part, 0, 64)
	for i = skipSpace(object, i+1); i < len(object) && object[i] == '"'; i = skipComma(object, i) {
		quoted := object[i : i+quotedLength(object[i:])]
		i = skipSpace(object, skipSpace(object, i+len(quoted))+1) // the colon
		if i >= len(object) || len(quoted) < 2 {
			return parts
		}
		var same []byte
		if n := len(parts); n < len(like) {
			same = like[n].Value
		}
		end := skipLike(object, i, same)
		parts = append(parts, Part{unquotedName(quoted), trim(object[i:end])})
		i = end
	}
	return parts
}

// skipLike is skipValue for what may be the same value as another one.
func skipLike(raw []byte, i int, value []byte) int {
	if len(value) > 0 && (value[0] == '{' || value[0] == '[' || value[0] == '"') && bytes.HasPrefix(raw[i:], value) {
		return i + len(value)
	}
	return skipValue(raw, i)
}

// Rows returns the elements of a list, as Parts does for objects.
func Rows(list []byte, like [][]byte) (rows [][]byte) {
	i := skipSpace(list, 0)
	if i >= len(list) || list[i] != '[' {
		return nil
	}
	for i = skipSpace(list, i+1); i < len(list) && list[i] != ']'; i = skipComma(list, i) {
		var same []byte
		if n := len(rows); n < len(like) {
			same = like[n]
		}
		end := max(skipLike(list, i, same), i+1)
		rows = append(rows, trim(list[i:end]))
		i = end
	}
	return rows
}

// Takes reports whether a field of a type takes the member of a name.
func Takes(t reflect.Type, name string) bool {
	_, ok := takingsOf(t).set.byName[name]
	return ok
}

// Strays returns the members of an object that no field of a type takes, as [Unknown] finds them, but not copied and in
// the order of the text, read as Parts reads it.
func Strays(object []byte, t reflect.Type) []Part {
	s := strays{}
	if i := skipSpace(object, 0); i < len(object) && object[i] == '{' {
		s.object(object, i, t, "", 0)
	}
	return s.found
}

type strays struct{ found []Part }

// taking are the fields of a type by their names in quotes, as they nearly always stand in JSON.
type taking struct {
	set      *fieldSet
	byQuoted map[string]field
}

var takings sync.Map // reflect.Type to *taking

func takingsOf(t reflect.Type) *taking {
	if known, ok := takings.Load(t); ok {
		return known.(*taking)
	}
	fields := &taking{fieldCache{}.of(t), map[string]field{}}
	for name, f := range fields.set.byName {
		if quoted, err := jsontext.AppendQuote(nil, name); err == nil {
			fields.byQuoted[string(quoted)] = f
		}
	}
	known, _ := takings.LoadOrStore(t, fields)
	return known.(*taking)
}

const maxStrayDepth = 4 // record, row, an object in it, an object in that

// object walks the object that begins at i and returns where it ends.
func (s *strays) object(raw []byte, i int, t reflect.Type, at string, depth int) int {
	known := takingsOf(t)
	for i = skipSpace(raw, i+1); i < len(raw) && raw[i] == '"'; i = skipComma(raw, i) {
		quoted := raw[i : i+quotedLength(raw[i:])]
		i = skipSpace(raw, skipSpace(raw, i+len(quoted))+1) // the colon
		if i >= len(raw) || len(quoted) < 2 {
			return len(raw)
		}
		member, taken := known.taking(quoted)
		switch next := raw[i]; {
		case !taken:
			end := skipValue(raw, i)
			s.found = append(s.found, Part{Member(at, unquotedName(quoted)), trim(raw[i:end])})
			i = end
		case next == '{' && member.typ.Kind() == reflect.Struct && depth+1 < maxStrayDepth:
			i = s.object(raw, i, member.typ, Member(at, member.name), depth+1)
		case next == '[' && member.row && depth+1 < maxStrayDepth:
			i = s.rows(raw, i, member.typ.Elem(), Member(at, member.name), depth+1)
		default:
			i = skipValue(raw, i)
		}
	}
	return min(i+1, len(raw))
}

// rows walks the list that begins at i and returns where it ends.
func (s *strays) rows(raw []byte, i int, t reflect.Type, at string, depth int) int {
	row := 0
	for i = skipSpace(raw, i+1); i < len(raw) && raw[i] != ']'; i = skipComma(raw, i) {
		if raw[i] == '{' {
			i = s.object(raw, i, t, Element(at, row), depth)
		} else {
			i = max(skipValue(raw, i), i+1)
		}
		row++
	}
	return min(i+1, len(raw))
}

// taking is the field that a member goes into, if there is one.
func (t *taking) taking(quoted []byte) (field, bool) {
	if known, ok := t.byQuoted[string(quoted)]; ok {
		return known, true
	}
	known, ok := t.set.byName[unquotedName(quoted)]
	return known, ok
}

func unquotedName(quoted []byte) string {
	if bytes.IndexByte(quoted, '\\') < 0 && utf8.Valid(quoted) {
		return string(quoted[1 : len(quoted)-1])
	}
	name, _ := jsontext.AppendUnquote(nil, quoted) // text that is not UTF-8 comes back mended
	return string(name)
}

func trim(value []byte) []byte { return bytes.TrimRight(value, " \n\t\r") }

// skipComma returns where the next member or element begins.
func skipComma(raw []byte, i int) int {
	if i = skipSpace(raw, i); i < len(raw) && raw[i] == ',' {
		i = skipSpace(raw, i+1)
	}
	return i
}

func skipSpace(raw []byte, i int) int {
	for i < len(raw) && (raw[i] == ' ' || raw[i] == '\n' || raw[i] == '\t' || raw[i] == '\r') {
		i++
	}
	return i
}

// skipValue returns where the value that begins at i ends.
func skipValue(raw []byte, i int) int {
	depth := 0
	for i < len(raw) {
		switch raw[i] {
		case '"':
			i += quotedLength(raw[i:])
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth <= 0 {
				if depth < 0 {
					return i // the end of what the value stands in
				}
				return i + 1
			}
		case ',':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return i
}

// quotedLength returns the length of the string that a text begins with, quotes included.
func quotedLength(text []byte) int {
	for end := 1; ; {
		i := bytes.IndexByte(text[min(end, len(text)):], '"')
		if i < 0 {
			return len(text)
		}
		end += i + 1
		escapes := end - 2
		for escapes > 0 && text[escapes] == '\\' {
			escapes--
		}
		if (end-2-escapes)%2 == 0 {
			return end
		}
	}
}
