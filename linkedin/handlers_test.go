package linkedin_test

import (
	"bytes"
	"context"
	"errors"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
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

// webApp is an app that logs people in.
type webApp struct {
	*httptest.Server
	sb     *sandbox.Sandbox
	client *pronet.Client
	store  *tokenstore.Memory
	person error // of the function Person
}

func startApp(t *testing.T, options ...sandbox.Option) *webApp {
	t.Helper()
	a := &webApp{store: tokenstore.NewMemory()}
	a.sb, a.client = sandboxtest.Start(t, options...)
	mux := http.NewServeMux()
	a.Server = httptest.NewServer(mux)
	t.Cleanup(a.Close)
	login, callback, err := a.client.LinkedIn.OAuth.Handlers(a.pages())
	require.NoError(t, err)
	mux.Handle("/login", login)
	mux.Handle("/callback", callback)
	return a
}

func (a *webApp) pages() linkedin.LoginPages {
	return linkedin.LoginPages{
		RedirectURL: a.URL + "/callback", Scopes: loginScopes, Nonce: true, Store: a.store,
		Person: func(_ context.Context, grant *linkedin.Grant) (string, error) {
			if grant.Nonce == "" || grant.IDToken.IsZero() {
				return "", errors.New("no nonce, or no id token")
			}
			return "rita", a.person
		},
		LoggedIn: func(w http.ResponseWriter, _ *http.Request, key string, _ *linkedin.Grant) {
			_, _ = io.WriteString(w, "hello "+key)
		},
	}
}

// browser follows redirects, and stops at the pages that it is told.
type browser struct {
	*http.Client
	t *testing.T
}

func newBrowser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &browser{&http.Client{Transport: transport, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, t}
}

// get returns the status, the body, and where the browser is sent.
func (b *browser) get(address string) (status int, body, location string) {
	b.t.Helper()
	request, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, address, nil)
	require.NoError(b.t, err)
	response, err := b.Do(request)
	require.NoError(b.t, err)
	defer response.Body.Close()
	read, err := io.ReadAll(response.Body)
	require.NoError(b.t, err)
	return response.StatusCode, string(read), response.Header.Get("Location")
}

// begin goes to the login, and returns the address of LinkedIn's page.
func (b *browser) begin(a *webApp) string {
	b.t.Helper()
	status, _, page := b.get(a.URL + "/login")
	require.Equal(b.t, http.StatusFound, status)
	return page
}

// choose follows a link of LinkedIn's page and returns the address of the callback.
func (b *browser) choose(page, id string) string {
	b.t.Helper()
	status, body, _ := b.get(page)
	require.Equal(b.t, http.StatusOK, status, body)
	_, rest, found := strings.Cut(body, `id="`+id+`" href="`)
	require.True(b.t, found, body)
	link, _, _ := strings.Cut(rest, `"`)
	base, err := url.Parse(page)
	require.NoError(b.t, err)
	address, err := base.Parse(html.UnescapeString(link))
	require.NoError(b.t, err)
	status, _, callback := b.get(address.String())
	require.Equal(b.t, http.StatusFound, status)
	return callback
}

// TestLoginOfAWebApp: consent, refusal, another browser's callback, a replayed one, and one without a cookie.
func TestLoginOfAWebApp(t *testing.T) {
	a := startApp(t, fake.WithRefreshTokens(year))
	rita := newBrowser(t)
	callback := rita.choose(rita.begin(a), "allow")
	cookies := rita.Jar.Cookies(mustParse(t, a.URL))
	status, body, _ := rita.get(callback)
	assert.Equal(t, []any{http.StatusOK, "hello rita"}, []any{status, body})
	member, err := a.client.Clone(pronet.WithLinkedIn(appOf(a.sb).ForMember(a.store, "rita")))
	require.NoError(t, err)
	name, err := who(t.Context(), member)
	require.NoError(t, err)
	assert.Equal(t, "Rita Smith", name)

	for what, replayed := range map[string]bool{"the cookie is gone": false, "the cookie was kept": true} {
		if replayed {
			rita.Jar.SetCookies(mustParse(t, a.URL), cookies)
		}
		status, body, _ = rita.get(callback)
		assert.Equal(t, http.StatusBadRequest, status, what)
		assert.Contains(t, body, "begin again")
	}
	assert.Equal(t, 1, a.sb.LinkedIn.ConsentsGranted())
	assert.Equal(t, 1, a.sb.RequestsTo("POST", "/oauth/v2/accessToken"), "the code was not tried a second time")

	for _, id := range []string{"cancel", "cancel-login"} {
		status, body, _ = rita.get(rita.choose(rita.begin(a), id))
		assert.Equal(t, http.StatusForbidden, status)
		assert.Contains(t, body, "You did not log in")
	}

	// Mallory has Rita's browser ask for the callback of his own login, or changes the state of hers.
	mallory := newBrowser(t)
	forged := mallory.choose(mallory.begin(a), "allow")
	status, _, _ = rita.get(forged)
	assert.Equal(t, http.StatusBadRequest, status)
	own := rita.choose(rita.begin(a), "allow")
	status, _, _ = rita.get(forged)
	assert.Equal(t, http.StatusBadRequest, status, "during a login of hers")
	status, _, _ = rita.get(own)
	assert.Equal(t, http.StatusBadRequest, status, "which has ended with it")
	status, _, _ = newBrowser(t).get(mallory.choose(mallory.begin(a), "allow"))
	assert.Equal(t, http.StatusBadRequest, status)
	assert.Equal(t, 1, a.sb.LinkedIn.ConsentsGranted())
}

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	return u
}

