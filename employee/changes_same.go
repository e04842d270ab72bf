package employee

import (
	"cmp"
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// sameText compares two texts as people read them: white space, markup, the form of quotes and dashes and characters
// without width do not count, and a long text that was cut with dots is the text that it is the beginning of.
func sameText(a, b string) bool {
	if a == b {
		return true
	}
	a, b = readable(a), readable(b)
	return a == b || cutOff(a, b) || cutOff(b, a)
}

// cutOff reports whether a text is the beginning of another, with dots at its end.
func cutOff(short, long string) bool {
	const least = 20 // bytes that must be there
	short, dots := strings.CutSuffix(short, "...")
	short = strings.TrimSpace(short)
	return dots && len(short) >= least && len(long) > len(short) && strings.HasPrefix(long, short)
}

var signs = map[rune]string{
	'‘': "'", '’': "'", '‚': "'", '‛': "'", '“': `"`, '”': `"`, '„': `"`, '«': `"`, '»': `"`,
	'‐': "-", '‑': "-", '‒': "-", '–': "-", '—': "-", '−': "-", '…': "...",
	'\u200b': "", '\u200c': "", '\u200d': "", '\u2060': "", '\ufeff': "", '\u00ad': "", '\u200e': "", '\u200f': "",
}

func readable(text string) string {
	if isReadable(text) {
		return text
	}
	if strings.IndexByte(text, '<') >= 0 {
		text = withoutTags(text)
	}
	if strings.IndexByte(text, '&') >= 0 {
		text = html.UnescapeString(text)
	}
	var b strings.Builder
	b.Grow(len(text))
	space := false
	for _, r := range text {
		sign, replaced := "", false
		if r >= utf8.RuneSelf {
			sign, replaced = signs[r]
		}
		switch {
		case replaced && sign == "":
			continue
		case unicode.IsSpace(r):
			space = b.Len() > 0
			continue
		case space:
			b.WriteByte(' ')
			space = false
		}
		if replaced {
			b.WriteString(sign)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isReadable reports whether a text is as people read it, which most are: of ASCII, with single spaces between words.
func isReadable(text string) bool {
	last := byte(' ')
	for i := range len(text) {
		c := text[i]
		if c < ' ' || c >= utf8.RuneSelf || c == '<' || c == '&' || c == ' ' && last == ' ' {
			return false
		}
		last = c
	}
	return last != ' ' || text == ""
}

// withoutTags puts a space where tags of HTML stand. What only looks like one stays.
func withoutTags(text string) string {
	const longest = 200 // bytes of a tag
	var b strings.Builder
	for {
		i := strings.IndexByte(text, '<')
		if i < 0 || i+1 >= len(text) {
			return b.String() + text
		}
		b.WriteString(text[:i])
		text = text[i:]
		end := strings.IndexByte(text[:min(len(text), longest)], '>')
		c := text[1] | 0x20
		if end < 0 || c != '/'|0x20 && c != '!'|0x20 && (c < 'a' || c > 'z') {
			b.WriteByte('<')
			text = text[1:]
			continue
		}
		b.WriteByte(' ')
		text = text[end+1:]
	}
}

// sameURL compares two addresses without scheme, "www.", the country of a profile's host, case, query and the slash at
// the end.
func sameURL(a, b string) bool { return a == b || address(a) == address(b) }

func address(url string) string {
	url = strings.ToLower(strings.TrimSpace(url))
	for _, start := range []string{"https://", "http://", "//"} {
		url = strings.TrimPrefix(url, start)
	}
	url = strings.TrimPrefix(url, "www.")
	if host, rest, ok := strings.Cut(url, ".linkedin.com"); ok && len(host) == 2 && (rest == "" || rest[0] == '/') {
		url = "linkedin.com" + rest
	}
	url, _, _ = strings.Cut(url, "#")
	if path, query, ok := strings.Cut(url, "?"); ok && isPassing(query) {
		url = path
	}
	return strings.TrimRight(url, "/")
}

// isPassing reports whether a query is a stamp that each visit gets anew: of a picture (e, v, t), or where one came
// from.
func isPassing(query string) bool {
	for part := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(part, "=")
		switch name {
		case "", "e", "v", "t", "trk", "originalsubdomain":
		default:
			if !strings.HasPrefix(name, "utm_") {
				return false
			}
		}
	}
	return true
}

// slug is the last part of a company's address, "" if it has none.
func slug(url string) string {
	if url == "" {
		return ""
	}
	_, name, ok := strings.Cut(address(url), "/company/")
	if !ok {
		return ""
	}
	name, _, _ = strings.Cut(name, "/")
	return name
}

// day is a date as exact as it is known: parts that are not known are 0, and without a year the text is the date.
type day struct {
	year, month, day int
	text             string
}

func dateOf(text ProfileDate, year, month Number) day {
	if text == "" {
		return day{year: int(year), month: int(month)}
	}
	y, m, ok := plainDate(string(text))
	d := 0
	if !ok {
		y, m, d, ok = text.Parse()
	}
	if !ok && strings.TrimSpace(string(text)) != "" {
		return day{text: strings.ToLower(readable(string(text)))}
	}
	return day{year: cmp.Or(y, int(year)), month: cmp.Or(m, int(month)), day: d}
}

var months = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}

// plainDate reads the forms that nearly all dates have, "2020", "March 2020", "Mar 2020" and "2020-03", as
// [ProfileDate.Parse] does, which takes long.
func plainDate(text string) (year, month int, ok bool) {
	name, digits, found := strings.Cut(text, " ")
	switch {
	case !found && len(text) == 7 && text[4] == '-':
		year, ok = number(text[:4])
		month, found = number(text[5:])
		return year, month, ok && found && month >= 1 && month <= 12
	case !found:
		name, digits = "", text
	}
	if len(digits) != 4 {
		return 0, 0, false
	}
	if year, ok = number(digits); !ok || name == "" {
		return year, 0, ok
	}
	for i, full := range months {
		if name == full || name == full[:3] {
			return year, i + 1, true
		}
	}
	return 0, 0, false
}

func number(digits string) (n int, ok bool) {
	for _, c := range []byte(digits) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

func (d day) known() bool { return d != day{} }

// same reports whether two dates do not contradict each other.
func (d day) same(e day) bool {
	agree := func(a, b int) bool { return a == 0 || b == 0 || a == b }
	switch {
	case !d.known() || !e.known():
		return true
	case d.text != "" || e.text != "":
		return d.text == e.text
	}
	return agree(d.year, e.year) && agree(d.month, e.month) && (d.month == 0 || e.month == 0 || agree(d.day, e.day))
}

// before reports whether a date is known to be earlier than another.
func (d day) before(e day) bool {
	switch {
	case d.year == 0 || e.year == 0:
		return false
	case d.year != e.year:
		return d.year < e.year
	case d.month == 0 || e.month == 0 || d.month == e.month && (d.day == 0 || e.day == 0):
		return false
	case d.month != e.month:
		return d.month < e.month
	}
	return d.day < e.day
}
