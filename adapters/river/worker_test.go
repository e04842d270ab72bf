//go:build unix

package river_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	riverqueue "github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/river"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/sinktest"
)

// options are such that a delivery is tried soon again.
func options() river.Options {
	return river.Options{Backoff: time.Millisecond, BackoffCap: time.Millisecond, Logger: slog.New(slog.DiscardHandler)}
}

// queue is a sink with a client that works while Run is called.
type queue struct {
	*river.Sink
	t       testing.TB
	pool    *pgxpool.Pool
	config  func() *riverqueue.Config
	options river.Options
	senders []webhook.Sender
}

func newQueue(t testing.TB, d *database, o river.Options, senders ...webhook.Sender) *queue {
	t.Helper()
	q := &queue{nil, t, d.pool(t), func() *riverqueue.Config { return config(d.schema) }, o, senders}
	var err error
	q.Sink, err = river.NewSink(q.client(&riverqueue.Config{Schema: d.schema, Logger: slog.New(slog.DiscardHandler)}), o)
	require.NoError(t, err)
	return q
}

func (q *queue) client(c *riverqueue.Config) *riverqueue.Client[pgx.Tx] {
	q.t.Helper()
	client, err := riverqueue.NewClient(riverpgxv5.New(q.pool), c)
	require.NoError(q.t, err)
	return client
}

// Run works with a client of its own until the context ends.
func (q *queue) Run(ctx context.Context, process func(context.Context, *webhook.Delivery) error) error {
	c := q.config()
	if err := river.AddWorker(c, process, q.options, q.senders...); err != nil {
		return err
	}
	client, err := riverqueue.NewClient(riverpgxv5.New(q.pool), c)
	if err != nil {
		return err
	}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	<-ctx.Done()
	if err := client.StopAndCancel(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	return ctx.Err()
}

func TestQueue(t *testing.T) {
	s := sharedServer(t)
	sinktest.RunUnordered(t, func(t *testing.T) func() sinktest.Queue {
		d := s.database(t)
		return func() sinktest.Queue { return newQueue(t, d, options(), sinktest.Sender()) }
	})
}
