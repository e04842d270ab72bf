package sandbox

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// The statuses of the real-time endpoint that HTTP does not define.
const (
	statusRemovedForPrivacy = 453
	statusProfileMissing    = 454
)

// scrape answers with the record of a profile's address, as fresh as everything
// in the sandbox, in the form of Base. The keys url and max_age (in hours) are
// documented; that max_age may be left out is assumed. Neither of 408, 453 and
// 454 costs anything. A 408 comes from a [Fault] only.
func (c *coresignal) scrape(req *call) *problem {
	fields, p := req.object()
	if p != nil {
		return p
	}
	for name := range fields {
		if name != "url" && name != "max_age" {
			return refusal(http.StatusBadRequest, "%.100q is not a parameter", name)
		}
	}
	if _, ok := fields["url"]; !ok {
		return refusal(http.StatusBadRequest, "url is missing")
	}
	address, p := text(fields, "url")
	if p != nil {
		return refusal(http.StatusBadRequest, "%s", p.detail)
	}
	slug, ok := profileSlug(address)
	if !ok {
		return refusal(http.StatusUnprocessableEntity, "Invalid URL")
	}
	if hours, given := fields["max_age"]; given {
		if n, err := strconv.ParseUint(string(hours), 10, 31); err != nil || n < 1 {
			return refusal(http.StatusUnprocessableEntity, "Invalid cache age")
		}
	}
	record, p := c.scrapeRecord(slug, req.set)
	if p != nil {
		return p
	}
	req.w.bytes(http.StatusOK, "application/json", record)
	return nil
}

func (c *coresignal) scrapeRecord(slug string, set *dataset) (json.RawMessage, *problem) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.roster.byShorthand[slug]
	switch {
	case !ok, p.IsDeleted():
		return nil, refusal(statusProfileMissing, "The profile does not exist or is private")
	case p.IsHidden():
		return nil, refusal(statusRemovedForPrivacy, "The profile was removed for privacy")
	case !c.pools[set.purse].take(set.collectPrice):
		return nil, noCredits()
	}
	c.scraped[p.ID]++
	return p.Record(set.records), nil
}
