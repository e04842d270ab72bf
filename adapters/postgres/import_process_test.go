//go:build unix

package postgres_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/adapters/postgres"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/snapshot"
	"github.com/pronet-go/pronet/subscriptions"
	"github.com/pronet-go/pronet/webhook"
)

const creditsPerDay = 5_000

// moveFromFiles is what the guide shows.
func moveFromFiles(ctx context.Context, store *postgres.Store, dir string) error {
	snapshots, err := snapshot.OpenFiles(filepath.Join(dir, "snapshots"))
	if err != nil {
		return err // the old process is still running
	}
	defer snapshots.Close()
	jobs, err := bulkcollect.OpenLedger(filepath.Join(dir, "jobs.jsonl"))
	if err != nil {
		return err
	}
	defer jobs.Close()
	budget, err := employee.OpenDailyBudget(filepath.Join(dir, "budget.json"), creditsPerDay)
	if err != nil {
		return err
	}
	defer budget.Close()
	_, err = store.Import(ctx, postgres.Files{
		Name:      "machine 1",
		Snapshots: snapshots,
		Ledger:    jobs, Account: "account",
		Spent: creditsPerDay - budget.Left(), Budget: "account",
		Keeper: subscriptions.FileState(filepath.Join(dir, "subscriptions.json")), KeeperName: "subscriptions",
	})
	return err
}

// sharedOptions is what the guide shows next.
func sharedOptions(store *postgres.Store) (refresh.PipelineOptions, error) {
	snapshots, err := store.Snapshots()
	if err != nil {
		return refresh.PipelineOptions{}, err
	}
	budget, err := employee.NewSharedBudget(store.Budget("account"), creditsPerDay)
	if err != nil {
		return refresh.PipelineOptions{}, err
	}
	return refresh.PipelineOptions{
		Snapshots: snapshots,
		Collect:   refresh.Options{Budget: budget, Ledger: store.Ledger("account"), Clock: store.Now},
	}, nil
}

// TestGuideShowsTheMove that the tests run.
func TestGuideShowsTheMove(t *testing.T) {
	source, err := os.ReadFile("import_process_test.go")
	require.NoError(t, err)
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "guide", "run-on-many-machines.md"))
	require.NoError(t, err)
	for _, name := range []string{"moveFromFiles", "sharedOptions"} {
		_, body, found := strings.Cut(string(source), "\nfunc "+name+"(")
		require.True(t, found)
		body, _, _ = strings.Cut(body, "\n}\n")
		assert.Contains(t, string(page), "\nfunc "+name+"("+body+"\n}\n")
	}
}

// held is the file that lets the functions of the pipelines fail while it is there.
const held = "held"

