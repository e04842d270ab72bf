package matching_test

import (
	"strings"
	"testing"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
)

func TestPatterns(t *testing.T) {
	judge(t, []verdict{
		{`{"prefix": {"headline": "nur"}}`, true},
		{`{"prefix": {"headline": "Nur"}}`, false},
		{`{"prefix": {"headline": {"value": "NUR", "case_insensitive": true}}}`, true},
		{`{"prefix": {"headline": "senior nur"}}`, false},
		{`{"prefix": {"headline.exact": "Senior Nur"}}`, true},
		{`{"prefix": {"connections_count": "5"}}`, false},

		{`{"wildcard": {"headline": "n*se"}}`, true},
		{`{"wildcard": {"headline": "n?rse"}}`, true},
		{`{"wildcard": {"headline": "n?se"}}`, false},
		{`{"wildcard": {"headline": {"value": "lake*"}}}`, true},
		{`{"wildcard": {"headline": {"wildcard": "*side"}}}`, true},
		{`{"wildcard": {"headline.exact": "Senior*Health"}}`, true},
		{`{"wildcard": {"headline.exact": "senior*Health"}}`, false},
		{`{"wildcard": {"headline.exact": {"value": "senior*health", "case_insensitive": true}}}`, true},
		{`{"wildcard": {"headline.exact": "*\\*"}}`, false},
		{`{"wildcard": {"headline": "*"}}`, true},

		{`{"regexp": {"headline": "nurs[aeiou]"}}`, true},
		{`{"regexp": {"headline": "nurs"}}`, false}, // always the whole word
		{`{"regexp": {"headline": "(nurse|doctor)"}}`, true},
		{`{"regexp": {"headline": {"value": "NURSE", "case_insensitive": true, "max_determinized_states": 10}}}`, true},
		{`{"regexp": {"headline.exact": "Senior .*"}}`, true},
		{`{"regexp": {"inferred_skills": "node\\.js"}}`, true},
	})
	refuse[*matching.UnsupportedError](t, []refusal{
		{`{"regexp": {"headline": "a~b"}}`, "operators of its own"},
		{`{"regexp": {"headline": "^nurse$"}}`, "operators of its own"},
		{`{"regexp": {"headline": "<1-5>"}}`, "operators of its own"},
		{`{"regexp": {"headline": "\\d+"}}`, "classes by letter"},
		{`{"regexp": {"headline": "(?i)x"}}`, "groups"},
		{`{"regexp": {"headline": "a*?"}}`, "lazy"},
		{`{"regexp": {"headline": "a{2000}"}}`, "this regular expression"},
		{`{"regexp": {"headline": "` + strings.Repeat("a", 1001) + `"}}`, "more than 1000"},
		{`{"regexp": {"headline": {"value": "a", "flags": "ALL"}}}`, "flags"},
	})
	refuse[*matching.InvalidError](t, []refusal{
		{`{"prefix": {"headline": 5}}`, "a string is expected"},
		{`{"wildcard": {"headline": {}}}`, "value is missing"},
		{`{"regexp": "x"}`, "an object is expected"},
		{`{"prefix": {"headline": {"value": "x", "case_insensitive": 1}}}`, "true or false"},
	})
}

func TestWildcardIsNotSlow(t *testing.T) {
	// An exponential matcher would not come back from this.
	pattern := strings.Repeat("*a", 40) + "b"
	doc := map[string]any{"headline": strings.Repeat("a", 5000)}
	q, err := matching.ParseQuery([]byte(`{"wildcard": {"headline.exact": "` + pattern + `"}}`))
	if err != nil || q.Matches(doc) {
		t.Fatalf("error %v, or a match where there is none", err)
	}
}
