package webhook_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/webhook"
)

// challenge is how a sender tests that the receiver is there.
func challenge(w http.ResponseWriter, r *http.Request) bool {
	code := r.URL.Query().Get("code")
	if code == "" {
		return false
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"response":"`+strings.ToUpper(code)+`"}`)
	return true
}

func TestChallengeIsAnsweredBeforeStoreAndSink(t *testing.T) {
	sink := new(spySink)
	store := &spyStore{}
	sender := sends(webhook.Unsigned("base"))
	sender.Challenge = challenge
	h := newHandlerOf(t, sender, sink, webhook.WithStore(store))
	resp := serve(h, httptest.NewRequest(http.MethodGet, "/?code=abc", nil))
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, `{"response":"ABC"}`, bodyText(t, resp))
	resp = serve(h, httptest.NewRequest(http.MethodGet, "/", nil))
	assert.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode)
	assert.Equal(t, "GET, POST", resp.Header.Get("Allow"))
	assert.Equal(t, http.StatusMethodNotAllowed, serve(h, httptest.NewRequest(http.MethodPut, "/?code=abc", nil)).StatusCode)
	assert.Empty(t, sink.all())
	assert.Empty(t, store.calls)
	assert.Equal(t, http.StatusOK, serve(h, httptest.NewRequest(http.MethodPost, "/", strings.NewReader("[]"))).StatusCode)
	assert.Len(t, sink.all(), 1)
}
