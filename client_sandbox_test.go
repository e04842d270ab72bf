package pronet_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/subscriptions"
)

func start(t testing.TB, options ...sandbox.Option) (*sandbox.Sandbox, *pronet.Client) {
	t.Helper()
	sb, err := sandbox.Start(options...)
	require.NoError(t, err)
	t.Cleanup(sb.Close)
	client, err := pronet.New(sb.Options()...)
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return sb, client
}

func TestMainRoadInBothDatasets(t *testing.T) {
	sb, client := start(t, sandbox.WithPathPrefix("/gateway/x"), coresignal.WithV1Credits(2000), coresignal.WithPeople(50))
	ids := sb.Coresignal.PersonIDs()[:3]
	o := subscriptions.Options{WebhookURL: "http://127.0.0.1:9/hook"}

	base, err := client.Employees.Base.Collect(t.Context(), employee.ID(ids[0]))
	require.NoError(t, err)
	assert.Equal(t, ids[0], base.EmployeeID())
	assert.Empty(t, base.Mismatched())
	v1, err := client.Employees.V1.Collect(t.Context(), employee.ID(ids[0]))
	require.NoError(t, err)
	assert.Equal(t, base.FullName, v1.Name)
	assert.Empty(t, v1.Mismatched())
	assert.Empty(t, v1.Unknown())

	sub, err := client.Subscriptions.Base.CreateFromIDs(t.Context(), employee.IDs(ids...), o)
	require.NoError(t, err)
	got, err := client.Subscriptions.Get(t.Context(), sub.ID)
	require.NoError(t, err)
	assert.Equal(t, sub.ID, got.ID)
	sub, err = client.Subscriptions.V1.CreateFromIDs(t.Context(), employee.IDs(ids...), o)
	require.NoError(t, err)
	got, err = client.Subscriptions.V1.Get(t.Context(), sub.ID)
	require.NoError(t, err)
	assert.Equal(t, sub.ID, got.ID)

	job, err := client.BulkCollect.Base.RequestIDs(t.Context(), employee.IDs(ids...), bulkcollect.Options{})
	require.NoError(t, err)
	_, err = client.BulkCollect.Base.Wait(t.Context(), job.ID, quickly)
	require.NoError(t, err)
	count := 0
	for record, err := range client.BulkCollect.Base.Records(t.Context(), job.ID) {
		require.NoError(t, err)
		assert.NotEmpty(t, record.FullName)
		count++
	}
	assert.Equal(t, 3, count)
	job, err = client.BulkCollect.V1.RequestIDs(t.Context(), employee.IDs(ids...), bulkcollect.Options{})
	require.NoError(t, err)
	_, err = client.BulkCollect.V1.Wait(t.Context(), job.ID, quickly)
	require.NoError(t, err)
	for record, err := range client.BulkCollect.V1.Records(t.Context(), job.ID) {
		require.NoError(t, err)
		assert.NotEmpty(t, record.Name)
	}
}
