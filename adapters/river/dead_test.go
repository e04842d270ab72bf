//go:build unix

package river_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	riverqueue "github.com/riverqueue/river"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/postgres"
	"github.com/pronet-go/pronet/adapters/river"
	"github.com/pronet-go/pronet/webhook"
)

// dead are all dead deliveries.
func (q *queue) dead() (list []river.Dead) {
	q.t.Helper()
	for dead, err := range q.Dead(q.t.Context()) {
		require.NoError(q.t, err)
		list = append(list, dead)
	}
	return list
}

// TestDead: what was given up lies there with its reason, is handed over again, and is gone when it is discarded.
func TestDead(t *testing.T) {
	d := sharedServer(t).database(t)
	o := options()
	o.MaxAttempts, o.Timeout = 2, 200*time.Millisecond
	q := newQueue(t, d, o, raw())
	const others = "the arguments of the job are not those of a delivery"
	cases := []struct {
		body, source, spoil string
		process             func(ctx context.Context) error
		reason              string
		attempts            int
	}{
		{body: "given up", process: func(context.Context) error { return fmt.Errorf("it never ends: %w", webhook.ErrGiveUp) }, reason: "it never ends: webhook: given up", attempts: 1},
		{body: "not understood", process: func(context.Context) error { return fmt.Errorf("odd:\n%w", webhook.ErrNotUnderstood) }, reason: "odd: webhook: not understood", attempts: 1},
		{body: "cancelled as River does", process: func(context.Context) error { return fmt.Errorf("no: %w", riverqueue.JobCancel(errors.New("odd"))) }, reason: "no: JobCancelError: odd", attempts: 1},
		{body: "failed", process: func(context.Context) error { return errors.New("failed") }, reason: "failed", attempts: 2},
		{body: "panics in process", process: func(context.Context) error { panic("a person") }, reason: "panic: string", attempts: 2},
		{body: "too long", process: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, reason: "context deadline exceeded", attempts: 2},
		{body: "refused", reason: "the body cannot be decoded: webhook: malformed body", attempts: 1},
		{body: "panics", reason: "the body cannot be decoded: panic: string", attempts: 1},
		{body: "nobody's", source: "another", reason: `webhook: unknown source: "another"`, attempts: 1},
		{body: "1", spoil: `'{"name": 1, "delivery": "a person"}'`, reason: others, attempts: 1},
		{body: "2", spoil: `'"a person"'`, reason: others, attempts: 1},
		{body: "3", spoil: `args - 'name'`, reason: others, attempts: 1},
		{body: "4", spoil: `jsonb_set(args, '{delivery}', to_jsonb('{"source": "a person"}'::text))`, reason: others, attempts: 1},
	}
	works := make(map[string]func(context.Context) error)
	var want []river.Dead
	for i, c := range cases {
		given := of(c.body)
		given.Source = cmp.Or(c.source, given.Source)
		require.NoError(t, q.Put(t.Context(), given))
		dead := river.Dead{ID: int64(i + 1), Attempts: c.attempts, Reason: c.reason}
		if c.spoil == "" {
			dead.Source, dead.Label, dead.Key, dead.ReceivedAt, dead.Size = given.Source, given.Label, given.Key, given.ReceivedAt, len(given.Body)
		} else {
			d.exec(t, "UPDATE river_job SET args = "+c.spoil+" WHERE id = $1", dead.ID)
		}
		want = append(want, dead)
		works[c.body] = c.process
	}
	q.work(func(ctx context.Context, d *webhook.Delivery) error {
		if !assert.NotNil(t, works[string(d.Body)], "process is called for %q", d.Body) {
			return nil
		}
		return works[string(d.Body)](ctx)
	}, func() bool { return len(q.dead()) == len(cases) })
	list := q.dead()
	for i := range list {
		assert.WithinDuration(t, time.Now(), list[i].At, time.Hour)
		list[i].At = time.Time{}
	}
	assert.Equal(t, want, list)

	for _, dead := range list {
		require.NoError(t, q.Requeue(t.Context(), dead.ID))
		require.ErrorIs(t, q.Requeue(t.Context(), dead.ID), river.ErrNotDead)
		require.ErrorIs(t, q.Discard(t.Context(), dead.ID), river.ErrNotDead)
	}
	assert.Empty(t, q.dead())
	q.work(func(_ context.Context, d *webhook.Delivery) error {
		assert.Equal(t, 1, d.Requeues)
		return webhook.ErrGiveUp
	}, func() bool { return len(q.dead()) == len(cases) })
	for i, dead := range q.dead() {
		switch {
		case cases[i].process != nil:
			assert.Equal(t, "webhook: given up", dead.Reason)
			fallthrough
		case cases[i].spoil == "":
			assert.Equal(t, 1, dead.Requeues)
		}
		require.NoError(t, q.Discard(t.Context(), dead.ID))
		require.ErrorIs(t, q.Discard(t.Context(), dead.ID), river.ErrNotDead)
		require.ErrorIs(t, q.Requeue(t.Context(), dead.ID), river.ErrNotDead)
	}
	assert.Zero(t, d.count(t, "river_job"))
}

