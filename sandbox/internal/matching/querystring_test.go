package matching_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
)

// text makes a query_string clause on the headline.
func text(t *testing.T, query string) string {
	t.Helper()
	quoted, err := json.Marshal(query)
	require.NoError(t, err)
	return `{"query_string": {"default_field": "headline", "query": ` + string(quoted) + `}}`
}

func TestQueryString(t *testing.T) {
	judge(t, []verdict{
		{text(t, `nurse`), true},
		{text(t, `doctor`), false},
		{text(t, `doctor nurse`), true},
		{text(t, `doctor OR nurse`), true},
		{text(t, `doctor || nurse`), true},
		{text(t, `doctor AND nurse`), false},
		{text(t, `senior && nurse`), true},
		{text(t, `nurse NOT senior`), false},
		{text(t, `nurse -doctor`), true},
		{text(t, `nurse !senior`), false},
		{text(t, `-doctor`), true},
		{text(t, `-nurse`), false},
		{text(t, `NOT (doctor OR surgeon)`), true},
		{text(t, `+nurse doctor`), true},
		{text(t, `nurse +doctor`), false},
		{text(t, `(doctor OR nurse) AND lakeside`), true},
		{text(t, `(doctor OR surgeon) AND lakeside`), false},
		{text(t, `doctor OR nurse AND lakeside`), true}, // both required, the first optional
		{text(t, `nurse OR lakeside AND doctor`), false},
		{text(t, `"senior nurse"`), true},
		{text(t, `"nurse senior"`), false},
		{text(t, `"senior nurse"^2 AND health^1.5`), true},
		{text(t, `nur*`), true},
		{text(t, `NUR*`), true},
		{text(t, `n?rse`), true},
		{text(t, `nur?`), false},
		{text(t, `*`), true},
		{text(t, `summary:*`), false},
		{text(t, `*:*`), true},
		{text(t, `_exists_:headline`), true},
		{text(t, `_exists_:summary`), false},
		{text(t, `full_name:ann`), true},
		{text(t, `full_name:(bob OR ann)`), true},
		{text(t, `full_name:(+bob +ann)`), false},
		{text(t, `full_name:"Mary Ann"`), true},
		{text(t, `full_name:bob nurse`), true},
		{text(t, `country:"United States"`), true},
		{text(t, `country:United`), false},
		{text(t, `connections_count:500`), true},
		{text(t, `connections_count:[100 TO 500]`), true},
		{text(t, `connections_count:[100 TO 500}`), false},
		{text(t, `connections_count:{100 TO *]`), true},
		{text(t, `connections_count:>=500`), true},
		{text(t, `connections_count:>500`), false},
		{text(t, `connections_count:(>=100 AND <501)`), true},
		{text(t, `updated_at:["2026-01-01" TO 2026-12-31]`), true},
		{text(t, `updated_at:<2026-01-01`), false},
		{text(t, `AT\&T OR nurse`), true},
		{text(t, `lake\-side`), false},
		{text(t, `full_name:mary\-ann`), true},
		{text(t, ``), false},
		{text(t, `++nurse`[1:]), true},
		{text(t, `& nurse`), true}, // nothing is left of the first word
		{`{"query_string": {"default_field": "headline", "default_operator": "and", "query": "nurse doctor"}}`, false},
		{`{"query_string": {"default_field": "headline", "default_operator": "AND", "query": "nurse lakeside"}}`, true},
		{`{"query_string": {"default_field": "headline", "default_operator": "AND", "query": "nurse OR doctor"}}`, true},
		{`{"query_string": {"fields": ["summary", "headline^2"], "query": "lakeside AND nurse", "type": "best_fields"}}`, true},
		{`{"query_string": {"fields": ["full_name", "headline"], "query": "ann AND nurse"}}`, true}, // each word in its field
		{`{"query_string": {"default_field": "country", "query": "United States"}}`, true},          // one value, not two words
		{`{"query_string": {"query": "headline:nurse AND is_parent:1"}}`, true},
		{`{"query_string": {"default_field": "headline.exact", "query": "Senior*"}}`, true},
		{`{"query_string": {"default_field": "headline.exact", "query": "senior*"}}`, false},
		{inNested("experience", `{"query_string": {"default_field": "experience.title", "default_operator": "and", "query": "senior nurse"}}`), true},
		{inNested("experience", `{"query_string": {"default_field": "experience.title", "query": "\"nurse senior\" OR chief"}}`), false},
	})
}

