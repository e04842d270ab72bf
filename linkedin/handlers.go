package linkedin

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/linkedin/tokenstore"
)

// LoginPages says what [OAuth.Handlers] do.
type LoginPages struct {
	// RedirectURL is the registered address of the callback handler.
	RedirectURL string
	// Scopes are what people are asked for.
	Scopes []Scope
	// Nonce is that of [LoginRequest].
	Nonce bool
	// Person tells under which key the tokens are stored: the app's name of the person, such as the subject of the checked id
	// token. An error ends the login.
	Person func(ctx context.Context, grant *Grant) (key string, err error)
	// Store gets the tokens before LoggedIn is called; nil keeps none.
	Store tokenstore.Store
	// LoggedIn responds to a person who has logged in: it begins the app's own session, and redirects.
	LoggedIn func(w http.ResponseWriter, r *http.Request, key string, grant *Grant)
	// Failed responds to one who has not. The error is [ErrState], a [*LoginRefusedError], one of [OAuth.Finish], or of Person
	// or Store. A page of one line is sent unless set, and a log line but for the first two.
	Failed func(w http.ResponseWriter, r *http.Request, err error)
}

const (
	loginCookie = "pronet-login"
	// maxCookie bounds the cookie that is read.
	maxCookie = 2 << 10
	// maxUsed bounds the logins that are remembered as used. Beyond it the oldest are forgotten: LinkedIn's codes can be
	// exchanged once anyway.
	maxUsed = 100_000
)

// Handlers returns two handlers for a web app: login sends a person to LinkedIn, and callback, which belongs at the path of
// the RedirectURL, takes the person back and exchanges the code. Both respond to GET alone.
//
//	login, callback, err := client.LinkedIn.OAuth.Handlers(linkedin.LoginPages{...})
//	mux.Handle("/login", login)
//	mux.Handle("/callback", callback)
//
// A login is bound to the browser by a cookie that ends after [LoginLasts], and that scripts and other sites cannot read:
// a callback that another browser began is [ErrState]. It is used once. What the cookie holds is encrypted with a key that
// is made of the client secret, so that every process of the app can take the callback, and a login that nobody ends costs
// no memory. A second login in the same browser replaces the first.
//
// Errors: those of [OAuth.Begin], and [api.ErrInvalid] when LoggedIn or Person is missing.
func (o *OAuth) Handlers(pages LoginPages) (login, callback http.Handler, err error) {
	_, secret, err := o.app(&linkedinapi.FinishOp)
	if err != nil {
		return nil, nil, err
	}
	if _, err := o.Begin(pages.request()); err != nil {
		return nil, nil, err
	}
	switch {
	case secret.IsZero():
		return nil, nil, fmt.Errorf("LinkedIn.OAuth.Handlers: a native app has no web pages: %w", api.ErrInvalid)
	case pages.LoggedIn == nil || pages.Person == nil:
		return nil, nil, fmt.Errorf("LinkedIn.OAuth.Handlers: LoggedIn and Person are needed: %w", api.ErrInvalid)
	}
	h := &loginHandlers{oauth: o, pages: pages, used: make(map[string]bool)}
	redirect, _ := url.Parse(pages.RedirectURL) // it was checked
	if h.cookie = loginCookie; redirect.Scheme == "https" {
		h.cookie, h.secure = "__Host-"+loginCookie, true
	}
	if h.seal, err = sealOf(secret); err != nil {
		return nil, nil, err
	}
	return http.HandlerFunc(h.login), http.HandlerFunc(h.callback), nil
}

func (p *LoginPages) request() LoginRequest {
	return LoginRequest{RedirectURL: p.RedirectURL, Scopes: p.Scopes, Nonce: p.Nonce}
}

// sealOf is what encrypts the cookies.
func sealOf(secret api.Secret) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(secret.Reveal()), nil, "pronet linkedin login cookie", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

type loginHandlers struct {
	oauth  *OAuth
	pages  LoginPages
	cookie string // its name
	secure bool
	seal   cipher.AEAD

	mu    sync.Mutex
	used  map[string]bool
	order []string // of the used states, the oldest first
}

// pending is what the cookie holds.
type pending struct {
	State string `json:"s"`
	Nonce string `json:"n,omitempty"`
	Began int64  `json:"b"`
}

