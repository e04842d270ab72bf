package nats

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/pronet-go/pronet/webhook"
)

const (
	// patience is how long a process that ends takes to acknowledge what is done, and to give its leases back.
	patience = 5 * time.Second
	// ackWait is a net: what is lost between server and owner is asked for at once.
	ackWait = 5 * time.Minute
	// heartbeat is how often the server says that it has not forgotten what it was asked for.
	heartbeat = time.Second
	// bareMessage is what a message takes besides header and body.
	bareMessage = 4 << 10
)

// partition is one that this process has the lease of.
type partition struct {
	*member

	number  int
	unclean bool // the last owner did not give it back
	// held ends when another process may have the lease, or it was given back; working, the context of the functions, also
	// with Run; beginning also when this process is to give it back.
	held, working, beginning context.Context
	end                      context.CancelCauseFunc
	stop                     context.CancelFunc // ends beginning
	changed, dirty           chan struct{}
	attempts                 sync.WaitGroup
	saving                   chan struct{} // full while the record is written

	mu       sync.Mutex
	record   record
	revision uint64
	sure     time.Time // until when no other process has the lease
	lapse    *time.Timer
	line     line
	reached  uint64 // the sequence of the last message that this process has got
}

// newPartition is one whose lease is to be taken. It ends when the lease is lost, or is given back after the end of run.
func newPartition(run context.Context, m *member, number int, l lease) *partition {
	p := &partition{
		member: m, number: number, unclean: l.Owner != "", changed: make(chan struct{}, 1), dirty: make(chan struct{}, 1), saving: make(chan struct{}, 1),
		record: l.record, revision: l.revision, line: newLine(),
	}
	p.record.Owner = m.id
	if p.record.Failed == nil {
		p.record.Failed = make(map[uint64]int)
	}
	if p.record.Done == nil {
		p.record.Done = make(map[uint64]bool)
	}
	var end, endWork context.CancelCauseFunc
	p.held, end = context.WithCancelCause(context.WithoutCancel(run))
	p.working, endWork = context.WithCancelCause(p.held)
	p.beginning, p.stop = context.WithCancel(p.working)
	unhook := context.AfterFunc(run, func() { endWork(context.Cause(run)) })
	p.end = func(cause error) {
		unhook()
		end(cause)
	}
	return p
}

// isHeld reports whether no other process can have the lease now.
func (p *partition) isHeld() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.held.Err() == nil && time.Now().Before(p.sure)
}

// run works until the lease is lost, or there is nothing more to be begun. Then it gives the lease back.
func (p *partition) run() {
	keeping, stop := context.WithCancel(p.held)
	var keeper sync.WaitGroup
	keeper.Go(func() { p.keep(keeping) })
	p.pullOn()
	p.attempts.Wait()
	stop()
	keeper.Wait()
	p.giveBack()
	p.lapse.Stop()
	p.end(nil)
}

// keep renews the lease.
func (p *partition) keep(ctx context.Context) {
	timer := time.NewTimer(p.options.Lease / 3)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-p.dirty:
		}
		next := p.options.Lease / 3
		if p.renew(ctx) != nil {
			next = p.options.Lease / 20
		}
		timer.Reset(next)
	}
}

// renew is save for who has the lease.
func (p *partition) renew(ctx context.Context) error {
	err := p.save(ctx)
	if errors.Is(err, webhook.ErrLeaseLost) {
		p.lost()
	}
	return err
}

