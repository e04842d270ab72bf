package webhook_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

// bodySpy tells whether somebody read from it.
type bodySpy struct{ read bool }

func (b *bodySpy) Read([]byte) (int, error) { b.read = true; return 0, io.EOF }

func (b *bodySpy) Close() error { return nil }

func TestR37WrongTokenIsLikeNoPageAtAll(t *testing.T) {
	token := webhook.NewPathToken()
	v, err := webhook.PathToken(webhook.Endpoint{Label: "base", Token: token})
	require.NoError(t, err)
	var logged bytes.Buffer
	sink := new(spySink)
	h := newHandler(t, v, sink, webhook.WithLogger(slog.New(slog.NewTextHandler(&logged, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	mux := http.NewServeMux()
	mux.Handle("/hooks/", h)
	nothing := serve(mux, httptest.NewRequest(http.MethodPost, "/elsewhere", nil))
	nothingText := bodyText(t, nothing)

	check := func(t *testing.T, path string) {
		t.Helper()
		body := new(bodySpy)
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.URL.Path, r.Body = path, body
		resp := serve(h, r)
		text := bodyText(t, resp)
		require.Equal(t, http.StatusNotFound, resp.StatusCode)
		require.Equal(t, nothingText, text)
		require.Equal(t, nothing.Header.Get("Content-Type"), resp.Header.Get("Content-Type"))
		require.Equal(t, nothing.Header.Get("X-Content-Type-Options"), resp.Header.Get("X-Content-Type-Options"))
		require.False(t, body.read, "the body must not be read")
		require.NotContains(t, text, token)
	}
	for i := range len(token) {
		wrong := []byte(token)
		if wrong[i] = 'A'; token[i] == 'A' {
			wrong[i] = 'B'
		}
		check(t, "/hooks/"+string(wrong))
	}
	check(t, "/hooks/")
	check(t, "/hooks/"+token[:len(token)-1])
	check(t, "/hooks/"+token+"/more")
	assert.Empty(t, sink.all())

	resp := serve(mux, httptest.NewRequest(http.MethodPost, "/hooks/"+token, strings.NewReader(testNotice)))
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Equal(t, "base", sink.all()[0].Label)
	assert.NotEmpty(t, logged.String())
	assert.NotContains(t, logged.String(), token)
}

func TestPathTokenRefusesUnclearEndpoints(t *testing.T) {
	a, b := webhook.NewPathToken(), webhook.NewPathToken()
	six := make([]webhook.Endpoint, 6)
	for i := range six {
		six[i] = webhook.Endpoint{Label: "base", Token: webhook.NewPathToken()}
	}
	for name, endpoints := range map[string][]webhook.Endpoint{
		"none":                 nil,
		"no label":             {{Label: " ", Token: a}},
		"control in label":     {{Label: "a\nb", Token: a}},
		"long label":           {{Label: strings.Repeat("l", 129), Token: a}},
		"invalid label":        {{Label: "\xff", Token: a}},
		"token of two labels":  {{Label: "x", Token: a}, {Label: "z", Token: b}, {Label: "y", Token: a}},
		"token twice":          {{Label: "x", Token: a}, {Label: "x", Token: a}},
		"six tokens per label": six,
	} {
		t.Run(name, func(t *testing.T) {
			v, err := webhook.PathToken(endpoints...)
			require.Error(t, err)
			assert.Nil(t, v)
			assert.NotContains(t, err.Error(), a)
		})
	}
	_, err := webhook.PathToken(six[:5]...)
	require.NoError(t, err)
}

func TestPathTokenFindsTheLabel(t *testing.T) {
	oldToken, newToken, other := webhook.NewPathToken(), webhook.NewPathToken(), webhook.NewPathToken()
	v, err := webhook.PathToken(
		webhook.Endpoint{Label: "base", Token: oldToken},
		webhook.Endpoint{Label: "clean", Token: other},
		webhook.Endpoint{Label: "base", Token: newToken},
	)
	require.NoError(t, err)
	for path, label := range map[string]string{
		"/" + oldToken: "base", "/a/b/" + newToken: "base", "/hooks/" + other: "clean", "/hooks/" + other + "/": "clean", "//" + other + "//": "clean",
	} {
		got, err := webhook.Verify(v, httptest.NewRequest(http.MethodPost, path, nil), nil)
		require.NoError(t, err)
		assert.Equal(t, label, got)
	}
	for _, path := range []string{"/", "/hooks", "//", "/" + oldToken + "/x/", "/" + oldToken + "x", "/x" + oldToken, "/" + oldToken + "/more", "/" + strings.Repeat("k", 4000)} {
		r := httptest.NewRequest(http.MethodPost, path, nil)
		assert.ErrorIs(t, admit(v, r), webhook.ErrUnknownEndpoint, path)
		_, err := webhook.Verify(v, r, nil)
		assert.ErrorIs(t, err, webhook.ErrUnknownEndpoint, path)
	}
}
