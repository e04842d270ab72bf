package refresh_test

import (
	"context"
	"errors"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/subscriptions"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// slowRenewer is a provider of subscriptions that does not respond, whatever becomes of the context.
type slowRenewer struct {
	subscriptions.Renewer

	begun, respond chan struct{}
}

func (s *slowRenewer) All(context.Context, subscriptions.ListOptions, ...api.CallOption) iter.Seq2[subscriptions.Subscription, error] {
	return func(func(subscriptions.Subscription, error) bool) {
		close(s.begun)
		<-s.respond
	}
}

// taken asserts that the directory is in use.
func (r *rig) taken() {
	r.t.Helper()
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "everybody", Token: r.token})
	require.NoError(r.t, err)
	_, err = refresh.Open(r.client.Employees.Base, r.client.BulkCollect.Base, r.dir, sender, r.update, r.options)
	require.ErrorIs(r.t, err, spool.ErrLocked)
}

// TestCloseWaitsForRun: for the subscriptions, and for the update function that another goroutine calls; the directory is
// not free before.
func TestCloseWaitsForRun(t *testing.T) {
	begun, respond := make(chan struct{}), make(chan struct{})
	for name, rig := range map[string]func() *rig{
		"in a sweep": func() *rig {
			wanted := subscriptions.Wanted{Name: "x", Create: func(context.Context) (*subscriptions.Subscription, error) { return nil, errStore }}
			return newRig(t, newMarket(1), refresh.PipelineOptions{
				Window: -1, Subscriptions: &slowRenewer{begun: begun, respond: respond}, Wanted: []subscriptions.Wanted{wanted},
			})
		},
		"in the update function": func() *rig {
			r := newRig(t, newMarket(1), refresh.PipelineOptions{Window: -1})
			r.refuse = func(Update) error {
				close(begun)
				<-respond
				return nil
			}
			r.notify(`"headline"`, 1)
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			begun, respond = make(chan struct{}), make(chan struct{})
			r := rig()
			ran, closed := make(chan error, 1), make(chan error, 1)
			go func() { ran <- r.pipeline.Run(context.Background()) }()
			<-begun
			require.ErrorIs(t, r.pipeline.Run(t.Context()), spool.ErrRunning)
			go func() { closed <- r.pipeline.Close() }()
			require.Eventually(t, func() bool { return errors.Is(r.pipeline.Run(t.Context()), spool.ErrClosed) }, time.Minute, time.Millisecond)
			r.taken()
			close(respond)
			require.ErrorIs(t, <-ran, spool.ErrClosed)
			require.NoError(t, <-closed)
			require.NoError(t, r.pipeline.Close())
			r.server.Close()
			r.options.Wanted, r.options.Subscriptions = nil, nil
			r.open()
		})
	}
}
