package webhook_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/webhook"
)

// challenger is what a verifier with a handshake looks like.
type challenger struct{ webhook.Verifier }

func (challenger) Challenge(w http.ResponseWriter, r *http.Request) bool {
	code := r.URL.Query().Get("code")
	if code == "" {
		return false
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"answer":"`+strings.ToUpper(code)+`"}`)
	return true
}

func TestChallengeIsAnsweredBeforeStoreAndSink(t *testing.T) {
	sink := new(spySink)
	store := &spyStore{}
	h := newHandler(t, challenger{webhook.Unsigned("base")}, sink, webhook.WithDedupe(store, time.Hour))
	resp := serve(h, httptest.NewRequest(http.MethodGet, "/?code=abc", nil))
	assert.Equal(t, http.StatusOK, resp.StatusCode)
	assert.Equal(t, `{"answer":"ABC"}`, bodyText(t, resp))
	resp = serve(h, httptest.NewRequest(http.MethodGet, "/", nil))
	assert.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode)
	assert.Equal(t, "GET, POST", resp.Header.Get("Allow"))
	assert.Equal(t, http.StatusMethodNotAllowed, serve(h, httptest.NewRequest(http.MethodPut, "/?code=abc", nil)).StatusCode)
	assert.Empty(t, sink.all())
	assert.Empty(t, store.calls)
	assert.Equal(t, http.StatusOK, serve(h, httptest.NewRequest(http.MethodPost, "/", strings.NewReader("[]"))).StatusCode)
	assert.Len(t, sink.all(), 1)
}