// save takes or renews the lease, and writes what must outlive this process. When another process has the lease the error
// is [webhook.ErrLeaseLost].
func (p *partition) save(ctx context.Context) error {
	select {
	case p.saving <- struct{}{}:
		defer func() { <-p.saving }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	ctx, cancel := context.WithTimeout(ctx, tryFor)
	defer cancel()
	p.mu.Lock()
	forget(&p.line, p.record.Failed, p.reached)
	forget(&p.line, p.record.Done, p.reached)
	text, err := json.Marshal(p.record)
	revision := p.revision
	p.mu.Unlock()
	if err != nil {
		return err
	}
	asked := time.Now()
	var now uint64
	if revision == 0 {
		now, err = p.leases.Create(ctx, leaseKey(p.number), text)
	} else {
		now, err = p.leases.Update(ctx, leaseKey(p.number), text, revision)
	}
	switch {
	case err == nil:
		p.renewed(now, asked)
		return nil
	case errors.Is(err, jetstream.ErrKeyRevisionMismatch), errors.Is(err, jetstream.ErrKeyExists):
		return p.reread(ctx)
	}
	return err
}

// renewed takes note of a lease that was renewed when it was asked for.
func (p *partition) renewed(revision uint64, asked time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.revision = revision
	p.sure = asked.Add(p.options.Lease - p.options.Lease/6)
	if p.lapse == nil {
		p.lapse = time.AfterFunc(time.Until(p.sure), p.lost)
		return
	}
	p.lapse.Reset(time.Until(p.sure))
}

// lost ends the partition, since another process may have the lease.
func (p *partition) lost() {
	if p.held.Err() == nil {
		p.tell(p.held, leaseIsLost, webhook.ErrLeaseLost)
	}
	p.end(webhook.ErrLeaseLost)
}

// reread finds out whether the lease was changed by another process, or by a write whose response was lost.
func (p *partition) reread(ctx context.Context) error {
	e, err := p.leases.Get(ctx, leaseKey(p.number))
	if err != nil && !errors.Is(err, jetstream.ErrKeyNotFound) {
		return err
	}
	if err == nil {
		if r, err := parseRecord(e.Value()); err == nil && r.Owner == p.id {
			p.mu.Lock()
			p.revision = e.Revision()
			p.mu.Unlock()
			return errors.New("nats: the response to the last renewal of a lease was lost")
		}
	}
	return webhook.ErrLeaseLost
}

// giveBack lets another process have the partition at once.
func (p *partition) giveBack() {
	ctx, cancel := context.WithTimeout(p.held, patience)
	defer cancel()
	p.mu.Lock()
	p.record.Owner = ""
	p.record.Reached = max(p.record.Reached, p.reached)
	epoch := p.record.Epoch
	p.mu.Unlock()
	for ctx.Err() == nil {
		err := p.save(ctx)
		if err == nil {
			p.lapse.Stop()
			_ = p.pending.DeleteConsumer(ctx, consumerName(p.number, epoch))
		}
		if err == nil || errors.Is(err, webhook.ErrLeaseLost) {
			return
		}
		pause(ctx, retryAfter)
	}
}

func consumerName(number int, epoch uint64) string { return fmt.Sprintf("p%d-%d", number, epoch) }

// pullOn takes deliveries into the line until nothing more is to be begun.
func (p *partition) pullOn() {
	failing := false
	for p.beginning.Err() == nil {
		c, err := p.attach()
		if err == nil {
			failing = false
			err = p.pull(c)
		}
		if p.beginning.Err() != nil {
			return
		}
		if err != nil && !failing {
			failing = true
			p.tell(p.held, noneCanBeGot, err)
		}
		pause(p.beginning, retryAfter)
	}
}

// attach makes a new consumer, behind which no other process can acknowledge anything. The deliveries that are not done come
// anew, in the order of the stream.
func (p *partition) attach() (jetstream.Consumer, error) {
	ctx, cancel := context.WithTimeout(p.working, 5*tryFor)
	defer cancel()
	old := make(map[string]uint64)
	reached, highest := uint64(0), uint64(0)
	list := p.pending.ListConsumers(ctx)
	for info := range list.Info() {
		number, epoch, ok := parseConsumer(info.Name)
		if !ok || number != p.number {
			continue
		}
		old[info.Name] = epoch
		reached, highest = max(reached, info.Delivered.Stream), max(highest, epoch)
	}
	if err := list.Err(); err != nil {
		return nil, fmt.Errorf("the consumers: %w", err)
	}
	p.mu.Lock()
	if p.unclean {
		p.record.Careful = max(p.record.Careful, reached)
	}
	p.record.Reached = max(p.record.Reached, reached, p.reached)
	p.record.Epoch = max(p.record.Epoch, highest) + 1
	epoch := p.record.Epoch
	p.mu.Unlock()
	if err := p.renew(ctx); err != nil { // whoever has another revision goes no further
		return nil, fmt.Errorf("the lease: %w", err)
	}
	p.unclean = false
	for name, of := range old {
		if of < epoch {
			if err := p.pending.DeleteConsumer(ctx, name); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
				return nil, fmt.Errorf("the old consumer: %w", err)
			}
		}
	}
	c, err := p.pending.CreateConsumer(ctx, jetstream.ConsumerConfig{
		Durable: consumerName(p.number, epoch), FilterSubject: fmt.Sprintf("%s.work.%d.*", p.options.Name, p.number),
		AckPolicy: jetstream.AckExplicitPolicy, AckWait: ackWait, MaxDeliver: -1, MaxAckPending: -1,
	})
	if err != nil {
		return nil, fmt.Errorf("the consumer: %w", err)
	}
	return c, nil
}

func parseConsumer(name string) (number int, epoch uint64, ok bool) {
	first, second, ok := strings.Cut(strings.TrimPrefix(name, "p"), "-")
	number, err := strconv.Atoi(first)
	if err == nil {
		epoch, err = strconv.ParseUint(second, 10, 64)
	}
	return number, epoch, ok && err == nil
}

// errGap says that the server has delivered what did not arrive. Nothing behind it may be handed over.
var errGap = errors.New("a message between server and client was lost")

// pull takes what a consumer delivers, until nothing more is to be begun, or one is missing.
func (p *partition) pull(c jetstream.Consumer) error {
	p.mu.Lock()
	p.line.detach()
	p.mu.Unlock()
	// One subscription for all that comes. In a cluster the server may say that a batch is complete before all of it has been
	// sent, and for a fetch that would be its end.
	messages, err := c.Messages(jetstream.PullMaxMessagesWithBytesLimit(maxAhead, p.largest()), jetstream.PullHeartbeat(heartbeat))
	if err != nil {
		return err
	}
	defer messages.Stop()
	for next := uint64(1); p.beginning.Err() == nil; {
		p.mu.Lock()
		count, bytes := p.line.room()
		p.mu.Unlock()
		if count <= 0 || bytes <= 0 {
			select {
			case <-p.changed:
			case <-p.beginning.Done():
			}
			continue
		}
		msg, err := messages.Next(jetstream.NextContext(p.beginning))
		if err != nil {
			return err
		}
		at, err := msg.Metadata()
		if err != nil || at.Sequence.Consumer != next {
			return errGap
		}
		next++
		p.add(msg, at.Sequence.Stream)
	}
	return nil
}

// largest is what the largest message takes.
func (p *partition) largest() int { return int(p.js.Conn().MaxPayload()) + bareMessage }
