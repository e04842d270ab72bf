package bulkcollect_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/webhook"
)

// inProcess carries deliveries straight to a handler.
type inProcess struct{ handler http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	p.handler.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

// TestANoticeOfAnyShapeWakesWait: what comes is not documented, so only that something comes is relied on.
func TestANoticeOfAnyShapeWakesWait(t *testing.T) {
	for name, shape := range map[string]coresignal.NoticeShape{
		"an object with the id": coresignal.RequestIDNotice,
		"an empty object":       coresignal.EmptyNotice,
		"an array":              coresignal.ArrayNotice,
		"plain text":            coresignal.TextNotice,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				token := webhook.NewPathToken()
				verifier, err := webhook.PathToken(webhook.Endpoint{Label: "job", Token: token})
				require.NoError(t, err)
				wake := make(chan struct{}, 1)
				sender := webhook.Sender{Source: "job notices", Verifier: verifier, Decoder: webhook.DecodeRaw}
				handler, err := webhook.NewHandler(sender, webhook.Func(func(context.Context, *webhook.Delivery) error {
					select {
					case wake <- struct{}{}:
					default: // one that was not yet seen is enough
					}
					return nil
				}))
				require.NoError(t, err)
				sb, client := startInMemory(t, coresignal.WithPeople(3), coresignal.WithJobPolls(1_000), coresignal.WithJobNotice(shape), sandbox.WithDeliveryTransport(inProcess{handler}))
				url, err := webhook.CallbackURL("http://localhost", token)
				require.NoError(t, err)
				job, err := client.BulkCollect.Base.RequestIDs(t.Context(), employee.IDs(sb.Coresignal.PersonIDs()...), bulkcollect.Options{WebhookURL: url})
				require.NoError(t, err)

				time.AfterFunc(7*time.Minute, func() { assert.NoError(t, sb.Deliver(context.Background())) }) // the job is ready
				began := time.Now()
				files, err := client.BulkCollect.Base.Wait(t.Context(), job.ID, bulkcollect.WaitOptions{FirstPoll: time.Hour, MaxPoll: time.Hour, Wake: wake})
				require.NoError(t, err)
				assert.Len(t, files, 1)
				assert.Equal(t, 7*time.Minute, time.Since(began))
				assert.Len(t, polls(sb), 2, "one before, one after the notice")
				synctest.Wait() // the sandbox notes a delivery after its answer
				assert.Len(t, sb.Deliveries(), 1)
			})
		})
	}
}

// TestWake goes through what a channel can do besides: be closed, be silent, wake too early.
func TestWake(t *testing.T) {
	closed := func() <-chan struct{} {
		c := make(chan struct{})
		close(c)
		return c
	}
	for name, tt := range map[string]struct {
		wake func() <-chan struct{}
		want []time.Duration
	}{
		"nil":                {func() <-chan struct{} { return nil }, seconds(0, 2, 5, 9.5)},
		"silent":             {func() <-chan struct{} { return make(chan struct{}) }, seconds(0, 2, 5, 9.5)},
		"closed before":      {closed, seconds(0, 2, 5, 9.5)},
		"waiting already":    {func() <-chan struct{} { c := make(chan struct{}, 1); c <- struct{}{}; return c }, seconds(0, 0, 3, 7.5)},
		"wakes, then closes": {func() <-chan struct{} { c := make(chan struct{}, 1); c <- struct{}{}; close(c); return c }, seconds(0, 0, 3, 7.5)},
		"closed while asleep": {func() <-chan struct{} {
			c := make(chan struct{})
			time.AfterFunc(time.Second, func() { close(c) })
			return c
		}, seconds(0, 2, 5, 9.5)},
		"wakes for nothing": {func() <-chan struct{} {
			c := make(chan struct{}, 1)
			time.AfterFunc(time.Second, func() { c <- struct{}{} })
			return c
		}, seconds(0, 1, 4, 8.5)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sb, client := startInMemory(t, coresignal.WithPeople(2), coresignal.WithJobPolls(3))
				id := requestAll(t, sb, client)
				_, err := client.BulkCollect.Base.Wait(t.Context(), id, bulkcollect.WaitOptions{Wake: tt.wake()})
				require.NoError(t, err)
				assert.Equal(t, tt.want, polls(sb))
			})
		})
	}
}

// TestWakeAndDeadlines: a notice may come before the next question would, so Wait stays until the deadline.
func TestWakeAndDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := startInMemory(t, coresignal.WithPeople(2), coresignal.WithJobPolls(1_000))
		id := requestAll(t, sb, client)
		wait := func(wake <-chan struct{}) time.Duration {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			began := time.Now()
			_, err := client.BulkCollect.Base.Wait(ctx, id, bulkcollect.WaitOptions{FirstPoll: time.Hour, MaxPoll: time.Hour, Wake: wake})
			require.ErrorIs(t, err, api.ErrNotReady)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			return time.Since(began)
		}
		assert.Equal(t, time.Minute, wait(make(chan struct{})))
		assert.Zero(t, wait(nil), "nobody will tell")
	})
}
