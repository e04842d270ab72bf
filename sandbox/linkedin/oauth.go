package linkedin

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// oauthSettings are the options of logins.
type oauthSettings struct {
	redirects   []string // nil accepts those to this machine
	scopes      []string
	memberLife  time.Duration
	refreshLife time.Duration // 0 gives no refresh tokens
	issuer      string        // of id tokens; "" is the discovery document's
}

func newOAuthSettings() oauthSettings {
	return oauthSettings{scopes: []string{"openid", "profile", "email", "w_member_social"}, memberLife: 60 * 24 * time.Hour}
}

// WithRedirectURLs sets the redirect URLs that are registered for all apps. The default is every one to this machine.
func WithRedirectURLs(addresses ...string) Option {
	return func(s *settings) error {
		for _, address := range addresses {
			if u, err := url.Parse(address); err != nil || u.Host == "" || strings.Contains(address, "#") {
				return fmt.Errorf("sandbox: WithRedirectURLs: %.100q is not an absolute URL without a fragment", address)
			}
		}
		s.oauth.redirects = slices.Clone(addresses)
		return nil
	}
}

// WithAppScopes lets apps ask for scopes besides those that each can have: openid, profile, email and w_member_social.
func WithAppScopes(scopes ...string) Option {
	return func(s *settings) error {
		s.oauth.scopes = append(s.oauth.scopes, scopes...)
		return nil
	}
}

// WithMemberTokenLife sets how long a member's token lives. The default is LinkedIn's 60 days.
func WithMemberTokenLife(d time.Duration) Option {
	return func(s *settings) error {
		if s.oauth.memberLife = d; d < time.Second {
			return fmt.Errorf("sandbox: WithMemberTokenLife: %v is less than a second", d)
		}
		return nil
	}
}

// WithRefreshTokens gives members' apps refresh tokens, which LinkedIn does for approved apps only. They end at a fixed
// time after the login; LinkedIn's end after 365 days.
func WithRefreshTokens(life time.Duration) Option {
	return func(s *settings) error {
		if s.oauth.refreshLife = life; life < time.Second {
			return fmt.Errorf("sandbox: WithRefreshTokens: %v is less than a second", life)
		}
		return nil
	}
}

// WithIDTokenIssuer sets the issuer that id tokens name, whatever the discovery document says. The default is the same.
func WithIDTokenIssuer(issuer string) Option {
	return func(s *settings) error {
		s.oauth.issuer = issuer
		return nil
	}
}

// oauthState is what was granted. The lock of the state guards it.
type oauthState struct {
	codes    map[string]*code
	refresh  map[string]*refreshToken
	key      *rsa.PrivateKey // nil before the first id token
	keyID    int
	consents int
}

func newOAuthState() *oauthState {
	return &oauthState{codes: map[string]*code{}, refresh: map[string]*refreshToken{}}
}

// code is an authorization code.
type code struct {
	app       *app
	redirect  string
	scopes    []string
	challenge string // of a native app
	nonce     string
	expires   time.Time
}

// consent is what makes a token a member's.
type consent struct {
	scopes  []string
	created time.Time
	refresh *refreshToken // nil when there is none
}

type refreshToken struct {
	text    string
	app     *app
	scopes  []string
	expires time.Time
	revoked bool
}

// person is who logs in: the sandbox has one.
const (
	personID    = "yr-ZClfls"
	personFirst = "Rita"
	personLast  = "Smith"
	personEmail = "rita-1@example.com"
)

// Consent is a person who logs in at an address that LinkedIn.OAuth.Begin returned, and consents. It returns the address
// to which LinkedIn redirects the browser.
func (sb *Sandbox) Consent(address string) (callback string, err error) {
	return sb.state.decide(address, allow)
}

// Decline is one who does not consent.
func (sb *Sandbox) Decline(address string) (callback string, err error) {
	return sb.state.decide(address, cancelAuthorize)
}

// RevokeConsents revokes all tokens of members, refresh tokens too, as people do in their settings.
func (sb *Sandbox) RevokeConsents() {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	for _, t := range sb.state.tokens {
		t.revoked = t.revoked || t.consent != nil
	}
	for r := range maps.Values(sb.state.oauth.refresh) {
		r.revoked = true
	}
}

// ConsentsGranted is how many codes were exchanged for tokens.
func (sb *Sandbox) ConsentsGranted() int {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	return sb.state.oauth.consents
}

// RotateSigningKey makes another key for id tokens. The former one is no longer published.
func (sb *Sandbox) RotateSigningKey() {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	sb.state.oauth.key = nil
}

