package bulkcollect

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/pronet-go/pronet/api"
)

// Run requests a job for each part that has none, waits for the jobs, and downloads their files, at most Running jobs at
// a time; what was done before is not done again. It returns nil when the group is finished.
//
// It spends credits, and never twice for a part without your word: a part in doubt is left alone and reported. After any
// error no further job is requested; jobs that were requested are gone on with, since they are paid. When the context
// ends, everything does, but for requests that are under way: they have 10 seconds to be answered, since otherwise nobody
// would know whether they made a job. The error is a *[GroupError].
func (g *Group[R]) Run(ctx context.Context, options ...api.CallOption) error {
	if !g.running.TryLock() {
		return errGroupRuns
	}
	defer g.running.Unlock()
	if err := g.readLedger(ctx); err != nil {
		return err
	}
	g.mu.Lock()
	g.progress = progressOf{started: time.Now(), downloads: make(map[int]DownloadProgress)}
	g.tell()
	g.mu.Unlock()
	g.warn(ctx)

	r := &groupRun[R]{Group: g, slots: make(chan struct{}, g.options.Parallel), options: options}
	for _, state := range []PartState{PartRunning, PartNotStarted} { // what is paid comes first
		for i, e := range g.parts {
			if partState(e) == state {
				r.queue = append(r.queue, i)
			}
		}
	}
	var workers sync.WaitGroup
	for range min(g.options.Running, len(r.queue)) {
		workers.Go(func() { r.work(ctx) })
	}
	workers.Wait()
	return r.result(ctx)
}

