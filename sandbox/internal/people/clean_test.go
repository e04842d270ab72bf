package people_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox/internal/people"
)

func TestOpenRoleOfCleanHasNoEnd(t *testing.T) {
	open := 0
	for _, p := range people.Generate(5, 300, now) {
		for _, row := range p.Document(people.Clean)["experience"].([]any) {
			row := row.(map[string]any)
			assert.Regexp(t, `^\d{4}(-\d\d)?$`, row["date_from"])
			end, closed := row["date_to"]
			if !closed {
				open++
				assert.Equal(t, p.Title(), row["title"])
				assert.Len(t, row, 12)
				continue
			}
			assert.Regexp(t, `^\d{4}(-\d\d)?$`, end)
			assert.Len(t, row, 13)
		}
	}
	assert.Greater(t, open, 200)
}

func TestCleanFollowsTheCurrentPosition(t *testing.T) {
	p := employed(t)
	p.Promote("Senior Product Manager", later)
	doc := p.Document(people.Clean)
	assert.Equal(t, "Senior Product Manager", doc["job_title"])
	assert.Equal(t, "Manager", doc["management_level"])
	assert.Equal(t, float64(1), doc["is_decision_maker"])
	assert.Equal(t, float64(1), doc["is_working"])
	assert.Equal(t, later.Format(time.DateOnly), doc["last_updated"])

	changed := p.Leave(later)
	doc = p.Document(people.Clean)
	for _, name := range []string{"job_title", "management_level", "department", "company_id"} {
		assert.Nil(t, doc[name])
	}
	assert.Equal(t, float64(0), doc["is_working"])
	assert.Subset(t, changed.Fields(people.Clean), []string{"experience", "headline", "is_working", "job_title"})
	assert.NotContains(t, changed.Fields(people.Clean), "last_updated")
}

func TestCleanIsIndexedWithoutScheme(t *testing.T) {
	p := employed(t)
	p.ChangeCompany(people.Companies()[3].Name, later)
	var record struct {
		URL        string `json:"websites_professional_network"`
		Experience []struct {
			URL string `json:"company_professional_network_url"`
		} `json:"experience"`
	}
	require.NoError(t, json.Unmarshal(p.Record(people.Clean), &record))
	assert.Equal(t, p.ProfileURL(), record.URL)
	assert.Equal(t, people.Companies()[3].URL, record.Experience[0].URL)
	doc := p.Document(people.Clean)
	assert.Equal(t, "linkedin.com/in/"+p.Shorthand(), doc["websites_professional_network"])
	assert.Equal(t, "linkedin.com/company/"+people.Companies()[3].Shorthand,
		doc["experience"].([]any)[0].(map[string]any)["company_professional_network_url"])
}

func TestMiddleNames(t *testing.T) {
	middle := 0
	for _, p := range people.Generate(5, 800, now) {
		clean, multi := p.Document(people.Clean), p.Document(people.MultiSource)
		whole := clean["name_first"].(string)
		if second, ok := clean["name_middle"].(string); ok {
			middle++
			whole += " " + second
			assert.Equal(t, second[:1], multi["middle_name_initial"])
		} else {
			assert.Nil(t, multi["middle_name"])
		}
		assert.Equal(t, p.Name(), whole+" "+clean["name_last"].(string))
		assert.Equal(t, clean["name_first"], multi["first_name"])
	}
	assert.Positive(t, middle)
}
