package coresignal_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
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

func TestFaultRespondsInsteadOfTheProvider(t *testing.T) {
	for name, tt := range map[string]struct {
		fault  sandbox.Fault
		status int
		body   string
		header map[string]string
	}{
		"status": {
			sandbox.Fault{Status: 503},
			503, `{"detail":"Service Unavailable"}`,
			map[string]string{"Content-Type": "application/json"},
		},
		"status and body": {sandbox.Fault{Status: 500, Body: `{"detail":"odd"}`}, 500, `{"detail":"odd"}`, nil},
		"wait": {
			sandbox.Fault{Status: 429, RetryAfter: "Fri, 31 Dec 1999 23:59:59 GMT"},
			429, `{"detail":"Too Many Requests"}`,
			map[string]string{"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"},
		},
		"page": {
			sandbox.Fault{HTML: true},
			502,
			"<html>\n<head><title>502 Bad Gateway</title></head>\n<body><h1>502 Bad Gateway</h1></body>\n</html>\n",
			map[string]string{"Content-Type": "text/html; charset=utf-8"},
		},
		"page of one's own": {sandbox.Fault{HTML: true, Status: 200, Body: "<p>maintenance</p>"}, 200, "<p>maintenance</p>", nil},
		"redirect": {
			sandbox.Fault{Redirect: "https://elsewhere.example/"},
			302, `{"detail":"Found"}`,
			map[string]string{"Location": "https://elsewhere.example/"},
		},
		"redirect with status": {sandbox.Fault{Redirect: "/x", Status: 307}, 307, `{"detail":"Temporary Redirect"}`, nil},
		"header": {
			sandbox.Fault{Status: 401, Header: http.Header{"X-Odd": {"1"}}},
			401, `{"detail":"Unauthorized"}`,
			map[string]string{"X-Odd": "1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			sb, c := start(t, coresignal.WithPeople(1))
			sb.Fail(tt.fault)
			got := subscribeAll(c, callback).is(tt.status)
			assert.Equal(t, tt.body, string(got.body))
			for key, value := range tt.header {
				assert.Equal(t, value, got.header.Get(key))
			}
			assert.Zero(t, sb.Coresignal.SubscriptionsCreated())
			assert.Equal(t, 1, sb.Requests())
			sb.ClearFaults()
			subscribeAll(c, callback).id()
		})
	}
}

func TestFaultAddsHeadersToTheProvidersResponse(t *testing.T) {
	sb, c := start(t, coresignal.WithPeople(1))
	header := http.Header{"X-Ratelimit-Remaining-Second": {"many"}}
	sb.Fail(sandbox.Fault{Header: header, RetryAfter: "3"})
	header.Set("X-Ratelimit-Remaining-Second", "changed later")
	got := c.get(baseSubscriptions).is(http.StatusOK)
	assert.Equal(t, []string{"many"}, got.header.Values("x-ratelimit-remaining-second"))
	assert.Equal(t, "3", got.header.Get("retry-after"))
	assert.Equal(t, "2000", got.header.Get("x-credits-remaining"))
	assert.JSONEq(t, `[]`, string(got.body))
}

func TestFaultConcernsItsRequestsOnly(t *testing.T) {
	sb, c := start(t, sandbox.WithPathPrefix("/p"))
	sb.Fail(sandbox.Fault{Method: "GET", Path: "/cdapi/v2/data_requests/*/files", Status: 503, After: 1, Times: 2})
	sb.Fail(sandbox.Fault{Path: "/cdapi/v2/data_requests/*/files", Status: 504, Times: 1})
	statuses := func(path string, n int) (got []int) {
		for range n {
			got = append(got, c.get(path).status)
		}
		return got
	}
	assert.Equal(t, []int{200, 200}, statuses(baseSubscriptions, 2))
	assert.Equal(t, []int{404}, statuses(baseJobs+"/a/files/b", 1))
	// The first passes the older fault and meets the younger one.
	assert.Equal(t, []int{504, 503, 503, 404}, statuses(baseJobs+"/a/files", 4))
}

func TestDropBeforeActHasNoEffect(t *testing.T) {
	sb, c := start(t, coresignal.WithPeople(1))
	sb.Fail(sandbox.Fault{Drop: sandbox.DropBeforeAct, Times: 1})
	_, err := c.try("POST", baseSubscriptions+"/employee_base/ids", "application/json", strings.NewReader(`{"ids":[1],"webhook_url":"https://a.example"}`))
	require.Error(t, err)
	assert.Zero(t, sb.Coresignal.SubscriptionsCreated())
	assert.Equal(t, 1, sb.Requests())
}

