package nats

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	mathrand "math/rand/v2"
	"slices"
	"strconv"
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
	m := &member{Queue: q, process: process, id: rand.Text(), workers: make(chan struct{}, q.options.Workers), parts: make(map[int]*partition), seen: make(map[int]sighting), told: make(map[string]bool)}
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

	announced time.Time // when the others were last let know of this process

	mu    sync.Mutex
	parts map[int]*partition
	told  map[string]bool // what was logged since the leases could last be read
}

type sighting struct {
	revision uint64
	since    time.Time
}

func (m *member) run(ctx context.Context) error {
	defer m.leave(ctx)
	defer m.tasks.Wait()
	for {
		looking, cancel := context.WithTimeout(ctx, max(m.options.Lease/3, tryFor))
		err := m.balance(looking, ctx)
		cancel()
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case m.js.Conn().IsClosed():
			return errors.New("nats: the connection is closed: no delivery is handed over any more")
		case err != nil:
			m.tell(ctx, noneCanBeGot, err)
		default:
			m.mu.Lock()
			clear(m.told)
			m.mu.Unlock()
		}
		if !pause(ctx, m.counts()/10) {
			return context.Cause(ctx)
		}
	}
}

// What is told of all partitions at once.
const (
	noneCanBeGot = "nats: deliveries cannot be got; it is tried again"
	leaseIsLost  = "nats: a lease is lost, or several: it was not renewed in time, or another process has it. What is in work may come again"
)

// tell warns of what may concern all partitions, once until the leases can be read.
func (m *member) tell(ctx context.Context, message string, err error) {
	m.mu.Lock()
	known := m.told[message]
	m.told[message] = true
	m.mu.Unlock()
	if !known {
		m.warn(ctx, message, err)
	}
}

// subject is where this process is found among the members.
func (m *member) subject() string { return m.options.Name + ".members." + m.id }

func (m *member) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	_ = m.members.Purge(ctx, jetstream.WithPurgeSubject(m.subject()))
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

func leaseKey(number int) string { return "partition." + strconv.Itoa(number) }

// lease reads the lease of a partition; the zero one if nobody has ever had it.
func (m *member) lease(ctx context.Context, number int) (lease, error) {
	e, err := m.leases.Get(ctx, leaseKey(number))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return lease{}, nil
	}
	if err != nil {
		return lease{}, fmt.Errorf("a lease: %w", err)
	}
	r, err := parseRecord(e.Value())
	return lease{r, e.Revision()}, err
}

// counts is for how long others count this process. The stream may have been made by one with a shorter Lease.
func (m *member) counts() time.Duration {
	return min(m.options.Lease, m.members.CachedInfo().Config.MaxAge)
}

// announce lets the others count this process, and returns the subjects of all that are to be counted.
func (m *member) announce(ctx context.Context) (members []string, err error) {
	if now := time.Now(); now.Sub(m.announced) >= m.counts()/3 {
		if _, err := m.js.Publish(ctx, m.subject(), nil); err != nil {
			return nil, fmt.Errorf("the members: %w", err)
		}
		m.announced = now
	}
	info, err := m.members.Info(ctx, jetstream.WithSubjectFilter(">"))
	if err != nil {
		return nil, fmt.Errorf("the members: %w", err)
	}
	return slices.Sorted(maps.Keys(info.State.Subjects)), nil
}

// balance takes partitions that nobody has, up to this process's part, and gives back what it has beyond that.
func (m *member) balance(ctx, run context.Context) error {
	members, err := m.announce(ctx)
	if err != nil {
		return err
	}
	me := m.subject()
	if at, known := slices.BinarySearch(members, me); !known {
		members = slices.Insert(members, at, me)
	}
	part := m.options.Partitions / len(members)
	if slices.Index(members, me) < m.options.Partitions%len(members) {
		part++
	}
	have := m.trim(part)
	for _, number := range mathrand.Perm(m.options.Partitions) {
		if m.has(number) {
			delete(m.seen, number)
			continue
		}
		l, err := m.lease(ctx, number)
		if err != nil {
			return err
		}
		// What is its own, and was lost meanwhile, it takes in any case, and gives it back if it is too much: others would wait.
		if free := m.isFree(number, l, time.Now()); !free || have >= part && l.Owner != m.id {
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

func (m *member) has(number int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.parts[number] != nil
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
	if l.Owner == "" || l.Owner == m.id {
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
