package linkedin_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/tokenstore"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// TestAuthorizeURL has what LinkedIn's page lists and nothing else.
func TestAuthorizeURL(t *testing.T) {
	client, err := pronet.New(pronet.WithLinkedIn(linkedin.AppTokens("id", "CANARY-secret")))
	require.NoError(t, err)
	login, err := client.LinkedIn.OAuth.Begin(linkedin.LoginRequest{RedirectURL: "https://app.example.com/callback?x=1&y=2", Scopes: loginScopes})
	require.NoError(t, err)
	address, err := url.Parse(login.URL)
	require.NoError(t, err)
	assert.Equal(t, "https://www.linkedin.com/oauth/v2/authorization", address.Scheme+"://"+address.Host+address.Path)
	assert.Equal(t, url.Values{
		"response_type": {"code"}, "client_id": {"id"}, "redirect_uri": {"https://app.example.com/callback?x=1&y=2"}, "state": {login.State}, "scope": {"openid profile email"},
	}, address.Query())
	assert.GreaterOrEqual(t, len(login.State), 26)
	other, err := client.LinkedIn.OAuth.Begin(linkedin.LoginRequest{RedirectURL: "https://app.example.com/callback", Scopes: loginScopes, Nonce: true})
	require.NoError(t, err)
	assert.NotEqual(t, login.State, other.State)
	assert.Contains(t, other.URL, "nonce="+other.Nonce)

	native, err := client.LinkedIn.OAuth.Begin(linkedin.LoginRequest{RedirectURL: "http://127.0.0.1:1234", Scopes: loginScopes, Native: true})
	require.NoError(t, err)
	address, err = url.Parse(native.URL)
	require.NoError(t, err)
	assert.Equal(t, "/oauth/native-pkce/authorization", address.Path)
	assert.Equal(t, "S256", address.Query().Get("code_challenge_method"))
	assert.NotContains(t, native.URL, native.Verifier.Reveal())
	text, err := json.Marshal(native)
	require.NoError(t, err)
	assert.NotContains(t, string(text)+fmt.Sprintf("%+v", native), native.Verifier.Reveal())

	for name, bad := range map[string]linkedin.LoginRequest{
		"none": {}, "relative": {RedirectURL: "/callback"}, "a fragment": {RedirectURL: "https://a.example/#x"}, "an empty fragment": {RedirectURL: "https://a.example/#"},
		"in the clear": {RedirectURL: "http://a.example/callback"}, "a user": {RedirectURL: "https://u:p@a.example/"}, "another scheme": {RedirectURL: "myapp://callback"},
		"no scopes": {RedirectURL: "https://a.example/", Scopes: []linkedin.Scope{}}, "two scopes in one": {RedirectURL: "https://a.example/", Scopes: []linkedin.Scope{"openid profile"}},
		"an empty scope": {RedirectURL: "https://a.example/", Scopes: []linkedin.Scope{""}}, "native on the web": {RedirectURL: "https://a.example/", Native: true},
		"native by name": {RedirectURL: "http://localhost:1234", Native: true},
	} {
		if bad.Scopes == nil {
			bad.Scopes = loginScopes
		}
		_, err := client.LinkedIn.OAuth.Begin(bad)
		require.ErrorIs(t, err, api.ErrInvalid, name)
	}
	for _, tokens := range []linkedin.Tokens{linkedin.StaticToken("t"), linkedin.TokensFrom(&source{})} {
		client, err := pronet.New(pronet.WithLinkedIn(tokens))
		require.NoError(t, err)
		_, err = client.LinkedIn.OAuth.Begin(linkedin.LoginRequest{RedirectURL: "https://a.example/", Scopes: loginScopes})
		require.ErrorIs(t, err, api.ErrNotConfigured)
	}
	unconfigured, err := pronet.New()
	require.NoError(t, err)
	_, err = unconfigured.LinkedIn.OAuth.Refresh(t.Context(), linkedin.StaticToken("t").Static)
	require.ErrorIs(t, err, api.ErrNotConfigured)
	_, err = new(linkedin.OAuth).Begin(linkedin.LoginRequest{})
	require.ErrorIs(t, err, api.ErrNotConfigured)
}

