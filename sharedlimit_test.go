package pronet_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
)

// sharedLimits notes the names of accounts, and can be away.
type sharedLimits struct {
	api.SharedLimits

	names []string
	away  error
}

func (s *sharedLimits) Take(_ context.Context, call api.SharedCall) (api.SharedPlace, error) {
	s.names = append(s.names, call.Name)
	return api.SharedPlace{}, s.away
}

func (s *sharedLimits) Settle(context.Context, api.SharedCall, int) error { return nil }

// TestSharedRateLimit: each account has a name of its own, and without the store nothing is sent.
func TestSharedRateLimit(t *testing.T) {
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		_, _ = w.Write([]byte(`{"id":1}`))
	}))
	defer server.Close()
	limits := new(sharedLimits)
	client, err := pronet.New(pronet.WithCoresignal("key-of-the-test", pronet.BaseURL(server.URL), pronet.SharedRateLimit(limits, "one", 0)))
	require.NoError(t, err)
	same, err := client.Clone(pronet.WithCoresignal("key-of-the-test", pronet.RateLimit("", 5, 1e9)))
	require.NoError(t, err)
	_, err = client.Clone(pronet.WithCoresignal("another-key-of-the-test"))
	require.ErrorContains(t, err, "a name of their own")
	other, err := client.Clone(pronet.WithCoresignal("another-key-of-the-test", pronet.SharedRateLimit(limits, "other", 0)))
	require.NoError(t, err)
	for _, c := range []*pronet.Client{client, same, other} {
		_, err := c.Employees.Base.Collect(t.Context(), employee.ID(1))
		require.NoError(t, err)
	}
	assert.Equal(t, []string{"one", "one", "other"}, limits.names)

	limits.away = errors.New("connection refused by redis-canary:6379")
	_, err = client.Employees.Base.Collect(t.Context(), employee.ID(1))
	require.ErrorIs(t, err, pronet.ErrSharedLimits)
	assert.NotContains(t, err.Error(), "canary", "what is not ours is not printed")
	assert.EqualValues(t, 3, calls.Load())

	for name, options := range map[string][]pronet.ProviderOption{
		"no store":          {pronet.SharedRateLimit(nil, "one", 0)},
		"no name":           {pronet.SharedRateLimit(limits, "", 0)},
		"minus one process": {pronet.SharedRateLimit(limits, "one", -1)},
		"a state as well":   {pronet.SharedRateLimit(limits, "one", 0), pronet.RateLimitState(pronet.RateLimitFile(t.TempDir() + "/state"))},
	} {
		coresignal := make([]pronet.CoresignalOption, len(options))
		for i, option := range options {
			coresignal[i] = option
		}
		_, err := pronet.New(pronet.WithCoresignal("key-of-the-test", coresignal...))
		require.ErrorIs(t, err, pronet.ErrInvalid, name)
	}
}
