package matching_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
	"github.com/pronet-go/pronet/sandbox/internal/people"
)

// What a query finds among people, or how it is refused.
const (
	everybody   = "everybody"
	some        = "some"
	nobody      = "nobody"
	badRequest  = "400" // the index refuses it
	unsupported = "unsupported"
)

func TestValuesAreHeldAgainstTheMapping(t *testing.T) {
	all := generated(150)
	for _, c := range []struct {
		ds     people.Dataset
		clause string
		want   string
	}{
		// Months of Multi-source: the format is MMMM uuuu||uuuu.
		{people.MultiSource, inNested("experience", `{"range": {"experience.date_from": {"gte": "2020-01-01"}}}`), badRequest},
		{people.MultiSource, inNested("experience", `{"range": {"experience.date_from": {"gte": "2020-01"}}}`), badRequest},
		{people.MultiSource, inNested("experience", `{"range": {"experience.date_from": {"gte": "Mar 2020"}}}`), badRequest},
		{people.MultiSource, inNested("experience", `{"range": {"experience.date_from": {"gte": "march 2020"}}}`), badRequest},
		{people.MultiSource, inNested("experience", `{"range": {"experience.date_from": {"gte": 1577836800000}}}`), badRequest},
		{people.MultiSource, inNested("experience", `{"range": {"experience.date_from": {"from": "2020-01-01", "to": null}}}`), badRequest},
		{people.MultiSource, inNested("experience", `{"range": {"experience.date_from": {"gte": "March 2020", "format": "yyyy-MM-dd"}}}`), badRequest},
		{people.MultiSource, inNested("experience", `{"range": {"experience.date_from": {"gte": "2024-06-01", "format": "yyyy-MM-dd"}}}`), some},
		{people.MultiSource, inNested("experience", `{"range": {"experience.date_from": {"gte": "2020-01-01||+1M"}}}`), unsupported},
		{people.MultiSource, inNested("experience", `{"range": {"experience.date_from": {"gte": "June 2024"}}}`), some},
		{people.MultiSource, inNested("experience", `{"range": {"experience.date_from": {"gte": "1900"}}}`), everybody},
		{people.MultiSource, inNested("experience", `{"range": {"experience.date_from": {"gte": 1900}}}`), everybody},
		{people.MultiSource, inNested("experience", `{"range": {"experience.date_from": {"gte": null}}}`), everybody},
		{people.MultiSource, inNested("experience", `{"match": {"experience.date_from": "yesterday"}}`), badRequest},
		{people.MultiSource, inNested("experience", `{"match": {"experience.date_from": {"query": "yesterday", "lenient": true}}}`), nobody},
		{people.MultiSource, inNested("experience", `{"term": {"experience.date_from": "2020-03-01"}}`), badRequest},
		{people.MultiSource, inNested("experience", `{"terms": {"experience.date_from": ["March 2020", "soon"]}}`), badRequest},
		{people.MultiSource, inNested("experience", `{"wildcard": {"experience.date_from": "March*"}}`), badRequest},
		{people.MultiSource, inNested("experience", `{"prefix": {"experience.date_from": "March"}}`), badRequest},
		{people.MultiSource, inNested("experience", `{"query_string": {"query": "experience.date_from:[2020-01-01 TO *]"}}`), badRequest},
		{people.MultiSource, inNested("experience", `{"query_string": {"query": "experience.date_from:[1900 TO *]"}}`), everybody},
		{people.MultiSource, inNested("experience", `{"exists": {"field": "experience.date_from"}}`), everybody},
		{people.MultiSource, inNested("experience_recently_started", `{"range": {"experience_recently_started.date_from": {"gte": "January 2020"}}}`), badRequest},
		{people.MultiSource, inNested("experience_recently_started", `{"range": {"experience_recently_started.date_from": {"gte": "Jan 2020"}}}`), some},
		{people.MultiSource, inNested("profile_root_field_changes_summary", `{"range": {"profile_root_field_changes_summary.last_changed_at": {"gte": "2020-01-01"}}}`), badRequest},
		{people.MultiSource, inNested("profile_root_field_changes_summary", `{"range": {"profile_root_field_changes_summary.last_changed_at": {"gte": "2020-01-01 00:00:00.000000"}}}`), everybody},
		{people.MultiSourceDocumented, inNested("experience", `{"range": {"experience.date_from": {"gte": "2020-01-01"}}}`), badRequest},
		// Its times: the default format.
		{people.MultiSource, `{"range": {"updated_at": {"gte": "2020-01-01"}}}`, everybody},
		{people.MultiSource, `{"range": {"updated_at": {"gte": 1577836800000}}}`, everybody},
		{people.MultiSource, `{"range": {"updated_at": {"lt": 1577836800000}}}`, nobody},
		{people.MultiSource, `{"range": {"updated_at": {"gte": "January 2020"}}}`, badRequest},
		{people.MultiSource, `{"range": {"updated_at": {"gte": "2020-01-01 00:00:00"}}}`, badRequest},
		{people.MultiSource, `{"match": {"updated_at": "soon"}}`, badRequest},
		// Numbers.
		{people.MultiSource, `{"match": {"id": "not a number"}}`, badRequest},
		{people.MultiSource, `{"match": {"id": "12345678"}}`, nobody},
		{people.MultiSource, `{"term": {"is_working": "abc"}}`, badRequest},
		{people.MultiSource, `{"term": {"is_working": true}}`, badRequest},
		{people.MultiSource, `{"term": {"is_working": "1"}}`, some},
		{people.MultiSource, `{"term": {"is_working": 1.5}}`, nobody},
		{people.MultiSource, `{"terms": {"is_working": [1, "abc"]}}`, badRequest},
		{people.MultiSource, `{"match_phrase": {"connections_count": "10 20"}}`, badRequest},
		{people.MultiSource, `{"match_phrase_prefix": {"connections_count": "10"}}`, badRequest},
		{people.MultiSource, `{"multi_match": {"query": "manager", "fields": ["headline", "connections_count"]}}`, badRequest},
		{people.MultiSource, `{"multi_match": {"query": "manager", "fields": ["headline", "connections_count"], "lenient": true}}`, some},
		{people.MultiSource, `{"wildcard": {"id": "12*"}}`, badRequest},
		{people.MultiSource, `{"prefix": {"id": "12"}}`, badRequest},
		{people.MultiSource, `{"regexp": {"id": "12.*"}}`, badRequest},
		{people.MultiSource, `{"query_string": {"query": "id:12*"}}`, badRequest},
		{people.MultiSource, `{"query_string": {"query": "id:*"}}`, everybody},
		{people.MultiSource, `{"query_string": {"query": "connections_count:>many"}}`, badRequest},
		{people.MultiSource, `{"query_string": {"query": "connections_count:many", "lenient": true}}`, nobody},
		{people.MultiSource, `{"simple_query_string": {"query": "manager", "fields": ["headline", "id"]}}`, badRequest},
		{people.MultiSource, `{"simple_query_string": {"query": "12*", "fields": ["id"]}}`, badRequest},
		{people.MultiSource, `{"range": {"connections_count": {"gte": "many"}}}`, badRequest},
		{people.MultiSource, `{"range": {"connections_count": {"gte": "2020-01-01"}}}`, badRequest},
		{people.MultiSource, `{"range": {"connections_count": {"gte": true}}}`, badRequest},
		{people.MultiSource, `{"range": {"connections_count": {"gte": "10"}}}`, some},
		{people.MultiSource, inNested("experience", `{"term": {"experience.company_employees_count": "11-50"}}`), badRequest},
		{people.MultiSource, `{"ids": {"values": ["x"]}}`, nobody},
		// Text and keywords take any value, and sub-fields are those of the mapping.
		{people.MultiSource, `{"match": {"headline": 5}}`, nobody},
		{people.MultiSource, `{"wildcard": {"location_country": "*"}}`, everybody},
		{people.MultiSource, `{"exists": {"field": "full_name.exact"}}`, everybody},
		{people.MultiSource, `{"exists": {"field": "full_name.keyword"}}`, nobody},
		{people.MultiSource, `{"exists": {"field": "headline.exact"}}`, nobody},
		{people.MultiSource, `{"wildcard": {"location_country.exact": "*"}}`, nobody},
		{people.MultiSource, `{"match_phrase_prefix": {"full_name.exact": "A"}}`, badRequest},
		// The others have numbers where their records have them.
		{people.Base, `{"match": {"id": "abc"}}`, badRequest},
		{people.Base, `{"term": {"is_parent": "yes"}}`, badRequest},
		{people.Base, `{"term": {"public_profile_id": "abc"}}`, nobody},
		{people.Base, inNested("experience", `{"range": {"experience.date_from_year": {"gte": "long ago"}}}`), badRequest},
		{people.Base, inNested("experience", `{"range": {"experience.date_from": {"gte": "2024-06-01"}}}`), some}, // not known to be a date
		{people.Base, inNested("experience", `{"exists": {"field": "experience.title.keyword"}}`), everybody},
		{people.V1, `{"match": {"connections_count": "many"}}`, badRequest},
		{people.V1, `{"match": {"connections": "many"}}`, nobody},
		{people.V1, inNested("member_skills_collection", `{"term": {"member_skills_collection.member_skill_list.id": "x"}}`), badRequest},
		{people.Clean, `{"term": {"is_working": "yes"}}`, badRequest},
		{people.Clean, `{"match": {"last_updated": "yesterday"}}`, badRequest},
	} {
		q, err := matching.ParseQueryOf(c.ds, json.RawMessage(c.clause))
		got := nobody
		_, isUnsupported := errors.AsType[*matching.UnsupportedError](err)
		switch _, refused := errors.AsType[*matching.MappingError](err); {
		case refused:
			got = badRequest
		case isUnsupported:
			got = unsupported
		default:
			require.NoError(t, err, c.clause)
			found := 0
			for _, p := range all {
				if q.Matches(p.Document(c.ds)) {
					found++
				}
			}
			switch found {
			case 0:
			case len(all):
				got = everybody
			default:
				got = some
			}
		}
		assert.Equal(t, c.want, got, "%s: %s", c.ds, c.clause)
	}
}

