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
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/pronet-go/pronet/examples/fleet/receiver"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/coresignal"
	"github.com/pronet-go/pronet/webhook"
)

const (
	people        = 40
	creditsPerDay = 50_000
	again         = 3 * time.Second // after that time a process that was killed is started again
	patience      = 30 * time.Second
	upToDate      = 6 * time.Second // what NATS has said of what waits may be older
)

// fleet is all processes, as the one sees them that has started them.
type fleet struct {
	options
	out      io.Writer
	sb       *sandbox.Sandbox
	shared   *receiver.Shared // for who holds which lease
	config   receiver.Config
	client   *http.Client
	members  []*member
	mu       sync.Mutex
	refused  int // notices that nobody has taken
	balancer net.Listener
	embedded bool // NATS is within this program
}

// start starts all, lets people change until ctx ends, and waits until what they led to is done.
func start(ctx context.Context, o options, in io.Reader, out io.Writer) (err error) {
	f := &fleet{options: o, out: out, client: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 4}}}
	defer f.client.CloseIdleConnections()
	if f.dir == "" {
		if f.dir, err = os.MkdirTemp("", "pronet-fleet-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(f.dir)) }()
	}
	if f.sb, err = sandbox.Start(coresignal.WithPeople(3*people), coresignal.WithCredits(creditsPerDay), coresignal.WithRateLimit(o.limit), coresignal.WithNoticeSize(1)); err != nil {
		return err
	}
	defer f.sb.Close()
	if f.balancer, err = (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0"); err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(f.spread), ReadHeaderTimeout: 5 * time.Second}
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(f.balancer) })
	defer running.Wait()
	defer func() { _ = server.Close() }()
	if f.nats == "" && f.postgres == "" && f.redis == "" {
		stop, err := f.embed()
		if err != nil {
			return err
		}
		defer stop()
	}
	if err := f.configure(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.shared.Close()) }()
	f.promise()

	var supervising sync.WaitGroup
	starting, stopStarting := context.WithCancel(context.WithoutCancel(ctx))
	for number := 1; number <= o.n; number++ {
		m := &member{fleet: f, number: number}
		f.members = append(f.members, m)
		supervising.Go(func() { m.supervise(starting) })
	}
	defer supervising.Wait()
	defer stopStarting() // which lets them end in order
	if err := f.ready(ctx); err != nil {
		return err
	}
	go f.killOnKey(in) // it ends with the program
	var changing sync.WaitGroup
	changing.Go(func() { f.change(ctx) })
	f.show(ctx)
	changing.Wait()
	f.settle(starting)
	return nil
}

// embed starts a NATS within this program, which ends with it.
func (f *fleet) embed() (stop func(), err error) {
	s, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, JetStream: true, StoreDir: filepath.Join(f.dir, "jetstream"), SyncAlways: true, MaxPayload: 9 << 20, NoSigs: true, NoLog: true,
	})
	if err != nil {
		return nil, err
	}
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		s.Shutdown()
		return nil, errors.New("the NATS within this program does not begin")
	}
	f.nats, f.embedded = s.ClientURL(), true
	return func() {
		s.Shutdown()
		s.WaitForShutdown()
	}, nil
}

