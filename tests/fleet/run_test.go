//go:build unix

package fleet

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/postgres"
	"github.com/pronet-go/pronet/examples/fleet/receiver"
	"github.com/pronet-go/pronet/examples/fleet/testservers"
	"github.com/pronet-go/pronet/internal/pronettest/servertest"
	"github.com/pronet-go/pronet/webhook"
)

const (
	processes    = 4
	raisedBudget = 10_000_000 // in credits
)

// size is how long a run is, and what happens in it.
type size struct {
	during   time.Duration
	killing  time.Duration // between two kills
	away     [2]time.Duration
	calm     bool // servers and connections are left alone
	inNATS   bool // the notices lie in a NATS, and in directories otherwise
	perBurst int
	budget   int64 // of records, in the first third
}

// fleet is the processes, the servers, and what is between them.
type fleet struct {
	*world
	t        *testing.T
	size     size
	seed     uint64
	settings settings
	members  []*member
	servers  map[string]*servertest.Server
	proxies  map[string]*toxiproxy.Proxy
	client   *http.Client

	mu  sync.Mutex
	log []string // the last lines of all processes
}

// member is one process, which is started again when it has ended.
type member struct {
	*fleet
	number int

	mu    sync.Mutex
	has   int64  // the budget that it was told
	at    string // where it receives, "" while it does not
	child *exec.Cmd
	input io.Closer
}

// live keeps it running until ctx ends, and then lets it finish.
func (m *member) live(ctx context.Context) {
	for ctx.Err() == nil {
		if err := m.once(ctx); err != nil {
			m.note(fmt.Sprintf("process %d has ended: %v", m.number, err))
		}
		pause(ctx, 300*time.Millisecond)
	}
}

func (m *member) once(ctx context.Context) error {
	s := m.told()
	s.Number, s.Dir = m.number, filepath.Join(s.Dir, fmt.Sprint(m.number))
	told, err := json.Marshal(s)
	if err != nil {
		return err
	}
	child := exec.CommandContext(context.WithoutCancel(ctx), os.Args[0])
	child.Env, child.Stderr = append(os.Environ(), asProcess+"=1"), &lines{fleet: m.fleet, number: m.number}
	input, err := child.StdinPipe()
	if err != nil {
		return err
	}
	output, err := child.StdoutPipe()
	if err != nil {
		return err
	}
	if err := child.Start(); err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = input.Close() })()
	_, _ = input.Write(append(told, '\n'))
	reader := bufio.NewReader(output)
	line, err := reader.ReadString('\n')
	m.mu.Lock()
	m.child, m.input, m.has = child, input, s.CreditsPerDay
	if err == nil {
		m.at = "http://" + strings.TrimSpace(line)
	}
	m.mu.Unlock()
	_, _ = io.Copy(io.Discard, reader)
	m.mu.Lock()
	m.child, m.at = nil, ""
	m.mu.Unlock()
	return child.Wait()
}

func (m *member) address() string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at
}

// kill ends it at once; otherwise it ends in order.
func (m *member) end(kill bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.at == "":
	case kill:
		m.killed()
		m.note(fmt.Sprintf("process %d is killed", m.number))
		_ = m.child.Process.Kill()
	default:
		_ = m.input.Close()
	}
}

// lines are what a process says.
type lines struct {
	*fleet
	number int
}

func (l *lines) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		l.note(strings.TrimSpace(line))
	}
	return len(p), nil
}

func (f *fleet) note(line string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log = append(f.log, time.Now().Format("05.000 ")+line)
	f.log = f.log[max(0, len(f.log)-2000):]
}

func (f *fleet) told() settings {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.settings
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// newFleet starts the servers and what is between them and the processes.
func newFleet(t *testing.T, w *world, p *provider, how size, seed uint64, mutant string) *fleet {
	f := &fleet{
		world: w, t: t, size: how, seed: seed,
		servers: map[string]*servertest.Server{"PostgreSQL": servertest.Postgres(t), "Redis": servertest.Redis(t)}, proxies: map[string]*toxiproxy.Proxy{},
		client: &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 8}},
	}
	t.Cleanup(f.client.CloseIdleConnections)
	if how.inNATS {
		f.servers["NATS"] = testservers.NATS(t)
	}
	logger := zerolog.Nop()
	proxying := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), logger)
	for name, s := range f.servers {
		f.proxies[name] = toxiproxy.NewProxy(proxying, name, "127.0.0.1:0", s.Address)
		require.NoError(t, f.proxies[name].Start())
		t.Cleanup(f.proxies[name].Stop)
	}
	f.settings = settings{
		Config: receiver.Config{
			Processes: processes, Dir: t.TempDir(), Account: "judged", Key: key, Provider: p.server.URL, CallsPerSecond: limit, CreditsPerDay: how.budget * price,
			Token: webhook.NewPathToken(), Postgres: testservers.PostgresURL(f.proxies["PostgreSQL"].Listen), Redis: testservers.RedisURL(f.proxies["Redis"].Listen),
			Lease: 5 * time.Second,
		},
		LinkedIn: p.server.URL, Mutant: mutant,
	}
	if how.inNATS {
		f.settings.NATS = testservers.NATSURL(f.proxies["NATS"].Listen)
	}
	for number := 1; number <= processes; number++ {
		f.members = append(f.members, &member{fleet: f, number: number})
	}
	return f
}

