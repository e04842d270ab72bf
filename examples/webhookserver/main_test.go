package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

var deliveries = flag.Int("deliveries", pronettest.Times(300, 2000), "how many deliveries the test with kill -9 makes")

func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv("WEBHOOKSERVER_AS_A_PROCESS") != "" {
		if err := run(context.Background(), nil, os.Getenv, os.Stdout, os.Stderr); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// process is the server as a process of its own, which can be killed.
type process struct {
	t    *testing.T
	env  []string
	cmd  *exec.Cmd
	base string
}

func (p *process) start() {
	p.t.Helper()
	p.cmd = exec.Command(os.Args[0])
	p.cmd.Env = append(os.Environ(), p.env...)
	stderr, err := p.cmd.StderrPipe()
	require.NoError(p.t, err)
	require.NoError(p.t, p.cmd.Start())
	listening := make(chan string, 1)
	go func() {
		scanner := bufio.NewScanner(stderr)
		for scanner.Scan() {
			var line struct{ Msg, Address string }
			if json.Unmarshal(scanner.Bytes(), &line) == nil && line.Msg == "listening" {
				listening <- line.Address
			}
		}
		close(listening)
	}()
	address, ok := <-listening
	require.True(p.t, ok, "the server did not start")
	p.base = "http://" + address
}

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
}

func (p *process) pending(client *http.Client) (pending, dead int) {
	response, err := client.Get(p.base + "/healthz")
	require.NoError(p.t, err)
	defer response.Body.Close()
	var health struct{ Pending, Dead int }
	require.NoError(p.t, json.NewDecoder(response.Body).Decode(&health))
	return health.Pending, health.Dead
}

// TestNothingIsLostThroughAKill posts thousands of deliveries, many of them twice and many forged, and kills the server
// with SIGKILL in the middle. Every genuine change is refreshed at least once, and the forged ones cost nothing.
func TestNothingIsLostThroughAKill(t *testing.T) {
	sb, err := sandbox.Start(coresignal.WithPeople(1500), coresignal.WithCredits(10_000_000), coresignal.WithRateLimit(0))
	require.NoError(t, err)
	defer sb.Close()
	token := webhook.NewPathToken()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := free.Addr().String()
	require.NoError(t, free.Close())
	dir := t.TempDir()
	server := &process{t: t, env: []string{
		"WEBHOOKSERVER_AS_A_PROCESS=1", "CORESIGNAL_API_KEY=" + sb.Coresignal.APIKey(), "CORESIGNAL_BASE_URL=" + sb.Coresignal.URL(), "WEBHOOK_TOKEN=" + token,
		"ADDR=" + addr, "DATA_DIR=" + dir, "CREDIT_BUDGET=100000000", "CALLS_PER_SECOND=100000",
	}}
	server.start()
	defer server.kill()

	ids := sb.Coresignal.PersonIDs()
	genuine, forged := ids[:1000], ids[1000:]
	transport := &http.Transport{MaxIdleConnsPerHost: 16}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 20 * time.Second}

	var accepted, refused atomic.Int64
	var posting sync.WaitGroup
	var gate sync.RWMutex // held by the one who kills and starts again
	jobs := make(chan int)
	for range 8 {
		posting.Go(func() {
			for i := range jobs {
				isForged := i%10 == 3
				id, path := genuine[(i/3)%len(genuine)], token // each body about three times: duplicates
				if isForged {
					id, path = forged[i%len(forged)], webhook.NewPathToken()
				}
				body := fmt.Sprintf(`[{"member_id":%d,"status":"changed","changed_fields":["headline"],"delivery":%d}]`, id, i/3/len(genuine))
				for { // a sender that tries again until it is answered; the sandbox's provider would not, so the test does
					gate.RLock()
					response, err := client.Post(server.base+"/hooks/coresignal/"+path, "application/json", strings.NewReader(body))
					gate.RUnlock()
					if err == nil {
						_, _ = io.Copy(io.Discard, response.Body)
						_ = response.Body.Close()
						if response.StatusCode == http.StatusOK && !isForged {
							accepted.Add(1)
							break
						}
						if response.StatusCode == http.StatusNotFound && isForged {
							refused.Add(1)
							break
						}
					}
				}
			}
		})
	}
	for i := range *deliveries {
		if i == *deliveries/2 {
			killed := make(chan struct{})
			go func() {
				defer close(killed)
				server.kill() // while deliveries are under way
				gate.Lock()
				defer gate.Unlock()
				server.start()
			}()
			defer func() { <-killed }()
		}
		jobs <- i
	}
	close(jobs)
	posting.Wait()
	require.Eventually(t, func() bool {
		pending, dead := server.pending(client)
		require.Zero(t, dead)
		return pending == 0
	}, 2*time.Minute, 50*time.Millisecond)

	stored, doubts := map[int64]int{}, 0
	file, err := os.Open(filepath.Join(dir, "records.jsonl"))
	require.NoError(t, err)
	defer file.Close()
	lines := bufio.NewReader(file)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		require.NoError(t, err)
		var stored1 struct {
			Employee int64
			Record   struct{ ID int64 }
			Problem  string
		}
		if json.Unmarshal(bytes.TrimSpace(line), &stored1) != nil {
			continue // a line cut by the kill: its notice was not forgotten, so it comes again
		}
		if stored1.Problem == "" {
			require.Equal(t, stored1.Employee, stored1.Record.ID)
		} else { // it was being collected as the process was killed: told, and not bought again
			require.Contains(t, stored1.Problem, "may have been charged")
			doubts++
		}
		stored[stored1.Employee]++
	}
	require.LessOrEqual(t, doubts, 16, "more than what was in work at the kill")
	changed := min(len(genuine), *deliveries/3)
	for _, id := range genuine[:changed] {
		require.Positive(t, stored[id], "a change was lost")
	}
	for _, id := range forged {
		require.Zero(t, sb.Coresignal.Collected(id), "a forged notice was paid for")
	}
	collected := 0
	for _, id := range genuine {
		collected += sb.Coresignal.Collected(id)
	}
	t.Logf("%d deliveries accepted, %d forged ones refused, %d employees changed, %d records collected", accepted.Load(), refused.Load(), changed, collected)
	assert.Equal(t, int64(*deliveries), accepted.Load()+refused.Load())
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

