package transport_test

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
)

// TestR9RepeatsDoNotMultiplyAnOutage sends 1000 calls to a provider that is down, through a pipeline and its clone, and
// then sees the quota come back with successes.
func TestR9RepeatsDoNotMultiplyAnOutage(t *testing.T) {
	var sends, status atomic.Int32
	status.Store(503)
	var config transport.Config
	p := newPipeline(t, "https://api.example.com",
		over(func(*http.Request) (*http.Response, error) {
			sends.Add(1)
			return answer(int(status.Load()), "{}"), nil
		}),
		func(c *transport.Config) { config = *c })
	clone := p.Clone(config)
	get := call(operation(http.MethodGet, api.RetryIdempotent))

	var wg sync.WaitGroup
	for i := range 10 {
		wg.Go(func() {
			for range 100 {
				assert.Error(t, do(t.Context(), []*transport.Pipeline{p, clone}[i%2], get))
			}
		})
	}
	wg.Wait()
	assert.EqualValues(t, 1100, sends.Load(), "500 tokens, 5 for each repeat")

	err := do(t.Context(), clone, get)
	require.ErrorIs(t, err, api.ErrUnavailable)
	assert.Contains(t, err.Error(), "retry quota is used up")
	assert.Equal(t, 1, failure(t, err).Attempts)

	attempts := func() int {
		status.Store(503)
		return failure(t, do(t.Context(), p, get)).Attempts
	}
	succeed := func(n int) {
		status.Store(200)
		for range n {
			require.NoError(t, do(t.Context(), clone, get))
		}
	}
	succeed(4)
	assert.Equal(t, 1, attempts(), "four successes are not enough for a repeat")
	succeed(1)
	assert.Equal(t, 2, attempts(), "the fifth is")
	succeed(2000)
	assert.Equal(t, 4, attempts(), "full again")
	assert.Equal(t, 4, attempts())
}
