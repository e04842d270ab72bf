package limit_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/internal/limit"
)

// TestForecast is what the calls then take, whatever was sent and is being sent before.
func TestForecast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, err := limit.New(limit.Policy{Class: "bulk", N: 10, Window: 15 * time.Minute}, limit.Policy{N: 3, Window: time.Second})
		require.NoError(t, err)
		forecast := func(calls int) time.Duration {
			d, err := l.Forecast("bulk", calls)
			require.NoError(t, err)
			return d
		}
		assert.Zero(t, forecast(0))
		assert.Zero(t, forecast(3))
		assert.Equal(t, 1020*time.Millisecond, forecast(4))
		for range 4 {
			require.NoError(t, l.Wait(t.Context(), "bulk"))
		}
		slot, err := l.Acquire(t.Context(), "bulk", limit.Waiting{})
		require.NoError(t, err)
		long := forecast(142)
		slot.Sent()
		began := time.Now()
		for range 142 {
			require.NoError(t, l.Wait(t.Context(), "bulk"))
		}
		assert.InDelta(t, long, time.Since(began), float64(3*time.Second))
		assert.Greater(t, long, 210*time.Minute)
		l.Pause("bulk", time.Now().Add(time.Hour))
		assert.GreaterOrEqual(t, forecast(1), time.Hour)
	})
}

// TestKeepSavesShortWindows, so that a process that is started again at once knows of its calls.
func TestKeepSavesShortWindows(t *testing.T) {
	file := limit.File(t.TempDir() + "/limits.json")
	synctest.Test(t, func(t *testing.T) {
		for _, keep := range []bool{true, false} {
			policy := limit.Policy{N: 2, Window: time.Minute, Keep: keep}
			open := func() *limit.Limiter {
				l, err := limit.New(policy)
				require.NoError(t, err)
				l.Keep(file)
				return l
			}
			time.Sleep(time.Hour)
			l := open()
			for range 2 {
				require.NoError(t, l.Wait(t.Context(), ""))
			}
			began := time.Now()
			require.NoError(t, open().Wait(t.Context(), ""))
			assert.Equal(t, keep, time.Since(began) > time.Minute)
		}
	})
}

func TestForecastOfADamagedState(t *testing.T) {
	l, err := limit.New(limit.Policy{N: 1, Window: time.Hour})
	require.NoError(t, err)
	l.Keep(damaged{})
	_, err = l.Forecast("", 1)
	require.Error(t, err)
}

type damaged struct{}

func (damaged) Load() ([]byte, error) { return []byte("{"), nil }
func (damaged) Save([]byte) error     { return nil }
