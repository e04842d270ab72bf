package linkedin

import (
	"cmp"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"html/template"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/shell"
)

const (
	authorizePath = "/oauth/v2/authorization"
	nativePath    = "/oauth/native-pkce/authorization"
	decidePath    = "/decision" // below one of the two; the sandbox's own
	discoveryPath = "/oauth/.well-known/openid-configuration"
	keysPath      = "/oauth/openid/jwks"
)

// serveOAuth responds to what concerns members and reports whether the request was such.
func (st *state) serveOAuth(c *shell.Call) bool {
	form := url.Values{}
	if kind, _, _ := mime.ParseMediaType(c.R.Header.Get("Content-Type")); kind == "application/x-www-form-urlencoded" && c.R.Header.Get("Authorization") == "" && c.R.URL.RawQuery == "" {
		form, _ = url.ParseQuery(string(c.Body))
	}
	serve := func(method, path string, do func()) bool {
		if c.MatchRoute(method, path) != shell.FullMatch {
			return false
		}
		st.mu.Lock()
		defer st.mu.Unlock()
		do()
		return true
	}
	grant := form.Get("grant_type")
	return serve(http.MethodGet, authorizePath, func() { st.page(c, false) }) ||
		serve(http.MethodGet, nativePath, func() { st.page(c, true) }) ||
		serve(http.MethodGet, authorizePath+decidePath, func() { st.decision(c, false) }) ||
		serve(http.MethodGet, nativePath+decidePath, func() { st.decision(c, true) }) ||
		serve(http.MethodGet, discoveryPath, func() { c.W.JSON(http.StatusOK, st.discovery(c)) }) ||
		serve(http.MethodGet, keysPath, func() { c.W.JSON(http.StatusOK, st.keys()) }) ||
		grant == "authorization_code" && serve(http.MethodPost, "/oauth/v2/accessToken", func() { st.exchange(c, form) }) ||
		grant == "refresh_token" && serve(http.MethodPost, "/oauth/v2/accessToken", func() { st.renew(c, form) }) ||
		serve(http.MethodPost, "/oauth/v2/introspectToken", func() { st.introspect(c, form) }) ||
		serve(http.MethodPost, "/oauth/v2/revoke", func() { st.revoke(c, form) })
}

const pageStyle = `<meta name="viewport" content="width=device-width"><style>
body { font: 16px/1.5 sans-serif; max-width: 30em; margin: 3em auto; padding: 0 1em; color: #222 }
header { background: #fff3cd; border: 1px solid #e0c96c; padding: .5em 1em; font-size: 14px }
a.choice { display: inline-block; margin: 0 .5em .5em 0; padding: .5em 1.2em; border: 1px solid #0a5ea8; border-radius: 2em; text-decoration: none; color: #0a5ea8 }
a#allow { background: #0a5ea8; color: #fff }
small { color: #555 }
</style>`

var loginPage = template.Must(template.New("login").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Sign in (sandbox)</title>` + pageStyle + `</head>
<body>
<header>Sandbox: this page stands for LinkedIn's. Nothing leaves this machine.</header>
<h1>Sign in as {{.Person}}?</h1>
<p>The app <b>{{.App}}</b> asks for:</p>
<ul>{{range .Scopes}}<li>{{.Opens}} <small>({{.Name}})</small></li>{{end}}</ul>
<p><a class="choice" id="allow" href="{{.Allow}}">Allow</a>
<a class="choice" id="cancel" href="{{.Cancel}}">Cancel</a>
<a class="choice" id="cancel-login" href="{{.CancelLogin}}">Do not sign in</a></p>
<p><small>Afterwards you are sent back to {{.Back}}.</small></p>
</body></html>
`))

var failurePage = template.Must(template.New("failure").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Bummer, something went wrong (sandbox)</title>` + pageStyle + `</head>
<body>
<header>Sandbox: this page stands for LinkedIn's. Nothing leaves this machine.</header>
<h1>Bummer, something went wrong.</h1><p>{{.}}</p>
<p><small>LinkedIn shows a page of its own instead of sending the person back, since the request cannot be trusted.</small></p>
</body></html>
`))

// scopeTexts say what a scope opens, for people.
var scopeTexts = map[string]string{
	"openid": "who you are for this app", "profile": "your name and picture", "email": "your e-mail address",
	"w_member_social": "to post, comment and react in your name",
}

// scopeLine is a scope on the login page.
type scopeLine struct{ Name, Opens string }

func scopeLines(scopes []string) []scopeLine {
	lines := make([]scopeLine, len(scopes))
	for i, name := range scopes {
		lines[i] = scopeLine{name, cmp.Or(scopeTexts[name], "what this scope opens")}
	}
	return lines
}

func show(c *shell.Call, status int, page *template.Template, data any) {
	var text strings.Builder
	if err := page.Execute(&text, data); err != nil {
		status = http.StatusInternalServerError
	}
	c.W.Header().Set("Referrer-Policy", "no-referrer")
	c.W.Bytes(status, "text/html; charset=utf-8", []byte(text.String()))
}

