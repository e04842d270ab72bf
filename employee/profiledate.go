package employee

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// ProfileDate is a date as people write it in a profile: "November 2017", "2010", "May 2, 2014". The empty ProfileDate
// is null: there is none, or it is not known. It also reads a bare number, since other datasets write years so.
type ProfileDate string

var profileDateLayouts = [...]struct {
	layout     string
	month, day bool
}{
	{"January 2006", true, false},
	{"2006", false, false},
	{"Jan 2006", true, false},
	{"January 2, 2006", true, true},
	{"Jan 2, 2006", true, true},
	{"2006-01", true, false},
	{time.DateOnly, true, true},
}

// Parse returns the parts that the date has; month and day are 0 where it has none. Months are 1 to 12, in English. It
// is not ok for text in another form than those above, "Nov 2024", "2021-03" and "2021-03-15".
func (d ProfileDate) Parse() (year, month, day int, ok bool) {
	text := strings.TrimSpace(string(d))
	if rest, found := strings.CutPrefix(text, "Sept "); found {
		text = "Sep " + rest
	}
	for _, l := range profileDateLayouts {
		t, err := time.Parse(l.layout, text)
		if err != nil {
			continue
		}
		year = t.Year()
		if l.month {
			month = int(t.Month())
		}
		if l.day {
			day = t.Day()
		}
		return year, month, day, true
	}
	return 0, 0, 0, false
}

// UnmarshalJSON reads a date. It fails for objects and arrays.
func (d *ProfileDate) UnmarshalJSON(b []byte) error { return (*Text)(d).UnmarshalJSON(b) }

// UnmarshalJSONFrom is UnmarshalJSON for a streaming decoder.
func (d *ProfileDate) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	return (*Text)(d).UnmarshalJSONFrom(dec)
}

// MarshalJSON writes the text as it is, and null if it is empty.
func (d ProfileDate) MarshalJSON() ([]byte, error) { return marshalText(string(d)) }
