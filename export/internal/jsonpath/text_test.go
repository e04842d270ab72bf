package jsonpath_test

import (
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/export/internal/jsonpath"
)

func TestAppendText(t *testing.T) {
	for value, want := range map[string]string{
		"": "", "null": "", "true": "true", "false": "false", `"a\"b\u00e9\n"`: "a\"bé\n", "12345678901234567890.10": "12345678901234567890.10", "-0": "-0",
		"{ \"a\" : [ 1 , 2.0 ] }": `{"a":[1,2.0]}`, `[ "\u0061" ]`: `["\u0061"]`, `"\ud800x"`: "\ufffdx", "\"a\xffb\"": "a\ufffdb", `"\u0000"`: "\x00",
		"{\"a\xff\": [\"\xfe\xfd\"]}": "{\"a\ufffd\":[\"\ufffd\ufffd\"]}",
	} {
		got, err := jsonpath.AppendText(nil, []byte(value))
		require.NoError(t, err)
		assert.Equal(t, want, string(got), value)
		assert.Equal(t, value == "" || value == "null", jsonpath.IsNull([]byte(value)))
	}
}

func TestAppendCompactRefusesWhatIsNotJSON(t *testing.T) {
	for _, text := range []string{"", "{", "{} {}", "{'a':1}"} {
		_, err := jsonpath.AppendCompact(nil, []byte(text))
		require.Error(t, err, text)
	}
}

func TestAppendMended(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":1}`: `{"a":1}`, `"\u0000"`: `"\ufffd"`, `"\\u0000"`: `"\\u0000"`, `"\\\u0000\\"`: `"\\\ufffd\\"`, `"\ud83d\ude00"`: `"\ud83d\ude00"`, `"\uD83D\uDE00"`: `"\uD83D\uDE00"`,
		`"\ud83d"`: `"\ufffd"`, `"\ud83d\ud83d\ude00"`: `"\ufffd\ud83d\ude00"`, `"\ude00\ud83d"`: `"\ufffd\ufffd"`, `"\ud83dx"`: `"\ufffdx"`, `"\ud83d\n"`: `"\ufffd\n"`,
		"\"\xff\xfe\"": "\"\ufffd\ufffd\"", "\"\xed\xa0\x80\"": "\"\ufffd\ufffd\ufffd\"", `"\u00e9\/"`: `"\u00e9\/"`, `{"\u0000":"é"}`: `{"\ufffd":"é"}`,
		`\`: `\`, `\u00`: `\u00`, `\uzzzz`: `\uzzzz`,
	} {
		assert.Equal(t, want, string(jsonpath.AppendMended(nil, []byte(text), true)), text)
	}
	assert.Equal(t, `"\u0000\ufffd"`, string(jsonpath.AppendMended(nil, []byte(`"\u0000\udfff"`), false)))
}

// FuzzAppendMended: what is mended decodes to the same, and needs no mending.
func FuzzAppendMended(f *testing.F) {
	for _, seed := range []string{`{"a":"\ud83d\ude00\ud800"}`, `"\\u0000\u0000"`, "\"\xff\"", `[1,"\\\ud800"]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := jsonpath.AppendCompact(nil, text); err != nil {
			return
		}
		mended := jsonpath.AppendMended(nil, text, false)
		require.True(t, utf8.Valid(mended))
		require.Equal(t, mended, jsonpath.AppendMended(nil, mended, false))
		var before, after any
		if json.Unmarshal(text, &before) == nil {
			require.NoError(t, json.Unmarshal(mended, &after))
			require.Equal(t, before, after)
		}
		strict := jsonpath.AppendMended(nil, text, true)
		_, err := jsonpath.AppendCompact(nil, strict)
		require.NoError(t, err)
		require.Equal(t, strict, jsonpath.AppendMended(nil, strict, true))
	})
}
