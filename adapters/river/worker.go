package river

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
	"unicode"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/webhook"
)

// completePatience bounds the transaction that completes a job for which something is kept.
const completePatience = 10 * time.Second

// AddWorker registers what works on the deliveries of these senders in the configuration of a client of River: the same
// function as the spool takes. Call it before river.NewClient, and give the queue its workers in Config.Queues. What the error
// of process means:
//
//   - [webhook.ErrRetryLater], whatever else is joined with it: the delivery is snoozed, which uses up no attempt.
//   - [webhook.ErrNotUnderstood] or [webhook.ErrGiveUp]: the job is cancelled, with the error's text as the reason.
//   - Any other, and a panic: River retries after the delay of its retry policy, and discards the job after the last attempt.
//   - Any but the second, when the client stops: the job is available at once, and no attempt is used up.
//
// Cancelled and discarded jobs are the dead ones, see [Sink.Dead]. A body that its sender's decoder refuses, a source that is
// none of the senders', and arguments that are not a delivery's are reasons too; process is not called then. An attempt
// that ends with its process counts.
//
// The configuration is refused if River would lose with it what was stored: CancelledJobRetentionPeriod and
// DiscardedJobRetentionPeriod must be -1, unless LeaderElectionDisabled is set, and JobTimeout must not be -1 without
// Options.Timeout. All errors are api.ErrInvalid.
func AddWorker(config *river.Config, process func(ctx context.Context, d *webhook.Delivery) error, o Options, senders ...webhook.Sender) error {
	o, err := o.complete()
	switch {
	case err != nil:
		return err
	case config == nil || process == nil || len(senders) == 0:
		return fmt.Errorf("river: the configuration or process is nil, or there is no sender: %w", api.ErrInvalid)
	case !config.LeaderElectionDisabled && (config.CancelledJobRetentionPeriod != -1 || config.DiscardedJobRetentionPeriod != -1):
		return fmt.Errorf("river: CancelledJobRetentionPeriod and DiscardedJobRetentionPeriod must be -1: River would delete dead deliveries: %w", api.ErrInvalid)
	case config.JobTimeout < 0 && o.Timeout == 0:
		return fmt.Errorf("river: without a timeout River never hands over again what a killed process had in work: set Options.Timeout: %w", api.ErrInvalid)
	}
	if config.Workers == nil {
		config.Workers = river.NewWorkers()
	}
	if err := river.AddWorkerSafely(config.Workers, &worker{process: process, options: o, senders: senders}); err != nil {
		return fmt.Errorf("river: %w: %w", api.ErrInvalid, err)
	}
	return nil
}

type worker struct {
	river.WorkerDefaults[delivery]

	process func(ctx context.Context, d *webhook.Delivery) error
	options Options
	senders []webhook.Sender
}

// Timeout implements [river.Worker].
func (w *worker) Timeout(*river.Job[delivery]) time.Duration { return w.options.Timeout }

// Work implements [river.Worker].
func (w *worker) Work(ctx context.Context, job *river.Job[delivery]) error {
	d, err := w.load(job)
	if err != nil {
		return w.die(ctx, job, d, err)
	}
	err = call(ctx, d, func(ctx context.Context, d *webhook.Delivery) (err error) {
		if w.options.Kept != nil {
			if d.Kept, err = w.options.Kept.Open(ctx, job.Args.Name); err != nil {
				return err
			}
		}
		return w.process(ctx, d)
	})
	if err != nil {
		return w.failed(ctx, job, d, err)
	}
	if w.options.Kept != nil {
		w.complete(ctx, job, d)
	}
	return nil
}

// load returns the delivery with its events.
func (w *worker) load(job *river.Job[delivery]) (*webhook.Delivery, error) {
	d, err := job.Args.read()
	if err != nil {
		return new(webhook.Delivery), err
	}
	d.Requeues += deaths(job.JobRow, job.Args.MaxAttempts)
	err = call(context.Background(), d, func(_ context.Context, d *webhook.Delivery) error { return webhook.Decode(d, w.senders...) })
	switch {
	case errors.Is(err, webhook.ErrUnknownSource):
		return d, err
	case err != nil:
		return d, fmt.Errorf("the body cannot be decoded: %w", err)
	}
	return d, nil
}

// cancelled begins the error of an attempt after which the job was cancelled.
const cancelled = "JobCancelError: "

// deaths is how often the job was cancelled or discarded after an attempt, as far as its errors tell. Before one more attempt
// a person has put it back as often, with Requeue or with River's own tools.
func deaths(job *rivertype.JobRow, maxAttempts int) (n int) {
	for _, e := range job.Errors {
		if e.Attempt >= maxAttempts || strings.HasPrefix(e.Error, cancelled) {
			n++
		}
	}
	return n
}

