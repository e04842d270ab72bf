package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"
	"unicode"
)

// Observer watches a [Handler], for metrics. Every field may be nil. The functions are called on the goroutine of the
// request, which waits for them, and so does its response; they must be safe for concurrent use. A panic of theirs is
// caught.
type Observer struct {
	// Start is called when a delivery was verified, before it is handed over. The context that it returns (never nil) is
	// the one that the sink and Received get, and what it returns besides is put into [Delivery.Trace].
	Start func(ctx context.Context, s Start) (context.Context, Trace)
	// Received is called at the end of each POST, and of a challenge that panicked, when the response is written.
	Received func(ctx context.Context, r Received)
}

// Start tells of a delivery that is about to be handed over.
type Start struct {
	// Source and Label are those of the delivery.
	Source, Label string
	// Events is how many events it has.
	Events int
	// Began is when the request arrived.
	Began time.Time
}

// Result says what came of a POST.
type Result string

// The results of a POST. Behind each is the status that belongs to it; if the deadline has passed before, it is 503.
const (
	// ResultAccepted means that the sink took the delivery (200).
	ResultAccepted Result = "accepted"
	// ResultDuplicate means that the delivery was dropped, since one with its key was handed over before (200).
	ResultDuplicate Result = "duplicate"
	// ResultInProgress means that one with its key is being handed over (503).
	ResultInProgress Result = "in_progress"
	// ResultUnverified means that the request does not prove where it comes from (401).
	ResultUnverified Result = "unverified"
	// ResultUnknownEndpoint means that nothing is received at the path (404).
	ResultUnknownEndpoint Result = "unknown_endpoint"
	// ResultTooLarge means that the body (413) or the header (431) is too large.
	ResultTooLarge Result = "too_large"
	// ResultBusy means that there was no room for the body, see [WithMaxHeld], or that too many deliveries of the same label
	// wait, see [Sender.Share] (503).
	ResultBusy Result = "busy"
	// ResultUnreadable means that the body did not come to its end (400), or not in time (503).
	ResultUnreadable Result = "unreadable"
	// ResultFailed means that the sink or the store returned an error (503).
	ResultFailed Result = "failed"
	// ResultPanicked means that the sink, the decoder, the verifier or the store panicked (500).
	ResultPanicked Result = "panicked"
)

// Received tells of a POST that has ended.
type Received struct {
	// Source is the sender's. Label is that of the delivery; it, Events, Unknown and Bytes are empty if the request was not
	// verified, or something panicked.
	Source, Label string
	// Result is what came of it.
	Result Result
	// Status is the status of the response as it was sent.
	Status int
	// Events is how many events the delivery has, and Unknown how many of them the decoder did not recognise.
	Events, Unknown int
	// Bytes is the length of the body.
	Bytes int
	// Duration is the time from the request's arrival to its end.
	Duration time.Duration
	// Err is why the delivery was not taken: an error of the sink, of the store, of the verifier or of reading the body.
	// It is nil if it was, and for a request that is refused for its size or its key alone.
	Err error
}

// about returns what came of a delivery.
func about(d *Delivery, result Result, status int, err error) Received {
	return Received{
		Label: d.Label, Result: result, Status: status, Events: len(d.Events), Unknown: unknownEvents(d), Bytes: len(d.Body), Err: err,
	}
}

// unknownEvents counts the events that the decoder did not recognise. What [DecodeRaw] made is as expected.
func unknownEvents(d *Delivery) int {
	unknown := 0
	for _, event := range d.Events {
		if u, ok := event.(Unknown); ok && !u.unread {
			unknown++
		}
	}
	return unknown
}

// HandlerStatus is what a [Handler] is doing, for health checks and metrics.
type HandlerStatus struct {
	// InWork is how many requests have not ended.
	InWork int
	// HeldBytes is what the bodies that are arriving hold together, see [WithMaxHeld].
	HeldBytes int64
	// AcceptedAt is when the sink took a delivery last, zero if it has taken none.
	AcceptedAt time.Time
	// LastError is the text of the last failure of the sink or the store, or of the last panic, and LastErrorAt when it
	// was.
	LastError   string
	LastErrorAt time.Time
	// FailingSince is when the first one failed since the last delivery that the sink took, zero if none has.
	FailingSince time.Time
}

