package coresignal_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func scrapeBody(url string) string { return fmt.Sprintf(`{"url":%q,"max_age":24}`, url) }

func TestScrapeGivesABaseRecordForCreditsOfItsOwn(t *testing.T) {
	sb, c := start(t, coresignal.WithRealTimeCredits(4))
	p := firstPerson(t, sb)
	for i, body := range []string{
		scrapeBody(p.ProfileURL),
		fmt.Sprintf(`{"url":%q}`, p.ProfileURL+"/"),
		scrapeBody("https://de.LinkedIn.com/in/" + p.Shorthand + "?trk=x"),
		scrapeBody("linkedin.com/in/" + p.Shorthand),
	} {
		got := c.post(scrapePath, body).is(http.StatusOK)
		assert.Equal(t, fmt.Sprint(3-i), got.header.Get("x-credits-remaining"))
		assert.Empty(t, got.header.Get("x-ratelimit-limit-second"))
		assert.Equal(t, c.get(baseCollect+p.Shorthand).body, got.body)
	}
	assert.Equal(t, 4, sb.Coresignal.Scraped(p.ID))
	assert.Equal(t, 4, sb.Coresignal.RealTimeCreditsSpent())
	c.post(scrapePath, scrapeBody(p.ProfileURL)).refused(http.StatusPaymentRequired, "Insufficient credits")
	assert.Equal(t, 40, sb.Coresignal.CreditsSpent(), "only what was collected")
}

func TestScrapeRefusals(t *testing.T) {
	sb, c := start(t, coresignal.WithPeople(300))
	p := firstPerson(t, sb)
	for body, want := range map[string]struct {
		status int
		detail string
	}{
		`{}`:                                 {400, "url is missing"},
		`{"url":5}`:                          {400, "url must be a string"},
		`{"url":"x","cache":1}`:              {400, `"cache" is not a parameter`},
		`{`:                                  {400, "not valid JSON"},
		`[]`:                                 {422, "object"},
		scrapeBody("x"):                      {422, "Invalid URL"},
		scrapeBody("https://a.example/in/x"): {422, "Invalid URL"},
		scrapeBody("https://notlinkedin.com/in/x"):              {422, "Invalid URL"},
		scrapeBody("ftp://linkedin.com/in/x"):                   {422, "Invalid URL"},
		scrapeBody("https://www.linkedin.com/company/x"):        {422, "Invalid URL"},
		scrapeBody("https://www.linkedin.com/in/"):              {422, "Invalid URL"},
		scrapeBody("https://www.linkedin.com/in/a/b"):           {422, "Invalid URL"},
		scrapeBody("https://www.linkedin.com/in/%00"):           {422, "Invalid URL"},
		fmt.Sprintf(`{"url":%q,"max_age":0}`, p.ProfileURL):     {422, "cache age"},
		fmt.Sprintf(`{"url":%q,"max_age":-1}`, p.ProfileURL):    {422, "cache age"},
		fmt.Sprintf(`{"url":%q,"max_age":1.5}`, p.ProfileURL):   {422, "cache age"},
		fmt.Sprintf(`{"url":%q,"max_age":"24"}`, p.ProfileURL):  {422, "cache age"},
		scrapeBody("https://www.linkedin.com/in/nobody-at-all"): {454, "does not exist"},
	} {
		t.Run(body, func(t *testing.T) { c.post(scrapePath, body).refused(want.status, want.detail) })
	}
	assert.Zero(t, sb.Coresignal.RealTimeCreditsSpent())
}

func TestScrapeOfHiddenAndMissingProfiles(t *testing.T) {
	sb, c := start(t, coresignal.WithPeople(300))
	p := firstPerson(t, sb)
	require.NoError(t, sb.Coresignal.HideForPrivacy(p.ID))
	require.NoError(t, sb.Coresignal.HideForPrivacy(p.ID), "hidden already")
	require.ErrorIs(t, sb.Coresignal.HideForPrivacy(1), coresignal.ErrUnknownPerson)
	c.post(scrapePath, scrapeBody(p.ProfileURL)).refused(453, "privacy")
	assert.Contains(t, string(c.get(baseCollect+p.Shorthand+"?fields=is_hidden").body), `"is_hidden":1`)

	var deleted, hidden []int64
	c.post(baseSearch+"es_dsl", `{"query":{"term":{"deleted":1}}}`).is(http.StatusOK).decode(&deleted)
	c.post(baseSearch+"es_dsl", `{"query":{"bool":{"must":{"term":{"is_hidden":1}},"must_not":{"term":{"deleted":1}}}}}`).is(http.StatusOK).decode(&hidden)
	require.NotEmpty(t, deleted)
	assert.Greater(t, len(hidden), 1, "some are hidden from the start")
	gone, _ := sb.Coresignal.Person(deleted[0])
	c.post(scrapePath, scrapeBody(gone.ProfileURL)).refused(454, "private")
	for _, id := range hidden {
		other, _ := sb.Coresignal.Person(id)
		c.post(scrapePath, scrapeBody(other.ProfileURL)).refused(453, "privacy")
	}
	assert.Zero(t, sb.Coresignal.RealTimeCreditsSpent(), "neither is charged")
	assert.Zero(t, sb.Coresignal.Scraped(p.ID))
}

func TestScrapeTimesOutByAFaultOnly(t *testing.T) {
	sb, c := start(t)
	p := firstPerson(t, sb)
	sb.Fail(sandbox.Fault{Path: scrapePath, Status: http.StatusRequestTimeout, Times: 1})
	c.post(scrapePath, scrapeBody(p.ProfileURL)).refused(http.StatusRequestTimeout, "Request Timeout")
	assert.Zero(t, sb.Coresignal.RealTimeCreditsSpent(), "not charged")
	c.post(scrapePath, scrapeBody(p.ProfileURL)).is(http.StatusOK)
}

func TestScrapeHasALimitOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, c := startInMemory(t, coresignal.WithRateLimit(1), coresignal.WithRealTimeCredits(200))
		body := scrapeBody(firstPerson(t, sb).ProfileURL)
		for range 50 {
			c.post(scrapePath, body).is(http.StatusOK)
			time.Sleep(time.Second / 2)
		}
		got := c.post(scrapePath, body)
		got.refused(http.StatusTooManyRequests, "Too many requests")
		assert.Equal(t, "150", got.header.Get("x-credits-remaining"))
		c.get(baseSubscriptions).is(http.StatusOK)
		time.Sleep(35*time.Second - time.Millisecond)
		c.post(scrapePath, body).is(http.StatusTooManyRequests)
		time.Sleep(time.Millisecond)
		c.post(scrapePath, body).is(http.StatusOK)
		c.post(scrapePath, body).is(http.StatusTooManyRequests)
	})
}
