package nats

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/pronet-go/pronet/webhook"
)

// Run hands over the deliveries of the partitions that this process gets, up to Options.Workers at once, until ctx ends, and
// returns the reason. While the server is away it waits; it ends with an error if the connection is closed for good. Any
// number of processes may run; they share the partitions.
//
// A delivery is removed after process has returned nil, and before a later one about the same person is handed over. If
// process fails or panics, the delivery is tried again after a wait that grows with each attempt. It holds back those of the
// same person, and others only when 1,024 deliveries of the partition, or 4 MiB, wait in this process.
//
// What the error of process means:
//
//   - [webhook.ErrRetryLater], whatever else is joined with it: the attempt does not count. Return it for whatever is down,
//     since unlike a spool a queue does not find out by itself that all deliveries fail.
//   - [webhook.ErrNotUnderstood] or [webhook.ErrGiveUp]: the delivery is dead at once.
//   - Any other: the attempt counts, and after the last one the delivery is dead.
//   - [webhook.Undone], wrapped: only later deliveries about what it names wait behind this one.
//
// An attempt that is cut short by the end of Run or the loss of a lease does not count. One that ends with its process
// does, from the second one on, and is then made with nothing else in work in its process: a delivery that kills its
// processes ends among the dead, alone. A message that cannot be read, a body that its sender's decoder refuses, and a
// source that is none of the senders' are dead without a call of process.
//
// The context given to process ends with ctx, and with the cause [webhook.ErrLeaseLost] when another process may soon work
// on the same person: end then, since what you do may come twice. Process must be safe for concurrent use unless
// Options.Workers is 1. Whatever fails is logged at WARN. A second Run of the same Queue at the same time returns
// [ErrRunning].
func (q *Queue) Run(ctx context.Context, process func(ctx context.Context, d *webhook.Delivery) error) error {
	if ctx == nil || process == nil {
		return errors.New("nats: the context or the function given to Run is nil")
	}
	m := &member{Queue: q, process: process, id: rand.Text(), workers: make(chan struct{}, q.options.Workers), parts: make(map[int]*partition), seen: make(map[int]sighting)}
	q.mu.Lock()
	if q.running != nil {
		q.mu.Unlock()
		return ErrRunning
	}
	q.running = m
	q.mu.Unlock()
	defer func() {
		q.mu.Lock()
		q.running = nil
		q.mu.Unlock()
	}()
	return m.run(ctx)
}

// member is this process among those that run.
type member struct {
	*Queue
	process func(context.Context, *webhook.Delivery) error
	id      string
	workers chan struct{}
	alone   sync.RWMutex // held for writing by an attempt that has nothing beside it
	tasks   sync.WaitGroup
	seen    map[int]sighting // the leases of others, since when they are as they are

	mu    sync.Mutex
	parts map[int]*partition
}

type sighting struct {
	revision uint64
	since    time.Time
}

func (m *member) run(ctx context.Context) error {
	defer m.leave(ctx)
	defer m.tasks.Wait()
	working := true
	var announced time.Time
	for {
		if time.Since(announced) >= m.options.Lease/3 {
			announced = time.Now()
			m.tasks.Go(func() { m.announce(ctx) })
		}
		looking, cancel := context.WithTimeout(ctx, max(m.options.Lease/3, tryFor))
		err := m.balance(looking, ctx)
		cancel()
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case m.js.Conn().IsClosed():
			return errors.New("nats: the connection is closed: no delivery is handed over any more")
		case err != nil && working:
			m.warn(ctx, "nats: the leases cannot be read; it is tried again", err)
		}
		working = err == nil
		if !pause(ctx, m.options.Lease/10) {
			return context.Cause(ctx)
		}
	}
}

// announce lets the others count this process, for the time of a lease.
func (m *member) announce(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, max(m.options.Lease/3, tryFor))
	defer cancel()
	_, _ = m.members.Put(ctx, m.id, nil)
}

func (m *member) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	_ = m.members.Purge(ctx, m.id)
}

// lease is what is stored of a partition.
type lease struct {
	record
	revision uint64
}

