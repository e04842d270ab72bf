package jsonpath

import (
	"bytes"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// deletion are the fields by which the provider says that a row is not in the profile any more.
var deletion = []string{"deleted", "is_deleted", "deleted_at"}

// hasMark reports an object in which a field is set, or not set, and that is not marked as deleted.
func hasMark(value []byte, name string, not bool) bool {
	dec := jsontext.NewDecoder(bytes.NewBuffer(value), lax)
	if dec.PeekKind() != '{' {
		return false
	}
	marked, deleted := false, [3]bool{}
	_, err := dec.ReadToken()
	for err == nil && dec.PeekKind() == '"' {
		var quoted, field jsontext.Value
		if quoted, err = dec.ReadValue(); err != nil {
			break
		}
		unquoted, _ := jsontext.AppendUnquote(nil, quoted) // text that is not UTF-8 comes back mended
		if field, err = dec.ReadValue(); err != nil {
			break
		}
		if string(unquoted) == name {
			marked = isSet(field)
		}
		for i, mark := range deletion {
			if string(unquoted) == mark {
				deleted[i] = isSet(field)
			}
		}
	}
	return err == nil && marked != not && deleted == [3]bool{}
}

// isSet reports a value that says yes: true, a number other than 0, and text, a list or an object with something in it.
// 0 and false in quotes say no.
func isSet(value jsontext.Value) bool {
	switch value.Kind() {
	case 't':
		return true
	case 'f', 'n':
		return false
	case '"':
		text, _ := jsontext.AppendUnquote(nil, value)
		switch strings.ToLower(strings.TrimSpace(string(text))) {
		case "", "0", "false":
			return false
		}
		return true
	case '0':
		return strings.Trim(string(value), "-+0.eE") != ""
	}
	return len(bytes.Trim(value, "[]{} \t\r\n")) > 0
}
