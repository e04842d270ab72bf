package people_test

import (
	"bufio"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/sandbox/internal/people"
)

// valuesAt gathers the values at a dotted path, in rows and rows of rows too.
func valuesAt(v any, path []string, yield func(v any)) {
	switch v := v.(type) {
	case nil:
	case []any:
		if len(path) == 0 {
			yield(v)
			return
		}
		for _, row := range v {
			valuesAt(row, path, yield)
		}
	case map[string]any:
		if len(path) > 0 {
			valuesAt(v[path[0]], path[1:], yield)
		}
	default:
		if len(path) == 0 {
			yield(v)
		}
	}
}

// filled tells whether a value is one that the mapping's type admits and is not empty.
func filled(t *testing.T, path, kind string, v any) bool {
	t.Helper()
	scalars, isList := v.([]any)
	if kind == "nested" {
		require.True(t, isList, path)
		for _, row := range scalars {
			require.IsType(t, map[string]any{}, row, path)
		}
		return len(scalars) > 0
	}
	if !isList {
		scalars = []any{v}
	}
	for _, scalar := range scalars {
		switch kind {
		case "long", "integer", "short", "byte":
			n, ok := scalar.(float64)
			require.True(t, ok && n == math.Trunc(n), "%s: %v", path, scalar)
		case "double":
			require.IsType(t, float64(0), scalar, path)
		case "date":
			require.IsType(t, "", scalar, path)
		default:
			if path == "historical_ids" { // the mapping says text, live answers say integers
				require.IsType(t, float64(0), scalar)
				continue
			}
			require.IsType(t, "", scalar, path)
			require.NotEmpty(t, scalar, path)
		}
	}
	return len(scalars) > 0
}

func TestEveryPathOfTheMappingIsFilledForSomeone(t *testing.T) {
	file, err := os.Open("multi_source_fields.tsv")
	require.NoError(t, err)
	defer file.Close()
	var docs []map[string]any
	for _, p := range people.Generate(5, 700, now) {
		docs = append(docs, p.Document(people.MultiSource))
	}
	paths := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		columns := strings.Fields(lines.Text())
		path, kind := columns[0], columns[1]
		paths++
		found := 0
		for _, doc := range docs {
			valuesAt(doc, strings.Split(path, "."), func(v any) {
				if filled(t, path, kind, v) {
					found++
				}
			})
		}
		assert.Positive(t, found, path)
	}
	assert.Equal(t, 263, paths)
}

func TestMultiSourceDriftsAsLiveAnswersDo(t *testing.T) {
	facebook, stamps, dates := map[string]int{}, map[int]int{}, map[string]int{}
	for _, p := range people.Generate(5, 250, now) {
		doc := p.Document(people.MultiSource)
		assert.Equal(t, p.ProfileURL(), doc["linkedin_url"])
		assert.NotContains(t, doc, "professional_network_url")
		assert.Equal(t, p.Shorthand(), doc["linkedin_shorthand_names"].([]any)[0])
		assert.Equal(t, float64(p.ID), doc["historical_ids"].([]any)[0])
		if year := doc["last_graduation_date"]; year != nil {
			assert.IsType(t, float64(0), year)
		}
		stamps[len(doc["updated_at"].(string))]++
		parent := doc["parent_id"]
		if p.IsParent() {
			assert.Equal(t, float64(p.ID), parent)
		} else {
			assert.Equal(t, float64(p.ParentID), parent)
		}
		months := 0.0
		for _, row := range doc["experience"].([]any) {
			row := row.(map[string]any)
			require.Len(t, row, 47, "46 keys of the mapping and the hash of 2026")
			assert.Equal(t, row["date_to"] == nil, row["active_experience"] == float64(1))
			if n, ok := row["duration_months"].(float64); ok {
				months += n
			}
			switch row["company_facebook_url"].(type) {
			case nil:
				facebook["null"]++
			case string:
				facebook["string"]++
			case []any:
				facebook["list"]++
			}
			if strings.Contains(row["date_from"].(string), " ") {
				dates["month"]++
			} else {
				dates["year"]++
			}
		}
		if months > 0 {
			assert.Equal(t, months, doc["total_experience_duration_months"])
		}
		assert.Equal(t, p.Title() != "", doc["is_working"] == float64(1))
		if p.Title() != "" {
			assert.Equal(t, p.Title(), doc["active_experience_title"])
		}
	}
	assert.Len(t, facebook, 3)
	assert.Len(t, stamps, 4, "microseconds, milliseconds with and without Z, and seconds")
	assert.Len(t, dates, 2)
}

func TestDocumentedNames(t *testing.T) {
	live := map[string]string{
		"linkedin_url": "professional_network_url", "linkedin_shorthand_names": "professional_network_shorthand_names",
	}
	for _, p := range people.Generate(5, 50, now) {
		documented := p.Document(people.MultiSourceDocumented)
		doc := p.Document(people.MultiSource)
		for old, name := range live {
			assert.Equal(t, doc[old], documented[name])
			assert.NotContains(t, documented, old)
		}
		assert.Len(t, documented, len(doc))
		for i, row := range documented["experience"].([]any) {
			row, liveRow := row.(map[string]any), doc["experience"].([]any)[i].(map[string]any)
			assert.NotContains(t, row, "company_linkedin_url")
			require.Contains(t, row, "company_professional_network_url")
			assert.Equal(t, liveRow["company_linkedin_url"], row["company_professional_network_url"])
			assert.Len(t, row, len(liveRow))
		}
	}
}

func TestMultiSourceTellsMoves(t *testing.T) {
	p := employed(t)
	before := p.Document(people.MultiSource)
	company := p.Company()
	changed := p.Promote("Chief Happiness Officer", later)
	after := p.Document(people.MultiSource)
	assert.Equal(t, "C-Level", after["active_experience_management_level"])
	assert.Equal(t, "C-Suite", after["active_experience_department"])
	assert.Equal(t, float64(1), after["is_decision_maker"])
	assert.Contains(t, after["experience_change_last_identified_at"], later.Format(time.DateOnly))
	started := after["experience_recently_started"].([]any)[0].(map[string]any)
	assert.Equal(t, "Chief Happiness Officer", started["title"])
	assert.Equal(t, "Feb 2026", started["date_from"])
	assert.Nil(t, started["date_to"])
	closed := after["experience_recently_closed"].([]any)[0].(map[string]any)
	assert.Equal(t, company, closed["company_name"])
	assert.Equal(t, "Feb 2026", closed["date_to"])
	assert.Len(t, after["experience"], len(before["experience"].([]any))+1)
	fields := changed.Fields(people.MultiSource)
	assert.Subset(t, fields, []string{"active_experience_title", "experience", "experience_recently_started", "headline"})
	for _, upkeep := range []string{"updated_at", "changed_at", "checked_at", "processed_at", "experience_change_last_identified_at", "profile_root_field_changes_summary"} {
		assert.NotContains(t, fields, upkeep)
	}
	assert.Equal(t, fields[0], changed.Fields(people.MultiSourceDocumented)[0])
}

func TestEmailsOfEveryone(t *testing.T) {
	for _, p := range people.Generate(9, pronettest.Times(250, 1000), now) {
		doc := p.Document(people.MultiSource)
		for _, row := range doc["professional_emails_collection"].([]any) {
			assert.Regexp(t, `^[a-z-]+\.?[a-z-]+@[a-z-]+\.example$`, row.(map[string]any)["professional_email"])
		}
		assert.NotEqual(t, p.Company() == "", doc["is_working"] == float64(1))
	}
}
