package matching

import (
	"encoding/json"
	"slices"
	"strings"
)

// term compares one value without splitting it into words, so on a text field
// it finds a single lower-case word only.
func (p *parser) term(path string, raw json.RawMessage) (condition, error) {
	f, given, err := p.fieldOptions(path, raw, "value", "case_insensitive")
	if err != nil {
		return nil, err
	}
	path = under(path, f.name)
	v, err := valueOf(under(path, "value"), given["value"])
	if err != nil {
		return nil, err
	}
	anyCase, err := flagOption(path, given, "case_insensitive")
	if err != nil {
		return nil, err
	}
	return termOf(path, f, v, anyCase)
}

func termOf(path string, f field, v value, anyCase bool) (condition, error) {
	t, err := equals(path, f, v)
	if err != nil {
		return nil, err
	}
	if anyCase {
		t.whole = func(s string) bool { return strings.EqualFold(s, v.text) }
	}
	t.words = anyWord(t.whole)
	return t, nil
}

// terms compares with several values: one of them must be the same.
func (p *parser) terms(path string, raw json.RawMessage) (condition, error) {
	members, err := objectOf(path, raw)
	if err != nil {
		return nil, err
	}
	members = slices.DeleteFunc(members, func(m member) bool { return m.name == "boost" || m.name == "_name" })
	if len(members) != 1 {
		return nil, &InvalidError{path, "exactly one field is expected"}
	}
	m := members[0]
	path = under(path, m.name)
	f, err := p.field(path, m.name)
	if err != nil {
		return nil, err
	}
	if isObject(m.value) {
		return nil, &UnsupportedError{path, "a terms lookup"}
	}
	if !isList(m.value) {
		return nil, &InvalidError{path, "a list is expected"}
	}
	list, err := listOf(path, m.value)
	if err != nil {
		return nil, err
	}
	var of anyOf
	for i, element := range list {
		v, err := valueOf(at(path, i), element)
		if err != nil {
			return nil, err
		}
		cond, err := termOf(at(path, i), f, v, false)
		if err != nil {
			return nil, err
		}
		of = append(of, cond)
	}
	return of, nil
}

// ids compares the id of the record. That the provider's document id is the
// employee id is assumed.
func (p *parser) ids(path string, raw json.RawMessage) (condition, error) {
	given, err := p.options(path, raw, []string{"values"})
	if err != nil {
		return nil, err
	}
	f, err := p.field(path, "id")
	if err != nil {
		return nil, err
	}
	f.kind = "" // the id of a document is a text
	list, err := listOf(under(path, "values"), given["values"])
	if err != nil {
		return nil, err
	}
	var of anyOf
	for i, element := range list {
		path := at(under(path, "values"), i)
		v, err := valueOf(path, element)
		if err != nil {
			return nil, err
		}
		cond, err := termOf(path, f, v, false)
		if err != nil {
			return nil, err
		}
		of = append(of, cond)
	}
	return of, nil
}
