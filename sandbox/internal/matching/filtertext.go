package matching

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"
)

// filterText reads the language of string filters: words, of which every one
// must occur (assumed), "exact phrases", AND, OR, NOT and parentheses. NOT is
// assumed. leaf makes the condition for words or a phrase.
func (p *parser) filterText(name string, raw json.RawMessage, patterns bool, leaf func(func([][]string) bool) condition) (condition, error) {
	text, err := stringOf(name, raw)
	if err != nil {
		return nil, err
	}
	q := &filterParser{parser: p, path: name, patterns: patterns, leaf: leaf}
	if q.tokens, err = lexFilter(name, text); err != nil {
		return nil, err
	}
	cond, err := q.expression()
	if err != nil {
		return nil, err
	}
	if q.peek().kind != endToken {
		return nil, &InvalidError{name, "a parenthesis that was not opened"}
	}
	return cond, nil
}

// lexFilter splits the value of a string filter.
func lexFilter(path, text string) ([]token, error) {
	var tokens []token
	runes := []rune(text)
	for i := 0; i < len(runes); {
		switch c := runes[i]; {
		case unicode.IsSpace(c):
			i++
		case c == '(':
			tokens = append(tokens, token{kind: openToken})
			i++
		case c == ')':
			tokens = append(tokens, token{kind: closeToken})
			i++
		case c == '"':
			length := slices.Index(runes[i+1:], '"')
			if length < 0 {
				return nil, &InvalidError{path, "a quote that is not closed"}
			}
			tokens = append(tokens, token{kind: phraseToken, text: string(runes[i+1 : i+1+length])})
			i += length + 2
		default:
			start := i
			for i < len(runes) && !unicode.IsSpace(runes[i]) && !strings.ContainsRune(`()"`, runes[i]) {
				i++
			}
			tokens = append(tokens, filterWord(string(runes[start:i])))
		}
	}
	return append(tokens, token{kind: endToken}), nil
}

func filterWord(text string) token {
	switch text {
	case "AND":
		return token{kind: andToken}
	case "OR":
		return token{kind: orToken}
	case "NOT":
		return token{kind: notToken}
	default:
		return token{kind: wordToken, text: text}
	}
}

type filterParser struct {
	*parser
	path     string
	patterns bool // words may end in *
	tokens   []token
	leaf     func(words func([][]string) bool) condition
}

func (q *filterParser) peek() token { return q.tokens[0] }

func (q *filterParser) next() token {
	t := q.tokens[0]
	if t.kind != endToken {
		q.tokens = q.tokens[1:]
	}
	return t
}

// expression reads operands joined by one kind of operator. Nothing says which
// of AND and OR binds closer, so a mixture without parentheses is refused.
func (q *filterParser) expression() (condition, error) {
	if err := q.enter(); err != nil {
		return nil, err
	}
	defer q.leave()
	var all []condition
	joint := endToken
	for {
		cond, err := q.operand()
		if err != nil {
			return nil, err
		}
		all = append(all, cond)
		kind := q.peek().kind
		switch kind {
		case endToken, closeToken:
			if joint == orToken {
				return anyOf(all), nil
			}
			return allOf(all), nil
		case andToken, orToken:
			q.next()
		default: // two operands side by side
			kind = andToken
		}
		if joint != endToken && joint != kind {
			return nil, &UnsupportedError{q.path, "AND and OR mixed without parentheses"}
		}
		joint = kind
	}
}

func (q *filterParser) operand() (condition, error) {
	switch t := q.peek(); t.kind {
	case notToken:
		q.next()
		if err := q.enter(); err != nil {
			return nil, err
		}
		defer q.leave()
		cond, err := q.operand()
		return not{cond}, err
	case openToken:
		q.next()
		cond, err := q.expression()
		if err != nil {
			return nil, err
		}
		if q.next().kind != closeToken {
			return nil, &InvalidError{q.path, "a parenthesis that is not closed"}
		}
		return cond, nil
	case phraseToken:
		q.next()
		return q.phrase(t.text)
	case wordToken:
		return q.words()
	default:
		return nil, &InvalidError{q.path, "a word is missing"}
	}
}

func (q *filterParser) phrase(text string) (condition, error) {
	words := analyse(text)
	if len(words) == 0 {
		return nil, &InvalidError{q.path, "a phrase without words"}
	}
	if err := q.spend(len(words)); err != nil {
		return nil, err
	}
	return q.leaf(func(values [][]string) bool {
		return slices.ContainsFunc(values, func(in []string) bool { return hasPhrase(in, words, false) })
	}), nil
}

// words reads the words up to the next operator; one value must have them all.
func (q *filterParser) words() (condition, error) {
	var wanted []func(word string) bool
	for q.peek().kind == wordToken {
		text := q.next().text
		stem, open := strings.CutSuffix(text, "*")
		switch {
		case strings.Contains(stem, "*") || open && !q.patterns:
			return nil, &UnsupportedError{q.path, "* is for the ends of words in summary"}
		case open:
			stem = strings.ToLower(stem)
			wanted = append(wanted, func(word string) bool { return strings.HasPrefix(word, stem) })
			continue
		}
		for _, w := range analyse(text) {
			wanted = append(wanted, func(word string) bool { return word == w })
		}
	}
	if len(wanted) == 0 {
		return nil, &InvalidError{q.path, "a filter without words"}
	}
	if err := q.spend(len(wanted)); err != nil {
		return nil, err
	}
	return q.leaf(func(values [][]string) bool {
		return slices.ContainsFunc(values, func(in []string) bool {
			for _, want := range wanted {
				if !slices.ContainsFunc(in, want) {
					return false
				}
			}
			return true
		})
	}), nil
}
