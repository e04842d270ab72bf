package linkedin

import (
	"fmt"

	"golang.org/x/oauth2"

	"github.com/pronet-go/pronet/api"
)

// Tokens says where access tokens come from. Make one with [AppTokens], [StaticToken] or [TokensFrom], and give it to
// pronet.WithLinkedIn. A token goes to the origin of the API and nowhere else.
type Tokens struct {
	// ClientID and ClientSecret are an app's, whose tokens are fetched and renewed.
	ClientID     string
	ClientSecret api.Secret
	// Static is a token that does not change.
	Static api.Secret
	// Source supplies tokens.
	Source oauth2.TokenSource

	err error
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
	case t.Static.IsZero() && t.Source == nil && (t.ClientID == "" || t.ClientSecret.IsZero()):
		return fmt.Errorf("an app has a client id and a client secret: %w", api.ErrInvalid)
	}
	return nil
}
