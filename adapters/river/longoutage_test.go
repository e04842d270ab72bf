//go:build unix

package river_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	riverqueue "github.com/riverqueue/river"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

// line leads to a server. While it is cut, connections are refused.
type line struct {
	mu   sync.Mutex
	cut  bool
	open []net.Conn
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	c, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err == nil {
		l.open = append(l.open, c)
	}
	return c, err
}

func (l *line) set(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
	for _, c := range l.open {
		_ = c.Close()
	}
	l.open = nil
}

// TestServerIsAwayForTenMinutes: handler and client in a bubble, with a real server at the end of a line that is cut. The client
// polls, since a connection that waits for notifications would hold the clock of the bubble. What was in work is told to River
// when it is back: what is done is done once, and what waits has used up no attempt.
func TestServerIsAwayForTenMinutes(t *testing.T) {
	d := sharedServer(t).database(t)
	synctest.Test(t, func(t *testing.T) {
		var l line
		c, err := pgxpool.ParseConfig(d.url() + "&search_path=" + d.schema)
		require.NoError(t, err)
		c.ConnConfig.DialFunc = l.dial
		pool, err := pgxpool.NewWithConfig(t.Context(), c)
		require.NoError(t, err)
		defer pool.Close()
		count := func(from string) (n int) {
			require.NoError(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM "+from).Scan(&n))
			return n
		}
		o := options()
		o.MaxAttempts = 1
		r := newReceiver(t, pool, d.schema, o)
		config := r.config
		r.config = func() *riverqueue.Config {
			c := config()
			c.PollOnly, c.FetchCooldown, c.FetchPollInterval, c.JobTimeout = true, 0, 0, time.Hour
			c.RescueStuckJobsAfter = 2 * time.Hour
			return c
		}
		var done, waits atomic.Int64
		held := make(chan struct{})
		stop := r.work(func(ctx context.Context, d *webhook.Delivery) error {
			switch d.Events[0].(webhook.EmployeeChanged).ID {
			case person(0):
				done.Add(1)
				<-held
				return nil
			case person(1):
				waits.Add(1)
				<-held
			}
			return r.effect(ctx, d)
		})
		defer stop()
		for range 20 {
			require.Equal(t, http.StatusOK, r.post())
		}
		for done.Load() == 0 || waits.Load() == 0 || count("river_job WHERE state = 'completed'") < 18 {
			time.Sleep(time.Second)
		}
		l.set(true)
		close(held)
		for left := time.Now(); time.Since(left) < 10*time.Minute; time.Sleep(10 * time.Second) {
			require.Equal(t, http.StatusServiceUnavailable, r.post())
		}
		l.set(false)
		back := time.Now()
		require.Equal(t, http.StatusOK, r.post())
		for count("river_job WHERE state <> 'completed'") > 0 {
			require.Less(t, time.Since(back), time.Minute)
			time.Sleep(time.Second)
		}
		stop()
		t.Logf("all is worked on %s after the server is back", time.Since(back))
		assert.EqualValues(t, 1, done.Load())
		assert.EqualValues(t, 2, waits.Load())
		assert.Equal(t, 21, count("river_job"), "what was refused is not there")
		assert.Equal(t, 20, count("effects"))
		assert.Equal(t, 1, strings.Count(r.log.String(), "delivery will be tried again"))
		r.checkLog()
	})
}
