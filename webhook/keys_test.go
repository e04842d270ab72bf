package webhook_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

// batch is a body of notifications with the ids.
func batch(ids ...string) string {
	notifications := make([]string, len(ids))
	for i, id := range ids {
		notifications[i] = fmt.Sprintf(`{"notificationId":%s,"organizationalEntity":"urn:li:organization:1","action":"COMMENT"}`, id)
	}
	return `{"type":"ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS","notifications":[` + strings.Join(notifications, ",") + `]}`
}

func notificationIDs(d *webhook.Delivery) []string {
	ids := make([]string, 0, len(d.Events))
	for _, event := range d.Events {
		if e, ok := event.(webhook.SocialAction); ok {
			ids = append(ids, e.NotificationID)
		}
	}
	return ids
}

// linkedInReceiver sends to a handler what LinkedIn would.
type linkedInReceiver struct {
	t       testing.TB
	sender  webhook.Sender
	handler *webhook.Handler
}

func newLinkedInReceiver(t testing.TB, sink webhook.Sink, opts ...webhook.Option) *linkedInReceiver {
	t.Helper()
	sender := linkedIn(t, webhook.LinkedInEndpoint{Label: "acme", Secrets: []string{linkedInSecret}})
	return &linkedInReceiver{t, sender, newHandlerOf(t, sender, sink, opts...)}
}

func (r *linkedInReceiver) send(body string) int {
	r.t.Helper()
	return serve(r.handler, linkedInPost("/", linkedInSignature(linkedInSecret, body), body)).StatusCode
}

// again is the delivery as a worker behind a queue has it.
func (r *linkedInReceiver) again(d *webhook.Delivery) *webhook.Delivery {
	r.t.Helper()
	message, err := json.Marshal(d)
	require.NoError(r.t, err)
	var read webhook.Delivery
	require.NoError(r.t, json.Unmarshal(message, &read))
	require.NoError(r.t, webhook.Decode(&read, r.sender))
	return &read
}

// TestEachNotificationCountsForItself: those that are known are left out, and the new ones are one delivery, which says
// which of its body's count, also behind a queue.
func TestEachNotificationCountsForItself(t *testing.T) {
	sink := new(spySink)
	store, err := webhook.NewMemoryStore(100, nil)
	require.NoError(t, err)
	r := newLinkedInReceiver(t, sink, webhook.WithStore(store))
	require.Equal(t, 200, r.send(batch("1", "2", "3")))
	require.Equal(t, 200, r.send(batch("3", "4", "2", `"5"`)))
	require.Equal(t, 200, r.send(batch("5", "1", "4")), "all are known")
	require.Equal(t, 200, r.send(batch("6")))
	require.Equal(t, 200, r.send(batch("7", "7", "6", "8")), "one stands there twice")
	want := [][]string{{"1", "2", "3"}, {"4", "5"}, {"6"}, {"7", "8"}}
	leftOut := [][]int{nil, {0, 2}, nil, {1, 2}}
	require.Len(t, sink.all(), len(want))
	for i, d := range sink.all() {
		assert.Equal(t, want[i], notificationIDs(d))
		assert.Equal(t, leftOut[i], d.LeftOut)
		require.Len(t, d.Keys, len(want[i]))
		for j, key := range d.Keys {
			assert.Equal(t, "acme:ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS "+want[i][j], key.ID)
		}
		assert.Equal(t, *d, *r.again(d), "the same delivery, with the same events")
	}
	assert.Equal(t, sink.all()[2].Key, sink.all()[2].Keys[0].ID)
	assert.Equal(t, 8, store.Len())
}

// TestABatchIsKnownOnlyOnceItIsStored: a failure of the sink gives every key back.
func TestABatchIsKnownOnlyOnceItIsStored(t *testing.T) {
	sink := &spySink{err: errors.New("disk full")}
	store, err := webhook.NewMemoryStore(100, nil)
	require.NoError(t, err)
	r := newLinkedInReceiver(t, sink, webhook.WithStore(store))
	require.Equal(t, 503, r.send(batch("1", "2")))
	assert.Zero(t, store.Len())
	sink.err = nil
	require.Equal(t, 200, r.send(batch("2")))
	require.Equal(t, 200, r.send(batch("1", "2")))
	require.Len(t, sink.all(), 3)
	assert.Equal(t, []string{"1"}, notificationIDs(sink.all()[2]))

	panics := newLinkedInReceiver(t, webhook.Func(func(context.Context, *webhook.Delivery) error { panic("x") }), webhook.WithStore(store))
	require.Equal(t, 500, panics.send(batch("3", "4")))
	assert.Equal(t, 2, store.Len())
}

