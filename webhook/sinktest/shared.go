package sinktest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pronet-go/pronet/webhook"
)

// RunShared is Run for a queue that several processes have open at once, with [SharedRules] besides. Those that were opened
// before may still be running.
func RunShared(t *testing.T, storage func(t *testing.T) (open func() Queue)) {
	t.Helper()
	run(t, append(Rules(), SharedRules()...), storage)
}

// RunSharedUnordered is RunShared without the rules of order, for a queue whose documentation says that it keeps none.
func RunSharedUnordered(t *testing.T, storage func(t *testing.T) (open func() Queue)) {
	t.Helper()
	run(t, slices.DeleteFunc(append(Rules(), SharedRules()...), func(r Rule) bool {
		return slices.Contains([]string{order, orderWhilePut, orderWhileMoved}, r.Name)
	}), storage)
}

// SharedRules are those of a queue that several processes have open at once.
func SharedRules() []Rule {
	return []Rule{
		{"of what several hand over, each is handed over once", sharesOut},
		{orderWhilePut, sharesOutInOrder},
		{orderWhileMoved, sharesInOrder},
	}
}

const (
	orderWhilePut   = "of one subject none is handed over before or beside an earlier one, whoever has put it"
	orderWhileMoved = "of one subject none is handed over before or beside an earlier one, whoever comes and goes"

	sharedSubjects = 6
	sharedEach     = 12
)

// team is what several queues have handed over together.
type team struct {
	mu     sync.Mutex
	inWork map[string]bool
	last   map[string]int // the last one of each subject that was handed over
	done   map[string]int // how many of each subject are done, if they come in order
	over   map[string]bool
	times  map[string]int
	wrong  []string
	moved  chan struct{}
}

func newTeam() *team {
	return &team{
		inWork: make(map[string]bool), last: make(map[string]int), done: make(map[string]int), over: make(map[string]bool), times: make(map[string]int),
		moved: make(chan struct{}, 1),
	}
}

// process is the function of all. It takes a moment, so that two can be in work at once.
func (t *team) process(ctx context.Context, d *webhook.Delivery) error {
	subject, text, _ := strings.Cut(string(d.Body), "\n")
	n, err := strconv.Atoi(text)
	if err != nil {
		return err
	}
	t.mu.Lock()
	t.times[subject+text]++
	switch {
	case t.inWork[subject]:
		t.wrong = append(t.wrong, fmt.Sprintf("%s of %s beside another one", text, subject))
	case n < t.last[subject]:
		t.wrong = append(t.wrong, fmt.Sprintf("%s of %s after %d", text, subject, t.last[subject]))
	case n > t.done[subject]:
		t.wrong = append(t.wrong, fmt.Sprintf("%s of %s when %d were done", text, subject, t.done[subject]))
	}
	t.inWork[subject], t.last[subject] = true, max(n, t.last[subject])
	t.mu.Unlock()
	select {
	case <-time.After(2 * time.Millisecond):
	case <-ctx.Done():
		err = ctx.Err()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.inWork[subject] = false
	if err == nil {
		t.done[subject], t.over[subject+text] = max(t.done[subject], n+1), true
	}
	select {
	case t.moved <- struct{}{}:
	default:
	}
	return err
}

// reach waits until so many are done.
func (t *team) reach(wanted int, ended <-chan error) error {
	timeout := time.After(patience)
	for {
		t.mu.Lock()
		done := len(t.over)
		t.mu.Unlock()
		if done >= wanted {
			return nil
		}
		select {
		case <-t.moved:
		case err := <-ended:
			return endedEarly(err)
		case <-timeout:
			return fmt.Errorf("after %s %d of %d are done", patience, done, wanted)
		}
	}
}

// run runs a queue until it is told to stop, which waits for it.
func (t *team) run(ctx context.Context, q Queue, ended chan<- error) (stop func() error) {
	ctx, cancel := context.WithCancel(ctx)
	over := make(chan struct{})
	go func() {
		defer close(over)
		if err := q.Run(ctx, t.process); ctx.Err() == nil {
			ended <- err
		}
	}()
	return func() error {
		cancel()
		select {
		case <-over:
			return nil
		case <-time.After(patience):
			return errors.New("Run does not return when its context ends")
		}
	}
}

// inOrder is nil if nothing was handed over out of its order.
func (t *team) inOrder() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.wrong) > 0 {
		return fmt.Errorf("handed over were: %.500q", t.wrong)
	}
	return nil
}

// atMost is nil if nothing was handed over more often.
func (t *team) atMost(times int) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for name, n := range t.times {
		if n > times {
			return fmt.Errorf("%s was handed over %d times", name, n)
		}
	}
	return nil
}

// putShared puts some of the deliveries of all subjects.
func putShared(ctx context.Context, from, to int, queues ...Queue) error {
	for n := from; n < to; n++ {
		for i := range sharedSubjects {
			if err := put(ctx, queues[(n+i)%len(queues)], delivery(fmt.Sprint("subject ", i, " "), strconv.Itoa(n))); err != nil {
				return err
			}
		}
	}
	return nil
}

// shareOut lets two put and hand over.
func shareOut(ctx context.Context, open func() Queue) (t *team, err error) {
	ended := make(chan error, 2)
	t = newTeam()
	a, b := open(), open()
	for _, q := range []Queue{a, b} {
		stop := t.run(ctx, q, ended)
		defer func() { err = errors.Join(err, stop()) }()
	}
	if err := putShared(ctx, 0, sharedEach, a, b); err != nil {
		return t, err
	}
	if err := t.reach(sharedSubjects*sharedEach, ended); err != nil {
		return t, err
	}
	select {
	case err := <-ended:
		return t, endedEarly(err)
	case <-time.After(quiet): // nothing should come
	}
	return t, nil
}

func sharesOut(ctx context.Context, open func() Queue) error {
	t, err := shareOut(ctx, open)
	return errors.Join(err, t.atMost(1))
}

func sharesOutInOrder(ctx context.Context, open func() Queue) error {
	t, err := shareOut(ctx, open)
	return errors.Join(err, t.inOrder())
}

func sharesInOrder(ctx context.Context, open func() Queue) (err error) {
	t, ended := newTeam(), make(chan error, 4)
	if err := putShared(ctx, 0, sharedEach/2, open()); err != nil {
		return err
	}
	const all = sharedSubjects * sharedEach
	var queues []Queue
	var stops []func() error
	defer func() {
		for _, stop := range stops {
			err = errors.Join(err, stop())
		}
	}()
	join := func() {
		queues = append(queues, open())
		stops = append(stops, t.run(ctx, queues[len(queues)-1], ended))
	}
	join()
	join()
	for i, part := range []int{all / 6, all / 3} { // each time one goes in the middle, and a new one comes
		if err := t.reach(part, ended); err != nil {
			return err
		}
		if err := stops[i](); err != nil {
			return err
		}
		join()
	}
	if err := putShared(ctx, sharedEach/2, sharedEach, queues[2:]...); err != nil {
		return err
	}
	if err := t.reach(all, ended); err != nil {
		return err
	}
	return errors.Join(t.inOrder(), t.atMost(all))
}
