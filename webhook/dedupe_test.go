package webhook_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

// spyStore notes its calls. Its results are set.
type spyStore struct {
	calls, keys         []string
	claim               webhook.Claim
	claimErr, settleErr error
	lease, ttl          time.Duration
	settleCtx           error
}

func (s *spyStore) Claim(_ context.Context, key string, lease time.Duration) (webhook.Claim, error) {
	s.calls, s.keys = append(s.calls, "claim"), append(s.keys, key)
	s.lease = lease
	if s.claim.Result == 0 {
		s.claim = webhook.Claim{Result: webhook.Claimed, Owner: "me"}
	}
	return s.claim, s.claimErr
}

func (s *spyStore) Done(ctx context.Context, key, owner string, ttl time.Duration) error {
	s.calls, s.keys = append(s.calls, "done "+owner), append(s.keys, key)
	s.ttl, s.settleCtx = ttl, ctx.Err()
	return s.settleErr
}

func (s *spyStore) Release(ctx context.Context, key, owner string) error {
	s.calls, s.keys = append(s.calls, "release "+owner), append(s.keys, key)
	s.settleCtx = ctx.Err()
	return s.settleErr
}

func noticePost() *http.Request {
	return httptest.NewRequest(http.MethodPost, "/", strings.NewReader(testNotice))
}

func TestR40PhasesOfADelivery(t *testing.T) {
	boom := errors.New("boom")
	for name, test := range map[string]struct {
		store   spyStore
		sinkErr error
		status  int
		calls   []string
		reaches bool
	}{
		"success":        {spyStore{}, nil, 200, []string{"claim", "done me"}, true},
		"sink fails":     {spyStore{}, boom, 503, []string{"claim", "release me"}, true},
		"done before":    {spyStore{claim: webhook.Claim{Result: webhook.AlreadyDone}}, nil, 200, []string{"claim"}, false},
		"in progress":    {spyStore{claim: webhook.Claim{Result: webhook.InProgress}}, nil, 503, []string{"claim"}, false},
		"unknown result": {spyStore{claim: webhook.Claim{Result: 99}}, nil, 503, []string{"claim"}, false},
		"store fails":    {spyStore{claimErr: webhook.ErrStoreFull}, nil, 503, []string{"claim"}, false},
		"done fails":     {spyStore{settleErr: boom}, nil, 200, []string{"claim", "done me"}, true},
		"release fails":  {spyStore{settleErr: boom}, boom, 503, []string{"claim", "release me"}, true},
	} {
		t.Run(name, func(t *testing.T) {
			sink := &spySink{err: test.sinkErr}
			sender := sends(webhook.Unsigned("base"))
			sender.TTL = time.Minute
			h := newHandlerOf(t, sender, sink, webhook.WithStore(&test.store), webhook.WithDeadline(7*time.Second))
			resp := serve(h, noticePost())
			assert.Equal(t, test.status, resp.StatusCode)
			assert.Equal(t, test.calls, test.store.calls)
			assert.Equal(t, test.reaches, len(sink.all()) == 1)
			assert.Greater(t, test.store.lease, 7*time.Second, "a lease must outlive the deadline")
			if test.store.ttl != 0 {
				assert.Equal(t, time.Minute, test.store.ttl)
			}
		})
	}
}

// A crash is an owner that never comes back.
func TestR40CrashBetweenClaimAndDoneMeansRedelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, err := webhook.NewMemoryStore(10, nil)
		require.NoError(t, err)
		sink := new(spySink)
		spy := new(spyStore)
		probe := newHandler(t, webhook.Unsigned("base"), sink, webhook.WithStore(spy))
		require.Equal(t, http.StatusOK, serve(probe, noticePost()).StatusCode)
		_, err = store.Claim(t.Context(), spy.keys[0], 20*time.Second)
		require.NoError(t, err)

		h := newHandler(t, webhook.Unsigned("base"), sink, webhook.WithStore(store))
		assert.Equal(t, http.StatusServiceUnavailable, serve(h, noticePost()).StatusCode)
		time.Sleep(20 * time.Second)
		assert.Equal(t, http.StatusOK, serve(h, noticePost()).StatusCode)
		assert.Len(t, sink.all(), 2)
	})
}

