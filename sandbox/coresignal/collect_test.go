package coresignal_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestCollectFindsOnePersonByEveryDocumentedReference(t *testing.T) {
	sb, c := start(t)
	p := firstPerson(t, sb)
	base := map[string]string{
		"id":          fmt.Sprint(p.ID),
		"shorthand":   url.PathEscape(p.Shorthand),
		"profile URL": url.QueryEscape(p.ProfileURL),
		"with slash":  url.QueryEscape(p.ProfileURL + "/"),
	}
	for name, ref := range base {
		t.Run("base by "+name, func(t *testing.T) {
			var record struct {
				ID       int64  `json:"id"`
				FullName string `json:"full_name"`
			}
			c.get(baseCollect + ref).is(http.StatusOK).decode(&record)
			assert.Equal(t, p.ID, record.ID)
			assert.Equal(t, p.Name, record.FullName)
		})
	}
	for _, name := range []string{"id", "shorthand"} {
		t.Run("v1 by "+name, func(t *testing.T) {
			var record struct {
				ID   int64  `json:"id"`
				Name string `json:"name"`
			}
			c.get(v1Collect + base[name]).is(http.StatusOK).decode(&record)
			assert.Equal(t, p.ID, record.ID)
			assert.Equal(t, p.Name, record.Name)
		})
	}
	c.get(v1Collect+base["profile URL"]).refused(http.StatusNotFound, "Not Found")
	assert.Equal(t, len(base)+2, sb.Coresignal.Collected(p.ID))
}

func TestCollectTakesItsPriceOnlyForARecord(t *testing.T) {
	sb, c := start(t, coresignal.WithCredits(25), coresignal.WithV1Credits(1))
	p := firstPerson(t, sb)
	byID := fmt.Sprint(p.ID)

	c.get(baseCollect+"1").refused(http.StatusNotFound, "Not Found")
	assert.Zero(t, sb.Coresignal.CreditsSpent())
	assert.Equal(t, "15", c.get(baseCollect+byID).is(http.StatusOK).header.Get("x-credits-remaining"))
	assert.Equal(t, "5", c.get(baseCollect+byID).is(http.StatusOK).header.Get("x-credits-remaining"))
	short := c.get(baseCollect + byID)
	short.refused(http.StatusPaymentRequired, "Insufficient credits")
	assert.JSONEq(t, `{"detail":"Insufficient credits"}`, string(short.body))
	assert.Equal(t, "5", short.header.Get("x-credits-remaining"))
	assert.Equal(t, 20, sb.Coresignal.CreditsSpent())
	assert.Equal(t, 5, sb.Coresignal.Credits())
	assert.Equal(t, 2, sb.Coresignal.Collected(p.ID))

	c.get(v1Collect + byID).is(http.StatusOK)
	c.get(v1Collect+byID).refused(http.StatusPaymentRequired, "Insufficient credits")
	assert.Equal(t, 1, sb.Coresignal.V1CreditsSpent())
	assert.Zero(t, sb.Coresignal.V1Credits())

	sb.Coresignal.AddCredits(5)
	sb.Coresignal.AddV1Credits(-7)
	c.get(baseCollect + byID).is(http.StatusOK)
	assert.Zero(t, sb.Coresignal.V1Credits())
}

func TestCollectKeepsOnlyTheFieldsAskedFor(t *testing.T) {
	sb, c := start(t)
	p := firstPerson(t, sb)
	var record map[string]json.RawMessage
	c.get(fmt.Sprintf("%s%d?fields=id&fields=full_name&fields=nonsense", baseCollect, p.ID)).is(http.StatusOK).decode(&record)
	assert.Len(t, record, 2)
	assert.JSONEq(t, fmt.Sprint(p.ID), string(record["id"]))
	assert.JSONEq(t, toJSON(t, p.Name), string(record["full_name"]))
}

func TestCreditsAreNeverSpentTwiceUnderConcurrency(t *testing.T) {
	sb, c := start(t, coresignal.WithCredits(205), coresignal.WithRateLimit(0))
	path := fmt.Sprint(baseCollect, firstPerson(t, sb).ID)
	var paid, refused atomic.Int64
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			resp, err := c.try(http.MethodGet, path, "", nil)
			if !assert.NoError(t, err) {
				return
			}
			defer resp.Body.Close()
			switch resp.StatusCode {
			case http.StatusOK:
				paid.Add(1)
			case http.StatusPaymentRequired:
				refused.Add(1)
			}
		})
	}
	wg.Wait()
	assert.EqualValues(t, 20, paid.Load())
	assert.EqualValues(t, 44, refused.Load())
	assert.Equal(t, 200, sb.Coresignal.CreditsSpent())
	assert.Equal(t, 5, sb.Coresignal.Credits())
}

func TestPromotionIsInTheNextCollectedRecord(t *testing.T) {
	sb, c := start(t)
	p := firstPerson(t, sb)
	require.NoError(t, sb.Coresignal.Promote(p.ID, "Keeper of the Lighthouse"))
	assert.Contains(t, string(c.get(fmt.Sprint(baseCollect, p.ID)).is(200).body), "Keeper of the Lighthouse")
	assert.Contains(t, string(c.get(fmt.Sprint(v1Collect, p.ID)).is(200).body), "Keeper of the Lighthouse")
	now, ok := sb.Coresignal.Person(p.ID)
	require.True(t, ok)
	assert.Equal(t, "Keeper of the Lighthouse", now.Title)
}