// prepare makes the tables before the processes begin.
func (f *fleet) prepare(ctx context.Context) {
	db, err := sql.Open("pgx", testservers.PostgresURL(f.servers["PostgreSQL"].Address))
	require.NoError(f.t, err)
	defer func() { require.NoError(f.t, db.Close()) }()
	require.NoError(f.t, postgres.Migrate(ctx, db, postgres.Options{}))
	_, err = db.ExecContext(ctx, table)
	require.NoError(f.t, err)
}

// run lets all happen, and returns when everything is worked off or nothing moves any more.
func (f *fleet) run(ctx context.Context) {
	living, stopLiving := context.WithCancel(ctx)
	var lives sync.WaitGroup
	for _, m := range f.members {
		lives.Go(func() { m.live(living) })
	}
	require.Eventually(f.t, f.allUp, 2*time.Minute, 20*time.Millisecond, "the processes do not begin: %v", f.log)
	storm, calm := context.WithTimeout(ctx, f.size.during)
	defer calm()
	var happening sync.WaitGroup
	var sending sync.WaitGroup
	happening.Go(func() { f.send(ctx, storm, &sending) })
	happening.Go(func() { f.endTokens(storm) })
	happening.Go(func() { f.raiseBudget(storm) })
	if f.size.killing > 0 {
		happening.Go(func() { f.killSome(storm) })
	}
	if !f.size.calm {
		for name := range f.servers {
			happening.Go(func() { f.disturb(storm, name) })
		}
	}
	happening.Wait()
	sending.Wait()
	f.settle(ctx)
	stopLiving()
	lives.Wait()
}

func (f *fleet) allUp() bool {
	for _, m := range f.members {
		if m.address() == "" {
			return false
		}
	}
	return true
}

// send lets people change in bursts, and delivers what tells of it, some of it twice.
func (f *fleet) send(ctx, storm context.Context, sending *sync.WaitGroup) {
	random := rand.New(rand.NewPCG(f.seed, 2))
	for pause(storm, time.Second) {
		for range f.size.perBurst {
			n, again, seed := f.change(f.people[random.IntN(len(f.people))]), random.IntN(3) == 0, random.Uint64()
			sending.Go(func() { f.deliver(ctx, n, again, rand.New(rand.NewPCG(seed, 3))) })
		}
	}
}

// deliver sends a notice until somebody has taken it.
func (f *fleet) deliver(ctx context.Context, n *notice, again bool, random *rand.Rand) {
	var by *member
	for {
		by = f.members[random.IntN(processes)]
		stored, maybe := by.post(ctx, n)
		f.world.mu.Lock()
		if stored {
			n.accepted = time.Now()
		} else if maybe {
			n.maybe++
		}
		f.world.mu.Unlock()
		if stored || !pause(ctx, time.Duration(50+random.IntN(200))*time.Millisecond) {
			break
		}
	}
	if !again {
		return
	}
	// To another process: the one that has it would take the same bytes for news while it works on them.
	began := time.Now()
	for tries := 0; tries < 20 && ctx.Err() == nil; tries++ {
		other := f.members[(by.number+random.IntN(processes-1))%processes] // by.number is the index of the one after it
		if stored, _ := other.post(ctx, n); stored {
			f.world.mu.Lock()
			n.repeated, n.repeat = true, span{began, time.Now()}
			f.world.mu.Unlock()
			return
		}
		pause(ctx, 100*time.Millisecond)
	}
}

