package bulkcollect

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/ordered"
	"github.com/pronet-go/pronet/internal/wire"
)

// Run requests a job for each part that has none, waits for the jobs, and downloads their files, at most Running jobs
// at a time; what was done before is not done again. It returns nil when the group is finished.
//
// It spends credits, and never twice for a part unless you say so: a part in doubt is left alone and reported. After
// any error no further job is requested; jobs already requested are completed, because they are paid for. When the
// context ends, everything does, except requests in progress: they have 10 seconds for a response, since otherwise it
// would be unknown whether they made a job. A file of a part that is done and has disappeared from the disk is fetched
// again, which costs nothing within 30 days.
//
// That the provider knows no files of a job means that it found nobody, that another account requested it, or that 30
// days are over. Run takes it for "found nobody" for a job that this Run requested or saw in progress. Otherwise it is
// an error about the part: decide with [Group.AcceptNobody] or [Group.PayAgain].
//
// The error is a *[GroupError]; before anything was started also api.ErrConflict, when another Run is in progress, or
// the ledger's.
func (g *Group[R]) Run(ctx context.Context, options ...api.CallOption) error {
	release, err := g.hold(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := g.readLedger(ctx); err != nil {
		return err
	}
	g.begin()
	g.warn(ctx)

	r := &groupRun[R]{Group: g, slots: make(chan struct{}, g.options.Parallel), options: options}
	status := g.Status()
	for _, p := range status.Parts { // what is paid comes first
		if p.State == PartRunning || p.State == PartDone && !g.stored(p.Entry) {
			r.queue = append(r.queue, p.Part-1)
		}
	}
	for _, p := range status.In(PartNotStarted) {
		r.queue = append(r.queue, p.Part-1)
	}
	return r.run(ctx)
}

// warn logs which files will be gone soon.
func (g *Group[R]) warn(ctx context.Context) {
	status := g.Status()
	for _, p := range status.Expiring(g.options.Warning) {
		g.logger().WarnContext(ctx, "bulkcollect: the files of a paid job will be gone", "part", p.Part, "job", p.Entry.JobID, "until", p.Entry.ExpiresAt())
	}
}

// groupRun is one Run.
type groupRun[R any] struct {
	*Group[R]

	slots   chan struct{} // of files that are downloaded
	options []api.CallOption

	mu    sync.Mutex
	queue []int // parts to work, in order
	errs  []error
}

// run starts one worker for each job allowed in progress. A panic of a function of the user's, such as OnProgress, ends
// them and continues here.
func (r *groupRun[R]) run(ctx context.Context) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	var workers sync.WaitGroup
	var first atomic.Pointer[ordered.Panic]
	for range min(r.Group.options.Running, len(r.queue)) {
		workers.Go(func() {
			ordered.Guard(func() { r.work(inner) }, func(p *ordered.Panic) {
				if p != nil {
					first.CompareAndSwap(nil, p)
					cancel()
				}
			})
		})
	}
	workers.Wait()
	ordered.Rethrow(first.Load())
	return r.result(ctx)
}

// work takes parts until there are none. After an error only parts that have a job are taken.
func (r *groupRun[R]) work(ctx context.Context) {
	for {
		i, ok := r.next(ctx)
		if !ok {
			return
		}
		if err := r.part(ctx, i); err != nil {
			r.fail(ctx, &PartError{Part: i + 1, JobID: r.entry(i).JobID, Err: err})
		}
	}
}

func (r *groupRun[R]) next(ctx context.Context) (part int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) == 0 || ctx.Err() != nil {
		return 0, false
	}
	part = r.queue[0]
	if len(r.errs) > 0 && partState(r.entry(part)) == PartNotStarted {
		return 0, false
	}
	r.queue = r.queue[1:]
	return part, true
}

// fail notes what keeps a part from being finished, and logs it: a Run may go on for hours before it returns that. The
// end of the context is the caller's own.
func (r *groupRun[R]) fail(ctx context.Context, err *PartError) {
	r.mu.Lock()
	r.errs = append(r.errs, err)
	r.mu.Unlock()
	r.Group.mu.Lock()
	r.lastErr = err
	r.Group.mu.Unlock()
	if ctx.Err() == nil {
		r.logger().WarnContext(ctx, "bulkcollect: a part is not finished", "part", err.Part, "job", err.JobID, "error", err.Error())
	}
}

// part brings one part to its end.
func (r *groupRun[R]) part(ctx context.Context, i int) error {
	requested := partState(r.entry(i)) == PartNotStarted
	if requested {
		if err := r.start(ctx, i); err != nil {
			return err
		}
	}
	return r.finish(ctx, i, requested)
}

