package api_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/api"
)

func TestNamesOfRules(t *testing.T) {
	for repeat, name := range map[api.Retry]string{
		api.RetryNever: "never", api.RetryIdempotent: "idempotent", api.RetryPaidRead: "paid read",
		api.RetryUnsent: "unsent", api.RetryConflictSafe: "conflict-safe", 99: "unknown",
	} {
		assert.Equal(t, name, repeat.String())
	}
}
