package matching

import (
	"encoding/json"
	"slices"
	"strings"
)

// queryString reads a query_string clause. Its language is Lucene's classic one;
// what the sandbox leaves out (fuzzy words, slops, regular expressions) is refused.
func (p *parser) queryString(path string, raw json.RawMessage) (condition, error) {
	given, err := p.options(path, raw, []string{"query"}, slices.Concat(
		[]string{"default_field", "fields", "default_operator", "type", "tie_breaker"}, queryStringDefaults)...)
	if err != nil {
		return nil, err
	}
	q := &classicParser{parser: p, path: under(path, "query")}
	if q.lenient, err = checkDefaults(path, given); err != nil {
		return nil, err
	}
	if q.defaults, err = p.defaultFields(path, given); err != nil {
		return nil, err
	}
	if q.and, err = operatorOf(path, given, "default_operator"); err != nil {
		return nil, err
	}
	if raw, ok := given["type"]; ok {
		if err := mustBe(under(path, "type"), raw, `"best_fields"`); err != nil {
			return nil, err
		}
	}
	text, err := stringOf(q.path, given["query"])
	if err != nil {
		return nil, err
	}
	if q.tokens, err = lexClassic(q.path, text); err != nil {
		return nil, err
	}
	cond, err := q.clauses(nil)
	if err != nil {
		return nil, err
	}
	if q.peek().kind != endToken {
		return nil, q.failed()
	}
	return cond, nil
}

// defaultFields reads where words without a field are looked for; none is fine
// as long as every word names its own.
func (p *parser) defaultFields(path string, given map[string]json.RawMessage) ([]field, error) {
	if raw, ok := given["default_field"]; ok {
		if given["fields"] != nil {
			return nil, &InvalidError{path, "default_field and fields exclude each other"}
		}
		path = under(path, "default_field")
		name, err := stringOf(path, raw)
		if err != nil {
			return nil, err
		}
		f, err := p.field(path, name)
		return []field{f}, err
	}
	if given["fields"] == nil {
		return nil, nil
	}
	return p.fieldList(path, given)
}

// classicParser reads Lucene's classic language.
type classicParser struct {
	*parser
	path     string
	tokens   []token
	defaults []field
	and      bool // the operator between words is AND
	lenient  bool // what does not fit a field is not found instead of refused
}

func (q *classicParser) peek() token { return q.tokens[0] }

func (q *classicParser) next() token {
	t := q.tokens[0]
	if t.kind != endToken {
		q.tokens = q.tokens[1:]
	}
	return t
}

func (q *classicParser) failed() error {
	return &InvalidError{q.path, "failed to parse query: unexpected " + q.peek().describe()}
}

// occurrence is how a clause takes part in a list of clauses.
type occurrence int

const (
	optional occurrence = iota
	required
	prohibited
)

type occurring struct {
	cond condition
	how  occurrence
}

// clauses reads a list up to a closing parenthesis or the end. AND, OR and the
// signs mark the clauses as required, optional or prohibited, as in Lucene: AND
// and OR have no precedence over each other.
func (q *classicParser) clauses(fields []field) (condition, error) {
	if err := q.enter(); err != nil {
		return nil, err
	}
	defer q.leave()
	var list []occurring
	for first := true; ; first = false {
		kind := q.peek().kind
		if kind == endToken || kind == closeToken {
			break
		}
		if group, ok := q.group(); ok {
			cond, err := q.leaf(fields, group, false)
			if err != nil {
				return nil, err
			}
			if cond != nil {
				list = q.add(list, cond, endToken, endToken)
			}
			continue
		}
		between := endToken
		if kind == andToken || kind == orToken {
			if first {
				return nil, q.failed()
			}
			between = q.next().kind
		}
		sign := endToken
		if k := q.peek().kind; k == plusToken || k == minusToken || k == notToken {
			sign = q.next().kind
		}
		cond, err := q.clauseOf(fields)
		if err != nil {
			return nil, err
		}
		list = q.add(list, cond, between, sign)
	}
	return combine(list), nil
}

// add appends a clause the way Lucene's classic parser does.
func (q *classicParser) add(list []occurring, cond condition, between, sign tokenKind) []occurring {
	if n := len(list); n > 0 && list[n-1].how != prohibited {
		if between == andToken {
			list[n-1].how = required
		} else if q.and && between == orToken {
			list[n-1].how = optional
		}
	}
	if cond == nil {
		return list
	}
	how := optional
	switch {
	case sign == minusToken || sign == notToken:
		how = prohibited
	case sign == plusToken, between == andToken, q.and && between != orToken:
		how = required
	}
	return append(list, occurring{cond, how})
}

// combine makes one condition of a list; an empty one matches nothing.
func combine(list []occurring) condition {
	if len(list) == 0 {
		return constant(false)
	}
	b := new(boolean)
	for _, clause := range list {
		switch clause.how {
		case required:
			b.must = append(b.must, clause.cond)
		case prohibited:
			b.mustNot = append(b.mustNot, clause.cond)
		default:
			b.should = append(b.should, clause.cond)
		}
	}
	if len(b.must) == 0 && len(b.should) > 0 {
		b.minimum = 1
	}
	return b
}

// group takes two or more plain words in a row, which Lucene analyses as one text.
func (q *classicParser) group() (string, bool) {
	var words []string
	for i, t := range q.tokens {
		if t.kind != wordToken || isComparison(t.text) {
			break
		}
		if after := q.tokens[i+1].kind; after == colonToken || after == andToken || after == orToken || after == tildeToken || after == caretToken {
			break
		}
		words = append(words, t.text)
	}
	if len(words) < 2 {
		return "", false
	}
	q.tokens = q.tokens[len(words):]
	return strings.Join(words, " "), true
}
