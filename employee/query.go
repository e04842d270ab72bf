package employee

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"

	jsonv2 "github.com/go-json-experiment/json"
)

const (
	// MaxQueryLength is the documented limit of a query: 15,000 characters, counted here over the whole encoded query.
	MaxQueryLength = 15_000

	// MaxBoolClauses is the documented limit of clauses in bool queries: 1,024, counted here over all bool queries of a
	// query together (assumed).
	MaxBoolClauses = 1_024

	maxQueryDepth = 200
)

var (
	// ErrInvalidQuery reports a query that is not what the provider documents.
	ErrInvalidQuery = errors.New("invalid query")

	// ErrQueryTooLarge reports a query beyond [MaxQueryLength] or [MaxBoolClauses].
	ErrQueryTooLarge = errors.New("query too large")
)

// Query is an Elasticsearch DSL query over the fields of a dataset. The documented keys are "query" and "sort"; size,
// source filters and aggregations are not accepted by the provider.
type Query struct {
	// Clause is the value of "query": a [Clause], or any map, struct or [encoding/json.RawMessage] that marshals to a
	// JSON object, such as {"match": {...}}. It is not wrapped in {"query": ...}; that is done when it is encoded.
	Clause any
	// Sort is empty for the provider's order, or one of "id" and "_score". A subscription has no order.
	Sort []string
}

// RawQuery is the query with the given JSON as its clause, unsorted. The text is copied.
func RawQuery(clause []byte) Query { return Query{Clause: json.RawMessage(slices.Clone(clause))} }

// MarshalJSON writes the query as {"query": {...}}, with "sort" where it has one, compact and with the keys of maps in
// order. It fails with [ErrInvalidQuery] for a clause that is not a JSON object, is empty, is itself wrapped in
// "query", holds a key twice or is nested deeper than 200 levels, and for another sort than the documented ones; and
// with [ErrQueryTooLarge] beyond the documented limits.
func (q Query) MarshalJSON() ([]byte, error) {
	if len(q.Sort) > 1 || len(q.Sort) == 1 && q.Sort[0] != "id" && q.Sort[0] != "_score" {
		return nil, fmt.Errorf(`employee: %w: sort is "id", "_score" or nothing`, ErrInvalidQuery)
	}
	clause, err := marshal(q.Clause)
	if err != nil {
		return nil, fmt.Errorf("employee: %w: %w", ErrInvalidQuery, err)
	}
	encoded := append([]byte(`{"query":`), clause...)
	if len(q.Sort) > 0 {
		encoded = append(encoded, `,"sort":["`+q.Sort[0]+`"]`...)
	}
	encoded = append(encoded, '}')
	if n := utf8.RuneCount(encoded); n > MaxQueryLength {
		return nil, fmt.Errorf("employee: %w: %d characters, at most %d are allowed", ErrQueryTooLarge, n, MaxQueryLength)
	}
	if err := checkClause(clause); err != nil {
		return nil, err
	}
	return encoded, nil
}

func checkClause(clause []byte) error {
	if len(clause) == 0 || clause[0] != '{' {
		return fmt.Errorf("employee: %w: the clause is not a JSON object", ErrInvalidQuery)
	}
	var tree map[string]any
	if err := jsonv2.Unmarshal(clause, &tree); err != nil {
		return fmt.Errorf("employee: %w: %w", ErrInvalidQuery, err)
	}
	if len(tree) == 0 {
		return fmt.Errorf("employee: %w: the clause is empty", ErrInvalidQuery)
	}
	if _, wrapped := tree["query"]; wrapped {
		return fmt.Errorf(`employee: %w: the clause is the value of "query", without that key around it`, ErrInvalidQuery)
	}
	n, ok := boolClauses(tree, maxQueryDepth)
	if !ok {
		return fmt.Errorf("employee: %w: nested deeper than %d levels", ErrInvalidQuery, maxQueryDepth)
	}
	if n > MaxBoolClauses {
		return fmt.Errorf("employee: %w: %d clauses in bool queries, at most %d are allowed", ErrQueryTooLarge, n, MaxBoolClauses)
	}
	return nil
}

// boolClauses counts the clauses of all bool queries in a tree; it is not ok if the tree is deeper than allowed.
func boolClauses(tree any, depth int) (n int, ok bool) {
	if depth < 0 {
		return 0, false
	}
	switch v := tree.(type) {
	case map[string]any:
		if query, isBool := v["bool"].(map[string]any); isBool {
			n = clausesOf(query)
		}
		for _, child := range v {
			below, ok := boolClauses(child, depth-1)
			if n += below; !ok {
				return 0, false
			}
		}
	case []any:
		for _, child := range v {
			below, ok := boolClauses(child, depth-1)
			if n += below; !ok {
				return 0, false
			}
		}
	}
	return n, true
}

func clausesOf(query map[string]any) (n int) {
	for _, occurrence := range []string{"must", "filter", "should", "must_not"} {
		switch v := query[occurrence].(type) {
		case []any:
			n += len(v)
		case map[string]any:
			n++
		}
	}
	return n
}

// marshal encodes what a caller wrote as encoding/json does, which is what the caller's struct tags are written for,
// without escaping "<" and the like.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// Clause is one clause of an Elasticsearch query, such as {"match": {"headline": "engineer"}}. The functions below
// make the frequent ones; any other is written as a Clause literal. Fields inside a collection need [Nested].
type Clause map[string]any

// Match finds the words of value in an analysed text field, in any order and any of them. It finds much; names and
// titles are better served by [MatchPhrase].
func Match(field string, value any) Clause { return leaf("match", field, value) }

// MatchPhrase finds the words of value next to each other and in their order.
func MatchPhrase(field string, value any) Clause { return leaf("match_phrase", field, value) }

// Term finds exactly value in a field that is not analysed: a number, a 0/1 flag, a keyword or an ".exact" subfield.
func Term(field string, value any) Clause { return leaf("term", field, value) }

// Terms finds any of the values, each as [Term] does.
func Terms[V any](field string, values ...V) Clause {
	return leaf("terms", field, append([]V{}, values...))
}

// Bounds limits a [Range]. A bound that is nil is not sent.
type Bounds struct {
	// GT is the bound that values must be above.
	GT any `json:"gt,omitzero"`
	// GTE is the least value.
	GTE any `json:"gte,omitzero"`
	// LT is the bound that values must be below.
	LT any `json:"lt,omitzero"`
	// LTE is the greatest value.
	LTE any `json:"lte,omitzero"`
}

// Range finds numbers or dates within bounds.
func Range(field string, bounds Bounds) Clause { return leaf("range", field, bounds) }

// Exists finds records in which the field has a value.
func Exists(field string) Clause { return Clause{"exists": Clause{"field": field}} }

// Nested applies a clause to each row of a collection on its own. The fields of the clause are named in full:
// Nested("experience", Term("experience.is_current", 1)).
func Nested(path string, clause Clause) Clause {
	return Clause{"nested": Clause{"path": path, "query": clause}}
}

// All finds what every one of the clauses finds.
func All(clauses ...Clause) Clause { return Clause{"bool": Clause{"must": list(clauses)}} }

// Any finds what at least one of the clauses finds.
func Any(clauses ...Clause) Clause {
	return Clause{"bool": Clause{"should": list(clauses), "minimum_should_match": 1}}
}

// Not finds what the clause does not find.
func Not(clause Clause) Clause { return Clause{"bool": Clause{"must_not": list([]Clause{clause})}} }

func leaf(kind, field string, value any) Clause { return Clause{kind: Clause{field: value}} }

func list(clauses []Clause) []Clause { return append([]Clause{}, clauses...) }
