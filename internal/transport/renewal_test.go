package transport_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/limit"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// expiring is a pipeline whose provider refuses every key with 401.
func expiring(t *testing.T, renew func(context.Context, api.Secret) error) *transport.Pipeline {
	return newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) { return answer(401, "{}"), nil }),
		func(c *transport.Config) {
			c.Providers[0].Expired = func(e *api.Error) bool { return e.Status == http.StatusUnauthorized }
			c.Providers[0].Renew = renew
		})
}

// TestRenewalWhoseOwnCallIsRefused does not wait for itself, whether that call carries the key or none.
func TestRenewalWhoseOwnCallIsRefused(t *testing.T) {
	for _, anonymous := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			token := &wire.Op{Name: "Token", Provider: api.Coresignal, Method: wire.Post, Route: "/token", Anonymous: anonymous, Retry: api.RetryIdempotent}
			var p *transport.Pipeline
			p = expiring(t, func(ctx context.Context, _ api.Secret) error { return do(ctx, p, transport.Call{Op: token}) })
			began := time.Now()
			err := do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent)))
			require.ErrorIs(t, err, api.ErrUnauthorized)
			assert.Zero(t, time.Since(began))
		})
	}
}

// TestExpiredKeyOfACallThatIsNotRetried is renewed all the same, for the next one.
func TestExpiredKeyOfACallThatIsNotRetried(t *testing.T) {
	for _, c := range []transport.Call{
		call(operation(http.MethodPost, api.RetryNever)),
		call(operation(http.MethodGet, api.RetryIdempotent), api.WithMaxAttemptsPerCall(1)),
	} {
		renewals := 0
		p := expiring(t, func(context.Context, api.Secret) error { renewals++; return nil })
		err := do(t.Context(), p, c)
		require.ErrorIs(t, err, api.ErrUnauthorized)
		assert.Equal(t, 1, failure(t, err).Attempts)
		assert.Equal(t, 1, renewals)
	}
}

// TestRenewalThatHangs holds nobody beyond the own deadline, the first one neither.
func TestRenewalThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := expiring(t, func(context.Context, api.Secret) error {
			time.Sleep(time.Hour)
			return errors.New("too late")
		})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		require.ErrorIs(t, do(ctx, p, call(operation(http.MethodGet, api.RetryIdempotent))), context.DeadlineExceeded)
		assert.Equal(t, time.Second, time.Since(began))
		time.Sleep(2 * time.Hour)
	})
}

// TestRenewalOfALivingKey is waited for by all calls together for a few seconds, and then they go on with the key they have.
// One whose key is dead waits to the end.
func TestRenewalOfALivingKey(t *testing.T) {
	for _, lives := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			var renewals atomic.Int32
			var renewed atomic.Bool
			p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) { return answer(200, "{}"), nil }),
				func(c *transport.Config) {
					c.Providers[0].Renew = func(context.Context, api.Secret) error {
						renewals.Add(1)
						time.Sleep(time.Minute)
						renewed.Store(true)
						return nil
					}
					c.Providers[0].Stale = func(api.Secret) bool { return !renewed.Load() }
					c.Providers[0].Lives = func(api.Secret) bool { return lives }
				})
			began := time.Now()
			for range 10 {
				require.NoError(t, do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent))))
			}
			assert.Equal(t, map[bool]time.Duration{true: 5 * time.Second, false: time.Minute}[lives], time.Since(began))
			time.Sleep(2 * time.Minute)
			assert.EqualValues(t, 1, renewals.Load())
		})
	}
}