// start requests the part's job.
func (r *groupRun[R]) start(ctx context.Context, i int) error {
	op := r.dataset.ops.requestIDs
	list, err := r.idsOf(ctx, i)
	if err != nil {
		return named(op, err)
	}
	o := Options{WebhookURL: r.Group.options.WebhookURL, Budget: r.Group.options.Budget, Ledger: r.ledger}
	body, request, err := r.dataset.encode(list, o)
	if err != nil {
		return named(op, err)
	}
	order := &order{op: op, body: body, fingerprint: request, name: r.request(i), once: true, part: i + 1, listed: len(list), grace: requestGrace, options: r.options}
	job, err := r.dataset.submit(ctx, order, o)
	if err = errors.Join(err, r.update(ctx, i)); err != nil {
		return err
	}
	r.log(ctx, "bulkcollect: job requested", i, "ids", len(list), "attached", job.Attached)
	return nil
}

// finish waits for the part's job and downloads its files. Requested says that this Run requested the job.
func (r *groupRun[R]) finish(ctx context.Context, i int, requested bool) error {
	e, young := r.entry(i), requested
	if e.Reason == foundNobodyReason {
		return nil
	}
	o := DownloadOptions{Parallel: r.Group.options.Parallel, Wait: r.Group.options.Wait}
	o.Wait.OnPoll = func(Progress) { young = true }
	if r.Group.options.OnProgress != nil {
		o.OnProgress = func(p DownloadProgress) { r.downloading(i, p) }
	}
	folder, err := r.folder(e)
	if err != nil {
		return err
	}
	stored, err := r.dataset.download(ctx, e.JobID, folder, o, r.slots, r.options...)
	err = r.damaged(folder, err)
	reason := "downloaded"
	switch {
	case err == nil && e.Resolved:
		err = r.checkResolved(ctx, i, stored)
	case FoundNobody(err):
		if err = nobody(e, young, err); err == nil {
			reason = foundNobodyReason
		}
	}
	if err != nil {
		return errors.Join(err, r.complain(ctx, i, e, err))
	}
	return r.end(ctx, i, e, reason)
}

// nobody returns what it means that the provider knows no files of a job; nil when it found nobody.
func nobody(e Entry, young bool, response error) error {
	switch {
	case !time.Now().Before(e.ExpiresAt()):
		return errExpired
	case e.Resolved:
		return wire.Plain(unknownJob, response)
	case !young:
		return wire.Plain(noFiles, response)
	}
	return nil
}

// end stores that the part is done.
func (r *groupRun[R]) end(ctx context.Context, i int, e Entry, reason string) error {
	storing, cancel := happened(ctx)
	defer cancel()
	err := put(storing, r.ledger, &e, func(e *Entry) { e.State, e.Reason = Ended, reason })
	if err := errors.Join(err, r.update(ctx, i)); err != nil {
		return err
	}
	r.log(ctx, "bulkcollect: part done", i, "found", reason)
	return nil
}

// complain stores what is wrong with a part's job, so that it may be given up. What may pass is not stored.
func (r *groupRun[R]) complain(ctx context.Context, i int, e Entry, err error) error {
	if !e.Open() || !useless(err) {
		return nil
	}
	storing, cancel := happened(ctx)
	defer cancel()
	return errors.Join(put(storing, r.ledger, &e, func(e *Entry) { e.Reason = reasonOf(err) }), r.update(ctx, i))
}

