package matching

import (
	"encoding/json"
	"strconv"

	"github.com/pronet-go/pronet/sandbox/internal/people"
)

// ParseFilters reads the object of search filters of a dataset, such as
// {"country": "(France) OR (Spain)", "active_experience": true}. Every filter must
// hold; those of positions must hold for one and the same position, and those of
// education for one and the same school (assumed). No filters match everyone.
// The error is an [*InvalidError], an [*UnsupportedError] or a [*LimitError].
func ParseFilters(ds people.Dataset, filters json.RawMessage) (Query, error) {
	p := newParser()
	if err := withinLength(filters); err != nil {
		return nil, err
	}
	known := filtersOf(ds)
	if known == nil {
		return nil, &UnsupportedError{"", "the dataset " + strconv.Quote(string(ds)) + " has no search filters"}
	}
	members, err := objectOf("", filters)
	if err != nil {
		return nil, err
	}
	var all allOf
	rows := make(map[string]allOf) // by collection
	var paths []string
	for _, m := range members {
		filter, ok := known[m.name]
		if !ok {
			return nil, &UnsupportedError{m.name, "unknown filter"}
		}
		if err := p.spend(1); err != nil {
			return nil, err
		}
		cond, err := filter.read(p, m.name, m.value)
		switch {
		case err != nil:
			return nil, err
		case filter.rows == "":
			all = append(all, cond)
			continue
		case rows[filter.rows] == nil:
			paths = append(paths, filter.rows)
		}
		rows[filter.rows] = append(rows[filter.rows], cond)
	}
	for _, path := range paths {
		all = append(all, nestedIn(path, rows[path]))
	}
	return p.query(all), nil
}

// filter is the meaning of one search filter.
type filter struct {
	rows string // the collection it looks at; "" for the record
	read func(p *parser, name string, raw json.RawMessage) (condition, error)
}
