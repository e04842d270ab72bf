package sandbox_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/internal/shell"
)

// harbor is an invented provider. It shows that the shell carries a second one: two origins, a bearer credential, a
// paged list, a signed delivery each hour, and a rate limit.
type harbor struct {
	shell    *shell.Shell
	api, www *shell.Origin
	rates    shell.Rates

	mu     sync.Mutex
	token  string
	hook   string
	due    time.Time
	queued int
	secret string
}

func newHarbor(sh *shell.Shell) *harbor {
	h := &harbor{shell: sh, token: "harbor-" + sh.Letters(12), secret: "harbor-secret"}
	origins := sh.Add(h)
	h.api, h.www = origins[0], origins[1]
	return h
}

func (h *harbor) Name() string             { return "harbor" }
func (h *harbor) Origins() []string        { return []string{"api", "www"} }
func (h *harbor) Stamp(header http.Header) { header.Set("X-Harbor-Id", h.shell.UUID()) }

func (h *harbor) Refuse(c *shell.Call, status int, detail string) {
	c.W.JSON(status, map[string]any{"error": map[string]string{"text": detail}})
}

func (h *harbor) Serve(c *shell.Call) {
	if c.Origin == "www" && c.MatchRoute("POST", "/token") == shell.FullMatch {
		c.W.JSON(http.StatusOK, map[string]string{"access_token": h.token})
		return
	}
	given := strings.TrimPrefix(c.R.Header.Get("Authorization"), "Bearer ")
	if !shell.SameSecret(given, h.token) {
		h.Refuse(c, http.StatusUnauthorized, "who are you?")
		return
	}
	if _, ok := h.rates.Allow(shell.OwnerOf(given), shell.Limit{Class: "all", Most: 5, Window: time.Minute}); !ok {
		c.W.Header().Set("Retry-After", "60")
		h.Refuse(c, http.StatusTooManyRequests, "slow down")
		return
	}
	switch {
	case c.Origin == "api" && c.MatchRoute("GET", "/docks/{dock}/ships") == shell.FullMatch:
		h.ships(c)
	case c.Origin == "api" && c.MatchRoute("PUT", "/hook") == shell.FullMatch:
		h.mu.Lock()
		h.hook, h.due = string(c.Body), h.shell.Now().Add(time.Hour)
		h.queued++
		h.mu.Unlock()
		c.W.JSON(http.StatusOK, nil)
	default:
		h.Refuse(c, http.StatusNotFound, "no such place")
	}
}

// ships lists five ships, two a page.
func (h *harbor) ships(c *shell.Call) {
	const total, size = 5, 2
	start, _ := strconv.Atoi(c.R.URL.Query().Get("start"))
	names := []string{}
	for i := start; i < min(start+size, total); i++ {
		names = append(names, c.Args["dock"]+" ship "+strconv.Itoa(i))
	}
	page := map[string]any{"ships": names}
	if start+size < total {
		page["next"] = "/docks/" + c.Args["dock"] + "/ships?start=" + strconv.Itoa(start+size)
	}
	c.W.JSON(http.StatusOK, page)
}

func (h *harbor) Next() (time.Time, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.due, h.queued > 0
}

func (h *harbor) Due(t time.Time) []shell.Parcel {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.queued == 0 || h.due.After(t) {
		return nil
	}
	return h.arrivals()
}

func (h *harbor) Flush() []shell.Parcel {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.queued == 0 {
		return nil
	}
	return h.arrivals()
}

func (h *harbor) arrivals() []shell.Parcel {
	h.queued = 0
	body := []byte(`{"arrived":1}`)
	mac := hmac.New(sha256.New, []byte(h.secret))
	mac.Write(body)
	signature := http.Header{"X-Harbor-Signature": {hex.EncodeToString(mac.Sum(nil))}}
	return []shell.Parcel{{Kind: "arrival", About: "dock", URL: h.hook, Header: signature, Body: body}}
}

// ask sends a request over a connection in memory.
func ask(t *testing.T, client *http.Client, method, url, token, body string) (status int, header http.Header, content string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	read, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, resp.Header, string(read)
}

// inbox receives deliveries without a socket.
type inbox struct {
	signatures []string
	bodies     []string
}

func (in *inbox) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	in.bodies, in.signatures = append(in.bodies, string(body)), append(in.signatures, r.Header.Get("X-Harbor-Signature"))
	return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Request: r}, err
}

