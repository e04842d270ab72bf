package coresignal

import (
	"encoding/json"
	"errors"
)

var errEmptyFilter = errors.New("the filter is empty: it would match the whole database")

// EncodeFilter encodes the search filters of a call that costs or creates something for everybody they match, and
// refuses those that would match everybody.
func EncodeFilter(filter json.Marshaler) (json.RawMessage, error) {
	encoded, err := filter.MarshalJSON()
	if err == nil && string(encoded) == "{}" {
		err = errEmptyFilter
	}
	if err != nil {
		return nil, err
	}
	return encoded, nil
}
