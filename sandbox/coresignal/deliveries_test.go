package coresignal_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestDeliveriesAreLogged(t *testing.T) {
	sb, c := start(t, sandbox.WithStartTime(testStart))
	hook := receive(t)
	id := subscribeAll(c, hook.URL).id()
	p := firstPerson(t, sb)
	promoteToKeeper(t, sb, p.ID)
	hook.respondWith(http.StatusServiceUnavailable)
	err := sb.Deliver(t.Context())
	require.ErrorContains(t, err, "status 503")

	log := sb.Deliveries()
	require.Len(t, log, 1)
	assert.Equal(t, coresignal.ChangeNotice, log[0].Kind)
	assert.Equal(t, id, log[0].About)
	assert.Equal(t, hook.got()[0], string(log[0].Body))
	assert.Equal(t, http.StatusServiceUnavailable, log[0].StatusCode)
	require.NoError(t, log[0].Err)
	assert.Equal(t, 1, log[0].Attempt)
	assert.WithinDuration(t, testStart, log[0].At, time.Minute)

	hook.respondWith(http.StatusOK)
	require.NoError(t, sb.Deliver(t.Context()))
	assert.Len(t, hook.got(), 1, "no delivery is repeated")

	log[0].Body[0] = 'x'
	assert.Equal(t, hook.got()[0], string(sb.Deliveries()[0].Body), "the log is a copy")
}

func TestDeliveryKindsHaveNames(t *testing.T) {
	assert.Equal(t, "change notice", coresignal.ChangeNotice)
	assert.Equal(t, "test notice", coresignal.TestNotice)
	assert.Equal(t, "job notice", coresignal.JobNotice)
}

func TestDeliveryErrorsDoNotHoldTheCallbackURL(t *testing.T) {
	sb, c := start(t)
	hook := receive(t)
	subscribeAll(c, hook.URL+"/secret-path-token")
	hook.Close()
	promoteToKeeper(t, sb, firstPerson(t, sb).ID)
	err := sb.Deliver(t.Context())
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "secret-path-token")
	require.Error(t, sb.Deliveries()[0].Err)
	assert.NotContains(t, fmt.Sprintf("%+v", sb.Deliveries()), "secret-path-token")
	assert.Zero(t, sb.Deliveries()[0].StatusCode)
}

func TestDeliveryDoesNotFollowRedirects(t *testing.T) {
	sb, c := start(t)
	target, hook := receive(t), receive(t)
	hook.header = http.Header{"Location": {target.URL}}
	hook.respondWith(http.StatusTemporaryRedirect)
	subscribeAll(c, hook.URL)
	promoteToKeeper(t, sb, firstPerson(t, sb).ID)
	require.ErrorContains(t, sb.Deliver(t.Context()), "status 307")
	assert.Len(t, hook.got(), 1)
	assert.Empty(t, target.got())
}

func TestDeliveryReadsOnlySoMuchOfTheResponse(t *testing.T) {
	sb, c := start(t)
	written := make(chan int, 1)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		total := 0
		for total < 64<<20 {
			n, err := w.Write(make([]byte, 32<<10))
			total += n
			if err != nil {
				break
			}
		}
		written <- total
	}))
	defer hook.Close()
	subscribeAll(c, hook.URL)
	promoteToKeeper(t, sb, firstPerson(t, sb).ID)
	require.NoError(t, sb.Deliver(t.Context()))
	assert.Less(t, <-written, 64<<20)
}

func TestDeliveriesTwiceReversedAndDropped(t *testing.T) {
	sb, c := start(t, coresignal.WithNoticeSize(1))
	hook := receive(t)
	subscribeAll(c, hook.URL)
	staff := peopleAtWork(t, sb, 3)
	sweep := func() []string {
		before := len(hook.got())
		for _, p := range staff {
			require.NoError(t, sb.Coresignal.ChangeCompany(p.ID, ""))
		}
		require.NoError(t, sb.Deliver(t.Context()))
		var order []string
		for _, body := range hook.got()[before:] {
			for i, p := range staff {
				if strings.Contains(body, fmt.Sprintf(`"member_id":%d,`, p.ID)) {
					order = append(order, fmt.Sprint(i))
				}
			}
		}
		return order
	}
	assert.Equal(t, []string{"0", "1", "2"}, sweep())
	sb.DeliverTwice(true)
	assert.Equal(t, []string{"0", "0", "1", "1", "2", "2"}, sweep())
	assert.Equal(t, 2, sb.Deliveries()[4].Attempt)
	sb.DeliverTwice(false)
	sb.ReverseDeliveries(true)
	assert.Equal(t, []string{"2", "1", "0"}, sweep())
	sb.ReverseDeliveries(false)
	sb.DropDeliveries(2)
	assert.Equal(t, []string{"2"}, sweep())
	dropped := sb.Deliveries()[12]
	require.ErrorIs(t, dropped.Err, sandbox.ErrDeliveryDropped)
	assert.Zero(t, dropped.Attempt)
	assert.NotEmpty(t, dropped.Body)
	assert.Equal(t, []string{"0", "1", "2"}, sweep())
}

func TestDeliveryTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hooks := newHooks(t)
		hooks.slow = time.Hour
		sb, c := startInMemory(t, sandbox.WithDeliveryTransport(hooks))
		subscribeAll(c, hooks.url("/a"))
		promoteToKeeper(t, sb, firstPerson(t, sb).ID)
		began := time.Now()
		require.ErrorIs(t, sb.Deliver(t.Context()), context.DeadlineExceeded)
		assert.Equal(t, 10*time.Second, time.Since(began))
	})
}

func TestDeliverEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hooks := newHooks(t)
		hooks.slow = 5 * time.Second
		sb, c := startInMemory(t, sandbox.WithDeliveryTransport(hooks))
		c.post(baseSubscriptions+"/simulate", fmt.Sprintf(`{"webhook_url":%q}`, hooks.url("/a"))).is(http.StatusOK)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, sb.Deliver(ctx), context.DeadlineExceeded, "the test delivery is still under way")

		done := make(chan error)
		go func() { done <- sb.Deliver(t.Context()) }()
		synctest.Wait()
		again, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, sb.Deliver(again), context.DeadlineExceeded, "another sweep is under way")
		require.NoError(t, <-done)
		assert.Len(t, hooks.got("/a"), 1)
	})
}

func TestCloseEndsDeliveriesUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hooks := newHooks(t)
		hooks.slow = 5 * time.Second
		sb, c := startInMemory(t, sandbox.WithDeliveryTransport(hooks))
		body := fmt.Sprintf(`{"webhook_url":%q}`, hooks.url("/a"))
		c.post(baseSubscriptions+"/simulate", body).is(http.StatusOK)
		began := time.Now()
		sb.Close()
		assert.Zero(t, time.Since(began))
		require.Len(t, sb.Deliveries(), 1)
		require.ErrorIs(t, sb.Deliveries()[0].Err, context.Canceled)

		time.Sleep(time.Second)
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, baseSubscriptions+"/simulate", strings.NewReader(body))
		r.Header.Set("apikey", sb.Coresignal.APIKey())
		r.Header.Set("Content-Type", "application/json")
		sb.Coresignal.ServeHTTP(w, r)
		synctest.Wait()
		assert.Equal(t, http.StatusOK, w.Code)
		assert.Len(t, sb.Deliveries(), 1, "nothing is sent after Close")
		now := sb.Now()
		sb.Advance(time.Hour)
		assert.Equal(t, now, sb.Now())
		require.ErrorIs(t, sb.Deliver(t.Context()), sandbox.ErrClosed)
	})
}

func TestDeliverWithAnEndedContextLosesNothing(t *testing.T) {
	sb, c := start(t)
	hook := receive(t)
	subscribeAll(c, hook.URL)
	promoteToKeeper(t, sb, firstPerson(t, sb).ID)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 {
		require.ErrorIs(t, sb.Deliver(ended), context.Canceled)
	}
	assert.Empty(t, sb.Deliveries())
	require.NoError(t, sb.Deliver(t.Context()))
	assert.Len(t, hook.got(), 1)
}

func TestCloseEndsDeliver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hooks := newHooks(t)
		hooks.slow = 5 * time.Second
		sb, c := startInMemory(t, sandbox.WithDeliveryTransport(hooks))
		subscribeAll(c, hooks.url("/a"))
		promoteToKeeper(t, sb, firstPerson(t, sb).ID)
		under, waiting := make(chan error), make(chan error)
		go func() { under <- sb.Deliver(t.Context()) }()
		synctest.Wait()
		go func() { waiting <- sb.Deliver(t.Context()) }()
		synctest.Wait()
		began := time.Now()
		sb.Close()
		require.ErrorIs(t, <-under, context.Canceled)
		require.ErrorIs(t, <-waiting, sandbox.ErrClosed)
		assert.Zero(t, time.Since(began))
	})
}

func TestFailingDeliveryTransport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hooks := newHooks(t)
		hooks.fail = errors.New("no route")
		sb, c := startInMemory(t, sandbox.WithDeliveryTransport(hooks))
		subscribeAll(c, hooks.url("/a"))
		promoteToKeeper(t, sb, firstPerson(t, sb).ID)
		require.ErrorIs(t, sb.Deliver(t.Context()), hooks.fail)
		require.ErrorIs(t, sb.Deliveries()[0].Err, hooks.fail)
	})
}

func TestReceiverMayCallTheProvider(t *testing.T) {
	sb, c := start(t)
	var collected int
	p := firstPerson(t, sb)
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		collected = c.get(fmt.Sprint(baseCollect, p.ID)).status
	}))
	defer hook.Close()
	subscribeAll(c, hook.URL)
	promoteToKeeper(t, sb, p.ID)
	require.NoError(t, sb.Deliver(t.Context()))
	assert.Equal(t, http.StatusOK, collected)
}
