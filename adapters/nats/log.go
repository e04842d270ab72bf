package nats

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"
	"unicode"
)

// log logs what happened to the delivery.
func (a *attempt) log(level slog.Level, message string, failure error, more ...slog.Attr) {
	attrs := []slog.Attr{slog.Uint64("number", a.entry.sequence), slog.Int("attempts", a.failed), slog.Int("of", a.options.Attempts)}
	if d := a.stored.d; d != nil {
		attrs = append(attrs, slog.String("source", d.Source), slog.String("label", d.Label), slog.Int("bytes", len(d.Body)))
	}
	attrs = append(attrs, more...)
	if failure != nil {
		attrs = append(attrs, slog.String("error", printable(failure)))
	}
	if p, ok := errors.AsType[*panicError](failure); ok {
		attrs = append(attrs, slog.String("stack", string(p.stack)))
	}
	a.Queue.log(a.held, level, message, attrs...)
}

func (q *Queue) warn(ctx context.Context, message string, err error, more ...slog.Attr) {
	q.log(ctx, slog.LevelWarn, message, append(more, slog.String("error", printable(err)))...)
}

// log logs with the caller's logger, or what a person must see with the default one. A panic of theirs is caught.
func (q *Queue) log(ctx context.Context, level slog.Level, message string, attrs ...slog.Attr) {
	defer func() { _ = recover() }()
	logger := q.options.Logger
	if logger == nil {
		if level < slog.LevelWarn {
			return
		}
		logger = slog.Default()
	}
	logger.LogAttrs(ctx, level, message, attrs...)
}

// maxReason bounds the text of an error that is logged or goes with a dead delivery, in bytes.
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

// recovered makes an error of a panic.
func recovered(err *error) {
	if value := recover(); value != nil {
		*err = &panicError{value: value, stack: debug.Stack()}
	}
}

// panicError is a panic of the caller's code. Its text names the type of the value, unless it is the runtime's: others may
// hold anything.
type panicError struct {
	value any
	stack []byte
}

// Error implements error.
func (e *panicError) Error() string {
	if err, ok := e.value.(runtime.Error); ok {
		return "panic: " + err.Error()
	}
	return fmt.Sprintf("panic: %T", e.value)
}
