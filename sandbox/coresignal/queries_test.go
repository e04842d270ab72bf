package coresignal_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestBaseRecordsHaveEitherForm(t *testing.T) {
	for _, documented := range []bool{false, true} {
		options := []coresignal.Option{coresignal.WithPeople(30)}
		if documented {
			options = append(options, coresignal.WithDocumentedBase())
		}
		sb, c := start(t, options[0], options[len(options)-1])
		p := firstPerson(t, sb)
		var collected, scraped map[string]any
		c.get(fmt.Sprint(baseCollect, p.ID)).is(http.StatusOK).decode(&collected)
		c.post(scrapePath, scrapeBody(p.ProfileURL)).is(http.StatusOK).decode(&scraped)
		assert.Equal(t, collected, scraped)
		row := collected["experience"].([]any)[0]
		skills := c.post(baseSearch+"es_dsl", `{"query":{"nested":{"path":"shorthand_names","query":{"exists":{"field":"shorthand_names.shorthand_name"}}}}}`)
		if documented {
			assert.Equal(t, []any{float64(p.ID)}, collected["historical_ids"])
			assert.Equal(t, p.Shorthand, collected["shorthand_names"].([]any)[0])
			assert.NotContains(t, collected, "skills")
			assert.Contains(t, row, "company_shorthand_name")
			assert.Contains(t, collected["updated_at"], "T")
			skills.refused(http.StatusBadRequest, "unknown nested path")
		} else {
			assert.Equal(t, []any{map[string]any{"id": float64(p.ID)}}, collected["historical_ids"])
			assert.Equal(t, map[string]any{"shorthand_name": p.Shorthand}, collected["shorthand_names"].([]any)[0])
			assert.Contains(t, collected, "skills")
			assert.Contains(t, row, "company_url_shorthand_name")
			assert.NotContains(t, collected["updated_at"], "T")
			skills.is(http.StatusOK)
		}
		assert.Contains(t, row, "deleted_at")
		c.post(baseSearch+"filter", `{"skill":"python"}`).is(http.StatusOK)
		c.post(baseSearch+"es_dsl/preview", matchAll).is(http.StatusOK)
	}
}

// TestQueriesThatTheIndexRefuses: 400, in searches, subscriptions and data requests, and in no other.
func TestQueriesThatTheIndexRefuses(t *testing.T) {
	_, c := start(t, coresignal.WithPeople(20))
	refused := `{"query":{"nested":{"path":"experience","query":{"range":{"experience.date_from":{"gte":"2024-01-01"}}}}}}`
	for path, body := range map[string]string{
		multiPath + "/search/es_dsl":                        refused,
		multiPath + "/search/es_dsl/preview":                refused,
		multiPath + "/semantic_search/es_dsl":               refused,
		baseSubscriptions + "/employee_multi_source/es_dsl": fmt.Sprintf(`{"webhook_url":%q,"es_dsl_query":%s}`, callback, refused),
		baseJobs + "/employee_multi_source/es_dsl":          `{"es_dsl_query":` + refused + `}`,
	} {
		c.post(path, body).refused(http.StatusBadRequest, "failed to parse date field")
	}
	for body, status := range map[string]int{
		`{"query":{"range":{"connections_count":{"gte":"many"}}}}`: 400,
		`{"query":{"match":{"id":"not a number"}}}`:                400,
		`{"query":{"match_phrase":{"connections_count":"10 20"}}}`: 400,
		`{"query":{"wildcard":{"id":"12*"}}}`:                      400,
		`{"query":{"bool":{"filter":[{"range":{"connections_count":{"from":10,"include_lower":true,"include_upper":true,"to":null}}}]}}}`: 200,
		`{"query":{"match":{"headline":{"query":"manager","prefix_length":0,"lenient":false,"zero_terms_query":"NONE"}}}}`:                200,
		`{"query":{"match":{"headline":{"query":"manager","fuzziness":"AUTO"}}}}`:                                                         422, // what it cannot evaluate
		`{"query":{"range":{"updated_at":{"gte":"now-30d"}}}}`:                                                                            422,
		`{"query":{"match":[]}}`: 422, // the structure
	} {
		assert.Equal(t, status, c.post(multiPath+"/search/es_dsl", body).status, body)
	}
	ids := func(clause string) string {
		return string(c.post(multiPath+"/search/es_dsl", `{"query":`+clause+`}`).is(http.StatusOK).body)
	}
	assert.Equal(t, ids(`{"range":{"connections_count":{"gte":10}}}`), ids(`{"range":{"connections_count":{"from":10,"to":null,"include_lower":true}}}`))
}
