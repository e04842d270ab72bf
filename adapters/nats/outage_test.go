//go:build unix

package nats_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/nats"
	"github.com/pronet-go/pronet/webhook"
)

// TestServerAway: a server that syncs what it confirms is killed while two queues put and hand over, is away for some time,
// and comes back. Whatever Put has returned nil for is handed over, and of each person in order.
func TestServerAway(t *testing.T) {
	for name, away := range map[string]time.Duration{"a second": time.Second, "a minute": time.Minute} {
		t.Run(name, func(t *testing.T) {
			if away > time.Second && os.Getenv("PRONET_HARD") != "1" {
				t.Skip("a minute is for PRONET_HARD=1")
			}
			t.Parallel()
			serverAway(t, away)
		})
	}
}

func serverAway(t *testing.T, away time.Duration) {
	s := newServerProcess(t)
	log := new(logged)
	o := quick(func(o *nats.Options) { o.Logger = slog.New(slog.NewTextHandler(log, nil)) })
	eye := newWitness(t)
	tell := world{Witness: eye.url}.tell
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	var queues []*nats.Queue
	for range 2 {
		q := open(t, connect(t, s.line), o)
		queues = append(queues, q)
		running.Go(func() { assert.ErrorIs(t, q.Run(ctx, tell), context.Canceled) })
	}
	traffic := startTraffic(ctx, queues)
	defer traffic.end()
	for round := range 2 {
		eye.until((round+1)*100, "there is traffic")
		s.kill()
		require.True(t, pauseFor(t.Context(), away))
		s.start()
		after := traffic.stored.Load()
		require.Eventually(t, func() bool { return traffic.stored.Load() > after+50 }, time.Minute, 10*time.Millisecond)
	}
	traffic.end()
	eye.until(int(traffic.stored.Load()), "what was stored is handed over")
	assert.Empty(t, eye.wrong())
	assert.Empty(t, deadOf(t, queues[0]))
	t.Logf("%d stored, %d refused, %d requests to the witness", traffic.stored.Load(), traffic.refused.Load(), eye.count())
	assert.LessOrEqual(t, eye.count(), int(traffic.stored.Load())+100, "what was refused does not come all the same, but for what was under way")
	if away > o.Lease {
		assert.Contains(t, log.String(), "a lease is lost")
		assert.Positive(t, traffic.refused.Load())
	}
	assert.NotContains(t, log.String(), "person", "nobody is named")
}

// traffic is four that put one delivery after another, each about a person, as handlers do.
type traffic struct {
	stored, refused atomic.Int64
	end             func() // waits for all
}

func startTraffic(ctx context.Context, queues []*nats.Queue) *traffic {
	t := new(traffic)
	going, stop := context.WithCancel(ctx)
	var putting sync.WaitGroup
	t.end = func() { stop(); putting.Wait() }
	for writer := range 4 {
		putting.Go(func() {
			person := fmt.Sprint("person ", writer)
			for n := 0; going.Err() == nil; {
				trying, cancel := context.WithTimeout(ctx, webhook.DefaultDeadline)
				err := queues[writer%len(queues)].Put(trying, delivery(person, n))
				cancel()
				if err != nil {
					t.refused.Add(1)
					continue // the provider sends it again
				}
				n++
				t.stored.Add(1)
			}
		})
	}
	return t
}

func pauseFor(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// logged is what was logged.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// TestPutWithoutAServer: an error within the time that the context has.
func TestPutWithoutAServer(t *testing.T) {
	s := newServerProcess(t)
	q := open(t, connect(t, s.line), quick())
	s.kill()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err := q.Put(ctx, delivery("somebody", 0))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = q.InWork(ctx, "sinktest", "key")
	require.Error(t, err, "what is in work cannot be known")
	assert.False(t, errors.Is(err, webhook.ErrLeaseLost))
}
