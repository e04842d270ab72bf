package linkedin

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/publicaddr"
	"github.com/pronet-go/pronet/internal/redact"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/tokenstore"
)

// Where people consent, below the origin of tokens.
const (
	authorizePath = "/oauth/v2/authorization"
	nativePath    = "/oauth/native-pkce/authorization"
)

// LoginLasts is how long a login may take from [OAuth.Begin] to the callback: as long as LinkedIn's codes live.
const LoginLasts = 30 * time.Minute

// OAuth logs people in with LinkedIn, for the app that the client was made for with [AppTokens] or [NativeApp]. For a web
// app [OAuth.Handlers] does it all, and for a program on the person's own machine [OAuth.LoginNative]. Its requests carry no
// token and go through the client's pipeline.
//
// Source: learn.microsoft.com/linkedin/shared/authentication.
type OAuth struct {
	pipeline *transport.Pipeline
	keeper   *linkedinapi.Keeper
}

// LoginRequest says what a person is asked for.
type LoginRequest struct {
	// RedirectURL is where LinkedIn sends the person afterwards: one of those that are registered in the app's settings, byte
	// for byte, https or on this machine, without a fragment.
	RedirectURL string
	// Scopes are what is asked for, one at least.
	Scopes []Scope
	// Nonce sends a nonce, which the id token must then hold: see package linkedinoidc. LinkedIn's pages do not name it
	// (assumed).
	Nonce bool
	// Native asks with PKCE, by the address that LinkedIn has for native apps and enables on request. The redirect is then to
	// http://127.0.0.1 or http://[::1], with any port. Other apps must not send a challenge.
	Native bool
}

// Login is a login under way. It belongs to one browser: keep it where only that one's requests find it, such as in its
// session, and use it once. Its JSON holds no Verifier.
type Login struct {
	// URL is where to send the person.
	URL string
	// State comes back with the callback.
	State string
	// Nonce is what the id token must hold, "" when none was sent.
	Nonce string
	// RedirectURL is that of the request.
	RedirectURL string
	// Verifier proves, for a native app, that it was this program that asked.
	Verifier api.Secret `json:"-"`
	// Began is when.
	Began time.Time
}

// Begin returns a login with the address to which to send the person. It sends nothing.
//
// Errors: [api.ErrInvalid], and [api.ErrNotConfigured] for a client that is not for an app.
func (o *OAuth) Begin(request LoginRequest) (Login, error) {
	id, _, err := o.app(&linkedinapi.FinishOp)
	if err != nil {
		return Login{}, err
	}
	if err := request.check(); err != nil {
		return Login{}, fmt.Errorf("LinkedIn.OAuth.Begin: %w: %w", api.ErrInvalid, err)
	}
	login := Login{State: rand.Text(), RedirectURL: request.RedirectURL, Began: time.Now()}
	path, options := authorizePath, []oauth2.AuthCodeOption{}
	if request.Nonce {
		login.Nonce = rand.Text()
		options = append(options, oauth2.SetAuthURLParam("nonce", login.Nonce))
	}
	if request.Native {
		verifier := oauth2.GenerateVerifier()
		if login.Verifier, err = api.NewSecret(verifier); err != nil {
			return Login{}, err
		}
		path, options = nativePath, append(options, oauth2.S256ChallengeOption(verifier))
	}
	config := oauth2.Config{
		ClientID: id, RedirectURL: request.RedirectURL,
		Endpoint: oauth2.Endpoint{AuthURL: o.pipeline.Origin(&linkedinapi.FinishOp).JoinPath(path).String()},
	}
	for _, scope := range request.Scopes {
		config.Scopes = append(config.Scopes, string(scope))
	}
	login.URL = config.AuthCodeURL(login.State, options...)
	return login, nil
}

func (r *LoginRequest) check() error {
	address, err := url.Parse(r.RedirectURL)
	loopback := err == nil && publicaddr.IsThisMachine(address.Hostname())
	switch {
	case err != nil || address.Host == "" || address.User != nil || strings.Contains(r.RedirectURL, "#"):
		return errors.New("the RedirectURL is not an absolute URL without a fragment")
	case address.Scheme != "https" && (address.Scheme != "http" || !loopback):
		return errors.New("the RedirectURL is not https, so the code would travel in the clear")
	case r.Native && (address.Scheme != "http" || address.Hostname() != "127.0.0.1" && address.Hostname() != "::1"):
		return errors.New("the RedirectURL of a native app is http://127.0.0.1 or http://[::1] with a port")
	case len(r.Scopes) == 0:
		return errors.New("there are no Scopes")
	case slices.ContainsFunc(r.Scopes, func(s Scope) bool { return len(linkedinapi.SplitScopes(string(s))) != 1 }):
		return errors.New("a Scope is empty, or more than one")
	}
	return nil
}

