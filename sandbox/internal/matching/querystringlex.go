package matching

import (
	"strings"
	"unicode"
)

type tokenKind int

const (
	endToken     tokenKind = iota
	wordToken              // a word without wildcards, its escapes resolved
	patternToken           // a word with * or ?, its escapes kept
	phraseToken            // a quoted phrase, its escapes resolved
	rangeToken             // [a TO b] or {a TO b}
	andToken
	orToken
	notToken
	plusToken
	minusToken
	openToken
	closeToken
	colonToken
	tildeToken
	caretToken
)

type token struct {
	kind                  tokenKind
	text                  string
	low, high             string // of a range
	lowStrict, highStrict bool
}

func (t token) describe() string {
	switch t.kind {
	case endToken:
		return "end"
	case wordToken, patternToken, phraseToken:
		return "word"
	case rangeToken:
		return "range"
	default:
		return "operator"
	}
}

// special are the characters that are in no word, but for + and - after its beginning.
const special = "+-!():^[]\"{}~*?\\/"

// lexer splits a query of the classic language.
type lexer struct {
	path string
	text []rune
	at   int
	out  []token
}

func lexClassic(path, text string) ([]token, error) {
	l := &lexer{path: path, text: []rune(text)}
	for l.at < len(l.text) {
		if err := l.step(); err != nil {
			return nil, err
		}
	}
	return append(l.out, token{}, token{}), nil // two ends, so that one may look ahead
}

func (l *lexer) invalid(reason string) error {
	return &InvalidError{l.path, "failed to parse query: " + reason}
}

func (l *lexer) rest(prefix string) bool {
	end := l.at + len(prefix) // the prefixes are ASCII
	return end <= len(l.text) && string(l.text[l.at:end]) == prefix
}

func (l *lexer) step() error {
	c := l.text[l.at]
	switch {
	case unicode.IsSpace(c):
		l.at++
		return nil
	case c == '"':
		text, err := l.quoted()
		l.out = append(l.out, token{kind: phraseToken, text: text})
		return err
	case c == '[' || c == '{':
		return l.bracket()
	case c == '/':
		return &UnsupportedError{l.path, "regular expressions in a query string"}
	case c == ']' || c == '}':
		return l.invalid("a bracket that was not opened")
	}
	if kind, ok := signs[c]; ok {
		l.at++
		l.out = append(l.out, token{kind: kind})
		return nil
	}
	return l.word()
}

var signs = map[rune]tokenKind{
	'+': plusToken, '-': minusToken, '!': notToken, '(': openToken, ')': closeToken, ':': colonToken, '~': tildeToken, '^': caretToken,
}

// quoted reads up to the closing quote.
func (l *lexer) quoted() (string, error) {
	var b strings.Builder
	for l.at++; l.at < len(l.text); l.at++ {
		switch c := l.text[l.at]; c {
		case '"':
			l.at++
			return b.String(), nil
		case '\\':
			if l.at++; l.at == len(l.text) {
				return "", l.invalid("a quote that is not closed")
			}
			b.WriteRune(l.text[l.at])
		default:
			b.WriteRune(c)
		}
	}
	return "", l.invalid("a quote that is not closed")
}

// word reads a word, a word with wildcards, or an operator in letters.
func (l *lexer) word() error {
	var plain, escaped strings.Builder
	pattern := false
	for start := l.at; l.at < len(l.text); l.at++ {
		c := l.text[l.at]
		switch {
		case c == '\\':
			if l.at++; l.at == len(l.text) {
				return l.invalid("an escape at the end")
			}
			c = l.text[l.at]
			escaped.WriteRune('\\')
		case c == '*' || c == '?':
			pattern = true
		case (c == '+' || c == '-') && l.at > start:
		case unicode.IsSpace(c) || strings.ContainsRune(special, c):
			l.emit(plain.String(), escaped.String(), pattern)
			return nil
		}
		plain.WriteRune(c)
		escaped.WriteRune(c)
	}
	l.emit(plain.String(), escaped.String(), pattern)
	return nil
}

func (l *lexer) emit(plain, escaped string, pattern bool) {
	switch {
	case pattern:
		l.out = append(l.out, token{kind: patternToken, text: escaped})
	case escaped == "AND" || escaped == "&&":
		l.out = append(l.out, token{kind: andToken})
	case escaped == "OR" || escaped == "||":
		l.out = append(l.out, token{kind: orToken})
	case escaped == "NOT":
		l.out = append(l.out, token{kind: notToken})
	default:
		l.out = append(l.out, token{kind: wordToken, text: plain})
	}
}

// bracket reads a range in brackets.
func (l *lexer) bracket() error {
	t := token{kind: rangeToken, lowStrict: l.text[l.at] == '{'}
	l.at++
	var err error
	if t.low, err = l.bracketEnd(); err != nil {
		return err
	}
	if to := l.end("]}"); to != "TO" {
		return l.invalid("TO is expected in a range")
	}
	if t.high, err = l.bracketEnd(); err != nil {
		return err
	}
	l.skipSpace()
	if !l.rest("]") && !l.rest("}") {
		return l.invalid("a range that is not closed")
	}
	t.highStrict = l.rest("}")
	l.at++
	l.out = append(l.out, t)
	return nil
}

// bracketEnd reads one end of a range: a word or a quoted text.
func (l *lexer) bracketEnd() (string, error) {
	l.skipSpace()
	text := ""
	if l.rest(`"`) {
		var err error
		if text, err = l.quoted(); err != nil {
			return "", err
		}
	} else {
		text = l.end("]}")
	}
	if text == "" {
		return "", l.invalid("a range has two ends")
	}
	return text, nil
}

// end reads up to white space, a parenthesis or one of the stops.
func (l *lexer) end(stops string) string {
	l.skipSpace()
	start := l.at
	for l.at < len(l.text) && !unicode.IsSpace(l.text[l.at]) && !strings.ContainsRune("()"+stops, l.text[l.at]) {
		l.at++
	}
	return string(l.text[start:l.at])
}

func (l *lexer) skipSpace() {
	for l.at < len(l.text) && unicode.IsSpace(l.text[l.at]) {
		l.at++
	}
}
