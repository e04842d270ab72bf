package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/webhook"
)

// output collects what a running server prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// running is a server in this process.
type running struct {
	t        *testing.T
	env      map[string]string
	client   *http.Client
	base     string
	out, log output
	stop     func() error
}

// environment is one with which a server of the sandbox starts.
func environment(t *testing.T, sb *sandbox.Sandbox) map[string]string {
	return map[string]string{
		"CORESIGNAL_API_KEY": sb.Coresignal.APIKey(), "CORESIGNAL_BASE_URL": sb.Coresignal.URL(), "WEBHOOK_TOKEN": webhook.NewPathToken(),
		"ADDR": "127.0.0.1:0", "DATA_DIR": t.TempDir(), "CALLS_PER_SECOND": "1000",
	}
}

func startServer(t *testing.T, env map[string]string) *running {
	t.Helper()
	r := &running{t: t, env: env, client: &http.Client{Transport: &http.Transport{}}}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx, nil, func(name string) string { return env[name] }, &r.out, &r.log) }()
	r.stop = sync.OnceValue(func() error {
		cancel()
		r.client.CloseIdleConnections()
		return <-done
	})
	t.Cleanup(func() { assert.NoError(t, r.stop()) })
	r.waitFor(`"msg":"listening"`)
	var listening struct{ Address string }
	for line := range strings.Lines(r.log.String()) {
		if strings.Contains(line, `"msg":"listening"`) {
			require.NoError(t, json.Unmarshal([]byte(line), &listening))
		}
	}
	r.base = "http://" + listening.Address
	return r
}

func (r *running) waitFor(text string) {
	r.t.Helper()
	require.Eventually(r.t, func() bool { return strings.Contains(r.log.String(), text) }, time.Minute, time.Millisecond, "%s", text)
}

func (r *running) post(body string) int {
	r.t.Helper()
	response, err := r.client.Post(r.base+"/hooks/coresignal/"+r.env["WEBHOOK_TOKEN"], "application/json", strings.NewReader(body))
	require.NoError(r.t, err)
	_, _ = io.Copy(io.Discard, response.Body)
	require.NoError(r.t, response.Body.Close())
	return response.StatusCode
}

// file returns what a file of DATA_DIR holds, once it is there.
func (r *running) file(name string) string {
	r.t.Helper()
	path := filepath.Join(r.env["DATA_DIR"], name)
	require.Eventually(r.t, func() bool { _, err := os.Stat(path); return err == nil }, time.Minute, time.Millisecond, "%s", name)
	content, err := os.ReadFile(path)
	require.NoError(r.t, err)
	return string(content)
}

func changeOf(id int64) string { return fmt.Sprintf(`[{"member_id":%d,"status":"changed"}]`, id) }

func TestServeAndStop(t *testing.T) {
	sb, err := sandbox.Start(coresignal.WithPeople(10))
	require.NoError(t, err)
	defer sb.Close()
	server := startServer(t, environment(t, sb))
	id := sb.Coresignal.PersonIDs()[0]
	assert.Equal(t, http.StatusOK, server.post(changeOf(id)))
	assert.Contains(t, server.file(fmt.Sprintf("records/%d.json", id)), fmt.Sprintf(`{"id":%d,`, id))
	assert.Equal(t, 1, sb.Coresignal.Collected(id))
	require.NoError(t, server.stop())
	assert.Contains(t, server.log.String(), `"msg":"stopping"`)
	assert.NotContains(t, server.log.String(), server.env["WEBHOOK_TOKEN"])
	assert.NotContains(t, server.log.String(), sb.Coresignal.APIKey())
	assert.NotContains(t, server.log.String(), `"level":"ERROR"`)
	assert.Zero(t, files(t, server.env["DATA_DIR"], "notices/*/*.delivery"))
	assert.Zero(t, files(t, server.env["DATA_DIR"], "records/*.tmp"))
}

// TestThePrintedCommandSubscribes: what the server prints for the sandbox's terminal is what the sandbox needs. With the
// real provider nothing is printed that holds the token.
func TestThePrintedCommandSubscribes(t *testing.T) {
	sb, err := sandbox.Start(coresignal.WithPeople(10))
	require.NoError(t, err)
	defer sb.Close()
	server := startServer(t, environment(t, sb))
	assert.Equal(t, fmt.Sprintf("Listening. To see a notice arrive, type in the sandbox's terminal:\n  subscribe %s/hooks/coresignal/%s\n  promote 1 Head of Sales\n  deliver\n",
		server.base, server.env["WEBHOOK_TOKEN"]), server.out.String())

	env := environment(t, sb)
	env["CORESIGNAL_BASE_URL"] = "https://127.0.0.1:1"
	server = startServer(t, env)
	assert.Empty(t, server.out.String())
}