// record says who has a partition, and what must outlive him.
type record struct {
	// Owner is the process, "" if none has it.
	Owner string `json:"owner"`
	// Epoch is the number of the partition's consumer.
	Epoch uint64 `json:"epoch"`
	// Reached is the sequence of the last message that an owner before the consumer got.
	Reached uint64 `json:"reached,omitempty"`
	// Careful is up to where a message may have been in work when its process died.
	Careful uint64 `json:"careful,omitempty"`
	// Failed are the attempts that count, by sequence.
	Failed map[uint64]int `json:"failed,omitempty"`
	// Done are the sequences of deliveries that were dealt with, and whose rest is to be removed.
	Done map[uint64]bool `json:"done,omitempty"`
}

func parseRecord(text []byte) (r record, err error) {
	if err := json.Unmarshal(text, &r); err != nil {
		return record{}, errors.New("the lease of a partition is not what a queue wrote")
	}
	return r, nil
}

const leasePrefix = "partition."

func leaseKey(number int) string { return leasePrefix + strconv.Itoa(number) }

// look reads the leases and the members.
func (m *member) look(ctx context.Context) (leases map[int]lease, members []string, err error) {
	members, err = m.members.Keys(ctx)
	if err != nil && !errors.Is(err, jetstream.ErrNoKeysFound) {
		return nil, nil, fmt.Errorf("the members: %w", err)
	}
	w, err := m.leases.WatchAll(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("the leases: %w", err)
	}
	defer func() { _ = w.Stop() }()
	leases = make(map[int]lease)
	for {
		select {
		case <-ctx.Done():
			return nil, nil, context.Cause(ctx)
		case e, ok := <-w.Updates():
			if !ok {
				return nil, nil, errors.New("the leases: the connection was closed")
			}
			if e == nil {
				return leases, members, nil
			}
			number, err := strconv.Atoi(strings.TrimPrefix(e.Key(), leasePrefix))
			if err != nil || number < 0 || number >= m.options.Partitions {
				continue
			}
			r, err := parseRecord(e.Value())
			if err != nil {
				return nil, nil, err
			}
			leases[number] = lease{r, e.Revision()}
		}
	}
}

// balance takes partitions that nobody has, up to this process's part, and gives back what it has beyond that.
func (m *member) balance(ctx, run context.Context) error {
	leases, members, err := m.look(ctx)
	if err != nil {
		return err
	}
	if !slices.Contains(members, m.id) {
		members = append(members, m.id)
	}
	slices.Sort(members)
	part := m.options.Partitions / len(members)
	if slices.Index(members, m.id) < m.options.Partitions%len(members) {
		part++
	}
	have := m.trim(part)
	now := time.Now()
	for _, number := range mathrand.Perm(m.options.Partitions) {
		l := leases[number]
		free := m.isFree(number, l, now)
		if !free || have >= part {
			continue
		}
		taken, err := m.take(ctx, run, number, l)
		if err != nil {
			return err
		}
		if taken {
			have++
		}
	}
	return nil
}

// trim gives back what is beyond a number of partitions, and returns how many are left.
func (m *member) trim(part int) (have int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range m.parts {
		switch {
		case p.beginning.Err() != nil:
		case have < part:
			have++
		default:
			p.stop()
		}
	}
	return have
}

// isFree reports whether a lease may be taken: it was given back, or has not been renewed for its whole time.
func (m *member) isFree(number int, l lease, now time.Time) bool {
	m.mu.Lock()
	_, mine := m.parts[number]
	m.mu.Unlock()
	switch {
	case mine:
		delete(m.seen, number)
		return false
	case l.Owner == "" || l.Owner == m.id:
		return true
	}
	seen := m.seen[number]
	if seen.revision != l.revision {
		m.seen[number] = sighting{l.revision, now}
		return false
	}
	return now.Sub(seen.since) >= m.options.Lease
}

// take takes a lease, unless another process is faster, and begins to work.
func (m *member) take(ctx, run context.Context, number int, l lease) (bool, error) {
	p := newPartition(run, m, number, l)
	if err := p.save(ctx); err != nil {
		p.end(err)
		if errors.Is(err, webhook.ErrLeaseLost) {
			return false, nil
		}
		return false, err
	}
	m.mu.Lock()
	m.parts[number] = p
	m.mu.Unlock()
	m.tasks.Go(func() {
		p.run()
		m.mu.Lock()
		delete(m.parts, number)
		m.mu.Unlock()
	})
	return true, nil
}
