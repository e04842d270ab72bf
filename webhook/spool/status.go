package spool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode"

	"github.com/pronet-go/pronet/webhook"
)

// Status is what a [Spool] is doing, for health checks and metrics.
type Status struct {
	// Pending is how many deliveries are stored and not yet dealt with, and PendingBytes what their files have. The ones
	// counted by Waiting, Behind and InWork are among them.
	Pending      int
	PendingBytes int64
	// Oldest is how long ago the oldest pending delivery was received, 0 if there is none.
	Oldest time.Duration
	// Waiting is how many have failed, or have come to their turn behind one that failed, and wait for the time of their
	// next attempt. Behind is how many wait for an earlier one that is about the same subject.
	Waiting, Behind int
	// InWork is how many are being processed: 0 or 1.
	InWork int
	// Dead is how many dead deliveries there are, and DeadBytes what their files take, see [Options.MaxDead]. Files that
	// are deleted by hand count until the spool is opened again.
	Dead      int
	DeadBytes int64
	// KeptBytes is what was bought for pending deliveries and not yet handed over, see [Options.MaxKept].
	KeptBytes int64
	// Running says that [Spool.Run] is running.
	Running bool
	// LastError is the text of the last failure of a delivery, and LastErrorAt when it was.
	LastError   string
	LastErrorAt time.Time
	// FailingSince is when the first attempt failed since the last one that succeeded, zero if none has.
	FailingSince time.Time
}

// Status returns what the spool is doing. It reads no file, and may be called at any time, after Close too.
func (s *Spool) Status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := &s.index
	status := Status{
		Pending: x.count, PendingBytes: x.bytes, Waiting: len(x.line.waiting), Behind: x.line.behind,
		Dead: x.dead, DeadBytes: x.deadBytes, KeptBytes: x.keptBytes, Running: s.stopRun != nil,
		LastError: s.lastError, LastErrorAt: s.lastErrorAt, FailingSince: s.failingSince,
	}
	oldest := s.working
	if oldest != nil {
		status.InWork = 1
	}
	older := func(e *entry) {
		if e != nil && (oldest == nil || e.received < oldest.received) {
			oldest = e
		}
	}
	for e := range x.line.fresh.all() {
		older(e)
	}
	for _, e := range x.line.waiting {
		older(e)
	}
	if oldest != nil {
		status.Oldest = max(0, time.Since(time.Unix(0, oldest.received)))
	}
	return status
}

// Observer watches a [Spool], for metrics. Every field may be nil. The functions are called on the goroutine of
// [Spool.Run], which waits for them. A panic of theirs is caught.
type Observer struct {
	// Start is called before the function given to Run is. The context that it returns (never nil) is the one that the
	// function and Attempt get; it must end when the one that it was given does.
	Start func(ctx context.Context, s Start) context.Context
	// Attempt is called when an attempt to process a delivery has ended, and when a delivery goes to the dead ones without
	// one.
	Attempt func(ctx context.Context, a Attempt)
}

// Start tells of an attempt that begins.
type Start struct {
	// Source and Label are those of the delivery.
	Source, Label string
	// Events is how many events it has.
	Events int
	// Attempts is how many attempts of the delivery count by now, this one included.
	Attempts int
	// Waited is the time from the receipt of the delivery to the begin of the attempt.
	Waited time.Duration
	// Traces are those of the delivery, and of the first of those that were joined to it: 128 at most.
	Traces []webhook.Trace
}

// Outcome says how an attempt ended.
type Outcome string

const (
	// OutcomeDone means that the delivery was dealt with.
	OutcomeDone Outcome = "done"
	// OutcomeRetry means that it will be tried again.
	OutcomeRetry Outcome = "retry"
	// OutcomeDead means that it was given up.
	OutcomeDead Outcome = "dead"
)

// Attempt tells of an attempt that has ended.
type Attempt struct {
	// Source and Label are those of the delivery, empty if its file could not be read.
	Source, Label string
	// Events is how many events it has.
	Events int
	// Attempts is how many attempts of the delivery count by now.
	Attempts int
	// Waited is the time from the receipt of the delivery to the begin of the attempt.
	Waited time.Duration
	// Duration is the time that the function given to Run took, 0 if it was not called.
	Duration time.Duration
	// Outcome is how it ended.
	Outcome Outcome
	// Err is why, nil if the delivery is done.
	Err error
}

// maxTraces is how many traces of joined deliveries are told: as many links as a span has by default.
const maxTraces = 128

// start calls the observer.
func (a *attempt) start(ctx context.Context) (started context.Context) {
	observe := a.spool.options.Observer.Start
	if observe == nil {
		return ctx
	}
	defer func() {
		if recover() != nil || started == nil {
			started = ctx
		}
	}()
	return observe(ctx, Start{
		Source: a.source, Label: a.label, Events: len(a.events), Attempts: a.entry.attempts, Waited: a.waited(), Traces: a.traces,
	})
}

// waited is the time from the receipt to the begin. What the entry has is the file's time, after a restart.
func (a *attempt) waited() time.Duration {
	received := a.receivedAt
	if received.IsZero() {
		received = time.Unix(0, a.entry.received)
	}
	return max(0, a.began.Sub(received))
}

// tell calls the observer.
func (a *attempt) tell(ctx context.Context, outcome Outcome, err error) {
	observe := a.spool.options.Observer.Attempt
	if observe == nil {
		return
	}
	defer func() { _ = recover() }()
	observe(ctx, Attempt{
		Source: a.source, Label: a.label, Events: len(a.events), Attempts: a.entry.attempts,
		Waited: a.waited(), Duration: a.took, Outcome: outcome, Err: err,
	})
}

// noteFailure remembers a failure for Status.
func (s *Spool) noteFailure(failure error) {
	text := printable(failure)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastError, s.lastErrorAt = text, time.Now()
	if s.failingSince.IsZero() {
		s.failingSince = s.lastErrorAt
	}
}

// log logs with the caller's logger, or what a person must see with the default one. A panic of theirs is caught.
func (s *Spool) log(ctx context.Context, level slog.Level, message string, attrs func() []slog.Attr) {
	defer func() { _ = recover() }()
	logger := s.options.Logger
	if logger == nil {
		if level < slog.LevelWarn {
			return
		}
		logger = slog.Default()
	}
	if logger.Enabled(ctx, level) {
		logger.LogAttrs(ctx, level, message, attrs()...)
	}
}

// log logs what happened to the delivery.
func (a *attempt) log(ctx context.Context, level slog.Level, message string, failure error, more ...slog.Attr) {
	a.spool.log(ctx, level, message, func() []slog.Attr {
		attrs := append([]slog.Attr{
			slog.String("source", a.source), slog.String("label", a.label), slog.Uint64("number", a.entry.sequence),
			slog.Int("attempts", a.entry.attempts), slog.Int("of", a.spool.options.Attempts), slog.Int64("bytes", a.entry.size),
		}, more...)
		if failure != nil {
			attrs = append(attrs, slog.String("error", printable(failure)))
		}
		if p, ok := errors.AsType[*panicError](failure); ok {
			attrs = append(attrs, slog.String("stack", string(p.stack)))
		}
		return attrs
	})
}

// maxReason bounds the text of an error that is logged or written beside a dead delivery, in bytes.
const maxReason = 1024

// printable returns the text of an error as one bounded line, without what moves a terminal's cursor.
func printable(err error) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("%T", err)
		}
	}()
	return printableText(err.Error())
}

func printableText(text string) string {
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
