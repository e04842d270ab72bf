package transport

import (
	"log/slog"
	"time"

	"github.com/pronet-go/pronet/api"
)

// The log holds what is allowed and nothing else: names, numbers and durations. No URL, header, body or provider's prose.
// Observers are called in their order. A response that is not ready yet is no failure for any of them.

func (r *run) observeStart() {
	for i := range r.pipeline.config.Observers {
		if start := r.pipeline.config.Observers[i].Start; start != nil {
			if ctx := start(r.ctx, r.op.Public()); ctx != nil {
				r.ctx = ctx
			}
		}
	}
}

func (r *run) observeWait(reason api.WaitReason, d time.Duration) {
	config := &r.pipeline.config
	for i := range config.Observers {
		if wait := config.Observers[i].Wait; wait != nil {
			wait(r.ctx, api.Wait{Op: r.op.Public(), Reason: reason, Duration: d})
		}
	}
	if config.Logger != nil {
		config.Logger.LogAttrs(r.ctx, slog.LevelDebug, "pronet: waiting", r.attrs(
			slog.String("reason", string(reason)), slog.Duration("wait", d))...)
	}
}

func (r *run) observeAttempt() {
	if !r.pipeline.watched || !r.outcome.sent {
		return
	}
	config, o := &r.pipeline.config, &r.outcome
	for i := range config.Observers {
		observe := config.Observers[i].Attempt
		if observe == nil {
			continue
		}
		attempt := api.Attempt{
			Op: r.op.Public(), Number: r.sent, Status: o.status, RequestID: r.current.requestID(o.header),
			Server: r.plan.url.Scheme + "://" + r.plan.url.Host, Began: r.current.began, Duration: r.current.duration,
		}
		if o.failure != nil && o.status < 300 && !o.inside && !o.pending {
			attempt.Err = o.failure.Cause
		}
		observe(r.ctx, attempt)
	}
	if config.Logger == nil {
		return
	}
	attrs := r.attrs(slog.Int("attempt", r.sent), slog.Int("status", o.status), slog.Duration("duration", r.current.duration))
	level := slog.LevelDebug
	if failure := r.failure(); failure != nil {
		level = slog.LevelInfo
		attrs = append(attrs, slog.String("failure", failure.Error()))
	}
	config.Logger.LogAttrs(r.ctx, level, "pronet: attempt", attrs...)
}

func (r *run) observeEnd(duration time.Duration) {
	if !r.pipeline.watched {
		return
	}
	config, failure := &r.pipeline.config, r.failure()
	for i := range config.Observers {
		if end := config.Observers[i].End; end != nil {
			end(r.ctx, api.End{
				Op: r.op.Public(), Attempts: r.sent, Status: r.outcome.status, Err: failure, Duration: duration,
				Credits: r.credits(), CreditsRemaining: r.creditsRemaining(),
			})
		}
	}
	if config.Logger != nil {
		attrs := r.attrs(slog.Int("attempts", r.sent), slog.Int("status", r.outcome.status), slog.Duration("duration", duration))
		if failure != nil {
			attrs = append(attrs, slog.String("failure", failure.Error()))
		}
		config.Logger.LogAttrs(r.ctx, slog.LevelDebug, "pronet: call ended", attrs...)
	}
}

// failure is what observers and logs take for one.
func (r *run) failure() error {
	if r.outcome.failure == nil || r.outcome.pending {
		return nil
	}
	return r.outcome.failure
}

func (r *run) attrs(more ...slog.Attr) []slog.Attr {
	return append([]slog.Attr{
		slog.String("operation", r.op.Name), slog.String("provider", string(r.op.Provider)),
		slog.String("method", r.op.Method), slog.String("route", r.op.Route),
	}, more...)
}
