package employee

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// ErrInvalidFilter reports a filter that cannot be encoded.
var ErrInvalidFilter = errors.New("invalid filter")

// FilterTime is a time in a search filter, written as "YYYY-MM-DD hh:mm:ss" in UTC (the zone is assumed; no source
// states one). The zero FilterTime is not sent.
type FilterTime struct{ time.Time }

// MarshalJSON writes the time to the second. It fails for years that do not have four digits.
func (t FilterTime) MarshalJSON() ([]byte, error) {
	utc := t.UTC()
	if y := utc.Year(); y < 1 || y > 9999 {
		return nil, fmt.Errorf("employee: %w: the year %d", ErrInvalidFilter, y)
	}
	return strconv.AppendQuote(nil, utc.Format(time.DateTime)), nil
}

// encodeFilter writes a filter struct and adds what is not typed, in the order of its names.
func encodeFilter(typed any, extra map[string]any) ([]byte, error) {
	encoded, err := jsonv2.Marshal(typed)
	if err != nil {
		return nil, fmt.Errorf("employee: %w: %w", ErrInvalidFilter, err)
	}
	if len(extra) == 0 {
		return encoded, nil
	}
	var known map[string]jsontext.Value
	if err := jsonv2.Unmarshal(encoded, &known); err != nil {
		return nil, fmt.Errorf("employee: %w: %w", ErrInvalidFilter, err)
	}
	encoded = encoded[:len(encoded)-1]
	for _, name := range slices.Sorted(maps.Keys(extra)) {
		if _, twice := known[name]; twice {
			return nil, fmt.Errorf("employee: %w: %q is set in a field and in Extra", ErrInvalidFilter, name)
		}
		value, err := marshal(extra[name])
		if err != nil {
			return nil, fmt.Errorf("employee: %w: Extra %q: %w", ErrInvalidFilter, name, err)
		}
		if len(encoded) > 1 {
			encoded = append(encoded, ',')
		}
		if encoded, err = jsontext.AppendQuote(encoded, name); err != nil {
			return nil, fmt.Errorf("employee: %w: a name in Extra: %w", ErrInvalidFilter, err)
		}
		encoded = append(append(encoded, ':'), value...)
	}
	encoded = append(encoded, '}')
	if !jsontext.Value(encoded).IsValid() {
		return nil, fmt.Errorf("employee: %w: a value in Extra holds a key twice or text that is not UTF-8", ErrInvalidFilter)
	}
	return encoded, nil
}
