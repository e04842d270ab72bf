package shell_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/sandbox/internal/shell"
)

// After a body that it has not read, net/http waits for half a second before it closes the connection.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("net/http.(*conn).closeWriteAndWait"))
}

// kiosk is a provider with two origins that counts what it does, and has letters to deliver.
type kiosk struct {
	mu      sync.Mutex
	acts    int
	letters []shell.Parcel
	due     []time.Time
}

func (k *kiosk) Name() string             { return "kiosk" }
func (k *kiosk) Origins() []string        { return []string{"front", "back"} }
func (k *kiosk) Stamp(header http.Header) { header.Set("X-Kiosk", "open") }

func (k *kiosk) Refuse(c *shell.Call, status int, detail string) {
	c.W.JSON(status, map[string]string{"kiosk": detail})
}

func (k *kiosk) Serve(c *shell.Call) {
	k.mu.Lock()
	k.acts++
	k.mu.Unlock()
	switch {
	case c.BodyErr != nil:
		limit, large := c.TooLarge()
		c.W.JSON(http.StatusRequestEntityTooLarge, map[string]any{"limit": limit, "large": large})
	case c.MatchRoute("GET", "/silent") == shell.FullMatch: // not even a status
	case c.MatchRoute("GET", "/packed") == shell.FullMatch:
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, _ = w.Write([]byte("whole"))
		_ = w.Close()
		c.W.Bytes(http.StatusOK, "application/gzip", packed.Bytes())
	case c.MatchRoute("GET", "/papers/{name}") == shell.FullMatch, c.MatchRoute("GET", "/shelf/{rest...}") == shell.FullMatch:
		c.W.Finalise = func(h http.Header) { h.Set("X-Late", "yes") }
		c.W.JSON(http.StatusOK, map[string]any{"origin": c.Origin, "route": c.Route, "args": c.Args})
	case c.MatchRoute("POST", "/papers/{name}") == shell.OtherMethod:
		k.Refuse(c, http.StatusMethodNotAllowed, "not so")
	default:
		k.Refuse(c, http.StatusNotFound, "no such paper")
	}
}

func (k *kiosk) Next() (time.Time, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.due) == 0 {
		return time.Time{}, false
	}
	return k.due[0], true
}

func (k *kiosk) Due(t time.Time) []shell.Parcel {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []shell.Parcel
	for len(k.due) > 0 && !k.due[0].After(t) {
		out, k.due, k.letters = append(out, k.letters[0]), k.due[1:], k.letters[1:]
	}
	return out
}

func (k *kiosk) Flush() []shell.Parcel {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := k.letters
	k.letters, k.due = nil, nil
	return out
}

func (k *kiosk) post(at time.Time, parcels ...shell.Parcel) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range parcels {
		k.letters, k.due = append(k.letters, p), append(k.due, at)
	}
}

func (k *kiosk) done() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.acts
}

// open starts a kiosk on the loopback interface.
func open(t *testing.T, change ...func(*shell.Settings)) (*shell.Shell, *kiosk, []*shell.Origin) {
	t.Helper()
	settings := shell.Settings{Seed: 7, Start: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), PathPrefix: "/prefix", Log: slog.New(slog.DiscardHandler)}
	for _, c := range change {
		c(&settings)
	}
	sh, k := shell.New(settings), &kiosk{}
	origins := sh.Add(k)
	t.Cleanup(sh.Close)
	return sh, k, origins
}

// get sends a request and reads its response; the error is that of the one or the other.
func get(t *testing.T, ctx context.Context, method, url, body string) (status int, header http.Header, text string, err error) {
	t.Helper()
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	require.NoError(t, err)
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, "", err
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	return response.StatusCode, response.Header, string(read), err
}

