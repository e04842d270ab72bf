package refresh

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"iter"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/webhook"
)

// Collector collects records one by one. client.Employees.Base is one.
type Collector[R any] interface {
	CollectMany(ctx context.Context, refs []employee.Ref, o employee.CollectManyOptions, options ...api.CallOption) iter.Seq[employee.Result[R]]
	// Cost returns the price of a record in credits.
	Cost() int64
}

// Bulk collects records with a job. client.BulkCollect.Base is one.
type Bulk[R any] interface {
	RequestIDs(ctx context.Context, ids employee.IDSource, o bulkcollect.Options, options ...api.CallOption) (*bulkcollect.Job, error)
	Wait(ctx context.Context, jobID string, o bulkcollect.WaitOptions, options ...api.CallOption) ([]string, error)
	FileRecords(ctx context.Context, jobID, name string, options ...api.CallOption) iter.Seq2[*R, error]
	// Cost returns the price of a record in credits.
	Cost() int64
}

// Options says how records are collected. The zero value is ready to use; a Budget is advised.
type Options struct {
	// OneByOne is the most employees of one delivery that are collected one by one; more are collected by a bulk job,
	// which takes minutes at the same price. 0 means 1, as the provider advises; negative means never by a job.
	OneByOne int
	// Budget bounds what is spent. A delivery that it does not cover stays undone, with api.ErrBudget and
	// webhook.ErrRetryLater: with employee.OpenDailyBudget until the next day at the latest, with employee.NewBudget until
	// a new process has another one. Of a large delivery, a daily budget pays a part each day.
	Budget *employee.Budget
	// Known reports whether an employee is one of yours; others are passed over. Nil takes all.
	Known func(id int64) bool
	// Concurrency is how many calls are in progress at a time, see employee.CollectManyOptions.
	Concurrency int
	// Ledger, if not nil, remembers the jobs that Handle requests, so that a delivery that is handled again after a
	// crash resumes the jobs that it has paid, whatever Known, OneByOne or the decoder say by then; Known decides about
	// what is handed over. A request in doubt, which may have made a job that is not known, is an
	// outcome with api.ErrMaybeApplied (a *bulkcollect.DoubtError) for each of its employees. If store returns an error
	// for one of them, the delivery stays, and nothing is bought again before bulkcollect.Resolve or bulkcollect.PayAgain
	// has decided; see [ErrBuyAgain], by which the store decides.
	Ledger bulkcollect.Ledger
	// Wait says how a bulk job is waited for. A try of a delivery waits for two seconds at most while the job is not ready;
	// then the delivery is retried later (webhook.ErrRetryLater), so that others have their turn.
	Wait bulkcollect.WaitOptions
	// JobTimeout is how long after its request a job may be not ready; 0 means 24 hours. Then the delivery is one for the
	// dead ones (webhook.ErrNotUnderstood).
	JobTimeout time.Duration
	// Grace is how long a paid call that is on its way when Handle's context ends may still take, so that a shutdown
	// leaves nothing in doubt: Handle returns so much later at most. 0 means 10 seconds, negative cuts such calls off.
	Grace time.Duration
	// Clock, if not nil, is what stamps Outcome.Asked instead of this machine's clock: one that is the same for all
	// processes that hand over to one store, such as the time of their database, and never goes back. It is asked once
	// for the calls that are made together, before they are sent. While it returns an error, or a time that is not between
	// 1970 and 2261, nothing is bought, and the delivery is retried later (webhook.ErrRetryLater).
	Clock func(context.Context) (time.Time, error)
	// Observer watches the work.
	Observer Observer
	// Logger logs what was done at INFO, and at WARN what a person must see, without values; nil means slog.Default() at
	// WARN and above. slog.New(slog.DiscardHandler) silences it.
	Logger *slog.Logger
}

// Refresher collects what changed. It is safe for concurrent use.
type Refresher[R any] struct {
	collector Collector[R]
	bulk      Bulk[R]
	store     func(context.Context, Outcome[R]) error
	options   Options
	progress  progress
	meter     meter

	forgetting forgetting
	lastAsked  atomic.Int64
	// asking, if not nil, is told before employees are asked for, and may let it count as later.
	asking func(ctx context.Context, ids []int64, at time.Time) (time.Time, error)
}

