package transport

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/api"
)

// TestR1TheKeyStaysAtItsOrigin hands the gate requests for other origins, as a client that followed redirects would.
func TestR1TheKeyStaysAtItsOrigin(t *testing.T) {
	credential, err := api.StaticCredential("CANARYKEY")
	require.NoError(t, err)
	p := New(Config{
		RoundTripper: refusing{t},
		Providers: []Provider{{
			Name: api.Coresignal, BaseURL: &url.URL{Scheme: "https", Host: "api.example.com"}, Credential: credential, AuthHeader: "Apikey",
		}},
	})
	for _, target := range []string{"http://api.example.com/x", "https://api.example.com:8443/x", "https://example.com/x", "https://sub.api.example.com/x", "https://api.example.com.evil.net/x"} {
		x, err := p.begin(t.Context(), Call{Op: fileOp, Path: []string{"1"}})
		require.NoError(t, err)
		request, err := http.NewRequestWithContext(x, http.MethodGet, target, strings.NewReader("body"))
		require.NoError(t, err)
		response, err := p.shared.retry.HTTPClient.Transport.RoundTrip(request)
		assert.Nil(t, response)
		require.ErrorIs(t, err, errForeignOrigin)
		_, local := errors.AsType[*localError](err)
		assert.True(t, local)
		assert.NotContains(t, request.Header, "Apikey")
		assert.NotContains(t, err.Error(), "example")
	}
}

type refusing struct{ t *testing.T }

func (r refusing) RoundTrip(*http.Request) (*http.Response, error) {
	r.t.Error("a request was sent")
	return nil, http.ErrServerClosed
}
