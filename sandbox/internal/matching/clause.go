package matching

import (
	"encoding/json"
	"slices"
	"strconv"
)

// foreignClauses are kinds of clauses that Elasticsearch has and the sandbox has not.
var foreignClauses = []string{
	"boosting", "combined_fields", "common", "distance_feature", "function_score", "fuzzy", "geo_bounding_box", "geo_distance",
	"geo_polygon", "geo_shape", "has_child", "has_parent", "intervals", "knn", "match_bool_prefix", "more_like_this", "parent_id",
	"percolate", "pinned", "rank_feature", "rule", "script", "script_score", "semantic", "shape", "span_containing", "span_field_masking",
	"span_first", "span_multi", "span_near", "span_not", "span_or", "span_term", "span_within", "sparse_vector", "terms_set", "text_expansion",
	"weighted_tokens", "wrapper",
}

// clause reads any clause.
func (p *parser) clause(path string, raw json.RawMessage) (condition, error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	defer p.leave()
	if err := p.spend(1); err != nil {
		return nil, err
	}
	m, err := onlyMember(path, raw)
	if err != nil {
		return nil, err
	}
	path = under(path, m.name)
	if read := p.reader(m.name); read != nil {
		return p.withSynonyms(path, m, read)
	}
	if slices.Contains(foreignClauses, m.name) {
		return nil, &UnsupportedError{path, "the sandbox does not evaluate this kind of query"}
	}
	return nil, &InvalidError{path, "unknown query " + strconv.Quote(m.name)}
}

// reader is the reader of one kind of clause, nil for an unknown kind.
func (p *parser) reader(kind string) func(path string, raw json.RawMessage) (condition, error) {
	switch kind {
	case "match_all":
		return p.matchAll
	case "match_none":
		return p.matchNone
	case "match":
		return p.match
	case "match_phrase":
		return p.matchPhrase
	case "match_phrase_prefix":
		return p.matchPhrasePrefix
	case "multi_match":
		return p.multiMatch
	case "term":
		return p.term
	case "terms":
		return p.terms
	case "range":
		return p.rangeOf
	case "exists":
		return p.exists
	case "prefix":
		return p.prefix
	case "wildcard":
		return p.wildcard
	case "regexp":
		return p.regexp
	case "ids":
		return p.ids
	case "bool":
		return p.boolean
	case "nested":
		return p.nested
	case "constant_score":
		return p.constantScore
	case "dis_max":
		return p.disMax
	case "query_string":
		return p.queryString
	case "simple_query_string":
		return p.simpleQueryString
	default:
		return nil
	}
}

func (p *parser) matchAll(path string, raw json.RawMessage) (condition, error) {
	_, err := p.options(path, raw, nil)
	return constant(true), err
}

func (p *parser) matchNone(path string, raw json.RawMessage) (condition, error) {
	_, err := p.options(path, raw, nil)
	return constant(false), err
}

func (p *parser) constantScore(path string, raw json.RawMessage) (condition, error) {
	given, err := p.options(path, raw, []string{"filter"})
	if err != nil {
		return nil, err
	}
	return p.clause(under(path, "filter"), given["filter"])
}

func (p *parser) disMax(path string, raw json.RawMessage) (condition, error) {
	given, err := p.options(path, raw, []string{"queries"}, "tie_breaker")
	if err != nil {
		return nil, err
	}
	var of anyOf
	err = p.clauseList(under(path, "queries"), given["queries"], (*[]condition)(&of))
	return of, err
}
