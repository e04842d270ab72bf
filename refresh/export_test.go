package refresh

// RememberAtMost sets how many deliveries are remembered that are not done.
func (r *Refresher[R]) RememberAtMost(n int) { r.progress.most = n }
