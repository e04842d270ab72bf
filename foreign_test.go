package pronet_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/sandbox"
)

// aboutTheThing are the sentinels that say something of what was asked for, of the request or of the account.
var aboutTheThing = []error{
	api.ErrNotFound, api.ErrInvalid, api.ErrUnauthorized, api.ErrNoCredits, api.ErrForbidden, api.ErrConflict,
	api.ErrRemovedForPrivacy, api.ErrMissingOrPrivate, api.ErrNotReady,
}

// TestForeignErrorsOfEveryCall: a proxy, a firewall or a captive portal that responds to a call says nothing of what was
// asked for.
func TestForeignErrorsOfEveryCall(t *testing.T) {
	bodies := []string{"<html><h1>nginx</h1></html>", "no such page", "{}", "null", "[]", `{"detail":""}`, `{"error":"gone"}`}
	statuses := []int{404, 400, 401, 402, 403, 405, 407, 409, 410, 418, 422}
	turn := 0
	for _, c := range contracts {
		for _, op := range c.operations() {
			r := c.begin(t, "")
			for _, status := range []int{404, statuses[turn%len(statuses)]} {
				turn++
				body := bodies[turn%len(bodies)]
				r.sb.ClearFaults()
				r.sb.Fail(sandbox.Fault{Method: op.Method, Path: requestPattern(op), Status: status, Body: body})
				if one, many := strings.CutSuffix(requestPattern(op), "*/*"); many { // a file's name may be one segment too
					r.sb.Fail(sandbox.Fault{Method: op.Method, Path: one + "*", Status: status, Body: body})
				}
				err := r.call(t.Context(), op.Name)
				require.ErrorIs(t, err, api.ErrUnexpectedResponse, "%s: %d %s", op.Name, status, body)
				for _, kind := range aboutTheThing {
					require.NotErrorIs(t, err, kind, "%s: %d %s", op.Name, status, body)
				}
			}
		}
	}
}

// TestOwnErrorsAreBelieved is the other half, by a raw server.
func TestOwnErrorsAreBelieved(t *testing.T) {
	for _, c := range []struct {
		status     int
		body       string
		kind, nope error
	}{
		{404, `{"detail":"Not found"}`, api.ErrNotFound, api.ErrUnexpectedResponse},
		{404, ` {"detail":"Not found","message":"m"} `, api.ErrNotFound, api.ErrUnexpectedResponse},
		{404, `{"message":"no Route matched with those values","request_id":"ab12"}`, api.ErrUnexpectedResponse, api.ErrNotFound},
		{410, `{"message":"Gone"}`, api.ErrUnexpectedResponse, api.ErrNotFound},
		{404, ``, api.ErrUnexpectedResponse, api.ErrNotFound},
		{400, ``, api.ErrUnexpectedResponse, api.ErrInvalid},
		{401, `{"message":"No API key found in request"}`, api.ErrUnauthorized, api.ErrUnexpectedResponse},
		{402, `{"detail":"Insufficient credits"}`, api.ErrNoCredits, api.ErrUnexpectedResponse},
		{422, `{"detail":[{"msg":"bad"}]}`, api.ErrInvalid, api.ErrUnexpectedResponse},
		{413, `<html>`, api.ErrTooLarge, api.ErrInvalid}, // true whoever says it
		{429, `<html>`, api.ErrRateLimited, api.ErrInvalid},
		{453, ``, api.ErrRemovedForPrivacy, api.ErrUnexpectedResponse},
		{454, `{"detail":"private"}`, api.ErrMissingOrPrivate, api.ErrUnexpectedResponse},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		}))
		client, err := pronet.New(pronet.WithCoresignal("key", pronet.BaseURL(server.URL)), pronet.WithMaxAttempts(1))
		require.NoError(t, err)
		_, err = client.Employees.Base.Collect(t.Context(), employee.ID(1))
		require.ErrorIs(t, err, c.kind, "%d %s", c.status, c.body)
		require.NotErrorIs(t, err, c.nope, "%d %s", c.status, c.body)
		client.CloseIdleConnections()
		server.Close()
	}
}

// TestObjectsThatAreNoRecord: a 200 that holds no record is none, and may have been charged.
func TestObjectsThatAreNoRecord(t *testing.T) {
	for _, body := range []string{`{}`, `{"detail":"Internal error"}`, `{"id":null}`} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) }))
		client, err := pronet.New(pronet.WithCoresignal("key", pronet.BaseURL(server.URL)), pronet.WithCoresignalV1("jwt", pronet.BaseURL(server.URL)))
		require.NoError(t, err)
		for name, call := range map[string]func() error{
			"get":    func() error { _, err := client.Subscriptions.Get(t.Context(), "a"); return err },
			"V1 get": func() error { _, err := client.Subscriptions.V1.Get(t.Context(), "a"); return err },
			"renew":  func() error { _, err := client.Subscriptions.Renew(t.Context(), "a"); return err },
		} {
			err := call()
			require.ErrorIs(t, err, api.ErrUnexpectedResponse, "%s of %s", name, body)
			assert.Equal(t, name == "renew", errors.Is(err, api.ErrMaybeApplied), "%s of %s", name, body)
		}
		client.CloseIdleConnections()
		server.Close()
	}
}

// TestBaseURLWithTheRoutesPrefix is refused with a word on what to pass.
func TestBaseURLWithTheRoutesPrefix(t *testing.T) {
	for _, path := range []string{"/cdapi", "/cdapi/", "/cdapi/v2", "/cdapi/v1", "/gateway/cdapi/v2/", "/cdapi/v2/employee_base/collect", "/rtapi/v2", "/CDAPI/V2", "/%63dapi", "//cdapi//v2"} {
		_, err := pronet.New(pronet.WithCoresignal("key", pronet.BaseURL("https://proxy.example.com"+path)))
		require.ErrorIs(t, err, pronet.ErrInvalid, path)
		assert.ErrorContains(t, err, "pass what stands before it, such as https://proxy.example.com", path)
	}
	for _, path := range []string{"", "/", "/gateway", "/v2", "/cdapi/of/the/proxy"} {
		_, err := pronet.New(pronet.WithCoresignal("key", pronet.BaseURL("https://proxy.example.com"+path)), pronet.WithHeaderTimeout(time.Second))
		require.NoError(t, err, path)
	}
	_, err := pronet.New(pronet.WithCoresignalV1("jwt", pronet.BaseURL("https://proxy.example.com/cdapi/v2")))
	require.ErrorIs(t, err, pronet.ErrInvalid, "of the other version")
}
