package matching

import "strings"

// scope is what a clause sees: the record, or one row of a collection inside a
// nested clause.
type scope struct {
	object map[string]any
	path   string // of the row's collection, "" for the record
}

// source gives the values that a test looks at.
type source interface {
	each(s scope, yield func(v any) bool)
}

// field is a place in the records.
type field struct {
	name  string   // dotted, as written
	parts []string // without the sub-field
	whole bool     // its strings are compared as they are and not by word
	date  bool     // its strings are times
}

// keywordFields hold whole values. That these are the ones is assumed from the
// provider's published mapping of another dataset and from queries in use.
var keywordFields = map[string]bool{"country": true, "country_iso_2": true, "country_iso_3": true}

// dateFields hold times, in rows too. Months such as "March 2021" are text,
// which a range reads as times all the same.
var dateFields = map[string]bool{
	"created": true, "last_updated": true,
	"created_at": true, "updated_at": true, "checked_at": true, "processed_at": true,
}

// field reads a field name and notes that the query uses it.
func (p *parser) field(path, name string) (field, error) {
	switch {
	case name == "":
		return field{}, &InvalidError{path, "a field name is expected"}
	case strings.ContainsAny(name, "*?"):
		return field{}, &UnsupportedError{path, "a pattern of field names"}
	}
	p.used[name] = true
	f := field{name: name, parts: strings.Split(name, ".")}
	last := len(f.parts) - 1
	if last > 0 && (f.parts[last] == "exact" || f.parts[last] == "keyword") {
		f.whole = true
		f.parts = f.parts[:last]
		return f, nil
	}
	f.whole = keywordFields[name]
	f.date = dateFields[f.parts[last]]
	return f, nil
}

// relative is the field's way from the scope, nil when it lies outside.
func (f field) relative(s scope) []string {
	if s.path == "" {
		return f.parts
	}
	depth := strings.Count(s.path, ".") + 1
	if len(f.parts) < depth || strings.Join(f.parts[:depth], ".") != s.path {
		return nil
	}
	return f.parts[depth:]
}

// each yields the scalar values of the field. Rows of collections are out of
// reach, and so is everything in them.
func (f field) each(s scope, yield func(v any) bool) {
	way := f.relative(s)
	if len(way) == 0 {
		return
	}
	object := s.object
	for _, name := range way[:len(way)-1] {
		inner, ok := object[name].(map[string]any)
		if !ok {
			return
		}
		object = inner
	}
	switch v := object[way[len(way)-1]].(type) {
	case nil, map[string]any:
	case []any:
		for _, element := range v {
			switch element.(type) {
			case nil, map[string]any, []any:
			default:
				if !yield(element) {
					return
				}
			}
		}
	default:
		yield(v)
	}
}
