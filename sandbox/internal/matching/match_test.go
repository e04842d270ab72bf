package matching_test

import (
	"strings"
	"testing"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
)

func TestMatch(t *testing.T) {
	judge(t, []verdict{
		{`{"match_all": {}}`, true},
		{`{"match": {"headline": "nurse"}}`, true},
		{`{"match": {"headline": "NURSE"}}`, true},
		{`{"match": {"headline": "nurses"}}`, false},
		{`{"match": {"headline": "junior nurse"}}`, true}, // or
		{`{"match": {"headline": {"query": "junior nurse", "operator": "and"}}}`, false},
		{`{"match": {"headline": {"query": "health nurse", "operator": "AND"}}}`, true},
		{`{"match": {"headline": {"query": "health nurse junior", "minimum_should_match": 2}}}`, true},
		{`{"match": {"headline": {"query": "health nurse junior", "minimum_should_match": 3}}}`, false},
		{`{"match": {"headline": {"query": "health nurse junior", "minimum_should_match": 4}}}`, false},
		{`{"match": {"headline": {"query": "health nurse junior", "minimum_should_match": -1}}}`, true},
		{`{"match": {"headline": {"query": "health x junior", "minimum_should_match": -1}}}`, false},
		{`{"match": {"headline": {"query": "health x junior y", "minimum_should_match": "50%"}}}`, false},
		{`{"match": {"headline": {"query": "health x senior y", "minimum_should_match": "50%"}}}`, true},
		{`{"match": {"headline": {"query": "nurse", "minimum_should_match": 2}}}`, true}, // one word has no minimum
		{`{"match": {"headline": {"query": "health", "boost": 2, "_name": "n"}}}`, true},
		{`{"match": {"headline": "++"}}`, false},
		{`{"match": {"summary": "nurse"}}`, false},
		{`{"match": {"nothing": "nurse"}}`, false},
		{`{"match": {"full_name": "o'neil"}}`, true},
		{`{"match": {"full_name": "neil"}}`, false},
		{`{"match": {"full_name": "ann"}}`, true},
		{`{"match": {"inferred_skills": "node.js"}}`, true},
		{`{"match": {"inferred_skills": "js"}}`, false},
		{`{"match": {"inferred_skills": {"query": "care aid", "operator": "and"}}}`, true}, // words of different values
		{`{"match": {"id": 123456789}}`, true},
		{`{"match": {"id": "123456789"}}`, true},
		{`{"match": {"id": 12345678}}`, false},
		{`{"match": {"is_parent": "1"}}`, true},
		{`{"match": {"public_profile_id": 77}}`, true},
		{`{"match": {"headline.exact": "Senior Nurse at Lakeside Health"}}`, true},
		{`{"match": {"headline.exact": "senior nurse at lakeside health"}}`, false},
		{`{"match": {"headline.keyword": "Senior"}}`, false},
		{`{"match": {"country": "United States"}}`, true},
		{`{"match": {"country": "United Kingdom"}}`, false},
		{`{"match": {"updated_at": "2026-01-01"}}`, true},
		{`{"match": {"updated_at": "2026-01-02"}}`, false},
		{`{"match": {"updated_at": "2026-01-01 08:30:00"}}`, true},
	})
	refuse[*matching.UnsupportedError](t, []refusal{
		{`{"match": {"headline": {"query": "nurse", "fuzziness": "AUTO"}}}`, "match.headline.fuzziness"},
		{`{"match": {"headline": {"query": "a b", "operator": "and", "minimum_should_match": 1}}}`, "together"},
		{`{"match": {"headline": {"query": "a b", "minimum_should_match": "2<75%"}}}`, "conditions"},
		{`{"match": {"is_parent": true}}`, "no true or false"},
		{`{"match": {"head*": "nurse"}}`, "pattern of field names"},
		{`{"match": {"updated_at": "now-1d/d"}}`, "date arithmetic"},
	})
	refuse[*matching.InvalidError](t, []refusal{
		{`{"match": {"headline": {"operator": "and"}}}`, "query is missing"},
		{`{"match": {"headline": {"query": "x", "operator": "xor"}}}`, "operator"},
		{`{"match": {"headline": {"query": "x", "operator": 1}}}`, "a string is expected"},
		{`{"match": {"headline": {"query": "x y", "minimum_should_match": "two"}}}`, "whole number or a percentage"},
		{`{"match": {"headline": ["x"]}}`, "a string or a number is expected"},
		{`{"match": {"": "x"}}`, "field name"},
		{`{"match": "nurse"}`, "an object is expected"},
	})
}