// TestLoginCookies: scripts do not see it, other sites do not send it, and what is in it cannot be read, made or changed.
func TestLoginCookies(t *testing.T) {
	a := startApp(t)
	ask := func(path string, cookies ...*http.Cookie) *http.Response {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil)
		for _, c := range cookies {
			request.AddCookie(c)
		}
		w := httptest.NewRecorder()
		a.Config.Handler.ServeHTTP(w, request)
		return w.Result()
	}
	response := ask("/login")
	require.Len(t, response.Cookies(), 1)
	cookie := response.Cookies()[0]
	assert.True(t, cookie.HttpOnly)
	assert.Equal(t, http.SameSiteLaxMode, cookie.SameSite)
	assert.Equal(t, "/", cookie.Path)
	assert.Equal(t, 1800, cookie.MaxAge)
	assert.Equal(t, "no-store", response.Header.Get("Cache-Control"))
	state := mustParse(t, response.Header.Get("Location")).Query().Get("state")
	assert.NotContains(t, cookie.Value, state)
	for name, value := range map[string]string{
		"none": "", "no base64": "%%%", "short": "AAAA", "changed": "AAAA" + cookie.Value[4:], "cut": cookie.Value[:len(cookie.Value)-4], "long": strings.Repeat("A", 5000), "plain": `{"s":"x"}`,
	} {
		response := ask("/callback?code=x&state="+state, &http.Cookie{Name: cookie.Name, Value: value})
		assert.Equal(t, http.StatusBadRequest, response.StatusCode, name)
	}
	assert.Equal(t, http.StatusBadRequest, ask("/callback?code=x&state="+state, cookie, cookie).StatusCode, "two cookies")
	assert.Equal(t, http.StatusBadRequest, ask("/callback?code=x&%zz&state="+state, cookie).StatusCode)
	assert.Zero(t, a.sb.RequestsTo("POST", "/oauth/v2/accessToken"))
	for _, path := range []string{"/login", "/callback"} {
		w := httptest.NewRecorder()
		a.Config.Handler.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, nil))
		assert.Equal(t, http.StatusMethodNotAllowed, w.Code, path)
	}

	// Over https no other host of the domain can set it.
	secure, _, err := a.client.LinkedIn.OAuth.Handlers(linkedin.LoginPages{
		RedirectURL: "https://app.example.com/callback", Scopes: loginScopes, Person: a.pages().Person, LoggedIn: a.pages().LoggedIn,
	})
	require.NoError(t, err)
	w := httptest.NewRecorder()
	secure.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/login", nil))
	cookie = w.Result().Cookies()[0]
	assert.True(t, cookie.Secure)
	assert.Equal(t, "__Host-pronet-login", cookie.Name)
}

// TestLoginsEndAfterHalfAnHour whatever the browser keeps, and another process of the app takes the callback.
func TestLoginsEndAfterHalfAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sb, client := sandboxtest.StartInMemory(t)
		a := &webApp{sb: sb, client: client, store: tokenstore.NewMemory(), Server: &httptest.Server{URL: "http://127.0.0.1"}}
		first, _, err := client.LinkedIn.OAuth.Handlers(a.pages())
		require.NoError(t, err)
		_, second, err := processes(t, sb, 1, appOf(sb))[0].LinkedIn.OAuth.Handlers(a.pages())
		require.NoError(t, err)
		for wait, want := range map[time.Duration]int{time.Minute: http.StatusOK, 31 * time.Minute: http.StatusBadRequest} {
			w := httptest.NewRecorder()
			first.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/login", nil))
			callback, err := sb.LinkedIn.Consent(w.Header().Get("Location"))
			require.NoError(t, err)
			time.Sleep(wait)
			request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, callback, nil)
			request.AddCookie(w.Result().Cookies()[0])
			w = httptest.NewRecorder()
			second.ServeHTTP(w, request)
			assert.Equal(t, want, w.Code, wait)
		}
	})
}