// TestHealthzTellsAStrangerNothing, and reads no file: it says whether the work goes on, from memory.
func TestHealthzTellsAStrangerNothing(t *testing.T) {
	dir := t.TempDir()
	s := inBubble(t, dir, io.Discard)
	handler, notices := s.handler(), s.pipeline.Notices()
	health := func() (int, string) {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/healthz", nil))
		return w.Code, w.Body.String()
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- notices.Run(ctx, func(context.Context, *webhook.Delivery) error { return nil }) }()
	require.Eventually(t, func() bool { return notices.Status().Running }, time.Minute, time.Millisecond)
	require.NoError(t, os.RemoveAll(filepath.Join(dir, "notices")))
	status, text := health()
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, "OK\n", text)
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	status, text = health()
	assert.Equal(t, http.StatusServiceUnavailable, status)
	assert.Equal(t, "Service Unavailable\n", text)
	_ = s.pipeline.Close()
}

// oneConn is a listener with a single connection, in memory.
type oneConn struct {
	conns chan net.Conn
	addr  net.Addr
	once  sync.Once
}

func (l *oneConn) Accept() (net.Conn, error) {
	if conn, ok := <-l.conns; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}
func (l *oneConn) Close() error   { l.once.Do(func() { close(l.conns) }); return nil }
func (l *oneConn) Addr() net.Addr { return l.addr }

// inBubble makes a server without a provider, which can be in a synctest bubble.
func inBubble(t *testing.T, dir string, log io.Writer) *server {
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "employees", Token: webhook.NewPathToken()})
	require.NoError(t, err)
	client, err := pronet.New(pronet.WithCoresignal("key"))
	require.NoError(t, err)
	nobody := func(context.Context, refresh.Update[employee.BaseRecord]) error { return nil }
	pipeline, err := refresh.Open(client.Employees.Base, client.BulkCollect.Base, dir, sender, nobody, refresh.PipelineOptions{
		CreditsPerDay: 70, Window: -1, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	return &server{client: client, pipeline: pipeline, log: slog.New(slog.NewJSONHandler(log, nil))}
}

// TestR66SilenceHoldsNothing: a request that announces a body and falls silent gets its response, whatever it asks for.
func TestR66SilenceHoldsNothing(t *testing.T) {
	for _, request := range []string{"POST /hooks/coresignal/wrong", "PUT /hooks/coresignal/wrong", "POST /healthz", "GET /healthz", "POST /nowhere", "GET /"} {
		synctest.Test(t, func(t *testing.T) {
			s := inBubble(t, t.TempDir(), io.Discard)
			defer func() { require.NoError(t, s.pipeline.Close()) }()
			ours, theirs := net.Pipe()
			l := &oneConn{conns: make(chan net.Conn, 1), addr: ours.LocalAddr()}
			l.conns <- theirs
			ctx, cancel := context.WithCancel(t.Context())
			stopped := make(chan error, 1)
			go func() { stopped <- s.run(ctx, l) }()
			_, err := fmt.Fprintf(ours, "%s HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n", request)
			require.NoError(t, err)
			require.NoError(t, ours.SetReadDeadline(time.Now().Add(time.Minute)))
			_, err = http.ReadResponse(bufio.NewReader(ours), nil)
			require.NoError(t, err, request)
			require.NoError(t, ours.Close())
			cancel()
			require.NoError(t, <-stopped)
		})
	}
}

// TestWatchSaysWhatWaits: each minute, and at WARN what needs a person.
func TestWatchSaysWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log output
		s := inBubble(t, t.TempDir(), &log)
		ctx, cancel := context.WithCancel(t.Context())
		watching := make(chan struct{})
		go func() { s.watch(ctx); close(watching) }()
		put := func(key string) {
			require.NoError(t, s.pipeline.Notices().Put(ctx, &webhook.Delivery{Source: webhook.SourceCoresignal, Label: "employees", Key: key, ReceivedAt: time.Now(), Body: []byte(changeOf(7))}))
		}
		put("a")
		time.Sleep(time.Minute + time.Second)
		line := `{"time":"2000-01-01T00:01:00Z","level":"INFO","msg":"notices","pending":1,"oldest":"1m0s","dead":0,"credits_left":70,"last_error":"none"}` + "\n"
		assert.Equal(t, line, log.String())
		ended := make(chan error, 1)
		go func() {
			ended <- s.pipeline.Notices().Run(ctx, func(context.Context, *webhook.Delivery) error { return fmt.Errorf("no good: %w", webhook.ErrGiveUp) })
		}()
		time.Sleep(time.Minute)
		assert.Equal(t, line+`{"time":"2000-01-01T00:02:00Z","level":"WARN","msg":"notices","pending":0,"oldest":"0s","dead":1,"credits_left":70,"last_error":"no good: webhook: given up"}`+"\n", log.String())
		cancel()
		<-watching
		<-ended
		require.NoError(t, s.pipeline.Close())
	})
}

