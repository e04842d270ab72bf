package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/webhook"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// text is what has been written so far, and tells of each write.
type text struct {
	mu      sync.Mutex
	buffer  bytes.Buffer
	written chan struct{}
}

func newText() *text { return &text{written: make(chan struct{}, 1)} }

func (w *text) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case w.written <- struct{}{}:
	default:
	}
	return w.buffer.Write(p)
}

func (w *text) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buffer.String()
}

// until waits until something is there.
func (w *text) until(t *testing.T, wanted string) {
	t.Helper()
	limit := time.After(20 * time.Second)
	for !strings.Contains(w.String(), wanted) {
		select {
		case <-w.written:
		case <-limit:
			require.Contains(t, w.String(), wanted)
		}
	}
}

// program is a run of the program under test.
type program struct {
	t        *testing.T
	in       *io.PipeWriter
	out, log *text
	stop     context.CancelFunc
	ended    chan error
}

func start(t *testing.T, args ...string) *program {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe()
	p := &program{t: t, in: w, out: newText(), log: newText(), stop: stop, ended: make(chan error, 1)}
	go func() { p.ended <- run(ctx, append([]string{"-addr", "127.0.0.1:0"}, args...), r, p.out, p.log) }()
	t.Cleanup(func() {
		stop()
		_ = w.Close()
	})
	p.out.until(t, `"quit" ends.`)
	return p
}

func (p *program) say(line string) {
	p.t.Helper()
	_, err := io.WriteString(p.in, line+"\n")
	require.NoError(p.t, err)
}

// value finds what the program printed behind a name.
func (p *program) value(name string) string {
	p.t.Helper()
	found := regexp.MustCompile(`(?m)^` + name + ` +(\S+)$`).FindStringSubmatch(p.out.String())
	require.NotNil(p.t, found)
	return found[1]
}

func (p *program) end() error {
	p.t.Helper()
	select {
	case err := <-p.ended:
		return err
	case <-time.After(20 * time.Second):
		require.Fail(p.t, "the program does not end")
		return nil
	}
}

var curlLine = regexp.MustCompile(`(?m)^  (curl -sS -H '(apikey): (\w+)' '(\S+)')$`)

// TestTheLineToTryWorks runs the printed line in a shell, where there is one with
// curl, and sends the same request without.
func TestTheLineToTryWorks(t *testing.T) {
	p := start(t, "-people", "3", "-v")
	line := curlLine.FindStringSubmatch(p.out.String())
	require.NotNil(t, line)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, line[4], nil)
	require.NoError(t, err)
	req.Header.Set(line[2], line[3])
	got := fetch(t, req)
	assert.Regexp(t, `^\{"full_name":"[^"]+","headline":("[^"]+"|null)\}$`, got)

	if _, err := exec.LookPath("curl"); err == nil {
		out, err := exec.CommandContext(t.Context(), "sh", "-c", line[1]).Output()
		require.NoError(t, err)
		assert.Equal(t, got, string(out))
	}
	p.log.until(t, `msg="sandbox: request" method=GET route="GET /cdapi/v2/employee_base/collect/{ref}" status=200`)
	assert.NotContains(t, p.log.String(), p.value("apikey"))
	p.say("quit")
	require.NoError(t, p.end())
}

func fetch(t *testing.T, req *http.Request) string {
	t.Helper()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, resp.StatusCode, "%s", body)
	return string(body)
}

func TestCommandsChangeWhatIsServed(t *testing.T) {
	received := make(chan string, 1)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		received <- string(body)
	}))
	defer hook.Close()
	p := start(t, "-people", "20", "-credits", "70")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.value("base URL")+"/cdapi/v2/subscriptions/employee_base/es_dsl",
		strings.NewReader(fmt.Sprintf(`{"webhook_url":%q,"es_dsl_query":{"query":{"match_all":{}}}}`, hook.URL)))
	require.NoError(t, err)
	req.Header.Set("apikey", p.value("apikey"))
	req.Header.Set("Content-Type", "application/json")
	fetch(t, req)

	p.say("promote 1 Keeper of the Lighthouse")
	p.out.until(t, "Keeper of the Lighthouse at ")
	p.say("advance 1d")
	assert.Contains(t, <-received, `"status":"changed"`)
	p.out.until(t, "1 delivery, 0 failed")
	p.say("  ")
	p.say("dance")
	p.out.until(t, `error: unknown command; "help" lists them`)
	p.say("status")
	p.out.until(t, "credits        70, spent 0")
	p.say("promote 1 " + strings.Repeat("x", 10_000))
	p.out.until(t, "error: a command has at most 1000 bytes")
	p.say("help")
	p.out.until(t, "advance DURATION")
	p.say("QUIT")
	require.NoError(t, p.end())
	assert.True(t, strings.HasSuffix(p.out.String(), "bye\n"))
	assert.Empty(t, p.log.String(), "nothing stands between a command and its result")
}

