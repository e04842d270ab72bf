package coresignal_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

// requested reads the response to a data request and returns where its files are.
func requested(t *testing.T, a response) (id, files string) {
	t.Helper()
	a.is(http.StatusCreated)
	var body map[string]string
	a.decode(&body)
	require.Len(t, body, 1)
	id = body["request_id"]
	location := a.header.Get("Location")
	require.True(t, strings.HasPrefix(location, "/v"), "without /cdapi: %s", location)
	require.True(t, strings.HasSuffix(location, "/"+id+"/files"), location)
	return id, "/cdapi" + location
}

func (c *caller) files(path string) []string {
	c.t.Helper()
	var body map[string][]string
	c.get(path).is(http.StatusOK).decode(&body)
	require.Len(c.t, body, 1)
	return body["data_request_files"]
}

// records downloads a ready data request and returns the IDs of its records.
func (c *caller) records(t *testing.T, a response) []int64 {
	t.Helper()
	_, path := requested(t, a)
	var ids []int64
	for _, name := range c.files(path) {
		ids = append(ids, recordIDs(t, c.get(path+"/"+name).is(http.StatusOK).body)...)
	}
	return ids
}

func unzipped(t *testing.T, file []byte) []byte {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(file))
	require.NoError(t, err)
	text, err := io.ReadAll(r)
	require.NoError(t, err)
	return text
}

func recordIDs(t *testing.T, file []byte) []int64 {
	t.Helper()
	text := unzipped(t, file)
	require.True(t, bytes.HasSuffix(text, []byte("\n")))
	var ids []int64
	for line := range bytes.Lines(text) {
		var record struct {
			ID int64 `json:"id"`
		}
		require.NoError(t, json.Unmarshal(line, &record))
		ids = append(ids, record.ID)
	}
	return ids
}

func idList(ids []int64) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(ids), " ", ","), "[]")
}