// configure makes what all processes are told.
func (f *fleet) configure(ctx context.Context) (err error) {
	token := webhook.NewPathToken()
	f.config = receiver.Config{
		Processes: f.n, Account: fmt.Sprint("sandbox-", time.Now().UnixMilli()), Key: f.sb.Coresignal.APIKey(), Provider: f.sb.Coresignal.URL(),
		CallsPerSecond: f.limit, CreditsPerDay: creditsPerDay, Token: token, Postgres: f.postgres, Redis: f.redis, NATS: f.nats, Lease: 5 * time.Second,
		Remember: time.Second, // a day passes at the provider between two notices of the same bytes; in the sandbox, seconds
	}
	for person := range f.sb.Coresignal.People() {
		if !person.Hidden && !person.Deleted && person.MergedInto == 0 && len(f.config.People) < people {
			f.config.People = append(f.config.People, person.ID)
		}
	}
	if f.config.Callback, err = webhook.CallbackURL("http://"+f.balancer.Addr().String()+"/coresignal", token); err != nil {
		return err
	}
	c := f.config
	c.Dir = filepath.Join(f.dir, "parent")
	f.shared, err = receiver.Connect(ctx, c, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	if f.shared.DB != nil {
		_, err = f.shared.DB.ExecContext(ctx, table)
	}
	return err
}

// promise says what needs a server.
func (f *fleet) promise() {
	if f.embedded {
		fmt.Fprintf(f.out, "Without any URL: notices lie in a NATS within this program, and end with it.\n")
	}
	if f.postgres == "" {
		fmt.Fprintf(f.out, "Without -postgres: each process has 1/%d of the budget and snapshots of its own, an older record may come after a newer one,\n"+
			"an update may come twice after a crash, and the subscription is kept by process 1 alone.\n", f.n)
	}
	switch {
	case f.redis == "" && f.postgres == "":
		fmt.Fprintf(f.out, "Without -redis and -postgres: a notice that is sent twice is worked on twice if two processes get it.\n")
		fallthrough
	case f.redis == "":
		fmt.Fprintf(f.out, "Without -redis: each process makes 1/%d of the %d calls a second, also while others make none.\n", f.n, f.limit)
	}
}

// ready waits until all processes are, and somebody has subscribed.
func (f *fleet) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		up := 0
		for _, m := range f.members {
			if m.address() != "" {
				up++
			}
		}
		if up == f.n && f.sb.Coresignal.ActiveSubscriptions() > 0 {
			return nil
		}
		if !wait(ctx, 50*time.Millisecond) {
			return fmt.Errorf("%d of %d processes have started in time, and %d subscriptions are there: what failed is above", up, f.n, f.sb.Coresignal.ActiveSubscriptions())
		}
	}
}

// change lets people change, and the provider tell of it, each notice twice.
func (f *fleet) change(ctx context.Context) {
	f.sb.DeliverTwice(true)
	random := rand.New(rand.NewPCG(1, 1))
	for wait(ctx, time.Second) {
		for range f.changes {
			id := f.config.People[random.IntN(len(f.config.People))]
			_ = f.sb.Coresignal.Promote(id, "")
		}
		_ = f.sb.Deliver(context.WithoutCancel(ctx)) // what nobody took is counted
	}
}

// spread is the balancer: it gives a notice to some process, and to others until one takes it.
func (f *fleet) spread(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 8<<20))
	if err != nil {
		http.Error(w, "the notice could not be read", http.StatusBadRequest)
		return
	}
	for range 3 * f.n {
		if address := f.next(); address != "" {
			request, err := http.NewRequestWithContext(r.Context(), r.Method, "http://"+address+r.URL.EscapedPath(), bytes.NewReader(body)) //nolint:gosec // the address is a process's own
			if err != nil {
				break
			}
			request.Header = r.Header.Clone()
			if response, err := f.client.Do(request); err == nil { //nolint:gosec // as above
				_ = response.Body.Close()
				if response.StatusCode < 500 {
					w.WriteHeader(response.StatusCode)
					return
				}
			}
		}
		if !wait(r.Context(), 100*time.Millisecond) {
			break
		}
	}
	f.mu.Lock()
	f.refused++
	f.mu.Unlock()
	http.Error(w, "no process takes the notice", http.StatusServiceUnavailable)
}

// next returns the address of some process, so that a notice that comes twice goes to two of them as likely as not.
func (f *fleet) next() string { return f.members[rand.IntN(len(f.members))].address() }

// killOnKey kills a process for each line.
func (f *fleet) killOnKey(in io.Reader) {
	for lines := bufio.NewScanner(in); lines.Scan(); {
		number, err := strconv.Atoi(strings.TrimSpace(lines.Text()))
		if err != nil || number < 1 || number > f.n {
			number = 1 + rand.IntN(f.n)
		}
		f.members[number-1].kill()
	}
}

// show prints the table each second until ctx ends, and kills as often as it was told to.
func (f *fleet) show(ctx context.Context) {
	began, killed := time.Now(), time.Now()
	for wait(ctx, time.Second) {
		f.print(ctx, time.Since(began))
		if f.options.kill > 0 && time.Since(killed) >= f.options.kill {
			f.members[rand.IntN(f.n)].kill()
			killed = time.Now()
		}
	}
}

