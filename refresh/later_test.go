package refresh_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/webhook"
)

const (
	collectPath = "/cdapi/v2/employee_base/collect/*"
	requestPath = "/cdapi/v2/data_requests/employee_base/ids"
	filesPath   = "/cdapi/v2/data_requests/*/files"
)

// TestAShutdownLosesNothing: when this program is told to stop in the middle of a call, the change is not handed over as
// one that nobody can tell the fate of; the delivery stays.
func TestAShutdownLosesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		path    string
		changed int
	}{"collect": {collectPath, 1}, "request": {requestPath, 3}} {
		t.Run(name, func(t *testing.T) {
			sb, client := start(t, coresignal.WithJobPolls(0))
			r, crm := refresher(t, client, refresh.Options{Grace: -1})
			ids := sb.Coresignal.PersonIDs()[:c.changed]
			sb.Fail(sandbox.Fault{Path: c.path, Delay: time.Minute, Times: 1})
			ctx, cancel := context.WithCancel(t.Context())
			stopping := make(chan struct{})
			go func() {
				defer close(stopping)
				assert.Eventually(t, func() bool { return sb.RequestsTo("GET", collectPath)+sb.RequestsTo("POST", requestPath) > 0 }, time.Minute, time.Millisecond)
				cancel() // the call is under way
			}()
			d := delivery("d", ids...)
			err := r.Handle(ctx, d)
			<-stopping
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, webhook.ErrRetryLater)
			assert.Empty(t, crm.stored())
			require.NoError(t, r.Handle(t.Context(), d))
			assert.ElementsMatch(t, ids, crm.stored())
		})
	}
}

// TestAShutdownLeavesNothingInDoubt: a paid call that is on its way is waited for, and no further one begins.
func TestAShutdownLeavesNothingInDoubt(t *testing.T) {
	for name, o := range map[string]refresh.Options{"collect": {OneByOne: -1, Concurrency: 1}, "request": {}} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var requests atomic.Int64
			sells := new(shop)
			client := provider(t, func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				cancel() // the call is on its way
				sells.ServeHTTP(w, r)
			})
			o.Grace = time.Minute
			r, crm := refresher(t, client, o)
			d := delivery("d", 1, 2, 3)
			d.Kept = new(journal)
			require.ErrorIs(t, r.Handle(ctx, d), webhook.ErrRetryLater)
			assert.EqualValues(t, 1, requests.Load())
			assert.Empty(t, crm.stored(), "that is for the next process")

			r, crm = refresher(t, client, refresh.Options{OneByOne: o.OneByOne})
			require.NoError(t, r.Handle(t.Context(), d))
			require.Equal(t, []int64{1, 2, 3}, crm.stored())
			for _, o := range crm.outcomes {
				require.NoError(t, o.Err)
			}
			assert.Equal(t, 3, sells.sold)
		})
	}
}

// TestARestartDuringAJobLosesNothing: another process meets its predecessor's job as a conflict, waits for its end, and
// then collects anew, as the package comment says. The budget is not charged for the conflict.
func TestARestartDuringAJobLosesNothing(t *testing.T) {
	sb, client := start(t, coresignal.WithJobPolls(1))
	ids := sb.Coresignal.PersonIDs()[:3]
	_, err := client.BulkCollect.Base.RequestIDs(t.Context(), employee.IDs(ids...), bulkcollect.Options{}) // before the crash
	require.NoError(t, err)
	restarted := connect(t, sb.Options()...)
	budget := employee.NewBudget(1000)
	r, crm := refresher(t, restarted, refresh.Options{Budget: budget, Wait: bulkcollect.WaitOptions{FirstPoll: time.Millisecond}})
	d := delivery("d", ids...)
	err = r.Handle(t.Context(), d)
	require.ErrorIs(t, err, api.ErrConflict)
	require.ErrorIs(t, err, webhook.ErrRetryLater)
	assert.Empty(t, crm.stored())
	assert.Equal(t, int64(1000), budget.Left())
	sb.Advance(time.Minute) // the first job ends
	require.NoError(t, r.Handle(t.Context(), d))
	assert.ElementsMatch(t, ids, crm.stored())
	assert.Equal(t, int64(970), budget.Left())
}