func TestDataRequestFromStartToFiles(t *testing.T) {
	for name, tt := range map[string]struct {
		path, body, location, file string
		price                      int
	}{
		"base ids":    {baseJobs + "/employee_base/ids", `{"ids":[%s]}`, baseJobs, `^json/part-0000\d-[0-9a-f-]{36}-h000\.json\.gz$`, 10},
		"base filter": {baseJobs + "/employee_base/filter", `{"filters":{}}`, baseJobs, `^json/part-0000\d-[0-9a-f-]{36}-h000\.json\.gz$`, 10},
		"base es_dsl": {baseJobs + "/employee_base/es_dsl", `{"es_dsl_query":` + matchAll + `}`, baseJobs, `^json/part-0000\d-[0-9a-f-]{36}-h000\.json\.gz$`, 10},
		"clean file":  {baseJobs + "/employee_clean/id_file", "", baseJobs, `^json/part-0000\d-[0-9a-f-]{36}-h000\.json\.gz$`, 10},
		"clean query": {baseJobs + "/employee_clean/es_dsl", `{"es_dsl_query":` + matchAll + `}`, baseJobs, `^json/part-0000\d-[0-9a-f-]{36}-h000\.json\.gz$`, 10},
		"multi ids":   {baseJobs + "/employee_multi_source/ids", `{"ids":[%s]}`, baseJobs, `^json/part-0000\d-[0-9a-f-]{36}-h000\.json\.gz$`, 20},
		"multi query": {baseJobs + "/employee_multi_source/es_dsl", `{"es_dsl_query":` + matchAll + `}`, baseJobs, `^json/part-0000\d-[0-9a-f-]{36}-h000\.json\.gz$`, 20},
		"v1 id_file":  {v1Bulk + "id_file", "", v1Jobs, `^part-0000\d-[0-9a-f-]{36}-h000\.json\.gz$`, 1},
		"v1 filter":   {v1Bulk + "filter", `{"filters":{}}`, v1Jobs, `^part-0000\d-[0-9a-f-]{36}-h000\.json\.gz$`, 1},
		"v1 es_dsl":   {v1Bulk + "es_dsl", `{"es_dsl_query":` + matchAll + `}`, v1Jobs, `^part-0000\d-[0-9a-f-]{36}-h000\.json\.gz$`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			sb, c := start(t, coresignal.WithPeople(23), coresignal.WithPartSize(10))
			everybody := slices.Sorted(slices.Values(sb.Coresignal.PersonIDs()))
			var created response
			if tt.body == "" {
				created = c.postForm(tt.path, "ids_file", strings.ReplaceAll(idList(sb.Coresignal.PersonIDs()), ",", "\n"))
			} else {
				created = c.post(tt.path, strings.ReplaceAll(tt.body, "%s", idList(sb.Coresignal.PersonIDs())))
			}
			id, path := requested(t, created)
			assert.Equal(t, tt.location+"/"+id+"/files", path)
			assert.Equal(t, 1, sb.Coresignal.JobsCreated())
			for range 2 {
				got := c.get(path).is(http.StatusAccepted)
				assert.JSONEq(t, `{"message":"Data request is still being processed"}`, string(got.body))
				assert.Zero(t, sb.Coresignal.CreditsSpent()+sb.Coresignal.V1CreditsSpent(), "paid when ready")
			}

			names := c.files(path)
			require.Len(t, names, 3)
			assert.Equal(t, 23*tt.price, sb.Coresignal.CreditsSpent()+sb.Coresignal.V1CreditsSpent())
			var found []int64
			for i, name := range names {
				assert.Regexp(t, tt.file, name)
				got := c.get(path + "/" + name).is(http.StatusOK)
				assert.Equal(t, fmt.Sprint(len(got.body)), got.header.Get("Content-Length"))
				assert.Equal(t, "bytes", got.header.Get("Accept-Ranges"))
				assert.Regexp(t, `^"[0-9a-f]{32}"$`, got.header.Get("ETag"))
				assert.Empty(t, got.header.Get("Content-Encoding"))
				assert.Equal(t, got.body, c.get(path+"/"+name).body, "the same bytes again, for nothing")
				ids := recordIDs(t, got.body)
				assert.Len(t, ids, []int{10, 10, 3}[i])
				found = append(found, ids...)
			}
			assert.Equal(t, everybody, found)
			assert.Equal(t, 23*tt.price, sb.Coresignal.CreditsSpent()+sb.Coresignal.V1CreditsSpent())
			c.get(path+"/json/part-99").refused(http.StatusNotFound, "Not Found")
			other := map[string]string{baseJobs: v1Jobs, v1Jobs: baseJobs}[tt.location]
			c.get(other+"/"+id+"/files/"+names[0]).refused(http.StatusNotFound, "Not Found")
		})
	}
}

func TestFilesAreTheSameForTheSameSeed(t *testing.T) {
	download := func() []byte {
		_, c := start(t, coresignal.WithJobPolls(0), sandbox.WithStartTime(testStart), coresignal.WithPeople(5))
		_, path := requested(t, c.post(baseJobs+"/employee_base/filter", `{"filters":{}}`))
		return c.get(path + "/" + c.files(path)[0]).is(http.StatusOK).body
	}
	assert.Equal(t, download(), download())
}

func TestFileIsServedInParts(t *testing.T) {
	_, c := start(t, coresignal.WithJobPolls(0))
	_, path := requested(t, c.post(baseJobs+"/employee_base/filter", `{"filters":{},"limit":3}`))
	path += "/" + c.files(path)[0]
	whole := c.get(path).is(http.StatusOK)
	header := c.header.Clone()
	header.Set("Range", "bytes=100-")
	header.Set("If-Range", whole.header.Get("ETag"))
	part := c.with(header).get(path).is(http.StatusPartialContent)
	assert.Equal(t, whole.body[100:], part.body)
	assert.Equal(t, fmt.Sprintf("bytes 100-%d/%d", len(whole.body)-1, len(whole.body)), part.header.Get("Content-Range"))

	header.Set("If-Range", `"other"`)
	assert.Equal(t, whole.body, c.with(header).get(path).is(http.StatusOK).body)
	header.Del("If-Range")
	header.Set("Range", fmt.Sprintf("bytes=%d-", len(whole.body)))
	assert.Equal(t, http.StatusRequestedRangeNotSatisfiable, c.with(header).get(path).status)
}

