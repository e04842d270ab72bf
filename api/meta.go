package api

import (
	"net/http"
	"strconv"
	"time"
)

// Meta is what is known of a call besides its result. Fill one with WithMeta.
type Meta struct {
	// Status is the HTTP status of the last response, 0 when none arrived.
	Status int
	// RequestID identifies the call in the provider's support: printable ASCII, at most 256 bytes. Empty when the provider
	// sent none, or one that is not of this form or holds the key.
	RequestID string
	// Attempts is how many times the request was sent.
	Attempts int
	// Duration is the time from the call to its result, waits included.
	Duration time.Duration
	// Credits is what the call spent by the price list, see [End.Credits].
	Credits int64
	// Header is the header of the last response as it came. It may hold anything: not for a log.
	Header http.Header
}

// CreditsRemaining returns the credits that the account has left as the last response stated them (Coresignal's
// x-credits-remaining), and false when it did not.
func (m *Meta) CreditsRemaining() (credits int64, ok bool) {
	if m == nil {
		return 0, false
	}
	return headerInt(m.Header, "X-Credits-Remaining")
}

func headerInt(h http.Header, name string) (int64, bool) {
	value := h.Get(name)
	if value == "" || len(value) > 20 {
		return 0, false
	}
	n, err := strconv.ParseInt(value, 10, 64)
	return n, err == nil
}
