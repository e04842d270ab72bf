package webhook_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/pronet-go/pronet/webhook"
)

func TestR41PanicsAreAnsweredAndTheClaimIsReleased(t *testing.T) {
	var logged bytes.Buffer
	calls := 0
	h := newHandler(t, webhook.Unsigned("base"), webhook.Func(func(context.Context, *webhook.Delivery) error {
		if calls++; calls == 1 {
			_ = make([]int, 1)[calls]
		}
		return nil
	}), webhook.WithLogger(slog.New(slog.NewTextHandler(&logged, nil))))
	request := func() *http.Request { return httptest.NewRequest(http.MethodPost, "/", strings.NewReader(testNotice)) }
	resp := serve(h, request())
	assert.Equal(t, http.StatusInternalServerError, resp.StatusCode)
	assert.Equal(t, "Internal Server Error\n", bodyText(t, resp))
	assert.Contains(t, logged.String(), "index out of range")
	assert.Equal(t, http.StatusOK, serve(h, request()).StatusCode)
	assert.Equal(t, http.StatusOK, serve(h, request()).StatusCode)
	assert.Equal(t, 2, calls, "the claim is released by the panic and kept by the success")
}

func TestR41PanicOfADecoder(t *testing.T) {
	sender := sends(webhook.Unsigned("base"))
	sender.Decoder = func(*webhook.Delivery) error { panic("decoder") }
	h := newHandlerOf(t, sender, new(spySink))
	assert.Equal(t, http.StatusInternalServerError, serve(h, httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))).StatusCode)
}
