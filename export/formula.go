package export

import (
	"bytes"
	"strings"
	"unicode"
)

// guard is what stands before a text that a spreadsheet would run.
const guard = '\''

// startsFormula reports text that spreadsheet programs may take for a formula. They skip space before it, and some read
// the full-width forms of the signs.
func startsFormula(text []byte) bool {
	text = bytes.TrimLeftFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	})
	for _, sign := range [...]string{"=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\u2212", "\ufe62", "\ufe63", "\ufe66", "\ufe6b"} {
		if bytes.HasPrefix(text, []byte(sign)) {
			return true
		}
	}
	return false
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
