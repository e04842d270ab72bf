package matching

import (
	"encoding/json"
	"slices"
	"strings"
)

// match reads {field: text} or {field: {"query": text, "operator": ...}}.
func (p *parser) match(path string, raw json.RawMessage) (condition, error) {
	f, given, err := p.fieldOptions(path, raw, "query", slices.Concat([]string{"operator", "minimum_should_match"}, matchDefaults)...)
	if err != nil {
		return nil, err
	}
	path = under(path, f.name)
	lenient, err := checkDefaults(path, given)
	if err != nil {
		return nil, err
	}
	v, err := valueOf(under(path, "query"), given["query"])
	if err != nil {
		return nil, err
	}
	how, err := manner(path, given)
	if err != nil {
		return nil, err
	}
	cond, err := p.matchOf(path, f, v, how)
	return leniently(lenient, cond, err)
}

// wanted is how many of the words a match asks for.
type wanted struct {
	every   bool
	minimum string // of minimum_should_match, "" when not given
}

// manner reads the options operator and minimum_should_match.
func manner(path string, given map[string]json.RawMessage) (wanted, error) {
	every, err := operatorOf(path, given, "operator")
	if err != nil {
		return wanted{}, err
	}
	raw, ok := given["minimum_should_match"]
	if !ok {
		return wanted{every: every}, nil
	}
	path = under(path, "minimum_should_match")
	if every {
		return wanted{}, &UnsupportedError{path, "minimum_should_match together with the operator and"}
	}
	minimum, err := minimumOf(path, raw)
	return wanted{minimum: minimum}, err
}

// operatorOf reads an option that is "and" or "or", in any case; it is "or"
// when not given.
func operatorOf(path string, given map[string]json.RawMessage, name string) (and bool, err error) {
	raw, ok := given[name]
	if !ok {
		return false, nil
	}
	operator, err := stringOf(under(path, name), raw)
	if err != nil {
		return false, err
	}
	switch strings.ToLower(operator) {
	case "and":
		return true, nil
	case "or":
		return false, nil
	default:
		return false, &InvalidError{under(path, name), `"and" or "or" is expected`}
	}
}

// of is how many of n words are asked for.
func (w wanted) of(n int) int {
	switch {
	case w.every:
		return n
	case n == 1: // a single word is never subject to a minimum
		return 1
	default:
		return max(shouldMatch(w.minimum, n), 1)
	}
}

// matchOf looks for words of a text in a field.
func (p *parser) matchOf(path string, f field, v value, how wanted) (condition, error) {
	words := analyse(v.text)
	if err := p.spend(len(words)); err != nil {
		return nil, err
	}
	t, err := equals(path, f, v)
	if err != nil {
		return nil, err
	}
	if len(words) > 0 {
		need := how.of(len(words))
		t.words = func(values [][]string) bool {
			found := 0
			for _, word := range words {
				if slices.ContainsFunc(values, func(in []string) bool { return slices.Contains(in, word) }) {
					found++
				}
			}
			return found >= need
		}
	}
	return t, nil
}

// equals is the part of a match that does not depend on words: the same number,
// the same time, the same whole string.
func equals(path string, f field, v value) (*test, error) {
	t := testOf(f)
	if err := f.admits(path, v); err != nil {
		return nil, err
	}
	if v.numeric {
		t.number = func(n float64) bool { return n == v.number }
	}
	if f.date {
		wanted, err := f.moment(path, v, nil)
		if err != nil {
			return nil, err
		}
		t.moment = func(m moment) bool { return !m.first.Before(wanted.first) && !m.first.After(wanted.last) }
	}
	t.whole = func(s string) bool { return s == v.text }
	return t, nil
}

// multiMatch looks for a text in several fields: one of them must match.
func (p *parser) multiMatch(path string, raw json.RawMessage) (condition, error) {
	given, err := p.options(path, raw, []string{"query"},
		slices.Concat([]string{"fields", "type", "operator", "minimum_should_match", "tie_breaker", "slop"}, matchDefaults)...)
	if err != nil {
		return nil, err
	}
	lenient, err := checkDefaults(path, given)
	if err != nil {
		return nil, err
	}
	fields, err := p.fieldList(path, given)
	if err != nil {
		return nil, err
	}
	v, err := valueOf(under(path, "query"), given["query"])
	if err != nil {
		return nil, err
	}
	kind := "best_fields"
	if raw, ok := given["type"]; ok {
		if kind, err = stringOf(under(path, "type"), raw); err != nil {
			return nil, err
		}
	}
	how, err := manner(path, given)
	if err != nil {
		return nil, err
	}
	var of anyOf
	for _, f := range fields {
		var cond condition
		switch kind {
		case "best_fields":
			cond, err = p.matchOf(path, f, v, how)
		case "phrase":
			cond, err = p.phraseOf(path, f, v, false)
		default:
			err = &UnsupportedError{under(path, "type"), "the type of a multi_match is best_fields or phrase"}
		}
		if cond, err = leniently(lenient, cond, err); err != nil {
			return nil, err
		}
		of = append(of, cond)
	}
	return of, nil
}

// fieldList reads the option fields: names with an optional ^boost.
func (p *parser) fieldList(path string, given map[string]json.RawMessage) ([]field, error) {
	raw, ok := given["fields"]
	if !ok {
		return nil, &UnsupportedError{path, "a search of all fields; name the fields"}
	}
	path = under(path, "fields")
	list, err := listOf(path, raw)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, &UnsupportedError{path, "a search of all fields; name the fields"}
	}
	var fields []field
	for i, raw := range list {
		name, err := stringOf(at(path, i), raw)
		if err != nil {
			return nil, err
		}
		name, boost, boosted := strings.Cut(name, "^")
		if _, ok := decimal(boost); boosted && !ok {
			return nil, &InvalidError{at(path, i), "a number is expected after ^"}
		}
		f, err := p.field(at(path, i), name)
		if err != nil {
			return nil, err
		}
		fields = append(fields, f)
	}
	return fields, nil
}