func TestRepetitionsAreDroppedUntilTheTimeToLiveEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := new(spySink)
		h := newHandler(t, webhook.Unsigned("base"), sink)
		for range 3 {
			assert.Equal(t, http.StatusOK, serve(h, noticePost()).StatusCode)
		}
		assert.Len(t, sink.all(), 1)
		time.Sleep(time.Hour - time.Second)
		assert.Equal(t, http.StatusOK, serve(h, noticePost()).StatusCode)
		assert.Len(t, sink.all(), 1)
		// The same bytes the next day are a new change.
		time.Sleep(24 * time.Hour)
		assert.Equal(t, http.StatusOK, serve(h, noticePost()).StatusCode)
		assert.Len(t, sink.all(), 2)
	})
}

func TestDefaultStoreUsesTheHandlersClock(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	sink := new(spySink)
	h := newHandler(t, webhook.Unsigned("base"), sink, webhook.WithClock(func() time.Time { return now }))
	for range 2 {
		assert.Equal(t, http.StatusOK, serve(h, noticePost()).StatusCode)
		now = now.Add(webhook.DefaultTTL)
	}
	assert.Len(t, sink.all(), 2)
}

func TestTheSameBytesUnderAnotherLabelAreAnotherDelivery(t *testing.T) {
	store, err := webhook.NewMemoryStore(10, nil)
	require.NoError(t, err)
	sink := new(spySink)
	for _, label := range []string{"base", "clean"} {
		h := newHandler(t, webhook.Unsigned(label), sink, webhook.WithStore(store))
		assert.Equal(t, http.StatusOK, serve(h, noticePost()).StatusCode)
	}
	require.Len(t, sink.all(), 2)
	assert.NotEqual(t, sink.all()[0].Key, sink.all()[1].Key)
}

// TestTheSameKeyOfAnotherSenderIsAnotherDelivery: senders that share a store take nothing from each other, whatever
// their labels and keys.
func TestTheSameKeyOfAnotherSenderIsAnotherDelivery(t *testing.T) {
	store, err := webhook.NewMemoryStore(10, nil)
	require.NoError(t, err)
	sink, spy := new(spySink), &spyStore{}
	for i, source := range []string{"crm", "billing", "c", "crm\u2028"} {
		sender, err := webhook.HMAC(source, webhook.HMACScheme{Header: "X-Signature"}, func(d *webhook.Delivery) error {
			d.Key = "42"
			return webhook.DecodeRaw(d)
		}, testSecret)
		require.NoError(t, err)
		for range 2 {
			assert.Equal(t, http.StatusOK, serve(newHandlerOf(t, sender, sink, webhook.WithStore(store)), signedRequest(t, "{}")).StatusCode)
			assert.Len(t, sink.all(), i+1, source)
		}
		assert.Equal(t, http.StatusOK, serve(newHandlerOf(t, sender, new(spySink), webhook.WithStore(spy)), signedRequest(t, "{}")).StatusCode)
		assert.Equal(t, []string{source + "\n42", source + "\n42"}, spy.keys, "claimed and done")
		spy.keys = nil
	}
}

func TestWithoutDedupe(t *testing.T) {
	sink := new(spySink)
	h := newHandler(t, webhook.Unsigned("base"), sink, webhook.WithoutDedupe())
	for range 2 {
		assert.Equal(t, http.StatusOK, serve(h, noticePost()).StatusCode)
	}
	assert.Len(t, sink.all(), 2)
}

func TestClaimResultText(t *testing.T) {
	assert.Equal(t, "claimed", webhook.Claimed.String())
	assert.Equal(t, "in progress", webhook.InProgress.String())
	assert.Equal(t, "already done", webhook.AlreadyDone.String())
	assert.Equal(t, "invalid", webhook.ClaimResult(0).String())
}
