package matching

import (
	"strings"
	"time"
)

// moment is a time that may be given coarsely: "2021" or "2021-03-05" stand for
// the first instant and, where the query rounds up, for the last instant of that
// first day.
type moment struct{ first, last time.Time }

// dateForms are the spellings of times, in queries and records alike. The
// precision is what the form leaves open.
var dateForms = []struct {
	layout    string
	precision time.Duration
}{
	{"2006-01-02T15:04:05Z07:00", time.Nanosecond},
	{"2006-01-02T15:04:05", time.Nanosecond},
	{"2006-01-02 15:04:05", time.Nanosecond},
	{"2006-01-02T15:04Z07:00", time.Minute},
	{"2006-01-02T15:04", time.Minute},
	{"2006-01-02", 24 * time.Hour},
	{"2006-01", 24 * time.Hour},
	{"2006", 24 * time.Hour},
	{"January 2006", 24 * time.Hour},
	{"Jan 2006", 24 * time.Hour},
	{"January 2, 2006", 24 * time.Hour},
}

// parseMoment reads a time; without a zone it is UTC.
func parseMoment(text string) (moment, bool) {
	if len(text) < len("2006") || len(text) > 40 {
		return moment{}, false
	}
	for _, form := range dateForms {
		if t, err := time.Parse(form.layout, text); err == nil {
			return moment{t, t.Add(form.precision - 1)}, true
		}
	}
	return moment{}, false
}

// isDateMath says whether a text is a time that depends on now or on arithmetic.
func isDateMath(text string) bool {
	return strings.HasPrefix(text, "now") || strings.Contains(text, "||")
}

// readMoment reads a time of a query.
func readMoment(path, text string) (moment, error) {
	if isDateMath(text) {
		return moment{}, &UnsupportedError{path, "date arithmetic; write the date itself"}
	}
	m, ok := parseMoment(text)
	if !ok {
		return moment{}, &InvalidError{path, "failed to parse date field"}
	}
	return m, nil
}
