package webhook_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

const (
	testSecret = "RqFPpuDNZyLOeojNhsb7xiY9knomrplI"
	oldSecret  = "W0vF7l3KcX9tUe5bQz8nGdYh"
	testNotice = `[{"member_id":41870215,"status":"changed","changed_fields":["headline"]}]`
)

// spySink remembers what it was given and returns err.
type spySink struct {
	mu         sync.Mutex
	deliveries []*webhook.Delivery
	err        error
}

func (s *spySink) Put(_ context.Context, d *webhook.Delivery) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.deliveries = append(s.deliveries, d)
	return s.err
}

func (s *spySink) all() []*webhook.Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deliveries
}

// timedScheme signs "timestamp.body" at the time of the clock.
func timedScheme(now func() time.Time) webhook.HMACScheme {
	return webhook.HMACScheme{
		Label:           "signed",
		Header:          "X-Signature",
		Prefix:          "v1=",
		TimestampHeader: "X-Timestamp",
		Signed: []webhook.SignedPart{
			webhook.SignedTimestamp(), webhook.SignedText("."), webhook.SignedBody(),
		},
		Clock: now,
	}
}

// bodyScheme signs the body alone.
func bodyScheme() webhook.HMACScheme {
	return webhook.HMACScheme{Label: "signed", Header: "X-Signature"}
}

func newHMAC(t testing.TB, scheme webhook.HMACScheme, secrets ...string) webhook.Verifier {
	t.Helper()
	sender, err := webhook.HMAC("hmac", scheme, webhook.DecodeRaw, secrets...)
	require.NoError(t, err)
	return sender.Verifier
}

func admit(v webhook.Verifier, r *http.Request) error {
	_, err := v.Admit(r)
	return err
}

// sends returns a sender of Coresignal's notices that the verifier recognises.
func sends(v webhook.Verifier) webhook.Sender {
	return webhook.Sender{Source: webhook.SourceCoresignal, Verifier: v, Decoder: webhook.DecodeCoresignal}
}

func newHandler(t testing.TB, v webhook.Verifier, sink webhook.Sink, opts ...webhook.Option) *webhook.Handler {
	t.Helper()
	return newHandlerOf(t, sends(v), sink, opts...)
}

func newHandlerOf(t testing.TB, sender webhook.Sender, sink webhook.Sink, opts ...webhook.Option) *webhook.Handler {
	t.Helper()
	h, err := webhook.NewHandler(sender, sink, opts...)
	require.NoError(t, err)
	return h
}

// signedRequest returns a POST of the body, signed by bodyScheme.
func signedRequest(t testing.TB, body string) *http.Request {
	t.Helper()
	header, err := webhook.SignHMAC(bodyScheme(), testSecret, []byte(body), time.Time{}, nil)
	require.NoError(t, err)
	r := httptest.NewRequest(http.MethodPost, "/hooks", bytes.NewReader([]byte(body)))
	r.Header = header
	return r
}

func serve(h http.Handler, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func bodyText(t testing.TB, resp *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return string(text)
}
