package refresh

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/webhook"
)

const (
	// maxFailures bounds how many errors of single employees one error of Handle joins.
	maxFailures = 10
	// jobPatience is how long one try of a delivery waits for a job that is not ready. Then other deliveries have their
	// turn.
	jobPatience = 2 * time.Second
	// slowPatience is how long it waits to learn whether the job is ready, of a slow provider or behind other calls.
	slowPatience = time.Minute
	// defaultJobTimeout is how long a job may be not ready.
	defaultJobTimeout = 24 * time.Hour
	// defaultGrace is that of groups of jobs.
	defaultGrace = 10 * time.Second
	// defaultConcurrency is that of employee.CollectManyOptions.
	defaultConcurrency = 8
)

// work is one delivery being worked on.
type work[R any] struct {
	*Refresher[R]

	state    *state
	ids      []int64 // open, in the order of their first notice
	changes  map[int64][]webhook.EmployeeChanged
	doubtful map[int64]bool // by the ledger, in this try
	free     []string       // names in the ledger that may be requested again
	next     int            // number of the first name that the ledger does not have
	done     int
	failed   int
	failures []error
	doubts   odd
	refusals odd
	spent    int64 // credits, as Returned
	returned int64
}

// slogWarn is the level of what a person must see.
const slogWarn = slog.LevelWarn

// oneByOne collects each employee by a call. That calls are about to be made is noted before them: what is not known of
// them after a crash is in doubt, and not bought again.
func (w *work[R]) oneByOne(ctx context.Context, open []int64) {
	o := employee.CollectManyOptions{Concurrency: w.options.Concurrency, Budget: w.options.Budget}
	for ids := range slices.Chunk(open, cmp.Or(w.options.Concurrency, defaultConcurrency)) {
		var asked time.Time
		err := ctx.Err()
		if err == nil {
			err = w.room(ctx)
		}
		if err == nil {
			err = w.options.Budget.Check(w.collector.Cost())
		}
		if err == nil {
			asked, err = w.askedNow(ctx, ids)
		}
		if err == nil {
			err = w.state.note(ctx, keptEntry{Begin: ids, Asked: asked})
		}
		if err != nil {
			w.later(fmt.Errorf("refresh: %w", err))
			return
		}
		w.collect(ctx, ids, asked, o)
	}
}

// collect makes the paid calls, keeps all that they bought, and then hands it over: a store that panics loses none of it.
func (w *work[R]) collect(ctx context.Context, ids []int64, asked time.Time, o employee.CollectManyOptions) {
	refs := make([]employee.Ref, len(ids))
	for i, id := range ids {
		refs[i] = employee.ID(id)
	}
	var unpaid []int64
	for result := range w.collector.CollectMany(ctx, refs, o, api.WithGrace(w.options.Grace)) {
		id, _ := result.Ref.ID()
		if result.Err != nil && !final(result.Err) {
			unpaid = append(unpaid, id)
			w.later(fmt.Errorf("refresh: %w", result.Err))
			continue
		}
		if result.Err == nil || errors.Is(result.Err, api.ErrMaybeApplied) {
			w.charge(w.collector.Cost())
		}
		w.hold(ctx, id, result.Record, result.Err, asked)
	}
	if len(unpaid) > 0 {
		if err := w.state.note(ctx, keptEntry{Unpaid: unpaid}); err != nil {
			w.later(err)
		}
	}
	w.handOver(ctx, ids)
}

// handOver hands over what was bought of the employees and not yet taken.
func (w *work[R]) handOver(ctx context.Context, ids []int64) {
	for _, id := range ids {
		if h, ok := w.state.held[id]; ok {
			record, _ := h.record.(*R)
			w.deliver(ctx, id, record, h.err, h.asked)
		}
	}
}

// resume goes on with what earlier tries have requested, whatever the options say now: it waits for the jobs and reports
// the doubts of the ledger. It is false when the ledger could not be asked, so that nothing may be requested.
func (w *work[R]) resume(ctx context.Context) bool {
	w.free, w.next = nil, 0
	for w.booked() {
		name := fmt.Sprintf("%s/%d", w.state.name, w.next)
		e, err := w.options.Ledger.Get(ctx, name)
		if err != nil {
			w.later(fmt.Errorf("refresh: %w", err))
			return false
		}
		if e.Request == "" {
			break
		}
		w.next++
		ids, exact := w.state.requested[name]
		if !exact {
			ids = slices.DeleteFunc(slices.Clone(w.ids), func(id int64) bool { return !w.open(id) })
		}
		switch {
		case w.state.finished[name] || slices.ContainsFunc(w.state.jobs, func(j *job) bool { return j.request == name }):
		case e.Doubtful():
			w.doubt(ctx, ids, &bulkcollect.DoubtError{Entry: e}, cmp.Or(e.Asked, e.At))
		case e.JobID == "":
			w.free = append(w.free, name)
		case w.bulk == nil:
			w.fail(fmt.Errorf("refresh: the ledger has job %s for the delivery, and there is no Bulk: %w", e.JobID, api.ErrInvalid))
			return false
		default:
			w.state.jobs = append(w.state.jobs, &job{id: e.JobID, ids: ids, request: name, vague: !exact, at: cmp.Or(e.Asked, e.RequestedAt)})
		}
	}
	for _, j := range w.state.jobs {
		w.finish(ctx, j)
	}
	return true
}

