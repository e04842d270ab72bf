package record

import (
	"bytes"
	"reflect"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Stray is a member of a record that no field of its type takes, as [Unknown] finds it, but not copied and with its
// place apart from its name.
type Stray struct {
	// Root is the name of the root field that it stands in, or "" for a root field of its own.
	Root string
	// Row is the element of that field, counted from 0, or -1 if the field is no list.
	Row int
	// Name is its path from there.
	Name string
	// Value is a part of the record's JSON.
	Value []byte
}

// Strays returns the members that no field of the type takes, in the order of the text. It reads text that was decoded
// before, by jumping from value to value, in a tenth of the time that decoding takes; of text that is no JSON, what it
// returns says nothing.
func Strays(raw []byte, t reflect.Type) []Stray {
	s := strays{raw: raw}
	if i := skipSpace(raw, 0); i < len(raw) && raw[i] == '{' {
		s.object(i, t, Stray{Row: -1}, 0)
	}
	return s.found
}

type strays struct {
	raw   []byte
	found []Stray
}

const maxStrayDepth = 4 // record, row, an object in it, an object in that

// object walks the object that begins at i and returns where it ends.
func (s *strays) object(i int, t reflect.Type, at Stray, depth int) int {
	raw, known := s.raw, takingsOf(t)
	order := known.usual()
	defer known.orders.Put(order)
	place := 0
	for i = skipSpace(raw, i+1); i < len(raw) && raw[i] == '"'; i = skipComma(raw, i) {
		member, length := expected(raw[i:], *order, &place)
		quoted := raw[i : i+length]
		if member == nil {
			if quoted = raw[i : i+quotedLength(raw[i:])]; len(quoted) < 2 {
				return len(raw)
			}
			member = known.taking(quoted, order, &place)
		}
		if i = skipSpace(raw, skipSpace(raw, i+len(quoted))+1); i >= len(raw) { // after the colon
			return len(raw)
		}
		switch next := raw[i]; {
		case member == nil:
			end := skipValue(raw, i)
			stray := at.in(unquotedName(quoted))
			if at.Root == "" {
				stray = Stray{Row: -1, Name: Member("", unquotedName(quoted))}
			}
			stray.Value = bytes.TrimRight(raw[i:end], " \n\t\r")
			s.found = append(s.found, stray)
			i = end
		case next == '{' && member.typ.Kind() == reflect.Struct && depth+1 < maxStrayDepth:
			i = s.object(i, member.typ, at.in(member.name), depth+1)
		case next == '[' && member.row && depth+1 < maxStrayDepth:
			i = s.rows(i, member, at, depth)
		case next == '"':
			i += quotedLength(raw[i:])
		default:
			i = skipValue(raw, i)
		}
	}
	return min(i+1, len(raw))
}

// rows walks the list that begins at i and returns where it ends.
func (s *strays) rows(i int, list *field, at Stray, depth int) int {
	row := 0
	for i = skipSpace(s.raw, i+1); i < len(s.raw) && s.raw[i] != ']'; i = skipComma(s.raw, i) {
		if s.raw[i] == '{' {
			in := Stray{Root: list.name, Row: row}
			if at.Root != "" {
				in = at.in(list.name)
				in.Name = Element(in.Name, row)
			}
			i = s.object(i, list.typ.Elem(), in, depth+1)
		} else {
			i = max(skipValue(s.raw, i), i+1)
		}
		row++
	}
	return min(i+1, len(s.raw))
}

// in is the place of what stands in a member.
func (s Stray) in(name string) Stray {
	if s.Root == "" {
		return Stray{Root: name, Row: -1}
	}
	s.Name = Member(s.Name, name)
	return s
}

// taking are the fields of a type by their names in quotes, as they nearly always stand in JSON.
type taking struct {
	set      *fieldSet
	byQuoted map[string]*field
	orders   sync.Pool // of *[]ordered: the order in which objects were seen to have their members
}

type ordered struct {
	quoted string
	field  *field
}

var takings sync.Map // reflect.Type to *taking

func takingsOf(t reflect.Type) *taking {
	if known, ok := takings.Load(t); ok {
		return known.(*taking)
	}
	fields := &taking{set: fieldCache{}.of(t), byQuoted: map[string]*field{}}
	for name, f := range fields.set.byName {
		if quoted, err := jsontext.AppendQuote(nil, name); err == nil {
			fields.byQuoted[string(quoted)] = &f
		}
	}
	known, _ := takings.LoadOrStore(t, fields)
	return known.(*taking)
}

func (t *taking) usual() *[]ordered {
	if order, ok := t.orders.Get().(*[]ordered); ok {
		return order
	}
	return new([]ordered)
}

// expected is the field that the member at the beginning of a text goes into, and the length of its name in quotes, if it
// is one of the next ones; otherwise nil. Objects of a type have their members in one order nearly always, and a look at
// these is faster than one for the end of the name and one into a map.
func expected(text []byte, order []ordered, place *int) (*field, int) {
	const ahead = 4
	for i := *place; i < min(len(order), *place+ahead); i++ {
		if name := order[i].quoted; len(text) > len(name) && string(text[:len(name)]) == name {
			*place = i + 1
			return order[i].field, len(name)
		}
	}
	return nil, 0
}

// taking is the field that a member goes into, or nil.
func (t *taking) taking(quoted []byte, order *[]ordered, place *int) *field {
	f, ok := t.byQuoted[string(quoted)]
	if !ok {
		other, ok := t.set.byName[unquotedName(quoted)]
		if !ok {
			return nil
		}
		return &other
	}
	if *place == len(*order) && len(*order) < len(t.byQuoted) {
		*order = append(*order, ordered{string(quoted), f})
		*place++
	}
	return f
}

func unquotedName(quoted []byte) string {
	if bytes.IndexByte(quoted, '\\') < 0 && utf8.Valid(quoted) {
		return string(quoted[1 : len(quoted)-1])
	}
	name, _ := jsontext.AppendUnquote(nil, quoted) // text that is not UTF-8 comes back mended
	return string(name)
}

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