// TestCallbacks that are refused, before anything is sent, and what a code can be good for.
func TestCallbacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := sandboxtest.StartInMemory(t)
		begin := func() (linkedin.Login, url.Values) {
			login, err := client.LinkedIn.OAuth.Begin(linkedin.LoginRequest{RedirectURL: "http://127.0.0.1:8080/callback", Scopes: loginScopes})
			require.NoError(t, err)
			return login, consent(t, sb, login.URL)
		}
		login, back := begin()
		for name, callback := range map[string]url.Values{
			"nothing": {}, "no state": {"code": back["code"]}, "another state": {"code": back["code"], "state": {"x"}},
			"two states": {"code": back["code"], "state": {login.State, "x"}}, "an error with another state": {"error": {"user_cancelled_login"}, "state": {"x"}},
		} {
			_, err := client.LinkedIn.OAuth.Finish(t.Context(), login, callback)
			require.ErrorIs(t, err, linkedin.ErrState, name)
		}
		_, err := client.LinkedIn.OAuth.Finish(t.Context(), linkedin.Login{}, url.Values{"state": {""}, "code": {"x"}})
		require.ErrorIs(t, err, linkedin.ErrState)
		var refused *linkedin.LoginRefusedError
		for name, callback := range map[string]url.Values{
			"no code": {}, "two codes": {"code": {"a", "b"}}, "an odd code": {"code": {"a b"}}, "a long code": {"code": {strings.Repeat("x", 9000)}},
			"an error": {"error": {"CANARY\x1b[2J"}, "error_description": {"CANARY \x1b[2J"}},
		} {
			callback.Set("state", login.State)
			_, err := client.LinkedIn.OAuth.Finish(t.Context(), login, callback)
			require.ErrorAs(t, err, &refused, name)
			assert.NotContains(t, err.Error(), "CANARY", name)
			assert.NotContains(t, refused.Description, "\x1b")
			assert.False(t, refused.Cancelled())
		}
		assert.Zero(t, sb.RequestsTo("POST", "/oauth/v2/accessToken"))

		declined, err := sb.LinkedIn.Decline(login.URL)
		require.NoError(t, err)
		address, err := url.Parse(declined)
		require.NoError(t, err)
		_, err = client.LinkedIn.OAuth.Finish(t.Context(), login, address.Query())
		require.ErrorAs(t, err, &refused)
		assert.True(t, refused.Cancelled())
		assert.Equal(t, "linkedin: the person did not consent", err.Error())

		grant, err := client.LinkedIn.OAuth.Finish(t.Context(), login, back)
		require.NoError(t, err)
		assert.Equal(t, loginScopes, grant.Scopes)
		assert.Empty(t, grant.Nonce)
		assert.Equal(t, 3, strings.Count(grant.IDToken.Reveal(), ".")+1)
		_, err = client.LinkedIn.OAuth.Finish(t.Context(), login, back)
		require.ErrorIs(t, err, api.ErrUnauthorized, "a code can be used once")

		login, back = begin()
		login.RedirectURL = "http://127.0.0.1:8080/other"
		_, err = client.LinkedIn.OAuth.Finish(t.Context(), login, back)
		require.ErrorIs(t, err, api.ErrInvalid)
		login, back = begin()
		time.Sleep(linkedin.LoginLasts + time.Second)
		_, err = client.LinkedIn.OAuth.Finish(t.Context(), login, back)
		require.ErrorIs(t, err, linkedin.ErrState, "too late")
		login.Began = time.Now()
		_, err = client.LinkedIn.OAuth.Finish(t.Context(), login, back)
		require.ErrorIs(t, err, api.ErrInvalid, "and the code has ended too")

		login, back = begin()
		sb.Fail(sandbox.Fault{Origin: "linkedin/www", Drop: sandbox.DropAfterAct, Times: 1})
		_, err = client.LinkedIn.OAuth.Finish(t.Context(), login, back)
		require.ErrorIs(t, err, api.ErrMaybeApplied)
		assert.ErrorContains(t, err, "log in once more")
	})
}