// doubt reports a request in doubt for each of its employees. None of them is requested in this try.
func (w *work[R]) doubt(ctx context.Context, ids []int64, err error, asked time.Time) {
	var refusals []error
	undecided := false
	for _, id := range ids {
		if !w.open(id) {
			continue
		}
		w.doubtful[id] = true
		if refused := w.handOverOne(ctx, id, nil, err, asked); refused != nil {
			refusals = append(refusals, refused)
			undecided = undecided || !errors.Is(refused, ErrBuyAgain)
		}
	}
	fail := w.fail
	if doubt, ok := errors.AsType[*bulkcollect.DoubtError](err); ok && len(refusals) > 0 && !undecided {
		if failed := bulkcollect.PayAgain(ctx, w.options.Ledger, doubt.Entry.Request); failed != nil {
			w.later(fmt.Errorf("refresh: %w", failed))
		}
		fail = w.later
	}
	for _, refused := range refusals {
		fail(refused)
	}
}

// byJobs collects employees with bulk jobs of at most bulkcollect.MaxIDs.
func (w *work[R]) byJobs(ctx context.Context, ids []int64) {
	for part := range slices.Chunk(ids, w.jobSize()) {
		o := bulkcollect.Options{Budget: w.options.Budget}
		if w.booked() {
			o.Ledger, o.Request = w.options.Ledger, w.name()
			w.state.requested[o.Request] = part
		}
		at, err := w.begin(ctx, part)
		if err != nil {
			w.later(err)
			return
		}
		o.Asked = at
		made, err := w.bulk.RequestIDs(ctx, employee.IDs(part...), o, api.WithGrace(w.options.Grace))
		if err == nil && !made.Attached || errors.Is(err, api.ErrMaybeApplied) && !errors.Is(err, api.ErrConflict) {
			w.charge(int64(len(part)) * w.bulk.Cost())
		}
		switch {
		case err == nil:
			if err := w.state.note(ctx, keptEntry{Job: &keptJob{ID: made.ID, IDs: part, Request: made.Request, At: at}}); err != nil {
				w.log(ctx, slogWarn, "refresh: a job is known in memory only", "job", made.ID, "error", err.Error())
			}
			j := &job{id: made.ID, ids: part, paid: !made.Attached, request: made.Request, at: at}
			w.state.jobs = append(w.state.jobs, j)
			w.finish(ctx, j)
		case w.booked() && errors.Is(err, api.ErrMaybeApplied):
			w.doubt(ctx, part, err, at)
		case errors.Is(err, api.ErrMaybeApplied) && !errors.Is(err, api.ErrConflict):
			for _, id := range part {
				w.hold(ctx, id, nil, err, at)
			}
			w.handOver(ctx, part)
		case w.booked() && errors.Is(err, api.ErrConflict):
			w.fail(fmt.Errorf("refresh: %w", err)) // the ledger contradicts what this process does: waiting does not help
		default:
			// A refusal is about the request, not about one of the employees. A conflict means that the same request is
			// in progress, made before a crash of this process: when it has ended, the next try makes it again.
			w.later(fmt.Errorf("refresh: %w", err))
			if !w.booked() {
				if failed := w.state.note(ctx, keptEntry{Unpaid: part}); failed != nil {
					w.later(failed)
				}
			}
		}
	}
}

// name returns what the ledger is to call the next request.
func (w *work[R]) name() string {
	if len(w.free) > 0 {
		name := w.free[0]
		w.free = w.free[1:]
		return name
	}
	w.next++
	return fmt.Sprintf("%s/%d", w.state.name, w.next-1)
}