func TestMatchTakesTheDefaultsOfBuilders(t *testing.T) {
	// As the builders of other languages print it.
	const match = `{"match": {"headline": {"query": "senior nurse", "operator": "AND", "prefix_length": 0, "max_expansions": 50,
		"fuzzy_transpositions": true, "lenient": false, "zero_terms_query": "NONE", "auto_generate_synonyms_phrase_query": true, "boost": 1.0}}}`
	judge(t, []verdict{
		{match, true},
		{strings.Replace(match, "senior nurse", "junior nurse", 1), false},
		{`{"match": {"headline": {"query": "nurse", "lenient": true, "zero_terms_query": "none"}}}`, true},
		{`{"match_phrase": {"headline": {"query": "senior nurse", "slop": 0, "zero_terms_query": "NONE", "boost": 1.0}}}`, true},
		{`{"match_phrase_prefix": {"headline": {"query": "senior nur", "slop": 0, "max_expansions": 50, "zero_terms_query": "NONE"}}}`, true},
		{`{"multi_match": {"query": "nurse", "fields": ["headline^1.0"], "type": "best_fields", "operator": "OR", "slop": 0, "prefix_length": 0,
			"max_expansions": 50, "zero_terms_query": "NONE", "auto_generate_synonyms_phrase_query": true, "fuzzy_transpositions": true, "boost": 1.0}}`, true},
		{`{"match_none": {}}`, false},
		{`{"bool": {"must_not": {"match_none": {"boost": 1}}}}`, true},
	})
	refuse[*matching.UnsupportedError](t, []refusal{
		{`{"match": {"headline": {"query": "x", "zero_terms_query": "all"}}}`, "zero_terms_query"},
		{`{"match": {"headline": {"query": "x", "fuzziness": "AUTO"}}}`, "fuzziness"},
		{`{"multi_match": {"query": "x", "fields": ["headline"], "slop": 2}}`, "slop"},
	})
	refuse[*matching.InvalidError](t, []refusal{
		{`{"match": {"headline": {"query": "x", "prefix_length": "no"}}}`, "prefix_length"},
		{`{"match": {"headline": {"query": "x", "lenient": 1}}}`, "lenient"},
		{`{"match": {"headline": {"query": "x", "fuzzy_transpositions": "yes"}}}`, "fuzzy_transpositions"},
		{`{"match": {"headline": {"query": "x", "zero_terms_query": "some"}}}`, "zero_terms_query"},
		{`{"match": {"headline": {"query": "x", "fuzzy_rewrite": 1}}}`, "fuzzy_rewrite"},
	})
}

func TestMultiMatch(t *testing.T) {
	judge(t, []verdict{
		{`{"multi_match": {"query": "clinic nurse", "fields": ["summary", "headline^3"]}}`, true},
		{`{"multi_match": {"query": "clinic nurse", "fields": ["summary", "headline^3.5"], "operator": "and"}}`, false},
		{`{"multi_match": {"query": "senior ann", "fields": ["headline", "full_name"], "operator": "and"}}`, false}, // not across fields
		{`{"multi_match": {"query": "senior nurse", "fields": ["headline"], "type": "phrase"}}`, true},
		{`{"multi_match": {"query": "nurse senior", "fields": ["headline"], "type": "phrase"}}`, false},
		{`{"multi_match": {"query": "nurse", "fields": "headline", "type": "best_fields", "tie_breaker": 0.3}}`, true},
	})
	refuse[*matching.UnsupportedError](t, []refusal{
		{`{"multi_match": {"query": "nurse"}}`, "name the fields"},
		{`{"multi_match": {"query": "nurse", "fields": []}}`, "name the fields"},
		{`{"multi_match": {"query": "nurse", "fields": ["experience.*"]}}`, "pattern of field names"},
		{`{"multi_match": {"query": "nurse", "fields": ["headline"], "type": "cross_fields"}}`, "type"},
		{`{"multi_match": {"query": "nurse", "fields": ["headline"], "fuzziness": 1}}`, "fuzziness"},
	})
	refuse[*matching.InvalidError](t, []refusal{
		{`{"multi_match": {"fields": ["headline"]}}`, "query is missing"},
		{`{"multi_match": {"query": "x", "fields": [1]}}`, "fields[0]"},
		{`{"multi_match": {"query": "x", "fields": ["headline^big"]}}`, "number is expected after ^"},
		{`{"multi_match": {"query": "x", "fields": ["headline"], "type": 5}}`, "a string is expected"},
		{`{"multi_match": {"query": {}, "fields": ["headline"]}}`, "a string or a number"},
		{`{"multi_match": {"query": "x", "fields": ["headline"], "operator": "no"}}`, "operator"},
	})
}