// app is the client's, or why there is none.
func (o *OAuth) app(op *wire.Op) (id string, secret api.Secret, err error) {
	if o == nil || o.pipeline == nil {
		return "", api.Secret{}, wire.ErrNoService
	}
	id, secret, ok := o.keeper.App()
	if !ok {
		return "", api.Secret{}, wire.NewError(op, api.ErrNotConfigured, wire.Plain("the client is for no app: use linkedin.AppTokens or NativeApp", nil))
	}
	return id, secret, nil
}

// ErrState is the error of a callback that does not belong to the login: it came from another browser or another login, or
// too late. Somebody may have made the person's browser ask for it.
var ErrState error = wire.Plain("the callback does not belong to this login", nil)

// LoginRefusedError says that LinkedIn sent the person back without a code.
type LoginRefusedError struct {
	// Code is user_cancelled_login, user_cancelled_authorize, or another one of LinkedIn's; "" when it may not be printed.
	Code string
	// Description is for people, of up to 4 KiB. It is not printed.
	Description string
}

// Error holds the code.
func (e *LoginRefusedError) Error() string {
	if e.Cancelled() {
		return "linkedin: the person did not consent"
	}
	return fmt.Sprintf("linkedin: the login was refused (%.60s)", e.Code)
}

// SafeText is Error.
func (e *LoginRefusedError) SafeText() string { return e.Error() }

// Cancelled reports whether the person said no.
func (e *LoginRefusedError) Cancelled() bool {
	return e.Code == "user_cancelled_login" || e.Code == "user_cancelled_authorize"
}

// Finish exchanges the code of a callback, whose query is given, for the person's tokens. A code can be exchanged once.
//
// Errors: [ErrState] for the callback of another login, a [*LoginRefusedError] when the person did not consent,
// [api.ErrInvalid] or [api.ErrUnauthorized] for a code that is used up or for another redirect URL, and
// [api.ErrMaybeApplied] when the response was lost: then have the person log in once more.
func (o *OAuth) Finish(ctx context.Context, login Login, callback url.Values, options ...api.CallOption) (*Grant, error) {
	op := &linkedinapi.FinishOp
	id, secret, err := o.app(op)
	if err != nil {
		return nil, err
	}
	code, err := login.code(callback)
	if err != nil {
		return nil, err
	}
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code.Reveal()}, "client_id": {id}, "redirect_uri": {login.RedirectURL}}
	switch {
	case !login.Verifier.IsZero():
		form.Set("code_verifier", login.Verifier.Reveal())
	case secret.IsZero():
		return nil, wire.Refuse(op, errors.New("a native app logs people in with a Native request"))
	default:
		form.Set("client_secret", secret.Reveal())
	}
	grant, err := linkedinapi.RequestGrant(ctx, o.pipeline, op, form, []api.Secret{secret, code, login.Verifier}, options)
	if err != nil {
		return nil, err
	}
	made := grantOf(grant)
	made.Nonce = login.Nonce
	return made, nil
}

// code is the code of the login's callback.
func (l *Login) code(callback url.Values) (api.Secret, error) {
	age := time.Since(l.Began)
	if l.State == "" || len(callback["state"]) != 1 || subtle.ConstantTimeCompare([]byte(callback.Get("state")), []byte(l.State)) != 1 || age > LoginLasts {
		return api.Secret{}, ErrState
	}
	if callback.Has("error") {
		return api.Secret{}, &LoginRefusedError{Code: redact.ID(callback.Get("error")), Description: redact.Prose(callback.Get("error_description"))}
	}
	code, err := api.NewSecret(callback.Get("code"))
	if err != nil || len(callback["code"]) != 1 {
		return api.Secret{}, &LoginRefusedError{Code: "no code"}
	}
	return code, nil
}

