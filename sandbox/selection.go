package sandbox

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
	"github.com/pronet-go/pronet/sandbox/internal/people"
)

// selector is the last element of a path that says how people are chosen.
type selector string

const (
	byIDs    selector = "ids"
	byIDFile selector = "id_file"
	byFilter selector = "filter"
	byQuery  selector = "es_dsl"

	byShorthands selector = "shorthand_names"
	byURLs       selector = "urls"
	everybody    selector = "all"
)

// dialect reads the ES clause of a query.
type dialect = func(ds people.Dataset, clause json.RawMessage) (matching.Query, error)

// selection is a chosen set of people: a query, or IDs or names without one.
type selection struct {
	how   selector
	given json.RawMessage // filters or query as they came
	query matching.Query
	ids   []int64  // ascending, each once
	names []string // shorthand names in lower case, ascending, each once
}

// matches tells whether the selection's query covers a person as the record is
// now.
func (s selection) matches(p *people.Person, set *dataset) bool {
	return s.query.Matches(p.Document(set.records))
}

// selectEverybody is the selection without a condition.
func selectEverybody(set *dataset) (selection, *problem) {
	s, p := parseQuery(json.RawMessage(`{"query":{"match_all":{}}}`), set, matching.ParseQueryOf)
	s.how, s.given = everybody, nil
	return s, p
}

// parseFilters reads a filter object.
func parseFilters(raw json.RawMessage, set *dataset) (selection, *problem) {
	query, err := matching.ParseFilters(set.records, raw)
	if err != nil {
		return selection{}, unparsable(err)
	}
	return selection{how: byFilter, given: raw, query: query}, nil
}

// parseQuery reads an object that holds the ES clause under "query", with only
// the keys of also beside it.
func parseQuery(raw json.RawMessage, set *dataset, parse dialect, also ...string) (selection, *problem) {
	var wrapper map[string]json.RawMessage
	if err := json.Unmarshal(raw, &wrapper); err != nil || wrapper == nil {
		return selection{}, refusal(http.StatusUnprocessableEntity, "the query must be an object")
	}
	clause, ok := wrapper["query"]
	if !ok {
		return selection{}, refusal(http.StatusBadRequest, "query is missing")
	}
	for name := range wrapper {
		if name != "query" && !slices.Contains(also, name) {
			return selection{}, refusal(http.StatusUnprocessableEntity, "%.100q is not allowed beside the query", name)
		}
	}
	query, err := parse(set.records, clause)
	if err != nil {
		return selection{}, unparsable(err)
	}
	return selection{how: byQuery, given: raw, query: query}, nil
}

// unparsable turns the query engine's refusal into an answer: 400 for an unknown
// nested path, as documented, and for a query above the limits (assumed), and
// 422 for the rest.
func unparsable(err error) *problem {
	status := http.StatusUnprocessableEntity
	if _, ok := errors.AsType[*matching.LimitError](err); ok {
		status = http.StatusBadRequest
	}
	if invalid, ok := errors.AsType[*matching.InvalidError](err); ok && strings.Contains(invalid.Reason, "nested path") {
		status = http.StatusBadRequest
	}
	return refusal(status, "%s", strings.TrimPrefix(err.Error(), "matching: "))
}
