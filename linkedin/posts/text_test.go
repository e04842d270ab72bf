package posts_test

import (
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