// TestStoppingDoesNotWaitForWhatIsNotDue: a delivery whose next attempt is in minutes stays in the spool.
func TestStoppingDoesNotWaitForWhatIsNotDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := inBubble(t, t.TempDir(), io.Discard)
		ctx, cancel := context.WithCancel(t.Context())
		tried := make(chan struct{}, 100)
		ended := make(chan error, 1)
		go func() {
			ended <- s.pipeline.Notices().Run(ctx, func(context.Context, *webhook.Delivery) error { tried <- struct{}{}; return errors.New("not now") })
		}()
		require.NoError(t, s.pipeline.Notices().Put(ctx, &webhook.Delivery{Source: webhook.SourceCoresignal, Label: "employees", Key: "a", ReceivedAt: time.Now(), Body: []byte(changeOf(7))}))
		<-tried
		synctest.Wait()
		began := time.Now()
		s.finish(ctx)
		assert.Zero(t, time.Since(began))
		cancel()
		<-ended
		require.NoError(t, s.pipeline.Close())
	})
}

// TestSixHugeNoticesDoNotEndTheServer: whoever has read the path's token in an access log can send bodies of very many
// small values. Each is stored, and ends among the dead.
func TestSixHugeNoticesDoNotEndTheServer(t *testing.T) {
	sb, err := sandbox.Start(coresignal.WithPeople(10))
	require.NoError(t, err)
	defer sb.Close()
	server := startServer(t, environment(t, sb))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var posting sync.WaitGroup
	bodies := [...]string{"1,", "{},", "[],", `"",`, "[[1]],", `{"member_id":0},`}
	size := webhook.DefaultMaxBody
	if pronettest.Race && !pronettest.Hard() {
		size = 1 << 20 // Everything takes ten times as long, and the deadline is the same.
	}
	for i, unit := range bodies {
		body := "[" + strings.Repeat(unit, (size-16)/len(unit)) + fmt.Sprint(i) + "]"
		posting.Go(func() {
			for status := 0; status != http.StatusOK; { // the sixth may have to wait for the first
				status = server.post(body)
				assert.Contains(t, []int{http.StatusOK, http.StatusServiceUnavailable}, status, unit)
			}
		})
	}
	posting.Wait()
	require.Eventually(t, func() bool { return files(t, server.env["DATA_DIR"], "notices/dead/*.delivery") == len(bodies) }, time.Minute, 10*time.Millisecond)
	runtime.ReadMemStats(&after)
	assert.Less(t, (after.Sys-before.Sys)>>20, uint64(1200), "MiB more that the process has of the system, with the senders' share")
	id := sb.Coresignal.PersonIDs()[0]
	assert.Equal(t, http.StatusOK, server.post(changeOf(id)))
	server.file(fmt.Sprintf("records/%d.json", id))
}

// TestAWrongKeyOrAddressIsSeenAtTheStart, before a notice comes; the server goes on to store notices.
func TestAWrongKeyOrAddressIsSeenAtTheStart(t *testing.T) {
	sb, err := sandbox.Start(coresignal.WithPeople(10))
	require.NoError(t, err)
	defer sb.Close()
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	good := environment(t, sb)
	for want, change := range map[string]map[string]string{
		"copy the key once more and start again":                {"CORESIGNAL_API_KEY": "0123456789abcdef0123456789abcdef"},
		"look at CORESIGNAL_BASE_URL, if it is set, and at the": {"CORESIGNAL_BASE_URL": other.URL},
	} {
		env := maps.Clone(good)
		maps.Copy(env, change)
		env["DATA_DIR"] = t.TempDir()
		server := startServer(t, env)
		server.waitFor(want)
		assert.Equal(t, http.StatusOK, server.post(changeOf(7)))
		assert.NotContains(t, server.log.String(), env["CORESIGNAL_API_KEY"])
	}
}
