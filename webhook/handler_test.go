package webhook_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

func TestDeliveryHasEverything(t *testing.T) {
	at := time.Date(2026, 11, 2, 3, 4, 5, 0, time.UTC)
	sink := new(spySink)
	sender, err := webhook.HMAC("elsewhere", bodyScheme(), webhook.DecodeCoresignal, testSecret)
	require.NoError(t, err)
	h := newHandlerOf(t, sender, sink, webhook.WithClock(func() time.Time { return at }))
	// Not canonical on purpose: the bytes must arrive as they are.
	body := "\r\n[ {\"member_id\":7,\"member_id\":8,\"status\":\"\xff\"} ]\r\n"
	resp := serve(h, signedRequest(t, body))
	require.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, "ok\n", bodyText(t, resp))
	require.Len(t, sink.all(), 1)
	d := sink.all()[0]
	assert.Equal(t, "elsewhere", d.Source)
	assert.Equal(t, "signed", d.Label)
	assert.Equal(t, at, d.ReceivedAt)
	assert.Equal(t, body, string(d.Body))
	assert.Regexp(t, `^signed:[0-9a-f]{64}$`, d.Key)
	require.Len(t, d.Events, 1)
	assert.EqualValues(t, 8, d.Events[0].(webhook.EmployeeChanged).ID)
}

func TestDeliveryMayBeKept(t *testing.T) {
	sink := new(spySink)
	h := newHandler(t, webhook.Unsigned("base"), sink)
	for _, body := range []string{`[{"member_id":1}]`, `[{"member_id":2}]`, `[{"member_id":3}]`} {
		require.Equal(t, http.StatusOK, serve(h, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))).StatusCode)
	}
	for i, d := range sink.all() {
		id := d.Events[0].(webhook.EmployeeChanged).ID
		assert.EqualValues(t, i+1, id)
		assert.Contains(t, string(d.Body), string('0'+rune(id)))
	}
}

func TestR35NothingIsParsedBeforeItIsVerified(t *testing.T) {
	decoded := 0
	sender := sends(newHMAC(t, bodyScheme(), testSecret))
	sender.Decoder = func(d *webhook.Delivery) error {
		decoded++
		return webhook.DecodeCoresignal(d)
	}
	sink := new(spySink)
	h := newHandlerOf(t, sender, sink)
	for _, body := range []string{testNotice, "not JSON", "\xff\r\n"} {
		r := signedRequest(t, body)
		r.Body = io.NopCloser(strings.NewReader(body + " "))
		r.Header.Set("Content-Type", "text/html")
		assert.Equal(t, http.StatusUnauthorized, serve(h, r).StatusCode, "a bad signature comes before the content type")
	}
	assert.Zero(t, decoded)
	assert.Empty(t, sink.all())
	assert.Equal(t, http.StatusOK, serve(h, signedRequest(t, testNotice)).StatusCode)
	assert.Equal(t, 1, decoded)
}

func TestR37NothingSecretIsLoggedOrAnswered(t *testing.T) {
	var logged bytes.Buffer
	logger := slog.New(slog.NewJSONHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	sink := &spySink{}
	h := newHandler(t, newHMAC(t, bodyScheme(), testSecret), sink, webhook.WithLogger(logger))
	panicking := newHandler(t, newHMAC(t, bodyScheme(), testSecret), webhook.Func(func(_ context.Context, d *webhook.Delivery) error {
		panic(string(d.Body))
	}), webhook.WithLogger(logger))
	var responses strings.Builder
	for _, body := range []string{`[{"member_id":1,"status":"canary"}]`, `canary`, `"canary"`, `[{"member_id":canary}]`} {
		for _, target := range []*webhook.Handler{h, h, panicking} {
			for _, contentType := range []string{"", "text/canary"} {
				r := signedRequest(t, body)
				r.Header.Set("Content-Type", contentType)
				resp := serve(target, r)
				responses.WriteString(bodyText(t, resp))
				assert.NotContains(t, logged.String(), r.Header.Get("X-Signature"))
			}
		}
	}
	assert.Contains(t, logged.String(), "webhook: panic")
	assert.NotContains(t, logged.String(), "canary")
	assert.NotContains(t, responses.String(), "canary")
	assert.NotContains(t, logged.String(), testSecret)
}

func TestR43WorksBehindAServeMuxPrefix(t *testing.T) {
	token := webhook.NewPathToken()
	v, err := webhook.PathToken(webhook.Endpoint{Label: "base", Token: token})
	require.NoError(t, err)
	for name, route := range map[string]func(*http.ServeMux, http.Handler){
		"subtree":      func(m *http.ServeMux, h http.Handler) { m.Handle("/api/hooks/", h) },
		"wildcard":     func(m *http.ServeMux, h http.Handler) { m.Handle("POST /api/hooks/{token}", h) },
		"strip prefix": func(m *http.ServeMux, h http.Handler) { m.Handle("/api/", http.StripPrefix("/api/hooks", h)) },
	} {
		t.Run(name, func(t *testing.T) {
			sink := new(spySink)
			mux := http.NewServeMux()
			route(mux, newHandler(t, v, sink, webhook.WithMaxBody(1000)))
			server := httptest.NewServer(mux)
			defer server.Close()
			url, err := webhook.CallbackURL(server.URL+"/api/hooks", token)
			require.NoError(t, err)
			for want, send := range map[int]struct{ url, body string }{
				http.StatusOK:                    {url, testNotice},
				http.StatusNotFound:              {url[:len(url)-1], testNotice},
				http.StatusRequestEntityTooLarge: {url, strings.Repeat(" ", 1001)},
			} {
				resp, err := server.Client().Post(send.url, "application/json", strings.NewReader(send.body))
				require.NoError(t, err)
				require.NoError(t, resp.Body.Close())
				assert.Equal(t, want, resp.StatusCode)
			}
			require.Len(t, sink.all(), 1)
			assert.Equal(t, testNotice, string(sink.all()[0].Body))
		})
	}
}
