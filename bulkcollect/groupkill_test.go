package bulkcollect_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
)

var kills = flag.Int("kills", 12, "how often, at least, a test with kill -9 kills the process of a group")

const (
	groupVariable = "PRONET_TEST_GROUP" // what a process needs to know, as JSON
	groupParts    = 12
	groupFiles    = 40
)

// groupProcess is a group in a process of its own, which can be killed.
type groupProcess struct {
	URL, Key, IDs, Dir string
	Parallel           int
}

func (p groupProcess) open(ctx context.Context) (*baseGroup, error) {
	client, err := pronet.New(pronet.WithCoresignal(p.Key, pronet.BaseURL(p.URL), pronet.RateLimit(10_000, time.Second)))
	if err != nil {
		return nil, err
	}
	o := bulkcollect.GroupOptions{PartSize: 10, Running: 3, Parallel: p.Parallel, Wait: quick}
	return client.BulkCollect.Base.OpenGroup(ctx, p.Dir, employee.IDFile(p.IDs), o)
}

// main runs the group. A part in doubt is no failure of the process.
func (p groupProcess) main() error {
	group, err := p.open(context.Background())
	if err != nil {
		return err
	}
	err = group.Run(context.Background())
	if errors.Is(err, api.ErrMaybeApplied) {
		err = nil
	}
	return errors.Join(err, group.Close())
}

// runGroupProcess is what TestMain does in a process that startGroup made.
func runGroupProcess(text string) int {
	var p groupProcess
	err := json.Unmarshal([]byte(text), &p)
	if err == nil {
		err = p.main()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// run runs the group in a process and kills it after the given time. It reports whether the process was killed.
func (p groupProcess) run(t *testing.T, after time.Duration) (killed bool) {
	t.Helper()
	text, err := json.Marshal(p)
	require.NoError(t, err)
	var stderr bytes.Buffer
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), groupVariable+"="+string(text))
	command.Stderr = &stderr
	require.NoError(t, command.Start())
	timer := time.AfterFunc(after, func() { _ = command.Process.Kill() })
	err = command.Wait()
	timer.Stop()
	if command.ProcessState.ExitCode() >= 0 {
		require.NoError(t, err, stderr.String())
		return false
	}
	return true
}

// witness stands before the sandbox: it knows which job each request has made, as nobody else does, and sends files
// slowly, so that kills hit them.
type witness struct {
	*sandbox.Sandbox

	mu   sync.Mutex
	made map[int64][]string // job ids by the first ID of their list
}

func (w *witness) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodPost:
		w.request(out, r)
	case strings.Contains(r.URL.Path, "/files/"):
		w.Sandbox.Coresignal.ServeHTTP(slowWriter{out}, r)
	default:
		w.Sandbox.Coresignal.ServeHTTP(out, r)
	}
}

func (w *witness) request(out http.ResponseWriter, r *http.Request) {
	var list struct {
		IDs []int64 `json:"ids"`
	}
	body, err := io.ReadAll(r.Body)
	if err != nil || json.Unmarshal(body, &list) != nil || len(list.IDs) == 0 {
		return // the process was killed while it sent
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer := httptest.NewRecorder()
	w.Sandbox.Coresignal.ServeHTTP(answer, r.WithContext(context.WithoutCancel(r.Context())))
	var made struct {
		ID string `json:"request_id"`
	}
	if json.Unmarshal(answer.Body.Bytes(), &made) == nil && made.ID != "" {
		w.mu.Lock()
		w.made[list.IDs[0]] = append(w.made[list.IDs[0]], made.ID)
		w.mu.Unlock()
	}
	select { // a slow answer, so that kills come between the job and its id
	case <-time.After(20 * time.Millisecond):
	case <-r.Context().Done():
	}
	out.WriteHeader(answer.Code)
	_, _ = out.Write(answer.Body.Bytes())
}

// jobs returns the jobs that were made for the list that begins with an ID.
func (w *witness) jobs(first int64) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.made[first])
}

// slowWriter sends a little at a time.
type slowWriter struct{ http.ResponseWriter }

func (s slowWriter) Write(data []byte) (n int, err error) {
	for piece := range slices.Chunk(data, 512) {
		m, err := s.ResponseWriter.Write(piece)
		n += m
		if err != nil {
			return n, err
		}
		if err := http.NewResponseController(s.ResponseWriter).Flush(); err != nil {
			return n, err
		}
	}
	return n, nil
}

// account is what a group has cost, and why.
type account struct {
	kills, doubts, resolved, unsent, paidTwice, inProgress, fileRequests int
}

// TestR31GroupKilledAtRandom kills the process of a group of 12 jobs and 40 files at random, again and again, and starts it
// again. In the end the records are those asked for, each once; what was paid is their price, and that of the jobs that
// were paid again on purpose; and no file was asked for more often than the kills explain.
func TestR31GroupKilledAtRandom(t *testing.T) {
	var total account
	for seed := uint64(1); total.kills < *kills; seed++ {
		a := groupKilledAtRandom(t, seed, 1)
		total.kills += a.kills
		total.doubts += a.doubts
		total.resolved += a.resolved
		total.unsent += a.unsent
		total.paidTwice += a.paidTwice
		total.inProgress += a.inProgress
		total.fileRequests += a.fileRequests
	}
	t.Logf("%d kills; %d parts in doubt: %d had sent nothing, %d were resolved, %d were paid twice on purpose, %d were told that a job is in progress",
		total.kills, total.doubts, total.unsent, total.resolved, total.paidTwice, total.inProgress)
}

