//go:build unix

package nats_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/adapters/nats"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook"
)

const pricePerRecord = 10

// market is a raw server that sells records, is told of those that are handed over, and has the rows of what is kept.
type market struct {
	url string

	mu           sync.Mutex
	sold, handed map[string]int
	rows         map[string]*keptRow
	refuses      int // how many removals it still refuses
}

type keptRow struct {
	owner   string
	entries [][]byte
}

func newMarket(t *testing.T) *market {
	t.Helper()
	m := &market{sold: make(map[string]int), handed: make(map[string]int), rows: make(map[string]*keptRow)}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /cdapi/v2/employee_base/collect/{id}", func(rw http.ResponseWriter, r *http.Request) {
		id := r.PathValue("id")
		m.mu.Lock()
		m.sold[id]++
		m.mu.Unlock()
		rw.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(rw, `{"id":%s,"parent_id":%s,"is_parent":1,"full_name":"Person %s","deleted":0,"is_hidden":0,"experience":[]}`, id, id, id)
	})
	mux.HandleFunc("POST /handed/{name}", func(_ http.ResponseWriter, r *http.Request) {
		m.mu.Lock()
		m.handed[r.PathValue("name")]++
		m.mu.Unlock()
	})
	mux.HandleFunc("POST /kept/{op}/{name}", m.keep)
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	m.url = s.URL
	return m
}

func (m *market) keep(rw http.ResponseWriter, r *http.Request) {
	var entries [][]byte
	if json.NewDecoder(r.Body).Decode(&entries) != nil {
		http.Error(rw, "", http.StatusBadRequest)
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	op, name, owner := r.PathValue("op"), r.PathValue("name"), r.URL.Query().Get("owner")
	row := m.rows[name]
	switch {
	case op == "open" && row == nil:
		m.rows[name] = &keptRow{owner: owner}
	case op == "open":
		row.owner = owner
	case op == "remove" && m.refuses > 0:
		m.refuses--
		http.Error(rw, "", http.StatusServiceUnavailable)
	case op == "remove":
		delete(m.rows, name)
	case row == nil || row.owner != owner:
		http.Error(rw, "", http.StatusConflict)
	case op == "append":
		row.entries = append(row.entries, entries...)
	case op == "replace":
		row.entries = entries
	default:
		_ = json.NewEncoder(rw).Encode(row.entries)
	}
}

// state is how often each record was sold and each was handed over, and the entries that are kept.
func (m *market) state() (sold, handed map[string]int, kept int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, row := range m.rows {
		kept += len(row.entries)
	}
	return maps.Clone(m.sold), maps.Clone(m.handed), kept
}

func (m *market) isEmpty() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.rows) == 0
}

// keptClient is a store of what is kept in the market. Nobody edits it.
type keptClient struct {
	webhook.KeptStore

	url  string
	dies string // when its process is killed
}

func (c keptClient) Open(ctx context.Context, name string) (webhook.Kept, error) {
	k := ownedRow{c, name, rand.Text()}
	_, err := k.post(ctx, "open", nil)
	return k, err
}

func (c keptClient) Remove(ctx context.Context, name string) error {
	if c.dies == "before the removal" {
		die()
	}
	_, err := ownedRow{c, name, ""}.post(ctx, "remove", nil)
	if c.dies == "after the removal" {
		die()
	}
	return err
}

func die() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

type ownedRow struct {
	keptClient

	name, owner string
}

func (k ownedRow) post(ctx context.Context, op string, entries [][]byte) (got [][]byte, err error) {
	text, err := json.Marshal(entries)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, fmt.Sprintf("%s/kept/%s/%s?owner=%s", k.url, op, k.name, k.owner), bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	switch {
	case response.StatusCode == http.StatusConflict:
		return nil, webhook.ErrLeaseLost
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("the market responded with %d", response.StatusCode)
	case op == "entries":
		err = json.NewDecoder(response.Body).Decode(&got)
	}
	return got, err
}

func (k ownedRow) Append(ctx context.Context, entry []byte) error {
	_, err := k.post(ctx, "append", [][]byte{entry})
	return err
}

func (k ownedRow) Replace(ctx context.Context, entries [][]byte) error {
	_, err := k.post(ctx, "replace", entries)
	return err
}

func (k ownedRow) Entries(ctx context.Context) ([][]byte, error) { return k.post(ctx, "entries", nil) }

func (ownedRow) Full() error { return nil }

