package matching_test

import (
	"testing"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
)

func TestRange(t *testing.T) {
	judge(t, []verdict{
		{`{"range": {"connections_count": {"gte": 500}}}`, true},
		{`{"range": {"connections_count": {"gt": 500}}}`, false},
		{`{"range": {"connections_count": {"gt": 499, "lte": 500}}}`, true},
		{`{"range": {"connections_count": {"lt": 500}}}`, false},
		{`{"range": {"connections_count": {"gte": "10", "lt": "501"}}}`, true},
		{`{"range": {"connections_count": {}}}`, true},
		{`{"range": {"connections_count": {"gte": null, "lte": 500, "boost": 1}}}`, true},
		{`{"range": {"public_profile_id": {"lt": 100}}}`, true}, // a number in a string
		{`{"range": {"summary": {"gte": 1}}}`, false},
		{`{"range": {"headline": {"gte": 1}}}`, false},
		{`{"range": {"connections_count": {"gte": "2020-01-01"}}}`, false},

		{`{"range": {"updated_at": {"gte": "2026-01-01"}}}`, true},
		{`{"range": {"updated_at": {"gt": "2026-01-01"}}}`, false}, // after that day
		{`{"range": {"updated_at": {"gt": "2026-01-01 08:29:59"}}}`, true},
		{`{"range": {"updated_at": {"lte": "2026-01-01"}}}`, true}, // up to the end of that day
		{`{"range": {"updated_at": {"lt": "2026-01-01"}}}`, false},
		{`{"range": {"updated_at": {"lte": "2026-01-01T08:30:00+00:00"}}}`, true},
		{`{"range": {"updated_at": {"lt": "2026-01-01T08:30:00Z"}}}`, false},
		{`{"range": {"updated_at": {"lt": "2026-01-01T08:31", "format": "strict_date_optional_time"}}}`, true},
		{`{"range": {"updated_at": {"gte": 2025}}}`, true},
		{`{"range": {"updated_at": {"gte": "2025-06", "lte": "2027"}}}`, true},

		{inNested("experience", `{"range": {"experience.date_from": {"gte": "2021-01-01"}}}`), true},
		{inNested("experience", `{"range": {"experience.date_from": {"gt": "April 2021"}}}`), false},
		{inNested("experience", `{"range": {"experience.date_from": {"lt": "2019"}}}`), true},
		{inNested("experience", `{"range": {"experience.date_from": {"lte": "2018"}}}`), true},
		{inNested("experience", `{"range": {"experience.date_to": {"gte": "March 2021"}}}`), false},
		{inNested("experience", `{"range": {"experience.date_to": {"gte": "February 2021", "lte": "Feb 2021"}}}`), true},
	})
	refuse[*matching.UnsupportedError](t, []refusal{
		{`{"range": {"updated_at": {"gte": "now-1d/d"}}}`, "date arithmetic"},
		{`{"range": {"updated_at": {"gte": "2020-01-01||+1M"}}}`, "date arithmetic"},
		{`{"range": {"updated_at": {"gte": 1700000000000}}}`, "a time given as a number"},
		{`{"range": {"updated_at": {"gte": "2020-01-01", "time_zone": "+01:00"}}}`, "time_zone"},
		{`{"range": {"updated_at": {"gte": "01.02.2020", "format": "dd.MM.yyyy"}}}`, "format"},
		{`{"range": {"headline": {"gte": "a"}}}`, "a range of text"},
	})
	refuse[*matching.InvalidError](t, []refusal{
		{`{"range": {"updated_at": {"gte": {}}}}`, "a string or a number"},
		{`{"range": {"updated_at": 5}}`, "an object is expected"},
		{`{"range": {"updated_at": {"format": 5}}}`, "a string is expected"},
		{`{"range": {"": {}}}`, "field name"},
		{`{"range": []}`, "an object is expected"},
	})
	refuse[*matching.MappingError](t, []refusal{
		{`{"range": {"updated_at": {"gte": "soon"}}}`, "failed to parse date"},
		{`{"range": {"updated_at": {"gte": "2020-01-01", "format": "yyyy"}}}`, "failed to parse date"},
		{`{"range": {"updated_at": {"gte": "2020", "format": "yyyy-MM-dd||yyyy-MM"}}}`, "failed to parse date"},
	})
}

// TestRangeAsBuildersWriteIt: from, to and whether the ends belong to it, up to Elasticsearch 8.
func TestRangeAsBuildersWriteIt(t *testing.T) {
	judge(t, []verdict{
		{`{"range": {"connections_count": {"from": 500, "to": null, "include_lower": true, "include_upper": true}}}`, true},
		{`{"range": {"connections_count": {"from": 500, "to": null, "include_lower": false, "include_upper": true}}}`, false},
		{`{"range": {"connections_count": {"include_lower": false, "from": 500}}}`, false},
		{`{"range": {"connections_count": {"include_lower": false, "from": 499}}}`, true},
		{`{"range": {"connections_count": {"from": null, "to": 500, "include_upper": true}}}`, true},
		{`{"range": {"connections_count": {"from": null, "to": 500, "include_upper": false}}}`, false},
		{`{"range": {"connections_count": {"from": null, "to": 501, "include_upper": false, "boost": 1.0}}}`, true},
		{`{"range": {"connections_count": {"from": null, "to": null}}}`, true},
		{`{"range": {"connections_count": {"from": 100, "to": 499}}}`, false},
		{`{"range": {"updated_at": {"from": "2026-01-01", "to": "2026-01-01", "include_lower": true, "include_upper": true}}}`, true},
		{`{"range": {"updated_at": {"from": "2026-01-01", "include_lower": false}}}`, false}, // after that day
		{`{"range": {"updated_at": {"gte": "2026-01-01", "format": "yyyy-MM-dd"}}}`, true},
		{`{"range": {"updated_at": {"gte": 1767225600000, "format": "epoch_millis"}}}`, true},
		{`{"range": {"updated_at": {"gt": 1767256200000, "format": "yyyy||epoch_millis"}}}`, false},
	})
	refuse[*matching.InvalidError](t, []refusal{
		{`{"range": {"connections_count": {"from": 1, "include_lower": "yes"}}}`, "true or false"},
		{`{"range": {"connections_count": {"from": [1]}}}`, "a string or a number"},
	})
}
