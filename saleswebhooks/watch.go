package saleswebhooks

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
)

// WatchOptions says when [Account.Watch] calls back.
type WatchOptions struct {
	// Threshold is the part of the tier's subscriptions from which on it calls back, such as 0.9; 0.8 unless set.
	Threshold float64
	// Every is the time between two looks, each of which is one call that reads; 15 minutes unless set.
	Every time.Duration
	// Reached is called when the threshold is reached, and again only after it was not.
	Reached func(ctx context.Context, account *AccountInfo)
	// Logger logs looks that failed at WARN; nil means slog.Default().
	Logger *slog.Logger
}

// Watch looks at the account now and again, until the context ends, and calls back when it has nearly as many
// subscriptions as its tier allows. A look that fails is logged, and the next one follows. It returns the context's error,
// or at once one of the options.
func (a *Account) Watch(ctx context.Context, o WatchOptions, options ...api.CallOption) error {
	op := &a.caller().rows.account
	if err := a.caller().ready(ctx, op); err != nil {
		return err
	}
	if o.Threshold == 0 {
		o.Threshold = 0.8
	}
	if o.Every == 0 {
		o.Every = 15 * time.Minute
	}
	if o.Threshold < 0 || o.Threshold > 1 || o.Every < 0 || o.Reached == nil {
		return wire.Refuse(op, fmt.Errorf("a threshold is between 0 and 1, and Every and Reached are needed"))
	}
	for reached := false; ; {
		info, err := a.Get(ctx, options...)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			logger := o.Logger
			if logger == nil {
				logger = slog.Default()
			}
			logger.WarnContext(ctx, "pronet: the tier could not be looked at", slog.Any("error", err))
		default:
			before := reached
			if reached = info.reaches(o.Threshold); reached && !before {
				o.Reached(ctx, info)
			}
		}
		if err := pause(ctx, o.Every); err != nil {
			return err
		}
	}
}

func (a *AccountInfo) reaches(threshold float64) bool {
	return a.ActiveSubscriptions != nil && a.SubscriptionLimit != nil && float64(*a.ActiveSubscriptions) >= threshold*float64(*a.SubscriptionLimit)
}
