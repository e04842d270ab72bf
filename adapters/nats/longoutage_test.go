//go:build unix

package nats_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/nats"
	"github.com/pronet-go/pronet/webhook"
)

// paced is a connection to a real server from within a bubble: while it is open, the time of the bubble goes about as fast as
// the real one. Until it is set up, the time stands, since the client holds a mutex meanwhile.
type paced struct {
	net.Conn

	settingUp atomic.Bool
}

func (c *paced) Read(b []byte) (int, error) {
	const pace = time.Millisecond
	for {
		if err := c.Conn.SetReadDeadline(time.Now().Add(pace)); err != nil {
			return 0, err
		}
		n, err := c.Conn.Read(b)
		if n > 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			return n, err
		}
		if !c.settingUp.Load() {
			time.Sleep(pace)
		}
	}
}

// SetDeadline is called by the client before it sets the connection up, and without a time afterwards.
func (c *paced) SetDeadline(t time.Time) error {
	c.settingUp.Store(!t.IsZero())
	return c.SetWriteDeadline(t)
}

// dialer is one of the client.
type dialer struct{}

// Dial implements natsgo.CustomDialer.
func (dialer) Dial(network, address string) (net.Conn, error) {
	conn, err := net.Dial(network, address)
	if err != nil {
		return nil, err
	}
	return &paced{Conn: conn}, nil
}

// emptyPools keeps the timers of the client, which it shares among its connections, out of the bubble or in it.
func emptyPools() {
	runtime.GC()
	runtime.GC() // what the first has left
}

// receiver is one of several processes with a handler, a queue and what works on it.
type receiver struct {
	http.Handler

	log bytes.Buffer

	mu    sync.Mutex
	hold  bool            // whether what is in work waits for the end of its context
	held  int             // how many wait
	done  map[string]bool // by body
	ended []time.Time     // when those contexts ended
}

func (r *receiver) process(ctx context.Context, d *webhook.Delivery) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.hold {
		r.held++
		r.mu.Unlock()
		<-ctx.Done()
		r.mu.Lock()
		r.ended = append(r.ended, time.Now())
		return context.Cause(ctx)
	}
	r.done[string(d.Body)] = true
	return nil
}

func (r *receiver) set(hold bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hold = hold
}

func (r *receiver) works() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.held > 0
}

// TestServerIsAwayForTenMinutes with two processes that work: what is in work ends in time, what comes meanwhile is refused,
// each process says so once, and when the server is back all that was stored is handed over, and nothing else.
func TestServerIsAwayForTenMinutes(t *testing.T) {
	const lasts = 10 * time.Minute
	emptyPools()
	defer emptyPools()
	server := newServerProcess(t)
	orders, carriedOut := make(chan func()), make(chan struct{})
	defer close(orders)
	go func() { // a process that is waited for would stop the time
		for order := range orders {
			order()
			carriedOut <- struct{}{}
		}
	}()
	outside := func(order func()) {
		orders <- order
		<-carriedOut
	}
	synctest.Test(t, func(t *testing.T) {
		token := webhook.NewPathToken()
		sender, err := webhook.Coresignal(webhook.Endpoint{Label: "label", Token: token})
		require.NoError(t, err)
		defer time.Sleep(time.Second) // in which the goroutines of the connections see that these are closed
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		var receivers []*receiver
		for range 2 {
			r := &receiver{done: make(map[string]bool)}
			conn, err := natsgo.Connect(server.line, natsgo.SetCustomDialer(dialer{}), natsgo.MaxReconnects(-1))
			require.NoError(t, err)
			defer conn.Close()
			js, err := jetstream.New(conn)
			require.NoError(t, err)
			q := open(t, js, nats.Options{SyncAlways: true, Logger: slog.New(slog.NewTextHandler(&r.log, nil))}, sender)
			running.Go(func() { assert.ErrorIs(t, q.Run(ctx, r.process), context.Canceled) })
			r.Handler, err = webhook.NewHandler(sender, q, webhook.WithLogger(slog.New(slog.DiscardHandler)))
			require.NoError(t, err)
			receivers = append(receivers, r)
		}
		defer func() {
			stop()
			running.Wait()
		}()
		until := func(what string, is func() bool) {
			for began := time.Now(); !is(); time.Sleep(10 * time.Millisecond) {
				require.Less(t, time.Since(began), time.Minute, what)
			}
		}
		sent, stored := 0, make(map[string]bool)
		send := func(body string) (status int) {
			w := httptest.NewRecorder()
			receivers[sent%2].ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/hooks/"+token, strings.NewReader(body)))
			return w.Code
		}
		notice := func() string {
			sent++
			return fmt.Sprintf(`[{"member_id":%d,"status":"changed"}]`, sent)
		}
		store := func() {
			body := notice()
			until("it is stored", func() bool { return send(body) == http.StatusOK })
			stored[body] = true
		}
		done := func() map[string]bool {
			all := make(map[string]bool)
			for _, r := range receivers {
				r.mu.Lock()
				maps.Copy(all, r.done)
				r.mu.Unlock()
			}
			return all
		}
		for range 50 {
			store()
		}
		until("all is done", func() bool { return maps.Equal(stored, done()) })
		for _, r := range receivers {
			r.set(true)
		}
		for range 50 {
			store()
		}
		until("both work", func() bool { return receivers[0].works() && receivers[1].works() })
		outside(server.kill)
		began := time.Now()
		for time.Since(began) < lasts {
			require.Equal(t, http.StatusServiceUnavailable, send(notice()))
			time.Sleep(10 * time.Second)
		}
		for _, r := range receivers {
			assert.Equal(t, 1, strings.Count(r.log.String(), "deliveries cannot be got"), "once")
			assert.Equal(t, 1, strings.Count(r.log.String(), "a lease is lost"), "once")
			assert.Equal(t, 2, strings.Count(r.log.String(), "\n"), r.log.String())
			assert.NotEmpty(t, r.ended)
			for _, at := range r.ended {
				assert.LessOrEqual(t, at.Sub(began), nats.DefaultLease*5/6, "nobody else has the lease yet")
			}
			r.set(false)
		}
		outside(server.start)
		store()
		until("the rest is done", func() bool { return len(done()) >= len(stored) })
		assert.Equal(t, stored, done(), "what was stored, and nothing that was refused")
	})
}
