package refresh_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/http/httptest"
	"path"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/snapshot"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

// market is a provider of records, apart from the sandbox, that counts what it sells.
type market struct {
	mu     sync.Mutex
	people map[int64]string // JSON; somebody who is not there is 404
	sold   map[int64]int
	jobs   [][]int64
	drop   int // so many responses are lost after the sale
}

func newMarket(ids ...int64) *market {
	s := &market{people: make(map[int64]string), sold: make(map[int64]int)}
	for _, id := range ids {
		s.set(id, "Engineer", 1)
	}
	return s
}

// set gives a person a title, at a company.
func (s *market) set(id int64, title string, company int) {
	s.setRecord(id, fmt.Sprintf(`{"id":%d,"full_name":"Person %d","headline":"%s","experience":[{"id":%d,"title":"%s","company_id":%d,"company_name":"Company %d","date_from":"January 2020","is_current":1,"deleted":0}]}`,
		id, id, title, company, title, company, company))
}

func (s *market) setRecord(id int64, record string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.people[id] = record
}

func (s *market) remove(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.people, id)
}

func (s *market) record(id int64) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.people[id]
}

// bought returns how many records were sold, and in how many jobs.
func (s *market) bought() (records, jobs int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.sold {
		records += n
	}
	return records, len(s.jobs)
}

func (s *market) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case r.Method == http.MethodPost:
		var wanted struct{ IDs []int64 }
		if json.NewDecoder(r.Body).Decode(&wanted) != nil {
			w.WriteHeader(http.StatusUnprocessableEntity)
			return
		}
		s.jobs = append(s.jobs, wanted.IDs)
		for _, id := range wanted.IDs {
			if s.people[id] != "" {
				s.sold[id]++
			}
		}
		fmt.Fprintf(w, `{"request_id":"j%d"}`, len(s.jobs)-1)
	case strings.HasSuffix(r.URL.Path, "/files"):
		_, _ = io.WriteString(w, `{"data_request_files":["a.json"]}`)
	case strings.Contains(r.URL.Path, "/files/"):
		number, _ := strconv.Atoi(strings.TrimPrefix(strings.Split(r.URL.Path, "/")[4], "j"))
		for _, id := range s.jobs[number] {
			if s.people[id] != "" {
				_, _ = io.WriteString(w, s.people[id]+"\n")
			}
		}
	default:
		id, _ := strconv.ParseInt(path.Base(r.URL.Path), 10, 64)
		if s.people[id] == "" {
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, `{"detail":"Not found"}`)
			return
		}
		s.sold[id]++
		if s.drop > 0 {
			s.drop--
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, s.people[id])
	}
}

// Update is an update of the Base dataset.
type Update = refresh.Update[employee.BaseRecord]

// update is what a function was told, and the error that it returned.
type update struct {
	Update

	refused error
}

func (u update) texts() (texts []string) {
	for _, change := range u.Changes {
		texts = append(texts, change.String())
	}
	return texts
}

// listener is a function for a pipeline that notes its calls.
type listener struct {
	mu      sync.Mutex
	updates []update
	refuse  func(refresh.Update[employee.BaseRecord]) error
	called  chan struct{}
}

func (l *listener) update(_ context.Context, u refresh.Update[employee.BaseRecord]) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var err error
	if l.refuse != nil {
		err = l.refuse(u)
	}
	l.updates = append(l.updates, update{u, err})
	l.called <- struct{}{}
	return err
}

func (l *listener) all() []update {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]update(nil), l.updates...)
}

func (l *listener) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.updates = nil
}

// rig is a pipeline at a market, which can be stopped and started again.
type rig struct {
	*market
	*listener

	t        testing.TB
	client   *pronet.Client
	dir      string
	token    string
	store    *snapshot.Memory
	options  refresh.PipelineOptions
	pipeline *refresh.Pipeline[employee.BaseRecord]
	server   *httptest.Server
	stop     func()
}