// TestGroupKilledWhileFilesAreParallel is the same with four files at a time, each of which a kill can cut.
func TestGroupKilledWhileFilesAreParallel(t *testing.T) {
	a := groupKilledAtRandom(t, 1000, 4)
	assert.Positive(t, a.kills)
}

func groupKilledAtRandom(t *testing.T, seed uint64, parallel int) (a account) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 1))
	sb, err := sandbox.New(coresignal.WithPeople(112), sandbox.WithSeed(seed), coresignal.WithCredits(100_000), coresignal.WithPartSize(3),
		coresignal.WithRateLimit(0), coresignal.WithJobPolls(int(seed%2)))
	require.NoError(t, err)
	defer sb.Close()
	provider := &witness{Sandbox: sb, made: make(map[int64][]string)}
	server := httptest.NewServer(provider)
	defer server.Close()

	// Four parts of ten people, in four files each, and eight of nine people and a stranger, in three.
	var list []int64
	found := make(map[int64]int) // people by the first ID of their part
	people := sb.Coresignal.PersonIDs()
	for part := range groupParts {
		n := 10
		if part >= 4 {
			n = 9
		}
		found[people[0]] = n
		list = append(list, people[:n]...)
		if people = people[n:]; n == 9 {
			list = append(list, 999_999_000_000+int64(part))
		}
	}
	require.Empty(t, people)
	dir := t.TempDir()
	var text strings.Builder
	for _, id := range list {
		fmt.Fprintln(&text, id)
	}
	p := groupProcess{URL: server.URL, Key: sb.Coresignal.APIKey(), IDs: filepath.Join(dir, "ids.csv"), Dir: filepath.Join(dir, "group"), Parallel: parallel}
	require.NoError(t, os.WriteFile(p.IDs, []byte(text.String()), 0o600))

	patience := 150                // milliseconds
	givenUp := make(map[int64]int) // how many jobs of a part were given up, by its first ID
	for {
		before := sb.Requests()
		if p.run(t, time.Duration(10+random.IntN(patience))*time.Millisecond) {
			a.kills++
			if sb.Requests() == before { // a slow machine gets on as well
				patience += 150
			}
			continue
		}
		group, err := p.open(t.Context())
		require.NoError(t, err)
		status := group.Status()
		doubts := status.In(bulkcollect.PartInDoubt)
		for _, part := range doubts {
			first := list[(part.Part-1)*10]
			a.doubts++
			if strings.Contains(part.Entry.Reason, "in progress") { // there is one, given up before
				a.inProgress++
				givenUp[first]--
			}
			jobs := provider.jobs(first)
			switch {
			case len(jobs) == givenUp[first]: // the process was killed before the request was sent
				a.unsent++
				require.NoError(t, group.PayAgain(t.Context(), part.Part))
			case random.IntN(2) == 0:
				a.resolved++
				require.NoError(t, group.Resolve(t.Context(), part.Part, jobs[len(jobs)-1]))
			default:
				a.paidTwice++
				givenUp[first] = len(jobs)
				if random.IntN(2) == 0 {
					sb.Advance(time.Hour) // what is in progress ends; otherwise it is a conflict with the next request
				}
				require.NoError(t, group.PayAgain(t.Context(), part.Part))
			}
		}
		require.NoError(t, group.Close())
		if len(doubts) == 0 {
			break
		}
	}
	sb.Advance(time.Hour)

	group, err := p.open(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, group.Close()) }()
	got, err := recordIDs(t, group.Records(t.Context(), bulkcollect.RecordsOptions{}))
	require.NoError(t, err)
	require.Equal(t, sorted(sb.Coresignal.PersonIDs()), sorted(got), "seed %d: exactly the records asked for", seed)

	abandoned := 0 // credits for jobs that were paid again
	status := group.Status()
	for _, part := range status.Parts {
		first := list[(part.Part-1)*10]
		jobs := provider.jobs(first)
		require.Contains(t, jobs, part.Entry.JobID)
		abandoned += 10 * found[first] * (len(jobs) - 1)
	}
	require.Equal(t, 10*len(got)+abandoned, sb.Coresignal.CreditsSpent(), "seed %d", seed)
	require.LessOrEqual(t, sb.Coresignal.JobsCreated(), groupParts+a.paidTwice, "seed %d: only what was said to be paid again", seed)
	a.fileRequests = sb.RequestsTo("GET", "/cdapi/v2/data_requests/*/files/json/*")
	require.GreaterOrEqual(t, a.fileRequests, groupFiles)
	require.LessOrEqual(t, a.fileRequests, groupFiles+a.kills*parallel, "seed %d", seed)
	t.Logf("seed %d: %d kills, %d requests for %d files, %d credits for %d records, of which %d for jobs paid again", seed, a.kills, a.fileRequests, groupFiles, sb.Coresignal.CreditsSpent(), len(got), abandoned)
	return a
}
