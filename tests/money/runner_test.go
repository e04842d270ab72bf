package money

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// receiver is the process that is killed, as its parent sees it.
type receiver struct {
	*world
	settings
	mu      sync.Mutex
	started chan struct{} // closed while the process lives
	url     string
	cmd     *exec.Cmd
	stdin   io.Closer
	log     []string // the last lines of all processes
	over    chan struct{}
	killing atomic.Bool
}

func newReceiver(w *world, s settings) *receiver {
	return &receiver{world: w, settings: s, started: make(chan struct{})}
}

// address waits for a process and returns where it receives.
func (r *receiver) address(ctx context.Context) string {
	for {
		r.mu.Lock()
		started, url := r.started, r.url
		r.mu.Unlock()
		select {
		case <-started:
			if url != "" {
				return url + "/coresignal/" + r.Token
			}
		case <-ctx.Done():
			return "http://127.0.0.1:1"
		}
	}
}

func (r *receiver) start(t *testing.T) {
	t.Helper()
	r.Process = r.begin(r.Budget)
	told, err := json.Marshal(r.settings)
	require.NoError(t, err)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asReceiver+"="+string(told))
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	over, read := make(chan struct{}), make(chan struct{})
	r.killing.Store(false)
	go r.keep(stderr, read)
	line, err := bufio.NewReader(stdout).ReadString('\n')
	address, listening := strings.CutPrefix(strings.TrimSpace(line), "listening ")
	go func() {
		defer close(over)
		<-read
		err := cmd.Wait()
		if !r.killing.Load() {
			r.fault("process %d ended by itself: %v\n%s", r.Process, err, strings.Join(r.lastLines(30), "\n"))
		}
	}()
	r.mu.Lock()
	r.cmd, r.stdin, r.over = cmd, stdin, over
	if listening {
		r.url = "http://" + address
		close(r.started)
	}
	r.mu.Unlock()
	require.NoError(t, err, "the receiver did not start: %v", r.lastLines(30))
}

func (r *receiver) keep(log io.Reader, read chan<- struct{}) {
	defer close(read)
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		r.mu.Lock()
		r.log = append(r.log, fmt.Sprintf("process %d: %s", r.Process, lines.Text()))
		if len(r.log) > 2000 {
			r.log = slices.Delete(r.log, 0, 1000)
		}
		r.mu.Unlock()
	}
	_, _ = io.Copy(io.Discard, log)
}

func (r *receiver) lastLines(n int) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.log[max(0, len(r.log)-n):])
}

// kill sends SIGKILL. From then on nothing of the process reaches the database.
func (r *receiver) kill() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.killing.Swap(true) {
		return
	}
	r.url, r.started = "", make(chan struct{})
	r.end(r.Process, true)
	_ = r.cmd.Process.Kill()
}

// wait waits until the killed process has gone.
func (r *receiver) wait() {
	<-r.over
	_ = r.stdin.Close()
}

// runThrough starts a process and kills it when as many notices as given have been dealt with, at a moment of the kind,
// or a little later when that does not come.
func (r *receiver) runThrough(t *testing.T, random *rand.Rand, notices int, kind moment) {
	r.start(t)
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	begun, limit := time.Now(), time.Duration(2000+random.IntN(2000))*time.Millisecond
	for r.worked() < notices && time.Since(begun) < limit {
		<-tick.C
	}
	reached, skip := make(chan struct{}), int32(random.IntN(8))
	var once sync.Once
	var seen atomic.Int32
	r.onMoment(func(m moment) {
		if m == kind && seen.Add(1) > skip {
			once.Do(func() { r.kill(); close(reached) })
		}
	})
	wait := 2 * time.Second
	if kind == atAnyTime {
		wait = time.Duration(random.IntN(300)) * time.Millisecond
	}
	select {
	case <-reached:
	case <-time.After(wait):
	}
	r.onMoment(nil)
	once.Do(r.kill)
	r.wait()
}

// settle waits until nothing is pending, or nothing has happened for long, and takes the dead.
func (r *receiver) settle(ctx context.Context, client *http.Client) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	quiet := 0
	for {
		s, err := r.ask(ctx, client)
		if quiet++; err != nil || s.Pending > 0 || s.Error != "" {
			quiet = 0
		}
		if quiet == 5 {
			break
		}
		if r.still() > stuckAfter || ctx.Err() != nil {
			r.fault("everything works, and still %d deliveries are pending (%v, %v); the last of the log:\n%s", s.Pending, err, s.Error, strings.Join(r.lastLines(12), "\n"))
			break
		}
		select {
		case <-tick.C:
		case <-r.over:
			return
		}
	}
}

const stuckAfter = time.Minute

func (r *receiver) ask(ctx context.Context, client *http.Client) (state, error) {
	var s state
	r.mu.Lock()
	url := r.url
	r.mu.Unlock()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/state", nil)
	if err != nil {
		return s, err
	}
	response, err := client.Do(request)
	if err != nil {
		return s, err
	}
	defer response.Body.Close()
	err = json.NewDecoder(response.Body).Decode(&s)
	r.world.mu.Lock()
	r.dead = s.Dead
	r.world.mu.Unlock()
	return s, err
}
