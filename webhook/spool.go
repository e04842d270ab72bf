package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"github.com/pronet-go/pronet/internal/durable"
)

// What a [Spool] returns.
var (
	// ErrSpoolFull says that the spool has reached one of its limits. The
	// handler answers 503.
	ErrSpoolFull = errors.New("webhook: spool full")
	// ErrSpoolLocked says that the directory belongs to another open spool.
	ErrSpoolLocked = errors.New("webhook: spool in use by another process")
	// ErrSpoolClosed says that the spool was closed.
	ErrSpoolClosed = errors.New("webhook: spool closed")
	// ErrSpoolRunning says that [Spool.Run] is running already.
	ErrSpoolRunning = errors.New("webhook: spool already running")
	// ErrSpoolCorrupt says that a file is not what the spool wrote.
	ErrSpoolCorrupt = errors.New("webhook: spool file corrupt")
	// ErrRetryLater, wrapped in the error of the function given to [Spool.Run],
	// says that the failure is not the delivery's: what it needs is down, or
	// out of money. The delivery is tried again, after waits that grow to the
	// cap, and the attempt does not count towards its last.
	ErrRetryLater = errors.New("webhook: to be tried again later")
	// ErrNotDead says that no dead delivery has the given id.
	ErrNotDead = errors.New("webhook: no such dead delivery")
)

// Spool is a [Sink] that stores each delivery as a file, for work that is done
// after the answer. Put stores, [Spool.Run] processes. It is safe for
// concurrent use; its directory belongs to one open spool at a time.
//
// A delivery is stored when Put returns nil: its file was written, synced and
// renamed into place, and the directory was synced. It is removed after the
// function of Run has returned nil, so that a crash at any point makes it come
// again but never disappear. A delivery that keeps failing ends among the dead
// ones, which stay until they are put back with [Spool.Requeue] or the
// operator deletes their files.
//
// The limits count pending deliveries, not dead ones: what has failed must not
// keep out what arrives.
type Spool struct {
	spoolSettings
	root    *os.Root
	pending *os.File
	dead    *os.File
	lock    io.Closer
	wake    chan struct{}
	users   sync.WaitGroup

	mu      sync.Mutex
	index   spoolIndex
	stopRun context.CancelCauseFunc // Nil while Run is not running.
	closed  bool
}

const (
	pendingDir = "pending"
	deadDir    = "dead"
	lockName   = "lock"
)

// OpenSpool opens the spool in dir and creates it if need be, readable by the
// process's own user only. It finds the deliveries that an earlier process
// left behind and removes what that process did not finish writing. It returns
// [ErrSpoolLocked] if another spool has the directory open.
//
// On Unix and Windows the lock ends with the process. Elsewhere it is a file
// that has to be deleted by hand after a crash.
func OpenSpool(dir string, opts ...SpoolOption) (*Spool, error) {
	settings, err := newSpoolSettings(opts)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("webhook: create spool: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("webhook: open spool: %w", err)
	}
	s := &Spool{spoolSettings: settings, root: root, wake: make(chan struct{}, 1)}
	if err := s.open(dir); err != nil {
		return nil, errors.Join(err, s.release())
	}
	return s, nil
}

// open locks the directory and reads what is in it.
func (s *Spool) open(dir string) error {
	var err error
	s.lock, err = durable.Lock(filepath.Join(dir, lockName))
	switch {
	case errors.Is(err, durable.ErrLocked):
		return ErrSpoolLocked
	case err != nil:
		return fmt.Errorf("webhook: lock spool: %w", err)
	}
	for name, handle := range map[string]**os.File{pendingDir: &s.pending, deadDir: &s.dead} {
		if err := s.root.MkdirAll(name, 0o700); err != nil {
			return fmt.Errorf("webhook: create spool: %w", err)
		}
		if *handle, err = s.root.Open(name); err != nil {
			return fmt.Errorf("webhook: open spool: %w", err)
		}
	}
	s.index, err = scanSpool(s.root)
	return err
}

// Close ends [Spool.Run] and gives the directory free after the calls in
// progress have returned. Do not call it from the function given to Run, which
// it waits for. What is pending stays for the next [OpenSpool].
func (s *Spool) Close() error {
	s.mu.Lock()
	closed, stopRun := s.closed, s.stopRun
	s.closed = true
	s.mu.Unlock()
	if closed {
		return nil
	}
	if stopRun != nil {
		stopRun(ErrSpoolClosed)
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
	return s.index.len()
}

// enter registers a user of the directory, whom Close waits for.
func (s *Spool) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrSpoolClosed
	}
	s.users.Add(1)
	return nil
}
