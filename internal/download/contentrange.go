package download

import (
	"net/http"
	"strconv"
	"strings"
)

// contentRange is the header of that name: which bytes a response has, or, if it has none, how many there would be.
type contentRange struct {
	first, last int64 // -1 of a response without bytes
	total       int64 // -1 when it is not known
}

// rangeOf returns the one Content-Range of a response.
func rangeOf(h http.Header) (contentRange, bool) {
	values := h["Content-Range"]
	if len(values) != 1 {
		return contentRange{}, false
	}
	return parseContentRange(values[0])
}

// parseContentRange reads "bytes 5-9/10", "bytes 5-9/*" and "bytes */10".
func parseContentRange(s string) (contentRange, bool) {
	s, isBytes := strings.CutPrefix(s, "bytes ")
	span, size, found := strings.Cut(s, "/")
	if !isBytes || !found {
		return contentRange{}, false
	}
	r := contentRange{first: -1, last: -1, total: -1}
	if size != "*" {
		if r.total = position(size); r.total < 0 {
			return contentRange{}, false
		}
	}
	if span == "*" {
		return r, r.total >= 0
	}
	first, last, found := strings.Cut(span, "-")
	r.first, r.last = position(first), position(last)
	if !found || r.first < 0 || r.last < r.first || r.total >= 0 && r.last >= r.total {
		return contentRange{}, false
	}
	return r, true
}

// position reads a number of bytes, -1 when it is none.
func position(s string) int64 {
	if s == "" || len(s) > 18 || strings.Trim(s, "0123456789") != "" {
		return -1
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return -1
	}
	return n
}
