package matching

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"
)

// simpleQueryString reads a simple_query_string clause: words, "phrases", + | -,
// parentheses and a * at the end of a word. AND, OR and NOT are words there.
func (p *parser) simpleQueryString(path string, raw json.RawMessage) (condition, error) {
	given, err := p.options(path, raw, []string{"query"}, slices.Concat([]string{"fields", "default_operator"}, simpleDefaults)...)
	if err != nil {
		return nil, err
	}
	q := &simpleParser{parser: p, path: under(path, "query")}
	if q.lenient, err = checkDefaults(path, given); err != nil {
		return nil, err
	}
	if q.fields, err = p.fieldList(path, given); err != nil {
		return nil, err
	}
	if q.and, err = operatorOf(path, given, "default_operator"); err != nil {
		return nil, err
	}
	text, err := stringOf(q.path, given["query"])
	if err != nil {
		return nil, err
	}
	if strings.ContainsAny(text, `~\`) {
		return nil, &UnsupportedError{q.path, "fuzzy words, slops and escapes"}
	}
	if strings.Count(text, `"`)%2 != 0 {
		return nil, &UnsupportedError{q.path, "a quote that is not closed"}
	}
	q.text = []rune(text)
	cond, err := q.expression(false)
	if err != nil {
		return nil, err
	}
	if cond == nil {
		return constant(false), nil
	}
	return cond, nil
}

// simpleParser reads Lucene's simple language, in which operators have no
// precedence and work from left to right.
type simpleParser struct {
	*parser
	path   string
	text   []rune
	at     int
	fields []field
	and    bool // the operator between words is AND

	lenient bool // what does not fit a field is not found instead of refused
}

// expression reads up to the end, or inside parentheses to the closing one. The
// condition is nil when there is nothing.
func (q *simpleParser) expression(inside bool) (condition, error) {
	if err := q.enter(); err != nil {
		return nil, err
	}
	defer q.leave()
	var left condition
	var operator rune // + or |, 0 for the default
	negate := false
	for q.at < len(q.text) {
		c := q.text[q.at]
		switch {
		case unicode.IsSpace(c): // a minus belongs to what follows it directly
			q.at++
			negate = false
			continue
		case c == '+' || c == '|':
			q.at++
			negate = false
			if operator == 0 && left != nil {
				operator = c
			}
			continue
		case c == '-':
			q.at++
			negate = !negate
			continue
		case c == ')' && !inside:
			return nil, &UnsupportedError{q.path, "a parenthesis that was not opened"}
		case c == ')':
			q.at++
			return left, nil
		}
		branch, err := q.operand(c)
		if err != nil {
			return nil, err
		}
		if branch == nil {
			continue
		}
		if negate {
			branch = not{branch}
		}
		switch {
		case left == nil:
			left = branch
		case operator == '+' || operator == 0 && q.and:
			left = allOf{left, branch}
		default:
			left = anyOf{left, branch}
		}
		operator, negate = 0, false
	}
	if inside {
		return nil, &UnsupportedError{q.path, "a parenthesis that is not closed"}
	}
	return left, nil
}

// operand reads a group, a phrase or a word.
func (q *simpleParser) operand(first rune) (condition, error) {
	switch first {
	case '(':
		q.at++
		return q.expression(true)
	case '"':
		return q.phrase()
	default:
		return q.word()
	}
}

func (q *simpleParser) phrase() (condition, error) {
	q.at++
	start := q.at
	for q.text[q.at] != '"' { // the quotes are paired
		q.at++
	}
	text := string(q.text[start:q.at])
	q.at++
	return q.inEach(text, func(f field) (condition, error) { return q.phraseOf(q.path, f, textValue(text), false) })
}

func (q *simpleParser) word() (condition, error) {
	start := q.at
	for q.at < len(q.text) && !unicode.IsSpace(q.text[q.at]) && !strings.ContainsRune(`"|+()`, q.text[q.at]) {
		q.at++
	}
	text := string(q.text[start:q.at])
	if stem, open := strings.CutSuffix(text, "*"); open && stem != "" {
		return q.inEach(stem, func(f field) (condition, error) {
			if err := f.admitsPattern(q.path, "prefix"); err != nil {
				return nil, err
			}
			if !f.whole {
				return patternTest(f, false, strings.ToLower(stem), strings.HasPrefix), nil
			}
			return patternTest(f, false, stem, strings.HasPrefix), nil
		})
	}
	return q.inEach(text, func(f field) (condition, error) {
		return q.matchOf(q.path, f, textValue(text), wanted{every: q.and})
	})
}

// inEach makes the condition for each field; one must hold. It is nil when
// analysis leaves nothing of the text.
func (q *simpleParser) inEach(text string, of func(f field) (condition, error)) (condition, error) {
	if err := q.spend(1); err != nil {
		return nil, err
	}
	words := len(analyse(text)) > 0
	left := false
	var conds anyOf
	for _, f := range q.fields {
		cond, err := of(f)
		if cond, err = leniently(q.lenient, cond, err); err != nil {
			return nil, err
		}
		left = left || words || f.whole
		conds = append(conds, cond)
	}
	if !left {
		return nil, nil
	}
	return conds, nil
}
