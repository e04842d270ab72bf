package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	maxSignatureHeader  = 4096
	maxCandidates       = 16
	maxTimestampLength  = 20
	maxSignedHeaderText = 256
)

// hmacVerifier keeps its keys inside the function that makes new states, out
// of reach of whatever prints it.
type hmacVerifier struct {
	scheme HMACScheme
	base64 *base64.Encoding
	states sync.Pool
}

// hmacState is what one verification works with, from Admit to the end of its
// check. It is pooled, so that verifying allocates nothing and a key is
// expanded once per state.
type hmacState struct {
	verifier   *hmacVerifier
	check      Check // The state's own verify.
	keyed      []hash.Hash
	header     http.Header
	timestamp  string
	signed     int64 // The timestamp as a number.
	sum        [sha256.Size]byte
	candidates [maxCandidates][sha256.Size]byte
	found      int
	decoded    [sha256.Size + 1]byte
	scratch    []byte
}

func newHMACVerifier(scheme HMACScheme, secrets []string) (*hmacVerifier, error) {
	scheme, err := scheme.complete()
	if err != nil {
		return nil, err
	}
	keys, err := scheme.SecretForm.keys(secrets)
	if err != nil {
		return nil, err
	}
	v := &hmacVerifier{scheme: scheme, base64: base64.StdEncoding.Strict()}
	v.states.New = func() any {
		state := &hmacState{verifier: v, keyed: make([]hash.Hash, len(keys))}
		state.check = state.verify
		for i, key := range keys {
			state.keyed[i] = hmac.New(sha256.New, key)
		}
		return state
	}
	return v, nil
}

func (v *hmacVerifier) Admit(r *http.Request) (Check, error) {
	timestamp, signed, err := v.scheme.readTime(r.Header)
	if err != nil {
		return nil, err
	}
	if err := v.scheme.checkTime(signed); err != nil {
		return nil, err
	}
	state := v.states.Get().(*hmacState)
	state.header, state.timestamp, state.signed = r.Header, timestamp, signed
	if !state.readCandidates() {
		state.release()
		return nil, ErrUnverified
	}
	return state.check, nil
}

// verify is the [Check] of the request that the state was taken for. After it
// the state belongs to nobody.
func (s *hmacState) verify(body []byte) (string, error) {
	if s.header == nil {
		return "", ErrUnverified // A second call, which the pool's next user must not notice.
	}
	defer s.release()
	// Again: the body may have taken any time to come.
	if err := s.verifier.scheme.checkTime(s.signed); err != nil {
		return "", err
	}
	genuine := false
	for _, keyed := range s.keyed {
		keyed.Reset()
		if !s.writeSigned(keyed, body) {
			return "", ErrUnverified
		}
		mac := keyed.Sum(s.sum[:0])
		for i := range s.found {
			if hmac.Equal(mac, s.candidates[i][:]) {
				genuine = true // Go on: the time must not depend on the position.
			}
		}
	}
	if !genuine {
		return "", ErrUnverified
	}
	return s.verifier.scheme.Label, nil
}

// release gives the state back to the pool.
func (s *hmacState) release() {
	s.header, s.timestamp = nil, ""
	s.verifier.states.Put(s)
}

// writeSigned writes the signed bytes of a request. It returns false if the
// request lacks a part of them.
func (s *hmacState) writeSigned(w hash.Hash, body []byte) bool {
	for i := range s.verifier.scheme.Signed {
		part := &s.verifier.scheme.Signed[i]
		text := part.text
		switch part.kind {
		case partBody:
			w.Write(body)
			continue
		case partTimestamp:
			text = s.timestamp
		case partHeader:
			values := s.header[part.text]
			if len(values) != 1 || len(values[0]) > maxSignedHeaderText {
				return false
			}
			text = values[0]
		}
		s.scratch = append(s.scratch[:0], text...)
		w.Write(s.scratch)
	}
	return true
}

// readCandidates decodes the signatures of the request and reports whether
// there is any. Items that cannot be one are passed over.
func (s *hmacState) readCandidates() bool {
	s.found = 0
	scheme := &s.verifier.scheme
	items, ok := scheme.items(s.header, scheme.Header, scheme.Prefix)
	if !ok {
		return false
	}
	for seen := 0; ; seen++ {
		text, more := items.next(scheme.Prefix)
		if !more {
			return s.found > 0
		}
		if seen == maxCandidates {
			return false
		}
		if s.decode(&s.candidates[s.found], text) {
			s.found++
		}
	}
}