func TestDropAfterActHasItsEffectOnce(t *testing.T) {
	for name, tt := range map[string]struct {
		method, path, body string
		effects            func(*sandbox.Sandbox, int64) int
	}{
		"subscription": {
			"POST", baseSubscriptions + "/employee_base/ids", `{"ids":[1],"webhook_url":"https://a.example"}`,
			func(sb *sandbox.Sandbox, _ int64) int { return sb.Coresignal.SubscriptionsCreated() },
		},
		"data request": {
			"POST", baseJobs + "/employee_base/ids", `{"ids":[1]}`,
			func(sb *sandbox.Sandbox, _ int64) int { return sb.Coresignal.JobsCreated() },
		},
		"collect": {
			"GET", baseCollect + "%d", "",
			func(sb *sandbox.Sandbox, id int64) int { return sb.Coresignal.Collected(id) },
		},
		"v1 search": {
			"POST", v1Search + "filter", `{}`,
			func(sb *sandbox.Sandbox, _ int64) int { return sb.Coresignal.V1CreditsSpent() },
		},
	} {
		t.Run(name, func(t *testing.T) {
			sb, c := start(t)
			id := sb.Coresignal.PersonIDs()[0]
			sb.Fail(sandbox.Fault{Drop: sandbox.DropAfterAct, Times: 1})
			_, err := c.try(tt.method, strings.ReplaceAll(tt.path, "%d", fmt.Sprint(id)), "application/json", io.MultiReader(strings.NewReader(tt.body)))
			require.Error(t, err)
			assert.Equal(t, 1, tt.effects(sb, id))
			assert.Equal(t, 1, sb.Requests())
			c.get(baseSubscriptions).is(http.StatusOK)
		})
	}
}

func TestDropMidBodyCutsTheResponse(t *testing.T) {
	sb, c := start(t)
	id := sb.Coresignal.PersonIDs()[0]
	whole := c.get(fmt.Sprint(baseCollect, id)).is(http.StatusOK).body
	sb.Fail(sandbox.Fault{Drop: sandbox.DropMidBody, Times: 1})
	resp, err := c.try("GET", fmt.Sprint(baseCollect, id), "", nil)
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.EqualValues(t, len(whole), resp.ContentLength)
	part, err := io.ReadAll(resp.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, whole[:len(whole)/2], part)
	assert.Equal(t, 2, sb.Coresignal.Collected(id))
}

func TestTruncatedGzipLooksWhole(t *testing.T) {
	sb, c := start(t, coresignal.WithJobPolls(0))
	_, path := requested(t, c.post(baseJobs+"/employee_base/filter", `{"filters":{},"limit":20}`))
	path += "/" + c.files(path)[0]
	whole := c.get(path).is(http.StatusOK).body
	sb.Fail(sandbox.Fault{TruncateGzip: true})
	got := c.get(path).is(http.StatusOK)
	assert.Equal(t, fmt.Sprint(len(got.body)), got.header.Get("Content-Length"))
	assert.Equal(t, whole[:len(whole)/2], got.body)
	r, err := gzip.NewReader(bytes.NewReader(got.body))
	require.NoError(t, err)
	_, err = io.ReadAll(r)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.JSONEq(t, `[]`, string(c.get(baseSubscriptions).is(http.StatusOK).body), "other bodies stay whole")
}

func TestDropWithoutAConnectionAborts(t *testing.T) {
	sb, err := sandbox.New(coresignal.WithPeople(1))
	require.NoError(t, err)
	defer sb.Close()
	sb.Fail(sandbox.Fault{Drop: sandbox.DropBeforeAct})
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() {
		sb.Coresignal.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, baseSubscriptions, nil))
	})
}

func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, c := startInMemory(t, coresignal.WithPeople(1))
		sb.Fail(sandbox.Fault{Delay: time.Minute, Times: 1})
		began := time.Now()
		subscribeAll(c, callback).id()
		assert.Equal(t, time.Minute, time.Since(began))
		assert.Equal(t, began, sb.Arrivals()[0])
	})
}

func TestDelayEndsWithTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, c := startInMemory(t, coresignal.WithPeople(1))
		sb.Fail(sandbox.Fault{Delay: 24 * time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		body := strings.NewReader(fmt.Sprintf(`{"webhook_url":%q,"es_dsl_query":%s}`, callback, matchAll))
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, sb.Coresignal.URL()+baseSubscriptions+"/employee_base/es_dsl", body)
		require.NoError(t, err)
		req.Header = c.header
		_, err = c.client.Do(req)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		began := time.Now()
		synctest.Wait()
		sb.Close()
		assert.Zero(t, time.Since(began), "the handler does not wait out its delay")
		assert.Zero(t, sb.Coresignal.SubscriptionsCreated())
	})
}

func TestCloseEndsDelays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, c := startInMemory(t, coresignal.WithPeople(1))
		sb.Fail(sandbox.Fault{Delay: 24 * time.Hour})
		done := make(chan error)
		go func() {
			_, err := c.try("GET", baseSubscriptions, "", nil)
			done <- err
		}()
		synctest.Wait()
		sb.Close()
		err := <-done
		require.Error(t, err)
		assert.False(t, errors.Is(err, context.Canceled))
	})
}
