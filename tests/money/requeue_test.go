package money

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/webhook"
)

// planOnce returns deliveries of one and of several people, each person once.
func planOnce(w *world) []*delivery {
	var deliveries []*delivery
	number := 0
	for rest := w.order; len(rest) > 0; {
		n := min(len(rest), []int{1, 1, 4}[len(deliveries)%3])
		d := &delivery{}
		var parts []string
		for _, id := range rest[:n] {
			number++
			d.notices = append(d.notices, &notice{number: number, person: w.people[id]})
			parts = append(parts, fmt.Sprintf(`{"member_id":%d,"status":"changed","n":%d}`, id, number))
		}
		d.body = "[" + strings.Join(parts, ",") + "]"
		deliveries, rest = append(deliveries, d), rest[n:]
	}
	return deliveries
}

// TestRequeue: the user's database does not take the records of two people, so that their deliveries die. Then it does, newer
// records of these people are handed over, and somebody puts the dead back. That is his word that they may be bought again,
// once; nothing is bought again before it, and what was bought before must not follow the newer records.
func TestRequeue(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	w := newWorld(30)
	p := newProvider(w, seed(t))
	defer p.server.Close()
	p.calm.Store(true)
	d := newDatabase(p)
	defer d.server.Close()
	d.refuses[0].Store(w.order[1]) // alone in its delivery
	d.refuses[1].Store(w.order[3]) // and one of four
	r := newReceiver(w, settings{Provider: p.server.URL, Database: d.server.URL, Dir: t.TempDir(), Token: webhook.NewPathToken(), Attempts: 3, Budget: 1_000_000})
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	s := &sender{world: w, receiver: r, client: client, random: rand.New(rand.NewPCG(1, 1)), most: 1000, paced: make(chan struct{})}
	r.start(t)
	deliveries := planOnce(w)
	for _, d := range deliveries {
		s.deliver(ctx, d)
	}
	r.settle(ctx, client)
	require.Len(t, w.dead, 2, "%v", r.lastLines(20))
	r.kill()
	r.wait()
	d.refuses[0].Store(0)
	d.refuses[1].Store(0)
	r.start(t)
	newer := &delivery{}
	var parts []string
	for i, id := range []int64{w.order[1], w.order[3]} {
		number := len(w.order) + 1 + i
		newer.notices = append(newer.notices, &notice{number: number, person: w.people[id]})
		parts = append(parts, fmt.Sprintf(`{"member_id":%d,"status":"changed","n":%d}`, id, number))
	}
	newer.body = "[" + strings.Join(parts, ",") + "]"
	s.deliver(ctx, newer)
	r.settle(ctx, client)
	for _, d := range deliveries {
		if _, dead := w.dead[d.key()]; dead {
			w.requeued(d)
		}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url+"/requeue", nil)
	require.NoError(t, err)
	response, err := client.Do(request)
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	_ = response.Body.Close()
	require.Equal(t, "2\n", string(text))
	r.settle(ctx, client)
	r.killing.Store(true)
	_ = r.stdin.Close()
	<-r.over
	w.end(r.Process, false)
	a := check(w)
	t.Log(a)
	if len(a.violations) > 0 {
		t.Error(a.report())
	}
}
