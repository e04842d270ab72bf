//go:build unix

package redis_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/adapters/redis"
	"github.com/pronet-go/pronet/webhook"
)

// refusing is a client of a Redis that refuses connections.
func refusing(t *testing.T) *goredis.Client {
	t.Helper()
	client := goredis.NewClient(&goredis.Options{
		Addr: "127.0.0.1:6379", MaxRetries: -1, DialerRetries: 1,
		Dialer: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		},
	})
	t.Cleanup(func() {
		require.NoError(t, client.Close())
		time.Sleep(time.Minute) // of the bubble, in which its goroutines see that
	})
	return client
}

// RoundTrip lets the provider be asked without a network.
func (p *provider) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	response := w.Result()
	text, err := io.ReadAll(response.Body)
	response.Body = io.NopCloser(bytes.NewReader(text))
	return response, err
}

// TestRedisIsAwayForTenMinutes: each process has its share or makes no call, and says so once; a delivery is worked on or
// waits; without marks it is not taken.
func TestRedisIsAwayForTenMinutes(t *testing.T) {
	logging.Disable()
	const lasts = 10 * time.Minute
	for name, processes := range map[string]int{"two processes": 2, "0 processes": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var p provider
				limits, err := redis.NewLimits(refusing(t))
				require.NoError(t, err)
				c := &caller{first: 1}
				c.client, err = pronet.New(pronet.WithTransport(&p), pronet.WithLogger(slog.New(slog.NewTextHandler(&c.log, nil))),
					pronet.WithCoresignal("key-of-the-test", pronet.RateLimit("", places, window), pronet.SharedRateLimit(limits, "coresignal", processes)))
				require.NoError(t, err)
				receiver := newReceiver(t, c.client)
				stop := receiver.run(t)
				defer stop()
				receiver.notify(t)
				began := time.Now()
				for n := int64(0); time.Since(began) < lasts; n++ {
					c.call(t.Context(), n)
				}
				assert.Equal(t, 1, c.warnings(), "once")
				status := receiver.Status().Notices
				assert.Zero(t, status.Dead)
				if processes == 0 {
					assert.NotEmpty(t, c.errs)
					for _, err := range c.errs {
						require.ErrorIs(t, err, pronet.ErrSharedLimits)
					}
					assert.Empty(t, p.arrived)
					assert.Equal(t, 1, status.Pending, "it waits")
					return
				}
				assert.Empty(t, c.errs)
				assert.Len(t, receiver.told, 1)
				assert.Zero(t, status.Pending)
				share := places / processes
				for i := share; i < len(p.arrived); i++ {
					require.GreaterOrEqual(t, p.arrived[i].Sub(p.arrived[i-share]), window, "more than the share")
				}
				assert.GreaterOrEqual(t, p.arrived[0].Sub(began), window, "a window is waited out first")
				assert.Greater(t, len(p.arrived), int(lasts/window)*share*9/10, "and then all of it is used")
			})
		})
	}
	t.Run("marks", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			marks, err := redis.NewMarks(refusing(t), "")
			require.NoError(t, err)
			token := webhook.NewPathToken()
			sender, err := webhook.Coresignal(webhook.Endpoint{Label: "customers", Token: token})
			require.NoError(t, err)
			handler, err := webhook.NewHandler(sender, webhook.Func(func(context.Context, *webhook.Delivery) error {
				assert.Fail(t, "it is not known whether the delivery is a repetition")
				return nil
			}), webhook.WithStore(marks), webhook.WithLogger(slog.New(slog.DiscardHandler)))
			require.NoError(t, err)
			for began := time.Now(); time.Since(began) < lasts; time.Sleep(10 * time.Second) {
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/hooks/"+token, strings.NewReader(`[{"member_id":1,"status":"changed"}]`)))
				require.Equal(t, http.StatusServiceUnavailable, w.Code)
			}
			assert.Equal(t, lasts, time.Since(handler.Status().FailingSince))
		})
	})
}
