package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/jobs"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

const sampleTask = "urn:li:simpleJobPostingTask:03ff7ca6-dedf-4d92-b856-10669f8fe5ef"

// TestTasks reads the sample of LinkedIn's page, in the request of either protocol.
func TestTasks(t *testing.T) {
	id := parse(t, sampleTask)
	for protocol, query := range map[linkedin.Protocol]string{
		linkedin.Protocol1: "ids=" + sampleTask, linkedin.Protocol2: "ids=List(" + strings.ReplaceAll(sampleTask, ":", "%3A") + ")",
	} {
		p := responding(200, sample(t, "sample_tasks"))
		s := sandboxtest.ConnectLinkedIn(t, p, pronet.LinkedInProtocol(protocol)).LinkedIn.Jobs
		tasks, err := s.Tasks(t.Context(), []urn.URN{id})
		require.NoError(t, err)
		require.Len(t, tasks, 1)
		assert.NotEmpty(t, tasks[0].Raw)
		tasks[0].Raw = nil
		assert.Equal(t, jobs.Task{ID: id, ExternalID: "1234", Status: jobs.Succeeded, Job: parse(t, "urn:li:jobPosting:123456789")}, tasks[0])
		assert.True(t, tasks[0].Done())
		_, err = s.Legacy.Tasks(t.Context(), []urn.URN{id})
		require.NoError(t, err)
		plain, err := url.PathUnescape(p.requests[0].URL.RawQuery)
		require.NoError(t, err)
		want, _ := url.PathUnescape(query)
		assert.Equal(t, want, plain)
		assert.Equal(t, []string{"/rest/simpleJobPostingTasks", "/v2/simpleJobPostingTasks"}, []string{p.requests[0].URL.Path, p.requests[1].URL.Path})
	}
}

// TestWhatBecameOfTasks: what failed, what LinkedIn does not know, what it does not tell, and what it tells unasked.
func TestWhatBecameOfTasks(t *testing.T) {
	name := func(n string) urn.URN { return parse(t, "urn:li:simpleJobPostingTask:"+n) }
	p := responding(200, `{"results":{
		"urn:li:simpleJobPostingTask:a":{"id":"urn:li:simpleJobPostingTask:other","status":"FAILED","errorMessage":"Error details: Trying to create a job with same partnerIdentifier already exists. It is duplicate creation request for a basic job. LinkedIn job id: 4217, externalJobPostingId: CANARY"},
		"urn%3Ali%3AsimpleJobPostingTask%3Ab":{"status":"FAILED","errorMessage":"Operation type `+"`UPDATE`"+` is not allowed for a non-existing job of CANARY"},
		"urn:li:simpleJobPostingTask:c":{"status":"PROCESSED","errorMessage":"CANARY: invalid"},
		"urn:li:simpleJobPostingTask:d":{"status":"PROCESSED"},
		"urn:li:simpleJobPostingTask:e":{"status":"NEW_STATE","jobPosting":7},
		"urn:li:simpleJobPostingTask:f":[1],
		"urn:li:simpleJobPostingTask:unasked":{"status":"SUCCEEDED","location":"Dublin"},
		"not a urn":{"status":"SUCCEEDED"}},
		"errors":{"urn:li:simpleJobPostingTask:g":{"status":404,"code":"NOT_FOUND","message":"CANARY"},"urn:li:simpleJobPostingTask:h":{"status":503}}}`)
	tasks, err := sandboxtest.ConnectLinkedIn(t, p).LinkedIn.Jobs.Tasks(t.Context(), []urn.URN{
		name("a"), name("b"), name("c"), name("d"), name("e"), name("f"), name("g"), name("h"), name("i"),
	})
	require.NoError(t, err)
	require.Len(t, tasks, 10)
	for i, kinds := range [][]error{
		{jobs.ErrFailed, jobs.ErrDuplicate},
		{jobs.ErrFailed, api.ErrNotFound},
		{jobs.ErrFailed},
		nil, nil,
		{api.ErrUnexpectedResponse},
		{api.ErrNotFound},
		{api.ErrUnavailable},
		{api.ErrUnexpectedResponse},
		nil,
	} {
		assert.Equal(t, len(kinds) > 0, tasks[i].Err != nil, i)
		for _, kind := range kinds {
			require.ErrorIs(t, tasks[i].Err, kind, i)
		}
		if tasks[i].Err != nil {
			assert.NotContains(t, tasks[i].Err.Error(), "CANARY")
		}
		assert.Equal(t, i != 4 && i != 7, tasks[i].Done(), i)
	}
	assert.Equal(t, []urn.URN{name("a"), name("unasked")}, []urn.URN{tasks[0].ID, tasks[9].ID})
	require.NotErrorIs(t, tasks[6].Err, jobs.ErrFailed)
	failed, _ := errors.AsType[*jobs.FailedError](tasks[0].Err)
	assert.Equal(t, "urn:li:jobPosting:4217", failed.Existing.String())
	assert.Contains(t, failed.Message, "duplicate creation request")
	for _, response := range []string{`{}`, `{"elements":[]}`, `[]`, `<html>`} {
		_, err := sandboxtest.ConnectLinkedIn(t, responding(200, response)).LinkedIn.Jobs.Tasks(t.Context(), []urn.URN{name("a")})
		require.ErrorIs(t, err, api.ErrUnexpectedResponse, response)
	}
}

