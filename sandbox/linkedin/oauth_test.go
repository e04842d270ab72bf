package linkedin_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox/linkedin"
)

const redirect = "http://127.0.0.1:8080/callback"

// page asks for the login page, or what it leads to, of the origin of tokens.
func (c *caller) page(path string, query url.Values) (status int, location, body string) {
	c.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	request, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.sb.LinkedIn.AccountsURL()+path+"?"+query.Encode(), nil)
	require.NoError(c.t, err)
	response, err := client.Do(request)
	require.NoError(c.t, err)
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	require.NoError(c.t, err)
	return response.StatusCode, response.Header.Get("Location"), string(read)
}

func (c *caller) asked(change ...string) url.Values {
	q := url.Values{"response_type": {"code"}, "client_id": {c.app.ClientID}, "redirect_uri": {redirect}, "state": {"s"}, "scope": {"openid profile"}}
	for i := 0; i < len(change); i += 2 {
		q.Set(change[i], change[i+1])
	}
	return q
}

// code is that of a person who consents.
func (c *caller) code(path string, query url.Values) string {
	c.t.Helper()
	query.Set("choice", "allow")
	status, location, _ := c.page(path+"/decision", query)
	require.Equal(c.t, http.StatusFound, status)
	back, err := url.Parse(location)
	require.NoError(c.t, err)
	require.NotEmpty(c.t, back.Query().Get("code"), location)
	return back.Query().Get("code")
}

func (c *caller) form(change ...string) string {
	f := url.Values{"client_id": {c.app.ClientID}, "client_secret": {c.app.ClientSecret}}
	for i := 0; i < len(change); i += 2 {
		if f.Set(change[i], change[i+1]); change[i+1] == "" {
			f.Del(change[i])
		}
	}
	return f.Encode()
}

func (c *caller) exchange(code string, change ...string) (status int, body string) {
	c.t.Helper()
	return c.issue(c.form(append([]string{"grant_type", "authorization_code", "code", code, "redirect_uri", redirect}, change...)...))
}

// TestLoginPage shows who asks for what, sends the person back after each choice, and never to where it should not.
func TestLoginPage(t *testing.T) {
	c := newCaller(t)
	status, _, body := c.page("/oauth/v2/authorization", c.asked("scope", "openid <b>"))
	assert.Equal(t, http.StatusOK, status)
	assert.Contains(t, body, "Rita Smith")
	assert.Contains(t, body, "&lt;b&gt;")
	for choice, want := range map[string]string{"user_cancelled_login": "user_cancelled_login", "user_cancelled_authorize": "user_cancelled_authorize"} {
		q := c.asked()
		q.Set("choice", choice)
		_, location, _ := c.page("/oauth/v2/authorization/decision", q)
		back, err := url.Parse(location)
		require.NoError(t, err)
		assert.Equal(t, want, back.Query().Get("error"))
		assert.Equal(t, "s", back.Query().Get("state"))
		assert.NotEmpty(t, back.Query().Get("error_description"))
	}
	for name, q := range map[string]url.Values{
		"another app": c.asked("client_id", "x"), "another host": c.asked("redirect_uri", "https://attacker.example/"), "no redirect": c.asked("redirect_uri", ""),
		"another type": c.asked("response_type", "token"), "a challenge": c.asked("code_challenge", "x"), "twice": {"client_id": {"a", "b"}},
	} {
		status, location, _ := c.page("/oauth/v2/authorization", q)
		assert.Equal(t, http.StatusBadRequest, status, name)
		assert.Empty(t, location, name)
		status, location, _ = c.page("/oauth/v2/authorization/decision", q)
		assert.Equal(t, http.StatusBadRequest, status, name)
		assert.Empty(t, location, name)
	}
	for name, q := range map[string]url.Values{"no challenge": c.asked(), "a plain one": c.asked("code_challenge", "x", "code_challenge_method", "plain"), "by name": c.asked("code_challenge", "x", "code_challenge_method", "S256", "redirect_uri", "http://localhost/")} {
		status, _, _ := c.page("/oauth/native-pkce/authorization", q)
		assert.Equal(t, http.StatusBadRequest, status, name)
	}
	for _, address := range []string{"http://x/oauth/v2/authorization?client_id=x", "http://x/elsewhere", "%zz"} {
		_, err := c.sb.LinkedIn.Consent(address)
		require.Error(t, err, address)
	}
	registered := newCaller(t, linkedin.WithRedirectURLs("https://app.example.com/callback"))
	status, _, _ = registered.page("/oauth/v2/authorization", registered.asked("redirect_uri", "https://app.example.com/callback"))
	assert.Equal(t, http.StatusOK, status)
	status, _, _ = registered.page("/oauth/v2/authorization", registered.asked())
	assert.Equal(t, http.StatusBadRequest, status)
}

