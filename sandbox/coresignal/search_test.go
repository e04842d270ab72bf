package coresignal_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestSearchFindsByFilterAndQuery(t *testing.T) {
	sb, c := start(t)
	p := firstPerson(t, sb)
	for path, body := range map[string]string{
		baseSearch + "filter": toJSON(t, map[string]any{"full_name": fmt.Sprintf("%q", p.Name)}),
		baseSearch + "es_dsl": toJSON(t, map[string]any{"query": map[string]any{"match_phrase": map[string]any{"full_name": p.Name}}}),
		v1Search + "filter":   toJSON(t, map[string]any{"name": fmt.Sprintf("%q", p.Name)}),
		v1Search + "es_dsl":   toJSON(t, map[string]any{"query": map[string]any{"match_phrase": map[string]any{"name": p.Name}}}),
	} {
		t.Run(path, func(t *testing.T) {
			got := c.post(path, body).is(http.StatusOK)
			var ids []int64
			got.decode(&ids)
			assert.Contains(t, ids, p.ID)
			assert.Less(t, len(ids), 100)
			for _, id := range ids {
				other, ok := sb.Coresignal.Person(id)
				require.True(t, ok)
				assert.Equal(t, p.Name, other.Name)
			}
			assert.Equal(t, fmt.Sprint(len(ids)), got.header.Get("x-total-results"))
			assert.Equal(t, "1", got.header.Get("x-total-pages"))
			assert.Empty(t, got.header.Values("x-next-page-after"))
		})
	}
}

func TestSearchThatFindsNobodyRespondsWithAnEmptyArray(t *testing.T) {
	sb, c := start(t)
	got := c.post(baseSearch+"es_dsl", `{"query":{"term":{"id":1}}}`).is(http.StatusOK)
	assert.JSONEq(t, `[]`, string(got.body))
	assert.Equal(t, "0", got.header.Get("x-total-results"))
	assert.Equal(t, "0", got.header.Get("x-total-pages"))
	assert.Zero(t, sb.Coresignal.CreditsSpent(), "searching is free")

	got = c.post(v1Search+"es_dsl", `{"query":{"term":{"id":1}}}`).is(http.StatusOK)
	assert.JSONEq(t, `[]`, string(got.body))
	assert.Equal(t, 1, sb.Coresignal.V1CreditsSpent(), "v1 charges an empty response too")
	assert.Equal(t, "1999", got.header.Get("x-credits-remaining"))
}

func TestV1SearchWithoutCreditsIsRefused(t *testing.T) {
	sb, c := start(t, coresignal.WithV1Credits(1))
	c.post(v1Search+"filter", `{"nonsense":"x"}`).refused(http.StatusUnprocessableEntity, "nonsense")
	assert.Zero(t, sb.Coresignal.V1CreditsSpent(), "a refused search costs nothing")
	c.post(v1Search+"filter", `{"country":"Nowhere"}`).is(http.StatusOK)
	c.post(v1Search+"filter", `{"country":"Nowhere"}`).refused(http.StatusPaymentRequired, "Insufficient credits")
}

func TestSearchPagesHoldEverybodyExactlyOnce(t *testing.T) {
	sb, c := start(t, coresignal.WithPeople(123), coresignal.WithRateLimit(0))
	everybody := slices.Sorted(slices.Values(sb.Coresignal.PersonIDs()))
	for name, tt := range map[string]struct{ path, body, cursor string }{
		"by update":    {baseSearch + "es_dsl", `{"query":{"match_all":{}}}`, `^"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",\d+$`},
		"by id":        {baseSearch + "es_dsl", `{"query":{"match_all":{}},"sort":["id"]}`, `^\d+$`},
		"by score":     {baseSearch + "es_dsl", `{"query":{"match_all":{}},"sort":["_score"]}`, `^\d+\.\d+,"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",\d+$`},
		"by filter":    {baseSearch + "filter", `{}`, `^"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",\d+$`},
		"clean":        {cleanPath + "/search/es_dsl", `{"query":{"match_all":{}}}`, `^"\d{4}-\d\d-\d\d",\d+$`},
		"multi":        {multiPath + "/search/es_dsl", `{"query":{"match_all":{}}}`, `^"\d{4}-\d\d-\d\d",\d+$`},
		"multi, score": {multiPath + "/semantic_search/es_dsl", `{"query":{"match_all":{}},"sort":["_score"]}`, `^\d+\.\d+,"\d{4}-\d\d-\d\d",\d+$`},
		"v1 by update": {v1Search + "es_dsl", `{"query":{"match_all":{}}}`, `^"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",\d+$`},
	} {
		for _, size := range []int{1, 7, 41, 122, 123, 1000} {
			t.Run(fmt.Sprint(name, " in pages of ", size), func(t *testing.T) {
				sb.Coresignal.AddV1Credits(200)
				var found []int64
				pages, next := 0, ""
				for {
					got := c.post(fmt.Sprintf("%s?items_per_page=%d&after=%s", tt.path, size, url.QueryEscape(next)), tt.body).is(http.StatusOK)
					var ids []int64
					got.decode(&ids)
					pages++
					found = append(found, ids...)
					assert.Equal(t, "123", got.header.Get("x-total-results"))
					assert.Equal(t, fmt.Sprint((123+size-1)/size), got.header.Get("x-total-pages"))
					assert.Equal(t, fmt.Sprint(size), got.header.Get("x-items-per-page"))
					next = got.header.Get("x-next-page-after")
					if next == "" {
						break
					}
					assert.Len(t, ids, size)
					assert.Regexp(t, tt.cursor, next)
					require.LessOrEqual(t, pages, 123)
				}
				assert.Equal(t, (123+size-1)/size, pages)
				slices.Sort(found)
				assert.Equal(t, everybody, found)
			})
		}
	}
}