// TestLoginsThatFail for other reasons are told to the log, without what LinkedIn or the app said, and not to the person.
func TestLoginsThatFail(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	a := startApp(t)
	b := newBrowser(t)
	a.person = errors.New("CANARY of the app")
	status, body, _ := b.get(b.choose(b.begin(a), "allow"))
	assert.Equal(t, http.StatusBadGateway, status)
	a.person = nil
	callback := b.choose(b.begin(a), "allow")
	a.sb.Fail(sandbox.Fault{Origin: "linkedin/www", Status: 503, Body: "CANARY"})
	status, second, _ := b.get(callback)
	assert.Equal(t, http.StatusBadGateway, status)
	assert.NotContains(t, body+second+log.String(), "CANARY")
	assert.Equal(t, 2, strings.Count(log.String(), "a login with LinkedIn failed"))
	a.sb.ClearFaults()

	var got error
	pages := a.pages()
	pages.Failed = func(w http.ResponseWriter, _ *http.Request, err error) { got = err; w.WriteHeader(http.StatusTeapot) }
	_, callbacks, err := a.client.LinkedIn.OAuth.Handlers(pages)
	require.NoError(t, err)
	w := httptest.NewRecorder()
	callbacks.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/callback", nil))
	assert.Equal(t, http.StatusTeapot, w.Code)
	require.ErrorIs(t, got, linkedin.ErrState)

	for name, change := range map[string]func(*linkedin.LoginPages){
		"no Person": func(p *linkedin.LoginPages) { p.Person = nil }, "no LoggedIn": func(p *linkedin.LoginPages) { p.LoggedIn = nil },
		"no scopes": func(p *linkedin.LoginPages) { p.Scopes = nil }, "no redirect": func(p *linkedin.LoginPages) { p.RedirectURL = "" },
	} {
		bad := a.pages()
		change(&bad)
		_, _, err := a.client.LinkedIn.OAuth.Handlers(bad)
		require.ErrorIs(t, err, api.ErrInvalid, name)
	}
	native, err := pronet.New(pronet.WithLinkedIn(linkedin.NativeApp("id")))
	require.NoError(t, err)
	_, _, err = native.LinkedIn.OAuth.Handlers(a.pages())
	require.ErrorIs(t, err, api.ErrInvalid)
	static, err := pronet.New(pronet.WithLinkedIn(linkedin.StaticToken("token")))
	require.NoError(t, err)
	_, _, err = static.LinkedIn.OAuth.Handlers(a.pages())
	require.ErrorIs(t, err, api.ErrNotConfigured)
}

// FuzzCallback: whatever a browser sends, nothing is exchanged for it.
func FuzzCallback(f *testing.F) {
	client, err := pronet.New(pronet.WithLinkedIn(linkedin.AppTokens("id", "secret")), pronet.WithTransport(responding(`{"access_token":"AQ"}`)))
	if err != nil {
		f.Fatal(err)
	}
	_, callback, err := client.LinkedIn.OAuth.Handlers(linkedin.LoginPages{
		RedirectURL: "http://127.0.0.1/callback", Scopes: loginScopes,
		Person:   func(context.Context, *linkedin.Grant) (string, error) { return "key", nil },
		LoggedIn: func(http.ResponseWriter, *http.Request, string, *linkedin.Grant) { panic("logged in") },
	})
	if err != nil {
		f.Fatal(err)
	}
	f.Add("state=x&code=y", "pronet-login=AAAA")
	f.Add("error=user_cancelled_login&state=", "pronet-login=; pronet-login=")
	f.Fuzz(func(t *testing.T, query, cookie string) {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/callback", nil)
		request.URL.RawQuery = query
		request.Header.Set("Cookie", cookie)
		w := httptest.NewRecorder()
		callback.ServeHTTP(w, request)
		if w.Code != http.StatusBadRequest {
			t.Fatalf("%d for %q %q", w.Code, query, cookie)
		}
	})
}
