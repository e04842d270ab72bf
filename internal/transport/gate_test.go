package transport_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptrace"
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

// errVault is an error of a user's credential function.
var errVault = errors.New("CANARY: the vault says no")

// failingAfter is a credential that works n times.
func failingAfter(credential api.Credential, n int, calls *int) api.Credential {
	return func(ctx context.Context) (api.Secret, error) {
		if *calls++; *calls > n {
			return api.Secret{}, errVault
		}
		return credential(ctx)
	}
}

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

func TestCredentialIsAskedBeforeEachAttempt(t *testing.T) {
	rotated := 0
	var seen []string
	p := newPipeline(t, "https://api.example.com",
		over(func(r *http.Request) (*http.Response, error) {
			seen = append(seen, r.Header.Get("Authorization"))
			return answer(503, ""), nil
		}),
		func(c *transport.Config) {
			c.Providers[0].KeyHeader, c.Providers[0].KeyPrefix = "Authorization", "Bearer "
			c.Providers[0].Credential = func(context.Context) (api.Secret, error) {
				rotated++
				return api.NewSecret("key-" + string(rune('a'+rotated-1)))
			}
		})
	require.Error(t, do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent), api.WithMaxAttemptsPerCall(3))))
	assert.Equal(t, []string{"Bearer key-a", "Bearer key-b", "Bearer key-c"}, seen)
}

// TestCredentialThatFails pins that nothing is sent, that the text of the user's error is not printed, and that the
// place under the rate limit is given back.
func TestCredentialThatFails(t *testing.T) {
	limiter, err := limit.New(limit.Policy{N: 1, Window: time.Hour})
	require.NoError(t, err)
	foreign := wire.NewStatusError(operation(http.MethodPost, api.RetryNever), 500)
	for _, c := range []struct {
		name       string
		credential api.Credential
		is         error
	}{
		{"error", func(context.Context) (api.Secret, error) { return api.Secret{}, errVault }, errVault},
		{"error of another call", func(context.Context) (api.Secret, error) { return api.Secret{}, foreign }, foreign},
		{"no key", func(context.Context) (api.Secret, error) { return api.Secret{}, nil }, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPipeline(t, "https://api.example.com",
				over(func(*http.Request) (*http.Response, error) {
					t.Error("a request was sent")
					return answer(200, ""), nil
				}),
				func(config *transport.Config) {
					config.Providers[0].Credential, config.Providers[0].Limiter = c.credential, limiter
				})
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			err := do(ctx, p, call(operation(http.MethodPost, api.RetryUnsent)))
			e := failure(t, err)
			assert.Equal(t, "test.Things: coresignal: the credential function failed", e.Error())
			assert.Zero(t, e.Attempts)
			assert.Zero(t, e.Status, "another call's failure is not this call's")
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
			assert.NotErrorIs(t, err, api.ErrMaybeApplied)
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err = limiter.Acquire(ctx, "", limit.Waiting{})
	require.NoError(t, err)
	assert.Empty(t, foreign.Header)
}

// customLimiter is a limiter of a user's.
type customLimiter struct {
	err    error
	waits  int
	paused time.Time
}

func (l *customLimiter) Wait(context.Context, string) error {
	l.waits++
	return l.err
}

func (l *customLimiter) Pause(_ string, until time.Time) { l.paused = until }

func TestCustomLimiter(t *testing.T) {
	status := 200
	limiter := &customLimiter{}
	p := newPipeline(t, "https://api.example.com",
		over(func(*http.Request) (*http.Response, error) { return answer(status, "", "Retry-After", "100000"), nil }),
		func(c *transport.Config) { c.Providers[0].Custom = limiter })
	c := call(operation(http.MethodPost, api.RetryUnsent))
	require.NoError(t, do(t.Context(), p, c))
	assert.Equal(t, 1, limiter.waits)
	assert.Zero(t, limiter.paused)

	status = 429
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err := do(ctx, p, c)
	require.ErrorIs(t, err, api.ErrRateLimited)
	assert.NotErrorIs(t, err, context.DeadlineExceeded, "it is not the deadline that ends it")
	assert.Equal(t, 2, limiter.waits)
	assert.WithinDuration(t, time.Now().Add(5*time.Minute), limiter.paused, 10*time.Second, "no longer than MaxWait")

	limiter.err = errVault
	err = do(t.Context(), p, c)
	require.ErrorIs(t, err, errVault)
	assert.Equal(t, "test.Things: coresignal: the limiter failed", err.Error())
	limiter.err = context.DeadlineExceeded
	err = do(t.Context(), p, c)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Contains(t, err.Error(), "deadline")
}

// TestLimiterCountsEachAttempt pins that a repeat takes a place of its own, and that a request that never left gives it back.
func TestLimiterCountsEachAttempt(t *testing.T) {
	limiter, err := limit.New(limit.Policy{Class: "things", N: 3, Window: time.Hour})
	require.NoError(t, err)
	fail := true
	p := newPipeline(t, "https://api.example.com",
		over(func(*http.Request) (*http.Response, error) {
			if fail {
				fail = false
				return answer(503, ""), nil
			}
			return answer(200, "{}"), nil
		}),
		func(c *transport.Config) { c.Providers[0].Limiter = limiter })
	op := operation(http.MethodGet, api.RetryIdempotent)
	op.Class = "things"
	require.NoError(t, do(t.Context(), p, call(op)))
	require.NoError(t, do(t.Context(), p, call(op)))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	err = do(ctx, p, call(op))
	require.ErrorIs(t, err, context.DeadlineExceeded, "the fourth has no place, and does not wait for one in vain")
	assert.Contains(t, err.Error(), "rate limit leaves no place")

	other, err := limit.New(limit.Policy{N: 1, Window: time.Hour})
	require.NoError(t, err)
	unreachable := newPipeline(t, nobody, func(c *transport.Config) { c.Providers[0].Limiter = other })
	err = do(ctx, unreachable, call(operation(http.MethodPost, api.RetryUnsent)))
	require.ErrorIs(t, err, api.ErrUnavailable)
	assert.Equal(t, 4, failure(t, err).Attempts, "each gave its place back")
}

// TestTransportThatBreaksTheRules has http.RoundTrippers that net/http's client would put up with or report.
func TestTransportThatBreaksTheRules(t *testing.T) {
	for name, c := range map[string]struct {
		response *http.Response
		kind     error
	}{
		"neither response nor error": {nil, api.ErrUnavailable},
		"no body":                    {&http.Response{StatusCode: 200}, nil},
		"no body and a redirect":     {&http.Response{StatusCode: 302}, api.ErrRedirect},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) { return c.response, nil }))
			err := do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent)))
			if c.kind == nil {
				require.NoError(t, err)
			} else {
				require.ErrorIs(t, err, c.kind)
			}
		})
	}
}

