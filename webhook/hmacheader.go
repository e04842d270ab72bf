package webhook

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
)

const (
	maxSignatureHeader  = 4096
	maxCandidates       = 16
	maxTimestampLength  = 20
	maxSignedHeaderText = 256
)

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

// candidates decodes the signatures of a request into the state and reports
// whether there is any. Items that cannot be one are passed over.
func (v *hmacVerifier) candidates(h http.Header, state *hmacState) bool {
	state.found = 0
	items, ok := v.scheme.items(h, v.scheme.Header, v.scheme.Prefix)
	if !ok {
		return false
	}
	for seen := 0; ; seen++ {
		text, more := items.next(v.scheme.Prefix)
		if !more {
			return state.found > 0
		}
		if seen == maxCandidates {
			return false
		}
		if v.decodeSignature(&state.candidates[state.found], text, state) {
			state.found++
		}
	}
}

// decodeSignature decodes one signature and reports whether it has the right
// form.
func (v *hmacVerifier) decodeSignature(dst *[sha256.Size]byte, text string, state *hmacState) bool {
	encodedLen := hex.EncodedLen(len(dst))
	if v.scheme.Encoding == Base64 {
		encodedLen = v.base64.EncodedLen(len(dst))
	}
	if len(text) != encodedLen {
		return false
	}
	state.scratch = append(state.scratch[:0], text...)
	if v.scheme.Encoding == Hex {
		_, err := hex.Decode(dst[:], state.scratch)
		return err == nil
	}
	n, err := v.base64.Decode(state.decoded[:], state.scratch)
	return err == nil && copy(dst[:], state.decoded[:n]) == len(dst)
}

// timestamp returns the timestamp as the request carries it, or false if it
// is missing, repeated or too long.
func (s *HMACScheme) timestamp(h http.Header) (string, bool) {
	items, ok := s.items(h, s.TimestampHeader, s.TimestampPrefix)
	if !ok {
		return "", false
	}
	text, found := items.next(s.TimestampPrefix)
	_, another := items.next(s.TimestampPrefix)
	return text, found && !another && text != "" && len(text) <= maxTimestampLength
}
