package refresh

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/bulkcollect"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/snapshot"
	"github.com/pronet-go/pronet/subscriptions"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/spool"
)

const (
	// DefaultWindow is PipelineOptions.Window unless it says otherwise.
	DefaultWindow = 5 * time.Second
	// Unbounded is a PipelineOptions.CreditsPerDay without a bound.
	Unbounded = -1

	sweepEvery = 24 * time.Hour
)

// PipelineOptions says how a [Pipeline] works. CreditsPerDay must be said, or Collect.Budget; all else may be zero.
type PipelineOptions struct {
	// CreditsPerDay bounds what is spent on a UTC day, since anybody who learns the callback URL can send notices. It is
	// counted in budget.json of the directory. [Unbounded] sets no bound. Leave it 0 if Collect has a Budget.
	CreditsPerDay int64
	// Window is how long the first of some notices waits for others: all that arrive meanwhile are worked on together, so
	// that several notices of a person are one collect, and many people one bulk job. 0 means [DefaultWindow], negative
	// that each delivery is worked on by itself, at once.
	Window time.Duration
	// Snapshots is where the former records are kept; nil means files in the directory. With a [snapshot.SQL], the update
	// function can write in the transaction that keeps the snapshot, see [Update].Tx.
	Snapshots snapshot.Store
	// Changes says how records are compared. Promised is set for each update.
	Changes employee.ChangeOptions
	// Collect says how records are collected, and whose. Its Ledger is one in the directory unless it is given.
	Collect Options
	// Wanted are the subscriptions that Run keeps alive, once a day, with a subscriptions.Keeper whose state is in the
	// directory. Subscriptions is client.Subscriptions then. Without any, subscriptions are the caller's business.
	Wanted        []subscriptions.Wanted
	Subscriptions subscriptions.Renewer
	Keeper        subscriptions.KeeperOptions
	// Notices and Handler are for the spool and the handler, such as limits and observers. JoinWithin is set by Window.
	Notices spool.Options
	Handler []webhook.Option
	// Logger is for all parts that have none of their own; nil means slog.Default() at WARN and above.
	Logger *slog.Logger
}

// Pipeline is the whole way from a notice to a function of yours, which is called with what changed: it receives and
// verifies notices, stores them before it responds, drops repetitions, lets those of one person that come soon after each
// other be one collect, collects one by one or in bulk within a budget, compares with the snapshot of the person's former
// record, calls the function, and keeps the new snapshot.
//
//	pipeline, err := refresh.Open(client.Employees.Base, client.BulkCollect.Base, "data", sender,
//		func(ctx context.Context, u refresh.Update[employee.BaseRecord]) error {
//			for _, change := range u.Changes {
//				fmt.Println(change)
//			}
//			return nil
//		}, refresh.PipelineOptions{CreditsPerDay: 5_000})
//	...
//	defer pipeline.Close()
//	http.Handle("/coresignal/", pipeline) // at once
//	err = pipeline.Run(ctx)               // until ctx ends
//
// It is made of parts that can be used alone: [webhook.Handler], [spool.Spool], [Refresher], [snapshot.Store],
// [employee.ChangesWith] and [subscriptions.Keeper]. All that they promise holds.
//
// # What is promised
//
// The new snapshot is kept only after the function has returned nil. An error, a panic or a crash in between leads to a
// call with the same changes, later and over restarts, and without buying the record again: none is lost and none is told
// by half. With a snapshot.SQL and a function that writes in Update.Tx alone, each is told exactly once.
//
// The function is called for one person at a time, and for each in the order of the notices. A person whose update fails
// waits, with later notices about that person; all others go on. After ten attempts (Notices.Attempts) the notices are
// among the dead, see [Pipeline.Notices]. A snapshot that cannot be read is such a failure, and never taken for a new
// person: [Pipeline.Forget] lets the person be told as one.
//
// # Who is gone
//
// A profile that is hidden, deleted, merged or unknown by now is a change like any other: ProfileHidden, ProfileDeleted,
// ProfileMerged with the ID to go on with, ProfileGone. Its snapshot is forgotten once the function has returned nil;
// what stays is the number, the kind and the time, so that it is told once, and told as ProfileShown when the profile is
// back.
//
// Erase what you have of a hidden person; the law may say so. Of one the snapshots of all datasets are forgotten, and
// then what was bought earlier and lies beside notices that are pending or dead. That begins when the notice in work has
// had its attempt, or with the next Run if there is none any more. What is damaged beside a dead notice stays, which is
// logged: Discard it.
//
// # What lies in the directory
//
// The directory belongs to one open Pipeline of one dataset at a time: notices (the spool), snapshots, jobs.jsonl,
// budget.json and subscriptions.json, readable by the process's own user only.
type Pipeline[R any] struct {
	comparison[R]
	lifetime

	collector Collector[R]
	options   PipelineOptions
	refresher *Refresher[R]
	notices   *spool.Spool
	handler   *webhook.Handler
	keeper    *subscriptions.Keeper
	eraser    eraser
}