// TestDeadOnly: neither what waits nor what is done, of another kind or in another queue is dead, and pages are read to the end.
func TestDeadOnly(t *testing.T) {
	d := sharedServer(t).database(t)
	q := newQueue(t, d, options(), raw())
	for range 29 {
		require.NoError(t, q.Put(t.Context(), of("body")))
	}
	d.exec(t, "UPDATE river_job SET state = CASE id % 2 WHEN 0 THEN 'cancelled' ELSE 'discarded' END::river_job_state, finalized_at = now()")
	d.exec(t, "UPDATE river_job SET state = 'available', finalized_at = NULL WHERE id = 1")
	d.exec(t, "UPDATE river_job SET state = 'completed' WHERE id = 2")
	d.exec(t, "UPDATE river_job SET kind = 'other' WHERE id = 3")
	d.exec(t, "UPDATE river_job SET queue = 'other' WHERE id = 4")
	var ids, want []int64
	for _, dead := range q.dead() {
		ids = append(ids, dead.ID)
		assert.Equal(t, "it was cancelled in River", dead.Reason)
	}
	for id := int64(5); id <= 29; id++ {
		want = append(want, id)
	}
	assert.Equal(t, want, ids)
	for id := range int64(5) {
		require.ErrorIs(t, q.Requeue(t.Context(), id), river.ErrNotDead)
		require.ErrorIs(t, q.Discard(t.Context(), id), river.ErrNotDead)
	}
	assert.Equal(t, 29, d.count(t, "river_job"))
	for range q.Dead(t.Context()) {
		break
	}
	d.Close()
	q.pool.Close()
	n := 0
	for _, err := range q.Dead(t.Context()) {
		require.Error(t, err)
		n++
	}
	assert.Equal(t, 1, n)
}

// TestRiverDeletesNoneOfTheDead, however old, while it deletes what is done.
func TestRiverDeletesNoneOfTheDead(t *testing.T) {
	d := sharedServer(t).database(t)
	q := newQueue(t, d, options(), raw())
	for range 6 {
		require.NoError(t, q.Put(t.Context(), of("body")))
	}
	d.exec(t, "UPDATE river_job SET finalized_at = now() - interval '10 years', state = (ARRAY['cancelled', 'discarded', 'completed'])[id % 3 + 1]::river_job_state")
	q.work(func(context.Context, *webhook.Delivery) error { return errors.New("nothing is to be worked on") }, func() bool { return d.count(t, "river_job") == 4 })
	assert.Len(t, q.dead(), 4)
}

type keptStore struct {
	webhook.KeptStore
	remove func()
}

func (s keptStore) Remove(ctx context.Context, delivery string) error {
	s.remove()
	return s.KeptStore.Remove(ctx, delivery)
}

