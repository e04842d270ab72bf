package dataset_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/dataset"
	"github.com/pronet-go/pronet/internal/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOpNamesTheGoCall(t *testing.T) {
	for _, tt := range []struct {
		set     *dataset.Dataset
		service string
	}{
		{&dataset.Base, "employee"},
		{&dataset.V1, "bulkcollect"},
		{&dataset.Base, "subscriptions"},
	} {
		op := tt.set.Op(tt.service, "Verb", wire.Get, tt.set.Records+"/{x}")
		assert.Equal(t, tt.service+"."+tt.set.Name+".Verb", op.Name)
		assert.Equal(t, tt.set.Provider, op.Provider)
		assert.Equal(t, "GET", op.Method)
		assert.Equal(t, tt.set.Records+"/{x}", op.Route)
		assert.Equal(t, tt.set.Source, op.Source)
		assert.Equal(t, api.RetryNever, op.Retry, "each service has to choose")
	}
}

// TestPathsStayInTheirVersion keeps a path of one version from being sent with the credential of the other.
func TestPathsStayInTheirVersion(t *testing.T) {
	for prefix, set := range map[string]dataset.Dataset{"/cdapi/v1/": dataset.V1, "/cdapi/v2/": dataset.Base} {
		for _, path := range []string{set.Records, set.Subscriptions, set.SubscriptionManagement, set.Jobs, set.JobFiles} {
			assert.True(t, strings.HasPrefix(path, prefix), path)
			assert.False(t, strings.HasSuffix(path, "/"), path)
			assert.NotContains(t, path, "//")
		}
	}
	assert.NotEqual(t, dataset.V1.Provider, dataset.Base.Provider)
}