// choice is what a person does on the login page.
type choice string

const (
	allow           choice = "allow"
	cancelAuthorize choice = "user_cancelled_authorize"
	cancelLogin     choice = "user_cancelled_login"
)

// asked is a request of the login page.
type asked struct {
	app       *app
	redirect  *url.URL
	state     string
	scopes    []string
	challenge string
	nonce     string
}

var errPage = errors.New("sandbox: the login page says that something went wrong")

// ask reads a request of the login page. The problem is for a page of LinkedIn's own: the redirect is not trusted.
func (st *state) ask(native bool, query url.Values) (*asked, error) {
	for name, values := range query {
		if len(values) != 1 {
			return nil, fmt.Errorf("%w: the parameter %.40q is given twice", errPage, name)
		}
	}
	a := &asked{app: st.app(query.Get("client_id")), state: query.Get("state"), nonce: query.Get("nonce"), challenge: query.Get("code_challenge")}
	a.scopes = strings.Fields(query.Get("scope"))
	redirect, err := url.Parse(query.Get("redirect_uri"))
	switch {
	case a.app == nil:
		return nil, fmt.Errorf("%w: the client_id is not known", errPage)
	case err != nil || !st.registered(query.Get("redirect_uri"), redirect, native):
		return nil, fmt.Errorf("%w: the redirect_uri does not match the registered value", errPage)
	case query.Get("response_type") != "code":
		return nil, fmt.Errorf("%w: the response_type is not code", errPage)
	case native && (a.challenge == "" || query.Get("code_challenge_method") != "S256"):
		return nil, fmt.Errorf("%w: a native app sends a code_challenge by S256", errPage)
	case !native && query.Has("code_challenge"):
		return nil, fmt.Errorf("%w: code_challenge is for native apps, at another address", errPage)
	}
	a.redirect = redirect
	return a, nil
}

// registered reports whether a redirect URL is one of the app's.
func (st *state) registered(text string, u *url.URL, native bool) bool {
	local := u.Scheme == "http" && (u.Hostname() == "127.0.0.1" || u.Hostname() == "::1" || !native && u.Hostname() == "localhost")
	if native || st.settings.oauth.redirects == nil {
		return local && !strings.Contains(text, "#")
	}
	return slices.Contains(st.settings.oauth.redirects, text)
}

// answer is where the browser is sent after a choice.
func (st *state) answer(a *asked, chosen choice) string {
	back := *a.redirect
	query := back.Query()
	if a.state != "" {
		query.Set("state", a.state)
	}
	refuse := func(name, description string) {
		query.Set("error", name)
		query.Set("error_description", description)
	}
	unknown := slices.IndexFunc(a.scopes, func(scope string) bool { return !slices.Contains(st.settings.oauth.scopes, scope) })
	switch {
	case unknown >= 0:
		refuse("unauthorized_scope_error", "Scope \""+a.scopes[unknown]+"\" is not authorized for your application")
	case len(a.scopes) == 0:
		refuse("invalid_scope_error", "No scope was requested")
	case chosen == cancelLogin:
		refuse(string(cancelLogin), "The user cancelled LinkedIn login")
	case chosen == cancelAuthorize:
		refuse(string(cancelAuthorize), "The user cancelled the authorization")
	default:
		text := "AQ" + st.shell.Letters(80)
		st.oauth.codes[text] = &code{
			app: a.app, redirect: a.redirect.String(), scopes: a.scopes, challenge: a.challenge, nonce: a.nonce, expires: st.now().Add(30 * time.Minute),
		}
		query.Set("code", text)
	}
	back.RawQuery = query.Encode()
	return back.String()
}

// decide is a person's choice without a browser.
func (st *state) decide(address string, chosen choice) (callback string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	native := strings.HasSuffix(u.Path, nativePath)
	if !native && !strings.HasSuffix(u.Path, authorizePath) {
		return "", fmt.Errorf("%w: the address is not that of the login page", errPage)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	a, err := st.ask(native, u.Query())
	if err != nil {
		return "", err
	}
	return st.answer(a, chosen), nil
}

// claims are what the scopes open.
func (st *state) claims(scopes []string) map[string]any {
	all := map[string]any{"sub": personID}
	if slices.Contains(scopes, "profile") {
		all["name"], all["given_name"], all["family_name"] = personFirst+" "+personLast, personFirst, personLast
		all["picture"], all["locale"] = "https://media.example.com/"+personID, "en-US"
	}
	if slices.Contains(scopes, "email") {
		all["email"], all["email_verified"] = personEmail, true
	}
	return all
}
