package matching_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
	"github.com/pronet-go/pronet/sandbox/internal/people"
)

// pooled is a company of the pool, to test what records do not tell of companies.
func pooled(t *testing.T) people.Company {
	t.Helper()
	for _, c := range people.Companies() {
		if c.EmployeesCount > 50 && c.EmployeesCount < 5000 {
			return c
		}
	}
	t.Fatal("no company of that size")
	return people.Company{}
}

func baseManager(t *testing.T) (map[string]any, people.Company) {
	t.Helper()
	c := pooled(t)
	doc := document(t, `{
		"id": 1, "full_name": "Zoë Tan", "headline": "Product Manager | Agile", "location": "Paris, France", "country": "France",
		"industry": "Information technology", "summary": "Pythonista and speaker", "deleted": 0, "is_hidden": 0,
		"created_at": "2023-01-15T12:00:00Z", "updated_at": "2026-01-01T08:30:00Z", "inferred_skills": ["Agile", "User Research"],
		"certifications": [{"title": "Scrum Master"}],
		"experience": [
			{"title": "Product Manager", "company_name": "X", "company_url": "https://www.linkedin.com/company/x", "company_website": "https://www.x.example", "company_id": 0,
			 "description": "Roadmaps.", "date_from": "March 2021", "date_to": null, "deleted": 0},
			{"title": "Data Engineer", "company_name": "Old Mill", "company_id": null, "date_from": "2018", "date_to": "February 2021", "deleted": 1},
			{"title": "Data Analyst", "company_name": "Attic", "company_id": null, "date_from": "2016", "date_to": null, "deleted": 1}
		],
		"education": [{"institution": "University of Paris", "program": "BSc, Physics", "institution_url": "https://www.linkedin.com/school/paris", "description": "Honours", "date_from_year": 2010, "date_to_year": 2014}]
	}`)
	row := doc["experience"].([]any)[0].(map[string]any)
	row["company_id"], row["company_name"], row["company_url"], row["company_website"] = float64(c.ID), c.Name, c.URL, c.Website
	return doc, c
}

type filtered struct {
	filters any
	want    bool
}

func judgeFilters(t *testing.T, ds people.Dataset, doc map[string]any, cases []filtered) {
	t.Helper()
	for _, c := range cases {
		raw, err := json.Marshal(c.filters)
		require.NoError(t, err)
		q, err := matching.ParseFilters(ds, raw)
		if assert.NoError(t, err, string(raw)) {
			assert.Equal(t, c.want, q.Matches(doc), string(raw))
		}
	}
}

type of = map[string]any

