package money

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// plan returns deliveries with so many notices in all: most of one person, some of a few, some of many, and some that
// nobody can understand. The last people of the world are only in notices that are all the same bytes.
func plan(w *world, r *rand.Rand, notices int) []*delivery {
	var deliveries []*delivery
	number, twins := 0, len(w.order)/20+1
	ours, same := w.order[:len(w.order)-twins], w.order[len(w.order)-twins:]
	for _, id := range same {
		w.people[id].twin = true
	}
	someone := func(of []int64) *person { return w.people[of[r.IntN(len(of))]] }
	element := func(d *delivery, p *person, format string) string {
		number++
		d.notices = append(d.notices, &notice{number: number, person: p})
		return fmt.Sprintf(format, p.id, number)
	}
	const usual = `{"member_id":%d,"status":"changed","changed_fields":["headline"],"n":%d}`
	several := func(d *delivery, n int) {
		var parts []string
		chosen := r.Perm(len(ours))[:min(n, len(ours))]
		for _, i := range chosen {
			parts = append(parts, element(d, w.people[ours[i]], usual))
		}
		if r.IntN(4) == 0 { // the same person twice
			parts = append(parts, element(d, w.people[ours[chosen[0]]], usual))
		}
		d.body = "[" + strings.Join(parts, ",") + "]"
	}
	odd := func(form int) *delivery {
		number++
		d := &delivery{odd: true}
		d.body = oddBody(form, func(format string) string { return element(d, someone(ours), format) }, number)
		return d
	}
	for form := range oddForms { // each at least once
		deliveries = append(deliveries, odd(form))
	}
	for number < notices {
		d := &delivery{}
		switch x := r.IntN(1000); {
		case x < 650:
			d.body = "[" + element(d, someone(ours), usual) + "]"
		case x < 690:
			d.body = element(d, someone(ours), `{"member_id":%d,"change_type":"changed","n":%d}`)
		case x < 730:
			d.body = "[" + element(d, someone(ours), `{"member_id":"%d","status":"changed","n":%d}`) + "]"
		case x < 880:
			several(d, 2+r.IntN(5))
		case x < 920:
			several(d, 8+r.IntN(30))
		case x < 985:
			d = sameBytes(someone(same))
			number++
		default:
			d = odd(r.IntN(oddForms))
		}
		deliveries = append(deliveries, d)
	}
	r.Shuffle(len(deliveries), func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] })
	return deliveries
}

func sameBytes(p *person) *delivery {
	return &delivery{
		body:    fmt.Sprintf(`[{"member_id":%d,"status":"changed","changed_fields":["headline"]}]`, p.id),
		notices: []*notice{{person: p}},
	}
}

const oddForms = 7

// oddBody is a genuine delivery in a form that no document has.
func oddBody(form int, element func(string) string, number int) string {
	switch form {
	case 0:
		return `{"data":[` + element(`{"member_id":%d,"status":"changed","n":%d}`) + `]}`
	case 1:
		return `[` + element(`{"employee_id":%d,"status":"changed","n":%d}`) + `]`
	case 2:
		return `[[` + element(`{"member_id":%d,"status":"changed","n":%d}`) + `]]`
	case 3:
		return `[` + element(`{"member_id":%d.0,"status":"changed","n":%d}`) + `]`
	case 4:
		return fmt.Sprintf(`<notice id="%d"/>`, number)
	case 5:
		return `[` + element(`{"member_id":%d,"status":"changed","n":%d}`) + `,` + element(`{"profile":%d,"n":%d}`) + `]`
	default:
		return fmt.Sprintf(`"notice %d"`, number)
	}
}

// sender delivers until each delivery has a response that is not "later". The provider would not; a test must.
type sender struct {
	*world
	receiver *receiver
	client   *http.Client
	random   *rand.Rand
	most     int           // how many notices may wait
	paced    chan struct{} // closed when senders need not wait any more for the backlog
}

func (s *sender) run(ctx context.Context, deliveries []*delivery) {
	queue := make(chan *delivery)
	var posting sync.WaitGroup
	for range 6 {
		posting.Go(func() {
			for d := range queue {
				s.deliver(ctx, d)
			}
		})
	}
	for _, d := range deliveries {
		s.pace(ctx)
		if ctx.Err() != nil {
			break
		}
		if len(d.notices) > 0 && s.random.IntN(100) == 0 && d.notices[0].number > 0 {
			s.goAway(d.notices[0].person)
		}
		queue <- d
	}
	close(queue)
	posting.Wait()
}

// repeat delivers the notices of those who change while their records are handed over, until the end.
func (s *sender) repeat(ctx context.Context, people <-chan *person, end <-chan struct{}) {
	for {
		select {
		case p := <-people:
			s.deliver(ctx, sameBytes(p))
			continue
		default:
		}
		select {
		case p := <-people:
			s.deliver(ctx, sameBytes(p))
		case <-end:
			return
		}
	}
}

// pace waits while the receiver has much to do, so that the kills come while there is something to lose.
func (s *sender) pace(ctx context.Context) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for s.backlog() > s.most {
		select {
		case <-tick.C:
		case <-s.paced:
			return
		case <-ctx.Done():
			return
		}
	}
}

func (s *sender) deliver(ctx context.Context, d *delivery) {
	for ctx.Err() == nil {
		address := s.receiver.address(ctx)
		s.send(d)
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, strings.NewReader(d.body))
		if err != nil {
			s.fault("%v", err)
			return
		}
		request.Header.Set("Content-Type", "application/json")
		s.at(noticeSent)
		response, err := s.client.Do(request)
		if err != nil {
			var dial *net.OpError
			if errors.As(err, &dial) && dial.Op == "dial" {
				s.notSent(d)
			}
			s.rest(ctx)
			continue
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
		if response.StatusCode/100 != 5 {
			s.responded(d, response.StatusCode)
			return
		}
		s.rest(ctx)
	}
}

func (s *sender) rest(ctx context.Context) {
	select {
	case <-time.After(10 * time.Millisecond):
	case <-ctx.Done():
	}
}
