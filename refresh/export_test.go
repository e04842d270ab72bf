package refresh

import "context"

// RememberAtMost sets how many deliveries are remembered that are not done.
func (r *Refresher[R]) RememberAtMost(n int) { r.progress.most = n }

// Take is what the Refresher of a Pipeline calls with an outcome.
func (p *Pipeline[R]) Take(ctx context.Context, o Outcome[R]) error { return p.take(ctx, o) }