// TestCodes are good once, for their app, redirect URL and verifier, and for half an hour.
func TestCodes(t *testing.T) {
	c := newCaller(t, linkedin.WithRefreshTokens(365*24*time.Hour))
	code := c.code("/oauth/v2/authorization", c.asked())
	for name, want := range map[string]struct {
		change []string
		status int
		error  string
	}{
		"another redirect": {[]string{"redirect_uri", redirect + "/"}, 400, "invalid_redirect_uri"}, "no redirect": {[]string{"redirect_uri", ""}, 400, "invalid_request"},
		"another secret": {[]string{"client_secret", "x"}, 401, "invalid_client"}, "no secret": {[]string{"client_secret", ""}, 401, "invalid_client"},
		"another app": {[]string{"client_id", "x"}, 401, "invalid_client_id"}, "another code": {[]string{"code", "x"}, 401, "invalid_request"}, "no code": {[]string{"code", ""}, 400, "invalid_request"},
	} {
		status, body := c.exchange(code, want.change...)
		assert.Equal(t, want.status, status, name)
		assert.Contains(t, body, `"error":"`+want.error+`"`, name)
	}
	status, body := c.exchange(code)
	require.Equal(t, http.StatusOK, status, body)
	var tokens struct {
		Access      string `json:"access_token"`
		Life        int    `json:"expires_in"`
		Refresh     string `json:"refresh_token"`
		RefreshLife int    `json:"refresh_token_expires_in"`
		Scope       string `json:"scope"`
	}
	require.NoError(t, json.Unmarshal([]byte(body), &tokens))
	assert.Equal(t, []any{5_184_000, 31_536_000, "openid profile"}, []any{tokens.Life, tokens.RefreshLife, tokens.Scope})
	status, _ = c.exchange(code)
	assert.Equal(t, 401, status, "once")
	c.token = tokens.Access
	status, body = c.get("/v2/userinfo")
	assert.Equal(t, 200, status)
	assert.Contains(t, body, `"name":"Rita Smith"`)
	assert.NotContains(t, body, "email")

	c.sb.Advance(61 * 24 * time.Hour)
	status, _ = c.get("/v2/userinfo")
	assert.NotEqual(t, 200, status)
	status, body = c.issue(c.form("grant_type", "refresh_token", "refresh_token", tokens.Refresh))
	require.Equal(t, 200, status)
	assert.Contains(t, body, `"refresh_token":"`+tokens.Refresh+`"`)
	assert.Contains(t, body, `"refresh_token_expires_in":2626`, "the rest of the year")
	c.sb.LinkedIn.RevokeConsents()
	status, _ = c.issue(c.form("grant_type", "refresh_token", "refresh_token", tokens.Refresh))
	assert.Equal(t, 400, status)

	late := c.code("/oauth/v2/authorization", c.asked())
	c.sb.Advance(31 * time.Minute)
	status, _ = c.exchange(late)
	assert.Equal(t, 400, status)

	sum := sha256.Sum256([]byte("verifier"))
	q := c.asked("code_challenge", base64.RawURLEncoding.EncodeToString(sum[:]), "code_challenge_method", "S256", "redirect_uri", "http://127.0.0.1:9")
	native := c.code("/oauth/native-pkce/authorization", q)
	for verifier, want := range map[string]int{"other": 400, "": 400} {
		status, _ = c.exchange(native, "client_secret", "", "redirect_uri", "http://127.0.0.1:9", "code_verifier", verifier)
		assert.Equal(t, want, status)
	}
	status, _ = c.exchange(native, "client_secret", "", "redirect_uri", "http://127.0.0.1:9", "code_verifier", "verifier")
	assert.Equal(t, 200, status)
}

// TestIDToken is signed with the published key of the discovery document.
func TestIDToken(t *testing.T) {
	c := newCaller(t)
	verify := func() map[string]any {
		t.Helper()
		_, body := c.exchange(c.code("/oauth/v2/authorization", c.asked("nonce", "n1")))
		var tokens struct {
			IDToken string `json:"id_token"`
		}
		require.NoError(t, json.Unmarshal([]byte(body), &tokens))
		parts := strings.Split(tokens.IDToken, ".")
		require.Len(t, parts, 3)
		var discovery struct {
			Keys string `json:"jwks_uri"`
		}
		_, _, body = c.page("/oauth/.well-known/openid-configuration", nil)
		require.NoError(t, json.Unmarshal([]byte(body), &discovery))
		var published struct {
			Keys []struct{ N, E string } `json:"keys"`
		}
		_, _, body = c.page(strings.TrimPrefix(discovery.Keys, c.sb.LinkedIn.AccountsURL()), nil)
		require.NoError(t, json.Unmarshal([]byte(body), &published))
		decode := func(text string) []byte {
			t.Helper()
			data, err := base64.RawURLEncoding.DecodeString(text)
			require.NoError(t, err)
			return data
		}
		key := &rsa.PublicKey{N: new(big.Int).SetBytes(decode(published.Keys[0].N)), E: int(new(big.Int).SetBytes(decode(published.Keys[0].E)).Int64())}
		sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
		require.NoError(t, rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], decode(parts[2])))
		claims := map[string]any{}
		require.NoError(t, json.Unmarshal(decode(parts[1]), &claims))
		return claims
	}
	claims := verify()
	assert.Equal(t, []any{c.sb.LinkedIn.AccountsURL() + "/oauth", c.app.ClientID, "n1", "yr-ZClfls"}, []any{claims["iss"], claims["aud"], claims["nonce"], claims["sub"]})
	c.sb.LinkedIn.RotateSigningKey()
	verify()
	for name, option := range map[string]linkedin.Option{
		"redirect": linkedin.WithRedirectURLs("/x"), "life": linkedin.WithMemberTokenLife(0), "refresh": linkedin.WithRefreshTokens(0),
	} {
		_, err := linkedin.New(nil, option)
		require.Error(t, err, name)
	}
}
