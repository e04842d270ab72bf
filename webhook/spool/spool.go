// Package spool stores verified deliveries in files, for work that is done after the response to the sender.
//
// A [Spool] is a [webhook.Sink]: the handler stores each delivery with it and responds with 2xx once it is on the disk.
// [Spool.Run] processes what is stored, in the order of arrival, until it has succeeded. One that cannot be done waits
// beside the others, but before later ones about the same subject. Use a spool whenever the work is slow, paid for, or
// must not be lost with the process. It needs a disk that stays and one process at a time per directory; where there is
// neither, such as in a function of a cloud, send the deliveries to a queue instead.
//
// Nothing fails in silence: what fails is logged at WARN with [slog.Default] unless [Options] have another logger,
// [Spool.Status] tells how much is pending and since when, and Run returns an error that a program must look at.
//
// One spool serves several senders. It stores bodies, not events, and decodes each by the sender whose source is stored
// with it.
package spool

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pronet-go/pronet/internal/durable"
	"github.com/pronet-go/pronet/webhook"
)

// What a [Spool] returns.
var (
	// ErrFull says that the spool has reached one of its limits. The handler responds with 503.
	ErrFull = errors.New("spool: full")
	// ErrLocked says that the directory belongs to another open spool, of this process or of another.
	ErrLocked = errors.New("spool: already open")
	// ErrClosed says that the spool was closed.
	ErrClosed = errors.New("spool: closed")
	// ErrRunning says that [Spool.Run] is running already.
	ErrRunning = errors.New("spool: already running")
	// ErrCorrupt says that a file is not what a spool wrote.
	ErrCorrupt = errors.New("spool: file corrupt")
	// ErrNotDead says that no dead delivery has the given id.
	ErrNotDead = errors.New("spool: no such dead delivery")
)

// What a [Spool] uses unless [Options] say otherwise.
const (
	// DefaultMaxDeliveries is how many deliveries may be pending.
	DefaultMaxDeliveries = 100_000
	// DefaultMaxBytes is how many bytes the pending deliveries may have.
	DefaultMaxBytes = 1 << 30
	// DefaultMaxKept is how many bytes may be bought and wait to be handed over.
	DefaultMaxKept = 1 << 30
	// DefaultMaxDead is how many bytes the dead deliveries may take.
	DefaultMaxDead = 1 << 30
	// DefaultAttempts is how often a delivery is tried.
	DefaultAttempts = 10
	// DefaultBackoff is the longest wait before the second attempt. It doubles with each further attempt.
	DefaultBackoff = time.Second
	// DefaultBackoffCap is the longest wait before any attempt.
	DefaultBackoffCap = 5 * time.Minute
)

