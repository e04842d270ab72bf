//go:build unix

package river_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	riverqueue "github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/river"
	"github.com/pronet-go/pronet/api"
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
	return newQueueOn(t, d.pool(t), d.schema, o, senders...)
}

func newQueueOn(t testing.TB, pool *pgxpool.Pool, schema string, o river.Options, senders ...webhook.Sender) *queue {
	t.Helper()
	q := &queue{nil, t, pool, func() *riverqueue.Config { return config(schema) }, o, senders}
	var err error
	q.Sink, err = river.NewSink(q.client(&riverqueue.Config{Schema: schema, Logger: slog.New(slog.DiscardHandler)}), o)
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
	sinktest.RunSharedUnordered(t, func(t *testing.T) func() sinktest.Queue {
		d := s.database(t)
		return func() sinktest.Queue { return newQueue(t, d, options(), sinktest.Sender()) }
	})
}

// work works until done, which is asked at most every few milliseconds.
func (q *queue) work(process func(context.Context, *webhook.Delivery) error, done func() bool) {
	q.t.Helper()
	ctx, stop := context.WithCancel(q.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- q.Run(ctx, process) }()
	ok := assert.Eventually(q.t, done, time.Minute, 10*time.Millisecond)
	stop()
	require.ErrorIs(q.t, <-ended, context.Canceled)
	require.True(q.t, ok)
}

// raw is a sender whose bodies are one event, or are refused.
func raw() webhook.Sender {
	return webhook.Sender{Source: "raw", Decoder: func(d *webhook.Delivery) error {
		switch string(d.Body) {
		case "refused":
			return webhook.ErrMalformed
		case "panics":
			panic("the body of a person")
		}
		return webhook.DecodeRaw(d)
	}}
}

func of(body string) *webhook.Delivery {
	return &webhook.Delivery{Source: "raw", Label: "label", Key: "key", ReceivedAt: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC), Body: []byte(body)}
}

// job is a row of River's.
type job struct {
	ID                   int64
	State                string
	Attempt, MaxAttempts int
	ScheduledAt, Now     time.Time
	Errors               []string
}

// job returns one by its id.
func (d *database) job(t testing.TB, id int64) (j job) {
	t.Helper()
	require.NoError(t, d.QueryRow(t.Context(), `SELECT id, state::text, attempt, max_attempts, scheduled_at, now(), coalesce(errors, '{}')::text[] FROM river_job WHERE id = $1`, id).
		Scan(&j.ID, &j.State, &j.Attempt, &j.MaxAttempts, &j.ScheduledAt, &j.Now, &j.Errors))
	return j
}

