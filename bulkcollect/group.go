package bulkcollect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/wire"
)

const (
	defaultRunning = 4
	maxRunning     = 64
	maxParts       = 1_000_000
	defaultWarning = 5 * 24 * time.Hour
	partsName      = "parts"
)

// GroupOptions says how a group of jobs is run. The zero value is ready to use; a Budget is advised.
type GroupOptions struct {
	// Running is how many jobs may be in progress at a time; 0 means 4.
	Running int
	// Parallel is how many files are downloaded at a time, over all jobs; 0 means 4.
	Parallel int
	// PartSize is how many IDs one job has; 0 means [MaxIDs], which is the most. It is fixed when the group is made.
	PartSize int
	// WebhookURL is notified when a job is ready, see [Options].
	WebhookURL string
	// Budget is what the group may spend: the price of every ID of a job is reserved before the job is requested, and
	// what was reserved for employees that do not exist is not returned. Jobs that were requested before are not
	// reserved again. Nil sets no bound.
	Budget *employee.Budget
	// Ledger remembers what was requested; nil means the file ledger.jsonl in the group's directory. Close one of your
	// own yourself.
	Ledger Ledger
	// Wait says how jobs are waited for.
	Wait WaitOptions
	// Warning is how long before the files of a requested job are gone Run warns through Logger; 0 means 5 days.
	Warning time.Duration
	// Logger logs what is requested and done at INFO, and at WARN what a person must see: files that will be gone soon,
	// what keeps parts from being finished, and a directory with files of others. Nil means slog.Default() for the
	// warnings, and nothing for the rest. To silence it: slog.New(slog.DiscardHandler).
	Logger *slog.Logger
	// OnProgress, if not nil, is called with the progress of a Run, by one goroutine at a time. It must not call the
	// group.
	OnProgress func(GroupProgress)
}

func (o *GroupOptions) check() error {
	switch {
	case o.Running < 0 || o.Running > maxRunning:
		return fmt.Errorf("running %d jobs at a time is not between 0 and %d", o.Running, maxRunning)
	case o.Parallel < 0 || o.Parallel > maxRunning:
		return fmt.Errorf("downloading %d files at a time is not between 0 and %d", o.Parallel, maxRunning)
	case o.PartSize < 0 || o.PartSize > MaxIDs:
		return fmt.Errorf("a part of %d IDs is not between 0 and %d", o.PartSize, MaxIDs)
	case o.Warning < 0 || o.Wait.FirstPoll < 0 || o.Wait.MaxPoll < 0:
		return errors.New("a time is negative")
	case o.Wait.Wake != nil || o.Wait.OnPoll != nil:
		return errors.New("the fields Wake and OnPoll are for one job: leave them nil")
	}
	if o.Running == 0 {
		o.Running = defaultRunning
	}
	if o.Parallel == 0 {
		o.Parallel = defaultRunning
	}
	if o.Warning == 0 {
		o.Warning = defaultWarning
	}
	return nil
}

// Group collects the records of any number of IDs: as many jobs as they need, a ledger so that none is paid twice
// unless you say so, and their files on disk. Everything is in one directory:
//
//	group.json    what the group is
//	ids-….txt     its IDs, each once, in their order
//	ledger.jsonl  what was requested, unless GroupOptions has another ledger
//	parts/        the files, a folder for each job
//
// A group that was left, by a crash or on purpose, is resumed from its directory, in any process, one at a time. Close
// it. Its methods may be called from several goroutines.
//
// The files are records and IDs of people, and only the process's own user can read them. They stay until [Group.Remove].
type Group[R any] struct {
	dataset *core[R]
	dir     string
	options GroupOptions
	spec    groupSpec
	root    *os.Root
	lock    io.Closer
	own     *FileLedger // nil when the caller brought one
	ledger  Ledger
	offsets []int64    // of each part in the file of IDs, and its end
	running sync.Mutex // held by who changes the group
	closed  atomic.Bool

	mu       sync.Mutex // guards what follows, and the calls of OnProgress
	parts    []Entry    // what the ledger says of each part
	progress progressOf
	lastErr  error // of a part, in the last Run
}

