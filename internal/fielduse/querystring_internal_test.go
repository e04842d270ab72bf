package fielduse

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestQueryStringFields(t *testing.T) {
	for text, want := range map[string][]string{
		``:                                 nil,
		`plain words`:                      nil,
		`created:2020`:                     {"created"},
		`created:[2020 TO *]`:              {"created"},
		`+created:{2020 TO 2021}`:          {"created"},
		`-created:x`:                       {"created"},
		`!created:x`:                       {"created"},
		`a AND (b OR (created:x))`:         {"created"},
		`a&&created:x||b:y`:                {"created", "b"},
		`created : x`:                      {"created"},
		`created:(a OR b)`:                 {"created"},
		`created:>=2020`:                   {"created"},
		`title:"created: x"^2 last:y`:      {"title", "last"},
		`"created: x"`:                     nil,
		`"a\"b created:x" c:d`:             {"c"},
		`cre\ated:x`:                       {"created"},
		`cre\u0061ted:x`:                   {"created"},
		`cre\*:x`:                          {"cre*"},
		`member.\*:x`:                      {"member.*"},
		`a\:b:x`:                           {"a:b"},
		`_exists_:created`:                 {"created"},
		`_exists_ : created`:               {"created"},
		`_exists_:"created"`:               {"created"},
		`_exists_:(a OR (b AND NOT c)) d:`: {"a", "b", "c", "d"},
		`name:/jo(h)?n/ created:x`:         {"name", "created"},
		`/"/ created:x "y`:                 {"created"},
		`/created:x/`:                      nil,
		`and/or created:x`:                 {"created"},
		`"open created:x`:                  {"created"},
		"a\u3000created:x":                 {"created"},
		`café.naïve:x`:                     {"café.naïve"},
		`title:a:b`:                        {"title", "a"},
		`:x`:                               nil,
		`_exists_:`:                        nil,
		`\`:                                nil,
		`a\`:                               nil,
		`a\u12:x`:                          {"au12"},
	} {
		assert.Equal(t, want, queryStringFields(text), "%s", text)
	}
}

// TestLongQueryStrings would not end if a text were gone through more than once.
func TestLongQueryStrings(t *testing.T) {
	for _, part := range []string{"_exists_:(", "(", ")", `"`, `/`, `\\`, "a:", `"\"`, `_exists_:"`} {
		queryStringFields(strings.Repeat(part, 1<<18/len(part)))
	}
	assert.Len(t, queryStringFields(strings.Repeat("_exists_:(a ", 1_000)), 1_000)
}

func FuzzQueryString(f *testing.F) {
	f.Add(`a:b AND _exists_:(c) "d: e" /f:/ \u0061:x`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, tok := range queryStringTokens(text) {
			if tok.symbol == 0 && len(tok.text) > 3*len(text) {
				t.Fatal("a word longer than the text")
			}
		}
		queryStringFields(text)
	})
}
