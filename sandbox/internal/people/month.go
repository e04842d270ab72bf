package people

import (
	"fmt"
	"strconv"
	"time"
)

// month is a date as profiles show it: a month of a year, or a year alone.
// The zero value is no date.
type month struct {
	year int
	of   time.Month // 0 when only the year is known
}

func monthOf(t time.Time) month { return month{t.Year(), t.Month()} }

// add moves by n months; a year alone counts as its January.
func (m month) add(n int) month {
	months := m.index() + n
	return month{months / 12, time.Month(months%12 + 1)}
}

func (m month) isZero() bool { return m == month{} }

// String is "March 2021", "2021", or "" for no date.
func (m month) String() string {
	switch {
	case m.isZero():
		return ""
	case m.of == 0:
		return strconv.Itoa(m.year)
	default:
		return m.of.String() + " " + strconv.Itoa(m.year)
	}
}

// numeric is "2021-03", "2021", or "" for no date.
func (m month) numeric() string {
	switch {
	case m.isZero():
		return ""
	case m.of == 0:
		return strconv.Itoa(m.year)
	default:
		return fmt.Sprintf("%d-%02d", m.year, m.of)
	}
}

// short is "Mar 2021", "2021", or "" for no date.
func (m month) short() string {
	if m.of == 0 {
		return m.String()
	}
	return m.of.String()[:3] + " " + strconv.Itoa(m.year)
}

// index counts months from the year 0; a year alone counts as its January.
func (m month) index() int { return m.year*12 + max(int(m.of), 1) - 1 }

// duration is the length of a closed span, both ends included, in the words of
// a profile: "7 years 10 months", "1 year" or "less than a year".
func duration(from, to month) string {
	months := to.index() - from.index() + 1
	years, rest := months/12, months%12
	switch {
	case years < 1:
		return "less than a year"
	case rest == 0:
		return plural(years, "year")
	default:
		return plural(years, "year") + " " + plural(rest, "month")
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