func TestTheEndOfTheInputEnds(t *testing.T) {
	p := start(t, "-people", "1")
	_, err := io.WriteString(p.in, "people") // a last line without a line feed counts
	require.NoError(t, err)
	require.NoError(t, p.in.Close())
	require.NoError(t, p.end())
	assert.Contains(t, p.out.String(), "1 of 1 people\nbye\n")
}

func TestTheIDsAreWrittenToAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ids.csv")
	p := start(t, "-people", "3", "-ids", path)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	ids := strings.Fields(string(text))
	require.Len(t, ids, 3)
	p.say("people")
	p.out.until(t, "3 of 3 people")
	for _, id := range ids {
		assert.Contains(t, p.out.String(), id)
	}
	p.stop()
	require.NoError(t, p.end())
	err = run(t.Context(), []string{"-people", "1", "-ids", filepath.Join(path, "below")}, strings.NewReader(""), io.Discard, io.Discard)
	require.Error(t, err)
}

func TestServeOutlivesTheInput(t *testing.T) {
	p := start(t, "-people", "1", "-serve")
	p.say("people")
	p.out.until(t, "1 of 1 people")
	require.NoError(t, p.in.Close())
	for range 2 {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.value("base URL")+"/cdapi/v2/subscriptions", nil)
		require.NoError(t, err)
		req.Header.Set("apikey", p.value("apikey"))
		assert.JSONEq(t, `[]`, fetch(t, req))
	}
	p.stop()
	require.NoError(t, p.end())
	assert.Contains(t, p.out.String(), "stopped\n")
	assert.NotContains(t, p.out.String(), "bye")
}

func TestAnInterruptEndsWhatACommandWaitsFor(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(arrived)
		<-release
	}))
	defer hook.Close()
	defer close(release)
	p := start(t, "-people", "1")
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.value("base URL")+"/cdapi/v2/subscriptions/employee_base/es_dsl",
		strings.NewReader(fmt.Sprintf(`{"webhook_url":%q,"es_dsl_query":{"query":{"match_all":{}}}}`, hook.URL)))
	require.NoError(t, err)
	req.Header.Set("apikey", p.value("apikey"))
	req.Header.Set("Content-Type", "application/json")
	fetch(t, req)
	p.say("leave 1")
	p.say("company 1")
	p.say("deliver")
	<-arrived
	p.stop()
	require.NoError(t, p.end())
}

func TestFlagsAreChecked(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	for name, tt := range map[string]struct {
		args []string
		says string
	}{
		"unknown flag":   {[]string{"-nonsense"}, "not defined"},
		"argument":       {[]string{"serve"}, `unexpected argument "serve"`},
		"people":         {[]string{"-people", "-1"}, "WithPeople"},
		"credits":        {[]string{"-credits", "-1"}, "WithCredits"},
		"key":            {[]string{"-key", "short"}, "WithAPIKey"},
		"host":           {[]string{"-host", "sandbox:80"}, "WithHosts"},
		"rate":           {[]string{"-rate", "-1"}, "WithRateLimit"},
		"seed":           {[]string{"-seed", "x"}, "invalid value"},
		"address":        {[]string{"-addr", "nowhere"}, "missing port"},
		"Sales Webhooks": {[]string{"-addr", "127.0.0.1:0", "-addr-sales", "nowhere"}, "missing port"},
		"LinkedIn":       {[]string{"-addr", "127.0.0.1:0", "-addr-linkedin", "nowhere"}, "missing port"},
		"tokens":         {[]string{"-addr", "127.0.0.1:0", "-addr-linkedin", "127.0.0.1:0", "-addr-linkedin-accounts", "nowhere"}, "missing port"},
		"address in use": {[]string{"-addr", taken.Addr().String()}, "in use"},
	} {
		t.Run(name, func(t *testing.T) {
			err := run(t.Context(), tt.args, strings.NewReader(""), io.Discard, io.Discard)
			require.ErrorContains(t, err, tt.says)
		})
	}
	var log strings.Builder
	require.ErrorIs(t, run(t.Context(), []string{"-h"}, nil, io.Discard, &log), flag.ErrHelp)
	for _, name := range []string{"-addr", "-addr-sales", "-addr-linkedin", "-addr-linkedin-accounts", "-people", "-seed", "-credits", "-rate", "-ids", "-serve", "-key", "-host", "-v"} {
		assert.Contains(t, log.String(), name)
	}
}

