package employee

import (
	"cmp"
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

// Shorthand refers to a profile by its shorthand name, the part of the profile address after "/in/". A name with other
// letters than ASCII is given decoded, "jane-benício-1": it is encoded when it is sent, and what an address has as
// "jane-ben%C3%ADcio-1" would be encoded twice. Shorthand names change; the former ones stand in a record's
// ShorthandNames, and whether a former one is still found is not documented.
func Shorthand(name string) Ref { return Ref{kind: refShorthand, text: name} }

// ProfileURL refers to a profile by its full address, beginning with http:// or https://, with a name after "/in/", or
// after "/pub/" in old ones.
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
// that is empty, ".", "..", longer than 512 bytes, not UTF-8 or holding control characters, spaces or characters that
// take no room, such as a byte order mark; a shorthand name with a slash, question mark or number sign, or of digits
// only, since it would be read as an ID; an address without http(s) and a host, and one that is not of a person, such as
// that of a company.
func (r Ref) Validate() error {
	if reason := r.invalid(); reason != "" {
		return fmt.Errorf("employee: %w: %s", ErrInvalidRef, reason)
	}
	return nil
}

// Key is the same for all spellings of a reference to one profile, and different for other profiles: of an address, the
// scheme, "www." or the country before the host, a slash at the end, what follows the name, the query and the fragment do
// not count; nor does case, nor whether letters are percent-encoded. It tells duplicates in a list, and is not for
// sending. References of different kinds have different keys, also if they are to one profile. The key of an invalid
// reference is empty.
func (r Ref) Key() string {
	if r.invalid() != "" {
		return ""
	}
	switch r.kind {
	case refShorthand:
		return "in/" + strings.ToLower(unescaped(r.text))
	case refProfileURL:
		if u, err := url.Parse(r.text); err == nil {
			return siteOf(u) + "/" + strings.ToLower(profilePath(u))
		}
	}
	return r.String()
}

// unescaped is a text without percent-encoding, or the text if it has none that is right.
func unescaped(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

// siteOf is the host without what names a country or a form of the same site before it.
func siteOf(u *url.URL) string {
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	first, rest, _ := strings.Cut(host, ".")
	if strings.Contains(rest, ".") && (first == "www" || first == "m" || len(first) == 2) {
		return rest
	}
	return host
}

// profilePath is what names the person in the path of an address, such as "in/jane-roe", or empty.
func profilePath(u *url.URL) string {
	parts := strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' })
	if len(parts) > 0 && (parts[0] == "m" || parts[0] == "mwlite") { // the site for telephones
		parts = parts[1:]
	}
	switch {
	case len(parts) < 2:
	case strings.EqualFold(parts[0], "in"):
		return "in/" + parts[1] // a language or a part of the page may follow
	case strings.EqualFold(parts[0], "pub"):
		return strings.Join(parts, "/")
	}
	return ""
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
	return unseen(s)
}

// unseen tells of characters that no name has and that nobody sees in a list.
func unseen(s string) string {
	switch {
	case strings.ContainsFunc(s, unicode.IsSpace):
		return "holds a space"
	case strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Cf, r) }):
		return "holds a character that takes no room, such as a byte order mark"
	}
	return ""
}

func invalidShorthand(s string) string {
	switch reason := cmp.Or(invalidText(s), invalidText(unescaped(s))); {
	case reason != "":
		return "the shorthand name " + reason
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
	name := profilePath(u)
	if name == "" {
		return `the profile address is not one of a person: it has no name after "/in/"`
	}
	if reason := invalidText(strings.TrimPrefix(name, "in/")); reason != "" {
		return `the name after "/in/" in the profile address ` + reason
	}
	return ""
}
