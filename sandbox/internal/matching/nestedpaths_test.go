package matching_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
	"github.com/pronet-go/pronet/sandbox/internal/people"
)

func TestNestedPathsAreThoseOfTheDataset(t *testing.T) {
	known := map[string][]people.Dataset{
		"experience":                      {people.Base, people.BaseDocumented, people.Clean, people.MultiSource, people.MultiSourceDocumented},
		"education":                       {people.Base, people.BaseDocumented, people.Clean, people.MultiSource, people.MultiSourceDocumented},
		"certifications":                  {people.Base, people.BaseDocumented, people.MultiSource, people.MultiSourceDocumented},
		"member_experience_collection":    {people.V1},
		"regions":                         {people.Base, people.BaseDocumented},
		"experience.company_stock_ticker": {people.MultiSource, people.MultiSourceDocumented},
		"professional_emails_collection":  {people.MultiSource, people.MultiSourceDocumented},
		"skills":                          {people.Base, people.BaseDocumented},
		"volunteering_cares":              {people.Base, people.BaseDocumented},
		"posts_see_more_urls":             {people.Base, people.BaseDocumented},
		"hidden_details":                  {people.Base, people.BaseDocumented},
		"also_viewed":                     {people.Base, people.BaseDocumented},
		"shorthand_names":                 {people.Base},
		"historical_ids":                  {people.Base},
		"inferred_skills":                 nil,
	}
	for path, datasets := range known {
		clause := json.RawMessage(inNested(path, `{"match_all": {}}`))
		for _, ds := range []people.Dataset{people.V1, people.Base, people.BaseDocumented, people.Clean, people.MultiSource, people.MultiSourceDocumented} {
			_, err := matching.ParseQueryOf(ds, clause)
			if assert.Equal(t, slices.Contains(datasets, ds), err == nil, "%s in %s", path, ds); err != nil {
				invalid, ok := errors.AsType[*matching.MappingError](err)
				require.True(t, ok)
				assert.Contains(t, invalid.Reason, "nested path")
			}
		}
		_, err := matching.ParseQuery(clause)
		assert.Equal(t, datasets != nil, err == nil, path)
	}
}

// TestEveryPathOfTheMappingCanBeSearched asks for every field of Multi-source's
// mapping, which someone has, in its collection.
func TestEveryPathOfTheMappingCanBeSearched(t *testing.T) {
	file, err := os.Open(filepath.Join("..", "people", "multi_source_fields.tsv"))
	require.NoError(t, err)
	defer file.Close()
	all := people.Generate(5, 700, time.Date(2026, time.January, 15, 12, 0, 0, 0, time.UTC))
	nested := map[string]bool{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		columns := strings.Fields(lines.Text())
		path, kind := columns[0], columns[1]
		clause := `{"exists": {"field": "` + path + `"}}`
		if kind == "nested" {
			nested[path] = true
			clause = inNested(path, `{"match_all": {}}`)
		} else if i := strings.LastIndex(path, "."); i > 0 {
			require.True(t, nested[path[:i]], path)
			clause = inNested(path[:i], clause)
		}
		q, err := matching.ParseQueryOf(people.MultiSource, json.RawMessage(clause))
		require.NoError(t, err, path)
		assert.True(t, anyone(all, q), path)
	}
}

func anyone(all []*people.Person, q matching.Query) bool {
	for _, p := range all {
		if q.Matches(p.Document(people.MultiSource)) {
			return true
		}
	}
	return false
}

func TestSubFieldsOfMultiSource(t *testing.T) {
	doc := map[string]any{
		"location_country": "United States", "first_name_initial": "J", "updated_at": "2025-12-01T05:24:46.222",
		"experience": []any{map[string]any{
			"company_website": "https://www.company1.example/about", "company_facebook_url": []any{"https://www.facebook.com/a", "https://www.facebook.com/b"},
			"company_size_range": "51-200 employees", "date_from": "March 2020",
			"company_stock_ticker": []any{map[string]any{"exchange": "NYSE", "ticker": "ABC"}},
		}},
		"experience_recently_started": []any{map[string]any{"date_from": "Nov 2024", "identification_date": "2024-11-19 15:34:29.412000"}},
	}
	for clause, want := range map[string]bool{
		`{"term": {"location_country": "United States"}}`:                                                           true,
		`{"term": {"location_country": "united states"}}`:                                                           false,
		`{"match": {"first_name_initial": "j"}}`:                                                                    false,
		inNested("experience", `{"term": {"experience.company_website.domain_only": "company1.example"}}`):          true,
		inNested("experience", `{"term": {"experience.company_website.domain_only": "company1.example/about"}}`):    false,
		inNested("experience", `{"exists": {"field": "experience.company_website.domain_only"}}`):                   true,
		inNested("experience", `{"term": {"experience.company_facebook_url.exact": "https://www.facebook.com/b"}}`): true,
		inNested("experience", `{"terms": {"experience.company_facebook_url.domain_only": ["facebook.com"]}}`):      false, // it has exact alone

		inNested("experience", `{"term": {"experience.company_size_range": "51-200 employees"}}`):                                                                    true,
		inNested("experience", `{"range": {"experience.date_from": {"gte": "February 2020", "format": "MMMM uuuu||uuuu"}}}`):                                         true,
		inNested("experience.company_stock_ticker", `{"term": {"experience.company_stock_ticker.ticker": "ABC"}}`):                                                   true,
		inNested("experience.company_stock_ticker", `{"term": {"experience.company_stock_ticker.ticker": "abc"}}`):                                                   false,
		inNested("experience_recently_started", `{"range": {"experience_recently_started.date_from": {"gte": "Oct 2024", "lt": "Dec 2024", "format": "MMM uuuu"}}}`): true,
		inNested("experience_recently_started", `{"range": {"experience_recently_started.identification_date": {"gt": "2024-11-19 15:34:29.411000"}}}`):              true,
		`{"range": {"updated_at": {"gte": "2025-12-01T05:24:46Z", "lt": "2025-12-01T05:24:47Z"}}}`:                                                                   true,
	} {
		q, err := matching.ParseQueryOf(people.MultiSource, json.RawMessage(clause))
		require.NoError(t, err, clause)
		assert.Equal(t, want, q.Matches(doc), clause)
	}
}
