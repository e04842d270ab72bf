package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/webhook"
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

// files counts the files of a directory below DATA_DIR whose names end so.
func files(t *testing.T, dir, pattern string) int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	require.NoError(t, err)
	return len(found)
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
		require.Zero(t, files(t, dir, "notices/dead/*.delivery"))
		return files(t, dir, "notices/pending/*.delivery") == 0
	}, 2*time.Minute, 50*time.Millisecond)

	stored, doubts, jobsInDoubt := map[int64]int{}, 0, map[string]bool{}
	request := regexp.MustCompile(`request "[^"]*"`)
	for _, id := range ids {
		base := filepath.Join(dir, "records", fmt.Sprint(id))
		if data, err := os.ReadFile(base + ".json"); err == nil {
			var record struct{ ID int64 }
			require.NoError(t, json.Unmarshal(data, &record))
			require.Equal(t, id, record.ID)
			stored[id]++
		}
		if _, err := os.Stat(base + ".gone"); err == nil { // a few are hidden or deleted from the start
			stored[id]++
		}
		if data, err := os.ReadFile(base + ".problem"); err == nil { // it was being collected as the process was killed: told, and not bought again
			stored[id]++
			if name := request.FindString(string(data)); name != "" {
				jobsInDoubt[name] = true
				continue
			}
			require.Contains(t, string(data), "may have been charged")
			doubts++
		}
	}
	require.LessOrEqual(t, len(jobsInDoubt), 1, "more than the job that was in work at the kill")
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