func (d *core[R]) openGroup(ctx context.Context, dir string, ids *employee.IDSource, o GroupOptions) (_ *Group[R], err error) {
	op := d.ops.requestIDs
	if err := d.check(ctx, op, Options{WebhookURL: o.WebhookURL}); err != nil {
		return nil, err
	}
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("bulkcollect: the group's options: %w: %w", api.ErrInvalid, err)
	}
	g, made := &Group[R]{dataset: d, dir: dir, options: o, ledger: o.Ledger}, false
	defer func() {
		if err != nil {
			err = errors.Join(err, g.leave(made))
		}
	}()
	if ids != nil {
		_, statErr := os.Lstat(dir)
		made = errors.Is(statErr, os.ErrNotExist)
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, &StorageError{Op: "mkdir", Err: err}
		}
	}
	if g.root, err = os.OpenRoot(dir); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			err = errors.Join(api.ErrNotFound, err)
		}
		return nil, &StorageError{Op: "open", Err: err}
	}
	if info, err := g.root.Lstat(partsName); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("bulkcollect: %q is not a folder: %w", partsName, api.ErrInvalid)
	}
	if g.lock, err = lockFile(filepath.Join(dir, groupLock), "group"); err != nil {
		return nil, err
	}
	if err := g.loadSpec(ctx, ids); err != nil {
		return nil, err
	}
	if err := g.locateParts(ctx); err != nil {
		return nil, err
	}
	return g, g.readLedger(ctx)
}

// leave closes what is no group, and removes the directory that was made for it while there is nothing in it.
func (g *Group[R]) leave(made bool) error {
	if !made || g.lock == nil {
		return g.Close()
	}
	if entries, err := fs.ReadDir(g.root.FS(), "."); err == nil && len(entries) == 1 {
		_ = g.root.Remove(groupLock) // while it is locked
	}
	err := g.Close()
	_ = os.Remove(g.dir)
	return err
}

// Close releases the group for others to open. It waits for a Run; it must not be called in a loop over Records. After
// it every method fails with [ErrGroupClosed], but Status, which says what was known last.
func (g *Group[R]) Close() error {
	if g == nil {
		return nil
	}
	g.running.Lock()
	defer g.running.Unlock()
	return g.release()
}

// release is Close for who holds the group.
func (g *Group[R]) release() error {
	g.closed.Store(true)
	var errs []error
	if g.own != nil {
		errs = append(errs, g.own.Close())
	}
	if g.lock != nil {
		if err := g.lock.Close(); !errors.Is(err, fs.ErrNotExist) { // where closing it removes it, it may be gone
			errs = append(errs, err)
		}
	}
	if g.root != nil {
		errs = append(errs, g.root.Close())
	}
	g.own, g.lock = nil, nil
	return errors.Join(errs...)
}

// ErrGroupClosed is the error of a group after its Close. It is an os.ErrClosed as well.
var ErrGroupClosed = wire.Plain("bulkcollect: the group is closed", os.ErrClosed)

// logger is where warnings go.
func (g *Group[R]) logger() *slog.Logger {
	if g.options.Logger != nil {
		return g.options.Logger
	}
	return slog.Default()
}

var errNoGroup = wire.Plain("bulkcollect: the group is none: OpenGroup and ResumeGroup return one", api.ErrInvalid)

// usable refuses a nil and a zero Group, one that is closed, and no context.
func (g *Group[R]) usable(ctx context.Context) error {
	switch {
	case g == nil || g.root == nil:
		return errNoGroup
	case g.closed.Load():
		return ErrGroupClosed
	case ctx == nil:
		return errNoContext
	}
	return nil
}

// hold keeps others from changing the group.
func (g *Group[R]) hold(ctx context.Context) (release func(), err error) {
	if g == nil {
		return nil, errNoGroup
	}
	if !g.running.TryLock() {
		return nil, errGroupRuns
	}
	if err := g.usable(ctx); err != nil {
		g.running.Unlock()
		return nil, err
	}
	return g.running.Unlock, nil
}

// Resolve says which job a part in doubt has made, by the provider's id. The next Run resumes it.
func (g *Group[R]) Resolve(ctx context.Context, part int, jobID string) error {
	return g.decide(ctx, part, func(request string) error { return Resolve(ctx, g.ledger, request, jobID) })
}

