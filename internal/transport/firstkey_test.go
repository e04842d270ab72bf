package transport_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// renewable is a credential without a key at first.
type renewable struct {
	key      atomic.Pointer[api.Secret]
	renewals atomic.Int32
	err      error
	keep     bool
}

func (r *renewable) get(context.Context) (api.Secret, error) {
	if key := r.key.Load(); key != nil {
		return *key, nil
	}
	return api.Secret{}, nil
}

func (r *renewable) renew(context.Context, api.Secret) error {
	time.Sleep(time.Second)
	n := r.renewals.Add(1)
	if r.err != nil || r.keep && n > 1 {
		return r.err
	}
	key, err := api.NewSecret("key-" + string('0'+n))
	r.key.Store(&key)
	return err
}

func (r *renewable) use(c *transport.Config) {
	c.Providers[0].Credential, c.Providers[0].Renew = r.get, r.renew
	c.Providers[0].Expired = func(e *api.Error) bool { return e.Status == http.StatusUnauthorized }
}

// TestFirstKeyIsRenewedOnce however many calls wait for it.
func TestFirstKeyIsRenewedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		key := &renewable{}
		p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) { return answer(200, "{}"), nil }), key.use)
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() { assert.NoError(t, do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent)))) })
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		require.ErrorIs(t, do(ctx, p, call(operation(http.MethodGet, api.RetryIdempotent))), context.DeadlineExceeded)
		wg.Wait()
		assert.EqualValues(t, 1, key.renewals.Load())
		require.NoError(t, p.Credential(t.Context(), operation(http.MethodGet, api.RetryIdempotent)))
		assert.EqualValues(t, 1, key.renewals.Load(), "there is one")
	})
}

// TestFirstKeyThatCannotBeGot: the call says why, if it was a call of ours that failed, and a renewal that gives none is
// no endless loop.
func TestFirstKeyThatCannotBeGot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refusal := wire.NewStatusError(&wire.Op{Name: "Tokens", Provider: "probe"}, 401)
		for err, want := range map[error]string{
			errors.New("CANARY"):                   "the credential function failed",
			refusal:                                "no credential could be got: Tokens: probe responded with 401",
			wire.Plain("the response is odd", nil): "no credential could be got: the response is odd",
		} {
			key := &renewable{err: err}
			p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) { return answer(200, "{}"), nil }), key.use)
			op := operation(http.MethodGet, api.RetryIdempotent)
			for _, got := range []error{do(t.Context(), p, call(op)), p.Credential(t.Context(), op)} {
				require.ErrorIs(t, got, err)
				assert.Contains(t, got.Error(), want)
				assert.NotContains(t, got.Error(), "CANARY")
			}
		}
		key := &renewable{keep: true}
		key.renewals.Add(1)
		p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) { return answer(200, "{}"), nil }), key.use)
		require.ErrorContains(t, do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent))), "the credential function failed")
		require.ErrorIs(t, p.Credential(t.Context(), &wire.Op{Provider: "nobody"}), api.ErrNotConfigured)
	})
}

// TestRenewalsOfOneCall are as many as the provider allows; one that keeps the key makes the call be retried with it.
func TestRenewalsOfOneCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for allowed, want := range map[int]int{0: 2, 1: 2, 2: 3} {
			sent := 0
			key := &renewable{keep: true}
			p := newPipeline(t, "https://api.example.com", over(func(*http.Request) (*http.Response, error) {
				sent++
				return answer(401, "{}"), nil
			}), key.use, func(c *transport.Config) { c.Providers[0].Renewals = allowed })
			require.ErrorIs(t, do(t.Context(), p, call(operation(http.MethodGet, api.RetryIdempotent))), api.ErrUnauthorized)
			assert.Equal(t, want, sent)
		}
	})
}
