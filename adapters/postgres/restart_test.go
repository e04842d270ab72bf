//go:build unix

package postgres_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

// stops are the ways in which a server ends: a restart, and a crash.
var stops = []syscall.Signal{syscall.SIGINT, syscall.SIGQUIT}

// TestServerRestarts while receivers are at work: what comes meanwhile is refused with 503, so that the sender sends it again,
// and in the end each delivery has had its effect once.
func TestServerRestarts(t *testing.T) {
	away := time.Second
	if hard {
		away = time.Minute
	}
	s := ownServer(t)
	o := s.migrated(t)
	_, err := s.open(t).ExecContext(t.Context(), fmt.Sprintf("CREATE TABLE %q.effects (id bigint NOT NULL)", o.Schema))
	require.NoError(t, err)
	token := webhook.NewPathToken()
	var refused, counts atomic.Int64
	receiver := func() http.Handler {
		db := s.open(t)
		store := s.store(t, o)
		sender, err := webhook.Coresignal(webhook.Endpoint{Label: "label", Token: token})
		require.NoError(t, err)
		h, err := webhook.NewHandler(sender, webhook.Func(func(ctx context.Context, d *webhook.Delivery) error {
			tx, err := db.BeginTx(ctx, nil)
			if err != nil {
				return err
			}
			defer func() { _ = tx.Rollback() }()
			first, err := store.Once(ctx, tx, d.Source, d.Key)
			if err != nil {
				assert.ErrorIs(t, err, webhook.ErrRetryLater)
				return err
			}
			if first {
				if _, err := tx.ExecContext(ctx, fmt.Sprintf("INSERT INTO %q.effects VALUES ($1)", o.Schema), d.Events[0].(webhook.EmployeeChanged).ID); err != nil {
					return err
				}
			}
			return tx.Commit()
		}), webhook.WithStore(store.Dedupe()), webhook.WithLogger(slog.New(slog.DiscardHandler)), webhook.WithDeadline(time.Second)) // a claim whose response was lost ends soon
		require.NoError(t, err)
		return h
	}
	stop := make(chan struct{})
	var senders sync.WaitGroup
	var sent atomic.Int64
	for range 3 {
		h := receiver()
		senders.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				id := sent.Add(1)
				for {
					r := httptest.NewRequest(http.MethodPost, "/hooks/"+token, strings.NewReader(`[{"member_id": `+strconv.FormatInt(id, 10)+`, "status": "changed"}]`))
					w := httptest.NewRecorder()
					h.ServeHTTP(w, r)
					if w.Code == http.StatusOK {
						counts.Add(1)
						break
					}
					assert.Equal(t, http.StatusServiceUnavailable, w.Code)
					refused.Add(1)
					time.Sleep(20 * time.Millisecond)
				}
			}
		})
	}
	require.Eventually(t, func() bool { return counts.Load() > 50 }, time.Minute, time.Millisecond)
	for _, how := range stops {
		require.NoError(t, s.Stop(how))
		time.Sleep(away)
		require.NoError(t, s.Start())
		before := counts.Load()
		require.Eventually(t, func() bool { return counts.Load() > before+50 }, time.Minute, time.Millisecond)
	}
	close(stop)
	senders.Wait()
	var all, different int64
	require.NoError(t, s.open(t).QueryRowContext(t.Context(), fmt.Sprintf("SELECT count(*), count(DISTINCT id) FROM %q.effects", o.Schema)).Scan(&all, &different))
	assert.Equal(t, sent.Load(), all)
	assert.Equal(t, sent.Load(), different)
	assert.NotZero(t, refused.Load())
	t.Logf("%d deliveries, %d refused with 503", all, refused.Load())
}