// TestKept: what was bought is found by whoever has the delivery next, over a death too, and is removed once the job is
// completed, or discarded.
func TestKept(t *testing.T) {
	d := sharedServer(t).database(t)
	pool := d.server.pool(t)
	db := stdlib.OpenDBFromPool(pool)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	require.NoError(t, postgres.Migrate(t.Context(), db, postgres.Options{Schema: d.schema}))
	store, err := postgres.Open(db, postgres.Options{Schema: d.schema})
	require.NoError(t, err)
	o := options()
	o.Pool, o.MaxAttempts = pool, 3
	var states []string
	o.Kept = keptStore{store.Kept(), func() { states = append(states, d.job(t, 1).State) }}
	q := newQueue(t, d, o, raw())
	require.NoError(t, q.Put(t.Context(), of("body")))
	seen := make(chan string, 100)
	attempt := func(fail error) func(context.Context, *webhook.Delivery) error {
		return func(ctx context.Context, d *webhook.Delivery) error {
			entries, err := d.Kept.Entries(ctx)
			seen <- fmt.Sprintf("%d, %q", d.Requeues, entries)
			return errors.Join(err, d.Kept.Append(ctx, []byte("bought")), fail)
		}
	}
	is := func(state string) func() bool { return func() bool { return d.job(t, 1).State == state } }
	q.work(attempt(errors.New("failed")), is("discarded"))
	assert.Equal(t, `0, []`, <-seen)
	assert.Equal(t, `0, ["bought"]`, <-seen)
	assert.Equal(t, `0, ["bought" "bought"]`, <-seen)
	id := d.job(t, 1).ID
	require.NoError(t, q.Requeue(t.Context(), id))
	q.work(attempt(webhook.ErrGiveUp), is("cancelled"))
	assert.Equal(t, `1, ["bought" "bought" "bought"]`, <-seen)
	_, err = q.client(&riverqueue.Config{Schema: d.schema}).JobRetry(t.Context(), id) // with River's own tools
	require.NoError(t, err)
	assert.Empty(t, states)
	q.work(attempt(nil), is("completed"))
	assert.Equal(t, `2, ["bought" "bought" "bought" "bought"]`, <-seen)
	assert.Equal(t, []string{"completed"}, states)
	assert.Zero(t, d.count(t, "kept_entries"))
	assert.Empty(t, seen)

	d.exec(t, "TRUNCATE river_job RESTART IDENTITY")
	require.NoError(t, q.Put(t.Context(), of("body")))
	q.work(attempt(webhook.ErrGiveUp), is("cancelled"))
	assert.Equal(t, `0, []`, <-seen, "what was put again is another delivery")
	assert.Equal(t, 1, d.count(t, "kept_entries"))
	require.NoError(t, q.Discard(t.Context(), d.job(t, 1).ID))
	assert.Zero(t, d.count(t, "kept_entries"))
	assert.Equal(t, []string{"completed", "cancelled"}, states)
}

// TestKeptOfAnotherWorker is not removed by one that comes too late: River has given the job to somebody else meanwhile.
func TestKeptOfAnotherWorker(t *testing.T) {
	d := sharedServer(t).database(t)
	o := options()
	o.Pool, o.Kept = d.Pool, noStore{t: t}
	q := newQueue(t, d, o, raw())
	require.NoError(t, q.Put(t.Context(), of("body")))
	var done atomic.Bool
	q.work(func(context.Context, *webhook.Delivery) error {
		d.exec(t, "UPDATE river_job SET state = 'scheduled', scheduled_at = now() + interval '1 hour'")
		done.Store(true)
		return nil
	}, done.Load)
	assert.Equal(t, "scheduled", d.job(t, 1).State)
}

// noStore must not be told to remove anything.
type noStore struct {
	webhook.KeptStore
	t *testing.T
}

func (noStore) Open(context.Context, string) (webhook.Kept, error) { return nil, nil }

func (s noStore) Remove(context.Context, string) error {
	s.t.Error("what is kept is removed")
	return nil
}

type brokenStore struct{ keptStore }

func (brokenStore) Open(context.Context, string) (webhook.Kept, error) {
	return nil, webhook.ErrRetryLater
}

// TestKeptIsAway: nothing is worked on meanwhile, and no attempt is used up.
func TestKeptIsAway(t *testing.T) {
	d := sharedServer(t).database(t)
	o := options()
	o.Pool, o.Kept, o.Backoff, o.BackoffCap = d.Pool, brokenStore{}, time.Hour, time.Hour
	q := newQueue(t, d, o, raw())
	require.NoError(t, q.Put(t.Context(), of("body")))
	q.work(func(context.Context, *webhook.Delivery) error { t.Error("process is called"); return nil }, func() bool { return d.job(t, 1).State == "scheduled" })
	assert.Zero(t, d.job(t, 1).Attempt)
}