// TestManyTasks are asked for a hundred at a time, with the query in the body where it is too long.
func TestManyTasks(t *testing.T) {
	_, client := sandboxtest.Start(t)
	results, err := client.LinkedIn.Jobs.Submit(t.Context(), postings(130))
	require.NoError(t, err)
	tasks, err := client.LinkedIn.Jobs.Wait(t.Context(), idsOf(results), nil)
	require.NoError(t, err)
	require.Len(t, tasks, 130)
	for i := range tasks {
		require.Equal(t, results[i].Task, tasks[i].ID)
		require.Equal(t, results[i].ExternalID, tasks[i].ExternalID)
	}
}

func idsOf(results []jobs.Result) (ids []urn.URN) {
	for _, r := range results {
		ids = append(ids, r.Task)
	}
	return ids
}

// TestWait waits without sleeping between, asks only for what is not done, and ends with what failed.
func TestWait(t *testing.T) {
	for _, legacy := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			sb, client := sandboxtest.StartInMemory(t, fake.WithJobProcessingTime(4*time.Minute))
			s := client.LinkedIn.Jobs
			submit, wait, path := s.Submit, s.Wait, "/rest/simpleJobPostingTasks"
			if legacy {
				submit, wait, path = s.Legacy.Submit, s.Legacy.Wait, "/v2/simpleJobPostingTasks"
			}
			first, err := submit(t.Context(), postings(1))
			require.NoError(t, err)
			time.Sleep(2 * time.Minute)
			second, err := submit(t.Context(), []jobs.Posting{posting("other", jobs.Update), posting("third", jobs.Create)})
			require.NoError(t, err)
			began := time.Now()
			var done []int
			tasks, err := wait(t.Context(), idsOf(append(first, second...)), func(known []jobs.Task) {
				n := 0
				for i := range known {
					if known[i].Done() {
						n++
					}
				}
				done = append(done, n)
			})
			require.ErrorIs(t, err, jobs.ErrFailed)
			require.ErrorIs(t, err, api.ErrNotFound, "an update of what is not there")
			require.ErrorContains(t, err, "1 of 3 tasks failed")
			assert.Equal(t, []jobs.TaskStatus{jobs.Succeeded, jobs.Failed, jobs.Succeeded}, []jobs.TaskStatus{tasks[0].Status, tasks[1].Status, tasks[2].Status})
			assert.GreaterOrEqual(t, time.Since(began), 4*time.Minute)
			assert.Less(t, time.Since(began), 5*time.Minute+time.Second)
			assert.Equal(t, sb.RequestsTo("GET", path), len(done))
			assert.Less(t, len(done), 10)
			assert.Equal(t, []int{0, 3}, []int{done[0], done[len(done)-1]})
			assert.Contains(t, done, 1)

			late, err := submit(t.Context(), []jobs.Posting{posting("late", jobs.Create)})
			require.NoError(t, err)
			ctx, end := context.WithTimeout(t.Context(), time.Minute)
			defer end()
			known, err := wait(ctx, idsOf(late), nil)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Len(t, known, 1)
			assert.Equal(t, jobs.InProgress, known[0].Status)
		})
	}
}

// TestWaitOverOutages of single tasks, which a response tells of.
func TestWaitOverOutages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		id := parse(t, sampleTask)
		transport := roundTrip(func(n int) (int, string) {
			if n < 3 {
				return 200, `{"results":{},"errors":{"` + sampleTask + `":{"status":503}}}`
			}
			return 200, sample(t, "sample_tasks")
		})
		client := sandboxtest.Connect(t, pronet.WithLinkedIn(linkedin.StaticToken("t")), pronet.WithTransport(transport))
		tasks, err := client.LinkedIn.Jobs.Wait(t.Context(), []urn.URN{id}, nil)
		require.NoError(t, err)
		assert.Equal(t, jobs.Succeeded, tasks[0].Status)
	})
}

