package transport

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/limit"
)

// tokens is a credential whose key can be renewed.
type tokens struct {
	mu      sync.Mutex
	current string
	renewed int
	err     error
	during  func()
}

func (k *tokens) get(context.Context) (api.Secret, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return api.NewSecret(k.current)
}

func (k *tokens) renew(context.Context, api.Secret) error {
	if k.during != nil {
		k.during()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.renewed++
	if k.err == nil {
		k.current += "+"
	}
	return k.err
}

// TestCredentialIsRenewedOnce for all who come while it is, and for those who come with the old key afterwards.
func TestCredentialIsRenewedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keys := &tokens{current: "key", during: func() { time.Sleep(time.Second) }}
		c := credential{get: keys.get, renew: keys.renew}
		used, err := c.key(t.Context())
		require.NoError(t, err)
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				time.Sleep(time.Duration(i) * 30 * time.Millisecond)
				replaced, err := c.replace(t.Context(), used, 0)
				assert.NoError(t, err)
				assert.True(t, replaced)
			})
		}
		wg.Wait()
		assert.Equal(t, 1, keys.renewed)
	})
}

func TestCredentialThatCannotBeRenewed(t *testing.T) {
	fixed := credential{get: func(context.Context) (api.Secret, error) { return api.NewSecret("key") }}
	used, err := fixed.key(t.Context())
	require.NoError(t, err)
	replaced, err := fixed.replace(t.Context(), used, 0)
	assert.False(t, replaced)
	require.NoError(t, err)

	odd := errors.New("CANARY")
	failing := &tokens{current: "key", err: odd}
	c := credential{get: failing.get, renew: failing.renew}
	replaced, err = c.replace(t.Context(), used, 0)
	assert.False(t, replaced)
	require.ErrorIs(t, err, odd)
	assert.Equal(t, "the credential function failed", api.Describe(err))

	// A renewal that panics does not hold up those who come later.
	failing.err, failing.during = nil, func() { panic("the vault's") }
	_, err = c.replace(t.Context(), used, 0)
	require.ErrorContains(t, err, "the credential function failed")
	failing.during = nil
	replaced, err = c.replace(t.Context(), used, 0)
	assert.True(t, replaced)
	require.NoError(t, err)
}

// TestCredentialWaitEndsWithTheContext of the one who waits.
func TestCredentialWaitEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keys := &tokens{current: "key", during: func() { time.Sleep(time.Hour) }}
		c := credential{get: keys.get, renew: keys.renew}
		used, err := c.key(t.Context())
		require.NoError(t, err)
		go func() { _, _ = c.replace(context.Background(), used, 0) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err = c.replace(ctx, used, 0)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		time.Sleep(2 * time.Hour)
	})
}

// TestPacer: without a limiter nothing waits; the class goes to the limiter as it is.
func TestPacer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var none pacer
		slot, err := none.wait(t.Context(), "bulk", nil)
		require.NoError(t, err)
		assert.True(t, slot.Settled())
		none.pause("bulk", time.Now().Add(time.Hour))
		assert.Zero(t, none.window("bulk"))

		own, err := limit.New(limit.Policy{Class: "bulk", N: 1, Window: 15 * time.Minute})
		require.NoError(t, err)
		p := pacer{own: own, longest: time.Minute}
		slot, err = p.wait(t.Context(), "bulk", nil)
		require.NoError(t, err)
		slot.Sent()
		_, err = p.wait(t.Context(), "bulk", nil)
		limited, ok := errors.AsType[*api.RateLimitError](err)
		require.True(t, ok)
		assert.Equal(t, "bulk", limited.Class)
		assert.Equal(t, time.Now().Add(15*time.Minute+900*time.Millisecond), limited.Reset)
		assert.Equal(t, 15*time.Minute+900*time.Millisecond, p.window("bulk"))
		assert.Zero(t, p.window("other"))
		slot, err = p.wait(t.Context(), "other", nil)
		require.NoError(t, err)
		slot.Sent()
	})
}

// TestWatchdog ends what makes no progress, and nothing that rests or is over.
func TestWatchdog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ended atomic.Int32
		w := &watchdog{cancel: func() { ended.Add(1) }}
		for range 10 {
			w.watch(time.Second)
			time.Sleep(999 * time.Millisecond)
		}
		w.rest()
		time.Sleep(time.Hour)
		assert.Zero(t, ended.Load())
		w.watch(time.Second)
		time.Sleep(time.Second)
		synctest.Wait()
		assert.EqualValues(t, 1, ended.Load())

		w.within(10 * time.Second) // whatever progress it makes
		for range 20 {
			w.watch(time.Second)
			time.Sleep(900 * time.Millisecond)
		}
		synctest.Wait()
		assert.EqualValues(t, 2, ended.Load())
		w.within(time.Second)
		w.stop()
		w.stop()
		w.watch(time.Second)
		w.within(time.Second)
		time.Sleep(time.Hour)
		assert.EqualValues(t, 2, ended.Load())
	})
}

// TestCredentialRenewedWhileTheKeyWasRead: whoever read the old key before a renewal and looks after it does not renew again.
func TestCredentialRenewedWhileTheKeyWasRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keys := &tokens{current: "key"}
		reading := time.Duration(0)
		c := credential{renew: keys.renew, get: func(ctx context.Context) (api.Secret, error) {
			key, err := keys.get(ctx)
			time.Sleep(reading)
			return key, err
		}}
		used, err := c.key(t.Context())
		require.NoError(t, err)
		var wg sync.WaitGroup
		wg.Go(func() {
			reading = time.Second
			replaced, err := c.replace(t.Context(), used, 0)
			assert.NoError(t, err)
			assert.True(t, replaced)
		})
		synctest.Wait()
		reading = 0
		replaced, err := c.replace(t.Context(), used, 0)
		require.NoError(t, err)
		assert.True(t, replaced)
		wg.Wait()
		assert.Equal(t, 1, keys.renewed)
	})
}