// state is what a handler remembers of what has ended.
type state struct {
	mu      sync.Mutex
	status  HandlerStatus
	refused map[Result]*refusals
}

// refusals counts requests that had one result, and of which nobody was told yet.
type refusals struct {
	count int
	told  time.Time
}

// tellRefusals is how often it is logged at most that requests are refused, for each result.
const tellRefusals = time.Minute

// Status returns what the handler is doing. It may be called at any time, and is cheap.
func (h *Handler) Status() HandlerStatus {
	h.state.mu.Lock()
	status := h.state.status
	h.state.mu.Unlock()
	status.InWork, status.HeldBytes = int(h.inWork.Load()), h.held.bytes()
	return status
}

// end notes and tells what came of a request.
func (h *Handler) end(ctx context.Context, x *exchange) {
	h.inWork.Add(-1)
	defer func() { _ = recover() }() // The logger is the user's.
	r := x.received
	if r.Result == "" {
		return
	}
	r.Source, r.Status, r.Duration = h.sender.Source, x.status, time.Since(x.began)
	if x.values != nil {
		ctx = x.values
	}
	for _, o := range h.observers {
		o.tell(ctx, r)
	}
	if refused := h.state.note(r, time.Now()); refused > 0 {
		level := slog.LevelWarn
		if r.Result == ResultUnknownEndpoint {
			level = slog.LevelInfo // Every address on the internet is tried by strangers.
		}
		attrs := []slog.Attr{slog.String("source", r.Source), slog.String("result", string(r.Result)), slog.Int("requests", refused)}
		if r.Err != nil {
			attrs = append(attrs, slog.String("error", printable(r.Err)))
		}
		h.logs().LogAttrs(ctx, level, "webhook: requests refused", attrs...)
	}
}

// note remembers what came of a request. It returns of how many refused requests it is time to tell.
func (s *state) note(r Received, now time.Time) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.Result {
	case ResultAccepted:
		s.status.AcceptedAt, s.status.FailingSince = now, time.Time{}
	case ResultFailed, ResultPanicked:
		s.status.LastError, s.status.LastErrorAt = printable(r.Err), now
		if s.status.FailingSince.IsZero() {
			s.status.FailingSince = now
		}
	case ResultUnverified, ResultUnknownEndpoint, ResultTooLarge, ResultBusy, ResultUnreadable:
		return s.refuse(r.Result, now)
	case ResultDuplicate, ResultInProgress:
	}
	return 0
}

func (s *state) refuse(result Result, now time.Time) int {
	of := s.refused[result]
	if of == nil {
		if s.refused == nil {
			s.refused = make(map[Result]*refusals)
		}
		of = new(refusals)
		s.refused[result] = of
	}
	of.count++
	if !of.told.IsZero() && now.Sub(of.told) < tellRefusals {
		return 0
	}
	count := of.count
	of.count, of.told = 0, now
	return count
}

// start tells the observers that the delivery is about to be handed over.
func (h *Handler) start(ctx context.Context, x *exchange, d *Delivery) (context.Context, Trace) {
	var all Trace
	for _, o := range h.observers {
		var trace Trace
		ctx, trace = o.start(ctx, Start{Source: d.Source, Label: d.Label, Events: len(d.Events), Began: x.began})
		if trace != nil {
			if all == nil {
				all = make(Trace, len(trace)) // the observer's own may be shared
			}
			maps.Copy(all, trace)
		}
	}
	return ctx, all.Bounded()
}

func (o Observer) start(ctx context.Context, s Start) (result context.Context, trace Trace) {
	if o.Start == nil {
		return ctx, nil
	}
	defer func() {
		if recover() != nil || result == nil {
			result, trace = ctx, nil
		}
	}()
	return o.Start(ctx, s)
}

func (o Observer) tell(ctx context.Context, r Received) {
	if o.Received == nil {
		return
	}
	defer func() { _ = recover() }()
	o.Received(ctx, r)
}

// maxReason bounds the text of an error in a status or a log line, in bytes.
const maxReason = 1024

// printable returns the text of an error as one bounded line, without what moves a terminal's cursor.
func printable(err error) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("%T", err)
		}
	}()
	text = err.Error()
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
