package matching_test

import (
	"testing"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
)

func TestMatchPhrase(t *testing.T) {
	judge(t, []verdict{
		{`{"match_phrase": {"headline": "senior nurse"}}`, true},
		{`{"match_phrase": {"headline": "nurse senior"}}`, false},
		{`{"match_phrase": {"headline": "senior at"}}`, false},
		{`{"match_phrase": {"headline": {"query": "Nurse at Lakeside", "slop": 0}}}`, true},
		{`{"match_phrase": {"headline": "senior nurse at lakeside health too"}}`, false},
		{`{"match_phrase": {"headline": ""}}`, false},
		{`{"match_phrase": {"inferred_skills": "care node.js"}}`, false}, // not across values
		{`{"match_phrase": {"full_name": "Mary Ann"}}`, true},
		{`{"match_phrase": {"headline.exact": "Senior Nurse"}}`, false},
		{`{"match_phrase": {"country": "United States"}}`, true},
		{`{"match_phrase": {"connections_count": 500}}`, true},
		{`{"match_phrase_prefix": {"headline": "senior nur"}}`, true},
		{`{"match_phrase_prefix": {"headline": "sen nurse"}}`, false},
		{`{"match_phrase_prefix": {"headline": {"query": "lakeside h"}}}`, true},
	})
	refuse[*matching.UnsupportedError](t, []refusal{
		{`{"match_phrase": {"headline": {"query": "senior nurse", "slop": 2}}}`, "slop"},
		{`{"match_phrase": {"headline": {"query": "senior nurse", "analyzer": "english"}}}`, "analyzer"},
	})
	refuse[*matching.InvalidError](t, []refusal{
		{`{"match_phrase": {"headline": {"query": "senior nurse", "slop": "x"}}}`, "whole number"},
		{`{"match_phrase": {"headline": {"slop": 0}}}`, "query is missing"},
		{`{"match_phrase": {"headline": null}}`, "a string or a number"},
	})
	refuse[*matching.MappingError](t, []refusal{
		{`{"match_phrase": {"created_at": "soon"}}`, "failed to parse date"},
		{`{"match_phrase_prefix": {"headline.exact": "Senior Nur"}}`, "type keyword"},
	})
}
