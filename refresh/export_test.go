package refresh

import (
	"context"
	"log/slog"
	"time"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/snapshot"
)

// RememberAtMost sets how many deliveries are remembered that are not done.
func (r *Refresher[R]) RememberAtMost(n int) { r.progress.most = n }

// Take is what the Refresher of a Pipeline calls with an outcome.
func (p *Pipeline[R]) Take(ctx context.Context, o Outcome[R]) error { return p.take(ctx, o) }

// UpdatesStore is what the Refresher of NewUpdater calls with an outcome.
func UpdatesStore[R employee.BaseRecord | employee.CleanRecord](
	snapshots snapshot.Store, update func(context.Context, Update[R]) error, logger *slog.Logger,
) func(context.Context, Outcome[R]) error {
	c := &comparison[R]{compare: employee.ChangesWith[R], update: update, logger: logger}
	c.open(snapshots)
	return c.take
}

// EraseAgainAfter sets how long the Pipeline waits before it tries again to erase what it could not.
func (p *Pipeline[R]) EraseAgainAfter(wait time.Duration) { p.eraser.again = wait }