// Options change how a [Spool] works. The zero value is ready to use: a field that is zero has the default of its name.
type Options struct {
	// MaxDeliveries is how many deliveries may be pending, and MaxBytes how many bytes their files may have together.
	MaxDeliveries int
	MaxBytes      int64
	// Attempts is how often a delivery is tried before it goes to the dead ones, at most 9999. An attempt that a crash
	// cuts short counts, one that is cut short by the end of [Spool.Run] does not, nor do those of an outage: see Run.
	Attempts int
	// Backoff is the longest wait before the second attempt, which doubles with each further one up to BackoffCap. The
	// wait is drawn at random from the upper half of that.
	Backoff, BackoffCap time.Duration
	// MaxKept is how many bytes may be bought for pending deliveries and not be handed over, all together, see
	// [webhook.Kept]. At the bound, and while the disk takes no more, [webhook.Kept.Full] says that nothing more is to be
	// bought; what was bought already is kept nevertheless, so that a bulk job may go beyond it once.
	MaxKept int64
	// MaxDead is how many bytes the dead deliveries may take, with what was kept for them, each file counted in blocks of
	// 4 KiB. At the bound none is removed, since all of them were acknowledged: who would die waits among the pending
	// ones, and holds up nobody; Put refuses with [ErrFull] what the handler could not decode, and goes on storing the
	// others. So the disk holds MaxBytes, MaxKept and MaxDead at most, but for the last one of each and the blocks of
	// MaxDeliveries, and no junk keeps out what can be worked on. It is logged at WARN until some are given to
	// [Spool.Requeue] or [Spool.Discard]. Watch [Status].DeadBytes before.
	MaxDead int64
	// LabelsTakeTurns lets the labels of deliveries take turns instead of working on all in the order of arrival: one
	// label's ten thousand do not hold up another's one. Those of one label keep their order; those of two labels have
	// none, so leave it off where two labels are about the same subjects. It is for [webhook.Tenants]. Open then reads
	// the beginning of each pending file.
	LabelsTakeTurns bool
	// JoinWithin lets deliveries that arrive soon after each other be worked on as one: the first one has its first attempt
	// so long after it was stored, and then those behind it are joined to it. The function of Run gets the first, with the
	// Events of all in their order, and what becomes of it becomes of all: its attempts, what is kept for it, its death, and
	// its Requeue. Only deliveries of one sender all of whose events are Subjects are joined (see [webhook.Subject]), of at
	// most 8 MiB together. 0 joins none. Not together with LabelsTakeTurns.
	JoinWithin time.Duration
	// Logger is for failed attempts and dead deliveries, at WARN. It gets sources, labels, numbers, counts and the errors
	// of the function given to [Spool.Run], as one printable line of at most a kilobyte; of a dead delivery its
	// [Dead.ID]. Nil means [slog.Default], for WARN and above; to silence it, use [slog.DiscardHandler].
	Logger *slog.Logger
	// Observer watches what is worked on.
	Observer Observer
}

// complete checks the options and fills in the defaults.
func (o Options) complete() (Options, error) {
	if o.MaxDeliveries < 0 || o.MaxBytes < 0 || o.MaxKept < 0 || o.MaxDead < 0 {
		return o, errors.New("spool: Options.MaxDeliveries, MaxBytes, MaxKept or MaxDead is negative")
	}
	if o.Attempts < 0 || o.Attempts > maxAttempts {
		return o, fmt.Errorf("spool: Options.Attempts is not between 0 and %d", maxAttempts)
	}
	if o.JoinWithin < 0 || o.JoinWithin > 0 && o.LabelsTakeTurns {
		return o, errors.New("spool: Options.JoinWithin is negative, or given together with LabelsTakeTurns")
	}
	o.MaxDeliveries = cmp.Or(o.MaxDeliveries, DefaultMaxDeliveries)
	o.MaxBytes = cmp.Or(o.MaxBytes, DefaultMaxBytes)
	o.MaxKept = cmp.Or(o.MaxKept, DefaultMaxKept)
	o.MaxDead = cmp.Or(o.MaxDead, DefaultMaxDead)
	o.Attempts = cmp.Or(o.Attempts, DefaultAttempts)
	o.Backoff = cmp.Or(o.Backoff, DefaultBackoff)
	o.BackoffCap = cmp.Or(o.BackoffCap, max(DefaultBackoffCap, o.Backoff))
	if o.Backoff < 0 || o.BackoffCap < o.Backoff {
		return o, errors.New("spool: Options.Backoff is negative or above BackoffCap")
	}
	return o, nil
}

