// Package urn reads and writes LinkedIn's URNs, such as urn:li:person:abc and urn:li:comment:(urn:li:activity:1,2).
//
// A [URN] is text that was checked, so it can be compared, be a map's key and stand in JSON. Nothing is escaped: how a
// URN is written into a path or a query depends on the protocol version of the call, and is done there.
//
// LinkedIn publishes no grammar. What is accepted is what its documents show, and more of the same: a type of letters,
// digits and underscores; an id of the characters that RFC 8141 allows in a name, but for parentheses and commas; or a
// tuple of ids and URNs in parentheses (assumed).
package urn

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	prefix = "urn:li:"
	// MaxLength is the most bytes of a URN.
	MaxLength = 1024
	// MaxDepth is how deep tuples may lie in each other.
	MaxDepth = 8
	maxType  = 64
)

// ErrInvalid is wrapped by the error for a text that is no URN of LinkedIn. The error says where it goes wrong and has
// nothing of the text, which may name a person.
var ErrInvalid = errors.New("urn: invalid")

// URN is a URN of LinkedIn. The zero value is none; all others are valid.
type URN struct{ text string }

// Parse reads a URN, or returns [ErrInvalid]. Nothing around it is accepted, and no other letter case of "urn:li:".
func Parse(text string) (URN, error) {
	if len(text) > MaxLength {
		return URN{}, fmt.Errorf("%w: longer than %d bytes", ErrInvalid, MaxLength)
	}
	end, err := scan(text, 0, 0)
	if err != nil {
		return URN{}, err
	}
	if end < len(text) {
		return URN{}, fmt.Errorf("%w: byte %d does not belong to it", ErrInvalid, end)
	}
	return URN{strings.Clone(text)}, nil
}

// New returns the URN of a type with one id, or with a tuple of several parts, each an id or a URN's text. A part that
// would become several, or the end of the URN, is refused with [ErrInvalid].
func New(kind string, parts ...string) (URN, error) {
	id := strings.Join(parts, ",")
	if len(parts) != 1 {
		id = "(" + id + ")"
	}
	u, err := Parse(prefix + kind + ":" + id)
	if err == nil && (u.Type() != kind || !slices.Equal(u.Parts(), parts)) {
		return URN{}, fmt.Errorf("%w: a part is more than an id or a URN", ErrInvalid)
	}
	return u, err
}

// scan reads a URN that begins at the byte from and returns where it ends.
func scan(text string, from, depth int) (end int, err error) {
	if !strings.HasPrefix(text[from:], prefix) {
		return 0, fmt.Errorf("%w: byte %d does not begin with %q", ErrInvalid, from, prefix)
	}
	kind := from + len(prefix)
	end = kind + run(text[kind:], isType)
	if end == kind || end-kind > maxType || end == len(text) || text[end] != ':' {
		return 0, fmt.Errorf("%w: no type and colon at byte %d", ErrInvalid, kind)
	}
	end++
	if end < len(text) && text[end] == '(' {
		return scanTuple(text, end, depth+1)
	}
	return scanID(text, end)
}

// scanTuple reads the tuple whose parenthesis is at the byte from.
func scanTuple(text string, from, depth int) (end int, err error) {
	if depth > MaxDepth {
		return 0, fmt.Errorf("%w: more than %d tuples in each other", ErrInvalid, MaxDepth)
	}
	for end = from; ; {
		end++ // The parenthesis, or a comma.
		if strings.HasPrefix(text[end:], prefix) {
			end, err = scan(text, end, depth)
		} else {
			end, err = scanID(text, end)
		}
		switch {
		case err != nil:
			return 0, err
		case end == len(text):
			return 0, fmt.Errorf("%w: the tuple at byte %d does not end", ErrInvalid, from)
		case text[end] == ')':
			return end + 1, nil
		case text[end] != ',':
			return 0, fmt.Errorf("%w: byte %d does not belong to it", ErrInvalid, end)
		}
	}
}

func scanID(text string, from int) (end int, err error) {
	n := run(text[from:], isID)
	if n == 0 {
		return 0, fmt.Errorf("%w: no id at byte %d", ErrInvalid, from)
	}
	return from + n, nil
}

// run returns how many bytes at the beginning of text belong to a set.
func run(text string, belongs func(byte) bool) int {
	for i := range len(text) {
		if !belongs(text[i]) {
			return i
		}
	}
	return len(text)
}

func isType(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || c == '_'
}

func isID(c byte) bool { return isType(c) || strings.IndexByte("-.~%!$&'*+;=:@/", c) >= 0 }

// String returns the URN as it was read, "" for the zero value.
func (u URN) String() string { return u.text }

// IsZero reports whether u is the zero value.
func (u URN) IsZero() bool { return u.text == "" }

// Type returns what kind of thing is named, such as "person".
func (u URN) Type() string {
	kind, _ := u.split()
	return kind
}

// ID returns the id, such as "abc", or "" if there is a tuple instead: see [URN.Parts].
func (u URN) ID() string {
	if _, id := u.split(); !strings.HasPrefix(id, "(") {
		return id
	}
	return ""
}

// Parts returns the elements of the tuple, ids and texts of URNs, or the id alone. The zero value has none.
func (u URN) Parts() []string {
	_, id := u.split()
	if !strings.HasPrefix(id, "(") {
		if id == "" {
			return nil
		}
		return []string{id}
	}
	var parts []string
	depth, start := 0, 1
	for i := range len(id) {
		switch {
		case id[i] == '(':
			depth++
		case id[i] == ')':
			depth--
		}
		if depth == 0 || depth == 1 && id[i] == ',' {
			parts = append(parts, id[start:i])
			start = i + 1
		}
	}
	return parts
}

func (u URN) split() (kind, id string) {
	kind, id, _ = strings.Cut(strings.TrimPrefix(u.text, prefix), ":")
	return kind, id
}

// MarshalText returns the URN's text, which is empty for the zero value, for JSON, XML and flags.
func (u URN) MarshalText() ([]byte, error) { return []byte(u.text), nil }

// UnmarshalText reads a URN, or the zero value from the empty text.
func (u *URN) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*u = URN{}
		return nil
	}
	parsed, err := Parse(string(text))
	if err == nil {
		*u = parsed
	}
	return err
}
