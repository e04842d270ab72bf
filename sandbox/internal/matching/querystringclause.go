package matching

import "strings"

// clauseOf reads one clause: a word, phrase, range or group, with or without a
// field. The condition is nil when nothing of it is left after analysis.
func (q *classicParser) clauseOf(fields []field) (condition, error) {
	if t := q.peek(); (t.kind == wordToken || t.kind == patternToken && t.text == "*") && q.tokens[1].kind == colonToken {
		q.next()
		q.next()
		switch {
		case t.kind == patternToken:
			if star := q.next(); star.kind != patternToken || star.text != "*" {
				return nil, &UnsupportedError{q.path, "a search of all fields; name the fields"}
			}
			return constant(true), nil
		case t.text == "_exists_":
			return q.existing()
		}
		f, err := q.field(q.path, t.text)
		if err != nil {
			return nil, err
		}
		fields = []field{f}
	}
	switch t := q.next(); t.kind {
	case openToken:
		cond, err := q.clauses(fields)
		if err != nil {
			return nil, err
		}
		if q.peek().kind != closeToken {
			return nil, q.failed()
		}
		q.next()
		return cond, q.suffix()
	case wordToken, phraseToken:
		cond, err := q.leaf(fields, t.text, t.kind == phraseToken)
		if err != nil {
			return nil, err
		}
		return cond, q.suffix()
	case patternToken:
		cond, err := q.patternLeaf(fields, t.text)
		if err != nil {
			return nil, err
		}
		return cond, q.suffix()
	case rangeToken:
		cond, err := q.rangeLeaf(fields, t)
		if err != nil {
			return nil, err
		}
		return cond, q.suffix()
	default:
		q.tokens = append([]token{t}, q.tokens...)
		return nil, q.failed()
	}
}

// suffix reads what may follow a clause: a boost, which does not change what matches.
func (q *classicParser) suffix() error {
	switch q.peek().kind {
	case tildeToken:
		return &UnsupportedError{q.path, "fuzzy words and slops (~)"}
	case caretToken:
		q.next()
		if t := q.next(); t.kind != wordToken || !textValue(t.text).numeric {
			return &InvalidError{q.path, "failed to parse query: a number is expected after ^"}
		}
	}
	return nil
}

// existing reads the field name after "_exists_:".
func (q *classicParser) existing() (condition, error) {
	t := q.next()
	if t.kind != wordToken {
		return nil, &InvalidError{q.path, "failed to parse query: a field name is expected after _exists_:"}
	}
	f, err := q.field(q.path, t.text)
	return exists{f}, err
}

// inEach makes the condition for each field of the clause; one must hold.
func (q *classicParser) inEach(fields []field, of func(f field) (condition, error)) (condition, error) {
	if fields == nil {
		fields = q.defaults
	}
	if len(fields) == 0 {
		return nil, &UnsupportedError{q.path, "a word without a field; name the field or give default_field"}
	}
	if err := q.spend(1); err != nil {
		return nil, err
	}
	var conds anyOf
	for _, f := range fields {
		cond, err := of(f)
		if cond, err = leniently(q.lenient, cond, err); err != nil {
			return nil, err
		}
		conds = append(conds, cond)
	}
	if len(conds) == 1 {
		return conds[0], nil
	}
	return conds, nil
}

// leaf reads plain words or a phrase. A word of a named field that begins with
// < or > is a comparison.
func (q *classicParser) leaf(fields []field, text string, phrase bool) (condition, error) {
	if fields != nil && !phrase && isComparison(text) {
		return q.rangeLeaf(fields, comparison(text))
	}
	words := len(analyse(text)) > 0
	left := false
	cond, err := q.inEach(fields, func(f field) (condition, error) {
		left = left || words || f.whole
		if phrase {
			return q.phraseOf(q.path, f, textValue(text), false)
		}
		return q.matchOf(q.path, f, textValue(text), wanted{every: q.and})
	})
	if err != nil || !left {
		return nil, err
	}
	return cond, nil
}

func isComparison(text string) bool {
	return len(text) > 1 && (text[0] == '<' || text[0] == '>')
}

// comparison is the range of <b, <=b, >a or >=a.
func comparison(text string) token {
	value, inclusive := strings.CutPrefix(text[1:], "=")
	if text[0] == '<' {
		return token{kind: rangeToken, high: value, highStrict: !inclusive}
	}
	return token{kind: rangeToken, low: value, lowStrict: !inclusive}
}

// patternLeaf reads a word with * or ?; a lone * asks for any value.
func (q *classicParser) patternLeaf(fields []field, text string) (condition, error) {
	return q.inEach(fields, func(f field) (condition, error) {
		switch {
		case text == "*":
			return exists{f}, nil
		case f.kind != "" || f.date:
			return nil, f.admitsPattern(q.path, "wildcard")
		case f.whole:
			return patternTest(f, false, text, globMatches), nil
		default:
			return patternTest(f, false, strings.ToLower(text), globMatches), nil
		}
	})
}

// rangeLeaf reads [a TO b], {a TO b} or a comparison.
func (q *classicParser) rangeLeaf(fields []field, t token) (condition, error) {
	return q.inEach(fields, func(f field) (condition, error) {
		r := &rangeTest{of: f}
		if t.low != "" && t.low != "*" {
			b, err := boundOf(q.path, f, textValue(t.low), false, t.lowStrict, nil)
			if err != nil {
				return nil, err
			}
			r.bounds = append(r.bounds, b)
		}
		if t.high != "" && t.high != "*" {
			b, err := boundOf(q.path, f, textValue(t.high), true, t.highStrict, nil)
			if err != nil {
				return nil, err
			}
			r.bounds = append(r.bounds, b)
		}
		return r, nil
	})
}
