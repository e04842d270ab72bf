package transport

import (
	"context"
	"errors"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/limit"
	"github.com/pronet-go/pronet/internal/wire"
)

// pacer holds calls to the provider's rate limits: by the limiter of the client's own, or by one of the user's.
type pacer struct {
	own     *limit.Limiter
	custom  api.Limiter
	longest time.Duration // that a pause or a long window is waited for
}

// wait waits for a place under the limits of a class. OnWait may be nil.
func (p *pacer) wait(ctx context.Context, class string, onWait func(time.Duration)) (limit.Slot, error) {
	switch {
	case p.custom != nil:
		return limit.Slot{}, limiterError(p.custom.Wait(ctx, class))
	case p.own == nil:
		return limit.Slot{}, nil
	}
	return p.own.Acquire(ctx, class, limit.Waiting{Longest: p.longest, OnWait: onWait})
}

// pause holds back the calls of a class.
func (p *pacer) pause(class string, until time.Time) {
	switch {
	case p.custom != nil:
		p.custom.Pause(class, until)
	case p.own != nil:
		p.own.Pause(class, until)
	}
}

// window is the class's longest window of five minutes or more, 0 when there is none or it is not known.
func (p *pacer) window(class string) time.Duration {
	if p.own == nil {
		return 0
	}
	return p.own.Window(class)
}

// closeDay says that the provider refused a call, perhaps since a quota of a day is used up; nil when it is not that.
func (p *pacer) closeDay(class string, sure bool) *api.RateLimitError {
	if p.own == nil {
		return nil
	}
	return p.own.CloseDay(class, sure)
}

// limiterError keeps the text of an error of the user's limiter from being printed.
func limiterError(err error) error {
	var limited *api.RateLimitError
	if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &limited) {
		return err
	}
	return wire.Plain("the limiter failed", err)
}
