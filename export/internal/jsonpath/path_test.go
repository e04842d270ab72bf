package jsonpath_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/export/internal/jsonpath"
	"github.com/pronet-go/pronet/internal/record"
)

func TestParse(t *testing.T) {
	for text, many := range map[string]bool{
		"full_name": false, "experience[0].title": false, "experience[*].title": true, `["a b"].c`: false, `a["x\"]y"][12]`: false,
		"a[*][*].b": true, "-": false, "[0]": false, "[*]": true, "a[0][1]": false, `[""]`: false, "a[999999999]": false, "experience[is_current].title": false, "e[!date_to].t": false, "e[*].x[m-1]": true,
		strings.TrimSuffix(strings.Repeat("a.", jsonpath.MaxSteps), "."): false,
	} {
		path, err := jsonpath.Parse(text)
		require.NoError(t, err, text)
		assert.Equal(t, many, path.Many(), text)
	}
}

func TestParseRefuses(t *testing.T) {
	for text, offset := range map[string]int{
		"": 0, ".a": 0, "a.": 2, "a..b": 2, "a b": 1, "a[": 2, "a[]": 2, "a[-1]": 2, "a[1": 3, "a[1.5]": 3, "a[*": 3, "a[**]": 3, `a["x]`: 2, `a["x"`: 5,
		`a["\z"]`: 2, `a["\xff"]`: 2, "a[01]": 2, "a[1234567890]": 2, "a]": 1, "ä": 0, "a.[0]": 2, "a$": 1, "*": 0, "a.*": 2, `a['b']`: 2, "a[!]": 3, "a[!0]": 3, "a[!*]": 3, "a[b": 3, "a[b.c]": 3, "a[b c]": 3, "a\x00": 1,
		strings.Repeat("a", jsonpath.MaxLength+1):                              jsonpath.MaxLength,
		strings.Repeat("[0]", jsonpath.MaxSteps+1):                             3 * jsonpath.MaxSteps,
		strings.Repeat("[0]", jsonpath.MaxSteps) + "x":                         3 * jsonpath.MaxSteps,
		strings.TrimSuffix(strings.Repeat("a.", jsonpath.MaxSteps+1), "."):     2*jsonpath.MaxSteps - 1,
		"a[99999999999999999999999999999999999999999999999999999999999999999]": 2,
	} {
		_, err := jsonpath.Parse(text)
		wrong, ok := errors.AsType[*jsonpath.SyntaxError](err)
		require.True(t, ok, "%q: %v", text, err)
		assert.Equal(t, offset, wrong.Offset, "%q: %s", text, wrong.Reason)
		assert.Contains(t, wrong.Error(), wrong.Reason)
	}
}

// FuzzParse: whatever parses finds what stands at the path that the record types would write for it.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"a.b[0]", `["x y"][*]`, "a..b", "a[", `a["\n"]`, "experience[0].title", "a[b].c", "a[!b]"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		path, err := jsonpath.Parse(text)
		if err != nil {
			wrong, ok := errors.AsType[*jsonpath.SyntaxError](err)
			require.True(t, ok)
			require.LessOrEqual(t, wrong.Offset, len(text))
			require.GreaterOrEqual(t, wrong.Offset, 0)
			return
		}
		_, err = jsonpath.NewSet([]jsonpath.Path{path}).Find([]byte(`{"a":[{"b":[1]}]}`))
		require.NoError(t, err)
	})
}

// FuzzMember: the path of any name in a record is one that can be looked up.
func FuzzMember(f *testing.F) {
	f.Add("title", 0)
	f.Add("a \"b\"]", 12)
	f.Fuzz(func(t *testing.T, name string, i int) {
		name = strings.ToValidUTF8(name, "")
		if len(name) > 200 || i < 0 || i > 100_000_000 {
			return
		}
		_, err := jsonpath.Parse(record.Element(record.Member(record.Member("a", name), name), i))
		require.NoError(t, err)
	})
}