func TestASecondProviderIsCarried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h *harbor
		in := &inbox{}
		sb, err := sandbox.New(sandbox.WithProvider(func(sh *shell.Shell) { h = newHarbor(sh) }), sandbox.WithPathPrefix("/p"), sandbox.WithDeliveryTransport(in))
		require.NoError(t, err)
		defer sb.Close()
		require.NoError(t, sb.StartInMemory())
		addresses := []string{sb.Coresignal.URL(), sb.LinkedIn.URL(), sb.SalesWebhooks.URL(), h.api.URL(), h.www.URL()}
		for i, address := range addresses {
			assert.Regexp(t, `^http://127\.0\.0\.1:\d+/p$`, address)
			assert.NotContains(t, addresses[:i], address, "an origin has a listener of its own")
		}
		transport := &http.Transport{DialContext: sb.Dial}
		defer transport.CloseIdleConnections()
		client := &http.Client{Transport: transport}
		_, err = sb.Dial(t.Context(), "tcp", "elsewhere:1")
		require.ErrorContains(t, err, "no origin")

		// The credential: www issues it, api wants it, and Coresignal knows nothing of it.
		_, _, body := ask(t, client, "POST", h.www.URL()+"/token", "", "")
		assert.JSONEq(t, `{"access_token":"`+h.token+`"}`, body)
		status, header, body := ask(t, client, "GET", h.api.URL()+"/docks/north/ships", "wrong", "")
		assert.Equal(t, http.StatusUnauthorized, status)
		assert.JSONEq(t, `{"error":{"text":"who are you?"}}`, body)
		assert.NotEmpty(t, header.Get("X-Harbor-Id"))
		status, header, _ = ask(t, client, "GET", sb.Coresignal.URL()+"/cdapi/v2/subscriptions", h.token, "")
		assert.Equal(t, http.StatusUnauthorized, status)
		assert.Empty(t, header.Get("X-Harbor-Id"))

		// A paged list.
		for _, page := range []struct{ query, want string }{
			{"", `{"ships":["a b ship 0","a b ship 1"],"next":"/docks/a b/ships?start=2"}`},
			{"?start=4", `{"ships":["a b ship 4"]}`},
		} {
			_, _, body = ask(t, client, "GET", h.api.URL()+"/docks/a%20b/ships"+page.query, h.token, "")
			assert.JSONEq(t, page.want, body)
		}

		// A fault on one of its origins, in its own words.
		sb.Fail(sandbox.Fault{Origin: "harbor/api", Status: http.StatusServiceUnavailable, Times: 1})
		status, _, _ = ask(t, client, "POST", h.www.URL()+"/token", "", "")
		assert.Equal(t, http.StatusOK, status)
		status, header, body = ask(t, client, "GET", h.api.URL()+"/docks/a/ships", h.token, "")
		assert.Equal(t, http.StatusServiceUnavailable, status)
		assert.JSONEq(t, `{"error":{"text":"Service Unavailable"}}`, body)
		assert.NotEmpty(t, header.Get("X-Harbor-Id"))
		assert.Empty(t, sb.Faults())

		// A signed delivery when its time has come.
		status, _, _ = ask(t, client, "PUT", h.api.URL()+"/hook", h.token, "https://hooks.example.com")
		assert.Equal(t, http.StatusOK, status)
		began := sb.Now()
		sb.Advance(59 * time.Minute)
		assert.Empty(t, in.bodies)
		sb.Advance(24 * time.Hour)
		assert.Equal(t, []string{`{"arrived":1}`}, in.bodies)
		assert.Equal(t, []string{"a29c756159bc7ed17b11addafcaf60453996ebf952b2cabde949448918159f26"}, in.signatures)
		assert.Equal(t, "arrival", sb.Deliveries()[0].Kind)
		assert.Equal(t, began.Add(time.Hour), sb.Deliveries()[0].At)

		// A rate limit.
		for _, want := range []int{200, 200, 429} {
			status, header, _ = ask(t, client, "GET", h.api.URL()+"/docks/a/ships", h.token, "")
			assert.Equal(t, want, status)
		}
		assert.Equal(t, "60", header.Get("Retry-After"))
		time.Sleep(time.Minute)
		status, _, _ = ask(t, client, "GET", h.api.URL()+"/nowhere", h.token, "")
		assert.Equal(t, http.StatusNotFound, status)
		assert.Equal(t, 4, sb.RequestsTo("GET", "/docks/a/ships"))
	})
}