// TestScopesThatAreNotTheApps are refused by LinkedIn in the callback, and another set of scopes ends earlier tokens.
func TestScopesThatAreNotTheApps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := sandboxtest.StartInMemory(t, fake.WithAppScopes("r_basicprofile"))
		login, err := client.LinkedIn.OAuth.Begin(linkedin.LoginRequest{RedirectURL: "http://127.0.0.1/", Scopes: []linkedin.Scope{linkedin.ScopeReadCompliance}})
		require.NoError(t, err)
		_, err = client.LinkedIn.OAuth.Finish(t.Context(), login, consent(t, sb, login.URL))
		require.EqualError(t, err, "linkedin: the login was refused (unauthorized_scope_error)")
		first := logIn(t, sb, client)
		second := logIn(t, sb, client, linkedin.ScopeOpenID, linkedin.ScopeBasicProfile)
		for want, token := range map[string]api.Secret{"revoked": first.Access, "active": second.Access} {
			said, err := client.LinkedIn.OAuth.Introspect(t.Context(), token)
			require.NoError(t, err)
			assert.Equal(t, want, said.Status)
		}
	})
	known := map[linkedin.Scope]bool{}
	for _, info := range linkedin.KnownScopes() {
		assert.False(t, known[info.Scope], info.Scope)
		assert.NotEmpty(t, info.Opens)
		known[info.Scope] = true
	}
	assert.True(t, known[linkedin.ScopeLegacyEmailAddress])
}

// TestRefreshIntrospectRevoke by hand.
func TestRefreshIntrospectRevoke(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := sandboxtest.StartInMemory(t, fake.WithRefreshTokens(year))
		oauth := client.LinkedIn.OAuth
		grant := logIn(t, sb, client)
		time.Sleep(10 * 24 * time.Hour)
		renewed, err := oauth.Refresh(t.Context(), grant.Refresh)
		require.NoError(t, err)
		assert.Equal(t, grant.Refresh.Reveal(), renewed.Refresh.Reveal())
		assert.Equal(t, grant.RefreshEnds.Unix(), renewed.RefreshEnds.Unix(), "it keeps its end")
		assert.Equal(t, 60*24*time.Hour, time.Until(renewed.Expires))
		token := renewed.Token()
		assert.Equal(t, renewed.Access.Reveal(), token.AccessToken)
		assert.Equal(t, "openid profile email", token.Extra("scope"))

		said, err := oauth.Introspect(t.Context(), renewed.Access)
		require.NoError(t, err)
		assert.True(t, said.Active)
		assert.Equal(t, "3L", said.AuthType)
		assert.Equal(t, loginScopes, said.Scopes)
		assert.Equal(t, renewed.Expires.Unix(), said.ExpiresAt.Unix())
		require.NoError(t, oauth.Revoke(t.Context(), renewed.Access))
		said, err = oauth.Introspect(t.Context(), renewed.Access)
		require.NoError(t, err)
		assert.False(t, said.Active)
		assert.Equal(t, "revoked", said.Status)
		require.NoError(t, oauth.Revoke(t.Context(), renewed.Refresh))
		_, err = oauth.Refresh(t.Context(), renewed.Refresh)
		require.ErrorIs(t, err, api.ErrInvalid)

		other := sb.LinkedIn.AddApp()
		foreign, err := client.Clone(pronet.WithLinkedIn(linkedin.AppTokens(other.ClientID, other.ClientSecret)))
		require.NoError(t, err)
		said, err = foreign.LinkedIn.OAuth.Introspect(t.Context(), renewed.Access)
		require.NoError(t, err)
		assert.Equal(t, linkedin.Introspection{Raw: []byte(`{"active":false}`)}, *said)
		wrong, err := client.Clone(pronet.WithLinkedIn(linkedin.AppTokens(other.ClientID, "CANARY-secret")))
		require.NoError(t, err)
		_, err = wrong.LinkedIn.OAuth.Introspect(t.Context(), renewed.Access)
		require.ErrorIs(t, err, api.ErrUnauthorized)
		for _, err := range []error{
			second(oauth.Introspect(t.Context(), api.Secret{})), second(oauth.Refresh(t.Context(), api.Secret{})), oauth.Revoke(t.Context(), api.Secret{}),
			oauth.Save(t.Context(), nil, "key", grant), oauth.Save(t.Context(), tokenstore.NewMemory(), "key", nil), oauth.Save(t.Context(), tokenstore.NewMemory(), "", grant),
			oauth.Forget(t.Context(), nil, "key"),
		} {
			require.ErrorIs(t, err, api.ErrInvalid)
		}
	})
}