// TestOddAnswersAreNotTakenForGone: what does not say that an employee is gone is not handed over as if it did.
func TestOddAnswersAreNotTakenForGone(t *testing.T) {
	for name, fault := range map[string]sandbox.Fault{
		"the gateway's 404 to a collect": {Path: collectPath, Status: 404, Body: `{"message":"no Route matched with those values","request_id":"1"}`},
		"HTML to a collect":              {Path: collectPath, Status: 200, Body: "<html>"},
		"an empty list of files":         {Path: filesPath, Status: 200, Body: `{"data_request_files":[]}`},
		"no list of files":               {Path: filesPath, Status: 200, Body: `{}`},
		"null for a list of files":       {Path: filesPath, Status: 200, Body: `null`},
		"the gateway's 404 to files":     {Path: filesPath, Status: 404, Body: `{"message":"no Route matched with those values"}`},
	} {
		t.Run(name, func(t *testing.T) {
			sb, client := start(t, coresignal.WithJobPolls(0))
			r, crm := refresher(t, client, refresh.Options{})
			ids := sb.Coresignal.PersonIDs()[:1]
			if fault.Path == filesPath {
				ids = sb.Coresignal.PersonIDs()[:3]
			}
			sb.Fail(fault)
			d := delivery("d", ids...)
			err := r.Handle(t.Context(), d)
			if name == "HTML to a collect" { // it was charged, so the store decides
				require.NoError(t, err)
				require.Len(t, crm.outcomes, 1)
				assert.ErrorIs(t, crm.outcomes[0].Err, api.ErrMaybeApplied)
				return
			}
			require.ErrorIs(t, err, api.ErrUnexpectedResponse)
			assert.Empty(t, crm.stored())
			sb.ClearFaults()
			require.NoError(t, r.Handle(t.Context(), d))
			assert.ElementsMatch(t, ids, crm.stored())
			assert.LessOrEqual(t, sb.Coresignal.JobsCreated(), 1)
		})
	}
}

// TestAJobThatMatchedNobody: 404 as documented and 422 as seen mean that all are gone, and cost nothing.
func TestAJobThatMatchedNobody(t *testing.T) {
	for _, status := range []int{404, 422} {
		sb, client := start(t, coresignal.WithJobPolls(0))
		budget := employee.NewBudget(100)
		r, crm := refresher(t, client, refresh.Options{Budget: budget})
		sb.Fail(sandbox.Fault{Path: filesPath, Status: status, Body: `{"detail":"No match"}`})
		require.NoError(t, r.Handle(t.Context(), delivery("d", sb.Coresignal.PersonIDs()[:2]...)))
		require.Len(t, crm.outcomes, 2)
		for _, o := range crm.outcomes {
			assert.ErrorIs(t, o.Err, api.ErrNotFound)
		}
		assert.Equal(t, int64(100), budget.Left())
	}
}

func TestNewRefusesWhatWouldFailEachDelivery(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	client := connect(t, pronet.WithCoresignal("key", pronet.BaseURL(server.URL)))
	store := func(context.Context, refresh.Outcome[employee.BaseRecord]) error { return nil }
	for _, o := range []refresh.Options{
		{Concurrency: -1},
		{Concurrency: 257},
		{Wait: bulkcollect.WaitOptions{FirstPoll: -1}},
		{Wait: bulkcollect.WaitOptions{MaxPoll: -1}},
	} {
		_, err := refresh.New(client.Employees.Base, client.BulkCollect.Base, store, o)
		assert.ErrorIs(t, err, api.ErrInvalid)
	}
}
