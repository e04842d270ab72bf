//go:build unix

package redis_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/adapters/redis"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/api/limitertest"
	"github.com/pronet-go/pronet/webhook"
	"github.com/pronet-go/pronet/webhook/deduptest"
)

// TestLimits: the limits keep the rules, by the time of the server, from as many connections as there are processes.
func TestLimits(t *testing.T) {
	s := startServer(t)
	limitertest.Run(t, func(t *testing.T) limitertest.Storage {
		require.NoError(t, s.client().FlushAll(t.Context()).Err())
		return limitertest.Storage{
			Open: func() api.SharedLimits {
				limits, err := redis.NewLimits(s.client())
				require.NoError(t, err)
				return limits
			},
			Now: time.Now, Pass: time.Sleep, Length: 2 * time.Second,
		}
	})
}

// TestMarks keep the rules of a webhook.Store.
func TestMarks(t *testing.T) {
	s := startServer(t)
	deduptest.Run(t, func(t *testing.T) deduptest.Storage {
		require.NoError(t, s.client().FlushAll(t.Context()).Err())
		return deduptest.Storage{
			Open: func() webhook.Store {
				marks, err := redis.NewMarks(s.client(), "")
				require.NoError(t, err)
				return marks
			},
			Pass: time.Sleep,
		}
	})
}