// Spool is a [webhook.Sink] that stores each delivery as a file. Put stores, [Spool.Run] processes. It is safe for
// concurrent use; its directory belongs to one open spool at a time.
//
// A delivery is stored when Put returns nil: its file was written, synced and
// renamed into place, and the directory was synced. It is removed after the
// function of Run has returned nil, so that a crash at any point makes it come
// again but never disappear. A delivery that keeps failing ends among the dead
// ones, which stay until they are put back with [Spool.Requeue] or removed with
// [Spool.Discard].
//
// The limits of what is pending do not count the dead ones, which have a bound of their own (Options.MaxDead): what has
// failed must not keep out what arrives.
//
// # What lies in the directory
//
// Bodies of deliveries name people, and what is kept holds their records. All files are readable by the process's own
// user only.
//
//   - pending/*.delivery: a line with a checksum, a line of JSON (source, label, key, time of receipt, size), and the
//     body as it was received, or the files of all that were joined (Options.JoinWithin). Until the delivery is done.
//   - pending/*.kept: what was bought for the delivery of the same number and not yet handed over, and ids. As long.
//   - dead/*.delivery, *.kept: the same of dead ones; *.reason: why. Until Requeue or Discard.
//
// To erase one person: see to it that the function given to Run passes the person over, and let [Spool.RewriteKept] take
// what was bought out of the journals. A body names the person until its delivery is done. Of the dead, look for the
// person's id in the bodies of the files (their names are [Dead.ID]), and Discard those. A body may be about others too:
// what they lack then is collected by their id.
type Spool struct {
	options Options
	senders []webhook.Sender
	root    *os.Root
	pending *os.File
	dead    *os.File
	lock    io.Closer
	wake    chan struct{}
	users   sync.WaitGroup

	attempting chan struct{} // Holds one while an attempt is made, or what was kept is rewritten.

	diskFull atomic.Bool // The last write of what was bought failed.
	probing  sync.Mutex

	mu           sync.Mutex
	index        index
	working      *entry                  // The one that Run has taken out of the line.
	stopRun      context.CancelCauseFunc // Nil while Run is not running.
	closed       bool
	lastError    string
	lastErrorAt  time.Time
	failingSince time.Time
}

const (
	pendingDir = "pending"
	deadDir    = "dead"
	lockName   = "lock"
)

// Open opens the spool in dir for deliveries of the senders and creates it if need be, readable by the process's own
// user only. Of a sender only Source and Decoder are used. It finds the deliveries that an earlier process left behind
// and removes what that process did not finish writing. It returns [ErrLocked] if another spool has the directory open.
//
// On Unix and Windows the lock ends with the process. Elsewhere it is a file that has to be deleted by hand after a
// crash.
func Open(dir string, o Options, senders ...webhook.Sender) (*Spool, error) {
	o, err := o.complete()
	if err != nil {
		return nil, err
	}
	if err := checkSenders(senders); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("spool: create: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("spool: open: %w", err)
	}
	s := &Spool{options: o, senders: slices.Clone(senders), root: root, wake: make(chan struct{}, 1), attempting: make(chan struct{}, 1)}
	if err := s.open(dir); err != nil {
		return nil, errors.Join(err, s.release())
	}
	return s, nil
}

// checkSenders refuses senders whose deliveries could not be decoded.
func checkSenders(senders []webhook.Sender) error {
	if len(senders) == 0 {
		return errors.New("spool: no sender given: nothing could be decoded")
	}
	seen := make(map[string]bool, len(senders))
	for i, sender := range senders {
		switch {
		case strings.TrimSpace(sender.Source) == "":
			return fmt.Errorf("spool: sender %d has no Source", i)
		case sender.Decoder == nil:
			return fmt.Errorf("spool: sender %q has no Decoder", sender.Source)
		case seen[sender.Source]:
			return fmt.Errorf("spool: two senders with the source %q", sender.Source)
		}
		seen[sender.Source] = true
	}
	return nil
}

// open locks the directory and reads what is in it.
func (s *Spool) open(dir string) error {
	var err error
	s.lock, err = durable.Lock(filepath.Join(dir, lockName))
	switch {
	case errors.Is(err, durable.ErrLocked):
		return ErrLocked
	case err != nil:
		return fmt.Errorf("spool: lock: %w", err)
	}
	for name, handle := range map[string]**os.File{pendingDir: &s.pending, deadDir: &s.dead} {
		if err := s.root.MkdirAll(name, 0o700); err != nil {
			return fmt.Errorf("spool: create: %w", err)
		}
		if *handle, err = s.root.Open(name); err != nil {
			return fmt.Errorf("spool: open: %w", err)
		}
	}
	return s.scan()
}

// Close ends [Spool.Run] and releases the directory after the calls in progress have returned. Do not call it from the
// function given to Run, which it waits for. What is pending stays for the next [Open].
func (s *Spool) Close() error {
	s.mu.Lock()
	closed, stopRun := s.closed, s.stopRun
	s.closed = true
	s.mu.Unlock()
	if closed {
		return nil
	}
	if stopRun != nil {
		stopRun(ErrClosed)
	}
	s.users.Wait()
	return s.release()
}

