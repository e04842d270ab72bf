package nats

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/pronet-go/pronet/webhook"
)

const (
	// aboutHeader has a delivery as JSON, without its body, which is the message's.
	aboutHeader = "Pronet-Delivery"
	// maxAbout leaves room for the other headers in the 64 KiB that a server takes.
	maxAbout = 60 << 10
	// errStoreFailed is the server's code for a stream that has reached a limit.
	errStoreFailed jetstream.ErrorCode = 10077
	// errNoStorage is the one for a server that has not the room that a new stream reserves.
	errNoStorage jetstream.ErrorCode = 10047
)

// Put implements [webhook.Sink]. It returns nil once JetStream has acknowledged the delivery. While the server is away it
// tries again, with the same message id, so that a delivery whose acknowledgement was lost is stored once; without a
// deadline of the context for webhook.DefaultDeadline. It returns [ErrFull] if the stream has no room. A delivery of a
// source that the queue does not know, or whose body cannot be decoded, is stored as well, and ends among the dead ones.
//
// Two calls store two deliveries, also of the same key: what a provider sends twice is the matter of the handler's
// webhook.WithStore.
func (q *Queue) Put(ctx context.Context, d *webhook.Delivery) error {
	switch {
	case ctx == nil || d == nil:
		return errors.New("nats: the context or the delivery is nil")
	case int64(len(d.Body)) > q.options.MaxBody:
		return fmt.Errorf("nats: the body has %d bytes, and Options.MaxBody is %d", len(d.Body), q.options.MaxBody)
	}
	m, err := q.message(d, rand.Text())
	if err != nil {
		return err
	}
	return q.publish(ctx, m)
}

// message is what is stored of a delivery. The events say whose it is; if they are nil, its key does.
func (q *Queue) message(d *webhook.Delivery, id string) (*nats.Msg, error) {
	about := *d
	about.Body, about.Kept = nil, nil
	text, err := about.MarshalJSON()
	switch {
	case err != nil:
		return nil, fmt.Errorf("nats: %w", err)
	case len(text) > maxAbout:
		return nil, fmt.Errorf("nats: key, label and trace of the delivery have %d bytes as JSON, and a header takes %d", len(text), maxAbout)
	}
	m := nats.NewMsg(fmt.Sprintf("%s.work.%d.%s", q.options.Name, q.partitionOf(d), hashOf(d.Source, d.Key)))
	m.Header.Set(aboutHeader, string(text))
	m.Header.Set(jetstream.MsgIDHeader, id)
	if d.Requeues > 0 {
		m.Header.Set(jetstream.MsgIDHeader, id+"."+strconv.Itoa(d.Requeues))
	}
	m.Data = d.Body
	return m, nil
}

// hashOf is what stands for a key in a subject.
func hashOf(source, key string) string {
	sum := sha256.Sum256([]byte(source + "\n" + key))
	return hex.EncodeToString(sum[:16])
}

func (q *Queue) partitionOf(d *webhook.Delivery) int {
	sum := sha256.Sum256([]byte(q.orderBy(d)))
	return int(binary.BigEndian.Uint64(sum[:8]) % uint64(q.options.Partitions))
}

// orderBy returns what the partition is chosen by.
func (q *Queue) orderBy(d *webhook.Delivery) (name string) {
	defer func() {
		if recover() != nil { // the events are the user's
			name = d.Source + "\n" + d.Key
		}
	}()
	if q.options.OrderBy != nil {
		return q.options.OrderBy(d)
	}
	for _, event := range d.Events {
		if about, ok := event.(webhook.Subject); ok {
			return about.Subject()
		}
	}
	return d.Source + "\n" + d.Key
}

