package linkedin_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox/linkedin"
)

// element is a job posting, with what is changed of it; "" takes a field away.
func element(change ...string) string {
	fields := map[string]any{
		"externalJobPostingId": "job-1", "jobPostingOperationType": "CREATE", "title": "Engineer", "description": strings.Repeat("works with people; ", 10),
		"location": "India", "listedAt": 1440716666000, "companyApplyUrl": "https://example.com/apply", "posterEmail": "poster@example.com",
	}
	for i := 0; i < len(change); i += 2 {
		if fields[change[i]] = change[i+1]; change[i+1] == "" {
			delete(fields, change[i])
		}
	}
	text, _ := json.Marshal(fields)
	return string(text)
}

// post posts a batch, and returns the task of its first element, or its error.
func (c *caller) post(elements ...string) (task string, refused string) {
	c.t.Helper()
	status, _, body := c.ask("POST", "/rest/simpleJobPostings", `{"elements":[`+strings.Join(elements, ",")+`]}`, "X-Restli-Method", "BATCH_CREATE")
	require.Equal(c.t, 200, status, body)
	var read struct {
		Elements []struct {
			ID     string
			Status int
			Error  struct{ Message string }
		}
	}
	require.NoError(c.t, json.Unmarshal([]byte(body), &read))
	require.Len(c.t, read.Elements, len(elements))
	last := read.Elements[len(elements)-1]
	assert.Equal(c.t, last.ID != "", last.Status == 202)
	assert.Equal(c.t, last.ID == "", last.Status == 422)
	return last.ID, last.Error.Message
}

func (c *caller) task(id string) (status, failure string) {
	c.t.Helper()
	code, _, body := c.ask("GET", "/v2/simpleJobPostingTasks?ids="+id, "", "X-Restli-Protocol-Version", "")
	require.Equal(c.t, 200, code, body)
	var read struct {
		Results map[string]struct{ Status, ErrorMessage string }
	}
	require.NoError(c.t, json.Unmarshal([]byte(body), &read))
	return read.Results[id].Status, read.Results[id].ErrorMessage
}

func TestJobs(t *testing.T) {
	c := newCaller(t, linkedin.WithJobProcessingTime(time.Minute))
	made, _ := c.post(element())
	status, _ := c.task(made)
	assert.Equal(t, "IN_PROGRESS", status)
	c.sb.Advance(time.Minute)
	status, _ = c.task(made)
	assert.Equal(t, "SUCCEEDED", status)
	for _, operation := range []struct{ kind, id, want, why string }{
		{"CREATE", "job-1", "FAILED", "duplicate creation request"},
		{"UPDATE", "job-1", "SUCCEEDED", ""},
		{"RENEW", "job-1", "SUCCEEDED", ""},
		{"UPDATE", "job-2", "FAILED", "non-existing job"},
		{"CLOSE", "job-1", "SUCCEEDED", ""},
		{"RENEW", "job-1", "FAILED", "non-existing job"},
		{"CREATE", "job-1", "SUCCEEDED", ""}, // opened once more
	} {
		id, refused := c.post(element("jobPostingOperationType", operation.kind, "externalJobPostingId", operation.id, "title", operation.kind))
		require.Empty(t, refused)
		c.sb.Advance(time.Minute)
		status, why := c.task(id)
		assert.Equal(t, operation.want, status, operation)
		assert.Contains(t, why, operation.why)
	}
	jobs := c.sb.LinkedIn.Jobs()
	require.Len(t, jobs, 2)
	assert.True(t, jobs[0].Closed)
	assert.Equal(t, "UPDATE", jobs[0].Title)
	assert.Equal(t, []int{1, 1}, []int{jobs[0].Updated, jobs[0].Renewed})
	assert.Equal(t, 8, c.sb.LinkedIn.JobTasks())
	id, _ := c.post(element("externalJobPostingId", "job-3", "description", "too short"))
	c.sb.Advance(time.Minute)
	status, why := c.task(id)
	assert.Equal(t, []string{"FAILED", "true"}, []string{status, fmt.Sprint(strings.Contains(why, "between 100 - 25,000"))})

	_, _, body := c.ask("GET", "/v2/jobPostingStatus?ids=List(job-1,job-9)", "")
	assert.Contains(t, body, `"listingStatus":"LISTED"`)
	assert.Contains(t, body, `"errors":{"job-9"`)
	c.post(element("jobPostingOperationType", "CLOSE"))
	_, _, body = c.ask("GET", "/v2/jobPostingStatus?ids=List(job-1)", "")
	assert.Contains(t, body, "NOT_LISTED")
	c.sb.Advance(31 * 24 * time.Hour)
	c.token = c.newToken()
	status, _ = c.task(made)
	assert.Empty(t, status, "a task lives for 30 days")
}

