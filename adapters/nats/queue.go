package nats

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/pronet-go/pronet/webhook"
)

// What a [Queue] returns.
var (
	// ErrFull says that a stream has reached its limit. The handler responds with 503.
	ErrFull = errors.New("nats: full")
	// ErrRunning says that [Queue.Run] is running already.
	ErrRunning = errors.New("nats: already running")
	// ErrCorrupt says that a message is not what a queue wrote.
	ErrCorrupt = errors.New("nats: message corrupt")
	// ErrNotDead says that no dead delivery has the given id.
	ErrNotDead = errors.New("nats: no such dead delivery")
)

// What a [Queue] uses unless [Options] say otherwise.
const (
	DefaultName       = "pronet"
	DefaultPartitions = 16
	DefaultMaxBytes   = 1 << 30
	DefaultMaxDead    = 1 << 30
	DefaultWorkers    = 4
	DefaultAttempts   = 10
	DefaultBackoff    = time.Second
	DefaultBackoffCap = 5 * time.Minute
	DefaultLease      = 15 * time.Second
)

const (
	// maxLine is how many deliveries of a partition its owner takes before they are done.
	maxLine = 1024
	// maxAhead is how many more the client asks for.
	maxAhead = 256
	// lineBytes is what their messages may have together, besides one of the largest.
	lineBytes = 4 << 20
	// overhead is what a message has besides the body, at most.
	overhead = 64 << 10
	// maxPartitions bounds the leases that are renewed.
	maxPartitions = 1024
)

// Options are how a [Queue] works. The zero value is valid. All processes that share one use the same, but for Workers,
// Monitoring, SyncAlways and Logger. What a stream was made with stays; change it with the server's tools.
type Options struct {
	// Name begins the names of the streams and the bucket; "" is [DefaultName]. It has up to 64 letters, digits, - and _.
	Name string
	// Partitions is in how many lines the deliveries stand, and so how many processes can work at once; 0 is
	// [DefaultPartitions], or what the queue was made with. It is fixed then.
	Partitions int
	// Replicas is on how many servers of a cluster everything lies; 0 is one. With 3, the queue goes on while one is away. That
	// a delivery which was done never comes again, behind newer ones, when a server is back is not proven there.
	Replicas int
	// MaxBody is the largest body, as in webhook.WithMaxBody; 0 is webhook.DefaultMaxBody.
	MaxBody int64
	// MaxBytes is how many bytes may be pending, and MaxDead how many dead; 0 are [DefaultMaxBytes] and [DefaultMaxDead], 1 GiB
	// each. The server reserves both of its storage, and Open fails if it has less. At MaxBytes Put refuses with [ErrFull]. At
	// MaxDead a delivery that would die waits, and those of the same person behind it.
	MaxBytes, MaxDead int64
	// SyncAlways affirms that each server has "sync_interval: always".
	SyncAlways bool
	// Monitoring are the URLs of the servers' monitoring, such as http://nats.internal:8222, where Open looks for that itself.
	Monitoring []string
	// Workers is how many deliveries this process has in work at once; 0 is [DefaultWorkers].
	Workers int
	// Attempts is how often a delivery is tried before it goes to the dead ones; 0 is [DefaultAttempts]. An attempt that ends
	// with its process counts from the second time on.
	Attempts int
	// Backoff is the longest wait before the second attempt, which doubles with each further one up to BackoffCap; 0 are
	// [DefaultBackoff] and [DefaultBackoffCap]. The wait is drawn at random from the upper half of that.
	Backoff, BackoffCap time.Duration
	// Lease is how long a process that died holds up its partitions; 0 is [DefaultLease], and the least is a second.
	Lease time.Duration
	// OrderBy returns what a delivery's partition is chosen by. Nil is the subject of its first event that has one
	// (webhook.Subject), else its key. The order of a person's deliveries holds within a partition, for all the people that
	// a delivery is about. So it holds by default if each delivery is about one person. If one is about several, as
	// Coresignal's notices are, it holds for the first of them; return the label to have it for all that one subscription
	// sends, or take one partition to have it for everything. Notices that only say that something has changed need none
	// of it.
	OrderBy func(d *webhook.Delivery) string
	// Kept is where [webhook.Delivery.Kept] keeps what was bought, such as postgres.Store.Kept. Nil leaves it nil. What is kept
	// for a delivery is removed with it, wherever a process dies; while that fails, the delivery waits, though it is done.
	Kept webhook.KeptStore
	// Logger is told of failed attempts, dead deliveries and leases that are lost, at WARN. It gets sources, labels, numbers
	// and the errors of the function given to [Queue.Run]. Nil is slog.Default().
	Logger *slog.Logger
}