// TestR73KeysAndHosts: random keys unless a seed or a key is given, and names that are allowed.
func TestR73KeysAndHosts(t *testing.T) {
	keys := map[string]int{}
	for _, args := range [][]string{nil, nil, {"-seed", "1"}, {"-seed", "1"}, {"-key", "SandboxKeyOfOurTests"}} {
		p := start(t, append(args, "-people", "1", "-host", "sandbox", "-host", "sandbox.internal")...)
		keys[p.value("apikey")]++
		for host, want := range map[string]int{"sandbox": 200, "Sandbox.internal:8181": 200, "attacker.example": 403} {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.value("base URL")+"/cdapi/v2/subscriptions", nil)
			require.NoError(t, err)
			req.Host = host
			req.Header.Set("apikey", p.value("apikey"))
			assert.Equal(t, want, statusOf(t, req), host)
		}
		p.log.until(t, "request refused")
		p.say("quit")
		require.NoError(t, p.end())
	}
	assert.Len(t, keys, 4)
	assert.Equal(t, 1, keys["SandboxKeyOfOurTests"])
}

func statusOf(t *testing.T, req *http.Request) int {
	t.Helper()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

// TestTheLinesToPasteEndInANotice: what is printed at the start, in its order, with a receiver where the example listens.
func TestTheLinesToPasteEndInANotice(t *testing.T) {
	p := start(t, "-people", "20")
	printed := p.out.String()
	paste := regexp.MustCompile(`(?m)^  (subscribe (http://127\.0\.0\.1:8080/hooks/coresignal/(\S+)) \d+)\n  (promote \d+ Head of Sales)\n  (deliver)$`).FindStringSubmatch(printed)
	require.NotNil(t, paste)
	export := regexp.MustCompile(`(?m)^  export CORESIGNAL_BASE_URL=(\S+) CORESIGNAL_API_KEY=(\S+) WEBHOOK_TOKEN=(\S+)$`).FindStringSubmatch(printed)
	require.NotNil(t, export)
	assert.Equal(t, []string{p.value("base URL"), p.value("apikey"), paste[3]}, export[1:])
	_, err := webhook.Coresignal(webhook.Endpoint{Label: "x", Token: paste[3]})
	require.NoError(t, err)
	first := regexp.MustCompile(`https?://\S+`).FindString(printed)
	_, err = pronet.New(pronet.WithCoresignal(export[2], pronet.BaseURL(first)))
	require.NoError(t, err, "the first address is the one to paste")

	received := make(chan string, 1)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		received <- r.URL.Path
	}))
	defer hook.Close()
	p.say(strings.Replace(paste[1], "http://127.0.0.1:8080", hook.URL, 1))
	p.say(paste[4])
	p.say(paste[5])
	assert.Equal(t, "/hooks/coresignal/"+paste[3], <-received)
	p.out.until(t, "1 delivery, 0 failed")
	assert.NotContains(t, p.out.String(), "error:")
	p.say("quit")
	require.NoError(t, p.end())
}

func TestNobody(t *testing.T) {
	p := start(t, "-people", "0")
	assert.Contains(t, p.out.String(), "/cdapi/v2/subscriptions'")
	p.say("quit")
	require.NoError(t, p.end())
}

func TestReachable(t *testing.T) {
	for want, addr := range map[string]net.Addr{
		"http://127.0.0.1:80": &net.TCPAddr{IP: net.IPv4zero, Port: 80},
		"http://127.0.0.1:81": &net.TCPAddr{IP: net.IPv6unspecified, Port: 81},
		"http://[::1]:82":     &net.TCPAddr{IP: net.IPv6loopback, Port: 82},
		"http://10.1.2.3:83":  &net.TCPAddr{IP: net.IPv4(10, 1, 2, 3), Port: 83},
		"http:///a":           &net.UnixAddr{Name: "/a"},
	} {
		assert.Equal(t, want, reachable(addr))
	}
}

func TestExitCode(t *testing.T) {
	var log strings.Builder
	assert.Zero(t, exitCode(nil, &log))
	assert.Equal(t, 2, exitCode(flag.ErrHelp, &log))
	assert.Empty(t, log.String())
	assert.Equal(t, 1, exitCode(net.ErrClosed, &log))
	assert.Equal(t, "pronet-sandbox: use of closed network connection\n", log.String())
}
