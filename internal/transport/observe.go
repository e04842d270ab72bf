package transport

import (
	"log/slog"
	"time"

	"github.com/pronet-go/pronet/api"
)

// The log holds what is allowed and nothing else: names, numbers and durations. No URL, header, body or provider's prose.

func (x *exchange) observeWait(reason api.WaitReason, d time.Duration) {
	config := &x.pipeline.config
	if config.Observer.Wait != nil {
		config.Observer.Wait(x.Context, api.Wait{Op: x.call.Op.Public(), Reason: reason, Duration: d})
	}
	if config.Logger != nil {
		config.Logger.LogAttrs(x.Context, slog.LevelDebug, "pronet: waiting", x.attrs(
			slog.String("reason", string(reason)), slog.Duration("wait", d))...)
	}
}

func (x *exchange) observeAttempt(err error) {
	config := &x.pipeline.config
	if config.Observer.Attempt == nil && config.Logger == nil || x.observed == x.sent {
		return // nobody watches, or nothing was sent
	}
	x.observed = x.sent
	duration := x.current.duration
	if config.Observer.Attempt != nil {
		config.Observer.Attempt(x.Context, api.Attempt{
			Op: x.call.Op.Public(), Number: x.sent, Status: x.status, Err: unwrapURL(err), Duration: duration, RequestID: requestID(x.header),
		})
	}
	if config.Logger == nil {
		return
	}
	attrs := x.attrs(slog.Int("attempt", x.sent), slog.Int("status", x.status), slog.Duration("duration", duration))
	level := slog.LevelDebug
	if x.failure != nil {
		level = slog.LevelInfo
		attrs = append(attrs, slog.String("failure", x.failure.Error()))
	}
	config.Logger.LogAttrs(x.Context, level, "pronet: attempt", attrs...)
}

func (x *exchange) observeEnd(duration time.Duration) {
	config := &x.pipeline.config
	var err error
	if x.failure != nil {
		err = x.failure
	}
	if config.Observer.End != nil {
		config.Observer.End(x.Context, api.End{Op: x.call.Op.Public(), Attempts: x.sent, Status: x.status, Err: err, Duration: duration})
	}
	if config.Logger != nil {
		attrs := x.attrs(slog.Int("attempts", x.sent), slog.Int("status", x.status), slog.Duration("duration", duration))
		if err != nil {
			attrs = append(attrs, slog.String("failure", x.failure.Error()))
		}
		config.Logger.LogAttrs(x.Context, slog.LevelDebug, "pronet: call ended", attrs...)
	}
}

func (x *exchange) attrs(more ...slog.Attr) []slog.Attr {
	return append([]slog.Attr{
		slog.String("operation", x.call.Op.Name), slog.String("provider", string(x.call.Op.Provider)),
		slog.String("method", x.call.Op.Method), slog.String("route", x.call.Op.Route),
	}, more...)
}
