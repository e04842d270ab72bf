package bulkcollect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/durable"
	"github.com/pronet-go/pronet/internal/wire"
)

const (
	ledgerFormat = 1
	// maxEntries bounds the requests of one ledger, so that what a file holds cannot fill the memory.
	maxEntries = 1 << 20
	// compactFrom is how many superseded entries a file may hold before it is written anew when it is opened.
	compactFrom = 10_000
)

// FileLedger is a [Ledger] in a file to which each change is added and synced. It is safe for concurrent use, and belongs
// to one process at a time. Close it.
type FileLedger struct {
	mu      sync.Mutex
	root    *os.Root
	lock    io.Closer
	journal *durable.Journal
	entries map[string]Entry
	lines   int
}

// ledgerHead is the first line of the file.
type ledgerHead struct {
	Ledger int `json:"ledger"`
}

// OpenLedger opens the ledger in the file at path, or makes it, readable by the process's own user. A last line that a
// crash cut is dropped, since what it said was not done yet; a file that is damaged elsewhere, or is no ledger, is
// api.ErrInvalid, and left as it is. When another process has it open, the error is api.ErrConflict; on systems without
// locks that end with their process, such as Plan 9, a crash leaves the lock behind, a file that ends in ".lock". Requests
// that ended more than 30 days ago are forgotten when the file is large, but for the parts of groups.
func OpenLedger(path string) (*FileLedger, error) {
	l := &FileLedger{entries: make(map[string]Entry)}
	if err := l.open(filepath.Dir(path), filepath.Base(path)); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

func (l *FileLedger) open(dir, name string) (err error) {
	if l.root, err = os.OpenRoot(dir); err != nil {
		return &StorageError{Op: "open", File: name, Err: err}
	}
	if l.lock, err = lockFile(filepath.Join(dir, name+".lock"), "ledger"); err != nil {
		return err
	}
	if err := l.checkHead(name); err != nil {
		return err
	}
	if l.journal, err = durable.OpenJournal(l.root, name, l.replay); err != nil {
		return ledgerError(err)
	}
	if l.lines == 0 {
		return ledgerError(l.journal.Append(ledgerHead{ledgerFormat}))
	}
	if superseded := l.lines - 1 - len(l.entries); superseded < compactFrom {
		return nil
	}
	return ledgerError(l.compact(name))
}

// checkHead refuses a file that does not begin as a ledger does, before anything of it is cut off as what a crash left.
func (l *FileLedger) checkHead(name string) error {
	head := fmt.Sprintf(`{"ledger":%d}`+"\n", ledgerFormat)
	begin, err := readBeginning(l.root, name, int64(len(head)))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return &StorageError{Op: "read", File: name, Err: err}
	case !strings.HasPrefix(head, string(begin)):
		return fmt.Errorf("bulkcollect: the file is not a ledger of format %d: %w", ledgerFormat, api.ErrInvalid)
	}
	return nil
}

// replay takes in one line of the file.
func (l *FileLedger) replay(line []byte) error {
	l.lines++
	if l.lines == 1 {
		var head ledgerHead
		if err := json.Unmarshal(line, &head); err != nil || head.Ledger != ledgerFormat {
			return fmt.Errorf("the file is not a ledger of format %d: %w", ledgerFormat, api.ErrInvalid)
		}
		return nil
	}
	var e Entry
	if err := json.Unmarshal(line, &e); err != nil {
		return fmt.Errorf("line %d is not an entry: %w", l.lines, errBadEntry)
	}
	before, known := l.entries[e.Request]
	if e.valid() != nil || known && e.Revision != before.Revision+1 {
		return fmt.Errorf("line %d is not an entry: %w", l.lines, errBadEntry)
	}
	l.entries[e.Request] = e
	if len(l.entries) > maxEntries {
		return fmt.Errorf("more than %d requests: %w", maxEntries, api.ErrTooLarge)
	}
	return nil
}