var queueName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// complete checks the options and fills in the defaults.
func (o Options) complete() (Options, error) {
	o.Name = cmp.Or(o.Name, DefaultName)
	switch {
	case !queueName.MatchString(o.Name):
		return o, fmt.Errorf("nats: Options.Name %.70q is not of up to 64 letters, digits, - and _", o.Name)
	case o.Partitions < 0 || o.Partitions > maxPartitions:
		return o, fmt.Errorf("nats: Options.Partitions is not between 0 and %d", maxPartitions)
	case o.Replicas < 0 || o.MaxBody < 0 || o.MaxBytes < 0 || o.MaxDead < 0 || o.Workers < 0 || o.Attempts < 0:
		return o, errors.New("nats: a number of the options is negative")
	case o.Lease != 0 && o.Lease < time.Second:
		return o, errors.New("nats: Options.Lease is shorter than a second")
	}
	o.Replicas = cmp.Or(o.Replicas, 1)
	o.MaxBody = cmp.Or(o.MaxBody, webhook.DefaultMaxBody)
	o.MaxBytes = cmp.Or(o.MaxBytes, DefaultMaxBytes)
	o.MaxDead = cmp.Or(o.MaxDead, DefaultMaxDead)
	o.Workers = cmp.Or(o.Workers, DefaultWorkers)
	o.Attempts = cmp.Or(o.Attempts, DefaultAttempts)
	o.Backoff = cmp.Or(o.Backoff, DefaultBackoff)
	o.BackoffCap = cmp.Or(o.BackoffCap, max(DefaultBackoffCap, o.Backoff))
	o.Lease = cmp.Or(o.Lease, DefaultLease)
	if o.Backoff < 0 || o.BackoffCap < o.Backoff {
		return o, errors.New("nats: Options.Backoff is negative or above BackoffCap")
	}
	return o, nil
}

// Queue is a [webhook.Sink] in JetStream: [Queue.Put] stores, [Queue.Run] hands over, in this process or in others. It is
// safe for concurrent use, and has nothing to close but the caller's connection.
type Queue struct {
	options Options
	senders []webhook.Sender
	js      jetstream.JetStream
	pending jetstream.Stream
	dead    jetstream.Stream
	leases  jetstream.KeyValue
	members jetstream.Stream // of each process that runs, one message for the time of a lease

	mu      sync.Mutex
	running *member // nil while Run is not running
	failure failure
	asked   asked
}

// Open opens the queue of that name for deliveries of the senders, and makes its streams and its bucket where there are none.
// Of a sender only Source and Decoder are used. The connection of js stays the caller's to close; let it reconnect for
// ever (nats.MaxReconnects(-1)), since Run ends when it is closed.
//
// It is an error if the queue was made with another number of partitions, if a stream of that name is not of a queue, and
// if max_payload of the server is too small for Options.MaxBody. If it is not known that the server syncs what it
// confirms, that is logged at WARN.
func Open(ctx context.Context, js jetstream.JetStream, o Options, senders ...webhook.Sender) (*Queue, error) {
	o, err := o.complete()
	switch {
	case err != nil:
		return nil, err
	case ctx == nil || js == nil:
		return nil, errors.New("nats: the context or the JetStream given to Open is nil")
	}
	if err := checkSenders(senders); err != nil {
		return nil, err
	}
	q := &Queue{options: o, senders: slices.Clone(senders), js: js}
	if most, need := js.Conn().MaxPayload(), o.MaxBody+overhead; most < need {
		return nil, fmt.Errorf("nats: max_payload of the server is %d bytes, and a body may have %d: set max_payload: %d, or Options.MaxBody and webhook.WithMaxBody to %d or less",
			most, o.MaxBody, need, max(0, most-overhead))
	}
	if err := q.open(ctx); err != nil {
		return nil, err
	}
	q.checkSync(ctx)
	return q, nil
}

