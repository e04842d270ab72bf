package otel_test

import (
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	pronetotel "github.com/pronet-go/pronet/adapters/otel"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

var update = flag.Bool("update", false, "write testdata/trace.golden")

// TestANoticeFromThePostToTheFunction is one notice through three processes: one receives it and puts it into a queue, as
// JSON; the next takes it from the queue into a spool, and the last, after a restart, works on what the spool has. The
// provider fails once, and the function fails at the first attempt.
func TestANoticeFromThePostToTheFunction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failures := 1
		sb, options := inMemory(t, func(r *http.Request) *http.Response {
			if failures--; failures == 0 {
				return respond(http.StatusServiceUnavailable, `{"message":"maintenance"}`, "Retry-After", "7")
			}
			return nil
		}, coresignal.WithPeople(3))
		receiving, relaying, working := newProcess(t, "receiving", pronetotel.Options{}), newProcess(t, "relaying", pronetotel.Options{}), newProcess(t, "working", pronetotel.Options{})
		sender, token := receiver(t)
		queue := make(chan []byte, 1)
		handler, err := webhook.NewHandler(sender, webhook.Func(func(_ context.Context, d *webhook.Delivery) error {
			message, err := json.Marshal(d)
			queue <- message
			return err
		}), receiving.Handler())
		require.NoError(t, err)
		notice, err := json.Marshal([]map[string]any{{"member_id": sb.Coresignal.PersonIDs()[0], "status": "changed"}})
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, post(handler, "/"+token, string(notice)))

		time.Sleep(time.Minute)
		dir := t.TempDir()
		notices, err := spool.Open(dir, spool.Options{}, sender)
		require.NoError(t, err)
		relay := relaying.Process(func(ctx context.Context, d *webhook.Delivery) error { return notices.Put(ctx, d) })
		var d webhook.Delivery
		require.NoError(t, json.Unmarshal(<-queue, &d))
		require.NoError(t, relay(t.Context(), &d))
		require.NoError(t, notices.Close())

		time.Sleep(time.Hour)
		client, err := pronet.New(append(options, pronet.WithObserver(working.Client()))...)
		require.NoError(t, err)
		defer client.CloseIdleConnections()
		ctx, cancel := context.WithCancel(t.Context())
		calls := 0
		refresher, err := refresh.New(client.Employees.Base, nil, func(ctx context.Context, o refresh.Outcome[employee.BaseRecord]) error {
			_, span := working.tracer.Start(ctx, "the user's function")
			defer span.End()
			if calls++; calls == 1 {
				return os.ErrDeadlineExceeded
			}
			cancel()
			return o.Err
		}, refresh.Options{OneByOne: -1, Observer: working.Refresh()})
		require.NoError(t, err)
		notices, err = spool.Open(dir, spool.Options{Backoff: time.Nanosecond, Observer: working.Spool()}, sender)
		require.NoError(t, err)
		require.ErrorIs(t, notices.Run(ctx, working.Process(refresher.Handle)), context.Canceled)
		require.NoError(t, notices.Close())

		got := tree(receiving, relaying, working)
		if *update {
			require.NoError(t, os.WriteFile("testdata/trace.golden", []byte(got), 0o600))
		}
		want, err := os.ReadFile("testdata/trace.golden")
		require.NoError(t, err)
		assert.Equal(t, string(want), got)
	})
}
