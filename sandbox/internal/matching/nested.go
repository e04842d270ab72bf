package matching

import (
	"encoding/json"
	"slices"
	"strings"
)

// nestedPaths are the collections of the records, V1's and Base's. The lists of
// words inside V1's rows count as paths of their own too, which is assumed.
var nestedPaths = []string{
	"activity", "also_viewed", "awards", "certifications", "course_suggestions", "courses", "education", "experience", "groups", "interests",
	"languages", "organizations", "others_named", "patents", "projects", "publications", "recommendations", "regions", "similar_profiles",
	"test_scores", "volunteering_positions", "websites",

	"member_also_viewed_collection", "member_awards_collection", "member_certifications_collection", "member_courses_collection",
	"member_courses_suggestion_collection", "member_education_collection", "member_experience_collection", "member_groups_collection",
	"member_interests_collection", "member_languages_collection", "member_organizations_collection", "member_patents_collection",
	"member_posts_see_more_urls_collection", "member_projects_collection", "member_publications_collection",
	"member_recommendations_collection", "member_similar_profiles_collection", "member_skills_collection", "member_test_scores_collection",
	"member_volunteering_cares_collection", "member_volunteering_opportunities_collection", "member_volunteering_positions_collection",
	"member_volunteering_supports_collection", "member_websites_collection",

	"member_courses_suggestion_collection.member_courses_suggestion_list", "member_interests_collection.member_interest_list",
	"member_languages_collection.member_language_list", "member_languages_collection.member_language_proficiency_list",
	"member_patents_collection.member_patent_status_list", "member_skills_collection.member_skill_list",
	"member_volunteering_cares_collection.member_volunteering_care_list",
	"member_volunteering_opportunities_collection.member_volunteering_opportunity_list",
	"member_volunteering_positions_collection.member_volunteering_positions_cause_list",
	"member_volunteering_supports_collection.member_volunteering_support_list",
}

// nested holds when one row of a collection meets the condition.
type nested struct {
	path  string
	parts []string
	cond  condition
}

func nestedIn(path string, cond condition) *nested {
	return &nested{path, strings.Split(path, "."), cond}
}

func (n *nested) holds(s scope) bool {
	way := field{parts: n.parts}.relative(s)
	if way == nil {
		return false
	}
	return n.search(s.object, way)
}

// search walks to the rows and tries each.
func (n *nested) search(v any, way []string) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, func(row any) bool { return n.search(row, way) })
	case map[string]any:
		if len(way) > 0 {
			return n.search(v[way[0]], way[1:])
		}
		return n.cond.holds(scope{object: v, path: n.path})
	default:
		return false
	}
}

func (p *parser) nested(path string, raw json.RawMessage) (condition, error) {
	given, err := p.options(path, raw, []string{"path", "query"}, "score_mode", "ignore_unmapped")
	if err != nil {
		return nil, err
	}
	rows, err := stringOf(under(path, "path"), given["path"])
	if err != nil {
		return nil, err
	}
	known := slices.Contains(nestedPaths, rows)
	if !known {
		ignored, err := flagOption(path, given, "ignore_unmapped")
		if err != nil {
			return nil, err
		}
		if !ignored {
			return nil, &InvalidError{under(path, "path"), "unknown nested path"}
		}
	}
	p.used[rows] = true
	cond, err := p.clause(under(path, "query"), given["query"])
	if err != nil {
		return nil, err
	}
	if !known {
		return constant(false), nil
	}
	return nestedIn(rows, cond), nil
}
