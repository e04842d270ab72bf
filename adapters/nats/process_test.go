//go:build unix

package nats_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/nats"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/sinktest"
)

// asProcess is the variable that makes the test's program one of its processes.
const asProcess = "PRONET_NATS_PROCESS"

// world is what a process is told.
type world struct {
	Role    string
	URL     string // of the NATS server
	Dir     string // its files
	Port    int
	Witness string
	Lease   time.Duration
	Workers int
	Fatal   string // the delivery that kills its process
	Tries   int
	Token   string // of the sender's endpoint
	Dies    string // when the process is killed
}

func beProcess(told string) int {
	var w world
	err := json.Unmarshal([]byte(told), &w)
	if err == nil {
		err = map[string]func() error{"server": w.serve, "consumer": w.consume, "buyer": w.buy}[w.Role]()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "the process ended:", err)
		return 1
	}
	return 0
}

// serve is a NATS server that syncs whatever it confirms.
func (w world) serve() error {
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: w.Port, JetStream: true, StoreDir: w.Dir, SyncAlways: true, NoSigs: true, MaxPayload: maxPayload, NoLog: true,
	})
	if err != nil {
		return err
	}
	s.Start()
	if !s.ReadyForConnections(time.Minute) {
		return errors.New("it is not ready")
	}
	fmt.Println(s.ClientURL())
	s.WaitForShutdown()
	return nil
}

// consume hands deliveries to the witness, until it is told to end.
func (w world) consume() error { return w.work(w.tell, func(*nats.Options) {}, sinktest.Sender()) }

// work works on a queue, until it is told to end.
func (w world) work(process func(context.Context, *webhook.Delivery) error, change func(*nats.Options), sender webhook.Sender) error {
	conn, err := dial(w.URL)
	if err != nil {
		return err
	}
	defer conn.Close()
	js, err := jetstream.New(conn)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	o := w.options()
	change(&o)
	q, err := nats.Open(ctx, js, o, sender)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	if err := q.Run(ctx, process); ctx.Err() == nil {
		return err
	}
	return nil
}

func (w world) options() nats.Options {
	return quick(func(o *nats.Options) {
		if o.Lease, o.Workers = w.Lease, w.Workers; w.Tries > 0 {
			o.Attempts = w.Tries
		}
	})
}

// tell tells the witness of a delivery.
func (w world) tell(ctx context.Context, d *webhook.Delivery) error {
	if w.Fatal != "" && bytes.HasSuffix(d.Body, []byte(w.Fatal)) {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
	return post(ctx, fmt.Sprintf("%s/%d", w.Witness, os.Getpid()), d.Body)
}

// post tells a raw server something.
func post(ctx context.Context, url string, text []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(text))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the witness responded with %d", response.StatusCode)
	}
	return nil
}

// process is another one, as its parent sees it.
type process struct {
	t    testing.TB
	cmd  *exec.Cmd
	line string // its first
	over chan struct{}
}

// begin starts a process, and waits until it says that it is ready.
func begin(t testing.TB, w world) *process {
	t.Helper()
	told, err := json.Marshal(w)
	require.NoError(t, err)
	cmd := exec.CommandContext(context.Background(), os.Args[0])
	cmd.Env, cmd.Stderr = append(os.Environ(), asProcess+"="+string(told)), os.Stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	p := &process{t: t, cmd: cmd, over: make(chan struct{})}
	t.Cleanup(p.kill)
	lines := bufio.NewScanner(out)
	require.True(t, lines.Scan(), "the process has ended")
	p.line = lines.Text()
	go func() {
		defer close(p.over)
		_ = cmd.Wait()
	}()
	return p
}

func (p *process) pid() int { return p.cmd.Process.Pid }

func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.over
}

func (p *process) hasEnded() bool {
	select {
	case <-p.over:
		return true
	default:
		return false
	}
}

func (p *process) signal(s syscall.Signal) { require.NoError(p.t, p.cmd.Process.Signal(s)) }

// isStopped reports whether SIGSTOP has had its effect.
func (p *process) isStopped() bool {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid()))
	if err != nil {
		return false
	}
	state := text[bytes.LastIndexByte(text, ')')+2]
	return state == 'T'
}

// serverProcess is a NATS server that can be killed, and started again with its files and its address.
type serverProcess struct {
	t     testing.TB
	world world
	*process
}

