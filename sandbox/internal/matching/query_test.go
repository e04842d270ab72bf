package matching_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// nurse is a small record in the shape of Base.
const nurse = `{
	"id": 123456789, "is_parent": 1, "deleted": 0, "full_name": "Mary-Ann O'Neil", "headline": "Senior Nurse at Lakeside Health",
	"summary": null, "country": "United States", "country_iso_2": "US", "location": "Austin, Texas, United States",
	"created_at": "2023-01-15T12:00:00Z", "updated_at": "2026-01-01T08:30:00Z", "connections_count": 500, "public_profile_id": "77",
	"shorthand_names": ["mary-ann-oneil", "maoneil"], "inferred_skills": ["Patient Care", "Node.js", "First Aid"],
	"regions": [{"region": "Americas"}],
	"experience": [
		{"title": "Senior Nurse", "company_name": "Lakeside Health", "company_id": 42, "date_from": "March 2021", "date_to": null, "is_current": 1, "deleted": 0},
		{"title": "Nurse", "company_name": "Hill Clinic", "company_id": null, "date_from": "2018", "date_to": "February 2021", "is_current": 0, "deleted": 1}
	],
	"education": [], "projects": [],
	"member_skills_collection": [{"skill_id": 5, "deleted": 1, "member_skill_list": {"id": 5, "skill": "Wound Care"}}],
	"member_languages_collection": [{"language_id": 1, "member_language_proficiency_list": {}}]
}`

func document(t testing.TB, text string) map[string]any {
	t.Helper()
	var doc map[string]any
	require.NoError(t, json.Unmarshal([]byte(text), &doc))
	return doc
}

// verdict is what a clause is expected to say of the nurse.
type verdict struct {
	clause string
	want   bool
}

func judge(t *testing.T, verdicts []verdict) {
	t.Helper()
	doc := document(t, nurse)
	for _, v := range verdicts {
		q, err := matching.ParseQuery(json.RawMessage(v.clause))
		if assert.NoError(t, err, v.clause) {
			assert.Equal(t, v.want, q.Matches(doc), v.clause)
		}
	}
}

func inNested(path, clause string) string {
	return `{"nested": {"path": "` + path + `", "query": ` + clause + `}}`
}

// refusal is a clause and the kind of error it is expected to give.
type refusal struct {
	clause string
	reason string // part of the message
}

func refuse[E error](t *testing.T, refusals []refusal) {
	t.Helper()
	for _, r := range refusals {
		q, err := matching.ParseQuery(json.RawMessage(r.clause))
		assert.Nil(t, q, r.clause)
		var kind E
		if assert.ErrorAs(t, err, &kind, r.clause) {
			assert.ErrorContains(t, err, r.reason, r.clause)
		}
	}
}

func TestParseQueryRefusesWhatIsNotAClause(t *testing.T) {
	refuse[*matching.InvalidError](t, []refusal{
		{``, "not JSON"},
		{`{`, "not JSON"},
		{`[]`, "an object is expected"},
		{`{}`, "exactly one key"},
		{`{"match_all": {}, "term": {"id": 1}}`, "exactly one key"},
		{`{"match_all": {}} x`, "not JSON"},
		{`{"match_everything": {}}`, `unknown query "match_everything"`},
		{`{"match_all": []}`, "match_all: an object is expected"},
		{`{"term": {"id": 1, "id": 2}}`, `duplicate key "id"`},
		{`{"bool": {"must": [{"term": {"id": null}}]}}`, "bool.must[0].term.id.value"},
	})
}

func TestParseQueryRefusesWhatItCannotEvaluate(t *testing.T) {
	refuse[*matching.UnsupportedError](t, []refusal{
		{`{"function_score": {}}`, "function_score"},
		{`{"fuzzy": {"headline": "nurse"}}`, "fuzzy"},
		{`{"more_like_this": {}}`, "does not evaluate"},
		{`{"match_all": {"x": 1}}`, "match_all.x"},
	})
}

func TestFieldsAreSortedAndOnce(t *testing.T) {
	q, err := matching.ParseQuery(json.RawMessage(`{"bool": {
		"must": [{"match": {"headline": "nurse"}}, {"term": {"full_name.exact": "x"}}, {"match": {"headline": "x"}}],
		"must_not": {"exists": {"field": "summary"}},
		"filter": {"nested": {"path": "experience", "query": {"range": {"experience.date_from": {"gte": "2020"}}}}},
		"should": {"query_string": {"query": "country:France", "default_field": "industry"}}}}`))
	require.NoError(t, err)
	assert.Equal(t, []string{"country", "experience", "experience.date_from", "full_name.exact", "headline", "industry", "summary"}, q.Fields())
}

func TestFieldsCannotBeChangedFromOutside(t *testing.T) {
	q, err := matching.ParseQuery(json.RawMessage(`{"term": {"id": 1}}`))
	require.NoError(t, err)
	q.Fields()[0] = "x"
	assert.Equal(t, []string{"id"}, q.Fields())
}
