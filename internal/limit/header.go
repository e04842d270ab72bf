package limit

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// longestHint bounds how long a header may hold a class back.
const longestHint = 24 * time.Hour

// hintFields are the fields in which providers say how many calls are left, and until when, as net/http spells them.
var hintFields = [...][2]string{
	{"X-Ratelimit-Remaining", "X-Ratelimit-Reset"},
	{"Ratelimit-Remaining", "Ratelimit-Reset"},
	{"X-Rate-Limit-Remaining", "X-Rate-Limit-Reset"},
}

// Hint reads the rate-limit headers of a response, in the forms of X-RateLimit-Remaining and -Reset and of the RateLimit
// field of the IETF draft ("policy";r=0;t=30). When they say that nothing is left, it returns for how long. What is
// malformed, or says that something is left, is no hint: a header can slow calls down, never speed them up.
func Hint(header http.Header) (wait time.Duration, ok bool) {
	if values := header["Ratelimit"]; len(values) > 0 {
		if left, reset, found := draftField(values[0]); found {
			return hint(left, reset, header)
		}
	}
	for _, names := range hintFields {
		remaining := header[names[0]]
		if len(remaining) == 0 {
			continue
		}
		resets := header[names[1]]
		if len(resets) == 0 {
			continue
		}
		left, ok1 := number(remaining[0])
		reset, ok2 := number(resets[0])
		if ok1 && ok2 {
			return hint(left, reset, header)
		}
	}
	return 0, false
}

// hint takes a reset of more than 30 years for a Unix time in seconds, and of less for a number of seconds. A time is
// taken relative to the response's own Date, so that a wrong clock here does not matter.
func hint(left, reset int64, header http.Header) (time.Duration, bool) {
	if left > 0 {
		return 0, false
	}
	wait := time.Duration(min(reset, int64(longestHint/time.Second))) * time.Second
	if reset > 1e9 {
		now, err := http.ParseTime(header.Get("Date"))
		if err != nil {
			now = time.Now()
		}
		wait = min(time.Unix(reset, 0).Sub(now), longestHint)
	}
	return wait, wait > 0
}

// draftField reads the first member of the draft's RateLimit field.
func draftField(value string) (left, reset int64, ok bool) {
	if value == "" || len(value) > 256 {
		return 0, 0, false
	}
	first, _, _ := strings.Cut(value, ",")
	left, reset = -1, -1
	for part := range strings.SplitSeq(first, ";") {
		name, digits, _ := strings.Cut(strings.TrimSpace(part), "=")
		if n, valid := number(digits); valid && name == "r" {
			left = n
		} else if valid && name == "t" {
			reset = n
		}
	}
	return left, reset, left >= 0 && reset >= 0
}

// number reads a whole number of at most 12 digits.
func number(s string) (int64, bool) {
	if s == "" || len(s) > 12 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}
