package saleswebhooks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/callback"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// Webhook is client.SalesWebhooks.Webhook: where the account's events are sent. There is one configuration an account, as
// no path holds an id (assumed).
type Webhook struct{ made *caller }

// InitialWebhook is a value of initial_webhook. The provider lists the three and explains none, nor says which is taken when
// there is none.
type InitialWebhook string

// The values that the provider lists.
const (
	InitialAll    InitialWebhook = "all"
	InitialLatest InitialWebhook = "latest"
	InitialNone   InitialWebhook = "none"
)

// WebhookSettings are what is configured.
type WebhookSettings struct {
	// EndpointURL is where events are posted: https with a public host.
	EndpointURL string
	// Events are the types of events that are sent: exact ones such as "contact.position_changed", a family such as
	// "contact.*", or "*". Empty means all. Package webhook has the documented types.
	Events []string
	// Active switches the deliveries on or off; nil leaves it to the provider.
	Active *bool
	// Initial is sent as it is; empty leaves it to the provider.
	Initial InitialWebhook
}

// WebhookConfiguration is what the provider says of the configuration.
type WebhookConfiguration struct {
	// ID is the provider's id of it, such as "whc_Ab3Cd4Ef5".
	ID string
	// EndpointURL is where events are posted, Events which ones.
	EndpointURL string
	Events      []string
	// Active is nil when not stated.
	Active *bool
	// Secret signs the deliveries. Configure and RotateSecret return it; whether Get does is not known. Keep it: nothing
	// prints it. The zero Secret means that none was stated.
	Secret api.Secret
	// Raw is the response's JSON without what may be a secret: what has secret, key or token in its name, and texts that
	// begin as the provider's secrets do.
	Raw json.RawMessage

	lost bool // the response may hold the secret, and it was not found
}

// UnmarshalJSON decodes a configuration, which may stand in the member "data" or "configuration".
func (c *WebhookConfiguration) UnmarshalJSON(data []byte) error {
	fields, err := objectOf(data, "data", "configuration")
	if err != nil {
		return err
	}
	*c = WebhookConfiguration{ID: textOf(fields["id"]), EndpointURL: textOf(fields["endpoint_url"])}
	_ = json.Unmarshal(fields["events"], &c.Events)
	var active bool
	if json.Unmarshal(fields["is_active"], &active) == nil && fields["is_active"] != nil && string(fields["is_active"]) != "null" {
		c.Active = &active
	}
	c.Raw, c.Secret, c.lost, err = withoutSecrets(data, fields)
	return err
}