// failed says to River what follows from a failure.
func (w *worker) failed(ctx context.Context, job *river.Job[delivery], d *webhook.Delivery, err error) error {
	later := errors.Is(err, webhook.ErrRetryLater)
	switch {
	case !later && (errors.Is(err, webhook.ErrNotUnderstood) || errors.Is(err, webhook.ErrGiveUp) || errors.Is(err, &river.JobCancelError{})):
		return w.die(ctx, job, d, err)
	case errors.Is(ctx.Err(), context.Canceled) && !errors.Is(context.Cause(ctx), river.ErrJobCancelledRemotely): // the client stops
		return river.JobSnooze(0)
	case later:
		wait := w.backoff(job)
		w.log(ctx, "river: delivery will be tried again", job, d, err, slog.Duration("retry_in", wait.Round(time.Millisecond)))
		return river.JobSnooze(wait)
	case job.Attempt >= job.MaxAttempts:
		w.log(ctx, "river: delivery is dead: Requeue or Discard it", job, d, err)
	default:
		w.log(ctx, "river: delivery will be tried again", job, d, err)
	}
	return failure{err}
}

func (w *worker) die(ctx context.Context, job *river.Job[delivery], d *webhook.Delivery, err error) error {
	w.log(ctx, "river: delivery is dead: Requeue or Discard it", job, d, err)
	return river.JobCancel(failure{err})
}

// backoff is for how long the job is snoozed.
func (w *worker) backoff(job *river.Job[delivery]) time.Duration {
	var river struct {
		Snoozes int `json:"snoozes"`
	}
	_ = json.Unmarshal(job.Metadata, &river) // without a number it is the first time
	wait := w.options.BackoffCap
	if shift := max(0, river.Snoozes); shift < 32 && w.options.Backoff < wait>>shift {
		wait = w.options.Backoff << shift
	}
	return wait - rand.N(wait/2+1)
}

// complete completes the job, and then removes what was kept for it: as long as the job may be handed over again, what was
// bought for it must be found. Where that fails, River completes the job all the same.
func (w *worker) complete(ctx context.Context, job *river.Job[delivery], d *webhook.Delivery) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), completePatience)
	defer cancel()
	err := func() error {
		tx, err := w.options.Pool.Begin(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback(ctx) }() // without effect once it is committed
		completed, err := river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, job)
		if err != nil {
			return err
		}
		if err := tx.Commit(ctx); err != nil || completed.State != rivertype.JobStateCompleted { // another one has it
			return err
		}
		return w.options.Kept.Remove(ctx, job.Args.Name)
	}()
	if err != nil {
		w.log(ctx, "river: what was kept for a delivery that is done was not removed", job, d, err)
	}
}

func call(ctx context.Context, d *webhook.Delivery, process func(context.Context, *webhook.Delivery) error) (err error) {
	defer func() {
		if value := recover(); value != nil {
			err = &panicError{value, debug.Stack()}
		}
	}()
	return process(ctx, d)
}

// panicError is a panic of the caller's code. Its text names the type of the value, unless it is the runtime's: others may
// hold anything.
type panicError struct {
	value any
	stack []byte
}

func (e *panicError) Error() string {
	if err, ok := e.value.(runtime.Error); ok {
		return "panic: " + err.Error()
	}
	return fmt.Sprintf("panic: %T", e.value)
}

// failure is what River logs and keeps with the job: one printable line of at most a kilobyte.
type failure struct{ error }

func (f failure) Error() (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("%T", f.error)
		}
	}()
	return printable(f.error.Error())
}

func (f failure) Unwrap() error { return f.error }

// maxReason bounds the text of an error, in bytes.
const maxReason = 1024

func printable(text string) string {
	text = strings.ToValidUTF8(text[:min(len(text), maxReason)], "\uFFFD")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return '\uFFFD'
		}
		return r
	}, text))
}

func (w *worker) log(ctx context.Context, message string, job *river.Job[delivery], d *webhook.Delivery, err error, more ...slog.Attr) {
	attrs := append([]slog.Attr{
		slog.String("source", d.Source), slog.Int64("job", job.ID), slog.Int("attempts", job.Attempt), slog.Int("of", job.MaxAttempts),
		slog.String("error", failure{err}.Error()),
	}, more...)
	if p, ok := errors.AsType[*panicError](err); ok {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	w.options.warn(ctx, message, attrs...)
}

// warn logs with the caller's logger, or the default one.
func (o *Options) warn(ctx context.Context, message string, attrs ...slog.Attr) {
	defer func() { _ = recover() }() // a panic of the caller's logger
	logger := o.Logger
	if logger == nil {
		logger = slog.Default()
	}
	logger.LogAttrs(ctx, slog.LevelWarn, message, attrs...)
}