func TestBaseFilters(t *testing.T) {
	doc, c := baseManager(t)
	judgeFilters(t, people.Base, doc, []filtered{
		{of{}, true},
		{of{"full_name": "zoë"}, true},
		{of{"full_name": "Zoë Smith"}, false}, // every word
		{of{"headline": "manager product"}, true},
		{of{"headline": `"manager product"`}, false},
		{of{"headline": `"Product Manager"`}, true},
		{of{"headline": `"Product Manager" AND agile`}, true},
		{of{"headline": `"Product Manager" scrum`}, false},
		{of{"headline": "(Data Engineer) OR (Product Manager)"}, true},
		{of{"headline": "(Data Engineer) OR (Product Owner)"}, false},
		{of{"headline": "(agile) AND NOT (engineer)"}, true},
		{of{"headline": "NOT agile"}, false},
		{of{"headline": "((agile))"}, true},
		{of{"headline": "agile or waterfall"}, false}, // small letters are words
		{of{"industry": "(Information technology) OR Internet"}, true},
		{of{"location": "Paris"}, true},
		{of{"country": "(United States) OR (Canada)"}, false},
		{of{"country": "france"}, true},
		{of{"summary": "Py*"}, true},
		{of{"summary": "Pyt* AND speak*"}, true},
		{of{"summary": "Rub*"}, false},
		{of{"keyword": "roadmaps"}, true},
		{of{"keyword": "physics"}, true},
		{of{"keyword": "scrum"}, true},
		{of{"keyword": "france"}, false},
		{of{"skill": "user research"}, true},
		{of{"skill": "(agile) AND (research)"}, true},
		{of{"skill": "agile research"}, false}, // no single skill
		{of{"inferred_skills": "agile"}, true},
		{of{"certification_title": "master"}, true},
		{of{"deleted": false, "is_hidden": false}, true},
		{of{"deleted": true}, false},
		{of{"created_at_gte": "2023-01-15 12:00:00", "created_at_lte": "2023-01-15 12:00:00"}, true},
		{of{"created_at_gte": "2023-01-15 12:00:01"}, false},
		{of{"updated_at_lte": "2026-01-01"}, true},
		{of{"updated_at_gte": "2026-01-02"}, false},

		{of{"experience_title": "product manager", "active_experience": true}, true},
		{of{"experience_title": "data engineer", "active_experience": true}, false}, // not in one row
		{of{"experience_title": "data engineer", "active_experience": false}, true},
		{of{"experience_title": "data analyst", "active_experience": true}, false}, // open, but deleted
		{of{"experience_title": "data engineer", "experience_deleted": true}, true},
		{of{"experience_title": "data engineer", "experience_deleted": false}, false},
		{of{"experience_company_name": "mill"}, true},
		{of{"experience_company_exact_name": "Old Mill"}, true},
		{of{"experience_company_exact_name": "Mill"}, false},
		{of{"experience_company_id": c.ID}, true},
		{of{"experience_company_id": c.ID + 1}, false},
		{of{"experience_company_website_url": c.Shorthand}, true},
		{of{"experience_company_website_url": "https://" + c.Shorthand + ".example"}, true},
		{of{"experience_company_website_url": "other.example"}, false},
		{of{"experience_company_website_exact_url": c.Shorthand + ".example/"}, true},
		{of{"experience_company_website_exact_url": c.Shorthand}, false},
		{of{"experience_company_professional_network_url": "http://linkedin.com/company/" + c.Shorthand}, true},
		{of{"experience_company_industry": `"` + c.Industry + `"`}, true},
		{of{"experience_company_industry": "fishing"}, false},
		{of{"experience_company_size": c.Size}, true},
		{of{"experience_company_size": `"1-10 employees"`}, false},
		{of{"experience_company_employees_count_gte": c.EmployeesCount, "experience_company_employees_count_lte": c.EmployeesCount}, true},
		{of{"experience_company_employees_count_gte": c.EmployeesCount + 1}, false},
		{of{"experience_description": "roadmaps"}, true},
		{of{"experience_date_from": "March 2021"}, true},
		{of{"experience_date_from": "March 2018"}, false},
		{of{"experience_date_to": "2021"}, true},

		{of{"education_institution_name": "paris", "education_program_name": "physics"}, true},
		{of{"education_institution_exact_name": "University of Paris"}, true},
		{of{"education_institution_professional_network_url": "linkedin.com/school/paris"}, true},
		{of{"education_description": "honours"}, true},
		{of{"education_date_from": "2010", "education_date_to": "2014"}, true},
		{of{"education_date_from": "2011"}, false},
	})
}

func TestV1Filters(t *testing.T) {
	c := pooled(t)
	doc := document(t, `{
		"id": 1, "name": "Zoë Tan", "title": "Product Manager", "location": "Paris, France", "country": "France", "industry": null, "summary": "Pythonista", "deleted": 0,
		"created": "2022-04-27 00:33:19", "last_updated": "2023-04-27 00:33:19",
		"member_skills_collection": [{"deleted": 1, "member_skill_list": {"skill": "User Research"}}],
		"member_certifications_collection": [{"name": "Scrum Master"}],
		"member_education_collection": [{"title": "University of Paris", "subtitle": "BSc", "date_from": "2010", "date_to": null, "school_url": "https://www.linkedin.com/school/paris", "description": "Honours"}],
		"member_experience_collection": [{"title": "Product Manager", "company_name": "X", "company_url": "https://www.linkedin.com/company/x", "company_id": 7, "date_from": "March 2021", "date_to": null, "deleted": 0, "description": "Roadmaps"}]
	}`)
	doc["member_experience_collection"].([]any)[0].(map[string]any)["company_id"] = float64(c.ID)
	judgeFilters(t, people.V1, doc, []filtered{
		{of{"name": "tan", "title": "manager", "location": "france", "country": "France", "deleted": false}, true},
		{of{"industry": "software"}, false},
		{of{"summary": "py*"}, true},
		{of{"keyword": "research"}, true},
		{of{"keyword": "tan"}, false},
		{of{"created_at_gte": "2022-04-27 00:33:19", "created_at_lte": "2022-04-28 00:00:00"}, true},
		{of{"last_updated_lte": "2023-04-27 00:33:18"}, false},
		{of{"last_updated_gte": "2023-04-27 00:33:19"}, true},
		{of{"skill": "research"}, true},
		{of{"certification_name": "scrum"}, true},
		{of{"experience_title": "manager", "active_experience": true, "experience_deleted": false, "experience_description": "roadmaps", "experience_date_from": "2021"}, true},
		{of{"experience_date_to": "2021"}, false},
		{of{"experience_company_id": c.ID, "experience_company_name": "x", "experience_company_exact_name": "X"}, true},
		{of{"experience_company_linkedin_url": "linkedin.com/company/x"}, true},
		{of{"experience_company_professional_network_url": "linkedin.com/company/y"}, false},
		{of{"experience_company_website_url": c.Shorthand, "experience_company_website_exact_url": c.Website}, true},
		{of{"experience_company_website_exact_url": "https://other.example"}, false},
		{of{"experience_company_industry": c.Industry, "experience_company_size": c.Size}, true},
		{of{"experience_company_employees_count_lte": c.EmployeesCount - 1}, false},
		{of{"education_institution_name": "paris", "education_program_name": "bsc", "education_date_from": "2010", "education_description": "honours"}, true},
		{of{"education_institution_exact_name": "University of Paris", "education_institution_linkedin_url": "linkedin.com/school/paris"}, true},
		{of{"education_institution_professional_network_url": "linkedin.com/school/rome"}, false},
		{of{"education_date_to": "2014"}, false},
	})
}