// Open opens a Pipeline of a dataset in a directory, which it creates if need be, readable by the process's own user
// only. Notices are stored from then on, and worked on by Run. Collector and bulk are those of the dataset, such as
// client.Employees.Base and client.BulkCollect.Base. The errors are those of the parts: spool.ErrLocked if another
// Pipeline has the directory open, api.ErrInvalid for what cannot be.
func Open[R employee.BaseRecord | employee.CleanRecord | employee.MultiSourceRecord | employee.V1Record](
	collector Collector[R], bulk Bulk[R], dir string, sender webhook.Sender, update func(context.Context, Update[R]) error, o PipelineOptions,
) (*Pipeline[R], error) {
	switch {
	case collector == nil || update == nil || dir == "":
		return nil, fmt.Errorf("refresh: the collector, the directory or the update function is missing: %w", api.ErrInvalid)
	case o.CreditsPerDay == 0 && o.Collect.Budget == nil:
		return nil, fmt.Errorf("refresh: say what may be spent, by CreditsPerDay or Collect.Budget: %w", api.ErrInvalid)
	case o.CreditsPerDay < Unbounded || o.CreditsPerDay != 0 && o.Collect.Budget != nil:
		return nil, fmt.Errorf("refresh: CreditsPerDay is negative, or given beside Collect.Budget: %w", api.ErrInvalid)
	case (len(o.Wanted) > 0) != (o.Subscriptions != nil):
		return nil, fmt.Errorf("refresh: of Wanted and Subscriptions, one is given without the other: %w", api.ErrInvalid)
	case sender.Source == reconcileSource:
		return nil, fmt.Errorf("refresh: the source %q is the pipeline's own: %w", reconcileSource, api.ErrInvalid)
	}
	p := &Pipeline[R]{collector: collector, options: o, eraser: newEraser()}
	p.comparison = comparison[R]{compare: employee.ChangesWith[R], changes: o.Changes, update: update}
	if err := p.open(bulk, dir, sender); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// open opens the parts.
func (p *Pipeline[R]) open(bulk Bulk[R], dir string, sender webhook.Sender) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("refresh: %w", err)
	}
	o := p.options
	o.Notices.JoinWithin = max(0, cmp.Or(o.Window, DefaultWindow))
	o.Notices.Logger = cmp.Or(o.Notices.Logger, o.Logger)
	own := webhook.Sender{Source: reconcileSource, Decoder: webhook.DecodeCoresignal}
	if p.notices, err = spool.Open(filepath.Join(dir, "notices"), o.Notices, sender, own); err != nil {
		return err // its lock is the directory's
	}
	p.closers = append(p.closers, p.notices)
	if o.Logger != nil {
		o.Handler = append([]webhook.Option{webhook.WithLogger(o.Logger)}, o.Handler...)
	}
	if p.handler, err = webhook.NewHandler(sender, p.notices, o.Handler...); err != nil {
		return err
	}
	if err := p.openSnapshots(filepath.Join(dir, "snapshots")); err != nil {
		return err
	}
	if o.CreditsPerDay > 0 {
		if o.Collect.Budget, err = employee.OpenDailyBudget(filepath.Join(dir, "budget.json"), o.CreditsPerDay); err != nil {
			return err
		}
		p.closers = append(p.closers, o.Collect.Budget)
	}
	if o.Collect.Ledger == nil {
		ledger, err := bulkcollect.OpenLedger(filepath.Join(dir, "jobs.jsonl"))
		if err != nil {
			return err
		}
		o.Collect.Ledger = ledger
		p.closers = append(p.closers, ledger)
	}
	o.Collect.Logger = cmp.Or(o.Collect.Logger, o.Logger)
	store := func(ctx context.Context, outcome Outcome[R]) error {
		err := p.take(ctx, outcome)
		if err == nil && errors.Is(outcome.Err, employee.ErrHidden) {
			p.eraser.ask()
		}
		return err
	}
	if p.refresher, err = New(p.collector, bulk, store, o.Collect); err != nil {
		return err
	}
	p.serve(p.refresher)
	if len(o.Wanted) > 0 {
		o.Keeper.Logger = cmp.Or(o.Keeper.Logger, o.Logger)
		p.keeper, err = subscriptions.NewKeeper(o.Subscriptions, subscriptions.FileState(filepath.Join(dir, "subscriptions.json")), o.Wanted, o.Keeper)
	}
	return err
}

