//go:build unix

package river_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	riverqueue "github.com/riverqueue/river"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/river"
	"github.com/pronet-go/pronet/webhook"
)

// receiver is a handler that stores as jobs, with a worker beside it.
type receiver struct {
	*queue
	handler           *webhook.Handler
	path              string
	log               locked
	accepted, refused atomic.Int64
}

func newReceiver(t *testing.T, pool *pgxpool.Pool, schema string, o river.Options) *receiver {
	t.Helper()
	token := webhook.NewPathToken()
	sender, err := webhook.Coresignal(webhook.Endpoint{Label: "customers", Token: token})
	require.NoError(t, err)
	r := &receiver{path: "/hooks/" + token}
	o.Logger = slog.New(slog.NewTextHandler(&r.log, nil))
	r.queue = newQueueOn(t, pool, schema, o, sender)
	r.config = func() *riverqueue.Config {
		c := killable(schema)
		c.Logger = o.Logger
		return c
	}
	r.handler, err = webhook.NewHandler(sender, r.Sink, webhook.WithLogger(o.Logger))
	require.NoError(t, err)
	return r
}

// person is the one of a notice, by its number.
func person(n int64) int64 { return 770_000_000 + n }

// post sends the next notice, or the one that was refused again, and returns the status.
func (r *receiver) post() int {
	w := httptest.NewRecorder()
	r.handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, r.path, strings.NewReader(fmt.Sprintf(`[{"member_id":%d,"status":"changed"}]`, person(r.accepted.Load())))))
	if w.Code == http.StatusOK {
		r.accepted.Add(1)
		return w.Code
	}
	r.refused.Add(1)
	assert.NotEmpty(r.t, w.Header().Get("Retry-After"))
	return w.Code
}

// effect writes whose notice it is, in the database that is away too.
func (r *receiver) effect(ctx context.Context, d *webhook.Delivery) error {
	if _, err := r.pool.Exec(ctx, "INSERT INTO effects VALUES ($1)", d.Events[0].(webhook.EmployeeChanged).ID); err != nil {
		return fmt.Errorf("%w: %w", webhook.ErrRetryLater, err)
	}
	return nil
}

// work works until stop is called.
func (r *receiver) work(process func(context.Context, *webhook.Delivery) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx, process) }()
	return sync.OnceFunc(func() {
		cancel()
		assert.ErrorIs(r.t, <-ended, context.Canceled)
	})
}

// checkLog has the failures of all parts, and nobody's id.
func (r *receiver) checkLog() {
	text := r.log.String()
	assert.Equal(r.t, int(r.refused.Load()), strings.Count(text, "webhook: the sink failed"), "each 503")
	assert.Contains(r.t, text, "Error fetching jobs", "by River")
	assert.NotContains(r.t, text, "is dead")
	assert.NotContains(r.t, text, "7700000", "nobody is named")
}

// TestServerIsAway for a second, and for a minute with PRONET_HARD=1: a delivery gets 503 meanwhile, what got 200 is worked
// on, and nothing dies.
func TestServerIsAway(t *testing.T) {
	for name, away := range map[string]time.Duration{"a second": time.Second, "a minute": time.Minute} {
		t.Run(name, func(t *testing.T) {
			if away > time.Second && os.Getenv("PRONET_HARD") != "1" {
				t.Skip("a minute is for PRONET_HARD=1")
			}
			s := ownServer(t)
			d := s.database(t)
			r := newReceiver(t, d.Pool, d.schema, options())
			stop := r.work(r.effect)
			defer stop()
			ctx, end := context.WithCancel(t.Context())
			var sending sync.WaitGroup
			defer sending.Wait()
			defer end()
			sending.Go(func() {
				for ctx.Err() == nil {
					if code := r.post(); code != http.StatusOK {
						assert.Equal(t, http.StatusServiceUnavailable, code)
						time.Sleep(20 * time.Millisecond)
					}
				}
			})
			require.Eventually(t, func() bool { return r.accepted.Load() > 50 && d.count(t, "effects") > 20 }, time.Minute, 10*time.Millisecond)
			require.NoError(t, s.Stop(syscall.SIGINT))
			before := r.accepted.Load()
			time.Sleep(away)
			require.Eventually(t, func() bool { return r.refused.Load() > 1 }, time.Minute, 10*time.Millisecond)
			assert.LessOrEqual(t, r.accepted.Load(), before+1, "but for what was stored before")
			require.NoError(t, s.Start())
			before = r.accepted.Load()
			require.Eventually(t, func() bool { return r.accepted.Load() > before+50 }, time.Minute, 10*time.Millisecond)
			end()
			sending.Wait()
			// What a worker was told to have as the server went away comes again by the rescuer, which begins after an election.
			require.Eventually(t, func() bool { return d.count(t, "river_job WHERE state <> 'completed'") == 0 }, 5*time.Minute, 10*time.Millisecond)
			stop()
			assert.EqualValues(t, r.accepted.Load(), d.count(t, "(SELECT DISTINCT id FROM effects) AS different"))
			r.checkLog()
			t.Logf("%d deliveries, %d refused, %d effects, %d jobs", r.accepted.Load(), r.refused.Load(), d.count(t, "effects"), d.count(t, "river_job"))
		})
	}
}
