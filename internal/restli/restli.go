// Package restli writes keys, lists, records and compound keys the way Rest.li reads them in paths, queries and the keys
// of bodies, in its protocol versions 1.0 and 2.0. LinkedIn's API is made with it.
//
// Sources: LinkedIn's page "Protocol versions"; the tests of github.com/linkedin/rest.li (TestUriParamUtils).
package restli

import (
	"encoding"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Protocol is the version of the protocol that a request is written in.
type Protocol int

const (
	// V1 is version 1.0, which a server takes a request for that names none.
	V1 Protocol = iota
	// V2 is version 2.0.
	V2
)

// HeaderName is the header field that names the protocol.
const HeaderName = "X-Restli-Protocol-Version"

// Header is the value of [HeaderName]; "" when the field is not sent, as LinkedIn's own collection of requests has it
// for 1.0.
func (p Protocol) Header() string {
	if p == V2 {
		return "2.0.0"
	}
	return ""
}

// Field is a field of a record, or a query parameter. The value is a string, bool, int, int64, []string,
// encoding.TextMarshaler (a URN), [List], [Record], or, for a query parameter alone, [Raw].
type Field struct {
	Name  string
	Value any
}

// Record is a record, a compound key or a whole query: its fields in the order in which they are written.
type Record []Field

// List is a list of values.
type List []any

// Raw is a query parameter's value with a syntax of its own, such as fields=id,name and projection=(elements*(id)). Only
// what cannot stand in a query is escaped.
type Raw string

// maxDepth bounds how deep values lie in each other.
const maxDepth = 32

var (
	errDepth = fmt.Errorf("restli: more than %d values in each other", maxDepth)
	errEmpty = errors.New("restli: protocol 1.0 has no way to write an empty list or record")
	errDots  = errors.New(`restli: a path segment must not be empty, "." or ".."`)
)

// Query writes query parameters.
func (p Protocol) Query(params Record) (string, error) {
	w := writer{raw: queryV2}
	if p == V1 {
		w.raw = queryV1
	}
	if err := unique(params); err != nil {
		return "", err
	}
	for _, param := range params {
		var err error
		raw, isRaw := param.Value.(Raw)
		switch {
		case isRaw:
			w.parameter(w.escape(param.Name, nameBytes), w.escape(string(raw), rawBytes))
		case p == V1:
			if !plainName(param.Name) {
				return "", badName(param.Name)
			}
			err = w.flat(param.Name, param.Value, 0)
		default:
			w.parameter(w.escape(param.Name, nameBytes), "")
			err = w.value(param.Value, 0)
		}
		if err != nil {
			return "", fmt.Errorf("restli: the parameter %q: %w", param.Name, err)
		}
	}
	return w.String(), nil
}

// Segment writes a key as one segment of a path: a value, or a compound key.
func (p Protocol) Segment(key any) (string, error) {
	w := writer{raw: pathV2}
	var err error
	if p == V1 {
		w.raw = pathV1
		err = w.keyV1(key)
	} else {
		err = w.value(key, 0)
	}
	if err != nil {
		return "", err
	}
	switch segment := w.String(); segment {
	case "", ".", "..":
		return "", errDots
	default:
		return segment, nil
	}
}

// Text writes a value as the key of an object in a JSON body: nothing is escaped for a URL.
func (p Protocol) Text(key any) (string, error) {
	w := writer{raw: anyByte}
	if p == V1 {
		w.raw = textV1
		err := w.keyV1(key)
		return w.String(), err
	}
	err := w.value(key, 0)
	return w.String(), err
}

// writer puts together what is written; raw are the bytes of values that need no escape.
type writer struct {
	strings.Builder

	raw func(byte) bool
}

func (w *writer) parameter(name, value string) {
	if w.Len() > 0 {
		w.WriteByte('&')
	}
	w.WriteString(name)
	w.WriteByte('=')
	w.WriteString(value)
}

// value writes a value in the syntax of 2.0.
func (w *writer) value(v any, depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	switch v := v.(type) {
	case Record:
		if err := unique(v); err != nil {
			return err
		}
		w.WriteByte('(')
		for i, field := range v {
			if i > 0 {
				w.WriteByte(',')
			}
			w.text(field.Name)
			w.WriteByte(':')
			if err := w.value(field.Value, depth+1); err != nil {
				return err
			}
		}
		w.WriteByte(')')
		return nil
	case List:
		w.WriteString("List(")
		for i, element := range v {
			if i > 0 {
				w.WriteByte(',')
			}
			if err := w.value(element, depth+1); err != nil {
				return err
			}
		}
		w.WriteByte(')')
		return nil
	case []string:
		return w.value(listOf(v), depth)
	}
	text, err := scalar(v)
	if err == nil {
		w.text(text)
	}
	return err
}

// text writes a text in 2.0, in which an empty one must be seen.
func (w *writer) text(s string) {
	if s == "" {
		w.WriteString("''")
		return
	}
	w.WriteString(w.escape(s, func(c byte) bool { return w.raw(c) && strings.IndexByte("(),:'%", c) < 0 }))
}

// flat writes a parameter in 1.0: one a scalar, whose name is its path.
func (w *writer) flat(name string, v any, depth int) error {
	if depth > maxDepth {
		return errDepth
	}
	switch v := v.(type) {
	case Record:
		if len(v) == 0 {
			return errEmpty
		}
		if err := unique(v); err != nil {
			return err
		}
		for _, field := range v {
			if !plainName(field.Name) {
				return badName(field.Name)
			}
			if err := w.flat(name+"."+field.Name, field.Value, depth+1); err != nil {
				return err
			}
		}
		return nil
	case List:
		if len(v) == 0 {
			return errEmpty
		}
		for i, element := range v {
			inner := name
			if depth > 0 || !allScalar(v) { // a list of scalars is its parameter, repeated
				inner = name + "[" + strconv.Itoa(i) + "]"
			}
			if err := w.flat(inner, element, depth+1); err != nil {
				return err
			}
		}
		return nil
	case []string:
		return w.flat(name, listOf(v), depth)
	}
	text, err := scalar(v)
	if err == nil {
		w.parameter(name, w.escape(text, w.raw))
	}
	return err
}

// keyV1 writes a key in 1.0: a scalar, or the fields of a compound key.
func (w *writer) keyV1(key any) error {
	fields, compound := key.(Record)
	if !compound {
		text, err := scalar(key)
		if err == nil {
			w.WriteString(w.escape(text, w.raw))
		}
		return err
	}
	if len(fields) == 0 {
		return errEmpty
	}
	if err := unique(fields); err != nil {
		return err
	}
	for _, field := range fields {
		if !plainName(field.Name) {
			return badName(field.Name)
		}
		text, err := scalar(field.Value)
		if err != nil {
			return err
		}
		w.parameter(field.Name, w.escape(text, w.raw))
	}
	return nil
}

func scalar(v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int:
		return strconv.Itoa(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case encoding.TextMarshaler:
		text, err := v.MarshalText()
		return string(text), err
	}
	return "", fmt.Errorf("restli: %T is not a value of a key or query", v)
}

func listOf(texts []string) List {
	list := make(List, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}

func allScalar(list List) bool {
	for _, element := range list {
		switch element.(type) {
		case List, Record, []string:
			return false
		}
	}
	return true
}

func unique(fields Record) error {
	for i, field := range fields {
		for _, earlier := range fields[:i] {
			if earlier.Name == field.Name {
				return fmt.Errorf("restli: the name %.100q comes twice", field.Name)
			}
		}
	}
	return nil
}

// plainName reports whether a name can stand in a path of 1.0, in which dots, brackets and the like have a meaning. How
// Rest.li escapes them there no page of LinkedIn's tells, and no name of its API has any.
func plainName(name string) bool {
	for i := range len(name) {
		if c := name[i]; !isWord(c) && c != '$' && c != '-' {
			return false
		}
	}
	return name != ""
}

func badName(name string) error {
	return fmt.Errorf("restli: protocol 1.0 cannot write the name %.100q", name)
}

const hexDigits = "0123456789ABCDEF"

// escape percent-encodes the bytes that are not raw.
func (w *writer) escape(s string, raw func(byte) bool) string {
	escaped := 0
	for i := range len(s) {
		if !raw(s[i]) {
			escaped++
		}
	}
	if escaped == 0 {
		return s
	}
	b := make([]byte, 0, len(s)+2*escaped)
	for i := range len(s) {
		if c := s[i]; raw(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return string(b)
}

func isWord(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_'
}

func isUnreserved(c byte) bool { return isWord(c) || c == '-' || c == '.' || c == '~' }

// The bytes that are written as they are.
func anyByte(byte) bool     { return true }
func nameBytes(c byte) bool { return isUnreserved(c) || c == '$' }
func pathV2(c byte) bool    { return isUnreserved(c) || c == '$' || c == '=' || c == '&' }
func queryV2(c byte) bool   { return isUnreserved(c) || c == '$' || c == '/' }
func pathV1(c byte) bool    { return isUnreserved(c) || strings.IndexByte(":(),", c) >= 0 }
func queryV1(c byte) bool   { return isUnreserved(c) || c == ':' }
func textV1(c byte) bool    { return c != '&' && c != '=' && c != '%' }
func rawBytes(c byte) bool  { return c > ' ' && c < 0x7f && strings.IndexByte("#&+\"<>\\^`{|}", c) < 0 }
