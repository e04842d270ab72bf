package matching

import (
	"slices"
	"strings"
	"time"
)

// moment is a time that may be given coarsely: "2021" or "2021-03-05" stand for
// the first instant and, where the query rounds up, for the last instant of that
// first day.
type moment struct{ first, last time.Time }

// dateForm is a spelling of times. The precision is what it leaves open.
type dateForm struct {
	layout    string
	precision time.Duration
}

const wholeDay = 24 * time.Hour

// isoForms are those of strict_date_optional_time.
var isoForms = []dateForm{
	{"2006-01-02T15:04:05Z07:00", time.Nanosecond},
	{"2006-01-02T15:04:05", time.Nanosecond},
	{"2006-01-02T15:04Z07:00", time.Minute},
	{"2006-01-02T15:04", time.Minute},
	{"2006-01-02", wholeDay},
	{"2006-01", wholeDay},
	{"2006", wholeDay},
}

// dateForms are all spellings that occur in records, and in queries on fields whose
// format is not known.
var dateForms = slices.Concat(isoForms, []dateForm{
	{"2006-01-02 15:04:05", time.Nanosecond},
	{"January 2006", wholeDay},
	{"Jan 2006", wholeDay},
	{"January 2, 2006", wholeDay},
})

// namedForms are the formats that the provider's mapping and queries name. A form
// with the layout "" is a number of milliseconds.
var namedForms = map[string][]dateForm{
	"yyyy":                       {{"2006", wholeDay}},
	"uuuu":                       {{"2006", wholeDay}},
	"yyyy-MM":                    {{"2006-01", wholeDay}},
	"yyyy-MM-dd":                 {{"2006-01-02", wholeDay}},
	"yyyy-MM-dd HH:mm:ss":        {{"2006-01-02 15:04:05", time.Second}},
	"yyyy-MM-dd HH:mm:ss.SSSSSS": {{"2006-01-02 15:04:05.000000", time.Microsecond}},
	"MMMM uuuu":                  {{"January 2006", wholeDay}},
	"MMMM yyyy":                  {{"January 2006", wholeDay}},
	"MMM uuuu":                   {{"Jan 2006", wholeDay}},
	"MMM yyyy":                   {{"Jan 2006", wholeDay}},
	"strict_date_optional_time":  isoForms,
	"date_optional_time":         isoForms,
	"epoch_millis":               {{"", time.Millisecond}},
}

// formsOf reads a format, or several with "||" between; "" is Elasticsearch's own.
// It is nil for a format that the sandbox does not know.
func formsOf(format string) []dateForm {
	if format == "" {
		format = "strict_date_optional_time||epoch_millis"
	}
	var forms []dateForm
	for name := range strings.SplitSeq(format, "||") {
		known, ok := namedForms[name]
		if !ok {
			return nil
		}
		forms = append(forms, known...)
	}
	return forms
}

// parseMoment reads a time in any form; without a zone it is UTC.
func parseMoment(text string) (moment, bool) { return parseMomentIn(dateForms, text, false) }

// parseMomentIn reads a time in one of several forms, to the letter where that is
// strict: Go lets fractions and other cases of letters pass.
func parseMomentIn(forms []dateForm, text string, strict bool) (moment, bool) {
	if len(text) < len("2006") || len(text) > 40 {
		return moment{}, false
	}
	for _, form := range forms {
		if form.layout == "" {
			if ms, ok := decimal(text); ok && ms == float64(int64(ms)) {
				t := time.UnixMilli(int64(ms)).UTC()
				return moment{t, t.Add(form.precision - 1)}, true
			}
			continue
		}
		t, err := time.Parse(form.layout, text)
		if err != nil || strict && !strings.Contains(form.layout, "T15") && t.Format(form.layout) != text {
			continue
		}
		return moment{t, t.Add(form.precision - 1)}, true
	}
	return moment{}, false
}

// isDateMath says whether a text is a time that depends on now or on arithmetic.
func isDateMath(text string) bool {
	return strings.HasPrefix(text, "now") || strings.Contains(text, "||")
}

// moment reads a time of a query about the field, in the forms of the query's own
// format, or else those of the field.
func (f field) moment(path string, v value, forms []dateForm) (moment, error) {
	if isDateMath(v.text) {
		return moment{}, &UnsupportedError{path, "date arithmetic; write the date itself"}
	}
	if forms == nil {
		forms = f.forms
	}
	m, ok := parseMomentIn(forms, v.text, true)
	if forms == nil {
		m, ok = parseMoment(v.text)
	}
	switch {
	case ok:
		return m, nil
	case forms == nil && v.numeric:
		return m, &UnsupportedError{path, "a time given as a number"}
	default:
		return m, &MappingError{path, "failed to parse date field"}
	}
}