func (h *loginHandlers) login(w http.ResponseWriter, r *http.Request) {
	if !onlyGet(w, r) {
		return
	}
	login, err := h.oauth.Begin(h.pages.request())
	if err != nil {
		h.fail(w, r, err)
		return
	}
	value, err := json.Marshal(pending{State: login.State, Nonce: login.Nonce, Began: login.Began.Unix()})
	if err != nil {
		h.fail(w, r, err)
		return
	}
	sealed := h.seal.Seal(nil, nil, value, nil) //nolint:gosec // the cipher makes the nonce
	h.setCookie(w, base64.RawURLEncoding.EncodeToString(sealed), int(LoginLasts/time.Second))
	http.Redirect(w, r, login.URL, http.StatusFound)
}

func (h *loginHandlers) callback(w http.ResponseWriter, r *http.Request) {
	if !onlyGet(w, r) {
		return
	}
	login, err := h.pending(r)
	h.setCookie(w, "", -1)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	grant, key, err := h.finish(r, login)
	if err != nil {
		h.fail(w, r, err)
		return
	}
	h.pages.LoggedIn(w, r, key, grant)
}

// setCookie sets the cookie of the login, for so many seconds.
func (h *loginHandlers) setCookie(w http.ResponseWriter, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // it is Secure unless the app itself is on http, which is this machine
		Name: h.cookie, Value: value, MaxAge: seconds, Path: "/", HttpOnly: true, Secure: h.secure, SameSite: http.SameSiteLaxMode,
	})
}

// onlyGet refuses other methods, and keeps what is sent out of caches and other sites' sight.
func onlyGet(w http.ResponseWriter, r *http.Request) bool {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	if r.Method == http.MethodGet {
		return true
	}
	w.Header().Set("Allow", http.MethodGet)
	http.Error(w, "only GET is possible here", http.StatusMethodNotAllowed)
	return false
}

func (h *loginHandlers) finish(r *http.Request, login Login) (grant *Grant, key string, err error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, "", ErrState
	}
	if _, err := login.code(query); errors.Is(err, ErrState) {
		return nil, "", err
	}
	if !h.use(login.State) {
		return nil, "", ErrState
	}
	grant, err = h.oauth.Finish(r.Context(), login, query)
	if err != nil {
		return nil, "", err
	}
	if key, err = h.pages.Person(r.Context(), grant); err != nil {
		return nil, "", err
	}
	if h.pages.Store != nil {
		err = h.oauth.Save(r.Context(), h.pages.Store, key, grant)
	}
	return grant, key, err
}

// pending is the login that the browser's cookie holds.
func (h *loginHandlers) pending(r *http.Request) (Login, error) {
	cookies := r.CookiesNamed(h.cookie)
	if len(cookies) != 1 || len(cookies[0].Value) > maxCookie {
		return Login{}, ErrState
	}
	sealed, err := base64.RawURLEncoding.DecodeString(cookies[0].Value)
	if err != nil {
		return Login{}, ErrState
	}
	value, err := h.seal.Open(nil, nil, sealed, nil)
	if err != nil {
		return Login{}, ErrState
	}
	var p pending
	if err := json.Unmarshal(value, &p); err != nil {
		return Login{}, ErrState
	}
	return Login{State: p.State, Nonce: p.Nonce, RedirectURL: h.pages.RedirectURL, Began: time.Unix(p.Began, 0)}, nil
}

// use reports whether a login is used for the first time.
func (h *loginHandlers) use(state string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.used[state] {
		return false
	}
	h.used[state], h.order = true, append(h.order, state)
	if len(h.order) > maxUsed {
		delete(h.used, h.order[0])
		h.order = h.order[1:]
	}
	return true
}

// fail responds to a login that failed.
func (h *loginHandlers) fail(w http.ResponseWriter, r *http.Request, err error) {
	if h.pages.Failed != nil {
		h.pages.Failed(w, r, err)
		return
	}
	status, text := http.StatusBadGateway, "The login with LinkedIn failed. Please try again later."
	if refused, ok := errors.AsType[*LoginRefusedError](err); ok {
		status, text = http.StatusForbidden, "LinkedIn did not log you in. You can try again."
		if refused.Cancelled() {
			text = "You did not log in with LinkedIn."
		}
	} else if errors.Is(err, ErrState) {
		status, text = http.StatusBadRequest, "This login was begun elsewhere, is too old or was used before. Please begin again."
	} else {
		slog.Default().WarnContext(r.Context(), "pronet: a login with LinkedIn failed", slog.String("reason", api.Describe(err)))
	}
	http.Error(w, text, status)
}
