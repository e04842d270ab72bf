package record

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

const largestExactFloat = 1 << 53

// Whole reads a whole number in each of the forms that providers write: 12, "12", 12.0 and 1.2e1. It is not ok for what
// holds no number, for fractions and beyond the range of int64.
func Whole(value []byte) (n int64, ok bool) {
	digits, ok := Numeral(value)
	if !ok || digits == "" {
		return 0, false
	}
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
		return n, true
	}
	f, err := strconv.ParseFloat(digits, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > largestExactFloat {
		return 0, false
	}
	return int64(f), true
}

// Numeral returns the digits, signs and exponents of a number or of a text that holds one, "" for null and an empty
// text. It is not ok for other texts: ParseFloat would read "inf" and "0x1p4" as well.
func Numeral(value []byte) (digits string, ok bool) {
	digits = string(value)
	switch {
	case len(value) >= 2 && value[0] == '"':
		digits = strings.TrimSpace(Unquote(value))
	case digits == "null":
		return "", true
	case digits == "":
		return "", false
	}
	return digits, strings.Trim(digits, "0123456789+-.eE") == ""
}

// Unquote returns the text of a JSON string. Bytes that are not UTF-8 become U+FFFD.
func Unquote(b []byte) string {
	if inner := b[1:max(1, len(b)-1)]; bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	text, _ := jsontext.AppendUnquote(nil, b)
	return string(text)
}
