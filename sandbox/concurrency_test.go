package sandbox_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/sandbox"
)

func TestEverythingAtOnce(t *testing.T) {
	sb, c := start(t, sandbox.WithPeople(20), sandbox.WithRateLimit(0), sandbox.WithJobPolls(0), sandbox.WithCredits(1_000_000))
	hook := receive(t)
	ids := sb.PersonIDs()
	subscribeAll(c, hook.URL)
	subscribeKeepers(c, hook.URL)
	status := func(method, path, body string) int {
		w := record(sb, c.header, method, path, body)
		return w.Code
	}
	work := []func(int){
		func(i int) { assert.NoError(t, sb.ChangeCompany(ids[i%20], "")) },
		func(i int) { assert.NoError(t, sb.Promote(ids[i%20], "Keeper of the Lighthouse")) },
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
			for p := range sb.People() {
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
	assert.Equal(t, 6, sb.JobsCreated())
	var jobs int
	for _, d := range sb.Deliveries() {
		assert.Equal(t, http.StatusOK, d.StatusCode)
		if d.Kind == sandbox.JobNotice {
			jobs++
		}
	}
	assert.Equal(t, 6, jobs)
	assert.Len(t, hook.got(), len(sb.Deliveries()))
}
