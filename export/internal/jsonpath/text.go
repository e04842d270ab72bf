package jsonpath

import (
	"bytes"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Kind is the kind of a valid JSON value: one of n, t, f, ", 0, { and [, or 0 for none.
func Kind(value []byte) byte { return byte(jsontext.Value(value).Kind()) }

// IsNull reports a value that is null or not there.
func IsNull(value []byte) bool { return len(value) == 0 || value[0] == 'n' }

// AppendText appends a valid JSON value as plain text: a string without its quotes and escapes, a number and a boolean
// as they are written, an object and an array as compact JSON, and nothing for null. Bytes that are not UTF-8, and
// halves of surrogate pairs in a string, become U+FFFD; escapes in an object or array stay.
func AppendText(dst, value []byte) ([]byte, error) {
	switch Kind(value) {
	case 0, 'n':
		return dst, nil
	case '"':
		dst, _ = jsontext.AppendUnquote(dst, value) // what is not UTF-8 comes back mended
		return dst, nil
	case '{', '[':
		start := len(dst)
		dst, err := AppendCompact(dst, value)
		if err == nil && !utf8.Valid(dst[start:]) {
			dst = appendUTF8(dst[:start], bytes.Clone(dst[start:]))
		}
		return dst, err
	}
	return append(dst, value...), nil
}

// AppendCompact appends a JSON value without the space between its parts, which are as they were written. Bytes that
// are not UTF-8 stay. It fails when text is not one JSON value.
func AppendCompact(dst, text []byte) ([]byte, error) {
	return jsontext.AppendFormat(dst, text, lax, jsontext.PreserveRawStrings(true))
}

// AppendMended appends valid JSON in which each string can be decoded by strict readers: bytes that are not UTF-8, and
// escapes of halves of surrogate pairs, become U+FFFD, and so do escapes of U+0000 when zero is set.
func AppendMended(dst, text []byte, zero bool) []byte {
	for len(text) > 0 {
		i := bytes.IndexByte(text, '\\')
		if i < 0 {
			return appendUTF8(dst, text)
		}
		dst = appendUTF8(dst, text[:i])
		text = text[i:]
		n, bad := escape(text, zero)
		if bad {
			dst = append(dst, `\ufffd`...)
		} else {
			dst = append(dst, text[:n]...)
		}
		text = text[n:]
	}
	return dst
}

func appendUTF8(dst, text []byte) []byte {
	if utf8.Valid(text) {
		return append(dst, text...)
	}
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		dst = utf8.AppendRune(dst, r)
		text = text[n:]
	}
	return dst
}

// escape returns the length of the escape that text begins with, both halves of a pair, and whether it is to be
// replaced.
func escape(text []byte, zero bool) (n int, bad bool) {
	c, ok := codeUnit(text)
	switch {
	case !ok:
		return min(2, len(text)), false
	case c == 0:
		return 6, zero
	case c < 0xD800 || c > 0xDFFF:
		return 6, false
	case c > 0xDBFF:
		return 6, true
	}
	if low, ok := codeUnit(text[6:]); ok && low >= 0xDC00 && low <= 0xDFFF {
		return 12, false
	}
	return 6, true
}

// codeUnit reads an escape of four hexadecimal digits.
func codeUnit(text []byte) (c uint16, ok bool) {
	if len(text) < 6 || text[0] != '\\' || text[1] != 'u' {
		return 0, false
	}
	for _, digit := range text[2:6] {
		switch {
		case digit >= '0' && digit <= '9':
			digit -= '0'
		case digit|0x20 >= 'a' && digit|0x20 <= 'f':
			digit = digit | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		c = c<<4 | uint16(digit)
	}
	return c, true
}
