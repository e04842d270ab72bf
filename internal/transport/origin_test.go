package transport

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
)

// TestR1TheKeyStaysAtItsOrigin has plans for other origins, as a client that followed redirects would make them.
func TestR1TheKeyStaysAtItsOrigin(t *testing.T) {
	credential, err := api.StaticCredential("CANARYKEY")
	require.NoError(t, err)
	p := New(Config{
		RoundTripper: refusing{t},
		Providers:    []Provider{at(&url.URL{Scheme: "https", Host: "api.example.com"}, credential)},
	})
	for _, target := range []string{"http://api.example.com/x", "https://api.example.com:8443/x", "https://example.com/x", "https://sub.api.example.com/x", "https://api.example.com.evil.net/x"} {
		r, err := p.start(t.Context(), Call{Op: fileOp, Path: []string{"1"}})
		require.NoError(t, err)
		elsewhere, err := url.Parse(target)
		require.NoError(t, err)
		r.url = *elsewhere
		r.attempt()
		require.ErrorIs(t, r.outcome.failure, errForeignOrigin)
		assert.True(t, r.outcome.final)
		assert.NotContains(t, r.header, "Apikey")
		assert.NotContains(t, r.outcome.failure.Error(), "example")
	}
}

type refusing struct{ t *testing.T }

func (r refusing) RoundTrip(*http.Request) (*http.Response, error) {
	r.t.Error("a request was sent")
	return nil, http.ErrServerClosed
}