// useless reports an error of a job or its files that would be the same at the next try.
func useless(err error) bool {
	for _, kind := range []error{api.ErrNotFound, api.ErrInvalid, api.ErrUnexpectedResponse, api.ErrTooLarge, api.ErrConflict} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// checkResolved looks whether the job that the caller named is one for the part: all its records are of the part's IDs, or
// of profiles that those are part of by now.
func (r *groupRun[R]) checkResolved(ctx context.Context, i int, stored *Download) error {
	list, err := r.idsOf(ctx, i)
	if err != nil {
		return err
	}
	wanted := make(map[int64]bool, len(list))
	for _, id := range list {
		wanted[id] = true
	}
	for record, err := range r.dataset.recordsFrom(ctx, stored.recordFiles(), RecordsOptions{Workers: 1, DropRaw: true}) {
		if err != nil {
			return err
		}
		known, ok := any(record).(employee.Record)
		isWanted := func(former employee.Number) bool { return wanted[int64(former)] }
		if !ok || !wanted[known.EmployeeID()] && !slices.ContainsFunc(known.FormerIDs(), isWanted) {
			return wire.Plain("the job that Resolve named has records of others than this part's IDs; Resolve names another, PayAgain makes a new one", api.ErrConflict)
		}
	}
	return nil
}

const foundNobodyReason = "found nobody"

// folder is where the files of a part's job are. It must not lead out of the group's directory.
func (g *Group[R]) folder(e Entry) (string, error) {
	hash := sha256.Sum256([]byte(e.Request + "\n" + e.JobID))
	name := fmt.Sprintf("%s/%06d-%x", partsName, e.Part, hash[:6])
	for _, path := range []string{partsName, name} {
		if info, err := g.root.Lstat(path); err == nil && !info.IsDir() {
			return "", &StorageError{Op: "open", File: path, Err: errNotFolder}
		}
	}
	return filepath.Join(g.dir, filepath.FromSlash(name)), nil
}

var errNotFolder = wire.Plain("it is not a folder", api.ErrInvalid)

// stored reports whether the files of a part that is done are on the disk.
func (g *Group[R]) stored(e Entry) bool {
	if e.Reason == foundNobodyReason {
		return true
	}
	download, err := g.downloaded(e)
	if err != nil || !download.Finished() {
		return false
	}
	for _, file := range download.Files {
		if info, err := os.Stat(file.Path); err != nil || info.Size() != file.Size {
			return false
		}
	}
	return true
}

// downloaded returns what is on the disk of a part's job.
func (g *Group[R]) downloaded(e Entry) (*Download, error) {
	folder, err := g.folder(e)
	if err != nil {
		return nil, err
	}
	download, err := OpenDownload(folder)
	if err == nil && download.JobID != e.JobID {
		err = ErrDirOfOtherJob
	}
	if err != nil {
		return nil, g.damaged(folder, err)
	}
	return download, nil
}

// damaged says what is to be done with the folder of a part that cannot be used.
func (g *Group[R]) damaged(folder string, err error) error {
	what := ""
	switch {
	case errors.Is(err, ErrDirDamaged):
		what = "the list of its files is damaged"
	case errors.Is(err, ErrDirOfOtherJob):
		what = "its folder has the files of another job"
	case errors.Is(err, fs.ErrNotExist):
		return wire.Plain(api.Describe(err)+"; Run fetches the files again, which costs nothing for 30 days", err)
	default:
		return err
	}
	place := partsName + "/" + filepath.Base(folder)
	return wire.Plain(fmt.Sprintf("%s: delete %q in the group's directory, and Run fetches the files again, which costs nothing for 30 days", what, place), err)
}

func (g *Group[R]) entry(i int) Entry {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.parts[i]
}

// update reads what the ledger says of a part.
func (g *Group[R]) update(ctx context.Context, i int) error {
	ctx, cancel := happened(ctx)
	defer cancel()
	e, err := g.ledger.Get(ctx, g.request(i))
	switch {
	case err != nil:
		return ledgerFailed("read", err)
	case e.Request != "" && (e.valid() != nil || e.Request != g.request(i)):
		return errBadEntry
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.parts[i] = e
	g.report()
	return nil
}

func (g *Group[R]) log(ctx context.Context, text string, i int, more ...any) {
	if logger := g.options.Logger; logger != nil {
		logger.InfoContext(ctx, text, append([]any{slog.Int("part", i+1), slog.String("job", g.entry(i).JobID)}, more...)...)
	}
}

// result is nil when the group is finished.
func (r *groupRun[R]) result(ctx context.Context) error {
	status := r.Status()
	if len(r.errs) == 0 && status.Finished() && len(r.queue) == 0 {
		return nil
	}
	failure := &GroupError{Status: status, Errs: r.errs}
	if err := ctx.Err(); err != nil && !errors.Is(failure, err) {
		if cause := context.Cause(ctx); !errors.Is(cause, err) {
			err = errors.Join(err, cause)
		}
		failure.Errs = append(failure.Errs, err)
	}
	for _, p := range status.In(PartInDoubt) {
		if !r.reported(p.Part) {
			failure.Errs = append(failure.Errs, &PartError{Part: p.Part, Err: &DoubtError{Entry: p.Entry}})
		}
	}
	return failure
}

// reported reports whether this Run had an error with a part.
func (r *groupRun[R]) reported(part int) bool {
	for _, err := range r.errs {
		if e, ok := errors.AsType[*PartError](err); ok && e.Part == part {
			return true
		}
	}
	return false
}

// requestGrace is how long a request for a job may still take when the context has ended: cut off, it would be unknown
// whether it made a job.
const requestGrace = 10 * time.Second