// New returns a Refresher that hands each outcome to store. An error of store makes Handle fail; the outcome is kept and
// handed to store at the next try, and not bought again. That holds for an outcome with api.ErrMaybeApplied too: nil
// takes note of it, and an error that wraps [ErrBuyAgain] buys it once more.
//
// What is kept is in [webhook.Delivery.Kept], and so survives the process, if the delivery comes from a spool; otherwise
// in memory.
func New[R any](collector Collector[R], bulk Bulk[R], store func(context.Context, Outcome[R]) error, o Options) (*Refresher[R], error) {
	switch {
	case collector == nil || store == nil:
		return nil, fmt.Errorf("refresh: the collector or the store is nil: %w", api.ErrInvalid)
	case bulk == nil && o.OneByOne >= 0:
		return nil, fmt.Errorf("refresh: without a Bulk, OneByOne must be negative: %w", api.ErrInvalid)
	}
	switch {
	case o.Concurrency < 0 || o.Concurrency > employee.MaxConcurrency:
		return nil, fmt.Errorf("refresh: a Concurrency of %d is not between 0 and %d: %w", o.Concurrency, employee.MaxConcurrency, api.ErrInvalid)
	case o.Wait.FirstPoll < 0 || o.Wait.MaxPoll < 0:
		return nil, fmt.Errorf("refresh: a wait between two polls is negative: %w", api.ErrInvalid)
	case o.JobTimeout < 0:
		return nil, fmt.Errorf("refresh: the JobTimeout is negative: %w", api.ErrInvalid)
	}
	if _, ok := any(new(R)).(employee.Record); !ok {
		return nil, fmt.Errorf("refresh: %T is not a record of package employee: %w", new(R), api.ErrInvalid)
	}
	o.JobTimeout = cmp.Or(o.JobTimeout, defaultJobTimeout)
	o.Grace = max(0, cmp.Or(o.Grace, defaultGrace))
	if o.OneByOne == 0 {
		o.OneByOne = 1
	}
	return &Refresher[R]{collector: collector, bulk: bulk, store: store, options: o, progress: progress{most: maxRemembered}}, nil
}

// Handle collects the employees that a delivery of Coresignal is about. A delivery that comes from a queue without its
// events (Events is nil) is decoded first; if that fails, as with an empty body, the error is webhook.ErrMalformed, or
// api.ErrInvalid for a delivery of another source, and never nil. Its error wraps what kept some of them from being
// done; those are not lost if the caller calls again with the same delivery, as a spool (package webhook/spool) does.
//
// An event that is no [webhook.EmployeeChanged] is never passed over: what the delivery holds besides is done, and then
// the error is [webhook.ErrNotUnderstood], so that the delivery ends among the dead ones.
func (r *Refresher[R]) Handle(ctx context.Context, d *webhook.Delivery) error {
	return r.meter.returns(r.handle(ctx, d))
}

func (r *Refresher[R]) handle(ctx context.Context, d *webhook.Delivery) error {
	events, err := eventsOf(d)
	if err != nil {
		return err
	}
	changes := make([]webhook.EmployeeChanged, 0, len(events))
	for _, event := range events {
		if changed, ok := event.(webhook.EmployeeChanged); ok && changed.ID > 0 {
			changes = append(changes, changed)
		}
	}
	strange := len(events) - len(changes)
	// Two senders may have the same key. In the ledger the name stays as it was, or what was bought is bought again.
	key := deliveryKey{d.Source + "\x00" + d.Key, d.ReceivedAt.UnixNano(), d.Requeues}
	state, finished := r.progress.take(key), false
	defer func() {
		if !finished && r.progress.keep(key, state) { // after a panic of the store too
			r.log(ctx, slog.LevelWarn, "refresh: a delivery that nobody has retried for a day is forgotten; if it is retried, what it bought is bought again")
		}
	}()
	state.kept, state.requeues = d.Kept, d.Requeues
	if state.kept != nil && !state.unwritten {
		if err := r.replay(ctx, state); err != nil {
			return err
		}
	}
	state.name = fmt.Sprintf("delivery/%x", sha256.Sum256(fmt.Appendf(nil, "%d %s", d.ReceivedAt.UnixNano(), d.Key)))
	if d.Requeues > 0 { // what was requested before is not this delivery's any more
		state.name = fmt.Sprintf("%s/requeue %d", state.name, d.Requeues)
	}
	err = r.refresh(ctx, changes, state)
	if err == nil && strange > 0 {
		err = fmt.Errorf("refresh: %d of the delivery's %d events are no changed employee: %w", strange, len(events), webhook.ErrNotUnderstood)
		r.log(ctx, slog.LevelWarn, "refresh: delivery not understood", "events", len(events), "strange", strange)
	}
	if finished = err == nil; finished {
		return nil
	}
	if state.lost {
		return err
	}
	if failed := state.tidy(ctx); failed != nil {
		r.log(ctx, slog.LevelWarn, "refresh: the delivery's journal could not be made smaller", "error", failed.Error())
	}
	return err
}