// page is the login page.
func (st *state) page(c *shell.Call, native bool) {
	query := c.R.URL.Query()
	a, err := st.ask(native, query)
	if err != nil {
		show(c, http.StatusBadRequest, failurePage, strings.TrimPrefix(err.Error(), errPage.Error()+": "))
		return
	}
	link := func(chosen choice) string {
		chosenQuery := maps.Clone(query)
		chosenQuery.Set("choice", string(chosen))
		return c.R.URL.EscapedPath() + decidePath + "?" + chosenQuery.Encode()
	}
	show(c, http.StatusOK, loginPage, map[string]any{
		"App": a.app.id, "Person": personFirst + " " + personLast, "Scopes": scopeLines(a.scopes), "Back": a.redirect.Host,
		"Allow": link(allow), "Cancel": link(cancelAuthorize), "CancelLogin": link(cancelLogin),
	})
}

// decision sends the browser back.
func (st *state) decision(c *shell.Call, native bool) {
	query := c.R.URL.Query()
	chosen := choice(query.Get("choice"))
	query.Del("choice")
	a, err := st.ask(native, query)
	if err != nil {
		show(c, http.StatusBadRequest, failurePage, strings.TrimPrefix(err.Error(), errPage.Error()+": "))
		return
	}
	c.W.Header().Set("Location", st.answer(a, chosen))
	c.W.WriteHeader(http.StatusFound)
}

func refuseGrant(c *shell.Call, status int, name, description string) {
	c.W.JSON(status, map[string]string{"error": name, "error_description": description})
}

// client is the app of a form, nil once it has been refused. A native app has no secret to send.
func (st *state) client(c *shell.Call, form url.Values, native bool) *app {
	a := st.app(form.Get("client_id"))
	switch {
	case a == nil:
		refuseGrant(c, http.StatusUnauthorized, "invalid_client_id", "The client id is not known")
		return nil
	case native && !form.Has("client_secret"):
		return a
	case !shell.SameSecret(form.Get("client_secret"), a.secret):
		refuseGrant(c, http.StatusUnauthorized, "invalid_client", "Client authentication failed")
		return nil
	}
	return a
}

// exchange gives tokens for a code.
func (st *state) exchange(c *shell.Call, form url.Values) {
	code := st.oauth.codes[form.Get("code")]
	native := code != nil && code.challenge != ""
	a := st.client(c, form, native)
	if a == nil {
		return
	}
	sum := sha256.Sum256([]byte(form.Get("code_verifier")))
	switch {
	case form.Get("code") == "" || form.Get("redirect_uri") == "":
		refuseGrant(c, http.StatusBadRequest, "invalid_request", "A required parameter is missing")
		return
	case code == nil:
		refuseGrant(c, http.StatusUnauthorized, "invalid_request", "Unable to retrieve access token: authorization code not found")
		return
	case code.app != a || code.redirect != form.Get("redirect_uri") || !st.now().Before(code.expires),
		native && base64.RawURLEncoding.EncodeToString(sum[:]) != code.challenge:
		refuseGrant(c, http.StatusBadRequest, "invalid_redirect_uri",
			"Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code. Or authorization code expired.")
		return
	}
	delete(st.oauth.codes, form.Get("code"))
	st.oauth.consents++
	var refresh *refreshToken
	if life := st.settings.oauth.refreshLife; life > 0 {
		refresh = &refreshToken{text: "AQ" + st.shell.Letters(120), app: a, scopes: code.scopes, expires: st.now().Add(life)}
		st.oauth.refresh[refresh.text] = refresh
	}
	st.endOthers(a, code.scopes)
	response := st.grant(a, code.scopes, refresh)
	if slices.Contains(code.scopes, "openid") {
		response["id_token"] = st.idToken(c, a, code)
	}
	c.W.JSON(http.StatusOK, response)
}

// endOthers ends the person's tokens with other scopes.
func (st *state) endOthers(a *app, scopes []string) {
	for _, t := range st.tokens {
		if t.app == a && t.consent != nil && !sameSet(t.consent.scopes, scopes) {
			t.revoked = true
		}
	}
	for _, r := range st.oauth.refresh {
		if r.app == a && !sameSet(r.scopes, scopes) {
			r.revoked = true
		}
	}
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}

// grant makes a member's token.
func (st *state) grant(a *app, scopes []string, refresh *refreshToken) map[string]any {
	text := "AQ" + st.shell.Letters(350)
	st.tokens[text] = &token{
		app: a, expires: st.now().Add(st.settings.oauth.memberLife), lag: st.settings.tokenLag,
		consent: &consent{scopes: scopes, created: st.now(), refresh: refresh},
	}
	response := map[string]any{
		"access_token": text, "expires_in": int(st.settings.oauth.memberLife / time.Second), "token_type": "Bearer", "scope": strings.Join(scopes, " "),
	}
	if refresh != nil {
		response["refresh_token"] = refresh.text
		response["refresh_token_expires_in"] = int((refresh.expires.Sub(st.now()) + time.Second - 1) / time.Second) // a second that has begun
	}
	return response
}

