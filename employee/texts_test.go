package employee_test

import (
	"encoding/json"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
)

func TestTexts(t *testing.T) {
	previous := employee.Texts{"previous"}
	for text, want := range map[string]employee.Texts{
		`["x","y"]`: {"x", "y"}, `["x"]`: {"x"}, `"x"`: {"x"}, `"x, y"`: {"x, y"}, `"\u00e9"`: {"é"}, "12": {"12"}, `[12,true,null,"a"]`: {"12", "true", "", "a"}, "[]": {}, `""`: nil, "null": nil,
	} {
		leaf(t, previous, text, want, true)
	}
	for _, text := range []string{"{}", `{"0":"x"}`, `["x",["y"]]`, `["x",{}]`} {
		leaf(t, previous, text, nil, false)
	}
	assert.Equal(t, `["x","y"]`, written(t, employee.Texts{"x", "y"}))
	assert.Error(t, new(employee.Texts).UnmarshalJSON(nil))
}

func FuzzTexts(f *testing.F) {
	for _, text := range []string{`["x","y"]`, `"x"`, "null", "[1,null,{}]", `{"a":[`, "[\"\xff\"]"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !jsontext.Value(text).IsValid(jsontext.AllowInvalidUTF8(true), jsontext.AllowDuplicateNames(true)) {
			return // decoders hand over single valid values only
		}
		read := employee.Texts{"previous"}
		if err := read.UnmarshalJSON(text); err != nil {
			assert.Equal(t, employee.Texts{"previous"}, read, "changed without being read")
			return
		}
		out, err := json.Marshal([]string(read))
		require.NoError(t, err)
		var again employee.Texts
		require.NoError(t, again.UnmarshalJSON(out), "%q", text)
		assert.Equal(t, read, again)
	})
}