// PayAgain allows the next Run to request a part once more although that may be paid twice: one in doubt, or one whose
// job is [Entry.Useless], such as one whose files are gone. Any other part is api.ErrConflict.
func (g *Group[R]) PayAgain(ctx context.Context, part int) error {
	return g.decide(ctx, part, func(request string) error { return PayAgain(ctx, g.ledger, request) })
}

// AcceptNobody says that a part's job found nobody. Run accepts the provider's 404 by itself only where it cannot mean
// anything else: for a job that it has seen in progress.
func (g *Group[R]) AcceptNobody(ctx context.Context, part int) error {
	return g.decide(ctx, part, func(request string) error {
		return decide(ctx, g.ledger, request, Entry.Useless, func(e *Entry) { e.State, e.Reason = Ended, foundNobodyReason })
	})
}

func (g *Group[R]) decide(ctx context.Context, part int, say func(request string) error) error {
	if err := g.usable(ctx); err != nil {
		return err
	}
	if count := len(g.offsets) - 1; part < 1 || part > count {
		return fmt.Errorf("bulkcollect: the group has %d parts, not one with the number %d: %w", count, part, api.ErrInvalid)
	}
	release, err := g.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := say(g.request(part - 1)); err != nil {
		return err
	}
	return g.readLedger(ctx)
}

var errGroupRuns = fmt.Errorf("bulkcollect: the group runs: %w", api.ErrConflict)

// request is what the ledger calls a part.
func (g *Group[R]) request(i int) string { return fmt.Sprintf("%s/%06d", g.spec.ID, i+1) }

// readLedger reads what the ledger says of each part.
func (g *Group[R]) readLedger(ctx context.Context) error {
	parts := make([]Entry, len(g.offsets)-1)
	for i := range parts {
		e, err := g.ledger.Get(ctx, g.request(i))
		switch {
		case err != nil:
			return ledgerFailed("read", err)
		case e.Request != "" && (e.valid() != nil || e.Request != g.request(i)):
			return errBadEntry
		}
		parts[i] = e
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.parts = parts
	return nil
}

// Records walks the records of all files of the group, part by part in order, from the disk. It sends nothing. When the
// group was not finished when the loop began, the walk ends, after the records that were there, with a *[GroupError]
// that is api.ErrNotReady. It ends so too, with a *[PartError] for each, when the folders of parts are missing or
// damaged: those of the others come. Other errors are those of [BaseDataset.RecordsFrom].
//
// Within a part, records come as the provider has ordered them. Employees that it does not know have none.
func (g *Group[R]) Records(ctx context.Context, o RecordsOptions) iter.Seq2[*R, error] {
	return func(yield func(*R, error) bool) {
		if err := g.usable(ctx); err != nil {
			yield(nil, err)
			return
		}
		status := g.Status()
		files, errs := g.files(&status)
		for record, err := range g.dataset.recordsFrom(ctx, files, o) {
			if !yield(record, err) || err != nil {
				return
			}
		}
		if !status.Finished() {
			errs = append(errs, errRunFirst)
		}
		if len(errs) > 0 {
			yield(nil, &GroupError{Status: status, Errs: errs})
		}
	}
}

var errRunFirst = wire.Plain("Run collects the rest", api.ErrNotReady)

// files lists the files of the parts that are done, and the errors about parts whose files are not known.
func (g *Group[R]) files(status *GroupStatus) (files []RecordFile, errs []error) {
	for _, p := range status.In(PartDone) {
		if p.Entry.Reason == foundNobodyReason {
			continue
		}
		stored, err := g.downloaded(p.Entry)
		if err != nil {
			errs = append(errs, &PartError{Part: p.Part, JobID: p.Entry.JobID, Err: err})
			continue
		}
		files = append(files, stored.recordFiles()...)
	}
	return files, errs
}

func (d *Download) recordFiles() []RecordFile {
	files := make([]RecordFile, len(d.Files))
	for i, file := range d.Files {
		files[i] = DiskFile(file.Path)
	}
	return files
}