func TestRoutesAndOrigins(t *testing.T) {
	sh, _, origins := open(t)
	assert.Empty(t, origins[0].URL())
	require.NoError(t, sh.Listen())
	front, back := origins[0].URL(), origins[1].URL()
	assert.NotEqual(t, front, back)
	for _, c := range []struct {
		method, url, body string
		status            int
		want              string
	}{
		{"GET", front + "/papers/a%2Fb", "", 200, `{"args":{"name":"a/b"},"origin":"front","route":"GET /papers/{name}"}`},
		{"GET", back + "/shelf/x/y%20z", "", 200, `{"args":{"rest":"x/y z"},"origin":"back","route":"GET /shelf/{rest...}"}`},
		{"DELETE", front + "/papers/a", "", 405, `{"kiosk":"not so"}`},
		{"GET", front + "/papers/", "", 404, `{"kiosk":"no such paper"}`},
		{"GET", front + "/papers/a/b", "", 404, `{"kiosk":"no such paper"}`},
		{"GET", strings.TrimSuffix(front, "/prefix") + "/papers/a", "", 404, `{"kiosk":"no such paper"}`},
		{"POST", front + "/papers/a", strings.Repeat("x", 32<<20+1), 413, `{"large":true,"limit":33554432}`},
	} {
		status, header, text, err := get(t, t.Context(), c.method, c.url, c.body)
		require.NoError(t, err, c.url)
		assert.Equal(t, c.status, status, c.url)
		assert.JSONEq(t, c.want, text)
		assert.Equal(t, "open", header.Get("X-Kiosk"))
	}
	assert.Len(t, sh.ArrivalsTo("", ""), 7)
	assert.Len(t, sh.ArrivalsTo("get", "/papers/*"), 3)
	assert.Empty(t, sh.ArrivalsTo("PUT", ""))
}

func TestFaults(t *testing.T) {
	for name, c := range map[string]struct {
		fault  shell.Fault
		path   string
		status int    // 0: no response, or one that is cut
		body   string // or a part of it
		header map[string]string
		acts   int
	}{
		"a status":           {shell.Fault{Status: 503, RetryAfter: "soon"}, "/papers/a", 503, `{"kiosk":"Service Unavailable"}`, map[string]string{"Retry-After": "soon"}, 0},
		"a body":             {shell.Fault{Status: 400, Body: `{"mine":1}`, Header: http.Header{"X-Mine": {"1"}}}, "/papers/a", 400, `{"mine":1}`, map[string]string{"X-Mine": "1", "X-Kiosk": "open"}, 0},
		"HTML":               {shell.Fault{HTML: true}, "/papers/a", 502, "<h1>502 Bad Gateway</h1>", map[string]string{"Content-Type": "text/html; charset=utf-8"}, 0},
		"a redirect":         {shell.Fault{Redirect: "https://example.com/"}, "/papers/a", 302, "", map[string]string{"Location": "https://example.com/"}, 0},
		"a header only":      {shell.Fault{Header: http.Header{"X-Mine": {"1"}}}, "/papers/a", 200, `"origin":"front"`, map[string]string{"X-Mine": "1", "X-Late": "yes"}, 1},
		"a delay":            {shell.Fault{Delay: time.Millisecond}, "/papers/a", 200, `"origin":"front"`, nil, 1},
		"a silent provider":  {shell.Fault{Delay: time.Millisecond}, "/silent", 200, "", nil, 1},
		"dropped before":     {shell.Fault{Drop: shell.DropBeforeAct}, "/papers/a", 0, "", nil, 0},
		"dropped after":      {shell.Fault{Drop: shell.DropAfterAct}, "/papers/a", 0, "", nil, 1},
		"dropped in between": {shell.Fault{Drop: shell.DropMidBody}, "/papers/a", 0, "", nil, 1},
		"half of a gzip":     {shell.Fault{TruncateGzip: true}, "/packed", 200, "\x1f\x8b", nil, 1},
		"another origin's":   {shell.Fault{Origin: "kiosk/back", Status: 500}, "/papers/a", 200, `"origin":"front"`, nil, 1},
		"another path's":     {shell.Fault{Path: "/papers/*/x", Status: 500}, "/papers/a", 200, `"origin":"front"`, nil, 1},
		"another method's":   {shell.Fault{Method: "POST", Status: 500}, "/papers/a", 200, `"origin":"front"`, nil, 1},
	} {
		t.Run(name, func(t *testing.T) {
			sh, k, origins := open(t)
			require.NoError(t, sh.Listen())
			sh.Fail(c.fault)
			require.Len(t, sh.Faults(), 1)
			status, header, text, err := get(t, t.Context(), "GET", origins[0].URL()+c.path, "")
			assert.Equal(t, c.acts, k.done())
			if c.status == 0 {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.status, status)
			assert.Contains(t, text, c.body)
			for field, want := range c.header {
				assert.Equal(t, want, header.Get(field))
			}
			sh.ClearFaults()
			assert.Empty(t, sh.Faults())
		})
	}
}

