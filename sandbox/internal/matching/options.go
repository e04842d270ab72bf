package matching

import (
	"encoding/json"
	"slices"
	"strings"
)

// options reads the object of a clause: the required names, the optional ones,
// and "boost" and "_name", which do not change what matches.
func (p *parser) options(path string, raw json.RawMessage, required []string, optional ...string) (map[string]json.RawMessage, error) {
	members, err := objectOf(path, raw)
	if err != nil {
		return nil, err
	}
	given := make(map[string]json.RawMessage, len(members))
	for _, m := range members {
		if m.name != "boost" && m.name != "_name" && !slices.Contains(required, m.name) && !slices.Contains(optional, m.name) {
			return nil, unknownOption(under(path, m.name))
		}
		given[m.name] = m.value
	}
	for _, name := range required {
		if given[name] == nil {
			return nil, &InvalidError{path, name + " is missing"}
		}
	}
	return given, nil
}

// fieldOptions reads {field: value} or {field: {name: value, ...}}. The short
// form counts as the option called short.
func (p *parser) fieldOptions(path string, raw json.RawMessage, short string, optional ...string) (field, map[string]json.RawMessage, error) {
	m, err := onlyMember(path, raw)
	if err != nil {
		return field{}, nil, err
	}
	path = under(path, m.name)
	f, err := p.field(path, m.name)
	if err != nil {
		return field{}, nil, err
	}
	if !isObject(m.value) {
		return f, map[string]json.RawMessage{short: m.value}, nil
	}
	given, err := p.options(path, m.value, []string{short}, optional...)
	return f, given, err
}

func unknownOption(path string) error {
	return &UnsupportedError{path, "the sandbox does not evaluate this option"}
}

// mustBe refuses an option that has any other than the one value that changes nothing.
func mustBe(path string, raw json.RawMessage, text string) error {
	if strings.TrimSpace(string(raw)) != text {
		return unknownOption(path)
	}
	return nil
}

// flagOption reads an optional true or false.
func flagOption(path string, given map[string]json.RawMessage, name string) (bool, error) {
	raw, ok := given[name]
	if !ok {
		return false, nil
	}
	return boolOf(under(path, name), raw)
}