// TestCollectionsThatWereFoundInBase: those lists of objects are nested, and skills are found in them.
func TestCollectionsThatWereFoundInBase(t *testing.T) {
	all := people.Generate(7, 300, testTime)
	for _, clause := range []string{
		inNested("skills", `{"bool": {"should": [{"match_phrase": {"skills.skill": "python"}}], "minimum_should_match": 1}}`),
		inNested("shorthand_names", `{"prefix": {"shorthand_names.shorthand_name": "a"}}`),
		inNested("historical_ids", `{"range": {"historical_ids.id": {"gte": 300000000}}}`),
		inNested("volunteering_cares", `{"match": {"volunteering_cares.care": "education"}}`),
		inNested("posts_see_more_urls", `{"exists": {"field": "posts_see_more_urls.url"}}`),
		inNested("interests", `{"match": {"interests.interest": "chess"}}`),
		inNested("experience", `{"exists": {"field": "experience.deleted_at"}}`),
		inNested("websites", `{"exists": {"field": "websites.personal_website"}}`),
	} {
		q, err := matching.ParseQueryOf(people.Base, json.RawMessage(clause))
		require.NoError(t, err, clause)
		found := 0
		for _, p := range all {
			if q.Matches(p.Document(people.Base)) {
				found++
			}
		}
		assert.True(t, found > 0 && found < len(all), "%s finds %d", clause, found)
	}
}
