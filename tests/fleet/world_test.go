//go:build unix

package fleet

import (
	"fmt"
	"sync"
	"time"
)

const (
	price = 10 // of a record, in credits
	limit = 20 // calls a second that the provider takes
)

// world is all that happens in a run.
type world struct {
	mu        sync.Mutex
	people    []*person
	purchases []*purchase
	arrivals  []time.Time // of calls that count against the limit
	notices   []*notice
	kills     []time.Time
	outages   map[string][]*span // of each server, as its clients see it
	epochs    []*epoch
	raised    time.Time // when the budget became larger
	sold      int       // until then
	faults    []string  // what was wrong as soon as it was seen
}

type person struct {
	id      int64
	version int
	notices []*notice
	bought  []*purchase
}

type purchase struct {
	number, version int
	person          *person
	at              time.Time
	process         string
}

// notice is one delivery about one person.
type notice struct {
	number, version int
	person          *person
	body            string
	maybe           int       // attempts that may have been stored, though there was no response that says so
	accepted        time.Time // zero while it is not
	repeated        bool      // sent again after it was accepted, with success
	repeat          span      // when that was tried
}

// span is a time; the end is zero while it lasts.
type span struct{ begin, end time.Time }

func (s span) touches(begin, end time.Time) bool {
	return !s.begin.IsZero() && s.begin.Before(end) && (s.end.IsZero() || s.end.After(begin))
}

// epoch is the life of LinkedIn's token.
type epoch struct {
	span
	renewals []time.Time
}

func newWorld(people int) *world {
	w := &world{outages: map[string][]*span{}, epochs: []*epoch{{span: span{begin: time.Now()}}}}
	for i := range people {
		w.people = append(w.people, &person{id: int64(1001 + i), version: 1})
	}
	return w
}

// change lets a person change, and makes the notice that tells of it.
func (w *world) change(who *person) *notice {
	w.mu.Lock()
	defer w.mu.Unlock()
	who.version++
	n := &notice{number: len(w.notices) + 1, version: who.version, person: who}
	n.body = fmt.Sprintf(`[{"member_id":%d,"status":"changed","changed_fields":["n%d"]}]`, who.id, n.number)
	w.notices, who.notices = append(w.notices, n), append(who.notices, n)
	return n
}

// outage notes that a server is away or its connections cut, until the function that it returns is called.
func (w *world) outage(server string) (over func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s := &span{begin: time.Now()}
	w.outages[server] = append(w.outages[server], s)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		s.end = time.Now()
	}
}

// away reports whether a server was away at some time between two, or shortly before.
func (w *world) away(server string, begin, end time.Time) bool {
	for _, s := range w.outages[server] {
		if s.touches(begin.Add(-time.Second), end) {
			return true
		}
	}
	return false
}

func (w *world) killed() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kills = append(w.kills, time.Now())
}

// endToken lets LinkedIn's token end before its time.
func (w *world) endToken() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	w.epochs[len(w.epochs)-1].end = now
	w.epochs = append(w.epochs, &epoch{span: span{begin: now}})
}

// raise notes that the budget is larger from now on.
func (w *world) raise() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.raised, w.sold = time.Now(), len(w.purchases)
}

func (w *world) fault(format string, values ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = append(w.faults, fmt.Sprintf(format, values...))
}
