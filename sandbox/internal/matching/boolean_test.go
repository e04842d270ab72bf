package matching_test

import (
	"testing"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
)

func TestBool(t *testing.T) {
	const yes, no = `{"match": {"headline": "nurse"}}`, `{"match": {"headline": "doctor"}}`
	judge(t, []verdict{
		{`{"bool": {}}`, true},
		{`{"bool": {"must": ` + yes + `}}`, true},
		{`{"bool": {"must": [` + yes + `,` + no + `]}}`, false},
		{`{"bool": {"filter": [` + yes + `], "must": []}}`, true},
		{`{"bool": {"filter": ` + no + `}}`, false},
		{`{"bool": {"must_not": ` + yes + `}}`, false},
		{`{"bool": {"must_not": [` + no + `]}}`, true},
		{`{"bool": {"should": [` + no + `,` + yes + `]}}`, true},
		{`{"bool": {"should": [` + no + `]}}`, false},
		{`{"bool": {"should": [` + no + `], "must": ` + yes + `}}`, true}, // optional beside must
		{`{"bool": {"should": [` + no + `], "filter": ` + yes + `, "minimum_should_match": 1}}`, false},
		{`{"bool": {"should": [` + yes + `,` + yes + `,` + no + `], "minimum_should_match": 2}}`, true},
		{`{"bool": {"should": [` + yes + `,` + yes + `,` + no + `], "minimum_should_match": "3"}}`, false},
		{`{"bool": {"should": [` + yes + `,` + yes + `,` + no + `], "minimum_should_match": -1}}`, true},
		{`{"bool": {"should": [` + yes + `,` + no + `,` + no + `], "minimum_should_match": "-33%"}}`, false},
		{`{"bool": {"should": [` + no + `], "minimum_should_match": 0}}`, false},
		{`{"bool": {"filter": ` + yes + `, "minimum_should_match": 1}}`, false}, // cannot be met
		{`{"bool": {"must": ` + yes + `, "boost": 1.5, "_name": "x", "adjust_pure_negative": true}}`, true},
		{`{"constant_score": {"filter": ` + yes + `, "boost": 1.2}}`, true},
		{`{"constant_score": {"filter": ` + no + `}}`, false},
		{`{"dis_max": {"queries": [` + no + `,` + yes + `], "tie_breaker": 0.7}}`, true},
		{`{"dis_max": {"queries": [` + no + `]}}`, false},
	})
	refuse[*matching.UnsupportedError](t, []refusal{
		{`{"bool": {"adjust_pure_negative": false}}`, "adjust_pure_negative"},
		{`{"bool": {"mustnt": []}}`, "bool.mustnt"},
	})
	refuse[*matching.InvalidError](t, []refusal{
		{`{"bool": {"must": [1]}}`, "bool.must[0]"},
		{`{"bool": {"must": "x"}}`, "bool.must: "},
		{`{"bool": {"minimum_should_match": []}}`, "minimum_should_match"},
		{`{"bool": []}`, "an object is expected"},
		{`{"constant_score": {}}`, "filter is missing"},
		{`{"dis_max": {}}`, "queries is missing"},
	})
}
