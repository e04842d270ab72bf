package employee_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/employee"
)

func TestNumber(t *testing.T) {
	for text, want := range map[string]employee.Number{
		"12": 12, `"12"`: 12, "12.0": 12, `"12.0"`: 12, `" 7 "`: 7, "-3": -3, `"+3"`: 3, "0": 0, `"0"`: 0, `""`: 0, `" "`: 0, "null": 0, "1e3": 1000, `"\u0031"`: 1,
		"9223372036854775807": 1<<63 - 1, `"9007199254740993"`: 9007199254740993,
	} {
		leaf(t, 99, text, want, true)
	}
	for _, text := range []string{"1.5", `"1.5"`, `"x"`, `"12 people"`, `"500+"`, "true", "{}", "[]", "[1]", "1e300", "9223372036854775808", `"0x1p4"`, `"inf"`, `"NaN"`, `"1_000"`, `"\ud800"`} {
		leaf(t, employee.Number(99), text, 0, false)
	}
	assert.Equal(t, "[12,0]", written(t, []employee.Number{12, 0}))
	assert.Error(t, new(employee.Number).UnmarshalJSON(nil))
}