// TestAHookLaterThanTheAnswerCountsOnce: net/http may tell that a request was written after its answer has arrived. The
// place under the limit is taken once all the same.
func TestAHookLaterThanTheAnswerCountsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limiter, err := limit.New(limit.Policy{N: 2, Window: time.Minute})
		require.NoError(t, err)
		var late []func(httptrace.WroteRequestInfo)
		p := newPipeline(t, "https://api.example.com", over(func(request *http.Request) (*http.Response, error) {
			trace := httptrace.ContextClientTrace(request.Context())
			trace.GotConn(httptrace.GotConnInfo{})
			trace.WroteHeaders()
			late = append(late, trace.WroteRequest)
			return answer(200, `{}`), nil
		}), func(c *transport.Config) { c.Providers[0].Limiter = limiter })
		start := time.Now()
		for range 2 {
			require.NoError(t, do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent))))
			late[len(late)-1](httptrace.WroteRequestInfo{})
		}
		assert.Zero(t, time.Since(start), "two calls have two places")
		require.NoError(t, do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent))))
		assert.Equal(t, 60*time.Second+60*time.Millisecond, time.Since(start))

		late[2](httptrace.WroteRequestInfo{})
		late[2](httptrace.WroteRequestInfo{}) // written twice: the first connection was dead
		require.NoError(t, do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent))))
		assert.Equal(t, 2*(60*time.Second+60*time.Millisecond), time.Since(start), "that counts twice")
	})
}