// Configure sets where events are sent, and returns the secret that signs them. Save the secret at once: whether it can be
// had again is not known. The call is not retried when its response was lost; then the error is api.ErrMaybeApplied, and
// deliveries may be signed with a secret that nobody has. A response that has no body is an error too, and so is one of which
// it is not certain what the secret is: an *api.UnknownIDError, which has the response.
//
// Source: docs.saleswebhooks.com/api/webhooks, "Configure Webhook".
func (w *Webhook) Configure(ctx context.Context, settings WebhookSettings, options ...api.CallOption) (*WebhookConfiguration, error) {
	var set WebhookConfiguration
	err := w.set(ctx, &w.caller().rows.configure, settings, options, func(body []byte) error {
		err := set.UnmarshalJSON(body)
		if err == nil && set.lost {
			err = &api.UnknownIDError{What: "webhook's secret", Raw: bytes.Clone(body)}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return &set, nil
}

// Update changes the configuration. The body is assumed to be that of Configure, and what is left out may be reset or
// stay: give everything. What is returned is zero where the response has no body.
func (w *Webhook) Update(ctx context.Context, settings WebhookSettings, options ...api.CallOption) (*WebhookConfiguration, error) {
	var set WebhookConfiguration
	if err := w.set(ctx, &w.caller().rows.update, settings, options, tolerant(&set)); err != nil {
		return nil, err
	}
	return &set, nil
}

func (w *Webhook) set(ctx context.Context, op *wire.Op, settings WebhookSettings, options []api.CallOption, decode func([]byte) error) error {
	if err := w.caller().ready(ctx, op); err != nil {
		return err
	}
	if err := callback.Check(settings.EndpointURL, w.caller().settings.AllowLoopback); err != nil {
		return wire.Refuse(op, err)
	}
	if i := slices.IndexFunc(settings.Events, func(event string) bool { return event == "" || len(event) > 200 }); i >= 0 {
		return wire.Refuse(op, fmt.Errorf("event %d is empty or longer than 200 bytes", i))
	}
	call := transport.Call{Op: op, Secrets: callback.Secrets(settings.EndpointURL), Options: options, Decode: decode}
	return w.caller().send(ctx, call, struct {
		EndpointURL string         `json:"endpoint_url"`
		Events      []string       `json:"events,omitempty"`
		Active      *bool          `json:"is_active,omitempty"`
		Initial     InitialWebhook `json:"initial_webhook,omitempty"`
	}(settings))
}

// Get returns the configuration.
func (w *Webhook) Get(ctx context.Context, options ...api.CallOption) (*WebhookConfiguration, error) {
	var got WebhookConfiguration
	err := w.caller().do(ctx, transport.Call{Op: &w.caller().rows.configuration, Decode: got.UnmarshalJSON, Options: options})
	if err != nil {
		return nil, err
	}
	return &got, nil
}

// Test asks for a test webhook. Its type and body are not known. The response is returned as it came.
func (w *Webhook) Test(ctx context.Context, options ...api.CallOption) (json.RawMessage, error) {
	return w.caller().raw(ctx, transport.Call{Op: &w.caller().rows.test, Options: options})
}

// Deliveries returns the log of deliveries as it came: neither its parameters nor its form are known. It may hold the URL of
// the webhook with its token, and signatures: not for a log.
func (w *Webhook) Deliveries(ctx context.Context, parameters url.Values, options ...api.CallOption) (json.RawMessage, error) {
	return w.caller().raw(ctx, transport.Call{Op: &w.caller().rows.deliveries, Query: parameters.Encode(), Options: options})
}

// RotateSecret makes the provider sign with another secret, and returns it. It is never retried: when the response was
// lost the error is api.ErrMaybeApplied, and deliveries may already be signed with a secret that nobody has.
//
// Whether the old secret goes on for a while is not documented, and what is delivered again may keep its old signature:
// give both to webhook.HMAC, the new one first, until you are sure that no delivery with the old one is under way.
func (w *Webhook) RotateSecret(ctx context.Context, options ...api.CallOption) (*WebhookConfiguration, error) {
	var rotated WebhookConfiguration
	op := &w.caller().rows.rotate
	decode := tolerant(&rotated)
	err := w.caller().do(ctx, transport.Call{Op: op, Options: options, Decode: func(body []byte) error {
		if err := decode(body); err != nil {
			return err
		}
		if rotated.Secret.IsZero() {
			return &api.UnknownIDError{What: "new secret", Raw: bytes.Clone(body)}
		}
		return nil
	}})
	if err != nil {
		return nil, err
	}
	return &rotated, nil
}

// raw sends a call whose response has no known form.
func (c *caller) raw(ctx context.Context, call transport.Call) (json.RawMessage, error) {
	var body json.RawMessage
	call.Decode = asItCame(&body)
	if err := c.do(ctx, call); err != nil {
		return nil, err
	}
	return body, nil
}

// asItCame keeps a response that is JSON. An empty one leaves nil.
func asItCame(body *json.RawMessage) func([]byte) error {
	return func(response []byte) error {
		response = bytes.TrimPrefix(response, []byte("\ufeff"))
		switch {
		case len(bytes.TrimSpace(response)) == 0: // 204
		case !json.Valid(response):
			return wire.Plain("the response is not JSON", nil)
		default:
			*body = bytes.Clone(response)
		}
		return nil
	}
}

var errNoObject = errors.New("the response is not an object that says anything")

// tolerant decodes an object, of which any part may be missing. An empty body leaves it zero.
func tolerant(into json.Unmarshaler) func([]byte) error {
	return func(body []byte) error {
		if len(bytes.TrimSpace(body)) == 0 {
			return nil
		}
		return into.UnmarshalJSON(body)
	}
}

// objectOf reads an object's members, or those of the object that it holds under one of the names if it has nothing else
// to say. An object without members is refused: it says nothing.
func objectOf(data []byte, inside ...string) (map[string]json.RawMessage, error) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(data, &fields) != nil || len(fields) == 0 {
		return nil, errNoObject
	}
	for _, name := range inside {
		var inner map[string]json.RawMessage
		if json.Unmarshal(fields[name], &inner) == nil && len(inner) > 0 && fields["id"] == nil {
			return inner, nil
		}
	}
	return fields, nil
}

func textOf(raw json.RawMessage) string {
	var t text
	if raw != nil {
		_ = t.UnmarshalJSON(raw)
	}
	return string(t)
}
