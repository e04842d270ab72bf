package linkedin_test

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
)

// TestServe: both origins on listeners of the caller's, each with its own paths.
func TestServe(t *testing.T) {
	sb, err := sandbox.New()
	require.NoError(t, err)
	ended := make(chan error, 2)
	for _, serve := range []func(net.Listener) error{sb.LinkedIn.Serve, sb.LinkedIn.ServeAccounts} {
		l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		require.NoError(t, err)
		go func() { ended <- serve(l) }()
	}
	require.Eventually(t, func() bool { return sb.LinkedIn.URL() != "" && sb.LinkedIn.AccountsURL() != "" }, time.Minute, 5*time.Millisecond)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {sb.LinkedIn.App().ClientID}, "client_secret": {sb.LinkedIn.App().ClientSecret}}
	for address, status := range map[string]int{sb.LinkedIn.AccountsURL(): http.StatusOK, sb.LinkedIn.URL(): http.StatusUnauthorized} {
		response, err := (&http.Client{Transport: transport}).PostForm(address+"/oauth/v2/accessToken", form)
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, response.Body)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, status, response.StatusCode, address)
	}
	sb.Close()
	require.NoError(t, <-ended)
	require.NoError(t, <-ended)
}
