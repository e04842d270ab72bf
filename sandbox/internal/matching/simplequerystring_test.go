package matching_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
)

func simple(t *testing.T, query string) string {
	t.Helper()
	quoted, err := json.Marshal(query)
	require.NoError(t, err)
	return `{"simple_query_string": {"fields": ["headline", "full_name"], "query": ` + string(quoted) + `}}`
}

func TestSimpleQueryString(t *testing.T) {
	judge(t, []verdict{
		{simple(t, `nurse`), true},
		{simple(t, `doctor nurse`), true},
		{simple(t, `doctor + nurse`), false},
		{simple(t, `senior+nurse`), true},
		{simple(t, `doctor | nurse`), true},
		{simple(t, `doctor OR nurse`), true},  // OR is a word
		{simple(t, `doctor AND ann`), true},   // and so is AND
		{simple(t, `nurse + -doctor`), true},  // with, without
		{simple(t, `nurse + -senior`), false}, // with, without
		{simple(t, `nurse + --senior`), true},
		{simple(t, `nurse + - doctor`), false}, // the minus stands alone
		{simple(t, `"senior nurse"`), true},
		{simple(t, `"nurse senior"`), false},
		{simple(t, `lake*`), true},
		{simple(t, `lakes*de`), false},
		{simple(t, `(doctor | nurse) + lakeside`), true},
		{simple(t, `(doctor | surgeon) + lakeside`), false},
		{simple(t, `doctor + surgeon | nurse`), true}, // from left to right
		{simple(t, `nurse | doctor + surgeon`), false},
		{simple(t, `()`), false},
		{simple(t, ``), false},
		{simple(t, `. nurse`), true},
		{`{"simple_query_string": {"fields": ["headline"], "default_operator": "and", "query": "nurse doctor"}}`, false},
		{`{"simple_query_string": {"fields": ["headline.exact"], "query": "Sen*"}}`, true},
	})
	refuse[*matching.UnsupportedError](t, []refusal{
		{simple(t, `nurse~1`), "fuzzy"},
		{simple(t, `"nurse`), "not closed"},
		{simple(t, `(nurse`), "not closed"},
		{simple(t, `nurse)`), "not opened"},
		{`{"simple_query_string": {"query": "nurse"}}`, "name the fields"},
		{`{"simple_query_string": {"query": "nurse", "fields": ["headline"], "flags": "AND"}}`, "flags"},
	})
	refuse[*matching.InvalidError](t, []refusal{
		{`{"simple_query_string": {"fields": ["headline"]}}`, "query is missing"},
		{`{"simple_query_string": {"fields": ["headline"], "query": 1}}`, "a string is expected"},
		{`{"simple_query_string": {"fields": ["headline"], "query": "x", "default_operator": "x"}}`, "operator"},
	})
	judge(t, []verdict{
		{`{"simple_query_string": {"query": "senior + nurse", "fields": ["headline^1.0"], "flags": -1, "default_operator": "or", "lenient": false,
			"analyze_wildcard": false, "fuzzy_prefix_length": 0, "fuzzy_max_expansions": 50, "fuzzy_transpositions": true,
			"auto_generate_synonyms_phrase_query": true, "boost": 1.0}}`, true},
		{`{"simple_query_string": {"query": "nurse", "fields": ["headline", "updated_at"], "flags": "ALL", "lenient": true}}`, true},
	})
	refuse[*matching.MappingError](t, []refusal{
		{`{"simple_query_string": {"fields": ["updated_at"], "query": "x"}}`, "failed to parse date"},
		{`{"simple_query_string": {"fields": ["updated_at"], "query": "\"x\""}}`, "failed to parse date"},
	})
}
