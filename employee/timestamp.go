package employee

import (
	"encoding/json"
	"time"
)

// Timestamp is a moment as the provider writes it, such as "2026-01-01T12:00:00Z" in Base and "2022-04-27 00:33:19" in
// V1. The empty Timestamp is null.
type Timestamp string

// In each of them, seconds may have a fraction.
var timestampLayouts = [...]string{time.RFC3339, "2006-01-02T15:04:05", time.DateTime, time.DateOnly}

// Time is the moment in UTC. A timestamp without a zone is taken as UTC, which is assumed. It is not ok for text in
// another form: read are the forms above, with and without zone and fractions of a second, and a date alone.
func (t Timestamp) Time() (moment time.Time, ok bool) {
	for _, layout := range timestampLayouts {
		if moment, err := time.Parse(layout, string(t)); err == nil {
			return moment.UTC(), true
		}
	}
	return time.Time{}, false
}

// MarshalJSON writes the text as it is, and null if it is empty.
func (t Timestamp) MarshalJSON() ([]byte, error) { return marshalText(string(t)) }

func marshalText(s string) ([]byte, error) {
	if s == "" {
		return []byte("null"), nil
	}
	return json.Marshal(s)
}
