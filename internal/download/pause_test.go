package download

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPauseGrows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for n, longest := range map[int]time.Duration{
			1: 500 * time.Millisecond, 2: time.Second, 3: 2 * time.Second, 5: 8 * time.Second, 7: 20 * time.Second, 1000: 20 * time.Second,
		} {
			began := time.Now()
			require.NoError(t, pause(t.Context(), n))
			assert.GreaterOrEqual(t, time.Since(began), longest/2)
			assert.LessOrEqual(t, time.Since(began), longest)
		}
	})
}

func TestPauseEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		began := time.Now()
		require.ErrorIs(t, pause(ctx, 10), context.Canceled)
		assert.Equal(t, time.Millisecond, time.Since(began))
		ctx, cancel = context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		began = time.Now()
		require.ErrorIs(t, pause(ctx, 1), context.DeadlineExceeded)
		assert.Zero(t, time.Since(began), "the deadline is seen before the wait")
	})
}
