package matching

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
)

func TestAnalyse(t *testing.T) {
	for text, want := range map[string][]string{
		"":                            nil,
		"  ++ & ":                     nil,
		"Senior Data-Engineer":        {"senior", "data", "engineer"},
		"C++ and C#":                  {"c", "and", "c"},
		"Node.js. Go.":                {"node.js", "go"},
		"O'Neil’s 'quoted'":           {"o'neil’s", "quoted"},
		"Version 3.5, 10,000 users":   {"version", "3.5", "10,000", "users"},
		"a.1 1.a":                     {"a", "1", "1", "a"},
		"snake_case R&D":              {"snake_case", "r", "d"},
		"Żaneta ŁĄCKA, São Paulo":     {"żaneta", "łącka", "são", "paulo"},
		"东京 エンジニア と":                  {"东", "京", "エンジニア", "と"},
		"mail@example.com":            {"mail", "example.com"},
		"https://www.a-b.example/x?y": {"https", "www.a", "b.example", "x", "y"},
		"\xff\xfenurse\xff":           {"nurse"},
	} {
		assert.Equal(t, want, analyse(text), text)
	}
}

func FuzzAnalyse(f *testing.F) {
	f.Add("Senior Nurse, O'Neil & Söhne (3.5)")
	f.Add("\xc3\x28 ' . '")
	f.Fuzz(func(t *testing.T, text string) {
		words := analyse(text)
		total := 0
		for _, word := range words {
			total += utf8.RuneCountInString(word)
			if word == "" || strings.ContainsAny(word, " \t\n()\"") {
				t.Fatalf("%q is not a word", word)
			}
		}
		if total > 3*utf8.RuneCountInString(text) { // a capital may become several characters
			t.Fatalf("more words than text: %q", words)
		}
	})
}
