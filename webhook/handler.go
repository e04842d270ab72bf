package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"
)

const (
	// maxHeaderBytes bounds names and values of all headers together.
	maxHeaderBytes = 64 << 10
	// leaseFactor makes a lease outlive the deadline: only a sink that
	// ignores its context for that long, or a crash, lets a claim run out.
	leaseFactor = 2
	// settleTimeout bounds the marking of a delivery, which goes on after the
	// deadline.
	settleTimeout = 5 * time.Second
)

// Handler is an [http.Handler] that receives the deliveries of one sender. Its responses have a fixed text for each
// status:
//
//	200  the sink took the delivery, or it is known from before. A body
//	     that was verified and is not understood goes to the sink as well
//	400  the body could not be read to its end
//	401  not verified
//	404  no such endpoint
//	405  not POST (nor a challenge of the sender)
//	413  body too large
//	431  header too large
//	500  the sink, decoder or verifier panicked
//	503  the sink or the store failed, the same delivery is being processed,
//	     the deadline passed, there was no room for the body, see
//	     [WithMaxHeld], or too many of the same label wait, see
//	     [Sender.Share]; with Retry-After
//
// A delivery is worked on to its end or its deadline even if the sender
// disconnects: nothing says that it would send it again.
type Handler struct {
	sender    Sender
	sink      Sink
	deadlines deadlines
	held      heldBytes
	state     state
	inWork    atomic.Int64
	shares    shares
	settings
}

// NewHandler returns a handler that hands what the sender delivers to the sink. It fails if the sender lacks its
// source, verifier or decoder, the sink is nil or an option is not valid.
func NewHandler(sender Sender, sink Sink, opts ...Option) (*Handler, error) {
	sender, err := sender.check()
	if err != nil {
		return nil, err
	}
	if f, isFunc := sink.(Func); sink == nil || isFunc && f == nil {
		return nil, errors.New("webhook: the sink is nil")
	}
	s, err := newSettings(opts)
	if err != nil {
		return nil, err
	}
	return &Handler{sender: sender, sink: sink, held: heldBytes{limit: s.maxHeld}, settings: *s}, nil
}

// ServeHTTP implements [http.Handler].
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	x := &exchange{w: w, began: began, deadline: began.Add(h.deadline)}
	defer x.abandon() // Nothing may write to w once the handler has returned.
	h.inWork.Add(1)
	defer h.end(r.Context(), x)
	defer h.recoverPanic(r.Context(), x)
	// Before anything is looked at: also a request that is refused has a body, and the server waits for it.
	setReadDeadline(w, r, x.deadline)
	if r.Method != http.MethodPost {
		h.serveOther(w, r, x)
		return
	}
	h.deadlines.add(x)
	defer h.deadlines.remove(x)
	check, refused := h.admit(r)
	if refused.Result != "" {
		x.finish(refused)
		return
	}
	d, refused := h.receive(x, r, check)
	if d == nil {
		x.finish(refused)
		return
	}
	x.values, d.Trace = h.start(r.Context(), x, d)
	x.finish(h.deliver((*sinkContext)(x), d))
}

// serveOther responds to whatever is not a POST.
func (h *Handler) serveOther(w http.ResponseWriter, r *http.Request, x *exchange) {
	allow := http.MethodPost
	if h.sender.Challenge != nil {
		if r.Method == http.MethodGet && headerLength(r.Header) <= maxHeaderBytes && h.sender.Challenge(w, r) {
			return
		}
		allow = http.MethodGet + ", " + http.MethodPost
	}
	w.Header().Set("Allow", allow)
	x.send(http.StatusMethodNotAllowed)
}

// admit looks at what can be known without the body. It returns what checks
// the body, or why the request is refused.
func (h *Handler) admit(r *http.Request) (Check, Received) {
	if r.ContentLength > h.maxBody {
		return nil, Received{Result: ResultTooLarge, Status: http.StatusRequestEntityTooLarge}
	}
	if headerLength(r.Header) > maxHeaderBytes {
		return nil, Received{Result: ResultTooLarge, Status: http.StatusRequestHeaderFieldsTooLarge}
	}
	check, err := h.sender.Verifier.Admit(r)
	return check, refusal(err)
}

// receive reads, verifies and decodes the body. If there is nothing to deliver
// it returns why.
func (h *Handler) receive(x *exchange, r *http.Request, check Check) (*Delivery, Received) {
	defer h.held.release(x)
	body, err := x.readBody(r, h.maxBody, &h.held)
	if err != nil {
		return nil, readFailure(err)
	}
	label, err := check(body)
	if err != nil {
		return nil, refusal(err)
	}
	d := &Delivery{Source: h.sender.Source, Label: label, ReceivedAt: h.now().Round(0).UTC(), Body: body}
	decoded := *d
	if err := h.sender.Decoder(&decoded); err == nil {
		d.Key, d.Keys, d.Events = decoded.Key, decoded.Keys, decoded.Events
		if d.Events == nil {
			d.Events = []Event{}
		}
	}
	d.complete()
	return d, Received{}
}

