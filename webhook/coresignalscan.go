package webhook

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// scanner reads the notices as they usually come: an array of objects, or one, whose members are plain strings, whole
// numbers, null, true, false and arrays of plain strings. It stops at whatever else it meets, even if it is valid, and
// then [noticeReader] reads the body from its beginning. What both read they read alike, see FuzzCoresignalScan; the
// scanner needs a third of the time.
type scanner struct {
	noticeReader
	at int
}

// scan reads a whole body and reports whether it could.
func (s *scanner) scan() bool {
	s.skipSpace()
	switch {
	case s.peek() == '{':
		return s.object() && s.ends()
	case !s.take('['):
		return false
	}
	s.skipSpace()
	if s.take(']') {
		return s.ends()
	}
	for s.peek() == '{' && s.object() {
		s.skipSpace()
		if s.take(']') {
			return s.ends()
		}
		if !s.take(',') {
			return false
		}
		s.skipSpace()
	}
	return false
}

// object reads a notice. The brace is the next byte.
func (s *scanner) object() bool {
	n := notice{start: s.at}
	s.at++
	s.skipSpace()
	if s.take('}') {
		return s.add(n, s.at)
	}
	for {
		name, ok := s.text()
		if !ok {
			return false
		}
		s.skipSpace()
		if !s.take(':') {
			return false
		}
		s.skipSpace()
		if !s.member(&n, name) {
			return false
		}
		s.skipSpace()
		if s.take('}') {
			return s.add(n, s.at)
		}
		if !s.take(',') {
			return false
		}
		s.skipSpace()
	}
}

// member reads the value of a member. A later one of the same name counts.
func (s *scanner) member(n *notice, name []byte) bool {
	switch s.peek() {
	case '"':
		text, ok := s.text()
		switch string(name) {
		case "member_id":
			n.id = parseID(text)
		case "status":
			n.status = s.statusOf(text)
		case "change_type":
			n.changeType = s.statusOf(text)
		case "changed_fields":
			n.changedFields = nil
		}
		return ok
	case '[':
		if string(name) != "changed_fields" {
			return false
		}
		return s.names(n)
	}
	word := s.word()
	if len(word) == 0 || !isPlain(word) {
		return false
	}
	switch string(name) {
	case "member_id":
		n.id = parseID(word)
	case "status":
		n.status = ""
	case "change_type":
		n.changeType = ""
	case "changed_fields":
		n.changedFields = nil
	}
	return true
}

// names reads an array of strings. The bracket is the next byte.
func (s *scanner) names(n *notice) bool {
	s.at++
	s.startNames()
	s.skipSpace()
	if !s.take(']') {
		for {
			text, ok := s.text()
			if !ok {
				return false
			}
			if !s.addName(text) {
				return false
			}
			s.skipSpace()
			if s.take(']') {
				break
			}
			if !s.take(',') {
				return false
			}
			s.skipSpace()
		}
	}
	n.changedFields = s.endNames()
	return true
}

// text reads a string without escapes, and returns what is between its quotes.
func (s *scanner) text() ([]byte, bool) {
	if !s.take('"') {
		return nil, false
	}
	rest := s.body[s.at:]
	i := 0
	for ; len(rest)-i >= 8; i += 8 { // Eight bytes at a time: most names have about as many.
		const ones, highs = 0x0101010101010101, 0x8080808080808080
		x := binary.LittleEndian.Uint64(rest[i:])
		quote, slash := x^ones*'"', x^ones*'\\'
		// The high bit of the first byte that is a quote, a backslash or below
		// a space; of later bytes it may be wrong.
		if found := ((quote-ones)&^quote | (slash-ones)&^slash | (x-ones*' ')&^x) & highs; found != 0 {
			i += bits.TrailingZeros64(found) / 8
			break
		}
	}
	for ; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == '"':
			s.at += i + 1
			return rest[:i], true
		case c < ' ' || c == '\\':
			return nil, false
		}
	}
	return nil, false
}

// word reads letters and digits.
func (s *scanner) word() []byte {
	start := s.at
	for s.at < len(s.body) {
		if c := s.body[s.at]; c|0x20 < 'a' || c|0x20 > 'z' {
			if c < '0' || c > '9' {
				break
			}
		}
		s.at++
	}
	return s.body[start:s.at]
}

// isPlain reports whether a word is a whole number or one of JSON's words.
func isPlain(word []byte) bool {
	switch word[0] {
	case 'n', 't', 'f':
		return string(word) == "null" || string(word) == "true" || string(word) == "false"
	case '0':
		return len(word) == 1
	}
	for _, c := range word {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

func (s *scanner) peek() byte {
	if s.at < len(s.body) {
		return s.body[s.at]
	}
	return 0
}

func (s *scanner) take(c byte) bool {
	if s.at < len(s.body) && s.body[s.at] == c {
		s.at++
		return true
	}
	return false
}

func (s *scanner) skipSpace() {
	for s.at < len(s.body) && s.body[s.at] <= ' ' && isSpace(s.body[s.at]) {
		s.at++
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

func (s *scanner) ends() bool {
	s.skipSpace()
	return s.at == len(s.body)
}

// likelyNotices guesses how many notices a body has, cheaply and never far above what fits into it.
func likelyNotices(body []byte) int {
	const shortest = len(`{"member_id":1},`)
	return min(bytes.Count(body, []byte("{")), len(body)/shortest+1)
}