// renew gives another token for a refresh token.
func (st *state) renew(c *shell.Call, form url.Values) {
	refresh := st.oauth.refresh[form.Get("refresh_token")]
	a := st.client(c, form, true)
	if a == nil {
		return
	}
	if refresh == nil || refresh.app != a || refresh.revoked || !st.now().Before(refresh.expires) {
		refuseGrant(c, http.StatusBadRequest, "invalid_request", "The provided authorization grant or refresh token is invalid, expired or revoked")
		return
	}
	c.W.JSON(http.StatusOK, st.grant(a, refresh.scopes, refresh))
}

// introspect tells of a token of the app. Times are seconds.
func (st *state) introspect(c *shell.Call, form url.Values) {
	a := st.app(form.Get("client_id"))
	switch {
	case a == nil || form.Get("token") == "":
		refuseGrant(c, http.StatusBadRequest, "invalid_request", "The client id or the token is missing or invalid")
		return
	case !shell.SameSecret(form.Get("client_secret"), a.secret):
		refuseGrant(c, http.StatusUnauthorized, "invalid_client", "Client authentication failed")
		return
	}
	t := st.tokens[form.Get("token")]
	if t == nil || t.app != a {
		c.W.JSON(http.StatusOK, map[string]any{"active": false})
		return
	}
	status := "active"
	switch {
	case t.revoked:
		status = "revoked"
	case !st.now().Before(t.expires):
		status = "expired"
	}
	response := map[string]any{"active": status == "active", "status": status, "client_id": a.id, "expires_at": t.expires.Unix(), "auth_type": "2L"}
	if t.consent != nil {
		response["auth_type"], response["scope"] = "3L", strings.Join(t.consent.scopes, ",")
		response["authorized_at"], response["created_at"] = t.consent.created.Unix(), t.consent.created.Unix()
	}
	c.W.JSON(http.StatusOK, response)
}

// revoke ends a token. With a refresh token end those that it got (assumed).
func (st *state) revoke(c *shell.Call, form url.Values) {
	a := st.client(c, form, true)
	if a == nil {
		return
	}
	if t := st.tokens[form.Get("token")]; t != nil && t.app == a {
		t.revoked = true
	}
	if refresh := st.oauth.refresh[form.Get("token")]; refresh != nil && refresh.app == a {
		refresh.revoked = true
		for _, t := range st.tokens {
			t.revoked = t.revoked || t.consent != nil && t.consent.refresh == refresh
		}
	}
	c.W.WriteHeader(http.StatusOK)
}

// accounts is the address of the origin as the request had it.
func (st *state) accounts(c *shell.Call) string {
	return "http://" + c.R.Host + st.shell.Settings().PathPrefix
}

func (st *state) discovery(c *shell.Call) map[string]any {
	at := st.accounts(c)
	return map[string]any{
		"issuer": at + "/oauth", "authorization_endpoint": at + authorizePath, "token_endpoint": at + "/oauth/v2/accessToken",
		"userinfo_endpoint": "https://api.linkedin.com/v2/userinfo", "jwks_uri": at + keysPath,
		"response_types_supported": []string{"code"}, "subject_types_supported": []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"}, "scopes_supported": []string{"openid", "profile", "email"},
		"claims_supported": []string{"iss", "aud", "iat", "exp", "sub", "name", "given_name", "family_name", "picture", "email", "email_verified", "locale"},
	}
}

func (st *state) signingKey() *rsa.PrivateKey {
	if st.oauth.key == nil {
		st.oauth.key, _ = rsa.GenerateKey(rand.Reader, 2048) // fails for sizes only
		st.oauth.keyID++
	}
	return st.oauth.key
}

func (st *state) keys() map[string]any {
	public := st.signingKey().PublicKey
	exponent := make([]byte, 4)
	binary.BigEndian.PutUint32(exponent, uint32(public.E))
	return map[string]any{"keys": []map[string]string{{
		"kty": "RSA", "use": "sig", "alg": "RS256", "kid": strconv.Itoa(st.oauth.keyID),
		"n": base64.RawURLEncoding.EncodeToString(public.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(exponent[1:]),
	}}}
}

// idToken says who the person is.
func (st *state) idToken(c *shell.Call, a *app, code *code) string {
	key := st.signingKey()
	claims := st.claims(code.scopes)
	issuer := st.settings.oauth.issuer
	if issuer == "" {
		issuer = st.accounts(c) + "/oauth"
	}
	claims["iss"], claims["aud"], claims["iat"], claims["exp"] = issuer, a.id, st.now().Unix(), st.now().Add(time.Hour).Unix()
	if code.nonce != "" {
		claims["nonce"] = code.nonce
	}
	encode := func(value any) string {
		text, _ := json.Marshal(value) // of texts and numbers
		return base64.RawURLEncoding.EncodeToString(text)
	}
	text := encode(map[string]string{"alg": "RS256", "typ": "JWT", "kid": strconv.Itoa(st.oauth.keyID)}) + "." + encode(claims)
	sum := sha256.Sum256([]byte(text))
	signature, _ := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:]) // fails for keys that are too short only
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}