// refusal returns what an error of a verifier means, or nothing for none.
func refusal(err error) Received {
	switch {
	case err == nil:
		return Received{}
	case errors.Is(err, ErrUnknownEndpoint):
		return Received{Result: ResultUnknownEndpoint, Status: http.StatusNotFound, Err: err}
	case errors.Is(err, ErrRetryLater):
		return Received{Result: ResultFailed, Status: http.StatusServiceUnavailable, Err: err}
	}
	return Received{Result: ResultUnverified, Status: http.StatusUnauthorized, Err: err}
}

// readFailure returns what it means that a body could not be read.
func readFailure(err error) Received {
	_, tooLarge := errors.AsType[*http.MaxBytesError](err)
	switch {
	case tooLarge:
		return Received{Result: ResultTooLarge, Status: http.StatusRequestEntityTooLarge, Err: err}
	case errors.Is(err, errBusy):
		return Received{Result: ResultBusy, Status: http.StatusServiceUnavailable, Err: err}
	case errors.Is(err, os.ErrDeadlineExceeded):
		return Received{Result: ResultUnreadable, Status: http.StatusServiceUnavailable, Err: err}
	}
	return Received{Result: ResultUnreadable, Status: http.StatusBadRequest, Err: err}
}

// deliver hands the delivery to the sink, unless it was handed over before,
// and returns what came of it.
func (h *Handler) deliver(ctx context.Context, d *Delivery) Received {
	if h.sender.Share > 0 {
		if err := h.shares.take(ctx, d.Label, h.sender.Share); err != nil {
			return about(d, ResultBusy, http.StatusServiceUnavailable, err)
		}
		defer h.shares.release(d.Label)
	}
	if h.store == nil {
		return h.put(ctx, d)
	}
	c := claims{handler: h}
	defer func() { c.settle(ctx, d) }() // Also after a panic.
	if ended := c.claim(ctx, d); ended.Result != "" {
		return ended
	}
	received := h.put(ctx, d)
	c.done = received.Result == ResultAccepted
	return received
}

// lease returns how long a claim is held if nobody ends it.
func (h *Handler) lease() time.Duration {
	return leaseFactor * min(h.deadline, math.MaxInt64/leaseFactor)
}

// put calls the sink.
func (h *Handler) put(ctx context.Context, d *Delivery) Received {
	accepted := about(d, ResultAccepted, http.StatusOK, nil)
	if d.Events == nil {
		h.log(ctx, slog.LevelWarn, "webhook: the body of a delivery is not understood; it is handed over as it is", d, nil)
	} else if accepted.Unknown > 0 {
		h.log(ctx, slog.LevelWarn, "webhook: parts of a delivery are not understood; they are handed over as they are", d, nil)
	}
	if err := h.sink.Put(ctx, d); err != nil {
		h.log(ctx, slog.LevelError, "webhook: the sink failed", d, err)
		return about(d, ResultFailed, http.StatusServiceUnavailable, err)
	}
	h.log(ctx, slog.LevelDebug, "webhook: delivery accepted", d, nil)
	return accepted
}

// logs returns the logger.
func (h *Handler) logs() *slog.Logger {
	if h.logger == nil {
		return slog.Default()
	}
	return h.logger
}

func (h *Handler) log(ctx context.Context, level slog.Level, message string, d *Delivery, err error) {
	defer func() { _ = recover() }() // The logger and the error are the user's.
	logger := h.logs()
	if !logger.Enabled(ctx, level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("source", d.Source),
		slog.String("label", d.Label),
		slog.Int("events", len(d.Events)),
		slog.Int("unknown", unknownEvents(d)),
		slog.Int("bytes", len(d.Body)),
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	logger.LogAttrs(ctx, level, message, attrs...)
}

// recoverPanic responds with 500 if the function that deferred it panicked.
// What the panic said is logged only if the runtime said it: other values may
// hold anything.
func (h *Handler) recoverPanic(ctx context.Context, x *exchange) {
	value := recover()
	if value == nil {
		return
	}
	reason := fmt.Sprintf("%T", value)
	if err, ok := value.(runtime.Error); ok {
		reason = err.Error()
	}
	x.finish(Received{Result: ResultPanicked, Status: http.StatusInternalServerError, Err: errors.New("webhook: panic: " + reason)})
	defer func() { _ = recover() }()
	h.logs().ErrorContext(ctx, "webhook: panic",
		slog.String("reason", reason), slog.String("stack", string(debug.Stack())))
}

func headerLength(header http.Header) int {
	length := 0
	for name, values := range header {
		for _, value := range values {
			length += len(name) + len(value)
		}
	}
	return length
}