func TestIdenticalDataRequestIsRefusedWhileTheFirstRuns(t *testing.T) {
	sb, c := start(t, coresignal.WithJobPolls(1))
	path := baseJobs + "/employee_base/es_dsl"
	body := `{"es_dsl_query":` + matchAll + `,"limit":2}`
	_, files := requested(t, c.post(path, body))
	again := c.post(path, "  "+strings.ReplaceAll(body, ":", ": "))
	again.refused(http.StatusConflict, "Identical data request is already in progress.")
	assert.Equal(t, 1, sb.Coresignal.JobsCreated())
	requested(t, c.post(path, `{"es_dsl_query":`+matchAll+`,"limit":3}`))
	requested(t, c.post(v1Bulk+"es_dsl", body))

	c.get(files).is(http.StatusAccepted)
	c.get(files).is(http.StatusOK)
	requested(t, c.post(path, body))

	byIDs := baseJobs + "/employee_base/ids"
	requested(t, c.post(byIDs, `{"ids":[1,2]}`))
	c.post(byIDs, `{"ids":[2,1]}`).refused(http.StatusConflict, "Identical")
	requested(t, c.post(byIDs, `{"ids":[2,1],"webhook_url":"https://a.example"}`))
}

func TestDataRequestThatMatchesNobody(t *testing.T) {
	sb, c := start(t, coresignal.WithJobPolls(1))
	_, path := requested(t, c.post(baseJobs+"/employee_base/ids", `{"ids":[1,2,3]}`))
	c.get(path).is(http.StatusAccepted)
	c.get(path).refused(http.StatusNotFound, "Not Found")
	assert.Zero(t, sb.Coresignal.CreditsSpent())
}

func TestDataRequestWithoutCredits(t *testing.T) {
	hook := receive(t)
	sb, c := start(t, coresignal.WithCredits(29), coresignal.WithJobPolls(0))
	_, path := requested(t, c.post(baseJobs+"/employee_base/filter", fmt.Sprintf(`{"filters":{},"limit":3,"webhook_url":%q}`, hook.URL)))
	c.get(path).refused(http.StatusPaymentRequired, "Insufficient credits")
	c.get(path).refused(http.StatusPaymentRequired, "Insufficient credits")
	assert.Zero(t, sb.Coresignal.CreditsSpent())
	assert.Equal(t, 29, sb.Coresignal.Credits())
	sb.Coresignal.AddCredits(1)
	assert.Len(t, c.files(path), 1)
	assert.Equal(t, 30, sb.Coresignal.CreditsSpent())
	c.files(path)
	assert.Equal(t, 30, sb.Coresignal.CreditsSpent())
	require.NoError(t, sb.Deliver(t.Context()))
	assert.Len(t, hook.got(), 1, "told once")
}

func TestDataRequestThatIsTooBig(t *testing.T) {
	hook := receive(t)
	sb, c := start(t, coresignal.WithMaxBulkRecords(10), coresignal.WithPeople(11), coresignal.WithJobPolls(0))
	c.post(baseJobs+"/employee_base/ids", `{"ids":[`+idList(sb.Coresignal.PersonIDs())+`]}`).
		refused(http.StatusBadRequest, "file contains too many ids maximum is 10 ids")
	_, path := requested(t, c.post(baseJobs+"/employee_base/filter", fmt.Sprintf(`{"filters":{},"webhook_url":%q}`, hook.URL)))
	c.get(path).refused(http.StatusUnprocessableEntity, "request matched too many ids")
	assert.Zero(t, sb.Coresignal.CreditsSpent())
	require.NoError(t, sb.Deliver(t.Context()))
	assert.Len(t, hook.got(), 1, "a failure is told too")
	assert.Len(t, c.records(t, c.post(baseJobs+"/employee_base/filter", `{"filters":{},"limit":10}`)), 10)
}

