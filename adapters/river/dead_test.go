//go:build unix

package river_test

import (
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
	for name, c := range map[string]struct {
		body     string
		source   string
		spoil    string
		process  func(ctx context.Context) error
		reason   string
		attempts int
	}{
		"given up":                {process: func(context.Context) error { return fmt.Errorf("it never ends: %w", webhook.ErrGiveUp) }, reason: "it never ends: webhook: given up", attempts: 1},
		"not understood":          {process: func(context.Context) error { return fmt.Errorf("odd:\n%w", webhook.ErrNotUnderstood) }, reason: "odd: webhook: not understood", attempts: 1},
		"the last attempt":        {process: func(context.Context) error { return errors.New("failed") }, reason: "failed", attempts: 2},
		"a panic":                 {process: func(context.Context) error { panic("a person") }, reason: "panic: string", attempts: 2},
		"it takes too long":       {process: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }, reason: "context deadline exceeded", attempts: 2},
		"refused by decoder":      {body: "refused", reason: "the body cannot be decoded: webhook: malformed body", attempts: 1},
		"the decoder panics":      {body: "panics", reason: "the body cannot be decoded: panic: string", attempts: 1},
		"nobody's":                {source: "another", reason: `webhook: unknown source: "another"`, attempts: 1},
		"arguments of others":     {spoil: `'{"name": 1, "delivery": "a person"}'`, reason: "the arguments of the job are not those of a delivery", attempts: 1},
		"a delivery that is none": {spoil: `jsonb_set(args, '{delivery}', to_jsonb('{"source": "a person"}'::text))`, reason: "the arguments of the job are not those of a delivery", attempts: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := sharedServer(t).database(t)
			o := options()
			o.MaxAttempts, o.Timeout = 2, 200*time.Millisecond
			if name != "it takes too long" {
				o.Timeout = time.Minute
			}
			q := newQueue(t, d, o, raw())
			given := of(c.body)
			if c.source != "" {
				given.Source = c.source
			}
			require.NoError(t, q.Put(t.Context(), given))
			if c.spoil != "" {
				d.exec(t, "UPDATE river_job SET args = "+c.spoil)
			}
			fail := func(ctx context.Context, _ *webhook.Delivery) error {
				if c.process == nil {
					t.Error("process is called")
					return nil
				}
				return c.process(ctx)
			}
			var list []river.Dead
			q.work(fail, func() bool { list = q.dead(); return len(list) == 1 })
			want := river.Dead{ID: list[0].ID, At: list[0].At, Attempts: c.attempts, Reason: c.reason}
			if c.spoil == "" {
				want.Source, want.Label, want.Key, want.ReceivedAt, want.Size = given.Source, given.Label, given.Key, given.ReceivedAt, len(given.Body)
			}
			assert.Equal(t, want, list[0])
			assert.WithinDuration(t, d.job(t).Now, list[0].At, time.Hour)

			require.NoError(t, q.Requeue(t.Context(), want.ID))
			assert.Empty(t, q.dead())
			require.ErrorIs(t, q.Requeue(t.Context(), want.ID), river.ErrNotDead)
			require.ErrorIs(t, q.Discard(t.Context(), want.ID), river.ErrNotDead)
			if c.process != nil {
				var requeues atomic.Int64
				q.work(func(_ context.Context, d *webhook.Delivery) error {
					requeues.Store(int64(d.Requeues))
					return webhook.ErrGiveUp
				}, func() bool { list = q.dead(); return len(list) == 1 })
				assert.EqualValues(t, 1, requeues.Load())
				assert.Equal(t, 1, list[0].Requeues)
				assert.Equal(t, "webhook: given up", list[0].Reason)
			} else {
				q.work(fail, func() bool { list = q.dead(); return len(list) == 1 })
			}
			require.NoError(t, q.Discard(t.Context(), want.ID))
			assert.Zero(t, d.count(t, "river_job"))
			require.ErrorIs(t, q.Discard(t.Context(), want.ID), river.ErrNotDead)
			require.ErrorIs(t, q.Requeue(t.Context(), want.ID), river.ErrNotDead)
		})
	}
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
	o.Kept = keptStore{store.Kept(), func() { states = append(states, d.job(t).State) }}
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
	is := func(state string) func() bool { return func() bool { return d.job(t).State == state } }
	q.work(attempt(errors.New("failed")), is("discarded"))
	assert.Equal(t, `0, []`, <-seen)
	assert.Equal(t, `0, ["bought"]`, <-seen)
	assert.Equal(t, `0, ["bought" "bought"]`, <-seen)
	id := d.job(t).ID
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

	d.exec(t, "DELETE FROM river_job")
	require.NoError(t, q.Put(t.Context(), of("body")))
	q.work(attempt(webhook.ErrGiveUp), is("cancelled"))
	assert.Equal(t, `0, []`, <-seen, "what was put again is another delivery")
	assert.Equal(t, 1, d.count(t, "kept_entries"))
	require.NoError(t, q.Discard(t.Context(), d.job(t).ID))
	assert.Zero(t, d.count(t, "kept_entries"))
	assert.Equal(t, []string{"completed", "cancelled"}, states)
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
	q.work(func(context.Context, *webhook.Delivery) error { t.Error("process is called"); return nil }, func() bool { return d.job(t).State == "scheduled" })
	assert.Zero(t, d.job(t).Attempt)
}
