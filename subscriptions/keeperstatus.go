package subscriptions

import (
	"cmp"
	"context"
	"log/slog"
	"time"
)

// KeeperStatus is what a [Keeper] is doing, for health checks and metrics. Times are those of KeeperOptions.Now.
type KeeperStatus struct {
	// Wanted is how many subscriptions should be there, and Kept how many of them were active after the last sweep.
	Wanted, Kept int
	// Pending is how many creations got no response and were not found yet, and Retired how many subscriptions were
	// replaced and are still to be deleted.
	Pending, Retired int
	// NextEnd is when the first of those that are kept ends unless it is renewed, zero when the provider did not say. It
	// is never far in the past while sweeps succeed.
	NextEnd time.Time
	// Sweeping says that a sweep is in progress.
	Sweeping bool
	// LastSweep is when the last sweep ended, zero before the first one.
	LastSweep time.Time
	// LastError is the text of the last sweep's error or of the last one that failed, and LastErrorAt when that was.
	LastError   string
	LastErrorAt time.Time
	// FailingSince is when the first sweep failed since the last one that did all that was due, zero if none has.
	FailingSince time.Time
}

// Status returns what the keeper is doing. It reads nothing, and may be called at any time.
func (k *Keeper) Status() KeeperStatus {
	if k == nil {
		return KeeperStatus{}
	}
	k.noting.Lock()
	defer k.noting.Unlock()
	return k.status
}

// begin notes that a sweep has begun.
func (k *Keeper) begin() {
	k.noting.Lock()
	defer k.noting.Unlock()
	k.status.Sweeping = true
}

// end notes how a sweep has ended. That the caller's context ended is no failure.
func (k *Keeper) end(ctx context.Context, s *sweep, err error) {
	now := k.options.Now()
	k.noting.Lock()
	defer k.noting.Unlock()
	k.status.Sweeping, k.status.LastSweep = false, now
	if s.seen && (err == nil || ctx.Err() == nil) {
		k.status.Kept, k.status.Pending, k.status.Retired = s.report.Kept, len(s.state.Creating), len(s.state.Retired)
		k.status.NextEnd = s.nextEnd()
	}
	switch {
	case err == nil:
		k.status.FailingSince = time.Time{}
	case ctx.Err() == nil:
		k.status.LastError, k.status.LastErrorAt = bounded(err), now
		k.status.FailingSince = cmp.Or(k.status.FailingSince, now)
	}
}

// nextEnd is when the first of the wanted subscriptions ends.
func (s *sweep) nextEnd() (first time.Time) {
	for _, wanted := range s.wanted {
		ends := s.active[s.state.Kept[wanted.Name].ID].ExpiringAt
		if !ends.IsZero() && (first.IsZero() || ends.Before(first)) {
			first = ends
		}
	}
	return first
}

// tell logs what a sweep did, and at WARN what it could not do.
func (k *Keeper) tell(ctx context.Context, report Report, err error) {
	for _, action := range report.Actions {
		level, message, attrs := slog.LevelInfo, "subscriptions: keeper: "+string(action.Kind), []slog.Attr{slog.String("name", action.Name), slog.String("id", action.ID)}
		if !action.ExpiringAt.IsZero() {
			attrs = append(attrs, slog.Time("expiring_at", action.ExpiringAt))
		}
		if report.DryRun {
			attrs = append(attrs, slog.Bool("dry_run", true))
		}
		if action.Err != nil {
			message += " failed"
			attrs = append(attrs, slog.String("error", bounded(action.Err)))
			if ctx.Err() == nil {
				level = slog.LevelWarn
			}
		}
		k.log(ctx, level, message, attrs...)
	}
	if err != nil && len(report.Actions) == 0 && ctx.Err() == nil {
		k.log(ctx, slog.LevelWarn, "subscriptions: keeper: the sweep failed", slog.String("error", bounded(err)))
	}
	k.log(ctx, slog.LevelDebug, "subscriptions: keeper: swept", slog.Int("wanted", len(k.wanted)), slog.Int("kept", report.Kept))
}

// log logs to KeeperOptions.Logger or, from WARN on, to slog's default.
func (k *Keeper) log(ctx context.Context, level slog.Level, message string, attrs ...slog.Attr) {
	logger := k.options.Logger
	if logger == nil {
		if level < slog.LevelWarn {
			return
		}
		logger = slog.Default()
	}
	logger.LogAttrs(ctx, level, message, attrs...)
}

// bounded is the text of an error, at most a kilobyte of it.
func bounded(err error) string {
	text := err.Error()
	return text[:min(len(text), 1024)]
}
