package matching

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// analyse splits text into lower-case words the way Elasticsearch's standard
// analyser does for the alphabets of the records: letters, digits and
// underscores join; an apostrophe, dot or colon joins letters ("o'neil",
// "node.js"), a dot or comma joins digits ("3.5"); an ideograph stands alone.
func analyse(text string) []string {
	var words []string
	start := -1
	var before rune // the last character of the word so far
	for i, r := range text {
		switch {
		case stands(r):
			words = cut(words, text, start, i)
			words = append(words, string(r))
			start = -1
		case joins(r):
			if start < 0 {
				start = i
			}
			before = r
		case start >= 0 && bridges(before, r, text[i+runeLength(text[i:]):]):
			before = r
		default:
			words = cut(words, text, start, i)
			start = -1
		}
	}
	return cut(words, text, start, len(text))
}

func cut(words []string, text string, start, end int) []string {
	if start < 0 {
		return words
	}
	return append(words, strings.ToLower(text[start:end]))
}

func runeLength(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

func joins(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) || r == '_'
}

func stands(r rune) bool {
	return r >= 0x2E80 && (unicode.Is(unicode.Han, r) || unicode.Is(unicode.Hiragana, r))
}

// bridges says whether a character between before and rest keeps them one word.
func bridges(before, r rune, rest string) bool {
	after, _ := utf8.DecodeRuneInString(rest)
	switch r {
	case '.', '\'', '’':
		return isLetter(before) && isLetter(after) || unicode.IsDigit(before) && unicode.IsDigit(after)
	case ':', '·':
		return isLetter(before) && isLetter(after)
	case ',', ';':
		return unicode.IsDigit(before) && unicode.IsDigit(after)
	default:
		return false
	}
}

func isLetter(r rune) bool { return (unicode.IsLetter(r) || unicode.IsMark(r)) && !stands(r) }
