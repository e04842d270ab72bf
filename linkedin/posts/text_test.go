package posts_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/linkedin/posts"
	"github.com/pronet-go/pronet/linkedin/urn"
)

func parse(t testing.TB, text string) urn.URN {
	t.Helper()
	u, err := urn.Parse(text)
	require.NoError(t, err)
	return u
}

func TestEscape(t *testing.T) {
	for plain, little := range map[string]string{
		"":                   "",
		"Hello World":        "Hello World",
		"9% (now) #deals":    `9% \(now\) \#deals`,
		"x_y*z~":             `x\_y\*z\~`,
		`C:\temp`:            `C:\\temp`,
		`\(`:                 `\\\(`,
		"|{}@[]()<>#\\*_~":   `\|\{\}\@\[\]\(\)\<\>\#\\\*\_\~`,
		"ÄÖ 🎉 → “q” 中文":      "ÄÖ 🎉 → “q” 中文",
		"a\nb\tc":            "a\nb\tc",
		"invalid \xff bytes": "invalid \xff bytes",
	} {
		assert.Equal(t, little, posts.Escape(plain))
		assert.Equal(t, plain, posts.Unescape(little))
	}
	assert.Equal(t, `a\b\`, posts.Unescape(`a\b\`), "a backslash before anything else is one")
}

func TestText(t *testing.T) {
	acme := parse(t, "urn:li:organization:2414183")
	text := posts.Plain("R&D (beta) at ").Mention("Acme [EU]", acme).Plain(": ").Hashtag("golang").Plain(" 🎉")
	assert.Equal(t, `R&D \(beta\) at @[Acme \[EU\]](urn:li:organization:2414183): {hashtag|#|golang} 🎉`, text.Little())
	assert.Equal(t, "R&D (beta) at Acme [EU]: #golang 🎉", text.String())
	runes, units := text.Length()
	assert.Equal(t, utf8.RuneCountInString(text.String()), runes)
	assert.Equal(t, runes+1, units, "an emoji of two UTF-16 code units")
	assert.True(t, posts.Text{}.IsZero())
	assert.False(t, text.IsZero())
	assert.Equal(t, `as \(it\) is`, posts.LittleText(`as \(it\) is`).Little())
	assert.Equal(t, "as (it) is", posts.LittleText(`as \(it\) is`).String())
}

// TestTextsThatWereRead: of mentions and hashtags readers see the name and the tag, in a text that LinkedIn has sent as in
// one that was put together here; what only looks like them stays as it is.
func TestTextsThatWereRead(t *testing.T) {
	for little, plain := range map[string]string{
		`at @[Acme \[EU\]](urn:li:organization:2414183): {hashtag|#|golang} \(x\)`: "at Acme [EU]: #golang (x)",
		`{hashtag|\#|golang}{hashtag|#|c\_d}`:                                      "#golang#c_d",
		`@[Dr. Jo (x)](urn:li:person:a-_b)`:                                        "Dr. Jo (x)",
		`#free text`:                                                               "#free text",
		`\@[a](urn:li:person:a) \{hashtag|#|x}`:                                    "@[a](urn:li:person:a) {hashtag|#|x}",
		`@[a](b) @[](urn:li:person:a) @[a] (urn:li:person:a) @[a](urn:li:person:a`: "@[a](b) @[](urn:li:person:a) @[a] (urn:li:person:a) @[a](urn:li:person:a",
		`{hashtag|#|} {hashtag||x} {hashtag|x} {tag|#|x} {hashtag|#|x`:             "{hashtag|#|} {hashtag||x} {hashtag|x} {tag|#|x} {hashtag|#|x",
		`@[@[a](urn:li:person:a)`:                                                  "@[a",
		`{hashtag|#|a{hashtag|#|b}`:                                                "{hashtag|#|a#b",
		`@[`:                                                                       "@[",
		`{hashtag|\`:                                                               `{hashtag|\`,
	} {
		text := posts.LittleText(little)
		assert.Equal(t, plain, text.String(), little)
		runes, units := text.Length()
		assert.Equal(t, []int{utf8.RuneCountInString(plain), utf8.RuneCountInString(plain)}, []int{runes, units}, little)
		assert.Equal(t, little, text.Little())
		var p posts.Post
		encoded, err := json.Marshal(map[string]string{"commentary": little})
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(encoded, &p))
		assert.Equal(t, plain, p.Text.String(), little)
	}
	hostile := strings.Repeat("@[", 1<<19) + strings.Repeat("{hashtag|#|", 1<<17)
	mentions := strings.Repeat("@[a](urn:li:person:a)", 1<<17)
	assert.Equal(t, hostile, posts.LittleText(hostile).String(), "in a time that grows with its length alone")
	assert.Equal(t, strings.Repeat("a", 1<<17), posts.LittleText(mentions).String())
}

// FuzzLittleText: what is put together of any parts is read as its readers see it, and any text is read.
func FuzzLittleText(f *testing.F) {
	acme := parse(f, "urn:li:organization:1")
	for _, seed := range []string{"", "x", `\`, "@[a](b)", "{hashtag|#|x}", "]("} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		text := posts.Plain(a)
		if b != "" {
			text = text.Mention(b, acme)
		}
		text = text.Hashtag("tag").Plain(b)
		if read := posts.LittleText(text.Little()); read.String() != text.String() {
			t.Fatalf("%q is read as %q", text.String(), read.String())
		}
		if read := posts.LittleText(a).String(); len(read) > len(a) {
			t.Fatalf("%q is read as %q", a, read)
		}
	})
}

// FuzzEscape: what is escaped and read by the documented rule is the input, and nothing of little is left in it.
func FuzzEscape(f *testing.F) {
	for _, seed := range []string{"", `\`, `\\(`, "#a @b [c](d) {hashtag|\\#|x}", "_*~<>|", "\xff\\", "日本"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, plain string) {
		little := posts.Escape(plain)
		// A reader of its own: a backslash takes the next byte as it is, and no reserved one stands alone.
		var read strings.Builder
		for i := 0; i < len(little); i++ {
			switch {
			case little[i] == '\\':
				i++
				if i == len(little) {
					t.Fatal("a backslash at the end")
				}
			case strings.ContainsRune(`|{}@[]()<>#*_~`, rune(little[i])):
				t.Fatalf("%q has little's syntax", little)
			}
			read.WriteByte(little[i])
		}
		if read.String() != plain || posts.Unescape(little) != plain {
			t.Fatalf("%q became %q", plain, little)
		}
		if len(little) > 2*len(plain) {
			t.Fatal("escaped twice")
		}
	})
}