func (f *fleet) print(ctx context.Context, since time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	leases := f.leases(ctx)
	var text strings.Builder
	fmt.Fprintf(&text, "\n%4.0fs  process   pid      deliveries  collects  doubts  credits  waiting  lag    leases\n", since.Seconds())
	for _, m := range f.members {
		status, err := m.status(ctx)
		if err != nil {
			fmt.Fprintf(&text, "       %-9d %-8s\n", m.number, "killed")
			continue
		}
		fmt.Fprintf(&text, "       %-9d %-8d %-11d %-9d %-7d %-8d %-8d %-6s %s\n", m.number, m.pid(), status.Received, status.HandedOver, status.Doubts,
			status.Credits, status.Waiting, status.Oldest.Round(100*time.Millisecond), strings.Join(leases[fmt.Sprint("process ", m.number)], ", "))
	}
	f.mu.Lock()
	refused := f.refused
	f.mu.Unlock()
	fmt.Fprintf(&text, "       all: %d of %d calls in the last second, %d of %d credits, %d notices refused\n",
		f.lastSecond(), f.limit, f.sb.Coresignal.CreditsSpent(), creditsPerDay, refused)
	_, _ = io.WriteString(f.out, text.String())
}

// lastSecond is how many calls the provider has had in the last second.
func (f *fleet) lastSecond() (n int) {
	arrivals, now := f.sb.Arrivals(), time.Now()
	for _, at := range slices.Backward(arrivals) {
		if now.Sub(at) > time.Second {
			break
		}
		n++
	}
	return n
}

// leases is what each process holds.
func (f *fleet) leases(ctx context.Context) map[string][]string {
	held := make(map[string][]string)
	if f.shared.Store == nil {
		return held
	}
	list, err := f.shared.Store.Leases().Holders(ctx)
	if err != nil {
		return held // the next second says more
	}
	for _, lease := range list {
		held[lease.Holder] = append(held[lease.Holder], lease.Name)
	}
	return held
}

// settle waits until nothing is waiting, and says what came of all.
func (f *fleet) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for calm := time.Now(); ; {
		waiting, dead, up := 0, 0, 0
		for _, m := range f.members {
			if status, err := m.status(ctx); err == nil {
				waiting, up = waiting+status.Waiting, up+1
				if dead += status.Dead; f.nats != "" { // each tells of all
					dead = status.Dead
				}
			}
		}
		if up < f.n || waiting > 0 {
			calm = time.Now()
		} else if f.nats == "" || time.Since(calm) > upToDate {
			fmt.Fprintf(f.out, "\nAll is done: %d credits spent, %d dead, %s\n", f.sb.Coresignal.CreditsSpent(), dead, f.counted(ctx))
			return
		}
		if !wait(ctx, 100*time.Millisecond) {
			fmt.Fprintf(f.out, "\n%d of %d processes run, and %d deliveries wait.\n", up, f.n, waiting)
			return
		}
	}
}

// counted is what the user's table has.
func (f *fleet) counted(ctx context.Context) string {
	if f.shared.DB == nil {
		return "nothing counted without PostgreSQL."
	}
	var updates, doubts int64
	if err := f.shared.DB.QueryRowContext(ctx, "SELECT coalesce(sum(updates), 0), coalesce(sum(doubts), 0) FROM fleet_people").Scan(&updates, &doubts); err != nil {
		return "the table cannot be read: " + err.Error()
	}
	return fmt.Sprintf("%d updates and %d doubts in the table fleet_people, of all runs.", updates, doubts)
}

func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// statusOf asks a process.
func (f *fleet) statusOf(ctx context.Context, address string) (s receiver.Status, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/status", nil)
	if err != nil {
		return s, err
	}
	response, err := f.client.Do(request)
	if err != nil {
		return s, err
	}
	defer func() { _ = response.Body.Close() }()
	return s, json.NewDecoder(io.LimitReader(response.Body, 1<<20)).Decode(&s)
}
