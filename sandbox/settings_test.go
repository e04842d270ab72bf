package sandbox_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/subscriptions"
)

func TestOptionsAreChecked(t *testing.T) {
	for name, bad := range map[string]sandbox.Option{
		"WithPathPrefix":        sandbox.WithPathPrefix("x"),
		"WithDeliveryTransport": sandbox.WithDeliveryTransport(nil),
		"WithStartTime":         sandbox.WithStartTime(time.Time{}),
		"WithLogger":            sandbox.WithLogger(nil),
		"WithHosts":             sandbox.WithHosts("sandbox:8181"),
		"WithPeople":            coresignal.WithPeople(-1),
	} {
		_, err := sandbox.New(bad)
		require.ErrorContains(t, err, "sandbox: "+name)
	}
	for _, bad := range []string{"", "*", "*.example", "http://a", "[::1]", "a b"} {
		_, err := sandbox.New(sandbox.WithHosts(bad))
		require.ErrorContains(t, err, "sandbox: WithHosts", bad)
	}
	_, err := sandbox.New(coresignal.WithPeople(-1), nil, coresignal.Option(nil), sandbox.WithPathPrefix("/x/"))
	require.ErrorContains(t, err, "WithPeople")
	require.ErrorContains(t, err, "WithPathPrefix")
}

func TestOptionsAreOrderFreeAndTheLastCounts(t *testing.T) {
	keys := map[string]bool{}
	for _, options := range [][]sandbox.Option{
		{sandbox.WithSeed(1), coresignal.WithPeople(3), sandbox.WithSeed(2)},
		{coresignal.WithPeople(5), sandbox.WithSeed(2), coresignal.WithPeople(3)},
	} {
		sb, err := sandbox.New(options...)
		require.NoError(t, err)
		defer sb.Close()
		assert.Len(t, sb.Coresignal.PersonIDs(), 3)
		keys[sb.Coresignal.APIKey()] = true
	}
	assert.Len(t, keys, 1)
}

// TestWhatAllProvidersShare: faults, requests and deliveries as users see them, through a client.
func TestWhatAllProvidersShare(t *testing.T) {
	sb, err := sandbox.Start(coresignal.WithPeople(1), sandbox.WithSeed(3), sandbox.WithStartTime(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)))
	require.NoError(t, err)
	defer sb.Close()
	client, err := pronet.New(append(sb.Options(), pronet.WithMaxAttempts(1))...)
	require.NoError(t, err)
	defer client.CloseIdleConnections()
	fault := sandbox.Fault{
		Origin: "coresignal/api", Method: "GET", Path: "/cdapi/v2/employee_base/collect/*", After: 1, Times: 2, Status: 503, Body: "{}",
		Header: http.Header{"X-Mine": {"1"}}, RetryAfter: "1", Drop: sandbox.DropMidBody,
	}
	sb.Fail(fault)
	assert.Equal(t, []sandbox.Fault{fault}, sb.Faults())
	collect := func() error {
		_, err := client.Employees.Base.Collect(t.Context(), employee.ID(sb.Coresignal.PersonIDs()[0]))
		return err
	}
	require.NoError(t, collect())
	require.Error(t, collect())
	sb.ClearFaults()
	assert.Empty(t, sb.Faults())
	require.NoError(t, collect())
	assert.Equal(t, 3, sb.Requests())
	assert.Len(t, sb.Arrivals(), 3)
	assert.Len(t, sb.ArrivalsTo("GET", "/cdapi/v2/employee_base/collect/*"), 3)

	arrived := 0
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { arrived++ }))
	defer hook.Close()
	_, err = client.Subscriptions.Base.CreateFromIDs(t.Context(), employee.IDs(sb.Coresignal.PersonIDs()...), subscriptions.Options{WebhookURL: hook.URL})
	require.NoError(t, err)
	require.NoError(t, sb.Deliver(t.Context()))
	first := arrived
	sb.DeliverTwice(true)
	sb.ReverseDeliveries(true)
	require.NoError(t, sb.Coresignal.Promote(sb.Coresignal.PersonIDs()[0], "Head of Tests"))
	require.NoError(t, sb.Deliver(t.Context()))
	assert.Equal(t, first+2, arrived)
	sb.DropDeliveries(1)
	require.NoError(t, sb.Coresignal.Promote(sb.Coresignal.PersonIDs()[0], "Chief of Tests"))
	require.NoError(t, sb.Deliver(t.Context()))
	assert.Equal(t, first+2, arrived)
	log := sb.Deliveries()
	require.NotEmpty(t, log)
	require.ErrorIs(t, log[len(log)-1].Err, sandbox.ErrDeliveryDropped)
	assert.Equal(t, http.StatusOK, log[len(log)-2].StatusCode)
	assert.Equal(t, 2, log[len(log)-2].Attempt)
}
