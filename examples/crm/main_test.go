package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// running is the CRM, served until the test ends.
type running struct {
	*app

	t      *testing.T
	base   string
	client *http.Client
}

func start(t *testing.T) *running {
	t.Helper()
	a, err := open(t.Context(), t.TempDir(), "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- a.serve(ctx) }()
	r := &running{app: a, t: t, base: "http://" + a.listener.Addr().String(), client: &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(func() {
		r.client.CloseIdleConnections()
		cancel()
		assert.NoError(t, <-stopped)
		assert.NoError(t, a.close())
	})
	require.Eventually(t, func() bool { return a.pipeline.Status().Subscriptions.Kept == 1 }, time.Minute, time.Millisecond)
	return r
}

// get returns a page.
func (r *running) get(path string) string {
	r.t.Helper()
	response, err := r.client.Get(r.base + path)
	require.NoError(r.t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(r.t, err)
	require.Equal(r.t, http.StatusOK, response.StatusCode, "%s", body)
	return string(body)
}

// press presses a button of the page.
func (r *running) press(path string) {
	r.t.Helper()
	require.Contains(r.t, r.get("/"), `action="`+path+`"`)
	response, err := r.client.PostForm(r.base+path, url.Values{})
	require.NoError(r.t, err)
	require.NoError(r.t, response.Body.Close())
	require.Equal(r.t, http.StatusOK, response.StatusCode, path)
}

// until waits for what the page shows.
func (r *running) until(text string) string {
	r.t.Helper()
	var page string
	require.Eventually(r.t, func() bool { page = r.get("/"); return strings.Contains(page, text) }, time.Minute, 5*time.Millisecond, text)
	return page
}

// TestThePageShowsWhatChanges: people, the feed, credits, and a person who is erased.
func TestThePageShowsWhatChanges(t *testing.T) {
	r := start(t)
	ids := r.contacts()
	named := make(map[string]int)
	for _, id := range ids {
		person, _ := r.sb.Coresignal.Person(id)
		named[person.Name]++
	}
	hiding := slices.IndexFunc(ids, func(id int64) bool { // somebody who has a name that nobody else has
		person, _ := r.sb.Coresignal.Person(id)
		return named[person.Name] == 1
	})
	require.GreaterOrEqual(t, hiding, 0)
	ids[0], ids[hiding] = ids[hiding], ids[0]
	page := r.get("/")
	assert.Equal(t, people, strings.Count(page, ">promote<"))
	assert.Contains(t, page, "<b>0</b> credits spent on notices")

	response, err := r.client.Get(r.base + "/feed?after=0")
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	events := bufio.NewScanner(response.Body)

	r.press(fmt.Sprintf("/people/%d/promote", ids[0]))
	r.press(fmt.Sprintf("/people/%d/move", ids[1]))
	r.press(fmt.Sprintf("/people/%d/leave", ids[2]))
	var kinds []string
	for len(kinds) < 6 && events.Scan() {
		if data, ok := strings.CutPrefix(events.Text(), "data: {\"N"); ok {
			var one change
			require.NoError(t, json.Unmarshal([]byte("{\"N"+data), &one))
			kinds = append(kinds, one.Kind)
		}
	}
	require.NoError(t, events.Err())
	for _, kind := range []string{"title_changed", "job_changed", "left_company"} {
		assert.Contains(t, kinds, kind)
		page = r.until("<b>" + kind + "</b>")
	}
	assert.Contains(t, r.until("<b>30</b> credits spent on notices"), "<b>970</b> left today")
	person, _ := r.sb.Coresignal.Person(ids[0])
	assert.Contains(t, page, person.Name)

	r.press(fmt.Sprintf("/people/%d/hide", ids[0]))
	page = r.until("profile_hidden")
	assert.NotContains(t, page, person.Name, "who hides is erased, from the feed too")
	assert.Contains(t, page, "(erased)")
}

// TestADeliveryThatFails is shown with the reason, and is told once when it is tried again.
func TestADeliveryThatFails(t *testing.T) {
	r := start(t)
	id := r.contacts()[0]
	r.press("/fail")
	r.press(fmt.Sprintf("/people/%d/promote", id))
	page := r.until("Dead after 3 attempts")
	assert.Contains(t, page, "the CRM refuses the update, as you have asked")
	assert.NotContains(t, page, "title_changed")
	found := regexp.MustCompile(`action="(/dead/[^"]+)"`).FindStringSubmatch(page)
	require.NotNil(t, found)
	r.press(found[1])
	page = r.until("title_changed")
	assert.Equal(t, 1, strings.Count(page, "title_changed"))
	r.until("None is dead.")
}

// TestStrangersAreKeptOut: other sites cannot press buttons or read the page, and what is not there is 404.
func TestStrangersAreKeptOut(t *testing.T) {
	r := start(t)
	id := r.contacts()[0]
	for name, c := range map[string]struct {
		method, path string
		change       func(*http.Request)
		want         int
	}{
		"another site":         {http.MethodPost, fmt.Sprintf("/people/%d/hide", id), func(q *http.Request) { q.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		"another site's name":  {http.MethodGet, "/", func(q *http.Request) { q.Host = "evil.example:80" }, 403},
		"no such button":       {http.MethodPost, fmt.Sprintf("/people/%d/nothing", id), nil, 404},
		"no person":            {http.MethodPost, "/people/x/hide", nil, 404},
		"nobody":               {http.MethodPost, "/people/1/hide", nil, 409},
		"nothing dead":         {http.MethodPost, "/dead/x/requeue", nil, 409},
		"no page":              {http.MethodGet, "/other", nil, 404},
		"a notice, no token":   {http.MethodPost, "/coresignal/", nil, 404},
		"a style":              {http.MethodGet, "/page.css", nil, 200},
		"a template is a file": {http.MethodGet, "/state.html", nil, 404},
	} {
		q, err := http.NewRequestWithContext(t.Context(), c.method, r.base+c.path, nil)
		require.NoError(t, err)
		if c.change != nil {
			c.change(q)
		}
		response, err := r.client.Do(q)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, c.want, response.StatusCode, name)
	}
	assert.NotContains(t, r.get("/"), "profile_hidden")
}

// TestWhatOthersWroteIsEscaped: the owner of a profile writes its name.
func TestWhatOthersWroteIsEscaped(t *testing.T) {
	r := start(t)
	require.NoError(t, r.crm.note(t.Context(), r.crm.db, 1, "kind", `<script>alert(1)</script>`))
	page := r.get("/")
	assert.NotContains(t, page, "<script>alert")
	assert.Contains(t, page, "&lt;script&gt;alert")
	w := httptest.NewRecorder()
	q := httptest.NewRequest(http.MethodGet, "/", nil)
	q.Host = "127.0.0.1:1"
	r.handler().ServeHTTP(w, q)
	assert.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'self'")
}

// TestRunEndsWithItsContext, and says where the page is.
func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, []string{"-addr", "127.0.0.1:0"}, in) }()
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	assert.Contains(t, line, "http://127.0.0.1:")
	cancel()
	require.NoError(t, <-ended)
	require.Error(t, run(t.Context(), []string{"-addr", "nowhere:x"}, io.Discard))
	require.Error(t, run(t.Context(), []string{"-nonsense"}, io.Discard))
	require.False(t, errors.Is(err, context.Canceled))
}
