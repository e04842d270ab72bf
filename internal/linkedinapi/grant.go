package linkedinapi

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

const (
	// longestLife bounds what a response can say of an access token, and longestRefresh of a refresh token.
	longestLife    = 366 * 24 * time.Hour
	longestRefresh = 10 * 366 * 24 * time.Hour
	maxScopes      = 100
)

// Grant is what the origin of tokens gives: an access token, and of a member perhaps a refresh token.
type Grant struct {
	Access api.Secret
	// Asked is when it was asked for, which is earlier than its issue. Expires is zero when not known.
	Asked, Expires time.Time
	Refresh        api.Secret
	RefreshEnds    time.Time
	IDToken        api.Secret
	Scopes         []string
}

// lives reports whether there is a token whose end has not come.
func (g *Grant) lives(now time.Time) bool {
	return !g.Access.IsZero() && (g.Expires.IsZero() || now.Before(g.Expires))
}

// SplitScopes reads a list of scopes, which LinkedIn separates by spaces or commas. What is no scope is left out.
func SplitScopes(list string) []string {
	scopes := strings.FieldsFunc(list, func(r rune) bool { return r == ' ' || r == ',' || r == '+' })
	scopes = slices.DeleteFunc(scopes, func(s string) bool {
		return len(s) > 100 || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || r == '"' || r == '\\' })
	})
	return scopes[:min(len(scopes), maxScopes)]
}

// RequestGrant sends a form to the endpoint of tokens. Secrets are those of its values that nothing may print.
func RequestGrant(ctx context.Context, through Doer, op *wire.Op, form url.Values, secrets []api.Secret, options []api.CallOption) (Grant, error) {
	g := Grant{Asked: time.Now()}
	_, err := through.Do(ctx, transport.Call{
		Op: op, Secrets: secrets, Body: Form(form), Options: options,
		Decode: g.read,
	})
	return g, err
}

// Form is a form as a body.
func Form(form url.Values) *transport.Body {
	return transport.Bytes("application/x-www-form-urlencoded", []byte(form.Encode()))
}

// read reads a response of the endpoint of tokens. Its errors say nothing of it.
func (g *Grant) read(body []byte) error {
	var response struct {
		Access      string `json:"access_token"`
		Life        Number `json:"expires_in"` // a string in LinkedIn's page
		Refresh     string `json:"refresh_token"`
		RefreshLife Number `json:"refresh_token_expires_in"`
		IDToken     string `json:"id_token"`
		Scope       string `json:"scope"`
	}
	if err := codec.Decode(body, &response); err != nil || response.Access == "" {
		return wire.Plain("the response holds no token", nil)
	}
	var err error
	if g.Access, err = api.NewSecret(response.Access); err != nil {
		return wire.Plain("the token cannot stand in a header", err)
	}
	g.Expires = g.after(response.Life, longestLife)
	if refresh, err := api.NewSecret(response.Refresh); err == nil {
		g.Refresh, g.RefreshEnds = refresh, g.after(response.RefreshLife, longestRefresh)
	}
	if token, err := api.NewSecret(response.IDToken); err == nil {
		g.IDToken = token
	}
	g.Scopes = SplitScopes(response.Scope)
	return nil
}

// after is the end of a life of so many seconds, zero when that is not known.
func (g *Grant) after(seconds Number, longest time.Duration) time.Time {
	life := time.Duration(min(int64(seconds), int64(longest/time.Second))) * time.Second
	if life <= 0 {
		return time.Time{}
	}
	return g.Asked.Add(life)
}

// requestAppToken gets a token of an app.
func requestAppToken(ctx context.Context, through Doer, id string, secret api.Secret) (Grant, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {id}, "client_secret": {secret.Reveal()}}
	return RequestGrant(ctx, through, &TokenOp, form, []api.Secret{secret}, nil)
}

// RequestRefresh gets another access token by a refresh token. That one keeps its end. An app without a secret is a native
// one.
func RequestRefresh(ctx context.Context, through Doer, id string, secret, refresh api.Secret, options []api.CallOption) (Grant, error) {
	form := url.Values{"grant_type": {"refresh_token"}, "client_id": {id}, "refresh_token": {refresh.Reveal()}}
	if !secret.IsZero() {
		form.Set("client_secret", secret.Reveal())
	}
	g, err := RequestGrant(ctx, through, &RefreshOp, form, []api.Secret{secret, refresh}, options)
	if err == nil && g.Refresh.IsZero() {
		g.Refresh = refresh
	}
	return g, err
}
