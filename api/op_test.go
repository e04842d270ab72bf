package api_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/api"
)

func TestNamesOfRulesAndCertainty(t *testing.T) {
	for repeat, name := range map[api.Repeat]string{
		api.RepeatNever: "never", api.RepeatIdempotent: "idempotent", api.RepeatPaidRead: "paid read",
		api.RepeatUnsent: "unsent", api.RepeatConflictSafe: "conflict-safe", 99: "unknown",
	} {
		assert.Equal(t, name, repeat.String())
	}
	assert.Equal(t, api.RepeatNever, api.Op{}.Repeat, "an endpoint of which nothing is said is sent once")
	assert.Equal(t, "documented", api.Documented.String())
	assert.Equal(t, "assumed", api.Assumed.String())
}