// Refresh gets another access token by a refresh token, which keeps its end. A client for a member does so by itself.
func (o *OAuth) Refresh(ctx context.Context, refresh api.Secret, options ...api.CallOption) (*Grant, error) {
	op := &linkedinapi.RefreshOp
	id, secret, err := o.app(op)
	if err != nil {
		return nil, err
	}
	if refresh.IsZero() {
		return nil, wire.Refuse(op, errors.New("there is no refresh token"))
	}
	grant, err := linkedinapi.RequestRefresh(ctx, o.pipeline, id, secret, refresh, options)
	if err != nil {
		return nil, err
	}
	return grantOf(grant), nil
}

// Grant is what a person gave an app.
type Grant struct {
	// Access is the access token. It ends at Expires, zero when LinkedIn did not say: 60 days after its issue.
	Access  api.Secret
	Expires time.Time
	// Refresh is the refresh token; the zero Secret, unless LinkedIn has enabled them for the app. It ends at RefreshEnds,
	// 365 days after the login.
	Refresh     api.Secret
	RefreshEnds time.Time
	// IDToken says who the person is, if the scope openid was granted. Check it with package linkedinoidc before you trust it.
	IDToken api.Secret
	// Nonce is what the id token must hold, "" when none was sent.
	Nonce string
	// Scopes are what was granted.
	Scopes []Scope

	asked time.Time
}

func grantOf(g linkedinapi.Grant) *Grant {
	made := &Grant{Access: g.Access, Expires: g.Expires, Refresh: g.Refresh, RefreshEnds: g.RefreshEnds, IDToken: g.IDToken, asked: g.Asked}
	for _, scope := range g.Scopes {
		made.Scopes = append(made.Scopes, Scope(scope))
	}
	return made
}

// Token is the grant for programs that use golang.org/x/oauth2. The scopes and the id token are extras, as there.
func (g *Grant) Token() *oauth2.Token {
	scopes := make([]string, len(g.Scopes))
	for i, scope := range g.Scopes {
		scopes[i] = string(scope)
	}
	token := &oauth2.Token{AccessToken: g.Access.Reveal(), TokenType: "Bearer", RefreshToken: g.Refresh.Reveal(), Expiry: g.Expires}
	return token.WithExtra(map[string]any{"scope": strings.Join(scopes, " "), "id_token": g.IDToken.Reveal()})
}

// Save puts a person's tokens into a store under a key, instead of those that it has there: for [Tokens.ForMember]. What
// another process renews at this moment is dropped. The key should be the app's own name of the person; the id token is not
// kept.
func (o *OAuth) Save(ctx context.Context, store tokenstore.Store, key string, grant *Grant) error {
	if store == nil || grant == nil || grant.Access.IsZero() {
		return fmt.Errorf("LinkedIn.OAuth.Save: there is no store or no token: %w", api.ErrInvalid)
	}
	record := linkedinapi.Record{Grant: linkedinapi.Grant{
		Access: grant.Access, Asked: grant.asked, Expires: grant.Expires, Refresh: grant.Refresh, RefreshEnds: grant.RefreshEnds,
	}}
	if record.Asked.IsZero() {
		record.Asked = time.Now()
	}
	for _, scope := range grant.Scopes {
		record.Scopes = append(record.Scopes, string(scope))
	}
	value, err := record.Encode()
	if err != nil {
		return err
	}
	return replace(ctx, store, key, rand.Text(), value)
}

// Forget removes a person's tokens from a store. They live on at LinkedIn until their end, unless [OAuth.Revoke] ends them
// before, and a client that has the access token already goes on using it.
func (o *OAuth) Forget(ctx context.Context, store tokenstore.Store, key string) error {
	if store == nil {
		return fmt.Errorf("LinkedIn.OAuth.Forget: there is no store: %w", api.ErrInvalid)
	}
	return replace(ctx, store, key, "", api.Secret{})
}

// replace swaps whatever a store has under a key.
func replace(ctx context.Context, store tokenstore.Store, key, revision string, value api.Secret) error {
	for {
		was, _, err := store.Load(ctx, key)
		if err == nil {
			err = store.Swap(ctx, key, was, revision, value)
		}
		if !errors.Is(err, api.ErrConflict) || ctx.Err() != nil {
			return err
		}
	}
}