func checkSenders(senders []webhook.Sender) error {
	if len(senders) == 0 {
		return errors.New("nats: no sender given: nothing could be decoded")
	}
	for i, sender := range senders {
		switch {
		case strings.TrimSpace(sender.Source) == "":
			return fmt.Errorf("nats: sender %d has no Source", i)
		case sender.Decoder == nil:
			return fmt.Errorf("nats: sender %q has no Decoder", sender.Source)
		case slices.ContainsFunc(senders[:i], func(other webhook.Sender) bool { return other.Source == sender.Source }):
			return fmt.Errorf("nats: two senders with the source %q", sender.Source)
		}
	}
	return nil
}

const partitionsKey = "pronet-partitions"

func (q *Queue) open(ctx context.Context) (err error) {
	o := &q.options
	q.pending, err = q.stream(ctx, jetstream.StreamConfig{
		Name: o.Name + "-work", Subjects: []string{o.Name + ".work.*.*"}, Retention: jetstream.WorkQueuePolicy, MaxBytes: o.MaxBytes,
		Metadata: map[string]string{partitionsKey: strconv.Itoa(cmp.Or(o.Partitions, DefaultPartitions))},
	})
	if err != nil {
		return err
	}
	made, err := strconv.Atoi(q.pending.CachedInfo().Config.Metadata[partitionsKey])
	switch {
	case err != nil || made < 1 || made > maxPartitions:
		return fmt.Errorf("nats: the stream %s-work is not one that a queue has made", o.Name)
	case o.Partitions != 0 && o.Partitions != made:
		return fmt.Errorf("nats: the queue %s was made with %d partitions, and Options.Partitions is %d: its order would be lost", o.Name, made, o.Partitions)
	}
	o.Partitions = made
	q.dead, err = q.stream(ctx, jetstream.StreamConfig{
		Name: o.Name + "-dead", Subjects: []string{o.Name + ".dead.*"}, Retention: jetstream.LimitsPolicy, MaxBytes: o.MaxDead, MaxMsgsPerSubject: 1,
	})
	if err != nil {
		return err
	}
	q.members, err = q.stream(ctx, jetstream.StreamConfig{
		Name: o.Name + "-members", Subjects: []string{o.Name + ".members.*"}, Retention: jetstream.LimitsPolicy, MaxMsgsPerSubject: 1, MaxAge: o.Lease,
	})
	if err != nil {
		return err
	}
	leases := jetstream.KeyValueConfig{Bucket: o.Name + "-leases", Replicas: o.Replicas}
	q.leases, err = q.js.KeyValue(ctx, leases.Bucket)
	if errors.Is(err, jetstream.ErrBucketNotFound) {
		if q.leases, err = q.js.CreateKeyValue(ctx, leases); errors.Is(err, jetstream.ErrBucketExists) {
			q.leases, err = q.js.KeyValue(ctx, leases.Bucket)
		}
	}
	if err != nil {
		return fmt.Errorf("nats: the bucket %s: %w", leases.Bucket, err)
	}
	return nil
}

// stream returns the stream, and makes it if there is none.
func (q *Queue) stream(ctx context.Context, config jetstream.StreamConfig) (jetstream.Stream, error) {
	s, err := q.js.Stream(ctx, config.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		config.Storage, config.Discard, config.Replicas = jetstream.FileStorage, jetstream.DiscardNew, q.options.Replicas
		if s, err = q.js.CreateStream(ctx, config); errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			s, err = q.js.Stream(ctx, config.Name) // another process was faster
		}
	}
	if apiErr, ok := errors.AsType[*jetstream.APIError](err); ok && apiErr.ErrorCode == errNoStorage {
		return nil, fmt.Errorf("nats: the stream %s reserves %d bytes of the server's storage, and it has less: set Options.MaxBytes and MaxDead, or max_file_store of the server: %w", config.Name, config.MaxBytes, err)
	}
	if err != nil {
		return nil, fmt.Errorf("nats: the stream %s: %w", config.Name, err)
	}
	is := s.CachedInfo().Config
	if is.Retention != config.Retention || is.Discard != jetstream.DiscardNew || is.Storage != jetstream.FileStorage || (is.MaxAge == 0) != (config.MaxAge == 0) ||
		is.MaxMsgsPerSubject > 1 || !slices.Equal(is.Subjects, config.Subjects) {
		return nil, fmt.Errorf("nats: the stream %s was made otherwise: it is to have the subjects %v, the retention %s, files, discard new, and an age of %s (0s: none)", config.Name, config.Subjects, config.Retention, config.MaxAge)
	}
	return s, nil
}

// pause reports whether ctx has not ended before the time is over.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return ctx.Err() == nil
	}
}
