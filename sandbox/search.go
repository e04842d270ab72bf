package sandbox

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
)

const maxPage = 1_000

// search answers with a page of IDs; everything about the other pages is in
// headers. The credits of v1 are taken also when nothing matches.
func (c *coresignal) search(how selector, parse dialect) func(*call) *problem {
	return func(req *call) *problem {
		found, order, p := searchRequest(req, how, parse)
		if p != nil {
			return p
		}
		size, p := pageSize(req)
		if p != nil {
			return p
		}
		var from hit
		cursor := req.r.URL.Query().Get("after")
		if cursor != "" {
			var ok bool
			if from, ok = parseCursor(cursor, order); !ok {
				return refusal(http.StatusBadRequest, "after is not a cursor of this search")
			}
		}
		if p := c.charge(req.set, req.set.searchPrice); p != nil {
			return p
		}

		hits := c.hits(found, req.set, order)
		total := len(hits)
		if cursor != "" {
			hits = after(hits, from, order)
		}
		page := hits[:min(size, len(hits))]
		ids := make([]int64, 0, len(page))
		for _, h := range page {
			ids = append(ids, h.id)
		}
		h := req.w.Header()
		h.Set("X-Total-Results", strconv.Itoa(total))
		h.Set("X-Total-Pages", strconv.Itoa((total+size-1)/size))
		h.Set("X-Items-Per-Page", strconv.Itoa(size)) // seen, not documented
		if len(page) < len(hits) {
			// Absent on the last page (assumed).
			h.Set("X-Next-Page-After", page[len(page)-1].cursor(order))
		}
		req.w.json(http.StatusOK, ids)
		return nil
	}
}

// searchRequest reads the body of a search: filters at its top, or query and
// sort.
func searchRequest(req *call, how selector, parse dialect) (selection, ordering, *problem) {
	if how == byFilter {
		if _, p := req.object(); p != nil {
			return selection{}, 0, p
		}
		found, p := parseFilters(req.body, req.set)
		return found, byUpdate, p
	}
	fields, p := req.object("query", "sort")
	if p != nil {
		return selection{}, 0, p
	}
	order, p := sorting(fields["sort"])
	if p != nil {
		return selection{}, 0, p
	}
	found, p := parseQuery(req.body, req.set, parse, "sort")
	return found, order, p
}

// sorting reads the documented values of sort: ["id"] and ["_score"].
func sorting(raw json.RawMessage) (ordering, *problem) {
	if raw == nil {
		return byUpdate, nil
	}
	var names []string
	if json.Unmarshal(raw, &names) == nil {
		switch {
		case slices.Equal(names, []string{"id"}):
			return byID, nil
		case slices.Equal(names, []string{"_score"}):
			return byScore, nil
		}
	}
	return 0, refusal(http.StatusUnprocessableEntity, `sort must be ["id"] or ["_score"]`)
}

func pageSize(req *call) (int, *problem) {
	given := req.r.URL.Query().Get("items_per_page")
	if given == "" {
		return maxPage, nil
	}
	n, err := strconv.Atoi(given)
	if err != nil || n < 1 || n > maxPage {
		return 0, refusal(http.StatusBadRequest, "items_per_page must be between 1 and %d", maxPage)
	}
	return n, nil
}

// hits evaluates a query on everybody.
func (c *coresignal) hits(found selection, set *dataset, order ordering) []hit {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var hits []hit
	for _, p := range c.roster.all {
		if doc := p.Document(set.records); found.query.Matches(doc) {
			hits = append(hits, hit{id: p.ID, updated: set.sortKey(doc)})
		}
	}
	slices.SortFunc(hits, compareHits(order))
	return hits
}