func second[T any](_ T, err error) error { return err }

// TestIntrospectionSamples are LinkedIn's: seconds, and scopes with commas.
func TestIntrospectionSamples(t *testing.T) {
	var said linkedin.Introspection
	sample, err := os.ReadFile("testdata/oauth_introspection_active.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(sample, &said))
	assert.Equal(t, time.Unix(1493055596, 0), said.CreatedAt)
	assert.Equal(t, 2017, said.ExpiresAt.UTC().Year())
	assert.Equal(t, []linkedin.Scope{"r_liteprofile", "r_emailaddress", "w_member_social"}, said.Scopes)
	for text, want := range map[string]error{`{}`: assert.AnError, `[]`: assert.AnError, `{"active":false}`: nil, `{"active":true,"expires_at":"1e99","scope":"a, b"}`: nil} {
		err := json.Unmarshal([]byte(text), &said)
		assert.Equal(t, want != nil, err != nil, text)
	}
	assert.True(t, said.ExpiresAt.IsZero())
}

// TestTokenSamples are those of LinkedIn's pages, sent by a server of a few lines, which looks at what it is sent.
func TestTokenSamples(t *testing.T) {
	sample, status, sent := "", http.StatusOK, url.Values{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := os.ReadFile("testdata/" + sample + ".json")
		if err != nil || r.ParseForm() != nil || r.Header.Get("Authorization") != "" || r.URL.RequestURI() != "/oauth/v2/accessToken" {
			status, body = http.StatusTeapot, nil
		}
		sent = r.PostForm
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}))
	defer server.Close()
	client := sandboxtest.Connect(t, pronet.WithLinkedIn(linkedin.AppTokens("id", "app-secret"), pronet.LinkedInAccountsURL(server.URL)))
	oauth := client.LinkedIn.OAuth
	finish := func() (*linkedin.Grant, error) {
		login, err := oauth.Begin(linkedin.LoginRequest{RedirectURL: "https://a.example/callback?x=1", Scopes: loginScopes})
		require.NoError(t, err)
		return oauth.Finish(t.Context(), login, url.Values{"state": {login.State}, "code": {"the-code"}})
	}
	sample = "oauth_token_authorization_code"
	grant, err := finish()
	require.NoError(t, err)
	assert.Equal(t, url.Values{
		"grant_type": {"authorization_code"}, "code": {"the-code"}, "client_id": {"id"}, "client_secret": {"app-secret"}, "redirect_uri": {"https://a.example/callback?x=1"},
	}, sent)
	assert.InDelta(t, (60 * 24 * time.Hour).Seconds(), time.Until(grant.Expires).Seconds(), 60)
	assert.True(t, grant.Refresh.IsZero() && grant.RefreshEnds.IsZero() && grant.IDToken.IsZero())
	assert.Equal(t, []linkedin.Scope{linkedin.ScopeBasicProfile}, grant.Scopes)

	sample = "oauth_token_with_refresh"
	grant, err = finish()
	require.NoError(t, err)
	assert.InDelta(t, 525_600, time.Until(grant.RefreshEnds).Seconds(), 60)
	sample = "oauth_token_refreshed"
	renewed, err := oauth.Refresh(t.Context(), grant.Refresh)
	require.NoError(t, err)
	assert.Equal(t, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {grant.Refresh.Reveal()}, "client_id": {"id"}, "client_secret": {"app-secret"}}, sent)
	assert.Equal(t, grant.Refresh.Reveal(), renewed.Refresh.Reveal())
	assert.InDelta(t, 439_200, time.Until(renewed.RefreshEnds).Seconds(), 60)

	sample = "oauth_token_client_credentials"
	ends, err := client.LinkedIn.CheckToken(t.Context())
	require.NoError(t, err)
	assert.InDelta(t, (30 * time.Minute).Seconds(), time.Until(ends).Seconds(), 60)
	sample, status = "oauth_error_invalid_request", http.StatusUnauthorized
	_, err = finish()
	require.ErrorIs(t, err, api.ErrUnauthorized)
	details, ok := linkedin.DetailsOf(err)
	require.True(t, ok)
	assert.NotEmpty(t, details.Raw)
}

