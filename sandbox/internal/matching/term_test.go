package matching_test

import (
	"testing"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
)

func TestTerm(t *testing.T) {
	judge(t, []verdict{
		{`{"term": {"id": 123456789}}`, true},
		{`{"term": {"id": "123456789"}}`, true},
		{`{"term": {"id": 1}}`, false},
		{`{"term": {"is_parent": {"value": 1, "boost": 2}}}`, true},
		{`{"term": {"headline": "nurse"}}`, true},
		{`{"term": {"headline": "Nurse"}}`, false}, // the words of the field are in lower case
		{`{"term": {"headline": {"value": "Nurse", "case_insensitive": true}}}`, true},
		{`{"term": {"headline": "senior nurse"}}`, false}, // no word has a space
		{`{"term": {"headline.exact": "Senior Nurse at Lakeside Health"}}`, true},
		{`{"term": {"headline.exact": "senior nurse at lakeside health"}}`, false},
		{`{"term": {"headline.exact": {"value": "senior nurse at lakeside health", "case_insensitive": true}}}`, true},
		{`{"term": {"country": "United States"}}`, true},
		{`{"term": {"country": "united"}}`, false},
		{`{"term": {"country_iso_2": "US"}}`, true},
		{`{"term": {"shorthand_names.exact": "maoneil"}}`, true},
		{`{"term": {"created_at": "2023-01-15"}}`, true},
		{`{"term": {"created_at": "2023"}}`, false}, // the first day of the year
		{`{"terms": {"id": [1, 123456789]}}`, true},
		{`{"terms": {"id": [1, "2"]}}`, false},
		{`{"terms": {"id": []}}`, false},
		{`{"terms": {"headline": ["doctor", "nurse"], "boost": 1}}`, true},
		{`{"ids": {"values": [123456789]}}`, true},
		{`{"ids": {"values": ["123456789", 5]}}`, true},
		{`{"ids": {"values": [5]}}`, false},
	})
	refuse[*matching.UnsupportedError](t, []refusal{
		{`{"terms": {"id": {"index": "people", "id": "1", "path": "friends"}}}`, "terms lookup"},
		{`{"term": {"is_parent": false}}`, "term.is_parent"},
	})
	refuse[*matching.MappingError](t, []refusal{
		{`{"terms": {"created_at": ["x"]}}`, "terms.created_at[0]"},
	})
	refuse[*matching.InvalidError](t, []refusal{
		{`{"term": {"id": {"value": null}}}`, "a string or a number is expected"},
		{`{"term": {"headline": {"value": "x", "case_insensitive": "yes"}}}`, "true or false is expected"},
		{`{"terms": {"id": 5}}`, "a list is expected"},
		{`{"terms": {"id": [1], "deleted": [0]}}`, "exactly one field"},
		{`{"terms": {"id": [[1]]}}`, "terms.id[0]"},
		{`{"terms": {"": ["x"]}}`, "field name"},
		{`{"terms": 1}`, "an object is expected"},
		{`{"ids": {}}`, "values is missing"},
		{`{"ids": {"values": [{}]}}`, "ids.values[0]"},
	})
}
