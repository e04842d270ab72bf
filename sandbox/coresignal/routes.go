package coresignal

import (
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
	"github.com/pronet-go/pronet/sandbox/internal/shell"
)

// route is one endpoint: what kind of record it concerns, which decides the credential and the purse, and what it costs
// in credits, for each record or page.
type route struct {
	set          *dataset
	price        int
	method, path string
	serve        func(*call) *problem
}

// table is every endpoint of the provider that the sandbox has. Clean and Multi-source have no search by filter.
func (c *state) table() []route {
	v1, clean := v1Dataset(), cleanDataset()
	base, realTime := baseDataset(c.settings.documentedBase), realTimeDataset(c.settings.documentedBase)
	multi := multiSourceDataset(c.settings.documentedNames)
	return []route{
		// Searches. In v1 an empty page costs too.
		{base, 0, "POST", "/cdapi/v2/employee_base/search/filter", c.search(byFilter, matching.ParseQueryOf)},
		{base, 0, "POST", "/cdapi/v2/employee_base/search/es_dsl", c.search(byQuery, matching.ParseQueryOf)},
		{clean, 0, "POST", "/cdapi/v2/employee_clean/search/es_dsl", c.search(byQuery, matching.ParseQueryOf)},
		{clean, 0, "POST", "/cdapi/v2/employee_clean/semantic_search/es_dsl", c.search(byQuery, matching.ParseSemanticQuery)},
		{multi, 0, "POST", "/cdapi/v2/employee_multi_source/search/es_dsl", c.search(byQuery, matching.ParseQueryOf)},
		{multi, 0, "POST", "/cdapi/v2/employee_multi_source/semantic_search/es_dsl", c.search(byQuery, matching.ParseSemanticQuery)},
		{v1, 1, "POST", "/cdapi/v1/professional_network/employee/search/filter", c.search(byFilter, matching.ParseQueryOf)},
		{v1, 1, "POST", "/cdapi/v1/professional_network/employee/search/es_dsl", c.search(byQuery, matching.ParseQueryOf)},
		// Previews, a page.
		{base, 10, "POST", "/cdapi/v2/employee_base/search/filter/preview", c.preview(byFilter)},
		{base, 10, "POST", "/cdapi/v2/employee_base/search/es_dsl/preview", c.preview(byQuery)},
		{clean, 10, "POST", "/cdapi/v2/employee_clean/search/es_dsl/preview", c.preview(byQuery)},
		{multi, 20, "POST", "/cdapi/v2/employee_multi_source/search/es_dsl/preview", c.preview(byQuery)},
		// Single records.
		{base, 10, "GET", "/cdapi/v2/employee_base/collect/{ref}", c.collect},
		{clean, 10, "GET", "/cdapi/v2/employee_clean/collect/{ref}", c.collect},
		{multi, 20, "GET", "/cdapi/v2/employee_multi_source/collect/{ref}", c.collect},
		{v1, 1, "GET", "/cdapi/v1/professional_network/employee/collect/{ref}", c.collect},
		{realTime, 1, "POST", "/rtapi/v2/employee/scrape", c.scrape},
		// IDs of v1 as those of Base.
		{base, 0, "POST", "/cdapi/v2/employee_base/map/ids", c.mapIDs},
		{v1, 0, "POST", "/cdapi/v1/professional_network/employee_base/map/ids", c.mapIDs},
		// Subscriptions.
		{base, 0, "POST", "/cdapi/v2/subscriptions/employee_base/ids", c.createSubscription(byIDs, profileChanges)},
		{base, 0, "POST", "/cdapi/v2/subscriptions/employee_base/filter", c.createSubscription(byFilter, profileChanges)},
		{base, 0, "POST", "/cdapi/v2/subscriptions/employee_base/es_dsl", c.createSubscription(byQuery, profileChanges)},
		{clean, 0, "POST", "/cdapi/v2/subscriptions/employee_clean/ids", c.createSubscription(byIDs, profileChanges)},
		{clean, 0, "POST", "/cdapi/v2/subscriptions/employee_clean/es_dsl", c.createSubscription(byQuery, profileChanges)},
		{multi, 0, "POST", "/cdapi/v2/subscriptions/employee_multi_source/ids", c.createSubscription(byIDs, profileChanges)},
		{multi, 0, "POST", "/cdapi/v2/subscriptions/employee_multi_source/es_dsl", c.createSubscription(byQuery, profileChanges)},
		{base, 0, "POST", "/cdapi/v2/subscriptions/experience_changes/employee_base/ids", c.createSubscription(byIDs, experienceChanges)},
		{base, 0, "POST", "/cdapi/v2/subscriptions/experience_changes/employee_base/es_dsl", c.createSubscription(byQuery, experienceChanges)},
		{clean, 0, "POST", "/cdapi/v2/subscriptions/experience_changes/employee_clean/ids", c.createSubscription(byIDs, experienceChanges)},
		{clean, 0, "POST", "/cdapi/v2/subscriptions/experience_changes/employee_clean/es_dsl", c.createSubscription(byQuery, experienceChanges)},
		{clean, 0, "POST", "/cdapi/v2/subscriptions/experience_changes/employee_clean/all", c.createSubscription(everybody, experienceChanges)},
		{multi, 0, "POST", "/cdapi/v2/subscriptions/experience_changes/employee_multi_source/ids", c.createSubscription(byIDs, experienceChanges)},
		{multi, 0, "POST", "/cdapi/v2/subscriptions/experience_changes/employee_multi_source/es_dsl", c.createSubscription(byQuery, experienceChanges)},
		{v1, 0, "POST", "/cdapi/v1/subscriptions/professional_network/employee/id_file", c.createSubscription(byIDFile, profileChanges)},
		{v1, 0, "POST", "/cdapi/v1/subscriptions/professional_network/employee/filter", c.createSubscription(byFilter, profileChanges)},
		{v1, 0, "POST", "/cdapi/v1/subscriptions/professional_network/employee/es_dsl", c.createSubscription(byQuery, profileChanges)},
		{base, 0, "POST", "/cdapi/v2/subscriptions/{id}/renew", c.renewSubscription},
		{base, 0, "POST", "/cdapi/v2/subscriptions/simulate", c.simulate},
		{base, 0, "GET", "/cdapi/v2/subscriptions", c.listSubscriptions},
		{base, 0, "GET", "/cdapi/v2/subscriptions/{id}", c.getSubscription},
		{base, 0, "DELETE", "/cdapi/v2/subscriptions/{id}", c.deleteSubscription},
		{v1, 0, "POST", "/cdapi/v1/subscriptions/simulate", c.simulate},
		{v1, 0, "GET", "/cdapi/v1/subscriptions", c.listSubscriptions},
		{v1, 0, "GET", "/cdapi/v1/subscriptions/{id}", c.getSubscription},
		{v1, 0, "DELETE", "/cdapi/v1/subscriptions/{id}", c.deleteSubscription},
		// Data requests, a record of their files.
		{base, 10, "POST", "/cdapi/v2/data_requests/employee_base/ids", c.createJob(byIDs)},
		{base, 10, "POST", "/cdapi/v2/data_requests/employee_base/es_dsl", c.createJob(byQuery)},
		{base, 10, "POST", "/cdapi/v2/data_requests/employee_base/filter", c.createJob(byFilter)},
		{base, 10, "POST", "/cdapi/v2/data_requests/employee_base/shorthand_names", c.createJob(byShorthands)},
		{base, 10, "POST", "/cdapi/v2/data_requests/employee_base/urls", c.createJob(byURLs)},
		{clean, 10, "POST", "/cdapi/v2/data_requests/employee_clean/id_file", c.createJob(byIDFile)},
		{clean, 10, "POST", "/cdapi/v2/data_requests/employee_clean/es_dsl", c.createJob(byQuery)},
		{clean, 10, "POST", "/cdapi/v2/data_requests/employee_clean/shorthand_names", c.createJob(byShorthands)},
		{clean, 10, "POST", "/cdapi/v2/data_requests/employee_clean/urls", c.createJob(byURLs)},
		{multi, 20, "POST", "/cdapi/v2/data_requests/employee_multi_source/ids", c.createJob(byIDs)},
		{multi, 20, "POST", "/cdapi/v2/data_requests/employee_multi_source/es_dsl", c.createJob(byQuery)},
		{v1, 1, "POST", "/cdapi/v1/professional_network/employee/bulk_collect/id_file", c.createJob(byIDFile)},
		{v1, 1, "POST", "/cdapi/v1/professional_network/employee/bulk_collect/filter", c.createJob(byFilter)},
		{v1, 1, "POST", "/cdapi/v1/professional_network/employee/bulk_collect/es_dsl", c.createJob(byQuery)},
		{base, 0, "GET", "/cdapi/v2/data_requests/{id}/files", c.listFiles},
		{base, 0, "GET", "/cdapi/v2/data_requests/{id}/files/{name...}", c.getFile},
		{v1, 0, "GET", "/cdapi/v1/bulk_collect/{id}/files", c.listFiles},
		{v1, 0, "GET", "/cdapi/v1/bulk_collect/{id}/files/{name...}", c.getFile},
	}
}

