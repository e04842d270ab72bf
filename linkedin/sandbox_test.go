package linkedin_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/sandbox"
)

func urnOf(text string) (urn.URN, error) { return urn.Parse(text) }

// tokenOf gets a token of the sandbox's first app, without the client. The sandbox was started in memory.
func tokenOf(t *testing.T, sb *sandbox.Sandbox) string {
	t.Helper()
	app := sb.LinkedIn.App()
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {app.ClientID}, "client_secret": {app.ClientSecret}}
	transport := &http.Transport{DialContext: sb.Dial}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, sb.LinkedIn.AccountsURL()+"/oauth/v2/accessToken", strings.NewReader(form.Encode()))
	require.NoError(t, err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := (&http.Client{Transport: transport}).Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	var token struct {
		Access string `json:"access_token"`
	}
	require.NoError(t, json.NewDecoder(response.Body).Decode(&token))
	require.NotEmpty(t, token.Access)
	return token.Access
}
