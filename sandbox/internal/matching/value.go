package matching

import (
	"encoding/json"
	"strconv"
	"strings"
)

// value is one value of a query: its text, and its number when it has one.
type value struct {
	text    string
	number  float64
	numeric bool
	boolean bool // true or false
}

func textValue(text string) value {
	v := value{text: text}
	v.number, v.numeric = decimal(text)
	return v
}

// decimal reads a plain decimal number: no hexadecimal, infinity or underscores.
func decimal(text string) (float64, bool) {
	if text == "" || strings.Trim(text, "0123456789+-.eE") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}

// valueOf reads a string, a number, or true or false, which no field takes.
func valueOf(path string, raw json.RawMessage) (value, error) {
	switch c := firstByte(raw); {
	case c == '"':
		s, err := stringOf(path, raw)
		return textValue(s), err
	case c == '-' || c >= '0' && c <= '9':
		return textValue(strings.TrimSpace(string(raw))), nil
	case c == 't' || c == 'f':
		b, err := boolOf(path, raw)
		return value{text: strconv.FormatBool(b), boolean: true}, err
	default:
		return value{}, &InvalidError{path, "a string or a number is expected"}
	}
}

// numberIn is the number of a decoded JSON value.
func numberIn(v any) (float64, bool) {
	switch n := v.(type) {
	case float64:
		return n, true
	case json.Number:
		f, err := n.Float64()
		return f, err == nil
	case int:
		return float64(n), true
	case int64:
		return float64(n), true
	case bool:
		if n {
			return 1, true
		}
		return 0, true
	default:
		return 0, false
	}
}