// TestWaitForFurtherTasks, which LinkedIn adds to the one that was asked for, for a posting with several locations.
func TestWaitForFurtherTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const dublin, rome = "urn:li:simpleJobPostingTask:dublin", "urn:li:simpleJobPostingTask:rome"
		ask := func(id, status string) string {
			return `"` + id + `":{"externalJobPostingId":"1234","status":"` + status + `"}`
		}
		var asked [][]string
		transport := roundTripper(func(r *http.Request) (*http.Response, error) {
			n := len(asked)
			asked = append(asked, r.URL.Query()["ids"])
			rows := []string{
				ask(sampleTask, "SUCCEEDED") + "," + ask(dublin, "IN_PROGRESS") + "," + ask(rome, "IN_PROGRESS"),
				ask(dublin, "IN_PROGRESS") + "," + ask(rome, "SUCCEEDED"), ask(dublin, "FAILED"),
			}[n]
			return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(`{"results":{` + rows + `}}`)), Request: r, ProtoMajor: 1, ProtoMinor: 1}, nil
		})
		client := sandboxtest.Connect(t, pronet.WithLinkedIn(linkedin.StaticToken("t")), pronet.WithTransport(transport))
		tasks, err := client.LinkedIn.Jobs.Wait(t.Context(), []urn.URN{parse(t, sampleTask)}, nil)
		require.ErrorIs(t, err, jobs.ErrFailed)
		require.ErrorContains(t, err, "1 of 3 tasks failed")
		assert.Equal(t, [][]string{{sampleTask}, {dublin, rome}, {dublin}}, asked)
		require.Len(t, tasks, 3)
		assert.Equal(t, []jobs.TaskStatus{jobs.Succeeded, jobs.Failed, jobs.Succeeded}, []jobs.TaskStatus{tasks[0].Status, tasks[1].Status, tasks[2].Status})
	})
}

// roundTrip is a transport that responds by the number of the request.
func roundTrip(respond func(n int) (int, string)) http.RoundTripper {
	n := -1
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		n++
		status, body := respond(n)
		return &http.Response{
			StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r, ProtoMajor: 1, ProtoMinor: 1,
		}, nil
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestR64AJobIsNeverPostedTwice: the response is lost 50 times. Each posting is in doubt, its listing tells that it is
// there, and a second CREATE is the caller's decision: with LinkedIn's own check it makes none.
func TestR64AJobIsNeverPostedTwice(t *testing.T) {
	for name, c := range map[string]struct {
		options []sandbox.Option
		legacy  bool
		makes   int
	}{
		"a second create makes none":        {nil, false, 0},
		"a second create makes another":     {[]sandbox.Option{fake.WithDuplicateJobs()}, false, 1},
		"older, a second makes none":        {nil, true, 0},
		"older, a second makes another job": {[]sandbox.Option{fake.WithDuplicateJobs()}, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			sb, client := sandboxtest.Start(t, c.options...)
			s := client.LinkedIn.Jobs
			submit, path := s.Submit, "/rest/simpleJobPostings"
			if c.legacy {
				submit, path = s.Legacy.Submit, "/v2/simpleJobPostings"
			}
			for i := range 50 {
				drop := []sandbox.Drop{sandbox.DropAfterAct, sandbox.DropMidBody}[i%2]
				sb.Fail(sandbox.Fault{Method: http.MethodPost, Path: path, Drop: drop, Times: 1})
				one := []jobs.Posting{posting(fmt.Sprint("job-", i), jobs.Create)}
				results, err := submit(t.Context(), one)
				require.ErrorIs(t, err, api.ErrMaybeApplied)
				require.ErrorIs(t, results[0].Err, api.ErrMaybeApplied)
				require.Len(t, sb.LinkedIn.Jobs(), i+1)
				require.Equal(t, i+1, sb.RequestsTo("POST", path), "no retry")
			}
			ids := make([]string, 51)
			for i := range ids {
				ids[i] = fmt.Sprint("job-", i)
			}
			listings, err := s.Listings(t.Context(), ids)
			require.NoError(t, err)
			for i := range 50 {
				require.NoError(t, listings[i].Err)
				require.Equal(t, []any{ids[i], jobs.Listed}, []any{listings[i].ExternalID, listings[i].Status})
			}
			require.ErrorIs(t, listings[50].Err, api.ErrNotFound, "it was never posted")

			again, err := submit(t.Context(), []jobs.Posting{posting("job-3", jobs.Create)})
			require.NoError(t, err)
			tasks, err := s.Tasks(t.Context(), idsOf(again))
			require.NoError(t, err)
			assert.Len(t, sb.LinkedIn.Jobs(), 50+c.makes)
			if c.makes == 0 {
				require.ErrorIs(t, tasks[0].Err, jobs.ErrDuplicate)
				failed, _ := errors.AsType[*jobs.FailedError](tasks[0].Err)
				assert.Equal(t, sb.LinkedIn.Jobs()[3].URN, failed.Existing.String())
			}
		})
	}
}