// call is one request to a route.
type call struct {
	*shell.Call

	set   *dataset
	price int
	owner shell.Owner
	log   *slog.Logger
}

func tooFast() *problem { return refusal(http.StatusTooManyRequests, "Too many requests") }

// serve lets a route respond, after the credential and the rate limit.
func (c *state) serve(rt route, req *call) *problem {
	c.mu.RLock()
	who, ok := c.keys.find(rt.set.credential, req.R.Header)
	c.mu.RUnlock()
	if !ok {
		return refusal(http.StatusUnauthorized, "Unauthorized")
	}
	req.owner = who
	req.W.Finalise = func(h http.Header) {
		h.Set("X-Credits-Remaining", strconv.Itoa(c.creditsLeft(rt.set.purse)))
	}
	within := shell.Limit{Class: "all", Most: c.settings.rateLimit, Window: time.Second}
	if rt.set.purse == realTimePurse {
		within = realTimeLimit() // instead of the other one (assumed)
	}
	left, ok := c.rates.Allow(who, within)
	if within.Most > 0 && within.Window == time.Second {
		// Seen on live responses, not documented.
		req.W.Header().Set("X-Ratelimit-Limit-Second", strconv.Itoa(within.Most))
		req.W.Header().Set("X-Ratelimit-Remaining-Second", strconv.Itoa(left))
	}
	if !ok {
		return tooFast()
	}
	return rt.serve(req)
}
