package refresh

import (
	"context"
	"log/slog"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/snapshot"
)

// RememberAtMost sets how many deliveries are remembered that are not done.
func (r *Refresher[R]) RememberAtMost(n int) { r.progress.most = n }

// Take is what the Refresher of a Pipeline calls with an outcome.
func (p *Pipeline[R]) Take(ctx context.Context, o Outcome[R]) error { return p.take(ctx, o) }

// UpdatesStore is what the Refresher of NewUpdater calls with an outcome, of the Base dataset.
func UpdatesStore(snapshots snapshot.Store, update func(context.Context, Update[employee.BaseRecord]) error, logger *slog.Logger) func(context.Context, Outcome[employee.BaseRecord]) error {
	c := &comparison[employee.BaseRecord]{compare: employee.ChangesWith[employee.BaseRecord], update: update, logger: logger}
	c.open(snapshots)
	return c.take
}
