package sandboxtest

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/linkedin"
)

// ConnectLinkedIn returns a client of LinkedIn whose API is the handler, with a token that does not change.
func ConnectLinkedIn(t testing.TB, provider http.Handler, more ...pronet.LinkedInOption) *pronet.Client {
	t.Helper()
	server := httptest.NewServer(provider)
	t.Cleanup(server.Close)
	options := append([]pronet.LinkedInOption{pronet.BaseURL(server.URL), pronet.LinkedInAccountsURL(server.URL)}, more...)
	return Connect(t, pronet.WithLinkedIn(linkedin.StaticToken("static-token"), options...))
}
