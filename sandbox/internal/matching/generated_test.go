package matching_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
	"github.com/pronet-go/pronet/sandbox/internal/people"
)

var testTime = time.Date(2026, time.January, 15, 12, 0, 0, 0, time.UTC)

func generated(n int) []*people.Person {
	return people.Generate(7, n, testTime)
}

// rows is where a dataset keeps positions and what it calls some fields.
var rows = map[people.Dataset]struct{ jobs, title, name, country string }{
	people.V1:          {"member_experience_collection", "title", "name", "country"},
	people.Base:        {"experience", "title", "full_name", "country"},
	people.Clean:       {"experience", "title", "full_name", "location_country"},
	people.MultiSource: {"experience", "position_title", "full_name", "location_country"},
}

func quote(t testing.TB, s string) string {
	t.Helper()
	quoted, err := json.Marshal(s)
	require.NoError(t, err)
	return string(quoted)
}

func TestEveryoneIsFoundByTheirOwnData(t *testing.T) {
	for ds, in := range rows {
		for _, p := range generated(120) {
			clauses := []string{
				`{"match_phrase": {"` + in.name + `": ` + quote(t, p.Name()) + `}}`,
				`{"term": {"` + in.name + `.exact": ` + quote(t, p.Name()) + `}}`,
				fmt.Sprintf(`{"term": {"id": %d}}`, p.ID),
				fmt.Sprintf(`{"query_string": {"query": "id:%d AND NOT id:%d"}}`, p.ID, p.ID+1),
				`{"exists": {"field": "` + in.country + `"}}`,
			}
			filters := []string{`{"` + in.name + `": ` + quote(t, p.Name()) + `}`}
			if title := p.Title(); title != "" {
				field, today := in.jobs+"."+in.title, "2026-01-15"
				if ds == people.MultiSource {
					today = "January 2026" // the format in its mapping
				}
				clauses = append(clauses,
					inNested(in.jobs, `{"match": {"`+field+`": {"query": `+quote(t, title)+`, "operator": "and"}}}`),
					inNested(in.jobs, `{"match_phrase": {"`+field+`": `+quote(t, title)+`}}`),
					inNested(in.jobs, `{"bool": {"must": [{"term": {"`+field+`.exact": `+quote(t, title)+`}},
						{"term": {"`+in.jobs+`.company_name.exact": `+quote(t, p.Company())+`}}, {"bool": {"must_not": {"term": {"`+in.jobs+`.deleted": 1}}}}],
						"must_not": {"exists": {"field": "`+in.jobs+`.date_to"}}}}`),
					inNested(in.jobs, `{"query_string": {"default_field": "`+field+`", "query": `+quote(t, `"`+title+`"`)+`}}`),
					inNested(in.jobs, `{"range": {"`+in.jobs+`.date_from": {"lte": "`+today+`"}}}`),
				)
				filters = append(filters, `{"active_experience": true, "experience_title": `+quote(t, `"`+title+`"`)+
					`, "experience_company_exact_name": `+quote(t, p.Company())+`, "experience_deleted": false}`)
			} else {
				filters = append(filters, `{"active_experience": false}`)
			}
			for _, clause := range clauses {
				q, err := matching.ParseQueryOf(ds, json.RawMessage(clause))
				require.NoError(t, err, clause)
				assert.True(t, q.Matches(p.Document(ds)), "%s of %d: %s", ds, p.ID, clause)
			}
			if in.country != "country" {
				filters = nil // these datasets have none
			}
			for _, filter := range filters {
				q, err := matching.ParseFilters(ds, json.RawMessage(filter))
				require.NoError(t, err, filter)
				assert.True(t, q.Matches(p.Document(ds)), "%s of %d: %s", ds, p.ID, filter)
			}
		}
	}
}

func TestAQueryDividesPeople(t *testing.T) {
	all := generated(300)
	for _, clause := range []string{
		`{"term": {"is_parent": 1}}`,
		`{"match": {"headline": "senior"}}`,
		inNested("experience", `{"match_phrase": {"experience.title": "software engineer"}}`),
		`{"range": {"connections_count": {"gte": 300}}}`,
	} {
		q, err := matching.ParseQuery(json.RawMessage(clause))
		require.NoError(t, err)
		found := 0
		for _, p := range all {
			if q.Matches(p.Document(people.Base)) {
				found++
			}
		}
		assert.True(t, found > 0 && found < len(all), "%s finds %d", clause, found)
	}
}

// randomClause draws a clause of any kind, at most depth levels deep.
func randomClause(r *rand.Rand, depth int) string {
	words := []string{"senior", "manager", "engineer", "data", "nurse", "head of", "software engineer"}
	word := words[r.IntN(len(words))]
	kinds := []string{
		`{"match": {"headline": "` + word + `"}}`,
		`{"match_phrase": {"headline": "` + word + `"}}`,
		`{"term": {"is_parent": 1}}`,
		`{"range": {"experience_count": {"gte": ` + fmt.Sprint(r.IntN(8)) + `}}}`,
		`{"exists": {"field": "summary"}}`,
		`{"wildcard": {"headline": "` + word[:2] + `*"}}`,
		`{"query_string": {"default_field": "headline", "query": "` + word + ` OR director"}}`,
		inNested("experience", `{"match": {"experience.title": "`+word+`"}}`),
	}
	if depth == 0 || r.IntN(3) == 0 {
		return kinds[r.IntN(len(kinds))]
	}
	parts := make([]string, 1+r.IntN(3))
	for i := range parts {
		parts[i] = randomClause(r, depth-1)
	}
	occurrence := []string{"must", "should", "must_not", "filter"}[r.IntN(4)]
	return `{"bool": {"` + occurrence + `": [` + strings.Join(parts, ",") + `]}}`
}

func TestBoolKeepsDeMorgansLaws(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	all := generated(40)
	parse := func(clause string) matching.Query {
		q, err := matching.ParseQuery(json.RawMessage(clause))
		require.NoError(t, err, clause)
		return q
	}
	for range 60 {
		a, b := randomClause(r, 3), randomClause(r, 3)
		notA, notB := `{"bool": {"must_not": `+a+`}}`, `{"bool": {"must_not": `+b+`}}`
		pairs := [][2]string{
			{`{"bool": {"must_not": {"bool": {"must": [` + a + `,` + b + `]}}}}`, `{"bool": {"should": [` + notA + `,` + notB + `]}}`},
			{`{"bool": {"must_not": {"bool": {"should": [` + a + `,` + b + `]}}}}`, `{"bool": {"must": [` + notA + `,` + notB + `]}}`},
			{`{"bool": {"must_not": ` + notA + `}}`, a},
			{`{"bool": {"should": [` + a + `,` + b + `], "minimum_should_match": 2}}`, `{"bool": {"filter": [` + a + `,` + b + `]}}`},
			{`{"dis_max": {"queries": [` + a + `,` + b + `]}}`, `{"bool": {"should": [` + b + `,` + a + `]}}`},
		}
		for _, pair := range pairs {
			left, right := parse(pair[0]), parse(pair[1])
			for _, p := range all {
				doc := p.Document(people.Base)
				require.Equal(t, left.Matches(doc), right.Matches(doc), "%s\n%s", pair[0], pair[1])
			}
		}
	}
}
