package webhook

import (
	"net/http"
	"strconv"
	"time"
)

// checkTime returns [ErrTooOld] or [ErrTooNew] if the request's timestamp is
// further away from now than the tolerance, both in whole seconds.
func (s *HMACScheme) checkTime(h http.Header) error {
	if s.TimestampHeader == "" {
		return nil
	}
	text, ok := s.timestamp(h)
	if !ok {
		return ErrUnverified
	}
	signed, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return ErrUnverified
	}
	// now and tolerance are far from the limits of int64; signed may be one.
	now, tolerance := s.Clock().Unix(), int64(s.Tolerance/time.Second)
	switch {
	case signed < now-tolerance:
		return ErrTooOld
	case signed > now+tolerance:
		return ErrTooNew
	}
	return nil
}