// warn tells of files that will be gone soon.
func (g *Group[R]) warn(ctx context.Context) {
	if g.options.Logger == nil {
		return
	}
	status := g.Status()
	for _, p := range status.Expiring(g.options.Warning) {
		g.options.Logger.WarnContext(ctx, "bulkcollect: the files of a paid job will be gone", "part", p.Part, "job", p.Entry.JobID, "until", p.Entry.ExpiresAt())
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

// work takes parts until there are none. After an error only parts that have a job are taken.
func (r *groupRun[R]) work(ctx context.Context) {
	for {
		i, ok := r.next(ctx)
		if !ok {
			return
		}
		if err := r.part(ctx, i); err != nil {
			r.fail(&PartError{Part: i + 1, JobID: r.entry(i).JobID, Err: err})
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

func (r *groupRun[R]) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.errs = append(r.errs, err)
}

// part brings one part to its end.
func (r *groupRun[R]) part(ctx context.Context, i int) error {
	if !r.entry(i).Open() {
		if err := r.start(ctx, i); err != nil {
			return err
		}
	}
	return r.finish(ctx, i)
}

// start requests the part's job.
func (r *groupRun[R]) start(ctx context.Context, i int) error {
	op := &r.dataset.ops.requestIDs
	list, err := r.idsOf(ctx, i)
	if err != nil {
		return named(op, err)
	}
	o := Options{WebhookURL: r.Group.options.WebhookURL, Budget: r.Group.options.Budget, Ledger: r.ledger}
	body, request, err := r.dataset.encode(list, o)
	if err != nil {
		return named(op, err)
	}
	order := &order{op: op, body: body, fingerprint: request, name: r.request(i), listed: len(list), options: r.options}
	sending, end := withGrace(ctx, requestGrace)
	defer end()
	job, err := r.dataset.submit(sending, order, o)
	if err := r.update(ctx, i); err != nil {
		return err
	}
	if err != nil {
		return err
	}
	r.log(ctx, "bulkcollect: job requested", i, "ids", len(list), "attached", job.Attached)
	return nil
}

// finish waits for the part's job and downloads its files.
func (r *groupRun[R]) finish(ctx context.Context, i int) error {
	e := r.entry(i)
	o := DownloadOptions{Parallel: r.Group.options.Parallel, Wait: r.Group.options.Wait}
	if r.Group.options.OnProgress != nil {
		o.OnProgress = func(p DownloadProgress) { r.downloading(i, p) }
	}
	stored, err := r.dataset.download(ctx, e.JobID, r.folder(e), o, r.slots, r.options...)
	reason := "downloaded"
	if r.dataset.foundNobody(err) {
		switch {
		case !time.Now().Before(e.ExpiresAt()):
			return errExpired
		case e.Resolved:
			return api.Plain(unknownJob, err)
		}
		err, reason = nil, foundNobodyReason
	}
	if err == nil && e.Resolved {
		err = r.checkResolved(ctx, i, stored)
	}
	if err != nil {
		return err
	}
	err = put(ctx, r.ledger, &e, func(e *Entry) { e.State, e.Reason = Ended, reason })
	if err := errors.Join(err, r.update(ctx, i)); err != nil {
		return err
	}
	r.log(ctx, "bulkcollect: part done", i, "found", reason)
	return nil
}

// checkResolved looks whether the job that the caller named is one for the part: it has a record of one of its IDs.
func (r *groupRun[R]) checkResolved(ctx context.Context, i int, stored *Download) error {
	if stored == nil {
		return nil
	}
	list, err := r.idsOf(ctx, i)
	if err != nil {
		return err
	}
	wanted := make(map[int64]bool, len(list))
	for _, id := range list {
		wanted[id] = true
	}
	for record, err := range r.dataset.RecordsFrom(ctx, stored.recordFiles(), RecordsOptions{Workers: 1}) {
		if err != nil {
			return err
		}
		if known, ok := any(record).(identified); !ok || wanted[known.EmployeeID()] {
			return nil
		}
	}
	return api.Plain("the job that Resolve named has no record of this part's IDs; PayAgain makes a new one", api.ErrConflict)
}

// identified is a record that knows its employee.
type identified interface{ EmployeeID() int64 }

const foundNobodyReason = "found nobody"

// foundNobody reports that the provider answers the question for a job's files as it does for a job of which nothing
// matched: 404 as documented, or 422 as seen.
func (d *Dataset[R]) foundNobody(err error) bool {
	answer, ok := errors.AsType[*api.Error](err)
	return ok && answer.Op == d.ops.files.Name && !errors.Is(err, api.ErrUnexpectedAnswer) && (answer.Status == 404 || answer.Status == 422)
}

// folder is where the files of a part's job are.
func (g *Group[R]) folder(e Entry) string {
	hash := sha256.Sum256([]byte(e.Request + "\n" + e.JobID))
	return fmt.Sprintf("%s/parts/%s-%x", g.dir, e.Request[len(e.Request)-6:], hash[:6])
}

func (g *Group[R]) entry(i int) Entry {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.parts[i]
}

// update takes in what the ledger says of a part.
func (g *Group[R]) update(ctx context.Context, i int) error {
	e, err := g.ledger.Get(context.WithoutCancel(ctx), g.request(i))
	if err != nil {
		return fmt.Errorf("bulkcollect: reading the ledger: %w", err)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.parts[i] = e
	g.tell()
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
	if len(r.errs) == 0 && ctx.Err() == nil && status.Finished() {
		return nil
	}
	failure := &GroupError{Status: status, Errs: r.errs}
	if err := ctx.Err(); err != nil && !errors.Is(failure, err) {
		failure.Errs = append(failure.Errs, context.Cause(ctx))
	}
	for _, p := range status.In(PartInDoubt) {
		if !r.told(p.Part) {
			failure.Errs = append(failure.Errs, &PartError{Part: p.Part, Err: &DoubtError{Entry: p.Entry}})
		}
	}
	return failure
}

// told reports whether this Run had an error with a part.
func (r *groupRun[R]) told(part int) bool {
	for _, err := range r.errs {
		if e, ok := errors.AsType[*PartError](err); ok && e.Part == part {
			return true
		}
	}
	return false
}
