package coresignal_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/sandbox/coresignal"
)

type previewRow struct {
	ID       int64   `json:"id"`
	FullName string  `json:"full_name"`
	Score    float64 `json:"_score"`
}

func TestPreviewShowsTwentyRowsAPage(t *testing.T) {
	for path, tt := range map[string]struct {
		search string
		body   string
		price  int
	}{
		baseSearch + "filter":        {baseSearch + "filter", `{}`, 10},
		baseSearch + "es_dsl":        {baseSearch + "es_dsl", matchAll, 10},
		cleanPath + "/search/es_dsl": {cleanPath + "/search/es_dsl", matchAll, 10},
		multiPath + "/search/es_dsl": {multiPath + "/search/es_dsl", matchAll, 20},
	} {
		t.Run(path, func(t *testing.T) {
			sb, c := start(t, coresignal.WithPeople(47), coresignal.WithCredits(5*tt.price))
			var ids, previewed []int64
			c.post(tt.search, tt.body).is(http.StatusOK).decode(&ids)
			for page, want := range []int{20, 20, 7, 0} {
				got := c.post(fmt.Sprintf("%s/preview?page=%d&items_per_page=3", path, page+1), tt.body).is(http.StatusOK)
				var rows []previewRow
				got.decode(&rows)
				assert.Len(t, rows, want)
				assert.NotNil(t, rows)
				for _, row := range rows {
					p, ok := sb.Coresignal.Person(row.ID)
					assert.True(t, ok)
					assert.Equal(t, p.Name, row.FullName)
					assert.Positive(t, row.Score)
					previewed = append(previewed, row.ID)
				}
				assert.Equal(t, (page+1)*tt.price, sb.Coresignal.CreditsSpent(), "every page costs")
				assert.Equal(t, fmt.Sprint(sb.Coresignal.Credits()), got.header.Get("x-credits-remaining"))
				assert.Empty(t, got.header.Values("x-next-page-after"))
			}
			assert.Equal(t, ids, previewed)

			first := c.post(path+"/preview", tt.body).is(http.StatusOK)
			assert.Contains(t, string(first.body), fmt.Sprintf(`{"id":%d,`, ids[0]), "the first page without page")
			c.post(path+"/preview", tt.body).refused(http.StatusPaymentRequired, "Insufficient credits")
			for _, page := range []string{"0", "6", "-1", "x", "99999999999999999999"} {
				c.post(path+"/preview?page="+page, tt.body).refused(http.StatusBadRequest, "page")
			}
			c.post(path+"/preview", `[]`).refused(http.StatusUnprocessableEntity, "object")
			assert.Equal(t, 5*tt.price, sb.Coresignal.CreditsSpent(), "a refusal costs nothing")
		})
	}
}

func TestPreviewGetsShortRowsByID(t *testing.T) {
	sb, c := start(t)
	p := firstPerson(t, sb)
	got := c.post(multiPath+"/search/es_dsl/preview", fmt.Sprintf(`{"query":{"terms":{"id":[%d,1]}}}`, p.ID)).is(http.StatusOK)
	var rows []map[string]any
	got.decode(&rows)
	assert.Len(t, rows, 1)
	assert.Equal(t, p.ProfileURL, rows[0]["professional_network_url"])
	assert.Equal(t, p.Title, rows[0]["active_experience_title"])
	assert.Equal(t, p.Company, rows[0]["company_name"])
}