// TestABatchWaitsForWhatIsInProgress: while one of its notifications is being handed over, nothing of it is claimed.
func TestABatchWaitsForWhatIsInProgress(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	store, err := webhook.NewMemoryStore(100, nil)
	require.NoError(t, err)
	first := sync.OnceFunc(func() { close(entered); <-release })
	sink := new(spySink)
	r := newLinkedInReceiver(t, webhook.Func(func(ctx context.Context, d *webhook.Delivery) error {
		first()
		return sink.Put(ctx, d)
	}), webhook.WithStore(store), webhook.WithDeadline(time.Minute))
	done := make(chan int)
	go func() { done <- r.send(batch("1", "2")) }()
	<-entered
	assert.Equal(t, 503, r.send(batch("0", "2", "3")))
	assert.Equal(t, 2, store.Len(), "0 and 3 were given back")
	assert.Equal(t, 503, r.send(batch("2", "1")))
	close(release)
	assert.Equal(t, 200, <-done)
	assert.Equal(t, 200, r.send(batch("0", "2", "3")))
	assert.Equal(t, []string{"0", "3"}, notificationIDs(sink.all()[1]))
}

// TestHowLongLinkedInsEventsAreKnown: those with ids for longer than LinkedIn sends again, others for ten minutes.
func TestHowLongLinkedInsEventsAreKnown(t *testing.T) {
	now := time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC)
	resync := `{"type":"RESYNC_JOBS","externalJobPostingIds":["job-1"]}`
	for body, long := range map[string]bool{
		noteDeleted: true, batch("1"): true, batch("1", "2"): true, `{"type":"EXPORT_CANDIDATE_PROFILE","id":"1"}`: true,
		`{"eventType":"INTEGRATION_STATUS_CHANGE","requestId":"1"}`: true, resync: false, `{"type":"JOB_POSTING_STATUS","externalJobPostingId":"1"}`: false,
		`{"type":"LEAD_ACTION","leadGenFormResponse":"urn:li:a:1","leadAction":"CREATED","occurredAt":1700000000000}`: true,
		`{"type":"LEAD_ACTION","leadGenFormResponse":"urn:li:a:1"}`:                                                   false, `{"type":"OTHER","id":"1"}`: false, `no JSON`: false,
	} {
		at := now
		clock := func() time.Time { return at }
		sink := new(spySink)
		r := newLinkedInReceiver(t, sink, webhook.WithClock(clock))
		for range 2 {
			require.Equal(t, 200, r.send(body))
		}
		require.Len(t, sink.all(), 1, body)
		at = now.Add(9 * time.Minute)
		require.Equal(t, 200, r.send(body))
		require.Len(t, sink.all(), 1, body)
		at = now.Add(9 * time.Hour)
		require.Equal(t, 200, r.send(body))
		assert.Equal(t, long, len(sink.all()) == 1, body)
		at = now.Add(20 * time.Hour)
		require.Equal(t, 200, r.send(body))
		assert.Greater(t, len(sink.all()), 1, body)
	}
}

// TestR50AnEventWithAnIDThatComesAgainIsARepetition: also while the first is in work, whatever its bytes are. Without
// an id the same bytes may ask for the same once more.
func TestR50AnEventWithAnIDThatComesAgainIsARepetition(t *testing.T) {
	for body, stored := range map[string]int{
		noteDeleted: 1, batch("1"): 1, batch("1", "2"): 1, `{"type":"RESYNC_JOBS","externalJobPostingIds":["job-1"]}`: 2, `no JSON`: 2,
	} {
		sink := new(workingSink)
		r := newLinkedInReceiver(t, sink)
		require.Equal(t, 200, r.send(body))
		sink.inWork = true
		require.Equal(t, 200, r.send(body))
		assert.Len(t, sink.all(), stored, body)

		r = newLinkedInReceiver(t, sink) // After a restart: its store has forgotten, the sink has not.
		require.Equal(t, 200, r.send(body))
		assert.Len(t, sink.all(), 2*stored-1, body)
		sink.inWork = false
		require.Equal(t, 200, r.send(body))
		assert.Len(t, sink.all(), 2*stored-1, "%s is known now", body)
	}
	sender, err := webhook.SalesWebhooks(bodyScheme(), testSecret)
	require.NoError(t, err)
	for body, stored := range map[string]int{`{"id":"evt_1","type":"contact.post_created"}`: 1, `{"type":"contact.post_created"}`: 2} {
		sink := new(workingSink)
		h := newHandlerOf(t, sender, sink)
		for range 2 {
			require.Equal(t, 200, serve(h, signedRequest(t, body)).StatusCode)
			sink.inWork = true
		}
		assert.Len(t, sink.all(), stored, body)
	}
}