func TestParseFiltersRefuses(t *testing.T) {
	for _, c := range []struct {
		ds          people.Dataset
		filters     string
		unsupported bool // otherwise invalid
		reason      string
	}{
		{people.Base, `{"name": "x"}`, true, "at name: unknown filter"},
		{people.V1, `{"full_name": "x"}`, true, "unknown filter"},
		{people.V1, `{"is_hidden": true}`, true, "unknown filter"},
		{"clean", `{}`, true, "no search filters"},
		{people.Base, `{"headline": "a OR b AND c"}`, true, "mixed without parentheses"},
		{people.Base, `{"headline": "Py*"}`, true, "in summary"},
		{people.Base, `{"summary": "P*y"}`, true, "in summary"},
		{people.Base, `{"experience_company_exact_name": "(A) OR (B)"}`, true, "exact filter"},
		{people.V1, `{"experience_company_website_exact_url": "\"a\""}`, true, "exact filter"},
		{people.Base, `{"education_date_from": "May 2010"}`, true, "other than a year"},
		{people.Base, `{"created_at_gte": "now-1d"}`, true, "date arithmetic"},
		{people.Base, `[]`, false, "an object is expected"},
		{people.Base, `{`, false, "not JSON"},
		{people.Base, `{"headline": "a", "headline": "b"}`, false, "duplicate key"},
		{people.Base, `{"headline": 5}`, false, "a string is expected"},
		{people.Base, `{"headline": null}`, false, "a string is expected"},
		{people.Base, `{"headline": ""}`, false, "a word is missing"},
		{people.Base, `{"headline": "&"}`, false, "without words"},
		{people.Base, `{"headline": "\"&\""}`, false, "without words"},
		{people.Base, `{"headline": "(a"}`, false, "not closed"},
		{people.Base, `{"headline": "a)"}`, false, "not opened"},
		{people.Base, `{"headline": "\"a"}`, false, "quote that is not closed"},
		{people.Base, `{"headline": "a AND"}`, false, "a word is missing"},
		{people.Base, `{"headline": "OR a"}`, false, "a word is missing"},
		{people.Base, `{"headline": "()"}`, false, "a word is missing"},
		{people.Base, `{"deleted": 1}`, false, "true or false"},
		{people.Base, `{"active_experience": "yes"}`, false, "true or false"},
		{people.Base, `{"experience_company_id": "42"}`, false, "whole number"},
		{people.Base, `{"experience_company_employees_count_gte": 1.5}`, false, "whole number"},
		{people.Base, `{"created_at_gte": "soon"}`, false, "failed to parse date"},
		{people.Base, `{"created_at_gte": 5}`, false, "a string is expected"},
		{people.Base, `{"experience_company_exact_name": " "}`, false, "empty"},
		{people.Base, `{"experience_company_exact_name": 1}`, false, "a string is expected"},
		{people.Base, `{"education_date_to": 2010}`, false, "a string is expected"},
	} {
		q, err := matching.ParseFilters(c.ds, json.RawMessage(c.filters))
		assert.Nil(t, q, c.filters)
		assert.ErrorContains(t, err, c.reason, c.filters)
		if c.unsupported {
			var e *matching.UnsupportedError
			assert.ErrorAs(t, err, &e, c.filters)
		} else {
			var e *matching.InvalidError
			assert.ErrorAs(t, err, &e, c.filters)
		}
	}
}

func TestFilterFieldsAreFieldsOfTheRecord(t *testing.T) {
	q, err := matching.ParseFilters(people.Base, json.RawMessage(
		`{"experience_title": "nurse", "experience_company_industry": "health", "active_experience": true, "created_at_gte": "2020-01-01"}`))
	require.NoError(t, err)
	assert.Equal(t, []string{"created_at", "experience.company_id", "experience.date_to", "experience.deleted", "experience.title"}, q.Fields())
}