func newServerProcess(t testing.TB) *serverProcess {
	t.Helper()
	s := &serverProcess{t: t, world: world{Role: "server", Dir: t.TempDir(), Port: freePort(t)}}
	s.start()
	return s
}

func (s *serverProcess) start() { s.process = begin(s.t, s.world) }

const (
	people = 200
	each   = 10
)

// TestProcesses: four real ones work on 2,000 deliveries of 200 people. One is killed in the middle. Another one is stopped
// while it works, for longer than its lease, and goes on when others have its partitions. A server that knows nothing of the
// queue sees each delivery, and of no person an older one after or beside a newer one.
func TestProcesses(t *testing.T) {
	s := newServerProcess(t)
	eye := newWitness(t)
	w := world{Role: "consumer", URL: s.line, Witness: eye.url, Lease: 3 * time.Second, Workers: 2}
	q := open(t, connect(t, s.line), w.options())
	var consumers []*process
	for range 4 {
		consumers = append(consumers, begin(t, w))
	}
	putting := make(chan error, 1)
	go func() { putting <- putAll(t.Context(), q, people, each) }()
	killed, stopped := consumers[0], consumers[1]

	eye.until(people*each/10, "a tenth is done")
	killed.kill()
	eye.until(people*each/4, "a quarter is done, without the one that was killed")

	release := eye.hold(stopped.pid(), w.Workers) // it works, and does not know yet that it is done
	stopped.signal(syscall.SIGSTOP)
	require.Eventually(t, stopped.isStopped, time.Minute, time.Millisecond)
	release()
	require.NoError(t, <-putting)
	eye.until(people*each, "all is done, without the one that was stopped")
	before := eye.count()
	stopped.signal(syscall.SIGCONT)
	require.NoError(t, q.Put(t.Context(), delivery("somebody new", 0)))
	eye.until(people*each+1, "the queue goes on")
	require.NoError(t, putAll(t.Context(), q, people, 1, each)) // of whom the stopped one has old ones in its hands
	eye.until(people*(each+1)+1, "those that came later are done")
	for _, p := range consumers[1:] {
		p.signal(syscall.SIGTERM)
		<-p.over
		assert.Zero(t, p.cmd.ProcessState.ExitCode())
	}
	assert.Empty(t, eye.wrong())
	t.Logf("%d requests for %d deliveries, %d of them after the stopped one went on", eye.count(), people*(each+1)+1, eye.count()-before)
	assert.Less(t, eye.count(), 2*people*each, "only what was in work comes again")
}

// TestADeliveryThatKillsItsProcess ends among the dead, after its attempts and one, and takes nobody with it.
func TestADeliveryThatKillsItsProcess(t *testing.T) {
	s := embedded(t)
	eye := newWitness(t)
	eye.gone(nameOf("person 3", 0)) // it never arrives, and the one after it may
	w := world{Role: "consumer", URL: s.ClientURL(), Witness: eye.url, Lease: time.Second, Workers: 4, Fatal: "person 3\n0", Tries: 3}
	q := open(t, connect(t, w.URL), w.options())
	const people, each = 20, 2
	require.NoError(t, putAll(t.Context(), q, people, each))
	kills := 0
	for ; len(deadOf(t, q)) == 0; kills++ {
		require.LessOrEqual(t, kills, w.Tries+1)
		p := begin(t, w)
		require.Eventually(t, func() bool { return p.hasEnded() || len(deadOf(t, q)) > 0 }, time.Minute, 10*time.Millisecond)
		if !p.hasEnded() {
			eye.until(people*each, "the others are done")
			p.kill()
			break
		}
	}
	assert.Equal(t, w.Tries+1, kills)
	dead := deadOf(t, q)
	require.Len(t, dead, 1)
	assert.Equal(t, delivery("person 3", 0).Key, dead[0].Key)
	assert.Equal(t, w.Tries, dead[0].Attempts)
	assert.Equal(t, "attempt 3 did not end with its process, or Options.Attempts is lower now", dead[0].Reason)
	assert.Empty(t, eye.wrong())
}

func deadOf(t testing.TB, q *nats.Queue) (dead []nats.Dead) {
	t.Helper()
	for d, err := range q.Dead(t.Context()) {
		require.NoError(t, err)
		dead = append(dead, d)
	}
	return dead
}
