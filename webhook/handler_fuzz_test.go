package webhook_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

// FuzzHandler is R42: without the key nothing is accepted, and nothing panics.
func FuzzHandler(f *testing.F) {
	now := time.Unix(1_700_000_000, 0)
	token := webhook.NewPathToken()
	byPath, err := webhook.PathToken(webhook.Endpoint{Label: "base", Token: token})
	require.NoError(f, err)
	bySignature := newHMAC(f, timedScheme(func() time.Time { return now }), testSecret)
	sink := new(spySink)
	handlers := []*webhook.Handler{
		newHandler(f, byPath, sink, webhook.WithMaxBody(4096)),
		newHandler(f, bySignature, sink, webhook.WithMaxBody(4096)),
	}
	f.Add("POST", "/hooks/x", "v1="+strings.Repeat("0", 64), "1700000000", "application/json", []byte(testNotice), int64(-1))
	f.Add("GET", "/", "", "", "", []byte{}, int64(0))
	f.Add("POST", "/"+token[:20], "v1=,,v1=x v1=", "-9223372036854775808", ";", []byte("[[["), int64(7))
	f.Add("", "", "v1=\x00", "1700000000 1700000000", "a/b; c=\"", []byte("\xff"), int64(1<<62))
	f.Fuzz(func(t *testing.T, method, path, signature, timestamp, contentType string, body []byte, length int64) {
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		r.Method, r.URL.Path, r.ContentLength = method, path, length
		r.Header = http.Header{"X-Signature": {signature, signature}, "X-Timestamp": {timestamp}, "Content-Type": {contentType}}
		mac := hmac.New(sha256.New, []byte(testSecret))
		mac.Write([]byte(timestamp + "."))
		mac.Write(body)
		genuine := strings.Contains(strings.ToLower(signature), hex.EncodeToString(mac.Sum(nil))) || strings.HasSuffix(path, token)
		before := len(sink.all())
		for _, h := range handlers {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			require.NotEqual(t, http.StatusInternalServerError, w.Code, "a panic")
			if !genuine {
				require.GreaterOrEqual(t, w.Code, 400)
				require.Len(t, sink.all(), before)
			}
		}
	})
}
