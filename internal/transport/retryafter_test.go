package transport

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestR11RetryAfterValues(t *testing.T) {
	const date = "Sun, 01 Mar 2026 12:00:00 GMT"
	for _, c := range []struct {
		name, value, date string
		want              time.Duration
		ok                bool
	}{
		{"seconds", "120", "", 2 * time.Minute, true},
		{"none", "0", "", 0, true},
		{"leading zeros", "0000000000005", "", 5 * time.Second, true},
		{"a day", "86400", "", 24 * time.Hour, true},
		{"the most", "31622400", "", maxRetryAfter, true},
		{"more than the most", "31622401", "", maxRetryAfter, true},
		{"ten digits", "9999999999", "", maxRetryAfter, true},
		{"what overflows 64 bits", "99999999999999999999999999", "", maxRetryAfter, true},
		{"a date", "Sun, 01 Mar 2026 12:00:30 GMT", date, 30 * time.Second, true},
		{"a date while our clock is wrong", "Tue, 01 Jan 2030 00:00:30 GMT", "Tue, 01 Jan 2030 00:00:00 GMT", 30 * time.Second, true},
		{"a date without the answer's own", "Sun, 01 Mar 2026 12:00:30 GMT", "", 30 * time.Second, true},
		{"a date, the answer's own is junk", "Sun, 01 Mar 2026 12:00:30 GMT", "yesterday", 30 * time.Second, true},
		{"a date that has passed", "Sun, 01 Mar 2026 11:59:00 GMT", date, 0, true},
		{"RFC 850", "Sunday, 01-Mar-26 12:00:30 GMT", date, 30 * time.Second, true},
		{"asctime", "Sun Mar  1 12:00:30 2026", date, 30 * time.Second, true},
		{"the year 9999", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", maxRetryAfter, true},
		{"empty", "", date, 0, false},
		{"negative", "-5", date, 0, false},
		{"a sign", "+5", date, 0, false},
		{"a fraction", "1.5", date, 0, false},
		{"an exponent", "1e9", date, 0, false},
		{"not a number", "NaN", date, 0, false},
		{"a unit", "5s", date, 0, false},
		{"two values", "5, 6", date, 0, false},
		{"other digits", "\u0665", date, 0, false},
		{"words", "tomorrow at noon", date, 0, false},
		{"very long", string(make([]byte, 1<<16)), date, 0, false},
		{"many digits", "0" + string(make([]rune, 65)), date, 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := retryAfter(http.Header{"Retry-After": {c.value}, "Date": {c.date}}, now)
			assert.Equal(t, c.want, got)
			assert.Equal(t, c.ok, ok)
		})
	}
	_, ok := retryAfter(nil, now)
	assert.False(t, ok)
}

// FuzzRetryAfter looks for a header that leads to a wait below zero or beyond a year.
func FuzzRetryAfter(f *testing.F) {
	f.Add("120", "Sun, 01 Mar 2026 12:00:00 GMT")
	f.Add("Sun, 01 Mar 2026 12:00:30 GMT", "")
	f.Add("99999999999999999999", "x")
	f.Add("-1", "Mon, 01 Jan 0001 00:00:00 GMT")
	f.Fuzz(func(t *testing.T, value, date string) {
		got, ok := retryAfter(http.Header{"Retry-After": {value}, "Date": {date}}, now)
		if got < 0 || got > maxRetryAfter {
			t.Fatalf("%q (date %q) means a wait of %s", value, date, got)
		}
		if !ok && got != 0 {
			t.Fatalf("%q is refused and means %s", value, got)
		}
	})
}
