package redact

import (
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxID bounds an identifier of a peer's, maxProse its words, in bytes.
	maxID, maxProse = 256, 4 << 10
	// leastKey is the length from which a key is looked for: a shorter one is a word, and no provider's key.
	leastKey = 6
	// longestRun of a key's bytes is enough to give it away, and so is half of a short one.
	longestRun = 12
	mark       = "[redacted]"
)

// ID returns an identifier that a peer sent, such as a request id or an error code, if it may be kept and printed: it is
// printable ASCII, of at most 256 bytes, and holds none of the keys. Otherwise it is empty.
func ID(id string, keys ...string) string {
	if len(id) > maxID {
		return ""
	}
	for i := range len(id) {
		if id[i] < ' ' || id[i] > '~' {
			return ""
		}
	}
	if holdsAny(id, keys) {
		return ""
	}
	return id
}

// Prose returns what a peer wrote for people so that a terminal obeys none of it: at most 4 KiB of printable characters on
// one line, without any of the keys.
func Prose(text string, keys ...string) string {
	if len(text) > maxProse {
		text = text[:maxProse]
		for range utf8.UTFMax - 1 { // not in the middle of a character
			if r, size := utf8.DecodeLastRuneInString(text); r != utf8.RuneError || size != 1 {
				break
			}
			text = text[:len(text)-1]
		}
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return utf8.RuneError
		}
		return r
	}, text)
	for _, key := range keys {
		if len(key) >= leastKey {
			text = strings.ReplaceAll(text, key, mark)
		}
	}
	if holdsAny(text, keys) {
		return mark
	}
	return text
}

func holdsAny(text string, keys []string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return Holds(text, key) })
}

// Holds reports whether a text holds a key or a telling part of it: 12 bytes in a row, or half of a shorter key. It does so
// too when they are in other letters (upper or lower), escaped by percent signs, or in hexadecimal or base64.
func Holds(text, key string) bool {
	if len(key) < leastKey {
		return false
	}
	run := min(len(key), longestRun, max(len(key)/2, 8))
	folded := strings.ToLower(key)
	for range 3 { // escaped, and escaped again
		if shares(strings.ToLower(text), folded, run) || encodes(text, key, run) {
			return true
		}
		plain := unescape(text)
		if plain == text {
			return false
		}
		text = plain
	}
	return false
}

// encodes reports whether a text holds a run of the key's bytes in hexadecimal or base64.
func encodes(text, key string, run int) bool {
	if len(key) < longestRun { // what is made of less is too often there by chance
		return false
	}
	text = strings.ToLower(text)
	if shares(strings.NewReplacer("-", "", ":", "", " ", "").Replace(text), hex.EncodeToString([]byte(key)), 2*run) {
		return true
	}
	text = strings.NewReplacer("-", "+", "_", "/").Replace(text) // the alphabet of URLs
	for i := range 3 {                                           // what stands before the key moves its groups of three
		if shares(text, strings.ToLower(base64.StdEncoding.EncodeToString([]byte(key[i:]))), (run-2)/3*4) {
			return true
		}
	}
	return false
}

// shares reports whether two texts have n bytes in a row in common.
func shares(a, b string, n int) bool {
	for i := 0; i+n <= len(a); i++ {
		if strings.Contains(b, a[i:i+n]) {
			return true
		}
	}
	return false
}

// unescape replaces what is escaped by a percent sign, and leaves the rest as it is.
func unescape(text string) string {
	if !strings.Contains(text, "%") {
		return text
	}
	var out strings.Builder
	for len(text) > 0 {
		if len(text) > 2 && text[0] == '%' {
			if b, err := hex.DecodeString(text[1:3]); err == nil {
				out.WriteByte(b[0])
				text = text[3:]
				continue
			}
		}
		out.WriteByte(text[0])
		text = text[1:]
	}
	return out.String()
}
