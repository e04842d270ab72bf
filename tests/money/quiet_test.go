package money

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pronet-go/pronet/webhook"
)

// quiet is a world without faults, for one that a test makes.
type quiet struct {
	*world
	ctx      context.Context
	cancel   context.CancelFunc
	provider *provider
	database *database
	receiver *receiver
	client   *http.Client
	sender   *sender
}

func newQuiet(t *testing.T, people int, s settings) *quiet {
	q := &quiet{world: newWorld(people), client: &http.Client{Transport: &http.Transport{}}}
	q.ctx, q.cancel = context.WithTimeout(t.Context(), 10*time.Minute)
	q.provider = newProvider(q.world, seed(t))
	q.provider.calm.Store(true)
	q.database = newDatabase(q.provider)
	s.Provider, s.Database, s.Dir, s.Token, s.Budget = q.provider.server.URL, q.database.server.URL, t.TempDir(), webhook.NewPathToken(), 1_000_000
	q.receiver = newReceiver(q.world, s)
	q.sender = &sender{world: q.world, receiver: q.receiver, client: q.client, random: rand.New(rand.NewPCG(1, 1)), most: 1000, paced: make(chan struct{})}
	return q
}

func (q *quiet) close() {
	q.cancel()
	q.client.CloseIdleConnections()
	q.database.server.Close()
	q.provider.server.Close()
}

// end waits until nothing is pending, and makes the account.
func (q *quiet) end(t *testing.T) {
	q.receiver.settle(q.ctx, q.client)
	q.receiver.killing.Store(true) // it may end now
	_ = q.receiver.stdin.Close()
	<-q.receiver.over
	q.world.end(q.receiver.Process, false)
	a := check(q.world)
	t.Log(a)
	if len(a.violations) > 0 {
		t.Error(a.report())
	}
}

// about returns a delivery about people, whose notices have numbers from number on.
func (w *world) about(number int, ids ...int64) *delivery {
	d := &delivery{}
	var parts []string
	for i, id := range ids {
		d.notices = append(d.notices, &notice{number: number + i, person: w.people[id]})
		parts = append(parts, fmt.Sprintf(`{"member_id":%d,"status":"changed","n":%d}`, id, number+i))
	}
	d.body = "[" + strings.Join(parts, ",") + "]"
	return d
}

// TestPanic: the user's function panics over one of several people, while the records of the others are being collected.
// They are not lost by it: nobody was killed, so nothing is in doubt.
func TestPanic(t *testing.T) {
	const many = 8
	q := newQuiet(t, 10*many, settings{Attempts: 100, OneByOne: 20})
	defer q.close()
	q.receiver.start(t)
	for rest := q.order; len(rest) > 0; rest = rest[many:] {
		q.database.panics.Store(rest[0])
		q.sender.deliver(q.ctx, q.about(len(q.order)-len(rest)+1, rest[:many]...))
		q.receiver.settle(q.ctx, q.client)
	}
	q.end(t)
}

// TestOrder: two notices about a person arrive at the same time, and the process is killed once a record was bought for
// one of them and could not be stored. The order of the two is the same afterwards.
func TestOrder(t *testing.T) {
	q := newQuiet(t, 60, settings{Attempts: 100})
	defer q.close()
	q.database.away.Store(true)
	q.receiver.start(t)
	for i, id := range q.order {
		var both sync.WaitGroup
		for j := range 2 {
			both.Go(func() { q.sender.deliver(q.ctx, q.about(2*i+j+1, id)) })
		}
		both.Wait()
	}
	for begun := time.Now(); q.still() < time.Second && time.Since(begun) < 20*time.Second; { // each has been tried once
		time.Sleep(10 * time.Millisecond)
	}
	q.receiver.kill()
	q.receiver.wait()
	q.database.away.Store(false)
	q.world.mu.Lock()
	for _, id := range q.order {
		q.people[id].version++ // so that what is bought from now on is newer
	}
	q.world.mu.Unlock()
	q.receiver.start(t)
	q.end(t)
}
