package coresignal_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

func TestEverythingAtOnce(t *testing.T) {
	sb, c := start(t, coresignal.WithPeople(20), coresignal.WithRateLimit(0), coresignal.WithJobPolls(0), coresignal.WithCredits(1_000_000))
	hook := receive(t)
	ids := sb.Coresignal.PersonIDs()
	subscribeAll(c, hook.URL)
	subscribeKeepers(c, hook.URL)
	status := func(method, path, body string) int {
		w := record(sb, c.header, method, path, body)
		return w.Code
	}
	work := []func(int){
		func(i int) { assert.NoError(t, sb.Coresignal.ChangeCompany(ids[i%20], "")) },
		func(i int) { assert.NoError(t, sb.Coresignal.Promote(ids[i%20], "Keeper of the Lighthouse")) },
		func(int) { assert.NoError(t, sb.Deliver(t.Context())) },
		func(int) { sb.Advance(1) },
		func(i int) { assert.Equal(t, 200, status("GET", fmt.Sprint(baseCollect, ids[i%20]), "")) },
		func(int) { assert.Equal(t, 200, status("POST", baseSearch+"es_dsl", matchAll)) },
		func(int) { assert.Equal(t, 200, status("GET", baseSubscriptions, "")) },
		func(i int) {
			body := fmt.Sprintf(`{"filters":{},"limit":%d,"webhook_url":%q}`, i%20+1, hook.URL)
			assert.Equal(t, 201, status("POST", baseJobs+"/employee_base/filter", body))
		},
		func(int) { sb.Fail(sandbox.Fault{Path: "/none"}) },
		func(int) { _, _ = sb.Deliveries(), sb.Arrivals() },
		func(int) {
			for p := range sb.Coresignal.People() {
				assert.NotEmpty(t, p.Name)
			}
		},
	}
	var wg sync.WaitGroup
	for i := range 6 {
		for _, do := range work {
			wg.Go(func() { do(i) })
		}
	}
	wg.Wait()
	assert.NoError(t, sb.Deliver(t.Context()))
	assert.Equal(t, 6, sb.Coresignal.JobsCreated())
	var jobs int
	for _, d := range sb.Deliveries() {
		assert.Equal(t, http.StatusOK, d.StatusCode)
		if d.Kind == coresignal.JobNotice {
			jobs++
		}
	}
	assert.Equal(t, 6, jobs)
	assert.Len(t, hook.got(), len(sb.Deliveries()))
}
