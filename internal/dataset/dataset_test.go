package dataset_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/dataset"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOpNamesTheGoCall(t *testing.T) {
	for _, tt := range []struct {
		set           *dataset.Dataset
		service, want string
	}{
		{&dataset.Base, "employee", "client.Employees.Base.Verb"},
		{&dataset.V1, "bulkcollect", "client.BulkCollect.V1.Verb"},
		{&dataset.Base, "subscriptions", "client.Subscriptions.Base.Verb"},
	} {
		op := tt.set.Op(tt.service, "Verb", dataset.Get, tt.set.Records+"/{x}")
		assert.Equal(t, tt.want, op.Call)
		assert.Equal(t, tt.service+"."+tt.set.Name+".Verb", op.Name)
		assert.Equal(t, tt.set.Provider, op.Provider)
		assert.Equal(t, "GET", op.Method)
		assert.Equal(t, tt.set.Records+"/{x}", op.Route)
		assert.Equal(t, tt.set.Source, op.Source)
		assert.Equal(t, api.RepeatNever, op.Repeat, "each service has to choose")
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

func TestCredits(t *testing.T) {
	assert.Equal(t, "1 credit", dataset.Credits(1))
	assert.Equal(t, "20 credits", dataset.Credits(20))
}
