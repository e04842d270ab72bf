package nats

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	reasonHeader   = "Pronet-Reason"
	attemptsHeader = "Pronet-Attempts"
)

// Dead describes a delivery that a [Queue] has given up.
type Dead struct {
	// ID names it for [Queue.Requeue] and [Queue.Discard].
	ID string
	// Source, Label, Key and ReceivedAt are those of the [webhook.Delivery]. They are empty if the message is corrupt.
	Source, Label, Key string
	ReceivedAt         time.Time
	// Attempts is how many attempts counted, and Requeues how often it was put back before.
	Attempts, Requeues int
	// Size is the size of the body in bytes.
	Size int64
	// Corrupt says that the message is not what a queue wrote. It cannot be requeued.
	Corrupt bool
	// DiedAt is when it was given up, and Reason why: the error of the last attempt, on one printable line of at most a
	// kilobyte.
	DiedAt time.Time
	Reason string
}

func (q *Queue) deadSubject(id string) string { return q.options.Name + ".dead." + id }

// obituary is what is stored of a delivery that dies.
func (a *attempt) obituary(reason error) *nats.Msg {
	a.mu.Lock()
	from := a.entry.msg
	a.mu.Unlock()
	m := nats.NewMsg(a.deadSubject(a.stored.id))
	for _, name := range []string{aboutHeader, jetstream.MsgIDHeader} {
		if value := from.Headers().Get(name); value != "" {
			m.Header.Set(name, value)
		}
	}
	m.Header.Set(reasonHeader, printable(reason))
	m.Header.Set(attemptsHeader, strconv.Itoa(a.failed))
	m.Data = from.Data()
	return m
}

// Dead yields the dead deliveries, the one that died first before the others. It reads no bodies. A pair with an error is
// the last one.
func (q *Queue) Dead(ctx context.Context) iter.Seq2[Dead, error] {
	return func(yield func(Dead, error) bool) {
		failed := func(err error) { yield(Dead{}, fmt.Errorf("nats: reading the dead deliveries: %w", err)) }
		if ctx == nil {
			failed(errors.New("the context is nil"))
			return
		}
		c, err := q.js.OrderedConsumer(ctx, q.options.Name+"-dead", jetstream.OrderedConsumerConfig{HeadersOnly: true})
		if err != nil {
			failed(err)
			return
		}
		defer func() { // it would be removed by itself, later
			if info := c.CachedInfo(); info != nil {
				_ = q.dead.DeleteConsumer(context.WithoutCancel(ctx), info.Name)
			}
		}()
		for left := c.CachedInfo().NumPending; left > 0; {
			if ctx.Err() != nil {
				failed(context.Cause(ctx))
				return
			}
			batch, err := c.FetchNoWait(int(min(left, maxLine)))
			if err != nil {
				failed(err)
				return
			}
			got := false
			for m := range batch.Messages() {
				at, err := m.Metadata()
				if err != nil {
					failed(err)
					return
				}
				got, left = true, at.NumPending
				size, _ := strconv.ParseInt(m.Headers().Get("Nats-Msg-Size"), 10, 64)
				if !yield(describe(at.Sequence.Stream, m.Headers(), size, at.Timestamp), nil) {
					return
				}
			}
			if err := batch.Error(); err != nil {
				failed(err)
				return
			}
			if !got {
				return // the rest was requeued or discarded meanwhile
			}
		}
	}
}

func describe(sequence uint64, header nats.Header, size int64, at time.Time) Dead {
	is, err := read(sequence, header, nil)
	d := Dead{ID: is.id, Size: size, Corrupt: err != nil, DiedAt: at.UTC(), Reason: header.Get(reasonHeader)}
	d.Attempts, _ = strconv.Atoi(header.Get(attemptsHeader))
	if is.d != nil {
		d.Source, d.Label, d.Key, d.ReceivedAt, d.Requeues = is.d.Source, is.d.Label, is.d.Key, is.d.ReceivedAt, is.d.Requeues
	}
	return d
}

// find returns a dead delivery.
func (q *Queue) find(ctx context.Context, id string) (*jetstream.RawStreamMsg, error) {
	if ctx == nil {
		return nil, errors.New("the context is nil")
	}
	if !isID(id) {
		return nil, ErrNotDead
	}
	m, err := q.dead.GetLastMsgForSubject(ctx, q.deadSubject(id))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, ErrNotDead
	}
	return m, err
}

// Requeue puts a dead delivery at the end of its line, with all its attempts before it. It returns [ErrNotDead] if there is
// none with the id, [ErrCorrupt] if its message is corrupt, or [ErrFull]. If it fails in the middle the delivery may be in
// both places; do it again.
//
// To requeue is to say that what was bought for it and not handed over may be bought again: since it died, a newer record of
// the same person may have been handed over, and an older one must not follow. So [webhook.Delivery.Requeues] is one more.
func (q *Queue) Requeue(ctx context.Context, id string) error {
	old, err := q.find(ctx, id)
	if err != nil {
		return fmt.Errorf("nats: requeue: %w", err)
	}
	is, err := read(old.Sequence, old.Header, old.Data)
	if err != nil {
		return fmt.Errorf("nats: requeue: %w", err)
	}
	is.d.Requeues++
	_ = q.decode(is.d) // what cannot be decoded has the partition of its key, and dies again
	m, err := q.message(is.d, is.id)
	if err != nil {
		return err
	}
	if err := q.publish(ctx, m); err != nil {
		return err
	}
	return q.drop(ctx, "requeue", old.Sequence)
}

// Discard removes a dead delivery for good, with what is kept for it. It returns [ErrNotDead] if there is none with the id.
func (q *Queue) Discard(ctx context.Context, id string) error {
	old, err := q.find(ctx, id)
	if err != nil {
		return fmt.Errorf("nats: discard: %w", err)
	}
	if q.options.Kept != nil { // before the delivery: what fails can be discarded again
		if err := q.options.Kept.Remove(ctx, id); err != nil {
			return fmt.Errorf("nats: discard: %w", err)
		}
	}
	return q.drop(ctx, "discard", old.Sequence)
}

// drop removes a message of the dead. The same delivery may have died again since, as another message.
func (q *Queue) drop(ctx context.Context, what string, sequence uint64) error {
	if err := q.dead.DeleteMsg(ctx, sequence); err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
		return fmt.Errorf("nats: %s: %w", what, err)
	}
	return nil
}
