package coresignal_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

const oneDay = 24 * time.Hour

func TestClockTicksAndIsMoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, err := sandbox.New(sandbox.WithStartTime(testStart), coresignal.WithPeople(0))
		require.NoError(t, err)
		defer sb.Close()
		assert.Equal(t, testStart, sb.Now())
		time.Sleep(time.Minute)
		assert.Equal(t, testStart.Add(time.Minute), sb.Now())
		sb.Advance(oneDay)
		assert.Equal(t, testStart.Add(oneDay+time.Minute), sb.Now())
		sb.Advance(-oneDay)
		assert.Equal(t, testStart.Add(oneDay+time.Minute), sb.Now(), "time does not run backwards")

		now, err := sandbox.New(coresignal.WithPeople(0))
		require.NoError(t, err)
		defer now.Close()
		assert.True(t, now.Now().Equal(time.Now()))
	})
}

func TestSweepsKeepTheCadenceOfTheDataset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hooks := newHooks(t)
		sb, c := startInMemory(t, sandbox.WithDeliveryTransport(hooks), sandbox.WithStartTime(testStart))
		p := firstPerson(t, sb)
		subscribeAll(c, hooks.url("/base"))
		c.post(v1Subscribe+"es_dsl", fmt.Sprintf(`{"webhook_url":%q,"es_dsl_query":%s}`, hooks.url("/v1"), matchAll)).id()

		for path, url := range map[string]string{
			"employee_clean/es_dsl": "/clean", "employee_multi_source/es_dsl": "/multi",
			"experience_changes/employee_base/es_dsl": "/experience",
		} {
			c.post(baseSubscriptions+"/"+path, fmt.Sprintf(`{"webhook_url":%q,"es_dsl_query":%s}`, hooks.url(url), matchAll)).id()
		}
		due := map[string][]int{}
		var base, v1 []int
		for today := 1; today <= 20; today++ {
			require.NoError(t, sb.Coresignal.ChangeCompany(p.ID, ""))
			wasBase, wasV1 := len(hooks.got("/base")), len(hooks.got("/v1"))
			was := map[string]int{"/clean": 0, "/multi": 0, "/experience": 0}
			for url := range was {
				was[url] = len(hooks.got(url))
			}
			sb.Advance(oneDay)
			for url, n := range was {
				if len(hooks.got(url)) > n {
					due[url] = append(due[url], today)
				}
			}
			if len(hooks.got("/base")) > wasBase {
				base = append(base, today)
			}
			if len(hooks.got("/v1")) > wasV1 {
				v1 = append(v1, today)
			}
		}
		assert.Equal(t, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20}, base)
		assert.Equal(t, []int{2, 9, 16}, v1)
		assert.Equal(t, []int{7, 14}, due["/clean"])
		assert.Equal(t, []int{7, 14}, due["/multi"])
		assert.Equal(t, []int{2, 9, 16}, due["/experience"])
	})
}

func TestOneLongAdvanceDeliversAtTheDueTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hooks := newHooks(t)
		sb, c := startInMemory(t, sandbox.WithDeliveryTransport(hooks), sandbox.WithStartTime(testStart))
		subscribeAll(c, hooks.url("/base"))
		p := firstPerson(t, sb)
		c.post(v1Subscribe+"es_dsl", fmt.Sprintf(`{"webhook_url":%q,"es_dsl_query":%s}`, hooks.url("/v1"), matchAll)).id()
		sb.Advance(oneDay / 2)
		require.NoError(t, sb.Coresignal.Promote(p.ID, ""))
		assert.Empty(t, sb.Deliveries())
		sb.Advance(30 * oneDay)

		log := sb.Deliveries()
		require.Len(t, log, 2)
		assert.Equal(t, testStart.Add(oneDay), log[0].At)
		assert.Contains(t, string(log[0].Body), "status")
		assert.Equal(t, testStart.Add(2*oneDay), log[1].At)
		assert.Contains(t, string(log[1].Body), "change_type")
		assert.Equal(t, testStart.Add(30*oneDay+oneDay/2), sb.Now())
	})
}

func TestAdvanceCatchesUpWithTimeThatPassed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hooks := newHooks(t)
		hooks.slow = time.Second
		sb, c := startInMemory(t, sandbox.WithDeliveryTransport(hooks), sandbox.WithStartTime(testStart))
		subscribeAll(c, hooks.url("/a"))
		promoteToKeeper(t, sb, firstPerson(t, sb).ID)
		time.Sleep(3 * oneDay)
		assert.Empty(t, hooks.got("/a"), "time that merely passes delivers nothing")
		c.post(baseSubscriptions+"/simulate", fmt.Sprintf(`{"webhook_url":%q}`, hooks.url("/a"))).is(http.StatusOK)
		sb.Advance(0)
		require.Len(t, hooks.got("/a"), 2)
		assert.Contains(t, hooks.got("/a")[0], "18330245", "it waits for the test delivery under way")
		assert.Equal(t, testStart.Add(3*oneDay+2*time.Second), sb.Now())
	})
}

func TestExpiredSubscriptionIsToldNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hooks := newHooks(t)
		sb, c := startInMemory(t, sandbox.WithDeliveryTransport(hooks), sandbox.WithStartTime(testStart))
		subscribeAll(c, hooks.url("/a"))
		p := firstPerson(t, sb)
		sb.Advance(90*oneDay + time.Hour)
		require.NoError(t, sb.Coresignal.ChangeCompany(p.ID, ""))
		sb.Advance(oneDay)
		assert.Empty(t, hooks.got("/a"), "it ended before its next sweep")
		require.NoError(t, sb.Deliver(t.Context()))
		assert.Empty(t, hooks.got("/a"), "what was queued ended with it")
		require.NoError(t, sb.Coresignal.ChangeCompany(p.ID, ""))
		require.NoError(t, sb.Deliver(t.Context()))
		sb.Advance(365 * oneDay)
		assert.Empty(t, hooks.got("/a"))
		assert.Empty(t, c.list(""))
	})
}

func TestSubscriptionExpiresWhenTimeMerelyPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := startInMemory(t, coresignal.WithPeople(1))
		id := subscribeAll(c, callback).id()
		time.Sleep(91*oneDay - time.Second)
		c.get(baseSubscriptions + "/" + id).is(http.StatusOK)
		time.Sleep(time.Second)
		c.get(baseSubscriptions+"/"+id).refused(http.StatusNotFound, "not found")
	})
}