// publish stores a message of which the server takes no second one with the same id.
func (q *Queue) publish(ctx context.Context, m *nats.Msg) error {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, webhook.DefaultDeadline)
		defer cancel()
	}
	for {
		for !q.js.Conn().IsConnected() && !q.js.Conn().IsClosed() && pause(ctx, retryAfter) {
			continue // or the client would send it when the server is back, whoever still wants it
		}
		if ctx.Err() != nil {
			return fmt.Errorf("nats: storing a delivery: %w", context.Cause(ctx))
		}
		trying, cancel := context.WithTimeout(ctx, tryFor)
		_, err := q.js.PublishMsg(trying, m)
		cancel()
		apiErr, ok := errors.AsType[*jetstream.APIError](err)
		switch {
		case err == nil:
			return nil
		case ok && apiErr.ErrorCode == errStoreFailed:
			return fmt.Errorf("%w: %s", ErrFull, apiErr.Description)
		case ok, errors.Is(err, nats.ErrMaxPayload), q.js.Conn().IsClosed():
			return fmt.Errorf("nats: storing a delivery: %w", err)
		}
		pause(ctx, retryAfter)
	}
}

const (
	// tryFor is how long one request may take. A connection that is restored sends what was asked meanwhile.
	tryFor = 2 * time.Second
	// retryAfter is how soon it is made again.
	retryAfter = 50 * time.Millisecond
)

// stored is a message as it is read back.
type stored struct {
	id string // what the delivery is called from its first Put to its end
	d  *webhook.Delivery
}

// read reads a message. The id is one also if the error is [ErrCorrupt].
func read(sequence uint64, header nats.Header, body []byte) (stored, error) {
	id, _, _ := strings.Cut(header.Get(jetstream.MsgIDHeader), ".")
	if !isID(id) {
		id = "message" + strconv.FormatUint(sequence, 10)
	}
	d := new(webhook.Delivery)
	if json.Unmarshal([]byte(header.Get(aboutHeader)), d) != nil {
		return stored{id: id}, ErrCorrupt
	}
	d.Body = body
	return stored{id, d}, nil
}

// isID reports whether a text may name a dead delivery in a subject.
func isID(id string) bool {
	for i := range len(id) {
		if c := id[i]; (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return id != "" && len(id) <= 64
}

// decode sets the events, with the sender that the queue knows.
func (q *Queue) decode(d *webhook.Delivery) (err error) {
	defer recovered(&err)
	return webhook.Decode(d, q.senders...)
}

// InWork reports for the handler (see [webhook.Sink]) whether a function given to Run, in any process, may have seen a
// delivery of the source with the key that is not done. It asks the server; the error says that it could not.
func (q *Queue) InWork(ctx context.Context, source, key string) (bool, error) {
	in, err := q.inWork(ctx, source, key)
	if err != nil {
		return false, fmt.Errorf("nats: asking what is in work: %w", err)
	}
	return in, nil
}

func (q *Queue) inWork(ctx context.Context, source, key string) (bool, error) {
	info, err := q.pending.Info(ctx, jetstream.WithSubjectFilter(q.options.Name+".work.*."+hashOf(source, key)))
	if err != nil {
		return false, err
	}
	for subject := range info.State.Subjects {
		seen, err := q.mayBeSeen(ctx, subject)
		if seen || err != nil {
			return seen, err
		}
	}
	return false, nil
}

// mayBeSeen reports whether the last message of a subject is at or before the last one that an owner of its partition got.
func (q *Queue) mayBeSeen(ctx context.Context, subject string) (bool, error) {
	number, err := strconv.Atoi(strings.Split(subject, ".")[2])
	if err != nil {
		return false, err
	}
	m, err := q.pending.GetLastMsgForSubject(ctx, subject)
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return false, nil // it is done by now
	}
	if err != nil {
		return false, err
	}
	lease, err := q.leases.Get(ctx, leaseKey(number))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return false, nil // nobody has ever run
	}
	if err != nil {
		return false, err
	}
	r, err := parseRecord(lease.Value())
	if err != nil || m.Sequence <= r.Reached || r.Owner == "" {
		return m.Sequence <= r.Reached, err
	}
	c, err := q.pending.Consumer(ctx, consumerName(number, r.Epoch))
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return true, nil // it is about to change hands
	}
	if err != nil {
		return false, err
	}
	return m.Sequence <= c.CachedInfo().Delivered.Stream, nil
}