// TestLifeOfAJob from its posting to its end.
func TestLifeOfAJob(t *testing.T) {
	sb, client := sandboxtest.Start(t)
	s := client.LinkedIn.Jobs
	do := func(p jobs.Posting) (*jobs.Task, error) {
		results, err := s.Submit(t.Context(), []jobs.Posting{p})
		require.NoError(t, err)
		tasks, err := s.Wait(t.Context(), idsOf(results), nil)
		return &tasks[0], err
	}
	made, err := do(posting("a", jobs.Create))
	require.NoError(t, err)
	changed := posting("a", jobs.Update)
	changed.Title = "R&D (lead)"
	for _, p := range []jobs.Posting{changed, posting("a", jobs.Renew), posting("a", jobs.Close)} {
		task, err := do(p)
		require.NoError(t, err)
		assert.Equal(t, made.Job, task.Job)
	}
	_, err = do(posting("a", jobs.Renew))
	require.ErrorIs(t, err, api.ErrNotFound)
	one := sb.LinkedIn.Jobs()[0]
	assert.Equal(t, []any{"R&D (lead)", 1, 1, true}, []any{one.Title, one.Updated, one.Renewed, one.Closed})
	listings, err := s.Listings(t.Context(), []string{"a"})
	require.NoError(t, err)
	assert.Equal(t, []any{jobs.NotListed, "", "The job is closed."}, []any{listings[0].Status, listings[0].URL, listings[0].Reason})
	assert.Equal(t, one.Created.UTC(), listings[0].Listed)
}

// TestWhatIsRead of other types than are known is left zero, and never a panic.
func TestWhatIsRead(t *testing.T) {
	odd := `{"id":{},"status":1,"externalJobPostingId":112233445566,"jobPosting":[],"errorMessage":{},"listingStatusDetail":"x","jobPostingInfo":7,"jobDetails":[],"isRestricted":"true"}`
	for _, into := range []any{new(jobs.Task), new(jobs.Listing), new(jobs.LibraryJob)} {
		require.NoError(t, json.Unmarshal([]byte(odd), into), "%T", into)
		require.Error(t, json.Unmarshal([]byte(`[]`), into), "%T", into)
	}
	var l jobs.Listing // the sample of LinkedIn's client for Java
	require.NoError(t, json.Unmarshal([]byte(`{"externalJobPostingId":112233445566,"jobPostingInfo":{"expireAt":1762010139000,"listedAt":1746458138000,"alternateLocations":null},
		"jobPostingUrl":"https://www.linkedin.com/jobs/view/4222328777","linkedInApplyStatus":"NOT_ENABLED","listingStatus":"LISTED","listingStatusDetail":null,"promotionStatus":"NOT_PROMOTED"}`), &l))
	assert.Equal(t, []string{"112233445566", "LISTED", "https://www.linkedin.com/jobs/view/4222328777", "NOT_ENABLED", "NOT_PROMOTED"},
		[]string{l.ExternalID, string(l.Status), l.URL, l.Apply, l.Promotion})
	assert.Equal(t, time.UnixMilli(1762010139000).UTC(), l.Expires)
}

// FuzzRead: whatever a response holds, it is read without a panic, and its words are not printed.
func FuzzRead(f *testing.F) {
	f.Add(`{"status":"FAILED","errorMessage":"duplicate LinkedIn job id: 12 CANARY","id":"urn:li:simpleJobPostingTask:1"}`)
	f.Add(`{"jobDetails":{"jobSalaryRange":{"minBaseSalary":7},"jobBenefits":[1,{"name":"x"}]},"isRestricted":true}`)
	f.Add(`{"listingStatusDetail":{"statusMessage":"x"},"jobPostingInfo":{"listedAt":"1"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		var task jobs.Task
		if json.Unmarshal([]byte(text), &task) == nil && task.Err != nil {
			failed, ok := errors.AsType[*jobs.FailedError](task.Err)
			if !ok || !errors.Is(task.Err, jobs.ErrFailed) || strings.Contains(task.Err.Error(), "CANARY") {
				t.Fatalf("%v", task.Err)
			}
			if !failed.Existing.IsZero() && failed.Existing.Type() != "jobPosting" {
				t.Fatal(failed.Existing)
			}
		}
		_ = json.Unmarshal([]byte(text), new(jobs.Listing))
		_ = json.Unmarshal([]byte(text), new(jobs.LibraryJob))
	})
}
