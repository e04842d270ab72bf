package silence

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	key     = "0123456789abcdef0123456789abcdef"
	patient = 20 * time.Second // only a test that fails waits for so long
)

// log is a handler of slog that keeps warnings and says when there is one that it waits for.
type log struct {
	mu    sync.Mutex
	lines []string
	want  string
	found chan struct{}
}

func (l *log) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, strings.TrimSpace(string(line)))
	if strings.Contains(string(line), l.want) {
		select {
		case l.found <- struct{}{}:
		default:
		}
	}
	return len(line), nil
}

func (l *log) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

// provider knows one key and sells one record to everybody, under the paths of Coresignal.
func provider(t *testing.T) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		id, collect := strings.CutPrefix(r.URL.Path, "/cdapi/v2/employee_base/collect/")
		switch {
		case !collect:
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"message":"no Route matched with those values","request_id":"7c0bd0"}`)
		case r.Header.Get("apikey") != key:
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = io.WriteString(w, `{"detail":"Invalid API key"}`)
		default:
			_, _ = io.WriteString(w, `{"id":`+id+`,"full_name":"Ann Example"}`)
		}
	}))
	t.Cleanup(server.Close)
	return server
}

// TestFailuresAreHeard: each failure of a receiver without any logger is a line at WARN that names the reason.
func TestFailuresAreHeard(t *testing.T) {
	type store = func(context.Context, refresh.Outcome[employee.BaseRecord]) error
	saves := func(context.Context, refresh.Outcome[employee.BaseRecord]) error { return nil }
	for name, c := range map[string]struct {
		path, key string
		store     store
		budget    int64
		want      string
	}{
		"wrong base URL": {"/wrong", key, saves, 5_000, "404"},
		"wrong key":      {"", strings.Repeat("x", 32), saves, 5_000, "401"},
		"store returns an error": {"", key, func(context.Context, refresh.Outcome[employee.BaseRecord]) error {
			return errors.New("database is locked")
		}, 5_000, "database is locked"},
		"store panics": {"", key, func(context.Context, refresh.Outcome[employee.BaseRecord]) error {
			panic("assignment to entry in nil map")
		}, 5_000, "panic"},
		"budget of nothing": {"", key, saves, 0, "budget"},
	} {
		t.Run(name, func(t *testing.T) {
			heard := &log{want: c.want, found: make(chan struct{}, 1)}
			before := slog.Default()
			slog.SetDefault(slog.New(slog.NewTextHandler(heard, &slog.HandlerOptions{Level: slog.LevelWarn})))
			defer slog.SetDefault(before)

			client, err := pronet.New(pronet.WithCoresignal(c.key, pronet.BaseURL(provider(t).URL+c.path)))
			require.NoError(t, err)
			defer client.CloseIdleConnections()
			token := webhook.NewPathToken()
			sender, err := webhook.Coresignal(webhook.Endpoint{Label: "data engineers", Token: token})
			require.NoError(t, err)
			notices, err := spool.Open(t.TempDir(), spool.Options{}, sender)
			require.NoError(t, err)
			defer func() { assert.NoError(t, notices.Close()) }()
			handler, err := webhook.NewHandler(sender, notices)
			require.NoError(t, err)
			refresher, err := refresh.New(client.Employees.Base, client.BulkCollect.Base, c.store,
				refresh.Options{Budget: employee.NewBudget(c.budget)})
			require.NoError(t, err)
			ctx, cancel := context.WithCancel(t.Context())
			stopped := make(chan error, 1)
			go func() { stopped <- notices.Run(ctx, refresher.Handle) }()

			w := httptest.NewRecorder()
			handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/coresignal/"+token, strings.NewReader(`[{"member_id":7,"status":"changed"}]`)))
			assert.Equal(t, http.StatusOK, w.Code)
			select {
			case <-heard.found:
			case <-time.After(patient):
				t.Errorf("no warning has %q in it; %d deliveries are pending; what was said:\n%s", c.want, notices.Pending(), heard.text())
			}
			cancel()
			assert.ErrorIs(t, <-stopped, context.Canceled)
			t.Log(heard.text())
			assert.NotContains(t, heard.text(), c.key)
			assert.NotContains(t, heard.text(), token)
		})
	}
}