// release closes whatever is open.
func (s *Spool) release() error {
	var errs []error
	if s.pending != nil {
		errs = append(errs, s.pending.Close())
	}
	if s.dead != nil {
		errs = append(errs, s.dead.Close())
	}
	errs = append(errs, s.root.Close())
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// Pending returns how many deliveries are stored and not yet dealt with. The
// one that is being processed counts.
func (s *Spool) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.index.count
}

// enter registers a user of the directory, whom Close waits for.
func (s *Spool) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.users.Add(1)
	return nil
}

// Put implements [webhook.Sink]. It returns nil once the delivery is stored durably, and [ErrFull] or [ErrClosed] if
// it cannot be. If one of the same source with the same key is pending that no attempt has begun, the one stands for
// both: what is collected for it is as new as either. Behind one that was begun, or requeued, the delivery is stored
// and worked on by itself. A delivery of a source that the spool does not know is stored as well: it goes to the dead
// ones, and can be put back when the spool knows its sender. So does one whose body cannot be decoded; while the dead
// have no room for it (Options.MaxDead), one whose Events are nil is refused with ErrFull. Events are not stored: Run
// decodes the body. The context is looked at before the first write; writing itself is not interrupted.
func (s *Spool) Put(ctx context.Context, d *webhook.Delivery) error {
	if ctx == nil {
		return errors.New("spool: the context is nil")
	}
	f, err := newFile(d)
	if err != nil {
		return err
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.users.Done()
	for {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("spool: %w", context.Cause(ctx))
		}
		e, mine, err := s.reserve(f)
		if err != nil {
			return err
		}
		if mine {
			err := s.store(e, f)
			s.finishStore(e, err)
			return err
		}
		// Another Put of the same key is at work, or has been.
		select {
		case <-e.stored:
		case <-ctx.Done():
			continue
		}
		if !e.failed {
			return nil
		}
	}
}

// reserve takes room for the file, or returns the entry that has its key.
func (s *Spool) reserve(f *file) (e *entry, mine bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.index.absorbing[f.hash]; e != nil {
		return e, false, nil
	}
	switch {
	case s.isFull(f.size()):
		return nil, false, ErrFull
	case !f.decoded && s.deadAreFull():
		return nil, false, errDeadFull
	}
	e = &entry{fileName: fileName{hash: f.hash}, size: f.size(), group: s.groupOf(f.source, f.label)}
	if s.options.JoinWithin > 0 {
		e.ready = time.Now().Add(s.options.JoinWithin)
	}
	return s.index.reserve(e, f.receivedAt), true, nil
}

// groupOf names those that a delivery stands in one line with.
func (s *Spool) groupOf(source, label string) string {
	if !s.options.LabelsTakeTurns {
		return ""
	}
	return source + "\n" + label
}

// isFull reports whether there is no room for a file of the size.
func (s *Spool) isFull(size int64) bool {
	return s.index.count >= s.options.MaxDeliveries || s.index.bytes+size > s.options.MaxBytes
}

// deadAreFull reports whether the dead ones have reached their bound.
func (s *Spool) deadAreFull() bool { return s.index.deadBytes >= s.options.MaxDead }

// InWork reports whether a pending delivery of the source with the key may have been seen by the function given to
// [Spool.Run]: an attempt has begun, and the delivery is not done. What is collected for it may be older than what a
// repetition with the same key reports, so that the repetition must not be dropped as a duplicate. Put stores it behind
// the first.
func (s *Spool) InWork(source, key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.index.begun[hashOf(source, key)] > 0
}

// finishStore makes a stored entry visible to Run, or forgets one that could not be stored.
func (s *Spool) finishStore(e *entry, err error) {
	s.mu.Lock()
	if err != nil {
		e.failed = true
		s.index.withdraw(e)
	}
	close(e.stored)
	s.mu.Unlock()
	s.wakeUp()
}

// wakeUp makes a waiting Run look at the queue.
func (s *Spool) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default: // It was told already.
	}
}
