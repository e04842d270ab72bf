package sandbox

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

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
