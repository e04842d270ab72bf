package nats_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/nats"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/sinktest"
)

// about is a delivery about a person.
func about(person, text string) *webhook.Delivery {
	d := &webhook.Delivery{Source: "sinktest", Label: "label", Key: "label:" + person + text, ReceivedAt: time.Now(), Body: []byte(person + "\n" + text)}
	_ = webhook.Decode(d, sinktest.Sender())
	return d
}

// handled runs a queue until so many deliveries were handed over and dealt with, and returns them.
func handled(t *testing.T, q *nats.Queue, n int, process func(d *webhook.Delivery) error) (got []*webhook.Delivery) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	seen, ended := make(chan *webhook.Delivery), make(chan error, 1)
	go func() {
		ended <- q.Run(ctx, func(ctx context.Context, d *webhook.Delivery) error {
			err := process(d)
			select {
			case seen <- d:
			case <-ctx.Done():
			}
			return err
		})
	}()
	for range n {
		select {
		case d := <-seen:
			got = append(got, d)
		case <-time.After(time.Minute):
			t.Fatalf("%d of %d were handed over", len(got), n)
		}
	}
	require.Eventually(t, func() bool { return q.Status().InWork > 0 || q.Status().Running }, time.Minute, time.Millisecond)
	stop()
	require.ErrorIs(t, <-ended, context.Canceled)
	return got
}

func done(*webhook.Delivery) error { return nil }

func deadOnes(t *testing.T, q *nats.Queue) (dead []nats.Dead) {
	t.Helper()
	for d, err := range q.Dead(t.Context()) {
		require.NoError(t, err)
		dead = append(dead, d)
	}
	return dead
}

