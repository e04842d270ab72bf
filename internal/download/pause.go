package download

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	firstPause = 500 * time.Millisecond
	maxPause   = 20 * time.Second
)

// pause waits before a file is asked for the n-th time in a row: half of a doubling, capped time and, by chance, up to
// the whole. It does not begin a wait that the context's deadline will cut.
func pause(ctx context.Context, n int) error {
	longest := min(firstPause<<min(n-1, 10), maxPause)
	d := longest/2 + rand.N(longest/2+1)
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < d {
		return context.DeadlineExceeded
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
