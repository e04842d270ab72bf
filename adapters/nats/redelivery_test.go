package nats_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/nats"
	"github.com/pronet-go/pronet/webhook"
)

// TestLongWork: the server sends a delivery again that takes longer than it waits for, as with a long backlog. What comes of
// that after it was dealt with is not handed over a second time, behind newer ones.
func TestLongWork(t *testing.T) {
	const people, each, takes = 8, 40, 20 * time.Millisecond
	js := connect(t, embedded(t).ClientURL())
	o := quick(ownName, func(o *nats.Options) { o.Partitions, o.Workers = 1, people })
	q := open(t, js, o)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var mu sync.Mutex
	handed := make(map[string]int)
	all := make(chan struct{})
	ended := make(chan error, 1)
	go func() {
		ended <- q.Run(ctx, func(_ context.Context, d *webhook.Delivery) error {
			time.Sleep(takes) // longer than the server waits for
			mu.Lock()
			defer mu.Unlock()
			if handed[d.Key]++; len(handed) == people*each && handed[d.Key] == 1 {
				close(all)
			}
			return nil
		})
	}()
	stream, err := js.Stream(t.Context(), o.Name+"-work")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return impatient(t, stream) }, time.Minute, time.Millisecond)
	for n := range each {
		for person := range people {
			require.NoError(t, q.Put(t.Context(), about(fmt.Sprint("person", person), fmt.Sprint(n))))
		}
	}
	<-all
	require.Eventually(t, func() bool {
		info, err := stream.Info(t.Context())
		return err == nil && info.State.Msgs == 0
	}, time.Minute, time.Millisecond)
	stop()
	require.ErrorIs(t, <-ended, context.Canceled)
	for key, times := range handed {
		assert.Equal(t, 1, times, key)
	}
}

// impatient lets the server wait for 10 milliseconds before it sends a delivery again, once there is a consumer.
func impatient(t *testing.T, stream jetstream.Stream) (done bool) {
	list := stream.ListConsumers(t.Context())
	for info := range list.Info() {
		info.Config.AckWait = 10 * time.Millisecond
		_, err := stream.UpdateConsumer(t.Context(), info.Config)
		require.NoError(t, err)
		done = true
	}
	return done
}
