package coresignal

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// collect responds with one record and takes its price. A repeated fields
// parameter keeps only those of the root; names that the record does not have
// are passed over (assumed).
func (c *state) collect(req *call) *problem {
	record, p := c.collectRecord(req.Args["ref"], req.set, req.price)
	if p != nil {
		return p
	}
	if wanted := req.R.URL.Query()["fields"]; len(wanted) > 0 {
		var whole map[string]json.RawMessage
		if err := json.Unmarshal(record, &whole); err != nil {
			return refusal(http.StatusInternalServerError, "Internal Server Error")
		}
		part := map[string]json.RawMessage{}
		for _, name := range wanted {
			if value, ok := whole[name]; ok {
				part[name] = value
			}
		}
		req.W.JSON(http.StatusOK, part)
		return nil
	}
	req.W.Bytes(http.StatusOK, "application/json", record)
	return nil
}

func (c *state) collectRecord(ref string, set *dataset, price int) (json.RawMessage, *problem) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.roster.find(ref, set)
	if ok {
		p, ok = c.shown(p)
	}
	if !ok {
		return nil, refusal(http.StatusNotFound, "Not Found")
	}
	if !c.pools[set.purse].take(price) {
		return nil, noCredits()
	}
	c.collected[p.ID]++
	return c.record(p, set), nil
}

// The statuses of the real-time endpoint that HTTP does not define.
const (
	statusRemovedForPrivacy = 453
	statusProfileMissing    = 454
)

// scrape responds with the record of a profile's address, as fresh as everything
// in the sandbox, in the form of Base. The keys url and max_age (in hours) are
// documented; that max_age may be left out is assumed. Neither of 408, 453 and
// 454 costs anything. A 408 comes from a fault only.
func (c *state) scrape(req *call) *problem {
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
	record, p := c.scrapeRecord(slug, req.set, req.price)
	if p != nil {
		return p
	}
	req.W.Bytes(http.StatusOK, "application/json", record)
	return nil
}

func (c *state) scrapeRecord(slug string, set *dataset, price int) (json.RawMessage, *problem) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.roster.byShorthand[slug]
	if ok && p.MergedInto() != nil && c.settings.merged == TargetRecord {
		p = p.MergedInto()
	}
	switch {
	case !ok, p.IsDeleted():
		return nil, refusal(statusProfileMissing, "The profile does not exist or is private")
	case p.IsHidden():
		return nil, refusal(statusRemovedForPrivacy, "The profile was removed for privacy")
	case !c.pools[set.purse].take(price):
		return nil, noCredits()
	}
	c.scraped[p.ID]++
	return c.record(p, set), nil
}

const maxMappedIDs = 10_000

// mappedIDs is the response to a translation of v1's IDs to Base's.
type mappedIDs struct {
	TotalIDCount    int              `json:"total_id_count"`
	MappedIDCount   int              `json:"mapped_id_count"`
	UnmappedIDCount int              `json:"unmapped_id_count"`
	MappedIDs       map[string]int64 `json:"mapped_ids"`
	UnmappedIDs     []int64          `json:"unmapped_ids"`
}

// mapIDs tells the Base ID of each of v1's. In the sandbox they are the same but
// for those of merged people, and those that nobody has are unmapped. It costs nothing, an ID given twice counts
// once, and more than 10,000 are refused with 400: these are assumed.
func (c *state) mapIDs(req *call) *problem {
	if p := req.checkJSON(); p != nil {
		return p
	}
	ids, p := parseIDArray(req.Body)
	if p != nil {
		return p
	}
	if len(ids) > maxMappedIDs {
		return refusal(http.StatusBadRequest, "At most %d ids can be mapped at once", maxMappedIDs)
	}
	ids, _ = unique(ids)
	mapped := mappedIDs{TotalIDCount: len(ids), MappedIDs: map[string]int64{}, UnmappedIDs: []int64{}}
	c.mu.RLock()
	for _, id := range ids {
		if p, known := c.roster.byID[id]; known && (p.MergedInto() == nil || c.settings.merged != NotFound) {
			if into := p.MergedInto(); into != nil && c.settings.merged == TargetRecord {
				p = into
			}
			mapped.MappedIDs[strconv.FormatInt(id, 10)] = p.ID
		} else {
			mapped.UnmappedIDs = append(mapped.UnmappedIDs, id)
		}
	}
	c.mu.RUnlock()
	mapped.MappedIDCount, mapped.UnmappedIDCount = len(mapped.MappedIDs), len(mapped.UnmappedIDs)
	req.W.JSON(http.StatusOK, mapped)
	return nil
}
