package coresignal_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestRateLimitHoldsInEverySlidingSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, c := startInMemory(t, coresignal.WithRateLimit(3))
		statusAt := func(wait time.Duration) int {
			time.Sleep(wait)
			return c.get(baseSubscriptions).status
		}
		assert.Equal(t, 200, statusAt(0))
		assert.Equal(t, 200, statusAt(600*time.Millisecond))
		assert.Equal(t, 200, statusAt(100*time.Millisecond))
		assert.Equal(t, 429, statusAt(299*time.Millisecond))
		assert.Equal(t, 200, statusAt(time.Millisecond), "the first one is a second ago")
		assert.Equal(t, 429, statusAt(599*time.Millisecond))
		assert.Equal(t, 200, statusAt(time.Millisecond))

		assert.Len(t, sb.Arrivals(), 7)
		assert.Equal(t, time.Second, sb.Arrivals()[4].Sub(sb.Arrivals()[0]))
	})
}

func TestRateLimitIsPerKeyAndTellsWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, c := startInMemory(t, coresignal.WithRateLimit(1))
		first := c.get(baseSubscriptions).is(http.StatusOK)
		assert.Equal(t, "1", first.header.Get("x-ratelimit-limit-second"))
		assert.Equal(t, "0", first.header.Get("x-ratelimit-remaining-second"))
		c.get(baseSubscriptions).refused(http.StatusTooManyRequests, "Too many requests")
		c.get(v1Subscriptions).is(http.StatusOK)
		c.with(http.Header{"Apikey": {sb.Coresignal.AddAPIKey()}}).get(baseSubscriptions).is(http.StatusOK)
	})
}

func TestRateLimitCanBeOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := startInMemory(t, coresignal.WithRateLimit(0))
		for range 150 {
			assert.Empty(t, c.get(baseSubscriptions).is(http.StatusOK).header.Get("x-ratelimit-limit-second"))
		}
	})
}

func TestRefusalForTheRateTellsTheCredits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := startInMemory(t, coresignal.WithRateLimit(1))
		c.get(baseSubscriptions).is(http.StatusOK)
		got := c.get(baseSubscriptions)
		got.refused(http.StatusTooManyRequests, "Too many requests")
		assert.Equal(t, "2000", got.header.Get("x-credits-remaining"))
	})
}

func TestSimulationHasALimitOfItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hooks := newHooks(t)
		sb, c := startInMemory(t, sandbox.WithDeliveryTransport(hooks))
		body := toJSON(t, map[string]string{"webhook_url": hooks.url("/a")})
		c.post(baseSubscriptions+"/simulate", body).is(http.StatusOK)
		c.post(baseSubscriptions+"/simulate", body).refused(http.StatusTooManyRequests, "Too many requests")
		time.Sleep(time.Second)
		c.post(baseSubscriptions+"/simulate", body).is(http.StatusOK)
		synctest.Wait()
		assert.Equal(t, 2, sb.Coresignal.Simulations())
		assert.Equal(t, []string{
			`{"member_id":18330245,"change_type":"changed"}`,
			`{"member_id":18330245,"change_type":"changed"}`,
		}, hooks.got("/a"))
	})
}