func TestQueryStringRefuses(t *testing.T) {
	refuse[*matching.UnsupportedError](t, []refusal{
		{text(t, `nurse~`), "fuzzy"},
		{text(t, `"senior nurse"~2`), "fuzzy"},
		{text(t, `/nurs[ea]/`), "regular expressions"},
		{text(t, `*:nurse`), "all fields"},
		{text(t, `updated_at:[now-1d TO now]`), "date arithmetic"},
		{text(t, `headline:[a TO b]`), "range of text"},
		{`{"query_string": {"query": "nurse"}}`, "without a field"},
		{`{"query_string": {"query": "nurse", "default_field": "*"}}`, "pattern of field names"},
		{`{"query_string": {"query": "nurse", "default_field": "headline", "type": "phrase"}}`, "type"},
	})
	refuse[*matching.InvalidError](t, []refusal{
		{text(t, `(nurse`), "failed to parse"},
		{text(t, `nurse)`), "failed to parse"},
		{text(t, `"nurse`), "not closed"},
		{text(t, `"nurse\`), "not closed"},
		{text(t, `nurse\`), "escape at the end"},
		{text(t, `AND nurse`), "unexpected operator"},
		{text(t, `nurse AND`), "unexpected end"},
		{text(t, `nurse AND OR doctor`), "unexpected operator"},
		{text(t, `headline:`), "unexpected end"},
		{text(t, `exp*:nurse`), "unexpected operator"},
		{text(t, `nurse^x`), "number is expected after ^"},
		{text(t, `]`), "not opened"},
		{text(t, `id:[1 2]`), "TO is expected"},
		{text(t, `id:[1 TO ]`), "two ends"},
		{text(t, `id:[1 TO 2`), "not closed"},
		{text(t, `id:["1 TO 2]`), "not closed"},
		{text(t, `id:[ TO 2]`), "TO is expected"},
		{text(t, `_exists_:(a)`), "field name is expected"},
		{`{"query_string": {"query": "a", "default_field": "headline", "fields": ["summary"]}}`, "exclude"},
		{`{"query_string": {"query": 5, "default_field": "headline"}}`, "a string is expected"},
		{`{"query_string": {"query": "a", "default_field": 5}}`, "a string is expected"},
		{`{"query_string": {"query": "a", "default_field": "headline", "default_operator": "x"}}`, "operator"},
		{`{"query_string": {"default_field": "headline"}}`, "query is missing"},
	})
	refuse[*matching.MappingError](t, []refusal{
		{text(t, `updated_at:soon`), "failed to parse date"},
	})
	refuse[*matching.UnsupportedError](t, []refusal{
		{`{"query_string": {"default_field": "headline", "query": "x", "allow_leading_wildcard": false}}`, "allow_leading_wildcard"},
		{`{"query_string": {"default_field": "headline", "query": "x", "phrase_slop": 1}}`, "slop"},
		{`{"query_string": {"default_field": "headline", "query": "x", "escape": true}}`, "escape"},
	})
}

func TestQueryStringTakesTheDefaultsOfBuilders(t *testing.T) {
	judge(t, []verdict{
		{`{"query_string": {"query": "senior nurse", "default_field": "headline", "default_operator": "and", "lenient": false, "analyze_wildcard": true,
			"allow_leading_wildcard": true, "escape": false, "phrase_slop": 0, "fuzziness": "AUTO", "fuzzy_transpositions": true,
			"fuzzy_prefix_length": 0, "fuzzy_max_expansions": 50, "max_determinized_states": 10000, "enable_position_increments": true,
			"auto_generate_synonyms_phrase_query": true, "type": "best_fields", "boost": 1.0}}`, true},
		{`{"query_string": {"query": "updated_at:soon OR nurse", "default_field": "headline", "lenient": true}}`, true},
		{`{"query_string": {"query": "updated_at:soon", "lenient": true}}`, false},
	})
}