// TestKeepsAnyBody: any bytes, as many as a handler may be told to take, and the characters that jsonb does not have.
func TestKeepsAnyBody(t *testing.T) {
	large := bytes.Repeat([]byte(allBytes), 12<<20/len(allBytes))
	trace := webhook.Trace{"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
	given := map[string]*webhook.Delivery{
		"every byte":    {Label: "lábel", Body: []byte(allBytes), Trace: trace, LeftOut: []int{1, 5}, Requeues: 3},
		"no byte":       {Label: "label"},
		"12 MiB":        {Label: "label", Body: large},
		"a NUL outside": {Label: "la\x00bel", Body: []byte("body \x00 of it"), Trace: trace},
		"its escape":    {Label: `la\u0000bel`, Body: []byte(`\u0000`)},
	}
	d := sharedServer(t).database(t)
	q := newQueue(t, d, options(), raw())
	for name, want := range given {
		want.Source, want.Key, want.ReceivedAt = "raw", name+want.Label, of("").ReceivedAt
		require.NoError(t, q.Put(t.Context(), want))
	}
	got := make(chan *webhook.Delivery, len(given))
	q.work(func(_ context.Context, d *webhook.Delivery) error { got <- d; return nil }, func() bool { return len(got) == len(given) })
	for range len(given) {
		d := <-got
		name, _, _ := strings.Cut(d.Key, "la")
		name, _, _ = strings.Cut(name, "lá")
		want := given[name]
		require.NotNil(t, want, "%q", name)
		assert.True(t, bytes.Equal(want.Body, d.Body), name)
		d.Events, d.Body, want.Body = nil, nil, nil
		assert.Equal(t, want, d, name)
		delete(given, name)
	}
	assert.Empty(t, given)
}

var allBytes = func() string {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	return string(all)
}()

func TestPutRefuses(t *testing.T) {
	d := sharedServer(t).database(t)
	q := newQueue(t, d, options(), raw())
	require.Error(t, q.Put(t.Context(), nil))
	require.Error(t, q.Put(t.Context(), &webhook.Delivery{Source: "raw"}))
	assert.Zero(t, d.count(t, "river_job"))
}

// TestPutTx stores with the caller's transaction, or not at all.
func TestPutTx(t *testing.T) {
	d := sharedServer(t).database(t)
	q := newQueue(t, d, options(), raw())
	for _, commit := range []bool{false, true} {
		tx, err := d.Begin(t.Context())
		require.NoError(t, err)
		require.NoError(t, q.PutTx(t.Context(), tx, of("body")))
		if commit {
			require.NoError(t, tx.Commit(t.Context()))
			assert.Equal(t, 1, d.count(t, "river_job"))
		} else {
			require.NoError(t, tx.Rollback(t.Context()))
			assert.Zero(t, d.count(t, "river_job"))
		}
	}
}

// TestSnoozeUsesUpNothing: with ErrRetryLater a delivery waits twice as long each time, however few attempts it has.
func TestSnoozeUsesUpNothing(t *testing.T) {
	d := sharedServer(t).database(t)
	o := options()
	o.MaxAttempts, o.Backoff, o.BackoffCap = 1, time.Hour, 3*time.Hour
	q := newQueue(t, d, o, raw())
	require.NoError(t, q.Put(t.Context(), of("body")))
	for _, longest := range []time.Duration{time.Hour, 2 * time.Hour, 3 * time.Hour, 3 * time.Hour} {
		q.work(func(context.Context, *webhook.Delivery) error {
			return errors.Join(webhook.ErrGiveUp, webhook.ErrRetryLater)
		}, func() bool { return d.job(t, 1).State == "scheduled" })
		j := d.job(t, 1)
		assert.Zero(t, j.Attempt)
		assert.Empty(t, j.Errors)
		wait := j.ScheduledAt.Sub(j.Now)
		assert.Greater(t, wait, longest/2-time.Minute)
		assert.LessOrEqual(t, wait, longest)
		d.exec(t, "UPDATE river_job SET state = 'available', scheduled_at = now()")
	}
}

// TestStopUsesUpNothing, whatever process returns then, but where it gives up.
func TestStopUsesUpNothing(t *testing.T) {
	d := sharedServer(t).database(t)
	o := options()
	o.MaxAttempts = 1
	q := newQueue(t, d, o, raw())
	cases := map[string]struct {
		fail  func(ctx context.Context) error
		state string
	}{
		"the context's error": {func(ctx context.Context) error { return ctx.Err() }, "available"},
		"another error":       {func(context.Context) error { return errors.New("failed") }, "available"},
		"a panic":             {func(context.Context) error { panic("failed") }, "available"},
		"retry later":         {func(context.Context) error { return webhook.ErrRetryLater }, "available"},
		"given up":            {func(context.Context) error { return webhook.ErrGiveUp }, "cancelled"},
		"done":                {func(context.Context) error { return nil }, "completed"},
	}
	var names []string // by the ids of the jobs
	for name := range cases {
		require.NoError(t, q.Put(t.Context(), of(name)))
		names = append(names, name)
	}
	var begun atomic.Int64
	q.work(func(ctx context.Context, d *webhook.Delivery) error {
		begun.Add(1)
		<-ctx.Done()
		return cases[string(d.Body)].fail(ctx)
	}, func() bool { return begun.Load() == int64(len(cases)) })
	for i, name := range names {
		j := d.job(t, int64(i+1))
		assert.Equal(t, cases[name].state, j.State, name)
		if j.State == "available" {
			assert.Zero(t, j.Attempt, name)
			assert.Empty(t, j.Errors, name)
		}
	}
	q.work(func(context.Context, *webhook.Delivery) error { return nil }, func() bool { return d.count(t, "river_job WHERE state = 'completed'") == 5 })
}

// TestConfigurations that would lose what was stored are refused.
func TestConfigurations(t *testing.T) {
	work := func(context.Context, *webhook.Delivery) error { return nil }
	for name, c := range map[string]struct {
		change func(c *riverqueue.Config, o *river.Options)
		ok     bool
	}{
		"complete":                   {func(*riverqueue.Config, *river.Options) {}, true},
		"cancelled jobs are deleted": {func(c *riverqueue.Config, _ *river.Options) { c.CancelledJobRetentionPeriod = 0 }, false},
		"discarded jobs are deleted": {func(c *riverqueue.Config, _ *river.Options) { c.DiscardedJobRetentionPeriod = 1000 * time.Hour }, false},
		"by another one": {func(c *riverqueue.Config, _ *river.Options) {
			c.DiscardedJobRetentionPeriod, c.LeaderElectionDisabled = 0, true
		}, true},
		"no timeout":                        {func(c *riverqueue.Config, _ *river.Options) { c.JobTimeout = -1 }, false},
		"a timeout of the deliveries":       {func(c *riverqueue.Config, o *river.Options) { c.JobTimeout, o.Timeout = -1, time.Minute }, true},
		"kept without a pool":               {func(_ *riverqueue.Config, o *river.Options) { o.Kept = keptStore{} }, false},
		"a negative number":                 {func(_ *riverqueue.Config, o *river.Options) { o.Backoff = -1 }, false},
		"more attempts than River can hold": {func(_ *riverqueue.Config, o *river.Options) { o.MaxAttempts = 1 << 15 }, false},
		"registered twice": {func(c *riverqueue.Config, _ *river.Options) {
			c.Workers = riverqueue.NewWorkers()
			require.NoError(t, river.AddWorker(c, work, river.Options{}, raw()))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			config, o := config(""), river.Options{}
			c.change(config, &o)
			err := river.AddWorker(config, work, o, raw())
			if c.ok {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, api.ErrInvalid)
		})
	}
	require.ErrorIs(t, river.AddWorker(nil, work, river.Options{}, raw()), api.ErrInvalid)
	require.ErrorIs(t, river.AddWorker(config(""), nil, river.Options{}, raw()), api.ErrInvalid)
	require.ErrorIs(t, river.AddWorker(config(""), work, river.Options{}), api.ErrInvalid)
	_, err := river.NewSink(nil, river.Options{})
	require.ErrorIs(t, err, api.ErrInvalid)
}

// TestNothingOfADeliveryIsPrinted by River, in its debug logs and the errors that it keeps, or by the worker; but what process
// says in its error, on one line.
func TestNothingOfADeliveryIsPrinted(t *testing.T) {
	const canary = "canary-7c1f"
	d := sharedServer(t).database(t)
	var logs locked
	o := options()
	o.MaxAttempts, o.Logger = 3, slog.New(slog.NewJSONHandler(&logs, nil))
	q := newQueue(t, d, o, raw())
	config := q.config
	q.config = func() *riverqueue.Config {
		c := config()
		c.Logger = slog.New(slog.NewTextHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug}))
		return c
	}
	secret := of("body " + canary)
	secret.Label, secret.Key, secret.Trace = "label "+canary, "key "+canary, webhook.Trace{"tracestate": canary}
	require.NoError(t, q.Put(t.Context(), secret))
	var n atomic.Int32
	q.work(func(_ context.Context, d *webhook.Delivery) error {
		switch n.Add(1) {
		case 1:
			return fmt.Errorf("%w: what process says", webhook.ErrRetryLater)
		case 2:
			panic(string(d.Body))
		case 3:
			panic(d)
		}
		return errors.New("line 1\nline 2 \x1b[31m " + strings.Repeat("x", 5000))
	}, func() bool { return d.job(t, 1).State == "discarded" })
	j := d.job(t, 1)
	for _, text := range append(j.Errors, logs.String()) {
		assert.NotContains(t, text, canary)
	}
	assert.Contains(t, logs.String(), "what process says")
	assert.Contains(t, logs.String(), "panic: string")
	var last struct{ Error string }
	require.Len(t, j.Errors, 3)
	require.NoError(t, json.Unmarshal([]byte(j.Errors[2]), &last))
	assert.Regexp(t, `^line 1 line 2 \x{FFFD}\[31m x+$`, last.Error)
	assert.LessOrEqual(t, len(last.Error), 1100)
}

// locked is a buffer for several goroutines.
type locked struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *locked) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(text)
}

func (l *locked) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}
