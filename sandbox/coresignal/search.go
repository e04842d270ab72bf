package coresignal

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/matching"
)

const maxPage = 1_000

// search responds with a page of IDs; everything about the other pages is in
// headers. The credits of v1 are taken also when nothing matches.
func (c *state) search(how selector, parse dialect) func(*call) *problem {
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
		cursor := req.R.URL.Query().Get("after")
		if cursor != "" {
			var ok bool
			if from, ok = parseCursor(cursor, order); !ok {
				return refusal(http.StatusBadRequest, "after is not a cursor of this search")
			}
		}
		if p := c.charge(req.set, req.price); p != nil {
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
		h := req.W.Header()
		h.Set("X-Total-Results", strconv.Itoa(total))
		h.Set("X-Total-Pages", strconv.Itoa((total+size-1)/size))
		h.Set("X-Items-Per-Page", strconv.Itoa(size)) // seen, not documented
		if len(page) < len(hits) {
			// Absent on the last page (assumed).
			h.Set("X-Next-Page-After", page[len(page)-1].cursor(order))
		}
		req.W.JSON(http.StatusOK, ids)
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
		found, p := parseFilters(req.Body, req.set)
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
	found, p := parseQuery(req.Body, req.set, parse, "sort")
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
	given := req.R.URL.Query().Get("items_per_page")
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
func (c *state) hits(found selection, set *dataset, order ordering) []hit {
	c.mu.RLock()
	defer c.mu.RUnlock()
	var hits []hit
	for _, p := range c.roster.all {
		if p.MergedInto() != nil {
			continue
		}
		if doc := p.Document(set.records); found.query.Matches(doc) {
			hits = append(hits, hit{id: p.ID, updated: set.sortKey(doc)})
		}
	}
	slices.SortFunc(hits, compareHits(order))
	return hits
}

// ordering is what search results are sorted by.
type ordering int

const (
	byUpdate ordering = iota // newest first, then by ID: the default
	byID
	byScore // all matches score alike, so: by update
)

// sameScore is the score of every match; the sandbox does not rank.
const sameScore = 1.0

// hit is one search result with what it is sorted by.
type hit struct {
	id      int64
	updated string // "2025-01-27 04:46:18"
}

func compareHits(order ordering) func(a, b hit) int {
	return func(a, b hit) int {
		if order != byID {
			if c := cmp.Compare(b.updated, a.updated); c != 0 {
				return c
			}
		}
		return cmp.Compare(a.id, b.id)
	}
}

// cursor writes the place after a hit, in the provider's documented form: the
// values that the results are sorted by, as JSON, with commas between.
func (h hit) cursor(order ordering) string {
	id := strconv.FormatInt(h.id, 10)
	switch order {
	case byID:
		return id
	case byScore:
		return strconv.FormatFloat(sameScore, 'f', 6, 64) + `,"` + h.updated + `",` + id
	default:
		return `"` + h.updated + `",` + id
	}
}

// parseCursor reads what cursor wrote.
func parseCursor(text string, order ordering) (hit, bool) {
	var values []any
	dec := json.NewDecoder(strings.NewReader("[" + text + "]"))
	dec.UseNumber()
	if len(text) > 200 || dec.Decode(&values) != nil || dec.More() {
		return hit{}, false
	}
	if order == byScore {
		if len(values) != 3 || values[0] != json.Number(strconv.FormatFloat(sameScore, 'f', 6, 64)) {
			return hit{}, false
		}
		values = values[1:]
	}
	var h hit
	if order != byID {
		if len(values) != 2 {
			return hit{}, false
		}
		updated, ok := values[0].(string)
		if !ok {
			return hit{}, false
		}
		h.updated, values = updated, values[1:]
	}
	if len(values) != 1 {
		return hit{}, false
	}
	number, ok := values[0].(json.Number)
	if !ok {
		return hit{}, false
	}
	id, err := number.Int64()
	h.id = id
	return h, err == nil
}

// after returns the hits behind the cursor. The hits must be sorted.
func after(hits []hit, cursor hit, order ordering) []hit {
	compare := compareHits(order)
	i, found := slices.BinarySearchFunc(hits, cursor, compare)
	if found {
		i++
	}
	return hits[i:]
}

// sortKey is what a record is sorted by: the time of its last update or, as the
// documented cursors of some datasets show, the day.
func (set *dataset) sortKey(doc map[string]any) string {
	key := sortableTime(doc[set.updatedField])
	if set.sortsByDay {
		key = key[:min(len(key), len(time.DateOnly))]
	}
	return key
}

// sortableTime brings a record's time into the form that cursors print.
func sortableTime(v any) string {
	s, _ := v.(string)
	if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return t.UTC().Format(time.DateTime)
	}
	return s
}

const (
	previewRows  = 20
	previewPages = 5
)

// preview responds with a page of 20 short rows and takes its price, also for an
// empty one (assumed). Nothing about other pages is in headers (assumed), and
// items_per_page is ignored. There are five pages at most; what the provider
// responds to the sixth is not known.
func (c *state) preview(how selector) func(*call) *problem {
	return func(req *call) *problem {
		found, order, p := searchRequest(req, how, matching.ParseQueryOf)
		if p != nil {
			return p
		}
		page := 1
		if given := req.R.URL.Query().Get("page"); given != "" {
			n, err := strconv.Atoi(given)
			if err != nil || n < 1 || n > previewPages {
				return refusal(http.StatusBadRequest, "page must be between 1 and %d", previewPages)
			}
			page = n
		}
		if p := c.charge(req.set, req.price); p != nil {
			return p
		}
		hits := c.hits(found, req.set, order)
		first := min((page-1)*previewRows, len(hits))
		req.W.JSON(http.StatusOK, c.rows(hits[first:min(first+previewRows, len(hits))], req.set))
		return nil
	}
}

func (c *state) rows(hits []hit, set *dataset) []json.RawMessage {
	c.mu.RLock()
	defer c.mu.RUnlock()
	rows := make([]json.RawMessage, 0, len(hits))
	for _, h := range hits {
		row, err := json.Marshal(c.roster.byID[h.id].Preview(set.records, sameScore))
		if err != nil {
			continue // numbers and strings always encode
		}
		rows = append(rows, c.withIDs(row))
	}
	return rows
}
