package employee_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/employee"
)

func TestRegion(t *testing.T) {
	for text, want := range map[string]employee.Region{
		`"Europe"`: "Europe", `{"region":"Europe"}`: "Europe", `{"more":[1],"region":"b"}`: "b", `{"region":null}`: "", "null": "", `""`: "", "150": "150",
	} {
		leaf(t, "previous", text, want, true)
	}
	for _, text := range []string{"[]", `["Europe"]`, "{}", `{"name":"Europe"}`, `{"region":["Europe"]}`} {
		leaf(t, employee.Region("previous"), text, "", false)
	}
	var twice employee.Region
	require.NoError(t, twice.UnmarshalJSON([]byte(`{"region":"a","region":"b"}`)))
	assert.Equal(t, employee.Region("b"), twice, "the last counts")
	assert.Equal(t, `["Europe",""]`, written(t, []employee.Region{"Europe", ""}))
	for _, text := range []string{"", "{", `{"region"`} {
		assert.Error(t, new(employee.Region).UnmarshalJSON([]byte(text)), text)
	}
}
