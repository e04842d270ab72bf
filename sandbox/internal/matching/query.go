package matching

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/pronet-go/pronet/sandbox/internal/people"
)

// Query is a condition on one record. It is safe for concurrent use.
type Query interface {
	// Matches reports whether a decoded record meets the condition. Objects are
	// map[string]any, lists []any, numbers float64, json.Number or a Go integer.
	Matches(doc map[string]any) bool
	// Fields returns every field that the condition looks at: dotted names from
	// the root, sorted, each once.
	Fields() []string
}

// ParseQuery reads an Elasticsearch clause: the value of "query", such as
// {"match": {"headline": "nurse"}}. The collections of every dataset are known.
// The error is an [*InvalidError], a [*MappingError], an [*UnsupportedError] or a
// [*LimitError].
func ParseQuery(clause json.RawMessage) (Query, error) { return parseQuery(newParser(), clause) }

// ParseQueryOf is ParseQuery for one dataset: the collections of others are
// unknown nested paths, and values must fit its [people.Mapping].
func ParseQueryOf(ds people.Dataset, clause json.RawMessage) (Query, error) {
	p := newParser()
	p.dataset = ds
	return parseQuery(p, clause)
}

// ParseSemanticQuery is ParseQueryOf with synonyms of job titles injected: a match
// or match_phrase on a field that holds titles also finds those of a small table,
// which is the sandbox's own.
func ParseSemanticQuery(ds people.Dataset, clause json.RawMessage) (Query, error) {
	p := newParser()
	p.dataset, p.semantic = ds, true
	return parseQuery(p, clause)
}

func parseQuery(p *parser, clause json.RawMessage) (Query, error) {
	if err := withinLength(clause); err != nil {
		return nil, err
	}
	cond, err := p.clause("", clause)
	if err != nil {
		return nil, err
	}
	return p.query(cond), nil
}

// condition is one node of a query.
type condition interface{ holds(s scope) bool }

// parsed is a whole query.
type parsed struct {
	cond   condition
	fields []string
}

func (q *parsed) Matches(doc map[string]any) bool { return q.cond.holds(scope{object: doc}) }

func (q *parsed) Fields() []string { return slices.Clone(q.fields) }

func (p *parser) query(cond condition) Query {
	return &parsed{cond: cond, fields: slices.Sorted(maps.Keys(p.used))}
}
