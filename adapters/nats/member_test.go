package nats_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/nats"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/sinktest"
)

// TestLongerLease: processes with a longer lease than the queue was made with are counted, but for moments in which the machine
// is busy.
func TestLongerLease(t *testing.T) {
	url := embedded(t).ClientURL()
	o := quick(ownName)
	open(t, connect(t, url), o)
	o.Lease = 30 * time.Second
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	for range 2 {
		q := open(t, connect(t, url), o)
		running.Go(func() {
			assert.ErrorIs(t, q.Run(ctx, func(context.Context, *webhook.Delivery) error { return nil }), context.Canceled)
		})
	}
	members, err := connect(t, url).Stream(t.Context(), o.Name+"-members")
	require.NoError(t, err)
	count := func() uint64 {
		info, err := members.Info(t.Context())
		require.NoError(t, err)
		return info.State.Msgs
	}
	require.Eventually(t, func() bool { return count() == 2 }, time.Minute, time.Millisecond)
	both := 0
	for range 100 {
		if count() == 2 {
			both++
		}
		time.Sleep(20 * time.Millisecond)
	}
	assert.Greater(t, both, 60)
}

// TestStreamOfMembersThatKeepsThemForEver is refused: nobody would take what those that have ended had.
func TestStreamOfMembersThatKeepsThemForEver(t *testing.T) {
	js := connect(t, embedded(t).ClientURL())
	o := quick(ownName)
	_, err := js.CreateStream(t.Context(), jetstream.StreamConfig{
		Name: o.Name + "-members", Subjects: []string{o.Name + ".members.*"}, Discard: jetstream.DiscardNew, MaxMsgsPerSubject: 1,
	})
	require.NoError(t, err)
	_, err = nats.Open(t.Context(), js, o, sinktest.Sender())
	require.ErrorContains(t, err, o.Name+"-members was made otherwise")
}
