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

	"github.com/pronet-go/pronet/webhook"
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

// size is how big a run is.
type size struct {
	notices, people, kills int
}

// judge runs a receiver through its kills and makes the account.
func judge(t *testing.T, seed uint64, how size, mutant string) *account {
	t.Logf("seed %d, %d notices, %d people, %d kills", seed, how.notices, how.people, how.kills)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Minute)
	defer cancel()
	random := rand.New(rand.NewPCG(seed, 1))
	w := newWorld(how.people)
	p := newProvider(w, seed)
	defer p.server.Close()
	d := newDatabase(p)
	defer d.server.Close()
	r := newReceiver(w, settings{Provider: p.server.URL, Database: d.server.URL, Dir: t.TempDir(), Token: webhook.NewPathToken(), Mutant: mutant})
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	defer client.CloseIdleConnections()
	s := &sender{world: w, receiver: r, client: client, random: random, most: min(150, how.notices/6), paced: make(chan struct{})}
	deliveries := plan(w, rand.New(rand.NewPCG(seed, 2)), how.notices)
	var sending sync.WaitGroup
	sending.Go(func() { s.run(ctx, deliveries) })
	end := make(chan struct{})
	sending.Go(func() { s.repeat(ctx, p.echo, end) })

	moments := []moment{recordSold, recordSent, atAnyTime, jobSold, storeAsked, atAnyTime, jobSent, storeCommitted, fileSent, atAnyTime, noticeSent}
	settingsRandom := rand.New(rand.NewPCG(seed, 3))
	for k := range how.kills {
		r.vary(settingsRandom, p, how)
		switch {
		case k == how.kills/3:
			d.down.Store(int64(50 + how.notices/20))
		case k == how.kills*2/3:
			p.closed.Store(int64(20 + how.notices/50))
		}
		r.runThrough(t, settingsRandom, how.notices*(k+1)/(how.kills+1), moments[k%len(moments)])
	}
	close(s.paced)
	r.Budget, r.OneByOne = int64(how.notices)*price*3, 5
	r.start(t)
	for w.worked() < how.notices*9/10 && w.still() < 15*time.Second { // the storm goes on as long as there is work
		time.Sleep(10 * time.Millisecond)
	}
	p.calm.Store(true)
	close(end)
	sending.Wait()
	w.mu.Lock()
	w.moved = time.Now()
	w.mu.Unlock()
	r.settle(ctx, client)
	r.killing.Store(true) // it may end now
	_ = r.stdin.Close()
	<-r.over
	w.end(r.Process, false)
	return check(w)
}

// vary changes what a user changes over a restart: the settings, and whom he knows.
func (r *receiver) vary(random *rand.Rand, p *provider, how size) {
	r.OneByOne = []int{0, 5, 20, -1, 3}[random.IntN(5)]
	r.Budget = int64(how.notices) * price * 3
	if random.IntN(6) == 0 {
		r.Budget = int64(price * random.IntN(60))
	}
	// The last job may be one that is not handed over. Some of its people leave now, or all but one.
	p.mu.Lock()
	var leaving []*person
	if last := p.last; last != nil && random.IntN(2) == 0 {
		for _, b := range last.sold {
			leaving = append(leaving, b.person)
		}
		if len(leaving) > 4 {
			leaving = leaving[:1]
		}
		leaving = leaving[:min(len(leaving), max(1, len(leaving)-1))]
	}
	next := len(p.processes)
	p.mu.Unlock()
	for _, who := range leaving {
		if who.left == 0 && len(r.Left) < how.people/10 {
			r.leave(who, next)
			r.Left = append(r.Left, who.id)
		}
	}
}
