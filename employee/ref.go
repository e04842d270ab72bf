package employee

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// ErrInvalidRef reports a reference that cannot name a profile. The error that wraps it says why, without the value.
var ErrInvalidRef = errors.New("invalid reference")

const maxRef = 512 // bytes

type refKind uint8

const (
	refNone refKind = iota
	refID
	refShorthand
	refProfileURL
)

// Ref names one employee profile: by ID, by the last part of its profile address, or by that whole address. Refs are
// compared with ==. The zero Ref names nothing and is invalid.
type Ref struct {
	kind refKind
	id   int64
	text string
}

// ID refers to a profile by Coresignal's number for it. IDs of V1 need not be IDs of Base.
func ID(id int64) Ref { return Ref{kind: refID, id: id} }

// Shorthand refers to a profile by its shorthand name, the part of the profile address after "/in/". Shorthand names
// change; the former ones stand in a record's ShorthandNames, and whether a former one is still found is not
// documented.
func Shorthand(name string) Ref { return Ref{kind: refShorthand, text: name} }

// ProfileURL refers to a profile by its full address, beginning with http:// or https://.
func ProfileURL(address string) Ref { return Ref{kind: refProfileURL, text: address} }

// ID returns the number of a reference made by [ID], and whether it was made so.
func (r Ref) ID() (id int64, ok bool) { return r.id, r.kind == refID }

// String is the number, shorthand name or address. The last two are personal data; errors of this package do not hold
// them.
func (r Ref) String() string {
	if r.kind == refID {
		return strconv.FormatInt(r.id, 10)
	}
	return r.text
}

// Validate reports, as an [ErrInvalidRef], what keeps the reference from standing in a request: an ID below 1; a text
// that is empty, ".", "..", longer than 512 bytes, not UTF-8 or holding control characters; a shorthand name with a
// slash, question mark or number sign, or of digits only, since it would be read as an ID; an address without http(s)
// and a host.
func (r Ref) Validate() error {
	if reason := r.invalid(); reason != "" {
		return fmt.Errorf("employee: %w: %s", ErrInvalidRef, reason)
	}
	return nil
}

// Segment is the one path segment that the reference takes in an address, not yet escaped, or the error of
// [Ref.Validate].
func (r Ref) Segment() (string, error) {
	if err := r.Validate(); err != nil {
		return "", err
	}
	return r.String(), nil
}

func (r Ref) invalid() string {
	switch r.kind {
	case refID:
		if r.id <= 0 {
			return "an ID must be positive"
		}
		return ""
	case refShorthand:
		if reason := invalidText(r.text); reason != "" {
			return "the shorthand name " + reason
		}
		return invalidShorthand(r.text)
	case refProfileURL:
		if reason := invalidText(r.text); reason != "" {
			return "the profile address " + reason
		}
		return invalidProfileURL(r.text)
	}
	return "it names nothing"
}

func invalidText(s string) string {
	switch {
	case strings.TrimSpace(s) == "":
		return "is empty"
	case s == "." || s == "..":
		return "is only dots"
	case len(s) > maxRef:
		return fmt.Sprintf("is longer than %d bytes", maxRef)
	case !utf8.ValidString(s):
		return "is not UTF-8"
	case strings.ContainsFunc(s, unicode.IsControl):
		return "holds a control character"
	}
	return ""
}

func invalidShorthand(s string) string {
	switch {
	case strings.ContainsAny(s, `/\?#`):
		return `the shorthand name is more than the part after "/in/"`
	case strings.Trim(s, "0123456789") == "":
		return "a shorthand name of digits only would be read as an ID; use the profile address"
	}
	return ""
}

func invalidProfileURL(s string) string {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return "the profile address cannot be parsed"
	case u.Scheme != "http" && u.Scheme != "https":
		return "the profile address does not begin with http:// or https://"
	case u.Host == "":
		return "the profile address has no host"
	case u.User != nil:
		return "the profile address holds a user name"
	}
	return ""
}
