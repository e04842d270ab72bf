package posts

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/pronet-go/pronet/linkedin/urn"
)

// Text is the commentary of a post. LinkedIn reads it in its format "little", in which some characters must be escaped and
// mentions and hashtags have a syntax; this type does both. The zero Text is empty.
//
//	posts.Plain("R&D (beta) at ").Mention("Acme", acme).Plain(", see ").Hashtag("golang")
//
// The other texts of a post, such as an article's title, and those of comments are plain strings.
//
// Source: learn.microsoft.com/linkedin/marketing/community-management/shares/little-text-format.
type Text struct {
	little   string
	plain    string
	mentions string // the URNs, in order
	err      error
}

// reserved are the characters of little that stand for themselves only behind a backslash.
const reserved = `|{}@[]()<>#\*_~`

// Plain is a text that readers see as it is written here: what little would take for its own syntax is escaped.
func Plain(text string) Text { return Text{}.Plain(text) }

// LittleText is a text that is in the format already. It is sent as it is.
func LittleText(text string) Text {
	plain, mentions := readers(text)
	return Text{little: text, plain: plain, mentions: mentions}
}

// Plain adds plain text.
func (t Text) Plain(text string) Text {
	t.little += Escape(text)
	t.plain += text
	return t
}

// Mention adds a mention of a person or an organization. The name is what readers see if the entity cannot be shown; for
// organizations it must be their name as LinkedIn has it (reported: other names stay text).
func (t Text) Mention(name string, entity urn.URN) Text {
	if kind := entity.Type(); kind != "person" && kind != "organization" || entity.ID() == "" || name == "" {
		t.err = errors.Join(t.err, errors.New("a mention needs a name, and the URN of a person or an organization"))
		return t
	}
	t.little += "@[" + Escape(name) + "](" + entity.String() + ")"
	t.plain += name
	t.mentions += entity.String() + "\n"
	return t
}

// Hashtag adds a hashtag, given without its sign: letters, digits and marks.
func (t Text) Hashtag(tag string) Text {
	if tag == "" || strings.ContainsFunc(tag, func(r rune) bool { return !unicode.In(r, unicode.L, unicode.N, unicode.M) }) {
		t.err = errors.Join(t.err, fmt.Errorf("a hashtag is of letters and digits, without its sign"))
		return t
	}
	t.little += `{hashtag|#|` + tag + "}"
	t.plain += "#" + tag
	return t
}

// Little is the text as LinkedIn gets it.
func (t Text) Little() string { return t.little }

// String is the text as readers see it: of mentions the name, of hashtags the tag with its sign.
func (t Text) String() string { return t.plain }

// IsZero reports whether the text is empty.
func (t Text) IsZero() bool { return t.little == "" && t.err == nil }

// Length counts what readers see, in runes and in UTF-16 code units. LinkedIn says that a commentary has 3,000 characters
// at most, and not how it counts them; longer ones are reported to be cut without an error, so they are sent as they are.
func (t Text) Length() (runes, utf16Units int) {
	return utf8.RuneCountInString(t.plain), len(utf16.Encode([]rune(t.plain)))
}

// readers is what readers see of a text in the format little, with the URNs of its mentions: of a mention the name, and of
// a hashtag, {hashtag|#|tag} or {hashtag|\#|tag}, the tag with its sign. What has not wholly the form of one stays as it is.
func readers(little string) (plain, mentions string) {
	var b, named strings.Builder
	b.Grow(len(little))
	for little != "" {
		if name, rest, ok := between(little, "@[", ']'); ok && name != "" {
			if to, rest, ok := between(rest, "(", ')'); ok {
				if entity, err := urn.Parse(Unescape(to)); err == nil {
					b.WriteString(Unescape(name))
					named.WriteString(entity.String() + "\n")
					little = rest
					continue
				}
			}
		}
		if tag, rest, ok := between(little, "{hashtag|", '}'); ok {
			sign, tag, _ := strings.Cut(tag, "|")
			if Unescape(sign) == "#" && tag != "" {
				b.WriteString("#" + Unescape(tag))
				little = rest
				continue
			}
		}
		if len(little) > 1 && little[0] == '\\' && strings.IndexByte(reserved, little[1]) >= 0 {
			little = little[1:]
		}
		b.WriteByte(little[0])
		little = little[1:]
	}
	return b.String(), named.String()
}

// between is what stands between an opening and the first end that is not escaped; another opening in between is none.
func between(little, open string, end byte) (inside, rest string, ok bool) {
	text, ok := strings.CutPrefix(little, open)
	if !ok {
		return "", "", false
	}
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case end:
			return text[:i], text[i+1:], true
		case '[', '{':
			return "", "", false
		}
	}
	return "", "", false
}

// Escape writes a plain text in the format little, in one pass: each reserved character gets one backslash.
func Escape(plain string) string {
	var b strings.Builder
	b.Grow(len(plain) + 8)
	for i := range len(plain) {
		if strings.IndexByte(reserved, plain[i]) >= 0 { // all of them are ASCII
			b.WriteByte('\\')
		}
		b.WriteByte(plain[i])
	}
	return b.String()
}

// Unescape takes the backslashes off a text in the format little. Mentions and hashtags stay in their syntax.
func Unescape(little string) string {
	var b strings.Builder
	b.Grow(len(little))
	for i := 0; i < len(little); i++ {
		if little[i] == '\\' && i+1 < len(little) && strings.IndexByte(reserved, little[i+1]) >= 0 {
			i++
		}
		b.WriteByte(little[i])
	}
	return b.String()
}