// decode decodes one signature and reports whether it has the right form.
func (s *hmacState) decode(dst *[sha256.Size]byte, text string) bool {
	encoding := s.verifier.base64
	encodedLen := hex.EncodedLen(len(dst))
	if s.verifier.scheme.Encoding == Base64 {
		encodedLen = encoding.EncodedLen(len(dst))
	}
	if len(text) != encodedLen {
		return false
	}
	s.scratch = append(s.scratch[:0], text...)
	if s.verifier.scheme.Encoding == Hex {
		_, err := hex.Decode(dst[:], s.scratch)
		return err == nil
	}
	n, err := encoding.Decode(s.decoded[:], s.scratch)
	return err == nil && copy(dst[:], s.decoded[:n]) == len(dst)
}

// headerItems walks over the items of header values without allocating.
type headerItems struct {
	values     []string
	rest       string
	separators string
}

// items returns the items of the named header, or false if it is missing or
// longer than what is looked at.
func (s *HMACScheme) items(h http.Header, name, prefix string) (headerItems, bool) {
	values := h[name]
	length := 0
	for _, value := range values {
		length += len(value)
	}
	if length == 0 || length > maxSignatureHeader {
		return headerItems{}, false
	}
	separators := " \t,"
	if strings.Contains(prefix, ",") {
		separators = " \t"
	}
	return headerItems{values: values, separators: separators}, true
}

// next returns the next item that starts with prefix, without it.
func (it *headerItems) next(prefix string) (string, bool) {
	for {
		it.rest = strings.TrimLeft(it.rest, it.separators)
		if it.rest == "" {
			if len(it.values) == 0 {
				return "", false
			}
			it.rest, it.values = it.values[0], it.values[1:]
			continue
		}
		item := it.rest
		if end := strings.IndexAny(item, it.separators); end >= 0 {
			item = item[:end]
		}
		it.rest = it.rest[len(item):]
		if text, found := strings.CutPrefix(item, prefix); found {
			return text, true
		}
	}
}

// readTimestamp returns the timestamp as the request carries it, or false if
// it is missing, repeated or too long.
func (s *HMACScheme) readTimestamp(h http.Header) (string, bool) {
	items, ok := s.items(h, s.TimestampHeader, s.TimestampPrefix)
	if !ok {
		return "", false
	}
	text, found := items.next(s.TimestampPrefix)
	_, another := items.next(s.TimestampPrefix)
	return text, found && !another && text != "" && len(text) <= maxTimestampLength
}

// readTime returns the timestamp as the request carries it, and as a number, if
// the scheme has one.
func (s *HMACScheme) readTime(h http.Header) (text string, signed int64, err error) {
	if s.TimestampHeader == "" {
		return "", 0, nil
	}
	text, ok := s.readTimestamp(h)
	if !ok {
		return "", 0, ErrUnverified
	}
	if signed, err = strconv.ParseInt(text, 10, 64); err != nil {
		return "", 0, ErrUnverified
	}
	return text, signed, nil
}

// checkTime returns [ErrTooOld] or [ErrTooNew] if the timestamp is further away
// from now than the tolerance, both in whole seconds.
func (s *HMACScheme) checkTime(signed int64) error {
	if s.TimestampHeader == "" {
		return nil
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

// SignHMAC returns the headers with which a sender that uses the scheme would
// sign the body at the given time, for tests of a receiver. A header that the
// scheme signs besides, see [SignedHeader], gets the value it has in extra,
// and is part of the result. The errors are those of [HMAC], and one for a
// signed header that extra lacks.
func SignHMAC(scheme HMACScheme, secret string, body []byte, at time.Time, extra http.Header) (http.Header, error) {
	v, err := newHMACVerifier(scheme, []string{secret})
	if err != nil {
		return nil, err
	}
	header := make(http.Header)
	for _, part := range v.scheme.Signed {
		if part.kind != partHeader {
			continue
		}
		value := extra.Get(part.text)
		if value == "" {
			return nil, fmt.Errorf("webhook: no value for the signed header %s", part.text)
		}
		header.Set(part.text, value)
	}
	timestamp := v.scheme.TimestampPrefix + strconv.FormatInt(at.Unix(), 10)
	if v.scheme.TimestampHeader != "" {
		header.Set(v.scheme.TimestampHeader, timestamp)
	}
	state := v.states.Get().(*hmacState)
	defer state.release()
	state.header, state.timestamp = header, strconv.FormatInt(at.Unix(), 10)
	state.keyed[0].Reset()
	if !state.writeSigned(state.keyed[0], body) {
		return nil, fmt.Errorf("webhook: a signed header is longer than %d bytes", maxSignedHeaderText)
	}
	mac := state.keyed[0].Sum(nil)
	signature := v.scheme.Prefix + hex.EncodeToString(mac)
	if v.scheme.Encoding == Base64 {
		signature = v.scheme.Prefix + base64.StdEncoding.EncodeToString(mac)
	}
	if v.scheme.TimestampHeader == v.scheme.Header {
		separator := ","
		if strings.Contains(v.scheme.Prefix, ",") {
			separator = " "
		}
		signature = timestamp + separator + signature
	}
	header.Set(v.scheme.Header, signature)
	return header, nil
}
