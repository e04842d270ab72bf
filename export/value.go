package export

import (
	"bytes"
	"math"
	"strconv"
	"strings"

	"github.com/pronet-go/pronet/export/internal/jsonpath"
)

// largestExactFloat bounds whole numbers that are written with a point or an exponent.
const largestExactFloat = 1 << 53

// argument returns what a column gets for what its path found: nil for null and for what is not there, and not ok, with
// nil, for a value that does not fit.
func (d *dialect) argument(c Column, many bool, values [][]byte) (argument any, ok bool, err error) {
	switch {
	case c.Type == JSON && many:
		return d.array(values), true, nil
	case c.Type == Text:
		text, err := appendText(nil, values, c.Separator, nil)
		if err != nil || len(text) == 0 && (len(values) != 1 || jsonpath.IsNull(values[0])) {
			return nil, err == nil, err
		}
		return strings.ReplaceAll(strings.ToValidUTF8(string(text), "\ufffd"), "\x00", "\ufffd"), true, nil // a separator may be anything
	case len(values) == 0 || jsonpath.IsNull(values[0]):
		return nil, true, nil
	case c.Type == JSON:
		return d.json(values[0]), true, nil
	case c.Type == Boolean:
		argument, ok = boolean(values[0])
	case c.Type == Integer:
		argument, ok = integer(values[0])
	default:
		argument, ok = real64(values[0])
	}
	return argument, ok, nil
}

// json returns valid JSON in the form that the database takes.
func (d *dialect) json(value []byte) string {
	if d.strictJSON {
		return string(jsonpath.AppendMended(nil, value, true))
	}
	return string(bytes.ToValidUTF8(value, []byte("\ufffd")))
}

func (d *dialect) array(values [][]byte) any {
	if len(values) == 0 {
		return nil
	}
	var b strings.Builder
	for i, value := range values {
		b.WriteByte("[,"[min(i, 1)])
		if value == nil {
			value = []byte("null")
		}
		b.WriteString(d.json(value))
	}
	b.WriteByte(']')
	return b.String()
}

// unquoted returns a number, boolean or short text as text, and "" for anything else.
func unquoted(value []byte) string {
	switch jsonpath.Kind(value) {
	case '{', '[':
		return "?"
	}
	text, err := jsonpath.AppendText(nil, value)
	if err != nil || len(text) > 1_000 {
		return "?"
	}
	return strings.TrimSpace(string(text))
}

func boolean(value []byte) (argument any, ok bool) {
	switch unquoted(value) {
	case "1", "true":
		return true, true
	case "0", "false":
		return false, true
	case "":
		return nil, true
	}
	return nil, false
}

func integer(value []byte) (argument any, ok bool) {
	text := unquoted(value)
	switch text {
	case "":
		return nil, true
	case "true":
		return int64(1), true
	case "false":
		return int64(0), true
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n, true
	}
	if !isNumber([]byte(text)) {
		return nil, false
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > largestExactFloat {
		return nil, false
	}
	return int64(f), true
}

func real64(value []byte) (argument any, ok bool) {
	text := unquoted(value)
	if text == "" {
		return nil, true
	}
	if !isNumber([]byte(text)) {
		return nil, false
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return nil, false
	}
	return f, true
}