// log logs to Options.Logger or, from WARN on, to slog's default. A panic of theirs must not cost what is being collected.
func (r *Refresher[R]) log(ctx context.Context, level slog.Level, message string, pairs ...any) {
	logTo(ctx, r.options.Logger, level, message, pairs...)
}

func logTo(ctx context.Context, logger *slog.Logger, level slog.Level, message string, pairs ...any) {
	defer func() { _ = recover() }()
	switch {
	case logger != nil:
		logger.Log(ctx, level, message, pairs...)
	case level >= slog.LevelWarn:
		slog.Default().Log(ctx, level, message, pairs...)
	}
}

// eventsOf returns the events of a delivery, decoded from its body if nobody has done it. The delivery stays as it is.
func eventsOf(d *webhook.Delivery) ([]webhook.Event, error) {
	switch {
	case d == nil:
		return nil, fmt.Errorf("refresh: the delivery is nil: %w", api.ErrInvalid)
	case d.Events != nil:
		return d.Events, nil
	case d.Source != "" && d.Source != webhook.SourceCoresignal:
		return nil, fmt.Errorf("refresh: the delivery has no events and its source is %q, not %q: %w", d.Source, webhook.SourceCoresignal, api.ErrInvalid)
	}
	decoded := *d
	if err := webhook.DecodeCoresignal(&decoded); err != nil {
		return nil, fmt.Errorf("refresh: %w", err)
	}
	return decoded.Events, nil
}

// Refresh collects the employees that the changes are about, without the memory that Handle has of earlier tries and
// without the Ledger.
func (r *Refresher[R]) Refresh(ctx context.Context, changes []webhook.EmployeeChanged) error {
	return r.meter.returns(r.refresh(ctx, changes, newState()))
}

func (r *Refresher[R]) refresh(ctx context.Context, changes []webhook.EmployeeChanged, s *state) error {
	w := &work[R]{Refresher: r, state: s, changes: make(map[int64][]webhook.EmployeeChanged), doubtful: make(map[int64]bool)}
	passed := 0
	for _, change := range changes {
		if r.options.Known != nil && !r.options.Known(change.ID) {
			passed++
			continue
		}
		if w.changes[change.ID] == nil && !s.done[change.ID] {
			w.ids = append(w.ids, change.ID)
		}
		w.changes[change.ID] = append(w.changes[change.ID], change)
	}
	total := len(w.ids)
	ctx, end := w.begins(ctx, total)
	result := errPanicked
	defer func() { end(result) }()
	w.handOver(ctx, w.ids)
	if total > 0 && w.resume(ctx) {
		open := slices.DeleteFunc(slices.Clone(w.ids), func(id int64) bool { return !w.open(id) })
		if r.options.OneByOne < 0 || len(open) <= r.options.OneByOne {
			w.oneByOne(ctx, open)
		} else {
			w.byJobs(ctx, open)
		}
	}
	w.warn(ctx, "refresh: in doubt: no record came, and it may have been charged", &w.doubts)
	w.warn(ctx, "refresh: the provider refuses to give a record", &w.refusals)
	level, message := slog.LevelInfo, "refresh: delivery worked"
	if len(w.failures) > 0 && ctx.Err() == nil {
		level, message = slog.LevelWarn, "refresh: delivery not finished"
	}
	pairs := []any{"employees", total, "done", w.done, "unknown", passed, "open", total - w.done}
	if len(w.failures) > 0 {
		pairs = append(pairs, "error", w.failures[0].Error())
	}
	r.log(ctx, level, message, pairs...)
	result = w.result()
	return result
}