// TestR66SilenceHoldsNothing: a request that announces a body and falls silent gets its response, whatever it asks for.
func TestR66SilenceHoldsNothing(t *testing.T) {
	for _, request := range []string{"POST /hooks/coresignal/wrong", "PUT /hooks/coresignal/wrong", "POST /healthz", "GET /healthz", "POST /nowhere", "GET /"} {
		synctest.Test(t, func(t *testing.T) {
			sender, err := webhook.Coresignal(webhook.Endpoint{Label: "employees", Token: webhook.NewPathToken()})
			require.NoError(t, err)
			notices, err := spool.Open(t.TempDir(), spool.Options{}, sender)
			require.NoError(t, err)
			defer func() { require.NoError(t, notices.Close()) }()
			handler, err := newHandler(sender, notices, slog.New(slog.DiscardHandler))
			require.NoError(t, err)
			ours, theirs := net.Pipe()
			l := &oneConn{conns: make(chan net.Conn, 1), addr: ours.LocalAddr()}
			l.conns <- theirs
			ctx, cancel := context.WithCancel(t.Context())
			stopped := make(chan error, 1)
			go func() { stopped <- runAll(ctx, l, handler, notices, nil, slog.New(slog.DiscardHandler)) }()
			_, err = fmt.Fprintf(ours, "%s HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\n", request)
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

func TestServeAndStop(t *testing.T) {
	sb, err := sandbox.Start(coresignal.WithPeople(10))
	require.NoError(t, err)
	defer sb.Close()
	env := map[string]string{
		"CORESIGNAL_API_KEY": sb.Coresignal.APIKey(), "CORESIGNAL_BASE_URL": sb.Coresignal.URL(), "WEBHOOK_TOKEN": webhook.NewPathToken(),
		"ADDR": "127.0.0.1:0", "DATA_DIR": t.TempDir(),
	}
	ctx, cancel := context.WithCancel(t.Context())
	log, logWriter := io.Pipe()
	done := make(chan error, 1)
	go func() { done <- run(ctx, nil, func(name string) string { return env[name] }, io.Discard, logWriter) }()
	lines := bufio.NewScanner(log)
	var listening struct{ Address string }
	require.True(t, lines.Scan())
	require.NoError(t, json.Unmarshal(lines.Bytes(), &listening))
	var rest bytes.Buffer
	copied := make(chan struct{})
	go func() {
		defer close(copied)
		for lines.Scan() {
			rest.Write(lines.Bytes())
			rest.WriteByte('\n')
		}
	}()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	id := sb.Coresignal.PersonIDs()[0]
	base := "http://" + listening.Address
	response, err := client.Post(base+"/hooks/coresignal/"+env["WEBHOOK_TOKEN"], "application/json", strings.NewReader(fmt.Sprintf(`[{"member_id":%d,"status":"changed"}]`, id)))
	require.NoError(t, err)
	_ = response.Body.Close()
	assert.Equal(t, http.StatusOK, response.StatusCode)
	require.Eventually(t, func() bool { return sb.Coresignal.Collected(id) == 1 }, time.Minute, 5*time.Millisecond)
	require.Eventually(t, func() bool {
		response, err := client.Get(base + "/healthz")
		require.NoError(t, err)
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return string(text) == "{\"dead\":0,\"pending\":0}\n"
	}, time.Minute, 5*time.Millisecond)
	cancel()
	require.NoError(t, <-done)
	_ = logWriter.Close()
	<-copied
	assert.Contains(t, rest.String(), `"msg":"stopping"`)
	assert.NotContains(t, rest.String(), env["WEBHOOK_TOKEN"])
	assert.NotContains(t, rest.String(), sb.Coresignal.APIKey())
	stored, err := os.ReadFile(filepath.Join(env["DATA_DIR"], "records.jsonl"))
	require.NoError(t, err)
	assert.Contains(t, string(stored), fmt.Sprintf(`{"employee":%d,"record":{`, id))
}

// TestALineThatACrashCutIsEnded: the next record does not stand on the same line.
func TestALineThatACrashCutIsEnded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "records.jsonl")
	for _, c := range []struct{ before, after string }{
		{"", ""}, {"{\"employee\":1}\n", ""}, {"{\"employee\":1}\n{\"empl", "\n"},
	} {
		require.NoError(t, os.WriteFile(path, []byte(c.before), 0o600))
		r, err := openRecords(path)
		require.NoError(t, err)
		require.NoError(t, r.store(t.Context(), refresh.Outcome[employee.BaseRecord]{ID: 2}))
		require.NoError(t, r.close())
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, c.before+c.after+"{\"employee\":2}\n", string(content))
	}
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	for want, env := range map[string]map[string]string{
		"CORESIGNAL_API_KEY is not set": {},
		"WEBHOOK_TOKEN is not set":      {"CORESIGNAL_API_KEY": "k"},
		"CREDIT_BUDGET":                 {"CORESIGNAL_API_KEY": "k", "WEBHOOK_TOKEN": "t", "CREDIT_BUDGET": "-1"},
		"CALLS_PER_SECOND":              {"CORESIGNAL_API_KEY": "k", "WEBHOOK_TOKEN": "t", "CALLS_PER_SECOND": "many"},
		"token":                         {"CORESIGNAL_API_KEY": "k", "WEBHOOK_TOKEN": "short", "DATA_DIR": t.TempDir()},
		"line break":                    {"CORESIGNAL_API_KEY": "k\n", "WEBHOOK_TOKEN": "t"},
	} {
		err := run(t.Context(), nil, func(name string) string { return env[name] }, io.Discard, io.Discard)
		assert.ErrorContains(t, err, want)
	}
	var out strings.Builder
	require.NoError(t, run(t.Context(), []string{"-new-token"}, func(string) string { return "" }, &out, io.Discard))
	assert.True(t, strings.HasPrefix(out.String(), "pnt_"))
	assert.ErrorIs(t, run(t.Context(), []string{"-h"}, func(string) string { return "" }, io.Discard, io.Discard), flag.ErrHelp)
}
