package linkedin

import (
	"bytes"
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// Introspection is what LinkedIn says of a token of the app. All but Active is empty for a token of another app.
type Introspection struct {
	// Active reports whether the token can be used.
	Active bool
	// Status is active, expired or revoked.
	Status string
	// ClientID is the app's.
	ClientID string
	// AuthType is 2L for a token of the app itself, 3L for a member's, or Enterprise_User.
	AuthType string
	// Scopes are what was granted, of a member's token.
	Scopes []Scope
	// AuthorizedAt, CreatedAt and ExpiresAt are zero when they were not stated.
	AuthorizedAt, CreatedAt, ExpiresAt time.Time
	// Raw is the response's JSON.
	Raw []byte
}

// UnmarshalJSON reads a response. A field of an odd type is left empty.
func (i *Introspection) UnmarshalJSON(data []byte) error {
	var response struct {
		Active       *bool              `json:"active"`
		Status       string             `json:"status"`
		ClientID     string             `json:"client_id"`
		AuthType     string             `json:"auth_type"`
		Scope        string             `json:"scope"`
		AuthorizedAt linkedinapi.Number `json:"authorized_at"`
		CreatedAt    linkedinapi.Number `json:"created_at"`
		ExpiresAt    linkedinapi.Number `json:"expires_at"`
	}
	if err := codec.Decode(data, &response); err != nil {
		return err
	}
	if response.Active == nil {
		return wire.Plain("the response does not say whether the token is active", nil)
	}
	*i = Introspection{
		Active: *response.Active, Status: response.Status, ClientID: response.ClientID, AuthType: response.AuthType,
		AuthorizedAt: seconds(response.AuthorizedAt), CreatedAt: seconds(response.CreatedAt), ExpiresAt: seconds(response.ExpiresAt),
		Raw: bytes.Clone(data),
	}
	for _, scope := range linkedinapi.SplitScopes(response.Scope) {
		i.Scopes = append(i.Scopes, Scope(scope))
	}
	return nil
}

// latest is the end of the year 9999, beyond which a time cannot be written.
const latest = 253_402_300_799

func seconds(n linkedinapi.Number) time.Time {
	if n <= 0 || n > latest {
		return time.Time{}
	}
	return time.Unix(int64(n), 0)
}

// Introspect asks LinkedIn about a token of the app, its own or a member's.
//
// A wrong client id is [api.ErrInvalid], a wrong secret [api.ErrUnauthorized].
func (o *OAuth) Introspect(ctx context.Context, token api.Secret, options ...api.CallOption) (*Introspection, error) {
	var result Introspection
	call, err := o.about(&linkedinapi.IntrospectOp, token, options)
	if err != nil {
		return nil, err
	}
	call.Decode = result.UnmarshalJSON
	if _, err := o.pipeline.Do(ctx, call); err != nil {
		return nil, err
	}
	return &result, nil
}

// Revoke ends a token. The endpoint is in no page of LinkedIn's; third parties use it (assumed). Whether a refresh token
// ends with its access token is not known: revoke both.
func (o *OAuth) Revoke(ctx context.Context, token api.Secret, options ...api.CallOption) error {
	call, err := o.about(&linkedinapi.RevokeOp, token, options)
	if err != nil {
		return err
	}
	_, err = o.pipeline.Do(ctx, call)
	return err
}

// about is a call about a token.
func (o *OAuth) about(op *wire.Op, token api.Secret, options []api.CallOption) (transport.Call, error) {
	id, secret, err := o.app(op)
	if err != nil {
		return transport.Call{}, err
	}
	if token.IsZero() {
		return transport.Call{}, wire.Refuse(op, errors.New("there is no token"))
	}
	form := url.Values{"token": {token.Reveal()}, "client_id": {id}}
	if !secret.IsZero() {
		form.Set("client_secret", secret.Reveal())
	}
	return transport.Call{Op: op, Body: linkedinapi.Form(form), Secrets: []api.Secret{secret, token}, Options: options}, nil
}