// pipeline is one that runs until its standard input ends. It prints its address first, and adds what it tells to a file.
func (w world) pipeline(ctx context.Context, o refresh.PipelineOptions) error {
	client, err := pronet.New(pronet.WithCoresignal("key-of-the-test", pronet.BaseURL(w.Calls)))
	if err != nil {
		return err
	}
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "customers", Token: w.Token})
	if err != nil {
		return err
	}
	told, err := os.OpenFile(filepath.Join(w.Dir, "told"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer told.Close()
	tell := func(_ context.Context, u refresh.Update[employee.BaseRecord]) error {
		if _, err := os.Stat(filepath.Join(w.Dir, held)); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("the store is away: %w", webhook.ErrRetryLater)
		}
		if u.Err != nil {
			return u.Err
		}
		was := "0"
		if u.Previous != nil {
			was = u.Previous.Headline
		}
		_, err := fmt.Fprintln(told, u.ID, was, u.Record.Headline)
		return err
	}
	o.Window, o.Collect.OneByOne = -1, -1
	pipeline, err := refresh.Open(client.Employees.Base, client.BulkCollect.Base, w.Dir, sender, tell, o)
	if err != nil {
		return err
	}
	defer pipeline.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", pipeline)
	mux.HandleFunc("/pending", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, pipeline.Notices().Status().Pending) })
	server := &http.Server{Handler: mux}
	go func() { _ = server.Serve(listener) }()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- pipeline.Run(ctx) }()
	fmt.Println("http://" + listener.Addr().String() + "/hooks/" + w.Token)
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := server.Shutdown(ctx); err != nil {
		return err
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// moving is a provider that knows nothing of what is tested, and what is sent and told.
type moving struct {
	t     *testing.T
	world world

	mu     sync.Mutex
	served map[int64]int       // each record is the next one of its person
	last   map[int64]time.Time // when the last one was served
	sent   map[int64]time.Time // when the last notice was accepted
}

func newMoving(t *testing.T, s *server, o postgres.Options) *moving {
	t.Helper()
	m := &moving{t: t, served: make(map[int64]int), last: make(map[int64]time.Time), sent: make(map[int64]time.Time)}
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.ParseInt(path.Base(r.URL.Path), 10, 64)
		if err != nil {
			http.Error(w, "no id", http.StatusBadRequest)
			return
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.served[id]++
		m.last[id] = time.Now()
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"id":%d,"full_name":"Person","headline":"%d"}`, id, m.served[id])
	}))
	t.Cleanup(provider.Close)
	m.world = world{URL: s.url(), Options: o, Dir: t.TempDir(), Calls: provider.URL, Token: webhook.NewPathToken()}
	return m
}

func (m *moving) begin(role string) (p *process, address string) {
	m.t.Helper()
	w := m.world
	w.Role = role
	p = begin(m.t, w)
	return p, p.line()
}

func (m *moving) stop(p *process) {
	m.t.Helper()
	require.NoError(m.t, p.stdin.Close())
	assert.False(m.t, p.ends())
}

// notify posts a notice about each of some people.
func (m *moving) notify(address string, ids ...int64) {
	m.t.Helper()
	for _, id := range ids {
		r, err := http.NewRequestWithContext(m.t.Context(), http.MethodPost, address, strings.NewReader(fmt.Sprintf(`[{"member_id":%d,"status":"changed","at":%d}]`, id, time.Now().UnixNano())))
		require.NoError(m.t, err)
		sent := time.Now()
		response, err := http.DefaultClient.Do(r)
		require.NoError(m.t, err)
		require.NoError(m.t, response.Body.Close())
		require.Equal(m.t, http.StatusOK, response.StatusCode)
		m.mu.Lock()
		m.sent[id] = sent
		m.mu.Unlock()
	}
}

// told are the lines that were told, and how many records of whom.
func (m *moving) told() (lines []string) {
	m.t.Helper()
	file, err := os.Open(filepath.Join(m.world.Dir, "told"))
	require.NoError(m.t, err)
	defer file.Close()
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		lines = append(lines, scanner.Text())
	}
	return lines
}

func (m *moving) hold() {
	m.t.Helper()
	require.NoError(m.t, os.WriteFile(filepath.Join(m.world.Dir, held), nil, 0o600))
}

func (m *moving) free() {
	m.t.Helper()
	require.NoError(m.t, os.Remove(filepath.Join(m.world.Dir, held)))
}

// collected waits until a record of each was bought after the last notice.
func (m *moving) collected(ids ...int64) {
	m.t.Helper()
	require.Eventually(m.t, func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		for _, id := range ids {
			if !m.last[id].After(m.sent[id]) {
				return false
			}
		}
		return true
	}, time.Minute, time.Millisecond)
}

func (m *moving) bought() (records int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, n := range m.served {
		records += n
	}
	return records
}

// all waits until the pipeline at an address has dealt with all notices, and so has told everything that was bought.
func (m *moving) all(address string) {
	m.t.Helper()
	pending, err := url.Parse(address)
	require.NoError(m.t, err)
	pending.Path = "/pending"
	require.Eventually(m.t, func() bool {
		response, err := http.Get(pending.String())
		if !assert.NoError(m.t, err) {
			return false
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		return assert.NoError(m.t, err) && string(text) == "0"
	}, time.Minute, time.Millisecond)
	require.Len(m.t, m.told(), m.bought())
}

// TestPipelineMovesFromFiles: one in files, with deliveries that wait and records that are bought and not handed over, is
// moved to the database. The move is killed in its middle, the old pipeline goes on, and it is moved again. In the end each
// notice was followed by a record, each record that was bought was told, once, and as the next one of its person; and the
// credits are those of the records.
func TestPipelineMovesFromFiles(t *testing.T) {
	s := sharedServer(t)
	o := s.migrated(t)
	m := newMoving(t, s, o)
	people := []int64{1, 2, 3, 4, 5, 6}

	old, address := m.begin("pipeline in files")
	m.notify(address, people...)
	m.collected(people...)
	m.all(address)
	m.hold()
	m.notify(address, people[:3]...)
	m.collected(people[:3]...)
	m.notify(address, people[:4]...) // these wait
	m.stop(old)

	db := s.open(t)
	tx, err := db.BeginTx(t.Context(), nil)
	require.NoError(t, err)
	_, err = tx.ExecContext(t.Context(), fmt.Sprintf("LOCK TABLE %q.%q IN ACCESS EXCLUSIVE MODE", o.Schema, o.Prefix+"snapshots"))
	require.NoError(t, err)
	w := m.world
	w.Role = "import"
	cut := begin(t, w)
	looking := s.open(t)
	require.Eventually(t, func() bool {
		var waiting bool
		assert.NoError(t, looking.QueryRowContext(t.Context(), "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE $1)", "%"+o.Schema+"%snapshots%").Scan(&waiting))
		return waiting
	}, time.Minute, 10*time.Millisecond)
	require.NoError(t, cut.cmd.Process.Kill())
	assert.True(t, cut.ends())
	require.NoError(t, tx.Rollback())

	old, address = m.begin("pipeline in files")
	m.free()
	m.notify(address, people...)
	m.collected(people...)
	m.all(address)
	m.hold()
	m.notify(address, people[2:]...)
	m.collected(people[2:]...)
	m.notify(address, people[1:]...)
	m.stop(old)

	for range 2 {
		again := begin(t, w)
		assert.False(t, again.ends())
	}
	before := m.bought()
	moved, address := m.begin("pipeline in the database")
	m.free()
	m.notify(address, people...)
	m.collected(people...)
	m.all(address)
	assert.Greater(t, m.bought(), before)
	day, err := s.store(t, o).Budget("account").Today(t.Context())
	require.NoError(t, err)
	m.stop(moved)

	last := make(map[int64]int)
	for _, line := range m.told() {
		var id int64
		var was, is int
		_, err := fmt.Sscan(line, &id, &was, &is)
		require.NoError(t, err)
		assert.Equal(t, last[id], was, line)
		assert.Equal(t, was+1, is, line)
		last[id] = is
	}
	assert.Equal(t, m.served, last)
	if day.Ends.Equal(time.Now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)) { // not over midnight
		assert.EqualValues(t, 10*m.bought(), day.Spent)
	}
	t.Logf("%d records were bought and told", len(m.told()))
}

// TestMoveBetweenAJobAndItsRecords: a job that was requested before the move, and whose records no function has taken, is
// neither requested nor paid again after it.
func TestMoveBetweenAJobAndItsRecords(t *testing.T) {
	s := sharedServer(t)
	store := s.store(t, s.migrated(t))
	sb, client := sandbox.ForTest(t)
	dir, token, people := t.TempDir(), webhook.NewPathToken(), sb.Coresignal.PersonIDs()[:3]
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "customers", Token: token})
	require.NoError(t, err)
	run := func(o refresh.PipelineOptions, tell func(refresh.Update[employee.BaseRecord]) error, post bool, until func(*refresh.Pipeline[employee.BaseRecord]) bool) {
		o.Window, o.Logger = -1, slog.New(slog.DiscardHandler)
		p, err := refresh.Open(client.Employees.Base, client.BulkCollect.Base, dir, sender, func(_ context.Context, u refresh.Update[employee.BaseRecord]) error { return tell(u) }, o)
		require.NoError(t, err)
		defer func() { require.NoError(t, p.Close()) }()
		if post {
			body := fmt.Sprintf(`[{"member_id":%d,"status":"changed"},{"member_id":%d,"status":"changed"},{"member_id":%d,"status":"changed"}]`, people[0], people[1], people[2])
			w := httptest.NewRecorder()
			p.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/hooks/"+token, strings.NewReader(body)))
			require.Equal(t, http.StatusOK, w.Code)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- p.Run(ctx) }()
		require.Eventually(t, func() bool { return until(p) }, time.Minute, time.Millisecond)
		stop()
		require.ErrorIs(t, <-ended, context.Canceled)
	}
	var refused atomic.Int64
	run(refresh.PipelineOptions{CreditsPerDay: creditsPerDay}, func(refresh.Update[employee.BaseRecord]) error {
		refused.Add(1)
		return fmt.Errorf("the store is away: %w", webhook.ErrRetryLater)
	}, true, func(*refresh.Pipeline[employee.BaseRecord]) bool { return refused.Load() > 0 })
	spent := func() int64 {
		day, err := store.Budget("account").Today(t.Context())
		require.NoError(t, err)
		return day.Spent
	}
	require.NoError(t, moveFromFiles(t.Context(), store, dir))
	price := spent()
	require.NotZero(t, price)
	jobs, err := store.Ledger("account").Entries(t.Context())
	require.NoError(t, err)
	require.Len(t, jobs, 1)

	o, err := sharedOptions(store)
	require.NoError(t, err)
	var told sync.Map
	run(o, func(u refresh.Update[employee.BaseRecord]) error {
		_, twice := told.LoadOrStore(u.ID, true)
		assert.False(t, twice)
		return u.Err
	}, false, func(p *refresh.Pipeline[employee.BaseRecord]) bool { return p.Status().Notices.Pending == 0 })
	for _, id := range people {
		_, found := told.Load(id)
		assert.True(t, found)
	}
	assert.Equal(t, price, spent())
	jobs, err = store.Ledger("account").Entries(t.Context())
	require.NoError(t, err)
	require.Len(t, jobs, 1)
	assert.Equal(t, 1, jobs[0].Sent)
}
