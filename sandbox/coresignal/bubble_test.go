package coresignal_test

import (
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
)

// startInMemory starts a sandbox that a caller in a synctest bubble can reach.
func startInMemory(t *testing.T, opts ...sandbox.Option) (*sandbox.Sandbox, *caller) {
	t.Helper()
	sb, err := sandbox.New(opts...)
	require.NoError(t, err)
	require.NoError(t, sb.StartInMemory())
	transport := &http.Transport{DialContext: sb.Dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		sb.Close()
	})
	return sb, &caller{
		t:      t,
		sb:     sb,
		client: &http.Client{Transport: transport},
		header: http.Header{"Apikey": {sb.Coresignal.APIKey()}, "Authorization": {"Bearer " + sb.Coresignal.JWT()}},
	}
}

// hooks is a transport that receives deliveries without a socket.
type hooks struct {
	t      *testing.T
	mu     sync.Mutex
	bodies map[string][]string
	at     map[string][]time.Time
	fail   error
	slow   time.Duration
}

func newHooks(t *testing.T) *hooks {
	return &hooks{t: t, bodies: map[string][]string{}, at: map[string][]time.Time{}}
}

func (h *hooks) url(path string) string { return "http://localhost" + path }

func (h *hooks) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	select {
	case <-time.After(h.slow):
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fail != nil {
		return nil, fmt.Errorf("hooks: %w", h.fail)
	}
	h.bodies[r.URL.Path] = append(h.bodies[r.URL.Path], string(body))
	h.at[r.URL.Path] = append(h.at[r.URL.Path], time.Now())
	return &http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

func (h *hooks) got(path string) []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), h.bodies[path]...)
}