// begin notes that a job is about to be requested, and when. A ledger does that itself.
func (w *work[R]) begin(ctx context.Context, ids []int64) (asked time.Time, err error) {
	err = ctx.Err()
	if err == nil {
		err = w.seat()
	}
	if err == nil {
		err = w.options.Budget.Check(int64(len(ids)) * w.bulk.Cost())
	}
	if err == nil {
		asked, err = w.askedNow(ctx, ids)
	}
	if err != nil {
		return asked, fmt.Errorf("refresh: %w", err)
	}
	if w.booked() {
		return asked, nil
	}
	return asked, w.state.note(ctx, keptEntry{Begin: ids, Asked: asked})
}

// open reports whether an employee is neither done nor held nor in doubt nor in a job.
func (w *work[R]) open(id int64) bool {
	_, kept := w.state.held[id]
	return !kept && !w.doubtful[id] && !w.state.done[id] && !w.state.underway(id)
}

// booked reports whether the ledger remembers the delivery's jobs.
func (w *work[R]) booked() bool { return w.options.Ledger != nil && w.state.name != "" }

// wait waits for a job as long as other deliveries can wait, or as long as it may take if nobody tries again.
func (w *work[R]) wait(ctx context.Context, j *job) (files []string, err error) {
	patience := jobPatience
	if w.state.name == "" {
		patience = w.options.JobTimeout
	}
	waiting, stop := context.WithTimeout(ctx, patience)
	defer stop()
	files, err = w.bulk.Wait(waiting, j.id, w.options.Wait)
	if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, api.ErrNotReady) || ctx.Err() != nil {
		return files, err
	}
	// The provider was not asked, or did not respond in time.
	asking, stop := context.WithTimeout(ctx, slowPatience)
	defer stop()
	once := bulkcollect.WaitOptions{FirstPoll: 2 * slowPatience, MaxPoll: 2 * slowPatience, OnPoll: w.options.Wait.OnPoll}
	return w.bulk.Wait(asking, j.id, once)
}

// finish waits for a job and hands its records over. When that cannot be done now, the job is kept for the next try.
func (w *work[R]) finish(ctx context.Context, j *job) {
	files, err := w.wait(ctx, j)
	switch {
	case err != nil && ctx.Err() == nil && errors.Is(err, api.ErrNotReady) && time.Since(j.at) >= w.options.JobTimeout:
		// Counted from when the job was requested, however often its wait began anew.
		w.fail(fmt.Errorf("refresh: job %s is not ready %s after it was requested: %w: %w", j.id, w.options.JobTimeout, webhook.ErrNotUnderstood, err))
		return
	case err == nil && len(files) == 0:
		w.later(fmt.Errorf("refresh: job %s has no files: %w", j.id, api.ErrUnexpectedResponse))
		return
	case err != nil && (!bulkcollect.FoundNobody(err) || w.dubious(ctx, j)):
		w.later(fmt.Errorf("refresh: job %s: %w", j.id, err))
		return
	}
	wanted, failedBefore, strangers, nameless := make(map[int64]bool, len(j.ids)), w.failed, 0, 0
	for _, id := range j.ids {
		wanted[id] = true
	}
	asked, merged := maps.Clone(wanted), make(map[int64]*R) // by the ID that was asked for
	for _, name := range files {
		for record, err := range w.bulk.FileRecords(ctx, j.id, name) {
			if err != nil {
				w.later(fmt.Errorf("refresh: job %s: %w", j.id, err))
				return
			}
			profile, known := any(record).(employee.Record), false
			id := profile.EmployeeID()
			for _, number := range profile.FormerIDs() {
				if former := int64(number); former != id && asked[former] {
					merged[former], known = record, true
				}
			}
			switch {
			case wanted[id]:
				delete(wanted, id)
				w.deliver(ctx, id, record, nil, j.at)
			case !asked[id] && !known:
				if strangers++; id == 0 {
					nameless++
				}
			}
		}
	}
	for _, id := range j.ids {
		if record := merged[id]; record != nil && wanted[id] { // there is none of its own
			delete(wanted, id)
			w.deliver(ctx, id, record, nil, j.at)
		}
	}
	if len(wanted) == len(j.ids) && len(files) > 0 && w.dubious(ctx, j) {
		w.later(fmt.Errorf("refresh: job %s has none of the delivery's employees: %w", j.id, api.ErrConflict))
		return
	}
	if len(wanted) > 0 && (nameless > 0 || strangers > 0 && !j.vague) {
		// One of them may be somebody who was requested, under an id that is not understood or that is another by now. In a
		// vague job, one with an id may be somebody who is not known any more.
		w.fail(fmt.Errorf("refresh: job %s has %d records that are of none of its employees, and lacks %d: %w", j.id, strangers, len(wanted), api.ErrUnexpectedResponse))
		return
	}
	missing := fmt.Errorf("refresh: not among the records of the job: %w", api.ErrNotFound)
	for _, id := range j.ids {
		if wanted[id] && !j.vague { // or perhaps it was never requested: the next try does so, at no cost if it is gone
			w.deliver(ctx, id, nil, missing, j.at)
		}
	}
	if w.failed > failedBefore {
		return // the files can be read again without paying
	}
	if j.request != "" {
		if err := bulkcollect.EndRequest(ctx, w.options.Ledger, j.request); err != nil {
			w.later(fmt.Errorf("refresh: job %s: %w", j.id, err))
			return
		}
	}
	w.state.drop(j)
	if j.request != "" {
		w.state.finished[j.request] = true
	}
	if j.paid {
		w.giveBack(int64(len(wanted)) * w.bulk.Cost()) // not found, so not charged (assumed)
	}
}

