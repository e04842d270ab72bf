package matching

import (
	"encoding/json"
	"errors"
	"strings"
)

// reading is how a filter's value becomes a condition.
type reading = func(p *parser, name string, raw json.RawMessage) (condition, error)

// textField is a field whose strings are read as words, whatever its type.
func (p *parser) textField(name string) *test {
	p.used[name] = true
	return &test{of: field{name: name, parts: strings.Split(name, ".")}, isText: true}
}

// textFilter looks for words in one of several fields.
func textFilter(fields ...string) reading {
	return func(p *parser, name string, raw json.RawMessage) (condition, error) {
		return p.filterText(name, raw, false, func(words func([][]string) bool) condition { return p.wordsIn(fields, words) })
	}
}

// patternFilter is a textFilter whose words may end in *.
func patternFilter(fields ...string) reading {
	return func(p *parser, name string, raw json.RawMessage) (condition, error) {
		return p.filterText(name, raw, true, func(words func([][]string) bool) condition { return p.wordsIn(fields, words) })
	}
}

func (p *parser) wordsIn(fields []string, words func([][]string) bool) condition {
	var of anyOf
	for _, name := range fields {
		t := p.textField(name)
		t.words = words
		of = append(of, t)
	}
	return of
}

// keywordFilter looks for words anywhere: in fields of the record and of its rows.
func keywordFilter(root []string, rows map[string][]string, order []string) reading {
	return func(p *parser, name string, raw json.RawMessage) (condition, error) {
		return p.filterText(name, raw, false, func(words func([][]string) bool) condition {
			of := anyOf{p.wordsIn(root, words)}
			for _, path := range order {
				of = append(of, nestedIn(path, p.wordsIn(rows[path], words)))
			}
			return of
		})
	}
}

// exactFilter compares a whole value. Whether the provider reads operators in
// exact filters is not known, so they are refused.
func exactFilter(name string, same func(a, b string) bool) reading {
	return func(p *parser, filter string, raw json.RawMessage) (condition, error) {
		text, err := exactText(filter, raw)
		if err != nil {
			return nil, err
		}
		p.used[name] = true
		f := field{name: name, parts: strings.Split(name, ".")}
		return &test{of: f, whole: func(s string) bool { return same(s, text) }}, nil
	}
}

func exactText(filter string, raw json.RawMessage) (string, error) {
	text, err := stringOf(filter, raw)
	switch {
	case err != nil:
		return "", err
	case strings.TrimSpace(text) == "":
		return "", &InvalidError{filter, "the filter is empty"}
	case strings.HasPrefix(text, `"`) || strings.HasPrefix(text, "("):
		return "", &UnsupportedError{filter, "operators in an exact filter"}
	default:
		return text, nil
	}
}

func identical(a, b string) bool { return a == b }

// sameAddress compares web addresses without their scheme, "www." and final slash.
func sameAddress(a, b string) bool { return bareAddress(a) == bareAddress(b) }

// withinAddress looks for a part of a web address, such as a domain. That this is
// what the address filters without "exact" in their name do is assumed.
func withinAddress(address, part string) bool {
	return strings.Contains(bareAddress(address), bareAddress(part))
}

func bareAddress(url string) string {
	url = strings.ToLower(strings.TrimSpace(url))
	for _, prefix := range []string{"https://", "http://", "www."} {
		url = strings.TrimPrefix(url, prefix)
	}
	return strings.TrimSuffix(url, "/")
}

// flagFilter compares a field that is 0 or 1 with true or false.
func flagFilter(name string) reading {
	return func(p *parser, filter string, raw json.RawMessage) (condition, error) {
		set, err := boolOf(filter, raw)
		if err != nil {
			return nil, err
		}
		t := p.textField(name)
		t.number = func(n float64) bool { return (n != 0) == set }
		return t, nil
	}
}

// numberFilter compares a field with a whole number.
func numberFilter(name string) reading {
	return func(p *parser, filter string, raw json.RawMessage) (condition, error) {
		n, err := intOf(filter, raw)
		if err != nil {
			return nil, err
		}
		t := p.textField(name)
		t.number = func(v float64) bool { return v == float64(n) }
		return t, nil
	}
}

// timeFilter compares a time with a bound: "YYYY-MM-DD hh:mm:ss" or a date.
func timeFilter(name string, upper bool) reading {
	return func(p *parser, filter string, raw json.RawMessage) (condition, error) {
		text, err := stringOf(filter, raw)
		if err != nil {
			return nil, err
		}
		f, err := p.field(filter, name)
		if err != nil {
			return nil, err
		}
		b, err := boundOf(filter, f, textValue(text), upper, false, nil)
		if refused, ok := errors.AsType[*MappingError](err); ok {
			err = &InvalidError{refused.Path, refused.Reason} // the provider reads filters itself
		}
		if err != nil {
			return nil, err
		}
		return &rangeTest{of: f, bounds: []bound{b}}, nil
	}
}

// active is a position that is open and not deleted.
type active struct{ of, deleted field }

func (a active) holds(s scope) bool {
	open := !exists{a.of}.holds(s)
	deleted := false
	a.deleted.each(s, func(v any) bool {
		n, _ := numberIn(v)
		deleted = deleted || n != 0
		return true
	})
	return open && !deleted
}

// activeFilter asks for positions that are open, or with false for the others.
// That a row without an end is open unless it is deleted is assumed.
func activeFilter(rows string) reading {
	return func(p *parser, filter string, raw json.RawMessage) (condition, error) {
		set, err := boolOf(filter, raw)
		if err != nil {
			return nil, err
		}
		end, err := p.field(filter, rows+".date_to")
		if err != nil {
			return nil, err
		}
		deleted, err := p.field(filter, rows+".deleted")
		if err != nil {
			return nil, err
		}
		if set {
			return active{end, deleted}, nil
		}
		return not{active{end, deleted}}, nil
	}
}

// numberTextFilter compares a number field with a string filter, such as a year.
func numberTextFilter(name string) reading {
	return func(p *parser, filter string, raw json.RawMessage) (condition, error) {
		text, err := exactText(filter, raw)
		if err != nil {
			return nil, err
		}
		v := textValue(text)
		if !v.numeric {
			return nil, &UnsupportedError{filter, "a date other than a year: the records hold years"}
		}
		t := p.textField(name)
		t.number = func(n float64) bool { return n == v.number }
		return t, nil
	}
}
