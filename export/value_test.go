package export_test

import (
	"database/sql/driver"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/export"
)

// stored returns what the columns get for a record with one field, v, and the names of those that did not fit.
func stored(t testing.TB, d export.Dialect, value string, columns ...export.Column) ([]driver.Value, map[string]int64) {
	t.Helper()
	f := &fakeDB{}
	w := table(t, f, export.TableOptions{Dialect: d, Columns: columns})
	_, err := export.Copy(t.Context(), these(`{"v":`+value+`}`), w)
	require.NoError(t, err)
	return f.rows[1][1:], w.Mismatched()
}

func TestValuesOfTypes(t *testing.T) {
	type values [5]any // as Text, Integer, Real, Boolean, JSON
	type wrong struct{}
	for text, want := range map[string]values{
		`null`:                             {nil, nil, nil, nil, nil},
		`""`:                               {"", nil, nil, nil, `""`},
		`"x"`:                              {"x", wrong{}, wrong{}, wrong{}, `"x"`},
		`5`:                                {"5", int64(5), 5.0, wrong{}, "5"},
		`"5"`:                              {"5", int64(5), 5.0, wrong{}, `"5"`},
		`" 5 "`:                            {" 5 ", int64(5), 5.0, wrong{}, `" 5 "`},
		`5.0`:                              {"5.0", int64(5), 5.0, wrong{}, "5.0"},
		`1.5`:                              {"1.5", wrong{}, 1.5, wrong{}, "1.5"},
		`1e3`:                              {"1e3", int64(1000), 1000.0, wrong{}, "1e3"},
		`1`:                                {"1", int64(1), 1.0, true, "1"},
		`0`:                                {"0", int64(0), 0.0, false, "0"},
		`"1"`:                              {"1", int64(1), 1.0, true, `"1"`},
		`true`:                             {"true", int64(1), wrong{}, true, "true"},
		`"false"`:                          {"false", int64(0), wrong{}, false, `"false"`},
		`9223372036854775807`:              {"9223372036854775807", int64(9223372036854775807), 9223372036854775807.0, wrong{}, "9223372036854775807"},
		`9223372036854775808`:              {"9223372036854775808", wrong{}, 9223372036854775808.0, wrong{}, "9223372036854775808"},
		`-9223372036854775808`:             {"-9223372036854775808", int64(-9223372036854775808), -9223372036854775808.0, wrong{}, "-9223372036854775808"},
		`1e400`:                            {"1e400", wrong{}, wrong{}, wrong{}, "1e400"},
		`"NaN"`:                            {"NaN", wrong{}, wrong{}, wrong{}, `"NaN"`},
		`"0x10"`:                           {"0x10", wrong{}, wrong{}, wrong{}, `"0x10"`},
		`"1_000"`:                          {"1_000", wrong{}, wrong{}, wrong{}, `"1_000"`},
		`{"a" : 1}`:                        {`{"a":1}`, wrong{}, wrong{}, wrong{}, `{"a":1}`},
		`[1, 2]`:                           {`[1,2]`, wrong{}, wrong{}, wrong{}, `[1,2]`},
		`"a\u0000b"`:                       {"a\ufffdb", wrong{}, wrong{}, wrong{}, `"a\ufffdb"`},
		"\"a\xffb\\ud800\"":                {"a\ufffdb\ufffd", wrong{}, wrong{}, wrong{}, "\"a\ufffdb\\ufffd\""},
		"{\"a\xff\" : [\"\xed\xa0\x80\"]}": {"{\"a\ufffd\":[\"\ufffd\ufffd\ufffd\"]}", wrong{}, wrong{}, wrong{}, "{\"a\ufffd\":[\"\ufffd\ufffd\ufffd\"]}"},
		`"\\u0000 \ud83d\ude00"`:           {"\\u0000 😀", wrong{}, wrong{}, wrong{}, `"\\u0000 \ud83d\ude00"`},
		`{"\u0000":"\u0000\udc00"}`:        {`{"\u0000":"\u0000\udc00"}`, wrong{}, wrong{}, wrong{}, `{"\ufffd":"\ufffd\ufffd"}`},
	} {
		columns := []export.Column{{Name: "t", Path: "v"}, {Name: "i", Path: "v", Type: export.Integer}, {Name: "r", Path: "v", Type: export.Real}, {Name: "b", Path: "v", Type: export.Boolean}, {Name: "j", Path: "v", Type: export.JSON}}
		got, mismatched := stored(t, export.PostgreSQL, text, columns...)
		for i, c := range columns {
			expected := want[i]
			_, misfit := expected.(wrong)
			if misfit {
				expected = nil
			}
			assert.Equal(t, expected, got[1+i], "%s as %s", text, c.Name)
			assert.Equal(t, misfit, mismatched[c.Name] == 1, "%s as %s", text, c.Name)
		}
	}
}

func TestValuesOfManyElements(t *testing.T) {
	columns := []export.Column{{Name: "t", Path: "v[*].a"}, {Name: "j", Path: "v[*].a", Type: export.JSON}, {Name: "s", Path: "v[*].a", Separator: "/"}, {Name: "n", Path: "w.x", Type: export.Integer}}
	for text, want := range map[string][]driver.Value{
		`[{"a":"x"},{},{"a":null},{"a":{"b" : 1}}]`: {`x; ; ; {"b":1}`, `["x",null,null,{"b":1}]`, `x///{"b":1}`, nil},
		`[]`:         {nil, nil, nil, nil},
		`null`:       {nil, nil, nil, nil},
		`[{}]`:       {nil, `[null]`, nil, nil},
		`[{},{}]`:    {nil, `[null,null]`, nil, nil},
		`[{"a":""}]`: {"", `[""]`, "", nil},
	} {
		got, mismatched := stored(t, export.SQLite, text, columns...)
		assert.Equal(t, want, got[1:], text)
		assert.Empty(t, mismatched)
	}
}

// TestSeparatorThatIsNotUTF8: no database takes it, so it is mended too.
func TestSeparatorThatIsNotUTF8(t *testing.T) {
	got, _ := stored(t, export.PostgreSQL, `["a","b"]`, export.Column{Name: "t", Path: "v[*]", Separator: "\xff\x00"})
	assert.Equal(t, "a\ufffd\ufffdb", got[1])
}

// TestRecordOfADialect: what the database takes stays as it is.
func TestRecordOfADialect(t *testing.T) {
	const value = `"\u0000\ud800\u00e9` + "\xff" + `"`
	for d, want := range map[export.Dialect]string{
		export.SQLite:     `{"v":"\u0000\ud800\u00e9` + "\ufffd" + `"}`,
		export.PostgreSQL: `{"v":"\ufffd\ufffd\u00e9` + "\ufffd" + `"}`,
		export.MySQL:      `{"v":"\ufffd\ufffd\u00e9` + "\ufffd" + `"}`,
	} {
		got, _ := stored(t, d, value)
		assert.Equal(t, want, got[0], "%d", d)
	}
}
