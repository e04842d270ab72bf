//go:build unix

package river_test

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	riverqueue "github.com/riverqueue/river"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/adapters/postgres"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/webhook"
)

// provider gives each person's record a new version with each request, and holds the first response about each person until
// a later one was told.
type provider struct {
	mu       sync.Mutex
	versions map[string]int
	told     map[string]chan struct{}
}

func newProvider(people []int64) *provider {
	p := &provider{versions: make(map[string]int), told: make(map[string]chan struct{})}
	for _, id := range people {
		p.told[strconv.FormatInt(id, 10)] = make(chan struct{})
	}
	return p
}

func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	id := path.Base(r.URL.Path)
	p.mu.Lock()
	p.versions[id]++
	version, told := p.versions[id], p.told[id]
	p.mu.Unlock()
	if version == 1 {
		select {
		case <-told:
		case <-time.After(time.Minute):
		}
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"id":%s,"full_name":"Jane","headline":"%d"}`, id, version)
}

func (p *provider) tell(id int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	name := strconv.FormatInt(id, 10)
	select {
	case <-p.told[name]:
	default:
		if p.versions[name] > 1 {
			close(p.told[name])
		}
	}
}

// TestNoOlderRecordFollows a newer one, with two processes' clients on jobs that River hands over in no order, if the worker is
// an updater with the snapshots of adapters/postgres. With a Refresher alone the first version follows a later one.
func TestNoOlderRecordFollows(t *testing.T) {
	people := []int64{11, 12, 13}
	const each = 6
	for name, c := range map[string]struct {
		worker func(client *pronet.Client, store *postgres.Store, tell func(context.Context, *sql.Tx, *employee.BaseRecord) error, o refresh.Options) (*refresh.Refresher[employee.BaseRecord], error)
		back   bool
	}{
		"an updater": {func(client *pronet.Client, store *postgres.Store, tell func(context.Context, *sql.Tx, *employee.BaseRecord) error, o refresh.Options) (*refresh.Refresher[employee.BaseRecord], error) {
			snapshots, err := store.Snapshots()
			if err != nil {
				return nil, err
			}
			return refresh.NewUpdater(client.Employees.Base, client.BulkCollect.Base, snapshots, func(ctx context.Context, u refresh.Update[employee.BaseRecord]) error {
				return tell(ctx, u.Tx, u.Record)
			}, refresh.UpdaterOptions{Collect: o})
		}, false},
		"a refresher": {func(client *pronet.Client, _ *postgres.Store, tell func(context.Context, *sql.Tx, *employee.BaseRecord) error, o refresh.Options) (*refresh.Refresher[employee.BaseRecord], error) {
			return refresh.New(client.Employees.Base, client.BulkCollect.Base, func(ctx context.Context, outcome refresh.Outcome[employee.BaseRecord]) error {
				return tell(ctx, nil, outcome.Record)
			}, o)
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := sharedServer(t).database(t)
			d.exec(t, "CREATE TABLE told (place bigint GENERATED ALWAYS AS IDENTITY, person bigint NOT NULL, version bigint NOT NULL)")
			db := stdlib.OpenDBFromPool(d.Pool)
			t.Cleanup(func() { assert.NoError(t, db.Close()) })
			require.NoError(t, postgres.Migrate(t.Context(), db, postgres.Options{Schema: d.schema}))
			p := newProvider(people)
			server := httptest.NewServer(p)
			t.Cleanup(server.Close)
			sender, err := webhook.Coresignal(webhook.Endpoint{Label: "label", Token: webhook.NewPathToken()})
			require.NoError(t, err)

			var calls atomic.Int64
			queues := make([]*queue, 2)
			processes := make([]func(context.Context, *webhook.Delivery) error, 2)
			for i := range queues {
				store, err := postgres.Open(db, postgres.Options{Schema: d.schema})
				require.NoError(t, err)
				client, err := pronet.New(pronet.WithCoresignal("0123456789abcdef0123456789abcdef", pronet.BaseURL(server.URL), pronet.RateLimit("", 10_000, time.Second)))
				require.NoError(t, err)
				tell := func(ctx context.Context, tx *sql.Tx, r *employee.BaseRecord) error {
					if r.Headline != "1" && calls.Add(1)%5 == 0 {
						return fmt.Errorf("%w: the store fails now and then", webhook.ErrRetryLater)
					}
					const insert = "INSERT INTO told (person, version) VALUES ($1, $2)"
					version, err := strconv.Atoi(r.Headline)
					if err == nil && tx != nil {
						_, err = tx.ExecContext(ctx, insert, r.ID, version)
					} else if err == nil {
						_, err = db.ExecContext(ctx, insert, r.ID, version)
					}
					if err == nil {
						p.tell(r.ID)
					}
					return err
				}
				r, err := c.worker(client, store, tell, refresh.Options{OneByOne: -1, Clock: store.Now, Logger: slog.New(slog.DiscardHandler)})
				require.NoError(t, err)
				queues[i], processes[i] = newQueue(t, d, options(), sender), r.Handle
				queues[i].config = func() *riverqueue.Config { return config(d.schema) }
			}
			for n := range each {
				for _, id := range people {
					body := fmt.Appendf(nil, `[{"member_id": %d, "status": "changed"}]`, id)
					require.NoError(t, queues[0].Put(t.Context(), &webhook.Delivery{Source: sender.Source, Label: "label", Key: fmt.Sprint(id, n), ReceivedAt: time.Now(), Body: body}))
				}
			}
			done := func() bool { return d.count(t, "river_job WHERE state = 'completed'") == each*len(people) }
			var second sync.WaitGroup
			second.Go(func() { queues[1].work(processes[1], done) })
			queues[0].work(processes[0], done)
			second.Wait()

			back := false
			for _, id := range people {
				var versions []int
				require.NoError(t, d.QueryRow(t.Context(), "SELECT array_agg(version ORDER BY place) FROM told WHERE person = $1", id).Scan(&versions))
				t.Log(id, versions)
				back = back || !slices.IsSorted(versions)
				if !c.back {
					assert.Equal(t, p.versions[strconv.FormatInt(id, 10)], versions[len(versions)-1], "the newest is told")
				}
			}
			assert.Equal(t, c.back, back)
		})
	}
}
