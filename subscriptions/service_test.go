package subscriptions_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/subscriptions"
)

// TestOperations keeps the rules that hold for each endpoint.
func TestOperations(t *testing.T) {
	p := transport.New(transport.Config{})
	subscriptions.New(p, wire.CoresignalSettings{})
	names := make(map[string]bool)
	for _, op := range p.Operations() {
		assert.False(t, names[op.Name], op.Name)
		names[op.Name] = true
		assert.True(t, strings.HasPrefix(op.Route, "/cdapi/v"), op.Name)
		assert.NotEmpty(t, op.Source)
		assert.NotEmpty(t, op.Class)
		assert.Equal(t, strings.HasPrefix(op.Route, "/cdapi/v1/"), op.Provider == api.CoresignalV1, op.Name)
		if op.Method == "POST" {
			assert.Equal(t, api.RetryUnsent, op.Retry, op.Name)
			assert.NotEmpty(t, op.InDoubt, op.Name)
		} else {
			assert.Equal(t, api.RetryIdempotent, op.Retry, op.Name)
		}
		assert.False(t, op.Certainty != wire.Documented && op.Note == "", "%s does not say what is not documented", op.Name)
	}
	assert.Len(t, names, 26)
}
