//go:build unix

package traces

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	riverqueue "github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/pronet-go/pronet/adapters/nats"
	"github.com/pronet-go/pronet/adapters/postgres"
	"github.com/pronet-go/pronet/adapters/river"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// The queues.
const (
	inNATS  = "NATS"
	inRiver = "River"
)

// attempts is how often a delivery is tried.
const attempts = 4

// queue is what the processes share.
type queue interface {
	webhook.Sink
	Run(ctx context.Context, process func(context.Context, *webhook.Delivery) error) error
	Status() spool.Status
}

// shared is what a process has of it.
type shared struct {
	queue queue
	store *postgres.Store
	pool  *pgxpool.Pool
	db    *sql.DB
	conn  *natsgo.Conn
}

func connect(ctx context.Context, s settings, log *slog.Logger) (_ *shared, err error) {
	h := new(shared)
	defer func() {
		if err != nil {
			h.close()
		}
	}()
	if h.pool, err = pgxpool.New(ctx, s.Postgres); err != nil {
		return nil, err
	}
	h.db = stdlib.OpenDBFromPool(h.pool)
	if h.store, err = postgres.Open(h.db, postgres.Options{Logger: log}); err != nil {
		return nil, err
	}
	sender, err := s.sender()
	if err != nil {
		return nil, err
	}
	if s.Queue == inRiver {
		h.queue, err = newRiver(h, sender, log)
		return h, err
	}
	if h.conn, err = natsgo.Connect(s.NATS, natsgo.MaxReconnects(-1)); err != nil {
		return nil, err
	}
	js, err := jetstream.New(h.conn)
	if err != nil {
		return nil, err
	}
	h.queue, err = nats.Open(ctx, js, nats.Options{
		Attempts: attempts, Backoff: time.Millisecond, BackoffCap: time.Millisecond, SyncAlways: true, Kept: h.store.Kept(), Logger: log,
	}, sender)
	return h, err
}

func (h *shared) close() {
	if h.conn != nil {
		h.conn.Close()
	}
	if h.db != nil {
		_ = h.db.Close()
	}
	if h.pool != nil {
		h.pool.Close()
	}
}

// riverQueue is a sink, and a client that works while Run is called.
type riverQueue struct {
	*river.Sink

	pool    *pgxpool.Pool
	options river.Options
	sender  webhook.Sender
	log     *slog.Logger
}

func newRiver(h *shared, sender webhook.Sender, log *slog.Logger) (*riverQueue, error) {
	q := &riverQueue{nil, h.pool, river.Options{
		MaxAttempts: attempts, Backoff: time.Millisecond, BackoffCap: time.Millisecond, Kept: h.store.Kept(), Pool: h.pool, Logger: log,
	}, sender, log}
	client, err := q.client(&riverqueue.Config{Logger: log})
	if err != nil {
		return nil, err
	}
	q.Sink, err = river.NewSink(client, q.options)
	return q, err
}

func (q *riverQueue) client(c *riverqueue.Config) (*riverqueue.Client[pgx.Tx], error) {
	return riverqueue.NewClient(riverpgxv5.New(q.pool), c)
}

func (q *riverQueue) Run(ctx context.Context, process func(context.Context, *webhook.Delivery) error) error {
	c := &riverqueue.Config{
		Queues:            map[string]riverqueue.QueueConfig{riverqueue.QueueDefault: {MaxWorkers: 4}},
		FetchPollInterval: 100 * time.Millisecond, RetryPolicy: soon{}, Logger: q.log,
		CancelledJobRetentionPeriod: -1, DiscardedJobRetentionPeriod: -1,
	}
	if err := river.AddWorker(c, process, q.options, q.sender); err != nil {
		return err
	}
	client, err := q.client(c)
	if err != nil {
		return err
	}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	<-ctx.Done()
	return errors.Join(client.StopAndCancel(context.WithoutCancel(ctx)), ctx.Err())
}

// soon is a retry policy.
type soon struct{}

func (soon) NextRetry(*rivertype.JobRow) time.Time { return time.Now().Add(time.Millisecond) }