func TestSecondCreateMakesAnotherJob(t *testing.T) {
	c := newCaller(t, linkedin.WithDuplicateJobs())
	for range 2 {
		id, _ := c.post(element())
		status, _ := c.task(id)
		assert.Equal(t, "SUCCEEDED", status)
	}
	assert.Len(t, c.sb.LinkedIn.Jobs(), 2)
}

// TestJobsThatAreRefused as elements, or as a whole.
func TestJobsThatAreRefused(t *testing.T) {
	c := newCaller(t)
	for _, field := range []string{"externalJobPostingId", "jobPostingOperationType", "title", "description", "location", "companyApplyUrl", "posterEmail", "listedAt"} {
		_, refused := c.post(element("externalJobPostingId", "other"), element(field, ""))
		assert.Contains(t, refused, "/"+field+" :: field is required", field)
	}
	_, refused := c.post(element(), element())
	assert.Contains(t, refused, "twice")
	_, refused = c.post(element("jobPostingOperationType", "DELETE"))
	assert.Contains(t, refused, "enum symbol")
	_, refused = c.post(element("listingType", "PREMIUM"))
	assert.Contains(t, refused, "contract")
	_, refused = c.post("7")
	assert.Contains(t, refused, "no job posting")
	_, refused = c.post(element("externalJobPostingId", "x", "jobPostingOperationType", "CLOSE", "posterEmail", ""))
	assert.Empty(t, refused)
	many := `{"elements":[` + strings.TrimSuffix(strings.Repeat(element()+",", 101), ",") + `]}`
	for body, header := range map[string]string{many: "batch_create", "x": "batch_create", `{"elements":[]}`: "create", `{}`: "batch_create"} {
		status, _, _ := c.ask("POST", "/rest/simpleJobPostings", body, "X-Restli-Method", header)
		assert.Equal(t, 400, status, header)
	}
	for _, path := range []string{"/rest/simpleJobPostingTasks?ids=List(urn%3Ali%3Aseat%3A1)", "/rest/simpleJobPostingTasks", "/v2/jobPostingStatus"} {
		status, _, _ := c.ask("GET", path, "")
		assert.Equal(t, 400, status, path)
	}
	// a member's token is none of an app
	code := c.code("/oauth/v2/authorization", c.asked())
	_, body := c.exchange(code)
	var token struct {
		Access string `json:"access_token"`
	}
	require.NoError(t, json.Unmarshal([]byte(body), &token))
	c.token = token.Access
	for _, path := range []string{"/rest/simpleJobPostingTasks?ids=x", "/v2/jobPostingStatus?ids=x"} {
		status, _, _ := c.ask("GET", path, "")
		assert.Equal(t, 403, status, path)
	}
	status, _, _ := c.ask("POST", "/v2/simpleJobPostings", "{}", "X-Restli-Method", "batch_create")
	assert.Equal(t, 403, status)
}

func TestJobLibrary(t *testing.T) {
	c := newCaller(t, linkedin.WithLibraryJobs(200))
	const all = "/rest/jobLibrary?q=criteria&keyword=people&start=0&count=24"
	c.walk([]step{
		{"GET", all, "", 200, `"total":200`},
		{"GET", all, "", 200, `"isRestricted":true`},
		{"GET", all, "", 200, `"rel":"next"`},
		{"GET", "/rest/jobLibrary?q=criteria&keyword=software%20PEOPLE&organization=acme&countries=List(urn%3Ali%3Acountry%3Aus)&start=0&count=24", "", 200, "Software Engineer"},
		{"GET", "/rest/jobLibrary?q=criteria&organization=acme&countries=List(urn%3Ali%3Acountry%3Aaq)&start=0&count=24", "", 200, `"elements":[]`},
		{"GET", "/rest/jobLibrary?q=criteria&keyword=people&dateRange=(start:(day:1,month:1,year:2020),end:(day:2,month:1,year:2020))", "", 200, `"elements":[]`},
		{"GET", "/rest/jobLibrary?q=criteria&keyword=x&dateRange=(start:(day:31,month:2,year:2020))", "", 400, "dateRange"},
		{"GET", "/rest/jobLibrary?q=criteria&keyword=x&dateRange=x", "", 400, "dateRange"},
		{"GET", "/rest/jobLibrary?q=criteria&countries=List(urn%3Ali%3Acountry%3Agb)", "", 500, ""},
		{"GET", "/rest/jobLibrary?q=criteria&keyword=x&count=25", "", 400, "count"},
		{"GET", "/rest/jobLibrary?q=criteria&keyword=x&sortBy=x", "", 400, "QUERY_PARAM_NOT_ALLOWED"},
		{"GET", "/rest/jobLibrary?q=other&keyword=x", "", 400, ""},
		{"GET", "/rest/jobLibrary?q=criteria&keyword=x&countries=List(urn:li:country:gb)", "", 400, ""},
	})
}
