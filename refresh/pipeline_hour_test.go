package refresh_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/pronettest"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/refresh"
	"github.com/pronet-go/pronet/snapshot"
	"github.com/pronet-go/pronet/webhook"
)

// inMemory is a provider without a network.
type inMemory struct{ http.Handler }

func (m inMemory) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	m.ServeHTTP(w, r)
	return w.Result(), nil
}

// TestAnHourOfNotices: 10,000 notices about 2,000 people are no more collects than people in windows, each window with
// more than one person is a job, and each person's updates come in order and miss no notice, though the function fails now
// and then.
func TestAnHourOfNotices(t *testing.T) {
	notices, people := pronettest.Times(300, 10_000), pronettest.Times(60, 2000)
	synctest.Test(t, func(t *testing.T) {
		const window = 10 * time.Minute
		random, refusing := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(3, 4))
		s := newMarket()
		for id := range int64(people) {
			s.set(id+1, "version 0", 1)
		}
		client := sandboxtest.Connect(t, pronet.WithTransport(inMemory{s}), pronet.WithCoresignal("0123456789abcdef0123456789abcdef",
			pronet.RateLimit("", 10_000, time.Second)))
		token := webhook.NewPathToken()
		sender, err := webhook.Coresignal(webhook.Endpoint{Label: "everybody", Token: token})
		require.NoError(t, err)
		store := snapshot.NewMemory()
		type told struct{ notice, version int }
		byPerson, failures := make(map[int64][]told), 0
		pipeline, err := refresh.Open(client.Employees.Base, client.BulkCollect.Base, t.TempDir(), sender,
			func(_ context.Context, u refresh.Update[employee.BaseRecord]) error {
				require.NoError(t, u.Err)
				if refusing.IntN(50) == 0 {
					failures++
					return errStore
				}
				version, err := strconv.Atoi(strings.TrimPrefix(u.Record.Headline, "version "))
				require.NoError(t, err)
				for _, notice := range u.Notices {
					n, err := strconv.Atoi(notice.ChangedFields[0])
					require.NoError(t, err)
					byPerson[u.ID] = append(byPerson[u.ID], told{n, version})
				}
				return nil
			}, refresh.PipelineOptions{CreditsPerDay: refresh.Unbounded, Window: window, Snapshots: store})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		stopped := make(chan error, 1)
		go func() { stopped <- pipeline.Run(ctx) }()

		versions, sent := make(map[int64]int), make(map[int64][]told)
		for n := range notices {
			id := 1 + random.Int64N(int64(people))
			versions[id]++
			s.set(id, fmt.Sprintf("version %d", versions[id]), 1)
			sent[id] = append(sent[id], told{n, versions[id]})
			w := httptest.NewRecorder()
			body := fmt.Sprintf(`[{"member_id":%d,"status":"changed","changed_fields":["%d"]}]`, id, n)
			pipeline.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/"+token, strings.NewReader(body)))
			require.Equal(t, http.StatusOK, w.Code)
			time.Sleep(time.Hour / time.Duration(notices))
		}
		time.Sleep(2 * time.Hour)
		assert.Zero(t, pipeline.Status().Notices.Pending)
		assert.Zero(t, pipeline.Status().Notices.Dead)
		cancel()
		require.ErrorIs(t, <-stopped, context.Canceled)
		require.NoError(t, pipeline.Close())

		windows := int(time.Hour/window) + 1
		bought, jobs := s.bought()
		assert.LessOrEqual(t, jobs, windows)
		assert.Positive(t, failures)
		inJobs := 0
		for _, ids := range s.jobs {
			inJobs += len(ids)
		}
		assert.LessOrEqual(t, bought, people*windows)
		assert.Equal(t, bought, inJobs, "one by one is for one alone")
		for id, times := range s.sold {
			assert.LessOrEqual(t, times, min(windows, len(sent[id])), id)
		}
		t.Logf("%d notices about %d people: %d records in %d jobs, %d failures", notices, len(sent), bought, jobs, failures)
		for id, want := range sent {
			require.Len(t, byPerson[id], len(want), id)
			for i, got := range byPerson[id] {
				assert.Equal(t, want[i].notice, got.notice, "in the order of the notices")
				assert.GreaterOrEqual(t, got.version, want[i].version, "no record is older than its notice")
			}
			assert.True(t, slices.IsSortedFunc(byPerson[id], func(a, b told) int { return a.version - b.version }))
			kept, err := store.Get(t.Context(), snapshot.Key{Dataset: "base", ID: id})
			require.NoError(t, err)
			assert.Equal(t, s.record(id), string(kept.Record))
		}
	})
}