func TestDataRequestRefusals(t *testing.T) {
	sb, c := start(t)
	for _, tt := range []struct {
		how, body string
		status    int
		detail    string
	}{
		{"ids", `{}`, 400, "ids is missing"},
		{"ids", `{"ids":["a"]}`, 400, "ids"},
		{"ids", `{"ids":[5,5]}`, 422, "duplicates"},
		{"ids", `{"ids":[5],"limit":0}`, 422, "limit"},
		{"ids", `{"ids":[5],"limit":"many"}`, 422, "limit"},
		{"ids", `{"ids":[5],"webhook_url":[]}`, 422, "webhook_url"},
		{"ids", `{"ids":[5],"data_format":"json"}`, 422, "data_format"},
		{"filter", `{"filters":{"shoe_size":1}}`, 422, "shoe_size"},
		{"es_dsl", `{"query":{"match_all":{}}}`, 422, "query"},
		{"es_dsl", `{"es_dsl_query":{"match_all":{}}}`, 400, "query is missing"},
	} {
		c.post(baseJobs+"/employee_base/"+tt.how, tt.body).refused(tt.status, tt.detail)
	}
	assert.Zero(t, sb.Coresignal.JobsCreated())
	c.get(baseJobs+"/unknown/files").refused(http.StatusNotFound, "Not Found")
	c.get(baseJobs+"/unknown/files/json/part").refused(http.StatusNotFound, "Not Found")
	id, _ := requested(t, c.post(baseJobs+"/employee_base/ids", `{"ids":[5]}`))
	c.get(v1Jobs+"/"+id+"/files").refused(http.StatusNotFound, "Not Found")
	c.get(baseJobs+"/"+id+"/files/json/part").refused(http.StatusNotFound, "Not Found")
}

func TestFilesAreGoneAfterThirtyDays(t *testing.T) {
	sb, c := start(t, coresignal.WithJobPolls(0))
	_, path := requested(t, c.post(baseJobs+"/employee_base/filter", `{"filters":{},"limit":1}`))
	name := c.files(path)[0]
	sb.Advance(30*24*time.Hour - time.Minute)
	c.get(path + "/" + name).is(http.StatusOK)
	sb.Advance(time.Minute)
	c.get(path).refused(http.StatusNotFound, "Not Found")
	c.get(path+"/"+name).refused(http.StatusNotFound, "Not Found")
}

func TestDataRequestTellsWhenItIsReady(t *testing.T) {
	hook := receive(t)
	sb, c := start(t, coresignal.WithJobPolls(1))
	order := func(limit int) (string, string) {
		return requested(t, c.post(baseJobs+"/employee_base/filter", fmt.Sprintf(`{"filters":{},"limit":%d,"webhook_url":%q}`, limit, hook.URL)))
	}
	polled, path := order(1)
	c.get(path).is(http.StatusAccepted)
	assert.Empty(t, hook.got())
	c.get(path).is(http.StatusOK)
	require.NoError(t, sb.Deliver(t.Context()), "waits for what is under way")
	assert.Equal(t, []string{fmt.Sprintf(`{"request_id":%q}`, polled)}, hook.got())

	waited, path := order(2)
	sb.Advance(time.Minute)
	assert.Equal(t, fmt.Sprintf(`{"request_id":%q}`, waited), hook.got()[1])
	c.get(path).is(http.StatusOK)

	delivered, path := order(3)
	require.NoError(t, sb.Deliver(t.Context()))
	assert.Len(t, hook.got(), 3)
	c.get(path).is(http.StatusOK)
	last := sb.Deliveries()[2]
	assert.Equal(t, coresignal.JobNotice, last.Kind)
	assert.Equal(t, delivered, last.About)
}