// dubious reports whether the caller has named the job, perhaps wrongly, or the job is so old that its files are gone:
// what is not found says nothing about the employees then.
func (w *work[R]) dubious(ctx context.Context, j *job) bool {
	if j.request == "" {
		return false
	}
	e, err := w.options.Ledger.Get(ctx, j.request)
	return err != nil || e.Resolved || !time.Now().Before(e.ExpiresAt())
}

// deliver hands an outcome to the store.
func (w *work[R]) deliver(ctx context.Context, id int64, record *R, err error, asked time.Time) {
	_, kept := w.state.held[id]
	refused := w.handOverOne(ctx, id, record, err, asked)
	switch {
	case refused == nil:
	case kept && errors.Is(refused, ErrBuyAgain) && errors.Is(err, api.ErrMaybeApplied):
		if failed := w.state.note(ctx, keptEntry{Unpaid: []int64{id}}); failed != nil {
			w.later(failed)
			return
		}
		delete(w.state.held, id)
		w.later(refused)
	default:
		w.fail(refused)
	}
}

// handOverOne returns why the store has not taken an outcome, nil if it has.
func (w *work[R]) handOverOne(ctx context.Context, id int64, record *R, err error, asked time.Time) error {
	if w.state.done[id] {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w: refresh: handing over: %w", webhook.ErrRetryLater, ctx.Err())
	}
	if w.state.lost {
		return fmt.Errorf("%w: refresh: handing over: %w", webhook.ErrRetryLater, webhook.ErrLeaseLost)
	}
	if refused := w.tell(ctx, w.outcome(id, record, err, asked)); refused != nil {
		return fmt.Errorf("refresh: storing an employee: %w", refused)
	}
	w.state.done[id] = true
	w.done++
	delete(w.state.held, id)
	if failed := w.state.note(ctx, keptEntry{Done: []int64{id}}); failed != nil {
		w.log(ctx, slogWarn, "refresh: what was handed over may be handed over again", "error", failed.Error())
	}
	return nil
}

// later records a failure that is not the delivery's: the spool retries without counting it.
func (w *work[R]) later(err error) { w.fail(fmt.Errorf("%w: %w", webhook.ErrRetryLater, err)) }

func (w *work[R]) fail(err error) {
	w.failed++
	if len(w.failures) < maxFailures {
		w.failures = append(w.failures, err)
	}
}

// result is what kept employees from being done, nil if all are.
func (w *work[R]) result() error {
	if len(w.failures) == 0 {
		return nil
	}
	undone := &undoneError{error: errors.Join(w.failures...)}
	for _, id := range w.ids {
		if !w.state.done[id] {
			undone.subjects = append(undone.subjects, webhook.EmployeeChanged{ID: id}.Subject())
		}
	}
	return undone
}

// undoneError is a webhook.Undone: who comes later waits for nobody who is done.
type undoneError struct {
	error

	subjects []string
}

func (e *undoneError) Undone() []string { return e.subjects }
func (e *undoneError) Unwrap() error    { return e.error }

// final reports whether an error is the provider's word about this one employee and would be the same at the next try,
// or means that the record may have been paid. Whatever else keeps a record away, such as a wrong key, a wrong address
// or a provider that is down, may pass.
func final(err error) bool {
	if errors.Is(err, api.ErrMaybeApplied) {
		return true
	}
	failure, ok := errors.AsType[*api.Error](err)
	return ok && !errors.Is(err, api.ErrUnexpectedResponse) && (failure.Status == 400 || failure.Status == 404 || failure.Status == 422) && isProviders(failure.Body)
}

// isProviders reports whether an error's body has the provider's own form, which its gateway and other people's proxies
// do not write.
func isProviders(body []byte) bool {
	var own struct {
		Detail json.RawMessage `json:"detail"`
	}
	return json.Unmarshal(body, &own) == nil && len(own.Detail) > 0 && string(own.Detail) != "null"
}
