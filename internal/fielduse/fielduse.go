// Package fielduse finds which fields a filter or query names, so that those which a subscription does not allow are
// refused before anything is sent.
package fielduse

import (
	"strings"

	"github.com/pronet-go/pronet/internal/record"
)

// Use is one place in an encoded filter or query that names a field of the records.
type Use struct {
	// Field is the name of the field in full: inside a nested query it begins with the path of that query, whether it
	// was written so or not.
	Field string
	// Path is where it stands in the JSON, such as "query.bool.must[0].range.created_at".
	Path string
	// Pattern marks a Field that holds * and stands for every field it matches.
	Pattern bool
}

// Uses tells whether the use is one of the named field, which may be a dotted name such as "experience.date_from". It
// is also one of the field in any collection ("experience.created" uses "created") and of a subfield
// ("created.keyword"). A pattern uses the fields it matches; "experience.*" matches "experience.date_from" and is not
// taken for a use of "created", which the collection may not have.
func (u Use) Uses(field string) bool {
	if !u.Pattern {
		return strings.Contains("."+u.Field+".", "."+field+".")
	}
	if matches(u.Field, field) {
		return true
	}
	dot := strings.LastIndexByte(u.Field, '.')
	return dot >= 0 && partial(u.Field[:dot]) && matches(u.Field[:dot], field) // a subfield
}

// matches tells whether a pattern matches a field, or with its last elements the same field in a collection.
func matches(pattern, field string) bool {
	if overlap(pattern, field) {
		return true
	}
	elements := strings.Split(pattern, ".")
	from := len(elements) - 1 - strings.Count(field, ".")
	return from > 0 && partial(pattern) && overlap(strings.Join(elements[from:], "."), field)
}

// partial tells whether the last element of a pattern is more than stars.
func partial(pattern string) bool {
	return strings.Trim(pattern[strings.LastIndexByte(pattern, '.')+1:], "*") != ""
}

// InFilter lists the filters of an encoded employee.BaseFilter or V1Filter, by their names, in the order in which they
// stand. Keys inside a filter's value are listed too. It fails for text that is not a JSON object, is larger than 1 MiB
// or nested deeper than 200 levels.
func InFilter(encoded []byte) ([]Use, error) {
	root, err := parseTree(encoded)
	if err != nil {
		return nil, err
	}
	var uses []Use
	var walk func(n node, path string)
	walk = func(n node, path string) {
		for _, m := range n.members {
			at := record.Member(path, m.name)
			uses = append(uses, Use{Field: m.name, Path: at})
			walk(m.value, at)
		}
		for i, e := range n.elements {
			walk(e, record.Element(path, i))
		}
	}
	walk(root, "")
	return uses, nil
}

// InQuery lists every place of an encoded query that names a field: as employee.Query marshals, or a bare clause.
// It knows the query kinds of Elasticsearch, the fields named in the text of a query_string, sorts, and scripts, of
// which every word is listed. In a kind that it does not know, every key and every text is listed. Fields that a query
// searches without naming them, as a query_string without fields does, and names that a script puts together are not
// found.
//
// It fails for text that is not a JSON object, is larger than 1 MiB or nested deeper than 200 levels.
func InQuery(encoded []byte) ([]Use, error) {
	root, err := parseTree(encoded)
	if err != nil {
		return nil, err
	}
	var w fieldWalk
	if !root.has("query") {
		w.clause(root, "")
		return w.done()
	}
	for _, m := range root.members {
		switch m.name {
		case "query", "post_filter":
			w.clause(m.value, m.name)
		case "sort":
			w.sort(m.value, m.name)
		default:
			w.anything(m.value, record.Member("", m.name))
		}
	}
	return w.done()
}

// overlap tells whether some text is matched by both patterns, in which * stands for any text.
func overlap(a, b string) bool {
	row := make([]bool, len(b)+1) // row[j]: a[i:] and b[j:] overlap
	for i := len(a); i >= 0; i-- {
		below := row[len(b)]
		for j := len(b); j >= 0; j-- {
			diagonal := below
			below = row[j]
			switch {
			case i == len(a) && j == len(b):
				row[j] = true
			case i < len(a) && a[i] == '*':
				row[j] = below || j < len(b) && row[j+1]
			case j < len(b) && b[j] == '*':
				row[j] = row[j+1] || i < len(a) && below
			default:
				row[j] = i < len(a) && j < len(b) && a[i] == b[j] && diagonal
			}
		}
	}
	return row[0]
}
