package matching_test

import (
	"testing"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
)

func TestNested(t *testing.T) {
	judge(t, []verdict{
		{inNested("experience", `{"match": {"experience.title": "nurse"}}`), true},
		{`{"match": {"experience.title": "nurse"}}`, false}, // rows are nowhere else
		{`{"exists": {"field": "experience.title"}}`, false},
		{`{"exists": {"field": "experience"}}`, false},
		{`{"bool": {"must_not": {"term": {"experience.deleted": 0}}}}`, true},
		{inNested("experience", `{"match": {"headline": "nurse"}}`), false}, // and the record is not in the row
		{inNested("experience", `{"match": {"title": "nurse"}}`), false},
		{inNested("experience", `{"ids": {"values": [123456789]}}`), false},
		{inNested("experience", `{"bool": {"must": [{"term": {"experience.deleted": 0}}, {"match_phrase": {"experience.company_name": "Lakeside Health"}}]}}`), true},
		{inNested("experience", `{"bool": {"must": [{"term": {"experience.deleted": 1}}, {"match_phrase": {"experience.company_name": "Lakeside Health"}}]}}`), false}, // one row must meet all
		{inNested("experience", `{"bool": {"must_not": {"exists": {"field": "experience.date_to"}}}}`), true},
		{inNested("experience", `{"term": {"experience.title.exact": "Senior Nurse"}}`), true},
		{inNested("experience", `{"exists": {"field": "experience"}}`), true},
		{inNested("experience", `{"match_all": {}}`), true},
		{inNested("education", `{"match_all": {}}`), false}, // no rows
		{inNested("certifications", `{"match_all": {}}`), false},
		{inNested("regions", `{"match": {"regions.region": "americas"}}`), true},
		{inNested("member_skills_collection", `{"match_phrase": {"member_skills_collection.member_skill_list.skill": "wound care"}}`), true},
		{inNested("member_skills_collection", `{"exists": {"field": "member_skills_collection.member_skill_list"}}`), true},
		{inNested("member_languages_collection", `{"exists": {"field": "member_languages_collection.member_language_proficiency_list"}}`), false}, // {}
		{inNested("member_skills_collection.member_skill_list", `{"match": {"member_skills_collection.member_skill_list.skill": "wound"}}`), true},
		{inNested("member_skills_collection", inNested("member_skills_collection.member_skill_list", `{"match": {"member_skills_collection.member_skill_list.skill": "wound"}}`)), true},
		{inNested("member_skills_collection", inNested("experience", `{"match_all": {}}`)), false},
		{`{"nested": {"path": "nowhere", "ignore_unmapped": true, "query": {"match_all": {}}}}`, false},
		{`{"nested": {"path": "experience", "score_mode": "max", "ignore_unmapped": false, "query": {"match_all": {}}}}`, true},
	})
	refuse[*matching.InvalidError](t, []refusal{
		{`{"nested": {"path": "experience"}}`, "query is missing"},
		{`{"nested": {"path": 5, "query": {"match_all": {}}}}`, "a string is expected"},
		{`{"nested": {"path": "x", "ignore_unmapped": 1, "query": {"match_all": {}}}}`, "true or false"},
		{inNested("experience", `{}`), "nested.query"},
	})
	refuse[*matching.MappingError](t, []refusal{
		{inNested("experiences", `{"match_all": {}}`), "nested.path: unknown nested path"},
	})
	judge(t, []verdict{
		{`{"nested": {"path": "experience", "inner_hits": {"name": "jobs", "size": 3}, "query": {"match_all": {}}}}`, true},
	})
	refuse[*matching.InvalidError](t, []refusal{
		{`{"nested": {"path": "experience", "inner_hits": 1, "query": {"match_all": {}}}}`, "inner_hits"},
	})
}

func TestExists(t *testing.T) {
	judge(t, []verdict{
		{`{"exists": {"field": "headline"}}`, true},
		{`{"exists": {"field": "headline.exact"}}`, true},
		{`{"exists": {"field": "summary"}}`, false},
		{`{"exists": {"field": "projects"}}`, false},
		{`{"exists": {"field": "inferred_skills"}}`, true},
		{`{"exists": {"field": "nothing"}}`, false},
		{`{"exists": {"field": "headline.words.deep"}}`, false},
	})
	refuse[*matching.InvalidError](t, []refusal{
		{`{"exists": {}}`, "field is missing"},
		{`{"exists": {"field": 1}}`, "a string is expected"},
	})
}
