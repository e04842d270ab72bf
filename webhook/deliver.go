package webhook

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

const (
	// leaseFactor makes a lease outlive the deadline: only a sink that
	// ignores its context for that long, or a crash, lets a claim run out.
	leaseFactor = 2
	// settleTimeout bounds the marking of a delivery, which goes on after the
	// deadline.
	settleTimeout = 5 * time.Second
)

// deliver hands the delivery to the sink, unless it was handed over before,
// and returns the status to answer with.
func (h *Handler) deliver(ctx context.Context, d *Delivery) int {
	if h.store == nil {
		return h.put(ctx, d)
	}
	claim, err := h.store.Claim(ctx, d.Key, leaseFactor*h.deadline)
	if err != nil {
		h.log(ctx, slog.LevelError, "webhook: the dedupe store failed", d, err)
		return http.StatusServiceUnavailable
	}
	switch claim.Result {
	case Claimed:
	case AlreadyDone:
		h.log(ctx, slog.LevelDebug, "webhook: repetition dropped", d, nil)
		return http.StatusOK
	default:
		h.log(ctx, slog.LevelDebug, "webhook: the delivery is being processed already", d, nil)
		return http.StatusServiceUnavailable
	}
	done := false
	defer func() { h.settle(ctx, d, claim.Owner, done) }() // Also after a panic.
	status := h.put(ctx, d)
	done = status == http.StatusOK
	return status
}

// put calls the sink.
func (h *Handler) put(ctx context.Context, d *Delivery) int {
	if err := h.sink.Put(ctx, d); err != nil {
		h.log(ctx, slog.LevelError, "webhook: the sink failed", d, err)
		return http.StatusServiceUnavailable
	}
	h.log(ctx, slog.LevelDebug, "webhook: delivery accepted", d, nil)
	return http.StatusOK
}

// settle ends a claim. If it fails after the sink has succeeded, the answer
// stays 200: the worst that follows is that a repetition is processed.
func (h *Handler) settle(ctx context.Context, d *Delivery, owner string, done bool) {
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < settleTimeout {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
		defer cancel()
	}
	var err error
	if done {
		err = h.store.Done(ctx, d.Key, owner, h.dedupeTTL)
	} else {
		err = h.store.Release(ctx, d.Key, owner)
	}
	if err != nil {
		h.log(ctx, slog.LevelWarn, "webhook: the dedupe store could not end a claim", d, err)
	}
}

func (h *Handler) log(ctx context.Context, level slog.Level, message string, d *Delivery, err error) {
	if !h.logger.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("source", d.Source),
		slog.String("label", d.Label),
		slog.Int("events", len(d.Events)),
		slog.Int("bytes", len(d.Body)),
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	h.logger.LogAttrs(ctx, level, message, attrs...)
}
