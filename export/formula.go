package export

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// guard is what stands before a text that a spreadsheet would run.
const guard = '\''

var signs = []string{"=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\u2212", "\ufe62", "\ufe63", "\ufe66", "\ufe6b"}

// startsFormula reports text that spreadsheet programs may take for a formula. They skip space before it, and some read
// the full-width forms of the signs.
func startsFormula(text []byte) bool { return startsWithSign(bytes.TrimLeftFunc(text, isSkipped)) }

func startsWithSign(text []byte) bool {
	return slices.ContainsFunc(signs, func(sign string) bool { return bytes.HasPrefix(text, []byte(sign)) })
}

// isSkipped reports what spreadsheet programs skip before a formula.
func isSkipped(r rune) bool {
	return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
}

// guardCells puts the guard before each sign that would begin a cell for a program that takes another character for the
// separator: behind it there may be space, and quotes, which are the beginning of a quoted cell to it. In JSON a minus
// outside of strings begins a number, which is left as it is.
func guardCells(text []byte, inJSON bool) []byte {
	if !bytes.ContainsAny(text, separators) {
		return text
	}
	var out []byte
	done, inString := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case inJSON && inString && c == '\\':
			i++
			continue
		case inJSON && c == '"':
			inString = !inString
			continue
		case !startsWithAny(text[i:], separators):
			continue
		}
		at := i + len(text[i:]) - len(bytes.TrimLeftFunc(text[i:], func(r rune) bool {
			return isSkipped(r) || r == '"' || strings.ContainsRune(separators, r)
		}))
		quotes := bytes.Count(text[i:at], []byte(`"`))
		inString = inString != (quotes%2 == 1)
		if startsWithSign(text[at:]) && (!inJSON || inString) {
			out = append(append(out, text[done:at]...), guard)
			done = at
		}
		i = at - 1
	}
	return append(out, text[done:]...)
}

// separators are what spreadsheet programs take for the end of a cell or a row.
const separators = ";,\t\n\v\f\r\u0085\u2028\u2029"

func startsWithAny(text []byte, chars string) bool {
	r, _ := utf8.DecodeRune(text)
	return r != utf8.RuneError && strings.ContainsRune(chars, r)
}

// isNumber reports text that is one number as JSON writes it.
func isNumber(text []byte) bool {
	rest := strings.TrimPrefix(string(text), "-")
	whole := digits(rest)
	if whole == 0 || whole > 1 && rest[0] == '0' {
		return false
	}
	rest = rest[whole:]
	if after, ok := strings.CutPrefix(rest, "."); ok {
		n := digits(after)
		if n == 0 {
			return false
		}
		rest = after[n:]
	}
	if rest != "" && rest[0]|0x20 == 'e' {
		rest = rest[1:]
		if rest != "" && (rest[0] == '+' || rest[0] == '-') {
			rest = rest[1:]
		}
		n := digits(rest)
		if n == 0 {
			return false
		}
		rest = rest[n:]
	}
	return rest == ""
}

func digits(text string) int { return len(text) - len(strings.TrimLeft(text, "0123456789")) }
