package linkedin

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/oauth2"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/linkedin/tokenstore"
)

// Tokens says where access tokens come from. Make one with [AppTokens], [NativeApp], [StaticToken] or [TokensFrom], and give
// it to pronet.WithLinkedIn. A token goes to the origin of the API and nowhere else.
type Tokens struct {
	// ClientID and ClientSecret are an app's, whose tokens, or those of its members, are fetched and renewed.
	ClientID     string
	ClientSecret api.Secret
	// Static is a token that does not change.
	Static api.Secret
	// Source supplies tokens.
	Source oauth2.TokenSource
	// Store keeps an app's tokens for all processes that share it, or those of a member; see [Tokens.In] and
	// [Tokens.ForMember].
	Store tokenstore.Store
	// Member is the key under which the Store has the tokens of a member of the app.
	Member string
	// RefreshEnding is called, instead of a line in the log, once a day from 30 days before the end of a member's refresh
	// token on, at a call of each client that was made with the tokens: the person has to log in again by then. It must be
	// quick, and may be nil.
	RefreshEnding func(ends time.Time)

	native bool
	err    error
}

// AppTokens are those of an app, parent or child, by its client credentials: what Recruiter System Connect and job
// postings use. They live for 30 minutes. One is fetched before the first call and again two minutes before its end, once
// for all goroutines and clones; and once more after a response of 401, which may come before the end. A token that is
// refused in the first ten seconds of its life is tried again after a second, since for some seconds not all of LinkedIn's
// servers know it (reported), and then a new one is fetched.
//
// Source: learn.microsoft.com/linkedin/shared/authentication/client-credentials-flow.
func AppTokens(clientID, clientSecret string) Tokens {
	secret, err := api.NewSecret(clientSecret)
	if err != nil {
		err = fmt.Errorf("AppTokens: the client secret: %w", err)
	}
	if _, bad := api.NewSecret(clientID); bad != nil {
		err = fmt.Errorf("AppTokens: the client id: %w", bad)
	}
	return Tokens{ClientID: clientID, ClientSecret: secret, err: err}
}

// NativeApp is an app without a secret, such as a program on people's own machines: [OAuth.LoginNative] logs them in. It has
// no tokens of its own, but its members have.
func NativeApp(clientID string) Tokens {
	t := Tokens{ClientID: clientID, native: true}
	if _, err := api.NewSecret(clientID); err != nil {
		t.err = fmt.Errorf("NativeApp: the client id: %w", err)
	}
	return t
}

// In keeps the token of an app in a store, for all processes that use the same app and store: it is renewed once by
// whoever gets to it first, and the others find it there. One that dies in the middle keeps the others from renewing it for
// 75 seconds. Processes' clocks may differ by five minutes.
//
// When the store fails, calls go on with the token that they have until its end, and then fail. A token that could not be
// stored is used by the process that has it, which stores it once the store works again. Calls whose token lives wait for
// a renewal, or for a store that hangs, for five seconds at most.
func (t Tokens) In(store tokenstore.Store) Tokens {
	if t.Store = store; store == nil && t.err == nil {
		t.err = errors.New("In: the store is nil")
	}
	return t
}

// ForMember are the tokens of a member who has consented that the app acts for them, which [OAuth.Save] has put into a store
// under a key:
//
//	app := linkedin.AppTokens(clientID, clientSecret)
//	client, err := pronet.New(pronet.WithLinkedIn(app))
//	...
//	member, err := client.Clone(pronet.WithLinkedIn(app.ForMember(store, key)))
//
// An access token lives for 60 days and is renewed by the refresh token, if LinkedIn has given one (to approved apps only),
// as [Tokens.In] has it. A refresh token ends 365 days after the login whatever is done, which is warned of from 30 days
// before on; see RefreshEnding. When no further token can be got, because there is none or the person has taken the consent
// back, calls end with [ErrLoginNeeded]. A login that is saved meanwhile is found by the next call.
func (t Tokens) ForMember(store tokenstore.Store, key string) Tokens {
	t.Store, t.Member = store, key
	if t.err == nil && (store == nil || key == "") {
		t.err = errors.New("ForMember: there is no store, or no key")
	}
	return t
}

// ErrLoginNeeded is the error of calls for a member whose token has ended, or was revoked, and cannot be renewed: the person
// has to log in again. It is [api.ErrUnauthorized] too.
var ErrLoginNeeded error = linkedinapi.ErrLoginNeeded

// StaticToken is one token that is used until LinkedIn refuses it, such as a member's, which lives for 60 days.
func StaticToken(token string) Tokens {
	secret, err := api.NewSecret(token)
	if err != nil {
		err = fmt.Errorf("StaticToken: %w", err)
	}
	return Tokens{Static: secret, err: err}
}

// TokensFrom are those of a source, such as that of an oauth2.Config with a refresh token. Each is used until two minutes
// before its Expiry, or until LinkedIn refuses it with 401: then the source is asked again, by one goroutine at a time, and
// one that still returns the refused token ends the call. Calls of the source do not end with a call's context. Its
// requests are its own: they go through nothing of this module, least of all oauth2's transport, which adds the token to
// redirected requests.
func TokensFrom(source oauth2.TokenSource) Tokens {
	if source == nil {
		return Tokens{err: fmt.Errorf("TokensFrom: the source is nil")}
	}
	return Tokens{Source: source}
}

// Check reports what is wrong with the tokens, as pronet.WithLinkedIn does. The error is [api.ErrInvalid] and has nothing
// of a secret.
func (t Tokens) Check() error {
	ways := 0
	for _, given := range []bool{t.ClientID != "" || !t.ClientSecret.IsZero(), !t.Static.IsZero(), t.Source != nil} {
		if given {
			ways++
		}
	}
	switch {
	case t.err != nil:
		return fmt.Errorf("%w: %w", api.ErrInvalid, t.err)
	case ways != 1:
		return fmt.Errorf("the tokens come from %d places instead of one: %w", ways, api.ErrInvalid)
	case t.Static.IsZero() && t.Source == nil && (t.ClientID == "" || t.ClientSecret.IsZero() != t.native):
		return fmt.Errorf("an app has a client id and a client secret: %w", api.ErrInvalid)
	case t.ClientID == "" && t.Store != nil:
		return fmt.Errorf("only the tokens of an app or its members are kept in a store: %w", api.ErrInvalid)
	case t.Member != "" && t.Store == nil:
		return fmt.Errorf("the tokens of a member are in a store: %w", api.ErrInvalid)
	}
	return nil
}
