package employee

import (
	"bytes"
	"errors"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

var errNotText = errors.New("employee: not a single value")

// Text is a string that the provider may also write as a number or a boolean, whose spelling is then taken: "x", 12,
// true and null are read. Null is empty.
type Text string

// UnmarshalJSON reads a text. It fails for objects and arrays.
func (t *Text) UnmarshalJSON(b []byte) error {
	v, err := parseText(b)
	if err == nil {
		*t = Text(v)
	}
	return err
}

// UnmarshalJSONFrom is UnmarshalJSON for a streaming decoder.
func (t *Text) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	b, err := dec.ReadValue()
	if err != nil {
		return err
	}
	return t.UnmarshalJSON(b)
}

func parseText(b []byte) (string, error) {
	switch jsontext.Value(b).Kind() {
	case '"':
		return unquote(b), nil
	case '0', 't', 'f':
		return string(b), nil
	case 'n':
		return "", nil
	}
	return "", errNotText
}

// unquote returns the text of a JSON string. Bytes that are not UTF-8 become U+FFFD.
func unquote(b []byte) string {
	if inner := b[1:max(1, len(b)-1)]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	text, _ := jsontext.AppendUnquote(nil, b)
	return string(text)
}