// TestR3SecretsOfLoginsAreNotPrinted though the endpoint of tokens sends them back.
func TestR3SecretsOfLoginsAreNotPrinted(t *testing.T) {
	const canary = "CANARY0123456789CANARY"
	secret, err := api.NewSecret(canary)
	require.NoError(t, err)
	tokens := linkedin.AppTokens("id", canary)
	for _, status := range []int{200, 400, 401, 500} {
		client, err := pronet.New(pronet.WithLinkedIn(tokens, pronet.LinkedInAccountsURL("http://127.0.0.1:1")), pronet.WithTransport(echo(status)), pronet.WithMaxAttempts(1))
		require.NoError(t, err)
		oauth := client.LinkedIn.OAuth
		login, err := oauth.Begin(linkedin.LoginRequest{RedirectURL: "https://a.example/", Scopes: loginScopes})
		require.NoError(t, err)
		native := login
		native.Verifier = secret
		ctx := t.Context()
		for name, err := range map[string]error{
			"finish":  second(oauth.Finish(ctx, login, url.Values{"state": {login.State}, "code": {canary}})),
			"native":  second(oauth.Finish(ctx, native, url.Values{"state": {login.State}, "code": {"another-code"}})),
			"refresh": second(oauth.Refresh(ctx, secret)), "introspect": second(oauth.Introspect(ctx, secret)), "revoke": oauth.Revoke(ctx, secret),
			"app": second(client.LinkedIn.CheckToken(ctx)),
		} {
			if err == nil { // of a response that says nothing is needed
				continue
			}
			failure := new(api.Error)
			require.ErrorAs(t, err, &failure, name)
			text := fmt.Sprintf("%v %+v %#v %v %v %v", err, err, err, failure.Code, failure.Message, failure.RequestID)
			assert.NotContains(t, text, "CANARY", "%s %d", name, status)
		}
	}
}

// echo sends back what a form holds, as a code, a description and a request id.
type echo int

func (e echo) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	var sent []string
	for _, values := range r.PostForm {
		sent = append(sent, values...)
	}
	body, err := json.Marshal(map[string]string{"error": "invalid_request", "error_description": strings.Join(sent, " "), "code": sent[0]})
	if err != nil {
		return nil, err
	}
	response, err := responding(string(body)).RoundTrip(r)
	response.StatusCode = int(e)
	response.Header = http.Header{"X-Li-Uuid": sent}
	return response, err
}
