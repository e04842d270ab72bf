package employee_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/employee"
)

func TestFlag(t *testing.T) {
	for _, text := range []string{"1", "true", `"1"`, `"true"`, "1.0", `"1.0"`, "1e0", `"True"`, `"TRUE"`} {
		leaf(t, employee.Flag(false), text, true, true)
	}
	for _, text := range []string{"0", "false", `"0"`, `"false"`, `""`, "null", "0.0", "-0", `"False"`} {
		leaf(t, employee.Flag(true), text, false, true)
	}
	for _, text := range []string{"2", "-1", `"yes"`, "{}", "[]", "[1]", "1.5", `"t"`, `" true"`, "0.5", `"1x"`} {
		leaf(t, employee.Flag(true), text, false, false)
	}
	assert.Equal(t, "[1,0]", written(t, []employee.Flag{true, false}))
}
