package fielduse

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// existsField is the name in a query string before a field that must have a value.
const existsField = "_exists_"

// queryStringFields returns the fields that a text in the query string syntax of Lucene names: "created:[2020 TO *]",
// "_exists_:created", "(a OR created:x)", with escapes resolved. Of texts that Lucene would refuse it may return too
// many.
func queryStringFields(text string) []string {
	var (
		fields  []string
		open    int
		group   = -1 // how many brackets were open before the group after _exists_
		operand bool // the next word or group is one after _exists_
		tokens  = queryStringTokens(text)
	)
	for i, t := range tokens {
		switch t.symbol {
		case '(':
			if operand && group < 0 {
				group = open
			}
			open, operand = open+1, false
		case ')':
			if open--; open <= group {
				group = -1
			}
		case 0:
			named := i+1 < len(tokens) && tokens[i+1].symbol == ':'
			if named && t.text == existsField {
				operand = true
				continue
			}
			inGroup := group >= 0 && !slices.Contains([]string{"AND", "OR", "NOT"}, t.text)
			if named || operand || inGroup {
				fields = append(fields, t.text)
			}
			operand = false
		}
	}
	return fields
}

// queryToken is a word or phrase, or, with a symbol, one of "(", ")" and ":".
type queryToken struct {
	text   string
	symbol byte
}

func queryStringTokens(text string) (tokens []queryToken) {
	for text != "" {
		switch c := text[0]; {
		case c == '(' || c == ')' || c == ':':
			tokens = append(tokens, queryToken{symbol: c})
			text = text[1:]
		case c == '"' || c == '/':
			inside, rest, ok := delimited(text)
			if text = rest; ok && c == '"' {
				tokens = append(tokens, queryToken{text: inside})
			} else if ok {
				tokens = append(tokens, queryToken{symbol: '/'})
			}
		default:
			word, rest := queryStringWord(text)
			if word != "" {
				tokens = append(tokens, queryToken{text: word})
			}
			text = rest
		}
	}
	return tokens
}

// delimited splits a phrase or regular expression off. One that does not end is none, and only its first delimiter is
// taken away.
func delimited(text string) (inside, rest string, ok bool) {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case text[0]:
			return unescape(text[1:i]), text[i+1:], true
		}
	}
	return "", text[1:], false
}

// queryStringWord splits a word off, or one character that cannot begin a word.
func queryStringWord(text string) (word, rest string) {
	i := 0
	for i < len(text) {
		r, size := utf8.DecodeRuneInString(text[i:])
		if r == '\\' && i+1 < len(text) {
			_, next := utf8.DecodeRuneInString(text[i+1:])
			i += size + next
			continue
		}
		if unicode.IsSpace(r) || strings.ContainsRune(`()[]{}":^~/!&|<>=,;`, r) || i == 0 && (r == '+' || r == '-') {
			break
		}
		i += size
	}
	if i == 0 {
		_, size := utf8.DecodeRuneInString(text)
		return "", text[size:]
	}
	return unescape(text[:i]), text[i:]
}

// unescape resolves \x and \u0078.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		if s[i] == 'u' && i+4 < len(s) {
			if code, err := strconv.ParseUint(s[i+1:i+5], 16, 32); err == nil {
				b.WriteRune(rune(code))
				i += 4
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