// TestKeysOfADecoderOfYourOwn: keys that are not one for each event, or too many, are none.
func TestKeysOfADecoderOfYourOwn(t *testing.T) {
	key := func(ids ...string) (keys []webhook.Key) {
		for _, id := range ids {
			keys = append(keys, webhook.Key{ID: id})
		}
		return keys
	}
	hundredAndOne := make([]string, 101)
	for i := range hundredAndOne {
		hundredAndOne[i] = fmt.Sprint("k", i)
	}
	for name, c := range map[string]struct {
		events int
		keys   []webhook.Key
		counts bool
	}{
		"one each": {2, key("a", "b"), true}, "too few": {2, key("a"), false}, "too many": {1, key("a", "b"), false}, "an empty one": {2, key("a", ""), false},
		"a hundred": {100, key(hundredAndOne[:100]...), true}, "more": {101, key(hundredAndOne...), false}, "none": {0, nil, false},
	} {
		sink := new(spySink)
		sender := webhook.Sender{Source: "own", Verifier: webhook.Unsigned("base"), Decoder: func(d *webhook.Delivery) error {
			for range c.events {
				d.Events = append(d.Events, webhook.Unknown{})
			}
			d.Keys = c.keys
			return nil
		}}
		h := newHandlerOf(t, sender, sink)
		require.Equal(t, 200, serve(h, noticePost()).StatusCode)
		d := sink.all()[0]
		assert.Equal(t, c.counts, len(d.Keys) > 0, name)
		assert.Len(t, d.Events, c.events)
		assert.NotEmpty(t, d.Key)
		require.NoError(t, webhook.Decode(d, sender))
		assert.Equal(t, c.counts, len(d.Keys) > 0, name)
	}
}

// TestLeftOutIsChecked: what nobody could have written is refused.
func TestLeftOutIsChecked(t *testing.T) {
	for leftOut, good := range map[string]bool{`[]`: true, `null`: true, `[0,7,99]`: true, `[1,1]`: false, `[2,1]`: false, `[-1]`: false, `[100]`: false, `["0"]`: false} {
		var d webhook.Delivery
		err := json.Unmarshal([]byte(`{"source":"linkedin","label":"a","key":"k","received_at":"2026-11-26T10:00:00Z","left_out":`+leftOut+`,"body":""}`), &d)
		assert.Equal(t, good, err == nil, leftOut)
	}
	_, err := json.Marshal(webhook.Delivery{Source: "a", Key: "k", LeftOut: []int{3, 2}})
	require.Error(t, err)
	d := &webhook.Delivery{Source: webhook.SourceLinkedIn, Body: []byte(batch("1", "2")), LeftOut: []int{0, 1, 7}}
	require.NoError(t, webhook.Decode(d, webhook.Sender{Source: webhook.SourceLinkedIn, Decoder: webhook.DecodeLinkedIn}))
	assert.Empty(t, d.Events)
	assert.NotNil(t, d.Events)
}

// TestWhatIsLeftOutIsLogged at INFO.
func TestWhatIsLeftOutIsLogged(t *testing.T) {
	var log strings.Builder
	r := newLinkedInReceiver(t, new(spySink), webhook.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	require.Equal(t, http.StatusOK, r.send(batch("1")))
	require.Equal(t, http.StatusOK, r.send(batch("1", "2")))
	assert.Contains(t, log.String(), "events left out of a delivery")
	assert.NotContains(t, log.String(), "urn:li")
}

// TestOverlappingBatches: many requests at once, whose bodies share notifications, and a sink that fails now and then: in
// the end each notification was handed over, and none twice.
func TestOverlappingBatches(t *testing.T) {
	const notifications, requests = 60, 200
	var mu sync.Mutex
	handed, calls := map[string]int{}, 0
	r := newLinkedInReceiver(t, webhook.Func(func(_ context.Context, d *webhook.Delivery) error {
		mu.Lock()
		defer mu.Unlock()
		if calls++; calls%7 == 0 {
			return errors.New("away")
		}
		for _, id := range notificationIDs(d) {
			handed[id]++
		}
		return nil
	}))
	var wait sync.WaitGroup
	for i := range requests {
		wait.Go(func() {
			random := rand.New(rand.NewPCG(uint64(i), 1))
			ids := make([]string, 1+random.IntN(10))
			for j := range ids {
				ids[j] = fmt.Sprint(1 + random.IntN(notifications))
			}
			ids[0] = fmt.Sprint(1 + i%notifications)
			for r.send(batch(ids...)) != http.StatusOK { // As LinkedIn does.
				runtime.Gosched()
			}
		})
	}
	wait.Wait()
	assert.Len(t, handed, notifications)
	for id, times := range handed {
		assert.Equal(t, 1, times, id)
	}
}
