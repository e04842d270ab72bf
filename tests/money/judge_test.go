package money

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/pronet-go/pronet/webhook"
)

// size is how big a run is.
type size struct {
	notices, people, kills int
	pipeline               string
	after                  func(ctx context.Context, r *receiver, client *http.Client) // when the account is made
}

// judge runs a receiver through its kills and makes the account.
func judge(t *testing.T, seed uint64, how size, mutant string) *account {
	t.Logf("seed %d, %d notices, %d people, %d kills", seed, how.notices, how.people, how.kills)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Minute)
	defer cancel()
	random := rand.New(rand.NewPCG(seed, 1))
	w := newWorld(how.people)
	w.toldOnce = how.pipeline != ""
	p := newProvider(w, seed)
	defer p.server.Close()
	d := newDatabase(p)
	defer d.server.Close()
	r := newReceiver(w, settings{Provider: p.server.URL, Database: d.server.URL, Dir: t.TempDir(), Token: webhook.NewPathToken(), Attempts: 5000, Mutant: mutant, Pipeline: how.pipeline})
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 8}}
	defer client.CloseIdleConnections()
	s := &sender{world: w, receiver: r, client: client, random: random, most: min(150, how.notices/6), paced: make(chan struct{})}
	deliveries := plan(w, rand.New(rand.NewPCG(seed, 2)), how.notices)
	var sending sync.WaitGroup
	sending.Go(func() { s.run(ctx, deliveries) })
	end := make(chan struct{})
	sending.Go(func() { s.repeat(ctx, p.echo, end) })

	moments := []moment{recordSold, recordSent, atAnyTime, jobSold, storeAsked, atAnyTime, jobSent, storeCommitted, fileSent, atAnyTime, noticeSent}
	settingsRandom := rand.New(rand.NewPCG(seed, 3))
	for k := range how.kills {
		r.vary(settingsRandom, p, how, k)
		switch {
		case k == how.kills/3:
			d.down.Store(int64(50 + how.notices/20))
		case k == how.kills*2/3:
			p.closed.Store(int64(20 + how.notices/50))
		}
		r.runThrough(t, settingsRandom, how.notices*(k+1)/(how.kills+1), moments[k%len(moments)])
	}
	close(s.paced)
	r.Budget, r.OneByOne = int64(how.notices)*price*3, 5
	r.start(t)
	go func() { // if it ends by itself, nobody can deliver
		<-r.over
		cancel()
	}()
	for w.worked() < how.notices*9/10 && w.still() < 15*time.Second { // the storm goes on as long as there is work
		time.Sleep(10 * time.Millisecond)
	}
	p.calm.Store(true)
	close(end)
	sending.Wait()
	w.mu.Lock()
	w.moved = time.Now()
	w.mu.Unlock()
	r.settle(ctx, client)
	a := check(w)
	if how.after != nil {
		how.after(ctx, r, client)
	}
	r.killing.Store(true) // it may end now
	_ = r.stdin.Close()
	<-r.over
	w.end(r.Process, false)
	return a
}

// vary changes what a user changes over a restart: the settings, and whom he knows.
func (r *receiver) vary(random *rand.Rand, p *provider, how size, k int) {
	r.OneByOne = []int{0, 5, 20, -1, 3}[random.IntN(5)]
	r.Budget = int64(how.notices) * price * 3
	if k == 1 || random.IntN(6) == 0 {
		r.Budget = int64(price * random.IntN(60))
	}
	// The last job may be one that is not handed over. Some of its people leave now, or all but one.
	p.mu.Lock()
	var leaving []*person
	if last := p.last; last != nil && random.IntN(2) == 0 {
		for _, b := range last.sold {
			leaving = append(leaving, b.person)
		}
		if len(leaving) > 4 {
			leaving = leaving[:1]
		}
		leaving = leaving[:min(len(leaving), max(1, len(leaving)-1))]
	}
	if k == how.kills/2 {
		for range 3 {
			leaving = append(leaving, p.people[p.order[random.IntN(len(p.order)/2)]])
		}
	}
	next := len(p.processes)
	p.mu.Unlock()
	for _, who := range leaving {
		if who.left == 0 && len(r.Left) < how.people/10 {
			r.leave(who, next)
			r.Left = append(r.Left, who.id)
		}
	}
}
