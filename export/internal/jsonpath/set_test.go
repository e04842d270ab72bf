package jsonpath_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/export/internal/jsonpath"
)

func parse(t testing.TB, texts ...string) []jsonpath.Path {
	t.Helper()
	paths := make([]jsonpath.Path, 0, len(texts))
	for _, text := range texts {
		path, err := jsonpath.Parse(text)
		require.NoError(t, err, text)
		paths = append(paths, path)
	}
	return paths
}

// find returns what each path finds, values with a bar between them and - for nil.
func find(t testing.TB, text string, paths ...string) []string {
	t.Helper()
	found, err := jsonpath.NewSet(parse(t, paths...)).Find([]byte(text))
	require.NoError(t, err, text)
	out := make([]string, 0, len(found))
	for _, values := range found {
		texts := []string{}
		for _, v := range values {
			if v == nil {
				v = []byte("-")
			}
			texts = append(texts, string(v))
		}
		out = append(out, strings.Join(texts, "|"))
	}
	return out
}

func TestFind(t *testing.T) {
	const person = `{"id": 7, "name":"J\u006f", "home":{"city":null}, "jobs":[ {"t":"a","tags":["x", "y"]}, {"t":null,"tags":[]}, 5, {} ], "n":-1.50e3, "a b":{"":true}}`
	for path, want := range map[string]string{
		"id": "7", "name": `"J\u006f"`, "home.city": "null", "home": `{"city":null}`, "jobs[0].t": `"a"`, "jobs[1].t": "null", "jobs[2].t": "", "jobs[4]": "",
		"jobs[*].t": `"a"|null|-|-`, "jobs[*].tags[*]": `"x"|"y"|-|-|-`, "jobs[*].tags[1]": `"y"|-|-|-`, "jobs[2]": "5", "n": "-1.50e3", `["a b"][""]`: "true",
		"nothing": "", "nothing[*]": "", "name[*]": "", "id.x": "", "jobs.t": "", "jobs[*]": `{"t":"a","tags":["x", "y"]}|{"t":null,"tags":[]}|5|{}`, "[0]": "", "home[0]": "",
	} {
		assert.Equal(t, []string{want}, find(t, person, path), path)
	}
	all := []string{"jobs[*].t", "jobs[0].t", "jobs[0]", "jobs", "jobs[*].t", "jobs[0].tags[*]", "jobs[0].tags[1]", "id"}
	var apart []string
	for _, path := range all {
		apart = append(apart, find(t, person, path)...)
	}
	assert.Equal(t, apart, find(t, person, all...), "together they find what each finds")
}

func TestFindTheLastOfANameThatIsThereTwice(t *testing.T) {
	assert.Equal(t, []string{"2", "", "3|4", "-|6"}, find(t,
		`{"a":1,"a":2,"b":{"c":1},"b":null,"l":[1,2],"l":[3,4],"m":[{"x":5,"x":{}},{"x":{"y":5},"x":{"y":6}}]}`, "a", "b.c", "l[*]", "m[*].x.y"))
}

// TestFindTheFirstWithAMark: rows that were deleted are not it, and lists in lists have one each.
func TestFindTheFirstWithAMark(t *testing.T) {
	const person = `{"jobs":[{"t":"a","cur":false},5,null,{"t":"b","cur":true,"deleted":1},{"t":"c","cur":1,"deleted_at":"2026-05-26"},{"t":"d","cur":"true","is_deleted":true},
		{"t":"e","cur":"true","deleted":0,"deleted_at":null,"to":null},{"t":"f","cur":true,"to":"2020"}], "none":[{"t":"a","cur":"0"}],
		"teams":[{"jobs":[{"t":"x","cur":0.0},{"t":"y","cur":1}]},{"jobs":[]},{"jobs":[{"t":"z","cur":true},{"t":"w","cur":true}]}],
		"twice":[{"t":"a","cur":true,"cur":false},{"t":"b","c\u0075r":true}], "cur":{"cur":true}}`
	for path, want := range map[string]string{
		"jobs[cur].t": `"e"`, "jobs[!cur].t": `"a"`, "jobs[!to].t": `"a"`, "jobs[to].t": `"f"`, "none[cur].t": "", "none[!cur].t": `"a"`, "nothing[cur].t": "", "cur[cur]": "",
		"teams[*].jobs[cur].t": `"y"|-|"z"`, "jobs[cur].none": "", "twice[cur].t": `"b"`, "jobs[none].t": "", "jobs[cur]": `{"t":"e","cur":"true","deleted":0,"deleted_at":null,"to":null}`,
	} {
		assert.Equal(t, []string{want}, find(t, person, path), path)
	}
	assert.Equal(t, []string{`"e"`, `"a"`, `"a"|-|-|"b"|"c"|"d"|"e"|"f"`, `"a"`, `"true"`}, find(t, person, "jobs[cur].t", "jobs[!cur].t", "jobs[*].t", "jobs[0].t", "jobs[cur].cur"))
	set := jsonpath.NewSet(parse(t, "a[b].c"))
	for range 2 { // each look-up has a first one of its own
		found, err := set.Find([]byte(`{"a":[{"b":1,"c":2}],"a":[{"b":1,"c":3},{"b":1,"c":4}]}`))
		require.NoError(t, err)
		require.Len(t, found[0], 1)
		assert.Equal(t, "3", string(found[0][0]))
	}
}

