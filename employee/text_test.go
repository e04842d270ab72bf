package employee_test

import (
	"encoding/json"
	"testing"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
)

func TestText(t *testing.T) {
	for text, want := range map[string]employee.Text{
		`"x"`: "x", `""`: "", "12": "12", "12.50": "12.50", "1e3": "1e3", "true": "true", "false": "false", "null": "", `"a\"b\u00e9\n"`: "a\"bé\n", `"é"`: "é",
	} {
		leaf(t, "previous", text, want, true)
	}
	for _, text := range []string{"{}", "[]", `["x"]`, `{"a":1}`} {
		leaf(t, employee.Text("previous"), text, "", false)
	}
	assert.Equal(t, `["12",""]`, written(t, []employee.Text{"12", ""}))
	assert.Error(t, new(employee.Text).UnmarshalJSON(nil))
}

func TestTextMendsWhatIsNotUTF8(t *testing.T) {
	bad := []byte("[\"a\xffb\"]")
	var got []employee.Text
	require.NoError(t, json.Unmarshal(bad, &got))
	assert.Equal(t, []employee.Text{"a\ufffdb"}, got)
	require.NoError(t, jsonv2.Unmarshal(bad, &got, jsontext.AllowInvalidUTF8(true)))
	assert.Equal(t, []employee.Text{"a\ufffdb"}, got)
}