// TestDead: what was given up is listed with its reason by any process, and is put back or discarded once.
func TestDead(t *testing.T) {
	s, o := embedded(t), quick(ownName)
	q, other := open(t, connect(t, s.ClientURL()), o), open(t, connect(t, s.ClientURL()), o)
	want := about("jane", "1")
	want.Trace = webhook.Trace{"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}
	require.NoError(t, q.Put(t.Context(), want))
	require.NoError(t, q.Put(t.Context(), about("john", "2")))
	handled(t, q, 2, func(*webhook.Delivery) error { return fmt.Errorf("%w: no such\nperson", webhook.ErrGiveUp) })
	var dead []nats.Dead
	require.Eventually(t, func() bool { dead = deadOnes(t, other); return len(dead) == 2 }, time.Minute, 10*time.Millisecond)
	byKey := map[string]nats.Dead{dead[0].Key: dead[0], dead[1].Key: dead[1]}
	jane, john := byKey[want.Key], byKey["label:john2"]
	assert.Equal(t, "sinktest", jane.Source)
	assert.Equal(t, "label", jane.Label)
	assert.True(t, want.ReceivedAt.Equal(jane.ReceivedAt))
	assert.EqualValues(t, len(want.Body), jane.Size)
	assert.False(t, jane.Corrupt)
	assert.Contains(t, jane.Reason, "no such")
	assert.NotContains(t, jane.Reason, "\n")

	require.NoError(t, other.Requeue(t.Context(), jane.ID))
	require.ErrorIs(t, other.Requeue(t.Context(), jane.ID), nats.ErrNotDead)
	require.NoError(t, q.Discard(t.Context(), john.ID))
	require.ErrorIs(t, q.Discard(t.Context(), john.ID), nats.ErrNotDead)
	for _, id := range []string{"", "*", ">", "a.b", "nobody", strings.Repeat("a", 1000)} {
		require.ErrorIs(t, q.Requeue(t.Context(), id), nats.ErrNotDead, id)
		require.ErrorIs(t, q.Discard(t.Context(), id), nats.ErrNotDead, id)
	}
	got := handled(t, other, 1, done)[0]
	assert.Equal(t, want.Key, got.Key)
	assert.Equal(t, want.Body, got.Body)
	assert.Equal(t, want.Trace, got.Trace, "the trace goes with it")
	assert.Equal(t, 1, got.Requeues)
	assert.Empty(t, deadOnes(t, q))
}

// TestInWork: what a process has in work, another one knows of; what nobody has seen is not.
func TestInWork(t *testing.T) {
	s, o := embedded(t), quick(ownName)
	q, other := open(t, connect(t, s.ClientURL()), o), open(t, connect(t, s.ClientURL()), o)
	d := about("jane", "1")
	in := func(want bool) {
		t.Helper()
		got, err := other.InWork(t.Context(), d.Source, d.Key)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	in(false)
	require.NoError(t, q.Put(t.Context(), d))
	in(false)
	handled(t, q, 1, func(*webhook.Delivery) error { in(true); return nil })
	require.Eventually(t, func() bool {
		got, err := other.InWork(t.Context(), d.Source, d.Key)
		return err == nil && !got
	}, time.Minute, 10*time.Millisecond)
}

// TestStatus tells what is pending and dead, for all processes.
func TestStatus(t *testing.T) {
	s, o := embedded(t), quick(ownName)
	q := open(t, connect(t, s.ClientURL()), o)
	for i := range 3 {
		require.NoError(t, q.Put(t.Context(), about("jane", fmt.Sprint(i))))
	}
	status := open(t, connect(t, s.ClientURL()), o).Status()
	assert.Equal(t, 3, status.Pending)
	assert.Positive(t, status.PendingBytes)
	assert.Zero(t, status.Dead)
	assert.False(t, status.Running)
	handled(t, q, 3, func(d *webhook.Delivery) error {
		if bytes.HasSuffix(d.Body, []byte("1")) {
			return webhook.ErrGiveUp
		}
		return nil
	})
	status = open(t, connect(t, s.ClientURL()), o).Status()
	require.Eventually(t, func() bool {
		status = open(t, connect(t, s.ClientURL()), o).Status()
		return status.Pending == 0 && status.Dead == 1
	}, time.Minute, 10*time.Millisecond)
	assert.Positive(t, status.DeadBytes)
	assert.Contains(t, q.Status().LastError, webhook.ErrGiveUp.Error())
}

// TestOpenRefuses what could lose a delivery later.
func TestOpenRefuses(t *testing.T) {
	s, o := embedded(t), quick(ownName)
	js := connect(t, s.ClientURL())
	o.Partitions = 4
	open(t, js, o)
	for name, change := range map[string]func(*nats.Options){
		"another number of partitions": func(o *nats.Options) { o.Partitions = 8 },
		"a name that is a pattern":     func(o *nats.Options) { o.Name = "pronet.*" },
		"a body beyond max_payload":    func(o *nats.Options) { o.MaxBody = maxPayload },
		"a negative number":            func(o *nats.Options) { o.Attempts = -1 },
		"a lease that is too short":    func(o *nats.Options) { o.Lease = time.Millisecond },
	} {
		changed := o
		change(&changed)
		_, err := nats.Open(t.Context(), js, changed, sinktest.Sender())
		require.Error(t, err, name)
		t.Log(name, err)
	}
	o.Partitions = 0
	open(t, js, o) // what it was made with

	q := open(t, js, quick(ownName, func(o *nats.Options) { o.MaxBody = 100 }))
	require.ErrorContains(t, q.Put(t.Context(), about("jane", strings.Repeat("x", 100))), "Options.MaxBody")
	long := about("jane", "1")
	long.Label = strings.Repeat("l", 100_000)
	require.Error(t, q.Put(t.Context(), long))
}

// TestFull: at the limit nothing is stored and nothing is lost.
func TestFull(t *testing.T) {
	s := embedded(t)
	q := open(t, connect(t, s.ClientURL()), quick(ownName, func(o *nats.Options) { o.MaxBytes = 10_000 }))
	var err error
	stored := 0
	for ; err == nil; stored++ {
		err = q.Put(t.Context(), about("jane", fmt.Sprint(stored, strings.Repeat("x", 1000))))
	}
	require.ErrorIs(t, err, nats.ErrFull)
	stored--
	assert.Positive(t, stored)
	assert.Len(t, handled(t, q, stored, done), stored)
	require.NoError(t, q.Put(t.Context(), about("jane", "again")))
}

// TestServerIsSmall: who has less room than a queue reserves reads which option to set.
func TestServerIsSmall(t *testing.T) {
	s := embedded(t, func(o *server.Options) { o.JetStreamMaxStore = 100 << 20 })
	js := connect(t, s.ClientURL())
	o := quick(ownName)
	_, err := nats.Open(t.Context(), js, o, sinktest.Sender())
	require.ErrorContains(t, err, "-dead reserves 67108864 bytes of the server's storage, and it has less: set Options.MaxBytes and MaxDead")
	o.MaxDead = 16 << 20
	require.NoError(t, open(t, js, o).Put(t.Context(), about("jane", "1")))
}

// TestSyncIsAsked: a warning comes unless the server is known to sync what it confirms, and has no password of the URL.
func TestSyncIsAsked(t *testing.T) {
	monitored := func(always bool) func(*server.Options) {
		return func(o *server.Options) { o.HTTPHost, o.HTTPPort, o.SyncAlways = "127.0.0.1", -1, always }
	}
	always, not := embedded(t, monitored(true)), embedded(t, monitored(false))
	url := func(s *server.Server) string { return "http://" + s.MonitorAddr().String() }
	for name, c := range map[string]struct {
		server     *server.Server
		monitoring []string
		affirmed   bool
		warns      bool
	}{
		"nothing is known":         {always, nil, false, true},
		"it is affirmed":           {not, nil, true, false},
		"the server says so":       {always, []string{url(always)}, false, false},
		"the server says no":       {not, []string{url(not)}, true, true},
		"one of two says no":       {always, []string{url(always), url(not)}, false, true},
		"it cannot be reached":     {always, []string{"http://user:CANARY@127.0.0.1:1"}, true, true},
		"the URL cannot be parsed": {always, []string{"http://CANARY:%zz"}, true, true},
	} {
		var log bytes.Buffer
		open(t, connect(t, c.server.ClientURL()), quick(ownName, func(o *nats.Options) {
			o.Monitoring, o.SyncAlways, o.Logger = c.monitoring, c.affirmed, slog.New(slog.NewTextHandler(&log, nil))
		}))
		assert.Equal(t, c.warns, strings.Contains(log.String(), "sync_interval"), "%s: %s", name, log.String())
		assert.NotContains(t, log.String(), "CANARY")
	}
}

// person is an event about one of several.
type person string

func (person) Kind() string      { return "person" }
func (p person) Subject() string { return string(p) }

// TestOrderByLabel: of all the people that a label's deliveries are about the order holds.
func TestOrderByLabel(t *testing.T) {
	s := embedded(t)
	sender := webhook.Sender{Source: "several", Decoder: func(d *webhook.Delivery) error {
		d.Events = nil
		for name := range strings.FieldsSeq(string(d.Body)) {
			d.Events = append(d.Events, person(name))
		}
		return nil
	}}
	q := open(t, connect(t, s.ClientURL()), quick(ownName, func(o *nats.Options) { o.OrderBy = func(d *webhook.Delivery) string { return d.Label } }), sender)
	var want, got []string
	for i := range 20 {
		d := &webhook.Delivery{Source: "several", Label: "label", Key: fmt.Sprint(i), ReceivedAt: time.Now(), Body: fmt.Appendf(nil, "other%d jane", i)}
		require.NoError(t, webhook.Decode(d, sender))
		want = append(want, d.Key)
		require.NoError(t, q.Put(t.Context(), d))
	}
	for _, d := range handled(t, q, len(want), done) {
		got = append(got, d.Key)
	}
	assert.Equal(t, want, got)
}

// TestErrorsHaveNoDelivery: what fails names no person.
func TestErrorsHaveNoDelivery(t *testing.T) {
	s := embedded(t)
	var log bytes.Buffer
	q := open(t, connect(t, s.ClientURL()), quick(ownName, func(o *nats.Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) }))
	require.NoError(t, q.Put(t.Context(), about("CANARY", "1")))
	handled(t, q, 1, func(*webhook.Delivery) error { return errors.Join(webhook.ErrGiveUp, errors.New("of the user's")) })
	assert.NotContains(t, log.String(), "CANARY")
	ended, end := context.WithCancel(t.Context())
	end()
	err := q.Put(ended, about("CANARY", "2"))
	require.ErrorIs(t, err, context.Canceled)
	assert.NotContains(t, err.Error(), "CANARY")
}
