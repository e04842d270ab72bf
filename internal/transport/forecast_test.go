package transport_test

import (
	"context"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/limit"
	"github.com/pronet-go/pronet/internal/transport"
)

// TestForecast asks the limiter of a configured provider, and says what cannot be asked.
func TestForecast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter, err := limit.New(probeLimits...)
		require.NoError(t, err)
		with := func(change func(*transport.Provider)) *transport.Pipeline {
			one := transport.Provider{
				Provider: probeProvider(&url.URL{Scheme: "https", Host: "api.example.com"}, nil), Limiter: limiter,
				Credential: func(context.Context) (api.Secret, error) { return api.NewSecret("key") },
			}
			change(&one)
			return transport.New(transport.Config{Providers: []transport.Provider{one}})
		}
		own := with(func(*transport.Provider) {})
		for calls, windows := range map[int]int{-1: 0, 0: 0, 1: 0, 2: 0, 3: 1, 4: 1, 5: 2, 142: 70} {
			takes, err := own.Forecast(probe, "bulk", calls)
			require.NoError(t, err)
			assert.InDelta(t, time.Duration(windows)*15*time.Minute, takes, float64(2*time.Minute), calls)
		}
		_, err = own.Forecast(api.Coresignal, "bulk", 1)
		require.ErrorIs(t, err, api.ErrNotConfigured)

		takes, err := with(func(p *transport.Provider) { p.Limiter = nil }).Forecast(probe, "bulk", 100)
		require.NoError(t, err)
		assert.Zero(t, takes, "nothing paces the calls")
		_, err = with(func(p *transport.Provider) { p.Limiter, p.Custom = nil, anyTime{} }).Forecast(probe, "bulk", 1)
		require.ErrorIs(t, err, api.ErrInvalid, "a limiter of the user's cannot be asked")
	})
}

// anyTime is a limiter of the user's that grants each call at once.
type anyTime struct{}

func (anyTime) Wait(context.Context, string) error { return nil }
func (anyTime) Pause(string, time.Time)            {}
