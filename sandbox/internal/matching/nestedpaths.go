package matching

import (
	"slices"

	"github.com/pronet-go/pronet/sandbox/internal/people"
)

// nestedPathsOf are the collections of a dataset's records; of no dataset, those
// of all. Clean's are assumed from its records.
func nestedPathsOf(ds people.Dataset) []string {
	switch ds {
	case people.V1:
		return v1NestedPaths
	case people.Base:
		return slices.Concat(baseNestedPaths, basePathsOfObjects)
	case people.BaseDocumented:
		return baseNestedPaths
	case people.Clean:
		return cleanNestedPaths
	case people.MultiSource, people.MultiSourceDocumented:
		return multiNestedPaths
	default:
		return slices.Concat(v1NestedPaths, baseNestedPaths, basePathsOfObjects, multiNestedPaths)
	}
}

// isNested tells whether a query may look into a collection.
func (p *parser) isNested(path string) bool { return slices.Contains(nestedPathsOf(p.dataset), path) }

// v1NestedPaths: that the lists of words inside V1's rows count as paths of their
// own too is assumed.
var v1NestedPaths = []string{
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

// baseNestedPaths: that the collections which are found in Base's records are its
// nested paths is assumed.
var baseNestedPaths = []string{
	"activity", "also_viewed", "awards", "certifications", "course_suggestions", "courses", "education", "experience", "groups",
	"hidden_details", "interests", "languages", "organizations", "others_named", "patents", "posts_see_more_urls", "projects", "publications",
	"recommendations", "regions", "similar_profiles", "skills", "test_scores", "volunteering_cares", "volunteering_opportunities",
	"volunteering_positions", "volunteering_supports", "websites",
}

// basePathsOfObjects are lists of objects in records as they were found, and lists
// of values in the documents.
var basePathsOfObjects = []string{"historical_ids", "shorthand_names"}

var cleanNestedPaths = []string{"education", "experience"}

// multiNestedPaths are the nested fields of the provider's mapping.
var multiNestedPaths = []string{
	"activity", "awards", "certifications", "courses", "education", "experience", "experience.company_stock_ticker",
	"experience_recently_closed", "experience_recently_started", "github_repos_summary", "languages", "organizations", "patents",
	"professional_emails_collection", "profile_collection_field_changes_summary", "profile_root_field_changes_summary",
	"projected_additional_salary", "projects", "publications", "recommendations",
	"total_experience_duration_months_breakdown_department", "total_experience_duration_months_breakdown_management_level",
}
