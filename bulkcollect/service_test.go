package bulkcollect_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// TestOperations keeps the rules that hold for each endpoint.
func TestOperations(t *testing.T) {
	p := transport.New(transport.Config{})
	service := bulkcollect.New(p, wire.CoresignalSettings{})
	ops := p.Operations()
	assert.Len(t, ops, 22)
	for _, op := range ops {
		assert.False(t, op.Certainty != wire.Documented && op.Note == "", "%s does not say what is not documented", op.Name)
		assert.NotEmpty(t, op.Source)
		assert.Equal(t, "bulk", op.Class)
		assert.Equal(t, strings.HasPrefix(op.Route, "/cdapi/v1/"), op.Provider == api.CoresignalV1, op.Name)
		if op.Method == "POST" {
			assert.Equal(t, api.RetryUnsent, op.Retry, op.Name)
			assert.NotEmpty(t, op.InDoubt, op.Name)
			price := map[string]int64{
				"V1": service.V1.Cost(), "Base": service.Base.Cost(), "Clean": service.Clean.Cost(), "MultiSource": service.MultiSource.Cost(),
			}[strings.Split(op.Name, ".")[1]]
			assert.Equal(t, wire.Credits(price)+" a record", op.Cost, op.Name)
		} else {
			assert.Equal(t, api.RetryIdempotent, op.Retry, op.Name)
			assert.Empty(t, op.Cost, op.Name)
		}
	}
}
