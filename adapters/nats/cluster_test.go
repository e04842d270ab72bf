//go:build unix

package nats_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/nats"
)

// cluster is three servers in this program, each with files of its own.
type cluster struct {
	t       *testing.T
	options []*server.Options
	servers []*server.Server // nil while one is stopped
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	const size = 3
	c := &cluster{t: t, servers: make([]*server.Server, size)}
	var routes []*url.URL
	for range size {
		routes = append(routes, &url.URL{Scheme: "nats", Host: fmt.Sprint("127.0.0.1:", freePort(t))})
	}
	for i := range size {
		o := &server.Options{
			ServerName: fmt.Sprint("server", i), Host: "127.0.0.1", Port: freePort(t), JetStream: true, StoreDir: t.TempDir(), SyncAlways: true,
			NoSigs: true, NoLog: true, MaxPayload: maxPayload, Routes: routes,
		}
		o.Cluster.Name, o.Cluster.Host = "cluster", "127.0.0.1"
		_, err := fmt.Sscanf(routes[i].Host, "127.0.0.1:%d", &o.Cluster.Port)
		require.NoError(t, err)
		c.options = append(c.options, o)
	}
	for i := range size {
		c.start(i)
	}
	t.Cleanup(func() {
		for i, s := range c.servers {
			if s != nil {
				c.stop(i)
			}
		}
	})
	require.Eventually(t, func() bool {
		return slices.ContainsFunc(c.servers, func(s *server.Server) bool { return s.JetStreamIsLeader() && len(s.JetStreamClusterPeers()) == size })
	}, time.Minute, 10*time.Millisecond, "the cluster has a leader")
	return c
}

func (c *cluster) start(i int) {
	s, err := server.NewServer(c.options[i].Clone())
	require.NoError(c.t, err)
	s.Start()
	require.True(c.t, s.ReadyForConnections(time.Minute))
	c.servers[i] = s
}

func (c *cluster) stop(i int) {
	c.servers[i].Shutdown()
	c.servers[i].WaitForShutdown()
	c.servers[i] = nil
}

func (c *cluster) urls() string {
	var list []string
	for _, o := range c.options {
		list = append(list, fmt.Sprintf("nats://127.0.0.1:%d", o.Port))
	}
	return strings.Join(list, ",")
}

// leader is the server that leads a stream, -1 if none does.
func (c *cluster) leader(stream jetstream.Stream) int {
	info, err := stream.Info(c.t.Context())
	if err != nil || info.Cluster == nil || len(info.Cluster.Replicas) != len(c.servers)-1 {
		return -1
	}
	for _, r := range info.Cluster.Replicas {
		if !r.Current || r.Offline {
			return -1
		}
	}
	return slices.IndexFunc(c.options, func(o *server.Options) bool { return o.ServerName == info.Cluster.Leader })
}

// whole waits until all three have everything, and returns the leader.
func (c *cluster) whole(stream jetstream.Stream) (leader int) {
	c.t.Helper()
	require.Eventually(c.t, func() bool {
		leader = c.leader(stream)
		return leader >= 0
	}, 2*time.Minute, 50*time.Millisecond, "all have everything")
	return leader
}

// TestClusterOfThree: with one server away, the leader of what is pending, deliveries are stored and handed over. With two,
// they are refused. Whatever Put has returned nil for is handed over, and of each person in order.
func TestClusterOfThree(t *testing.T) {
	if os.Getenv("PRONET_HARD") != "1" {
		t.Skip("a cluster is for PRONET_HARD=1")
	}
	c := newCluster(t)
	log := new(logged)
	o := quick(func(o *nats.Options) {
		o.Replicas, o.Lease, o.Logger = 3, 5*time.Second, slog.New(slog.NewTextHandler(log, nil))
	})
	eye := newWitness(t)
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	var queues []*nats.Queue
	js := connect(t, c.urls())
	for range 2 {
		q := open(t, connect(t, c.urls()), o)
		queues = append(queues, q)
		running.Go(func() { assert.ErrorIs(t, q.Run(ctx, world{Witness: eye.url}.tell), context.Canceled) })
	}
	stream, err := js.Stream(t.Context(), nats.DefaultName+"-work")
	require.NoError(t, err)
	for _, name := range []string{nats.DefaultName + "-work", nats.DefaultName + "-dead", "KV_" + nats.DefaultName + "-leases", nats.DefaultName + "-members"} {
		s, err := js.Stream(t.Context(), name)
		require.NoError(t, err)
		assert.Equal(t, 3, s.CachedInfo().Config.Replicas, name)
	}

	traffic := startTraffic(ctx, queues)
	defer traffic.end()
	goesOn := func(what string) {
		t.Helper()
		before := traffic.stored.Load()
		require.Eventually(t, func() bool { return traffic.stored.Load() > before+50 }, 2*time.Minute, 10*time.Millisecond, what)
		eye.until(int(traffic.stored.Load()), what)
	}

	goesOn("with three")
	leader := c.whole(stream)
	c.stop(leader)
	goesOn("with two")
	t.Logf("%d stored and %d refused when one was away", traffic.stored.Load(), traffic.refused.Load())
	c.start(leader)
	leader = c.whole(stream)
	goesOn("with three again")

	other := (leader + 1) % 3
	c.stop(leader)
	c.stop(other)
	before := traffic.refused.Load()
	require.Eventually(t, func() bool { return traffic.refused.Load() >= before+8 }, 2*time.Minute, 10*time.Millisecond, "nothing is stored by one of three")
	still := traffic.stored.Load()
	short, cancel := context.WithTimeout(t.Context(), time.Second)
	err = queues[0].Put(short, delivery("somebody else", 0))
	cancel()
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Equal(t, still, traffic.stored.Load())
	c.start(leader)
	c.start(other)
	c.whole(stream)
	goesOn("with three once more")
	traffic.end()
	eye.until(int(traffic.stored.Load()), "what was stored is handed over")
	assert.Empty(t, eye.wrong())
	assert.Empty(t, deadOf(t, queues[0]))
	t.Logf("%d stored, %d refused, %d requests to the witness", traffic.stored.Load(), traffic.refused.Load(), eye.count())
	assert.NotContains(t, log.String(), "person", "nobody is named")
	assert.LessOrEqual(t, strings.Count(log.String(), "\n"), 40, log.String())
}