func TestSearchByIDIsInOrder(t *testing.T) {
	_, c := start(t)
	var ids []int64
	c.post(baseSearch+"es_dsl", `{"query":{"match_all":{}},"sort":["id"]}`).is(http.StatusOK).decode(&ids)
	assert.Len(t, ids, 200)
	assert.True(t, slices.IsSorted(ids))
}

func TestSearchShowsTheLatestUpdateFirst(t *testing.T) {
	sb, c := start(t)
	p := peopleAtWork(t, sb, 7)[6]
	sb.Advance(oneDay)
	promoteToKeeper(t, sb, p.ID)
	for _, path := range []string{baseSearch, v1Search} {
		var ids []int64
		c.post(path+"es_dsl?items_per_page=2", matchAll).is(http.StatusOK).decode(&ids)
		require.Len(t, ids, 2)
		assert.Equal(t, p.ID, ids[0])
	}
}

func TestSearchRefusesBadParameters(t *testing.T) {
	_, c := start(t)
	all := `{"query":{"match_all":{}}}`
	for _, tt := range []struct {
		query, body, detail string
		status              int
	}{
		{"?items_per_page=0", all, "items_per_page", 400},
		{"?items_per_page=1001", all, "items_per_page", 400},
		{"?items_per_page=ten", all, "items_per_page", 400},
		{"?after=nonsense", all, "after", 400},
		{"?after=12", all, "after", 400},
		{"?after=" + url.QueryEscape(`"2025-01-01",1,2`), all, "after", 400},
		{"?after=" + url.QueryEscape(`1,2`), all, "after", 400},
		{"?after=" + url.QueryEscape(`"2025-01-01","x"`), all, "after", 400},
		{"?after=" + url.QueryEscape(`"2025-01-01",1.5`), all, "after", 400},
		{"?after=" + url.QueryEscape(`1],[2`), `{"query":{"match_all":{}},"sort":["id"]}`, "after", 400},
		{"?after=" + url.QueryEscape(`2.5,"2025-01-01",1`), `{"query":{"match_all":{}},"sort":["_score"]}`, "after", 400},
		{"", `{"query":{"match_all":{}},"sort":["name"]}`, "sort", 422},
		{"", `{"query":{"match_all":{}},"sort":"id"}`, "sort", 422},
		{"", `{"query":{"match_all":{}},"sort":["id","_score"]}`, "sort", 422},
		{"", `{"query":{"geo_shape":{}}}`, "geo_shape", 422},
		{"", `{"query":{"nested":{"path":"nowhere","query":{"match_all":{}}}}}`, "nested path", 400},
		{"", `{"query":[]}`, "", 422},
		{"", `{"query":{"match":{"full_name":"` + longText(16_000) + `"}}}`, "15000", 400},
	} {
		c.post(baseSearch+"es_dsl"+tt.query, tt.body).refused(tt.status, tt.detail)
	}
	c.post(baseSearch+"filter", `{"shoe_size":44}`).refused(http.StatusUnprocessableEntity, "shoe_size")
	c.post(baseSearch+"filter", `{"country":"Norway","country":"Spain"}`).refused(http.StatusUnprocessableEntity, "duplicate key")
}

func longText(n int) string { return string(slices.Repeat([]byte("a"), n)) }