// compact writes the file anew, without what was superseded and without requests that ended long ago.
func (l *FileLedger) compact(name string) error {
	text, err := json.Marshal(ledgerHead{ledgerFormat})
	if err != nil {
		return err
	}
	text = append(text, '\n')
	long := time.Now().Add(-FilesLifetime)
	for key, e := range l.entries {
		if (e.State == Ended && e.Part == 0 || e.State == Refused) && e.At.Before(long) {
			delete(l.entries, key)
			continue
		}
		line, err := json.Marshal(e)
		if err != nil {
			return err
		}
		text = append(append(text, line...), '\n')
	}
	if err := errors.Join(l.journal.Close(), durable.Replace(l.root, name, text)); err != nil {
		return err
	}
	l.journal, err = durable.OpenJournal(l.root, name, func([]byte) error { return nil })
	return err
}

// Get returns the entry of a request; without one, the zero Entry.
func (l *FileLedger) Get(_ context.Context, request string) (Entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.journal == nil {
		return Entry{}, os.ErrClosed
	}
	return l.entries[request], nil
}

// Put stores an entry. When it returns nil, the entry is on the disk.
func (l *FileLedger) Put(ctx context.Context, e Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case l.journal == nil:
		return os.ErrClosed
	case e.valid() != nil:
		return errBadEntry
	case e.Revision != l.entries[e.Request].Revision+1:
		return fmt.Errorf("bulkcollect: the request was changed by someone else: %w", api.ErrConflict)
	case len(l.entries) >= maxEntries && l.entries[e.Request].Request == "":
		return fmt.Errorf("bulkcollect: the ledger holds %d requests: %w", maxEntries, api.ErrTooLarge)
	}
	if err := l.journal.Append(e); err != nil {
		return ledgerError(err)
	}
	l.entries[e.Request] = e
	return nil
}

// Entries returns all entries.
func (l *FileLedger) Entries(context.Context) ([]Entry, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.journal == nil {
		return nil, os.ErrClosed
	}
	entries := make([]Entry, 0, len(l.entries))
	for _, e := range l.entries {
		entries = append(entries, e)
	}
	slices.SortFunc(entries, func(a, b Entry) int { return a.At.Compare(b.At) })
	return entries, nil
}

// Close gives the ledger up for others to open.
func (l *FileLedger) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	if l.journal != nil {
		errs = append(errs, l.journal.Close())
	}
	if l.lock != nil {
		errs = append(errs, l.lock.Close())
	}
	if l.root != nil {
		errs = append(errs, l.root.Close())
	}
	l.journal, l.lock, l.root = nil, nil, nil
	return errors.Join(errs...)
}

func ledgerError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, durable.ErrDamaged):
		return fmt.Errorf("bulkcollect: the ledger: %w: %w", api.ErrInvalid, err)
	}
	if errors.Is(err, api.ErrInvalid) || errors.Is(err, api.ErrTooLarge) {
		return fmt.Errorf("bulkcollect: the ledger: %w", err)
	}
	return &StorageError{Op: "write", File: "the ledger", Err: err}
}

// lockFile takes a lock that one process has at a time.
func lockFile(path, what string) (io.Closer, error) {
	lock, err := durable.Lock(path)
	switch {
	case errors.Is(err, durable.ErrLocked):
		return nil, fmt.Errorf("bulkcollect: the %s is open already, in this process or another: %w", what, api.ErrConflict)
	case err != nil:
		return nil, &StorageError{Op: "lock", File: filepath.Base(path), Err: err}
	}
	return lock, nil
}

// readBeginning reads the beginning of a regular file.
func readBeginning(root *os.Root, name string, most int64) ([]byte, error) {
	file, err := openRegular(root, name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	return io.ReadAll(io.LimitReader(file, most))
}

var errNotRegular = wire.Plain("it is not a regular file", api.ErrInvalid)

// openRegular opens a file unless it is a pipe, which would be waited for, a link, or anything else but a file.
func openRegular(root *os.Root, name string) (*os.File, error) {
	info, err := root.Lstat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errNotRegular
	}
	return root.Open(name)
}