func TestFindTwice(t *testing.T) {
	set := jsonpath.NewSet(parse(t, "a", "l[*]"))
	for range 3 {
		found, err := set.Find([]byte(`{"a":1,"l":[1,2]}`))
		require.NoError(t, err)
		assert.Len(t, found[0], 1)
		assert.Len(t, found[1], 2)
		found, err = set.Find([]byte(`{}`))
		require.NoError(t, err)
		assert.Empty(t, found[0])
		assert.Empty(t, found[1])
		_, err = set.Find([]byte(`{"l":[1,`))
		require.Error(t, err)
	}
}

func TestFindRefusesWhatIsNotJSON(t *testing.T) {
	for _, text := range []string{"", "{", `{"a":}`, `{"a":1}{}`, `{"a":1} x`, `{"a":[1,]}`, `{"a":{"b":1,}}`, `{"a" 1}`, `[1 2]`, strings.Repeat("[", 20_000)} {
		for _, path := range []string{"a", "a.b", "a[*].b", "a[0]", "[*][*]"} {
			_, err := jsonpath.NewSet(parse(t, path)).Find([]byte(text))
			require.Error(t, err, "%.20q %s", text, path)
		}
	}
}

// decoded is the plain way: decode all, then go.
func decoded(v any, steps []string) (values []any) {
	if len(steps) == 0 {
		return []any{v}
	}
	switch s := steps[0]; v := v.(type) {
	case map[string]any:
		if strings.HasPrefix(s, "[") {
			return nil
		}
		if below, ok := v[s]; ok {
			return decoded(below, steps[1:])
		}
	case []any:
		if s == "[*]" {
			for _, e := range v {
				below := decoded(e, steps[1:])
				if len(below) == 0 {
					below = []any{missing{}}
				}
				values = append(values, below...)
			}
			return values
		}
		if mark := strings.Trim(s, "[]!"); strings.HasPrefix(s, "[") && strings.Trim(mark, "ab") == "" && mark != "" {
			for _, e := range v {
				if row, ok := e.(map[string]any); ok && says(row[mark]) != strings.HasPrefix(s, "[!") && !says(row["deleted"]) && !says(row["is_deleted"]) && !says(row["deleted_at"]) {
					return decoded(e, steps[1:])
				}
			}
			return nil
		}
		if i, err := strconv.Atoi(strings.Trim(s, "[]")); err == nil && strings.HasPrefix(s, "[") && i < len(v) {
			return decoded(v[i], steps[1:])
		}
	}
	return nil
}

// says reports a value that is a mark.
func says(v any) bool {
	switch v := v.(type) {
	case bool:
		return v
	case float64:
		return v != 0
	case string:
		text := strings.ToLower(strings.TrimSpace(v))
		return text != "" && text != "0" && text != "false"
	case []any:
		return len(v) > 0
	case map[string]any:
		return len(v) > 0
	}
	return false
}

type missing struct{}

// FuzzFind: a look-up finds what decoding everything finds.
func FuzzFind(f *testing.F) {
	paths := []string{"a", "a.b", "a[0]", "a[*]", "a[*].b", "a[0].b", "a[*][*]", "b[*].a[1]", "[*]", "[1].a", "[*].b[*].a", "b", "a[b].a", "a[!b]", "[*].b[a].b", "a[b][a]"}
	set := jsonpath.NewSet(parse(f, paths...))
	for _, seed := range []string{
		`{"a":{"b":1}}`, `{"a":[{"b":[1]},{"b":null},2]}`, `{"a":[[1,2],[3]],"b":[{"a":[1,2]}]}`, `[{"b":[{"a":1}]},{"a":2}]`, `{"a":1,"a":[1]}`, `{"\u0061":[{}]}`,
		`[{"b":[{"a":1}],"b":[]}]`, `{"a":[{"b":0},{"b":1,"deleted":1},{"b":true,"a":2}]}`, `[{"b":[{"a":"","b":1},{"a":"x","deleted_at":"y"},{"a":[1],"b":3}]}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		found, err := set.Find(text)
		var whole any
		if plainErr := json.Unmarshal(text, &whole); plainErr != nil {
			return // encoding/json is stricter about depth and looser about UTF-8
		}
		require.NoError(t, err)
		for i, path := range paths {
			steps := strings.FieldsFunc(strings.ReplaceAll(path, "[", ".["), func(r rune) bool { return r == '.' })
			want := decoded(whole, steps)
			require.Len(t, found[i], len(want), "%s in %s", path, text)
			for k, value := range found[i] {
				if value == nil {
					require.Equal(t, missing{}, want[k])
					continue
				}
				var got any
				require.NoError(t, json.Unmarshal(value, &got))
				require.Equal(t, want[k], got, "%s in %s", path, text)
			}
		}
	})
}