func TestFaultsTakeTurns(t *testing.T) {
	sh, _, origins := open(t)
	require.NoError(t, sh.Listen())
	sh.Fail(shell.Fault{Status: 500, After: 1, Times: 1})
	sh.Fail(shell.Fault{Status: 429, Times: 1})
	var got []int
	for range 4 {
		status, _, _, err := get(t, t.Context(), "GET", origins[0].URL()+"/papers/a", "")
		require.NoError(t, err)
		got = append(got, status)
	}
	assert.Equal(t, []int{429, 500, 200, 200}, got)

	sh.Fail(shell.Fault{Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, _, _, err := get(t, ctx, "GET", origins[0].URL()+"/papers/a", "")
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// receiver responds to deliveries with a status and remembers their bodies.
func receiver(t *testing.T, status int) (url string, bodies func() []string) {
	t.Helper()
	var mu sync.Mutex
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		got = append(got, string(body))
		mu.Unlock()
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return server.URL, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return got
	}
}

func TestDeliveries(t *testing.T) {
	sh, k, _ := open(t)
	url, bodies := receiver(t, http.StatusNoContent)
	letter := func(text string) shell.Parcel {
		return shell.Parcel{Kind: "letter", About: "news", URL: url, Body: []byte(text), Header: http.Header{"X-Signed": {"yes"}}}
	}
	k.post(sh.Now().Add(time.Hour), letter("1"), letter("2"))
	k.post(sh.Now().Add(3*time.Hour), letter("3"))
	before := sh.Now()
	sh.Advance(2 * time.Hour)
	assert.Equal(t, []string{"1", "2"}, bodies())
	assert.WithinDuration(t, before.Add(2*time.Hour), sh.Now(), time.Minute)
	sh.Advance(-time.Hour)
	sh.DeliverTwice(true)
	require.NoError(t, sh.Deliver(t.Context()))
	assert.Equal(t, []string{"1", "2", "3", "3"}, bodies())
	sh.DeliverTwice(false)
	sh.ReverseDeliveries(true)
	sh.DropDeliveries(1)
	k.post(sh.Now(), letter("4"), letter("5"))
	require.NoError(t, sh.Deliver(t.Context()))
	assert.Equal(t, []string{"1", "2", "3", "3", "4"}, bodies(), "5 came first, and was dropped")
	sh.Later(letter("6"))
	require.NoError(t, sh.Deliver(t.Context()), "it waits for what is under way")
	assert.Contains(t, bodies(), "6")

	failing, _ := receiver(t, http.StatusTeapot)
	for _, to := range []string{failing, "http://127.0.0.1:1", "::"} {
		p := letter("7")
		p.URL = to
		k.post(sh.Now(), p)
		require.ErrorContains(t, sh.Deliver(t.Context()), "delivery of a letter")
	}
	log := sh.Deliveries()
	require.Len(t, log, 10)
	assert.Equal(t, "letter news yes", log[0].Kind+" "+log[0].About+" "+log[0].Header.Get("X-Signed"))
	assert.Equal(t, 2, log[3].Attempt)
	require.ErrorIs(t, log[4].Err, shell.ErrDeliveryDropped)
	assert.Equal(t, http.StatusTeapot, log[7].StatusCode)

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, sh.Deliver(ended), context.Canceled)
	sh.Close()
	require.ErrorIs(t, sh.Deliver(t.Context()), shell.ErrClosed)
	sh.Later(letter("8"))
	sh.Advance(time.Hour)
	assert.Len(t, sh.Deliveries(), 10)
}

// TestQuestions: a receiver is asked, once, and its response is told. That is no delivery.
func TestQuestions(t *testing.T) {
	sh, _, _ := open(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.RawQuery == "slow" {
			<-r.Context().Done()
		}
		w.Header().Set("X-Kiosk", r.Method+" "+r.URL.RawQuery)
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "no")
	}))
	defer server.Close()
	sh.DeliverTwice(true)
	sh.DropDeliveries(1)
	var told []shell.Response
	question := shell.Parcel{Kind: "question", URL: server.URL + "?code", Question: true, Told: func(r shell.Response) { told = append(told, r) }}
	require.ErrorContains(t, sh.Send(t.Context(), question), "status 418")
	require.Len(t, told, 1)
	assert.Equal(t, http.StatusTeapot, told[0].Status)
	assert.Equal(t, "GET code", told[0].Header.Get("X-Kiosk"))
	assert.Equal(t, "no", string(told[0].Body))
	question.URL, question.Within = server.URL+"?slow", time.Millisecond
	require.ErrorIs(t, sh.Send(t.Context(), question), context.DeadlineExceeded)
	require.ErrorIs(t, told[1].Err, context.DeadlineExceeded)
	assert.Empty(t, sh.Deliveries())
	question.Question = false
	require.NoError(t, sh.Send(t.Context(), question), "what is lost is no error")
	require.ErrorIs(t, told[2].Err, shell.ErrDeliveryDropped)
	question.URL = ":"
	require.Error(t, sh.Send(t.Context(), question))
	sh.Close()
	require.ErrorIs(t, sh.Send(t.Context(), question), shell.ErrClosed)
}

func TestInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sh, _, origins := open(t)
		_, err := sh.Dial(t.Context(), "127.0.0.1:1")
		require.ErrorContains(t, err, "was not called")
		require.NoError(t, sh.ListenInMemory())
		require.Error(t, sh.ListenInMemory())
		assert.True(t, sh.OnlyInMemory())
		_, err = sh.Dial(t.Context(), "127.0.0.1:9")
		require.ErrorContains(t, err, "no origin has the address")
		client := &http.Client{Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext:       func(ctx context.Context, _, addr string) (net.Conn, error) { return sh.Dial(ctx, addr) },
		}}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, origins[1].URL()+"/papers/a", nil)
		require.NoError(t, err)
		response, err := client.Do(request)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, errors.Join(err, response.Body.Close()))
		assert.Contains(t, string(body), `"origin":"back"`)
		sh.Close()
		_, err = sh.Dial(t.Context(), "127.0.0.1:1")
		require.ErrorIs(t, err, shell.ErrClosed)
		require.ErrorIs(t, shell.New(sh.Settings()).Deliver(closedContext(t)), context.Canceled)
	})
}

func closedContext(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func TestRatesHoldInEveryWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var rates shell.Rates
		limit := shell.Limit{Class: "all", Most: 2, Window: time.Second}
		me, you := shell.OwnerOf("me"), shell.OwnerOf("you")
		allowed := func(who shell.Owner) bool { _, ok := rates.Allow(who, limit); return ok }
		assert.Equal(t, []bool{true, true, false, true}, []bool{allowed(me), allowed(me), allowed(me), allowed(you)})
		time.Sleep(time.Second)
		left, ok := rates.Allow(me, limit)
		assert.True(t, ok)
		assert.Equal(t, 1, left)
		_, ok = rates.Allow(me, shell.Limit{})
		assert.True(t, ok, "switched off")
	})
	assert.True(t, shell.SameSecret("a", "a"))
	assert.False(t, shell.SameSecret("a", "b"))
}

// TestIdentitiesFollowTheSeed, so that a test's output can be compared.
func TestIdentitiesFollowTheSeed(t *testing.T) {
	draw := func(seed uint64) []string {
		sh, _, _ := open(t, func(s *shell.Settings) { s.Seed = seed })
		return []string{sh.UUID(), sh.Letters(20), sh.UUID()}
	}
	assert.Equal(t, draw(1), draw(1))
	assert.NotEqual(t, draw(1), draw(2))
	assert.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, draw(1)[0])
}
