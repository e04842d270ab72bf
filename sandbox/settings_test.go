package sandbox_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestOptionsAreChecked(t *testing.T) {
	for name, bad := range map[string]sandbox.Option{
		"WithPathPrefix":        sandbox.WithPathPrefix("x"),
		"WithDeliveryTransport": sandbox.WithDeliveryTransport(nil),
		"WithStartTime":         sandbox.WithStartTime(time.Time{}),
		"WithLogger":            sandbox.WithLogger(nil),
		"WithPeople":            coresignal.WithPeople(-1),
	} {
		_, err := sandbox.New(bad)
		require.ErrorContains(t, err, "sandbox: "+name)
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