func newRig(t testing.TB, s *market, o refresh.PipelineOptions) *rig {
	t.Helper()
	r := &rig{
		market: s, listener: &listener{called: make(chan struct{}, 10_000)}, t: t, client: provider(t, s.ServeHTTP), dir: t.TempDir(),
		token: webhook.NewPathToken(), store: snapshot.NewMemory(), options: o,
	}
	if r.options.Snapshots == nil {
		r.options.Snapshots = r.store
	}
	if r.options.CreditsPerDay == 0 && r.options.Collect.Budget == nil {
		r.options.CreditsPerDay = refresh.Unbounded
	}
	r.options.Notices.Backoff, r.options.Notices.BackoffCap = time.Millisecond, time.Millisecond
	r.open()
	t.Cleanup(r.close)
	return r
}

func (r *rig) open() {
	r.t.Helper()
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "everybody", Token: r.token})
	require.NoError(r.t, err)
	sender.TTL = time.Nanosecond
	r.pipeline, err = refresh.Open(r.client.Employees.Base, r.client.BulkCollect.Base, r.dir, sender, r.update, r.options)
	require.NoError(r.t, err)
	r.server = httptest.NewServer(r.pipeline)
}

// start runs the pipeline until close.
func (r *rig) start() {
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- r.pipeline.Run(ctx) }()
	r.stop = func() {
		cancel()
		if err := <-stopped; !errors.Is(err, context.Canceled) {
			r.t.Error(err)
		}
		r.stop = nil
	}
}

func (r *rig) close() {
	if r.server == nil {
		return
	}
	if r.stop != nil {
		r.stop()
	}
	r.server.Close()
	r.server = nil
	require.NoError(r.t, r.pipeline.Close())
}

// restart is another process.
func (r *rig) restart() {
	r.t.Helper()
	r.close()
	r.open()
}

// notify posts a notice about each person, all in one body, and fields that changed.
func (r *rig) notify(fields string, ids ...int64) {
	r.t.Helper()
	parts := make([]string, len(ids))
	for i, id := range ids {
		parts[i] = fmt.Sprintf(`{"member_id":%d,"status":"changed","changed_fields":[%s],"n":%d}`, id, fields, time.Now().UnixNano())
	}
	response, err := http.Post(r.server.URL+"/"+r.token, "application/json", strings.NewReader("["+strings.Join(parts, ",")+"]"))
	require.NoError(r.t, err)
	require.NoError(r.t, response.Body.Close())
	require.Equal(r.t, http.StatusOK, response.StatusCode)
}

// await waits for calls of the function, and until nothing is pending when all is done.
func (r *rig) await(calls int) {
	r.t.Helper()
	limit := time.After(2 * time.Minute)
	for range calls {
		select {
		case <-r.called:
		case <-limit:
			r.t.Fatalf("%d calls of the function, %+v", len(r.all()), r.pipeline.Status().Notices)
		}
	}
}

// settle waits until nothing is pending.
func (r *rig) settle() {
	r.t.Helper()
	require.Eventually(r.t, func() bool { return r.pipeline.Status().Notices.Pending == 0 }, 2*time.Minute, time.Millisecond)
}

func (r *rig) dead() (dead []spool.Dead) {
	r.t.Helper()
	for d, err := range r.pipeline.Notices().Dead() {
		require.NoError(r.t, err)
		dead = append(dead, d)
	}
	return dead
}

// kept returns the snapshot of a person.
func (r *rig) kept(id int64) string {
	r.t.Helper()
	s, err := r.options.Snapshots.Get(r.t.Context(), snapshot.Key{Dataset: "base", ID: id})
	require.NoError(r.t, err)
	return string(s.Record)
}

// records are those of a market, as a bulk group has them.
func records(t testing.TB, s *market, ids ...int64) iter.Seq2[*employee.BaseRecord, error] {
	t.Helper()
	return func(yield func(*employee.BaseRecord, error) bool) {
		for _, id := range ids {
			record, err := employee.Decode[employee.BaseRecord]([]byte(s.record(id)))
			require.NoError(t, err)
			if !yield(record, nil) {
				return
			}
		}
	}
}