// post makes one attempt. Without a response, or with one that comes late, the notice may be stored.
func (m *member) post(ctx context.Context, n *notice) (stored, maybe bool) {
	address := m.address()
	if address == "" {
		return false, false
	}
	began := time.Now()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address+"/coresignal/"+m.settings.Token, bytes.NewReader([]byte(n.body)))
	if err != nil {
		return false, false
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := m.client.Do(request)
	if err != nil {
		return false, true
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	if response.StatusCode/100 != 2 && response.StatusCode != http.StatusServiceUnavailable {
		m.fault("notice %d: the response is %d", n.number, response.StatusCode)
	}
	return response.StatusCode/100 == 2, time.Since(began) > time.Second
}

func (f *fleet) endTokens(storm context.Context) {
	for pause(storm, 5*time.Second) {
		f.endToken()
	}
}

func (f *fleet) killSome(storm context.Context) {
	random := rand.New(rand.NewPCG(f.seed, 4))
	for pause(storm, f.size.killing) {
		f.members[random.IntN(processes)].end(true)
	}
}

// raiseBudget lets each process begin again with a larger budget, in order, after a third of the time.
func (f *fleet) raiseBudget(storm context.Context) {
	if !pause(storm, f.size.during/3) {
		return
	}
	f.raise()
	f.mu.Lock()
	f.settings.CreditsPerDay = raisedBudget
	f.mu.Unlock()
	for again := true; again; pause(storm, 100*time.Millisecond) {
		again = false
		for _, m := range f.members {
			if !m.knows(raisedBudget) { // nor may one that was just beginning stay as it is
				m.end(false)
				again = true
			}
		}
	}
}

func (m *member) knows(budget int64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.at != "" && m.has == budget
}

// disturb restarts a server twice, and cuts and slows its connections between.
func (f *fleet) disturb(storm context.Context, name string) {
	random := rand.New(rand.NewPCG(uint64(len(name)), f.seed))
	server, proxy, began := f.servers[name], f.proxies[name], time.Now()
	restarts := []time.Duration{f.size.during / 5, f.size.during * 3 / 5}
	switch name {
	case "Redis":
		restarts = []time.Duration{f.size.during * 2 / 5, f.size.during * 4 / 5}
	case "NATS":
		restarts = []time.Duration{f.size.during * 3 / 10, f.size.during * 7 / 10}
	}
	for restarted := 0; pause(storm, time.Duration(500+random.IntN(1500))*time.Millisecond); {
		if restarted < 2 && time.Since(began) > restarts[restarted] {
			f.note(name + " is killed")
			over := f.outage(name)
			if err := server.Crash(); err != nil {
				f.fault("%s is not killed: %v", name, err)
			}
			pause(storm, f.size.away[restarted])
			if err := server.Start(); err != nil {
				f.fault("%s does not begin again: %v", name, err)
			}
			over()
			f.note(name + " is back")
			restarted++
			continue
		}
		over := f.outage(name)
		if random.IntN(2) == 0 { // cut
			proxy.Stop()
			pause(storm, time.Duration(random.IntN(500))*time.Millisecond)
			if err := proxy.Start(); err != nil {
				f.fault("the proxy of %s: %v", name, err)
			}
		} else {
			slow := fmt.Sprintf(`{"name":"slow","type":"latency","attributes":{"latency":%d,"jitter":%d}}`, 20+random.IntN(80), random.IntN(20))
			if _, err := proxy.Toxics.AddToxicJson(strings.NewReader(slow)); err != nil {
				f.fault("the proxy of %s: %v", name, err)
			}
			pause(storm, time.Second)
			if err := proxy.Toxics.RemoveToxic(context.WithoutCancel(storm), "slow"); err != nil {
				f.fault("the proxy of %s: %v", name, err)
			}
		}
		over()
	}
}

// settle waits until nothing waits in any process.
func (f *fleet) settle(ctx context.Context) {
	until, enough := time.Now().Add(3*time.Minute), 3
	if f.size.inNATS {
		enough = 70 // what it has said of what waits may be five seconds old
	}
	for calm := 0; calm < enough; {
		waiting, up := 0, 0
		for _, m := range f.members {
			if s, err := f.status(ctx, m.address()); err == nil {
				waiting, up = waiting+s.Waiting, up+1
			}
		}
		if calm++; up < processes || waiting > 0 {
			calm = 0
		}
		if time.Now().After(until) {
			f.fault("%d of %d processes are up, and %d deliveries wait, 3 minutes after everything is calm", up, processes, waiting)
			return
		}
		if !pause(ctx, 100*time.Millisecond) {
			f.fault("the time is over")
			return
		}
	}
}

func (f *fleet) status(ctx context.Context, address string) (s receiver.Status, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/status", nil)
	if err != nil {
		return s, err
	}
	response, err := f.client.Do(request)
	if err != nil {
		return s, err
	}
	defer func() { _ = response.Body.Close() }()
	return s, json.NewDecoder(response.Body).Decode(&s)
}
