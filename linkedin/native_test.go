package linkedin_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// nativeClient is one of an app without a secret.
func nativeClient(t *testing.T, sb *sandbox.Sandbox) *pronet.Client {
	t.Helper()
	return processes(t, sb, 1, linkedin.NativeApp(sb.LinkedIn.App().ClientID))[0]
}

// TestNativeLogin with PKCE and without a secret, while others ask for the callback too.
func TestNativeLogin(t *testing.T) {
	sb, _ := sandboxtest.Start(t, fake.WithRefreshTokens(year))
	client := nativeClient(t, sb)
	for _, listen := range []string{"", "[::1]:0"} {
		b := newBrowser(t)
		ended := make(chan struct{})
		grant, err := client.LinkedIn.OAuth.LoginNative(t.Context(), linkedin.NativeLogin{
			Scopes: loginScopes, Nonce: true, Listen: listen,
			Open: func(address string) error {
				query := mustParse(t, address).Query()
				for _, stray := range []string{"/?state=x&code=y", "/favicon.ico", "/", "/?%zz"} {
					status, _, _ := b.get(query.Get("redirect_uri") + stray)
					assert.GreaterOrEqual(t, status, 400, stray)
				}
				go func() { // as a browser does, while the program waits
					defer close(ended)
					status, body, _ := b.get(b.choose(address, "allow"))
					assert.Equal(t, http.StatusOK, status)
					assert.Contains(t, body, "You are logged in")
				}()
				return nil
			},
		})
		require.NoError(t, err)
		<-ended
		assert.Equal(t, loginScopes, grant.Scopes)
		assert.NotEmpty(t, grant.Nonce)

		renewed, err := client.LinkedIn.OAuth.Refresh(t.Context(), grant.Refresh)
		require.NoError(t, err, "it is renewed without a secret")
		assert.NotEqual(t, grant.Access.Reveal(), renewed.Access.Reveal())
		b.CloseIdleConnections()
	}
}

// TestNativeLoginsThatFail.
func TestNativeLoginsThatFail(t *testing.T) {
	sb, web := sandboxtest.Start(t)
	client := nativeClient(t, sb)
	b := newBrowser(t)
	refused := new(linkedin.LoginRefusedError)
	_, err := client.LinkedIn.OAuth.LoginNative(t.Context(), linkedin.NativeLogin{Scopes: loginScopes, Open: func(address string) error {
		go func() { _, _, _ = b.get(b.choose(address, "cancel")) }()
		return nil
	}})
	require.ErrorAs(t, err, &refused)

	errBrowser := errors.New("no browser")
	_, err = client.LinkedIn.OAuth.LoginNative(t.Context(), linkedin.NativeLogin{Scopes: loginScopes, Open: func(string) error { return errBrowser }})
	require.ErrorIs(t, err, errBrowser)
	ctx, cancel := context.WithCancel(t.Context())
	_, err = client.LinkedIn.OAuth.LoginNative(ctx, linkedin.NativeLogin{Scopes: loginScopes, Open: func(string) error { cancel(); return nil }})
	require.ErrorIs(t, err, context.Canceled)
	for _, bad := range []linkedin.NativeLogin{{Scopes: loginScopes}, {Open: func(string) error { return nil }}, {Scopes: loginScopes, Open: func(string) error { return nil }, Listen: "0.0.0.0:0"}} {
		_, err = client.LinkedIn.OAuth.LoginNative(t.Context(), bad)
		require.ErrorIs(t, err, api.ErrInvalid)
	}
	_, err = client.LinkedIn.OAuth.LoginNative(t.Context(), linkedin.NativeLogin{Scopes: loginScopes, Open: func(string) error { return nil }, Listen: "127.0.0.1:-1"})
	require.Error(t, err)

	// A native app has no secret for a login of the web, and a stolen code is worth nothing without the verifier.
	login, err := client.LinkedIn.OAuth.Begin(linkedin.LoginRequest{RedirectURL: "http://127.0.0.1:1234", Scopes: loginScopes, Native: true})
	require.NoError(t, err)
	stolen := consent(t, sb, login.URL)
	thief, err := client.LinkedIn.OAuth.Begin(linkedin.LoginRequest{RedirectURL: "http://127.0.0.1:1234", Scopes: loginScopes, Native: true})
	require.NoError(t, err)
	_, err = client.LinkedIn.OAuth.Finish(t.Context(), thief, url.Values{"state": {thief.State}, "code": stolen["code"]})
	require.ErrorIs(t, err, api.ErrInvalid)
	_, err = client.LinkedIn.OAuth.Finish(t.Context(), linkedin.Login{State: "s", Began: time.Now()}, url.Values{"state": {"s"}, "code": {"c"}})
	require.ErrorIs(t, err, api.ErrInvalid)
	assert.ErrorContains(t, err, "with a Native request")
	_ = web
}
