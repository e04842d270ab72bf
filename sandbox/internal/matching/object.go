package matching

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// member is one member of a JSON object.
type member struct {
	name  string
	value json.RawMessage
}

// objectOf reads one level of a JSON object, in order. A name that occurs twice
// is an error, as it is for the provider.
func objectOf(path string, raw json.RawMessage) ([]member, error) {
	if !json.Valid(raw) {
		return nil, &InvalidError{path, "not JSON"}
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, &InvalidError{path, "an object is expected"}
	}
	var members []member
	seen := make(map[string]bool)
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, &InvalidError{path, "not JSON"}
		}
		m := member{name: name.(string)} // the names of a valid object are strings
		if seen[m.name] {
			return nil, &InvalidError{path, "duplicate key " + strconv.Quote(m.name)}
		}
		seen[m.name] = true
		if err := dec.Decode(&m.value); err != nil {
			return nil, &InvalidError{path, "not JSON"}
		}
		members = append(members, m)
	}
	return members, nil
}

// onlyMember reads an object with exactly one member.
func onlyMember(path string, raw json.RawMessage) (member, error) {
	members, err := objectOf(path, raw)
	if err != nil {
		return member{}, err
	}
	if len(members) != 1 {
		return member{}, &InvalidError{path, "an object with exactly one key is expected"}
	}
	return members[0], nil
}

// listOf reads a JSON list; a single value counts as a list of one.
func listOf(path string, raw json.RawMessage) ([]json.RawMessage, error) {
	if !isList(raw) {
		return []json.RawMessage{raw}, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, &InvalidError{path, "not JSON"}
	}
	return list, nil
}

func firstByte(raw json.RawMessage) byte {
	trimmed := bytes.TrimLeft(raw, " \t\r\n")
	if len(trimmed) == 0 {
		return 0
	}
	return trimmed[0]
}

func isList(raw json.RawMessage) bool   { return firstByte(raw) == '[' }
func isObject(raw json.RawMessage) bool { return firstByte(raw) == '{' }

func stringOf(path string, raw json.RawMessage) (string, error) {
	var s *string
	if err := json.Unmarshal(raw, &s); err != nil || s == nil {
		return "", &InvalidError{path, "a string is expected"}
	}
	return *s, nil
}

func boolOf(path string, raw json.RawMessage) (bool, error) {
	var b *bool
	if err := json.Unmarshal(raw, &b); err != nil || b == nil {
		return false, &InvalidError{path, "true or false is expected"}
	}
	return *b, nil
}

func intOf(path string, raw json.RawMessage) (int, error) {
	var n *int
	if err := json.Unmarshal(raw, &n); err != nil || n == nil {
		return 0, &InvalidError{path, "a whole number is expected"}
	}
	return *n, nil
}

// under names a member of a place in the query.
func under(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func at(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