// TestStaleKey: a key that stays stale is renewed once and then sent; a panic of the hook gives the place back.
func TestStaleKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter, err := limit.New(limit.Policy{N: 10, Window: time.Minute})
		require.NoError(t, err)
		asked, renewals, panics := 0, 0, true
		p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) { return answer(200, "{}"), nil }),
			func(c *transport.Config) {
				get := c.Providers[0].Credential
				c.Providers[0].Limiter = limiter
				c.Providers[0].Credential = func(ctx context.Context) (api.Secret, error) { asked++; return get(ctx) }
				c.Providers[0].Renew = func(context.Context, api.Secret) error { renewals++; return nil }
				c.Providers[0].Stale = func(api.Secret) bool {
					if panics {
						panic("the hook's")
					}
					return true
				}
			})
		one := call(operation(http.MethodGet, api.RetryIdempotent))
		for range 20 {
			assert.Panics(t, func() { _ = do(t.Context(), p, one) })
		}
		asked, panics = 0, false
		began := time.Now()
		require.NoError(t, do(t.Context(), p, one))
		assert.Zero(t, time.Since(began))
		assert.Equal(t, 1, renewals)
		assert.LessOrEqual(t, asked, 3)
	})
}

// TestHintByTheProvidersClock: the time in a rate-limit header is the provider's, whatever the clock says here.
func TestHintByTheProvidersClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter, err := limit.New(limit.Policy{N: 10, Window: time.Second})
		require.NoError(t, err)
		p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) {
			theirs := time.Now().Add(10 * time.Minute) // 1.3e9 seconds and more, as a Unix time is
			return answer(200, "{}", "Date", theirs.UTC().AddDate(26, 0, 0).Format(http.TimeFormat),
				"X-Ratelimit-Remaining", "0", "X-Ratelimit-Reset", fmt.Sprint(theirs.AddDate(26, 0, 0).Unix()+3)), nil
		}), func(c *transport.Config) { c.Providers[0].Limiter = limiter })
		began := time.Now()
		for range 2 {
			require.NoError(t, do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent))))
		}
		assert.Equal(t, 3*time.Second, time.Since(began))
	})
}

// TestRefusedForAWhile: a 429 holds back for as long as the provider says, be it in Retry-After or a rate-limit header, and
// for the class's whole window only if it says nothing.
func TestRefusedForAWhile(t *testing.T) {
	for name, c := range map[string]struct {
		header []string
		want   time.Duration
	}{
		"nothing said":       {nil, 15*time.Minute + 900*time.Millisecond},
		"Retry-After":        {[]string{"Retry-After", "7"}, 7 * time.Second},
		"Retry-After: 0":     {[]string{"Retry-After", "0"}, 0},
		"a rate-limit field": {[]string{"X-Ratelimit-Remaining", "0", "X-Ratelimit-Reset", "9"}, 9 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				limiter, err := limit.New(limit.Policy{Class: "bulk", N: 100, Window: 15 * time.Minute})
				require.NoError(t, err)
				p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) { return answer(429, "", c.header...), nil }),
					func(config *transport.Config) { config.Providers[0].Limiter = limiter })
				op := operation(http.MethodPost, api.RetryUnsent)
				op.Class = "bulk"
				require.ErrorIs(t, do(t.Context(), p, call(op, api.WithMaxAttemptsPerCall(1))), api.ErrRateLimited)
				began := time.Now()
				slot, err := limiter.Acquire(t.Context(), "bulk", limit.Waiting{})
				require.NoError(t, err)
				slot.Release()
				assert.Equal(t, c.want, time.Since(began))
			})
		})
	}
}

// TestHooksThatAreNotCalled: a protocol that was registered with the transport calls none, so nothing is known of what left.
func TestHooksThatAreNotCalled(t *testing.T) {
	sends := 0
	base := &http.Transport{TLSNextProto: map[string]func(string, *tls.Conn) http.RoundTripper{}}
	base.RegisterProtocol("https", roundTrip(func(*http.Request) (*http.Response, error) { sends++; return nil, io.ErrUnexpectedEOF }))
	err := do(t.Context(), newPipeline(t, "https://api.example.com", func(c *transport.Config) { c.RoundTripper = base }), call(operation(http.MethodPost, api.RetryUnsent)))
	require.ErrorIs(t, err, api.ErrMaybeApplied)
	assert.Equal(t, 1, sends)
}

