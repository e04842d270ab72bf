package coresignal_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestCollectOfTheRicherDatasets(t *testing.T) {
	sb, c := start(t)
	p := firstPerson(t, sb)
	for path, want := range map[string]struct {
		price      int
		url, title string
	}{
		cleanPath: {10, "websites_professional_network", "job_title"},
		multiPath: {20, "linkedin_url", "active_experience_title"},
	} {
		for name, ref := range map[string]string{
			"id": fmt.Sprint(p.ID), "shorthand": p.Shorthand, "profile URL": url.QueryEscape(p.ProfileURL),
		} {
			t.Run(path+" by "+name, func(t *testing.T) {
				spent := sb.Coresignal.CreditsSpent()
				var record map[string]any
				got := c.get(path + "/collect/" + ref).is(http.StatusOK)
				got.decode(&record)
				assert.Equal(t, float64(p.ID), record["id"])
				assert.Equal(t, p.Name, record["full_name"])
				assert.Equal(t, p.ProfileURL, record[want.url])
				assert.Equal(t, p.Title, record[want.title])
				assert.Equal(t, want.price, sb.Coresignal.CreditsSpent()-spent)
				assert.Equal(t, fmt.Sprint(sb.Coresignal.Credits()), got.header.Get("x-credits-remaining"))
			})
		}
		c.get(path+"/collect/1").refused(http.StatusNotFound, "Not Found")
		part := c.get(path + "/collect/" + p.Shorthand + "?fields=id&fields=" + want.title + "&fields=nonsense").is(http.StatusOK)
		assert.JSONEq(t, toJSON(t, map[string]any{"id": p.ID, want.title: p.Title}), string(part.body))
	}
	assert.Equal(t, 8, sb.Coresignal.Collected(p.ID))
}

func TestMultiSourceCostsMore(t *testing.T) {
	sb, c := start(t, coresignal.WithCredits(19))
	c.get(multiPath+"/collect/"+fmt.Sprint(sb.Coresignal.PersonIDs()[0])).refused(http.StatusPaymentRequired, "Insufficient credits")
	c.get(cleanPath + "/collect/" + fmt.Sprint(sb.Coresignal.PersonIDs()[0])).is(http.StatusOK)
	assert.Equal(t, 9, sb.Coresignal.Credits())
}

func TestDocumentedNamesAreGivenAndSearched(t *testing.T) {
	sb, c := start(t, coresignal.WithDocumentedNames())
	p := firstPerson(t, sb)
	var record map[string]any
	c.get(multiPath + "/collect/" + p.Shorthand).is(http.StatusOK).decode(&record)
	assert.Equal(t, p.ProfileURL, record["professional_network_url"])
	assert.NotContains(t, record, "linkedin_url")
	assert.Contains(t, record["experience"].([]any)[0], "company_professional_network_url")
	for name, want := range map[string]string{"professional_network_url": fmt.Sprintf("[%d]", p.ID), "linkedin_url": "[]"} {
		got := c.post(multiPath+"/search/es_dsl", fmt.Sprintf(`{"query":{"term":{"%s.exact":%q}}}`, name, p.ProfileURL)).is(http.StatusOK)
		assert.Equal(t, want, string(got.body))
	}
}

func TestSearchOfTheRicherDatasets(t *testing.T) {
	sb, c := start(t)
	p := firstPerson(t, sb)
	require.NoError(t, sb.Coresignal.Promote(p.ID, "Keeper of the Lighthouse"))
	for path, clause := range map[string]string{
		cleanPath: `{"nested":{"path":"experience","query":{"match_phrase":{"experience.title":"lighthouse"}}}}`,
		multiPath: `{"bool":{"must":[{"nested":{"path":"experience","query":{"bool":{"must":[{"match_phrase":{"experience.position_title":"keeper of the lighthouse"}},
			{"term":{"experience.active_experience":1}}]}}}},{"term":{"is_working":1}}]}}`,
	} {
		got := c.post(path+"/search/es_dsl", `{"query":`+clause+`}`).is(http.StatusOK)
		assert.Equal(t, fmt.Sprintf("[%d]", p.ID), string(got.body))
		assert.Equal(t, "1", got.header.Get("x-total-results"))
		c.post(path+"/search/es_dsl", `{"query":{"nested":{"path":"member_experience_collection","query":{"match_all":{}}}}}`).
			refused(http.StatusBadRequest, "unknown nested path")
	}
	c.post(cleanPath+"/search/es_dsl", `{"query":{"nested":{"path":"certifications","query":{"match_all":{}}}}}`).
		refused(http.StatusBadRequest, "unknown nested path")
	bare := "linkedin.com/in/" + p.Shorthand
	got := c.post(cleanPath+"/search/es_dsl", fmt.Sprintf(`{"query":{"term":{"websites_professional_network.exact":%q}}}`, bare)).is(http.StatusOK)
	assert.Equal(t, fmt.Sprintf("[%d]", p.ID), string(got.body))
	assert.Zero(t, sb.Coresignal.CreditsSpent(), "searching is free")
}

func TestSemanticSearchFindsSynonyms(t *testing.T) {
	sb, c := start(t, coresignal.WithPeople(30))
	p := firstPerson(t, sb)
	require.NoError(t, sb.Coresignal.Promote(p.ID, "Principal Software Developer"))
	for path, field := range map[string]string{cleanPath: "job_title", multiPath: "active_experience_title"} {
		body := fmt.Sprintf(`{"query":{"match_phrase":{%q:"principal software engineer"}}}`, field)
		assert.Equal(t, "[]", string(c.post(path+"/search/es_dsl", body).is(http.StatusOK).body))
		assert.Equal(t, fmt.Sprintf("[%d]", p.ID), string(c.post(path+"/semantic_search/es_dsl", body).is(http.StatusOK).body))
		c.post(path+"/semantic_search/es_dsl", `{"sort":["id"]}`).refused(http.StatusBadRequest, "query is missing")
	}
}

func TestCredits(t *testing.T) {
	sb, err := sandbox.New(coresignal.WithPeople(0), coresignal.WithRealTimeCredits(5))
	require.NoError(t, err)
	defer sb.Close()
	sb.Coresignal.AddRealTimeCredits(-3)
	assert.Equal(t, 2, sb.Coresignal.RealTimeCredits())
	sb.Coresignal.AddRealTimeCredits(-30)
	assert.Zero(t, sb.Coresignal.RealTimeCredits())
	assert.Zero(t, sb.Coresignal.RealTimeCreditsSpent())
	assert.Equal(t, 2_000, sb.Coresignal.Credits())
}

func TestRecordsOfADatasetAreCompleteJSON(t *testing.T) {
	sb, c := start(t, coresignal.WithPeople(20), coresignal.WithCredits(1_000), coresignal.WithRateLimit(0))
	for _, id := range sb.Coresignal.PersonIDs() {
		for _, path := range []string{cleanPath, multiPath} {
			got := c.get(fmt.Sprint(path, "/collect/", id)).is(http.StatusOK)
			assert.True(t, json.Valid(got.body))
			assert.Equal(t, fmt.Sprint(len(got.body)), got.header.Get("Content-Length"))
		}
	}
	assert.Equal(t, 600, sb.Coresignal.CreditsSpent())
}