// openSnapshots opens the snapshots that were given, or files.
func (p *Pipeline[R]) openSnapshots(dir string) error {
	if p.options.Snapshots != nil {
		p.comparison.open(p.options.Snapshots)
		return nil
	}
	files, err := snapshot.OpenFiles(dir)
	if err != nil {
		return err
	}
	p.comparison.open(files)
	p.closers = append(p.closers, files)
	return nil
}

// ServeHTTP receives notices, as [webhook.Handler] does: it responds with 200 once a notice is stored, also while Run is
// not running, and with 503 after Close.
func (p *Pipeline[R]) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p == nil || p.handler == nil {
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	p.handler.ServeHTTP(w, r)
}

// Run works on what was received, and keeps the wanted subscriptions, until ctx ends, the Pipeline is closed or its
// directory cannot be used any more. It returns the reason, never nil: a program must look at it, since ServeHTTP goes on
// to store. When ctx ends, paid calls on their way have Collect.Grace to be responded to; what is not done stays for the
// next Run. So stop the server first, and then the context.
func (p *Pipeline[R]) Run(ctx context.Context) error {
	if err := p.ready(ctx); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if err := p.begin(stop); err != nil {
		return fmt.Errorf("refresh: %w", err)
	}
	defer p.end()
	var keeping sync.WaitGroup
	if p.keeper != nil {
		keeping.Go(func() {
			if err := p.keeper.Run(ctx, sweepEvery, func(subscriptions.Report, error) {}); err != nil && ctx.Err() == nil {
				stop(err) // what a sweep could not do is in the log and in Status
			}
		})
	}
	keeping.Go(func() { p.eraseHidden(ctx) })
	err := p.notices.Run(ctx, p.handle)
	stop(err)
	keeping.Wait()
	return err
}

// Close ends Run, waits until it has returned, and gives the directory free. What is not done stays in it. Do not call it
// in the update function, which it waits for.
func (p *Pipeline[R]) Close() error {
	if p == nil {
		return nil
	}
	return p.close()
}

// handle works on a delivery of the spool.
func (p *Pipeline[R]) handle(ctx context.Context, d *webhook.Delivery) error {
	if d.Source == reconcileSource {
		return p.reconcile(ctx, d)
	}
	return p.refresher.Handle(ctx, d)
}

// ready refuses a Pipeline that Open has not made, and a call without a context.
func (p *Pipeline[R]) ready(ctx context.Context) error {
	switch {
	case p == nil || p.refresher == nil:
		return fmt.Errorf("refresh: the pipeline was not made by Open: %w", api.ErrInvalid)
	case ctx == nil:
		return fmt.Errorf("refresh: the context is nil: %w", api.ErrInvalid)
	}
	return nil
}

// Notices is the spool with all that was received and is not done, for its dead: [spool.Spool.Dead], Requeue and Discard.
func (p *Pipeline[R]) Notices() *spool.Spool {
	if p == nil {
		return nil
	}
	return p.notices
}

// PipelineStatus is what a [Pipeline] is doing, for health checks and metrics.
type PipelineStatus struct {
	// Received is what came of the requests.
	Received webhook.HandlerStatus
	// Notices is what is stored and not done, and whether Run is running.
	Notices spool.Status
	// Work is what was collected and handed over, what was spent, and what is left of the budget.
	Work Status
	// Subscriptions is what became of those that are wanted.
	Subscriptions subscriptions.KeeperStatus
}

// Status returns what the Pipeline is doing. It may be called at any time.
func (p *Pipeline[R]) Status() PipelineStatus {
	if p == nil || p.refresher == nil {
		return PipelineStatus{}
	}
	s := PipelineStatus{Received: p.handler.Status(), Notices: p.notices.Status(), Work: p.refresher.Status()}
	if p.keeper != nil {
		s.Subscriptions = p.keeper.Status()
	}
	return s
}