// TestContextOfARequestIsNotPrinted: a transport of the user's may log it.
func TestContextOfARequestIsNotPrinted(t *testing.T) {
	var text string
	p := newPipeline(t, "https://api.example.com", over(func(r *http.Request) (*http.Response, error) {
		text = fmt.Sprintf("%v %+v %#v %s", r.Context(), r.Context(), r.Context(), r.Context())
		return answer(200, "{}"), nil
	}))
	require.NoError(t, do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent))))
	assert.NotContains(t, text, key)
}

// TestR15AnnouncedLengthTakesNoMemory before its bytes have come.
func TestR15AnnouncedLengthTakesNoMemory(t *testing.T) {
	p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) {
		a := answer(200, "{}")
		a.ContentLength = 16 << 20
		return a, nil
	}))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 20 {
		require.NoError(t, do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent))))
	}
	runtime.ReadMemStats(&after)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(20*2<<20))
}

// TestStateOfTheLimiterIsSavedByTheCaller: a panic in it is the caller's, not one of net/http's goroutine.
func TestStateOfTheLimiterIsSavedByTheCaller(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "{}") }))
	defer server.Close()
	limiter, err := limit.New(limit.Policy{N: 10, Window: 15 * time.Minute})
	require.NoError(t, err)
	limiter.Keep(&panickingState{})
	p := newPipeline(t, server.URL, func(c *transport.Config) { c.Providers[0].Limiter = limiter })
	assert.Panics(t, func() { _ = do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent))) })
	require.NoError(t, do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent))))
}

type panickingState struct{ saves int }

func (*panickingState) Load() ([]byte, error) { return nil, nil }
func (s *panickingState) Save([]byte) error {
	if s.saves++; s.saves == 2 { // after the request was written
		panic("the user's")
	}
	return nil
}

// TestMisuse is an error, never a panic.
func TestMisuse(t *testing.T) {
	p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) {
		t.Error("a request was sent")
		return answer(200, "{}"), nil
	}))
	require.ErrorIs(t, do(nil, p, call(operation(http.MethodGet, api.RetryIdempotent))), api.ErrInvalid) //nolint:staticcheck // that is the point
	for _, path := range []string{"/people/a%2F..%2F..%2Fadmin|", "/x^y", "/é"} {
		require.ErrorIs(t, do(t.Context(), p, transport.Call{Op: operation(http.MethodGet, api.RetryIdempotent), EncodedPath: path}), api.ErrInvalid, path)
	}
	keyed := call(operation(http.MethodPost, api.RetryUnsent))
	keyed.Header = http.Header{"Idempotency-Key": {"k"}}
	require.ErrorIs(t, do(t.Context(), p, keyed), api.ErrInvalid, "net/http would write it twice by itself")
}

// TestR57TheEndComesWithThePlace: a call whose context ends just when it gets its place does not use it, grace or not.
func TestR57TheEndComesWithThePlace(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	limiter, err := limit.New(limit.Policy{N: 1, Window: 15 * time.Minute})
	require.NoError(t, err)
	limiter.Keep(savingState(cancel))
	sends := 0
	p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) { sends++; return answer(200, "{}"), nil }),
		func(c *transport.Config) { c.Providers[0].Limiter = limiter })
	one := call(operation(http.MethodPost, api.RetryUnsent))
	one.Grace = time.Second
	err = do(ctx, p, one)
	require.ErrorIs(t, err, context.Canceled)
	assert.NotErrorIs(t, err, api.ErrMaybeApplied)
	assert.Zero(t, sends)
	require.NoError(t, do(t.Context(), p, one), "the place was given back")
}

type savingState func()

func (savingState) Load() ([]byte, error) { return nil, nil }
func (s savingState) Save([]byte) error   { s(); return nil }