// buy buys what the deliveries are about, and hands it over to the market.
func (w world) buy() error {
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "label", Token: w.Token})
	if err != nil {
		return err
	}
	client, err := pronet.New(pronet.WithCoresignal("key", pronet.BaseURL(w.Witness)))
	if err != nil {
		return err
	}
	refresher, err := refresh.New(client.Employees.Base, nil, func(ctx context.Context, o refresh.Outcome[employee.BaseRecord]) error {
		switch {
		case o.Err != nil:
			return o.Err
		case w.Dies == "before it is handed over":
			die()
		}
		err := post(ctx, w.Witness+"/handed/"+strings.ReplaceAll(o.Record.FullName, " ", "_"), nil)
		if w.Dies == "after it is handed over" {
			die()
		}
		return err
	}, refresh.Options{OneByOne: -1, Concurrency: 1, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	return w.work(refresher.Handle, func(o *nats.Options) { o.Kept = keptClient{url: w.Witness, dies: w.Dies} }, sender)
}

// TestWhatIsBoughtOutlivesItsProcess: whenever it is killed, no record is bought twice, and in the end nothing is kept.
func TestWhatIsBoughtOutlivesItsProcess(t *testing.T) {
	const all = 2
	for dies, c := range map[string]struct{ sold, handed, again int }{
		"before it is handed over": {1, 0, 0},
		"after it is handed over":  {1, 1, 1},
		"before the removal":       {all, all, 0},
		"after the removal":        {all, all, 0},
	} {
		t.Run(dies, func(t *testing.T) {
			t.Parallel()
			s, m := embedded(t), newMarket(t)
			token := webhook.NewPathToken()
			w := world{Role: "buyer", URL: s.ClientURL(), Witness: m.url, Lease: 3 * time.Second, Workers: 2, Token: token, Dies: dies}
			sender, err := webhook.Coresignal(webhook.Endpoint{Label: "label", Token: token})
			require.NoError(t, err)
			js := connect(t, w.URL)
			q := open(t, js, w.options(), sender)
			d := &webhook.Delivery{
				Source: webhook.SourceCoresignal, Label: "label", Key: "key", ReceivedAt: time.Now(),
				Body: []byte(`[{"member_id":1,"status":"changed"},{"member_id":2,"status":"changed"}]`),
			}
			require.NoError(t, webhook.Decode(d, sender))
			require.NoError(t, q.Put(t.Context(), d))

			first := begin(t, w)
			require.Eventually(t, first.hasEnded, time.Minute, 10*time.Millisecond, "it is killed")
			sold, handed, kept := m.state()
			assert.Len(t, sold, c.sold)
			assert.Len(t, handed, c.handed)
			assert.Equal(t, dies == "after the removal", kept == 0)

			w.Dies = ""
			second := begin(t, w)
			stream, err := js.Stream(t.Context(), nats.DefaultName+"-work")
			require.NoError(t, err)
			require.Eventually(t, func() bool {
				info, err := stream.Info(t.Context())
				return err == nil && info.State.Msgs == 0
			}, time.Minute, 10*time.Millisecond, "the stream has nothing any more")
			second.signal(syscall.SIGTERM)
			<-second.over
			sold, handed, _ = m.state()
			credits := 0
			for _, n := range sold {
				credits += n * pricePerRecord
			}
			assert.Equal(t, all*pricePerRecord, credits, "nothing is bought twice")
			total := 0
			for _, n := range handed {
				total += n
			}
			assert.Len(t, handed, all)
			assert.Equal(t, all+c.again, total, "only what was not known to be handed over comes again")
			assert.True(t, m.isEmpty(), "nothing is kept any more")
			assert.Empty(t, deadOf(t, q))
		})
	}
}

// TestKeptStoreAway: a delivery that is done waits until what is kept for it can be removed, and is not handed over again.
func TestKeptStoreAway(t *testing.T) {
	s, m := embedded(t), newMarket(t)
	m.refuses = 30 // more often than there are attempts
	o := quick(ownName, func(o *nats.Options) { o.Kept = keptClient{url: m.url} })
	js := connect(t, s.ClientURL())
	q := open(t, js, o)
	for _, text := range []string{"1", "2"} {
		require.NoError(t, q.Put(t.Context(), about("jane", text)))
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	var mu sync.Mutex
	var got []string
	go func() {
		ended <- q.Run(ctx, func(ctx context.Context, d *webhook.Delivery) error {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, string(d.Body))
			return d.Kept.Append(ctx, []byte("a record"))
		})
	}()
	stream, err := js.Stream(t.Context(), o.Name+"-work")
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		info, err := stream.Info(t.Context())
		return err == nil && info.State.Msgs == 0
	}, time.Minute, 10*time.Millisecond)
	stop()
	require.ErrorIs(t, <-ended, context.Canceled)
	assert.Equal(t, []string{"jane\n1", "jane\n2"}, got)
	assert.True(t, m.isEmpty())
	assert.Zero(t, m.refuses)
	assert.Empty(t, deadOf(t, q))
}
