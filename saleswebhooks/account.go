package saleswebhooks

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// Account is client.SalesWebhooks.Account.
type Account struct{ made *caller }

// AccountInfo is what the provider says of the account. A number that was not stated is nil.
type AccountInfo struct {
	// ID, Email and CompanyName are the account's; CreatedAt and UpdatedAt are nil when not stated.
	ID, Email, CompanyName string
	CreatedAt, UpdatedAt   *time.Time
	// PlanName and Tier name the plan, such as "Professional" and "professional".
	PlanName, Tier string
	// SubscriptionLimit is how many subscriptions the tier allows, WebhookLimit how many webhooks a month.
	SubscriptionLimit, WebhookLimit *int64
	// PollingFrequency is how often the provider looks for changes, such as "hourly".
	PollingFrequency string
	// ActiveSubscriptions, WebhooksThisMonth and CallsToday are what is used.
	ActiveSubscriptions, WebhooksThisMonth, CallsToday *int64
	// Settings are the account's.
	Settings AccountSettings
	// Raw is the response's JSON.
	Raw json.RawMessage
}

// AccountSettings are the settings of an account. Nil, or "", is left out of a request, and means that it was not stated in
// a response.
type AccountSettings struct {
	// Timezone is a name of the IANA database, such as "Europe/Berlin".
	Timezone string `json:"timezone,omitempty"`
	// WebhookRetries says whether the provider retries deliveries. When, and how often, is not known.
	WebhookRetries *bool `json:"webhook_retry_enabled,omitempty"`
	// EmailNotifications says whether it sends mail.
	EmailNotifications *bool `json:"email_notifications,omitempty"`
}

// Room is how many more subscriptions the account may have, and whether that is known: a negative number tells nothing.
func (a *AccountInfo) Room() (left int64, known bool) {
	if a.SubscriptionLimit == nil || a.ActiveSubscriptions == nil || *a.SubscriptionLimit < 0 || *a.ActiveSubscriptions < 0 {
		return 0, false
	}
	return max(0, *a.SubscriptionLimit-*a.ActiveSubscriptions), true
}

// UnmarshalJSON decodes an account. A part in another form is left out.
func (a *AccountInfo) UnmarshalJSON(data []byte) error {
	var wire struct {
		ID       text            `json:"id"`
		Email    text            `json:"email"`
		Company  text            `json:"company_name"`
		Created  text            `json:"created_at"`
		Updated  text            `json:"updated_at"`
		Plan     json.RawMessage `json:"plan"`
		Usage    json.RawMessage `json:"usage"`
		Settings json.RawMessage `json:"settings"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	var plan struct {
		Name          text   `json:"name"`
		Tier          text   `json:"tier"`
		Subscriptions *int64 `json:"subscription_limit"`
		Webhooks      *int64 `json:"webhook_limit"`
		Polling       text   `json:"polling_frequency"`
	}
	var usage struct {
		Subscriptions *int64 `json:"active_subscriptions"`
		Webhooks      *int64 `json:"webhooks_this_month"`
		Calls         *int64 `json:"api_calls_today"`
	}
	var settings AccountSettings
	_, _, _ = json.Unmarshal(wire.Plan, &plan), json.Unmarshal(wire.Usage, &usage), json.Unmarshal(wire.Settings, &settings)
	*a = AccountInfo{
		ID: string(wire.ID), Email: string(wire.Email), CompanyName: string(wire.Company), CreatedAt: wire.Created.time(), UpdatedAt: wire.Updated.time(),
		PlanName: string(plan.Name), Tier: string(plan.Tier), SubscriptionLimit: plan.Subscriptions, WebhookLimit: plan.Webhooks,
		PollingFrequency: string(plan.Polling), ActiveSubscriptions: usage.Subscriptions, WebhooksThisMonth: usage.Webhooks, CallsToday: usage.Calls,
		Settings: settings, Raw: bytes.Clone(data),
	}
	return nil
}

// Get returns the account, its plan, what is used of it, and its settings.
//
// Source: docs.saleswebhooks.com/api/account, "Get Account".
func (a *Account) Get(ctx context.Context, options ...api.CallOption) (*AccountInfo, error) {
	var info AccountInfo
	err := a.caller().do(ctx, transport.Call{Op: &a.caller().rows.account, Into: &info, Check: checkAccount(&info), Options: options})
	if err != nil {
		return nil, err
	}
	return &info, nil
}

func checkAccount(info *AccountInfo) func() error {
	return func() error {
		if info.ID == "" {
			return wire.Plain("the response is not an account: it has no id", nil)
		}
		return nil
	}
}

// AccountUpdate is what changes of an account.
type AccountUpdate struct {
	// CompanyName is left as it is when empty.
	CompanyName string `json:"company_name,omitempty"`
	// Settings are left as they are when nil. Whether those that are left out of them stay is not known.
	Settings *AccountSettings `json:"settings,omitempty"`
}

// Update changes the account. What it returns has neither plan nor usage.
//
// Source: docs.saleswebhooks.com/api/account, "Update Account".
func (a *Account) Update(ctx context.Context, update AccountUpdate, options ...api.CallOption) (*AccountInfo, error) {
	op := &a.caller().rows.updateAccount
	if update == (AccountUpdate{}) {
		return nil, wire.Refuse(op, errors.New("nothing is to be changed"))
	}
	var info AccountInfo
	err := a.caller().send(ctx, transport.Call{Op: op, Into: &info, Check: checkAccount(&info), Options: options}, update)
	if err != nil {
		return nil, err
	}
	return &info, nil
}

// APIKey is what the provider says of an API key.
type APIKey struct {
	// ID is the provider's id of the key, such as "key_Ab3Cd4Ef5".
	ID string
	// Name is the caller's name for it, Prefix what the key begins with: "lwa.sk_live_" or "lwa.sk_test_".
	Name, Prefix string
	// Permissions are "read" and "write".
	Permissions []string
	// Status is the key's state, such as "active".
	Status Status
	// CreatedAt and LastUsedAt are nil when not stated; a key that was never used has no LastUsedAt.
	CreatedAt, LastUsedAt *time.Time
	// Secret is the key itself, which only CreateKey returns. Nothing prints it.
	Secret api.Secret
	// Raw is the response's JSON without what may be a secret: what has secret, key or token in its name, and texts that
	// begin as the provider's keys do.
	Raw json.RawMessage
}

// UnmarshalJSON decodes a key, which may stand in the member "data".
func (k *APIKey) UnmarshalJSON(data []byte) error {
	fields, err := objectOf(data, "data")
	if err != nil {
		return err
	}
	*k = APIKey{
		ID: textOf(fields["id"]), Name: textOf(fields["name"]), Prefix: textOf(fields["prefix"]), Status: Status(textOf(fields["status"])),
		CreatedAt: text(textOf(fields["created_at"])).time(), LastUsedAt: text(textOf(fields["last_used_at"])).time(),
	}
	_ = json.Unmarshal(fields["permissions"], &k.Permissions)
	k.Raw, k.Secret, _, err = withoutSecrets(data, fields)
	return err
}

// Keys lists the API keys, without the keys themselves.
//
// Source: docs.saleswebhooks.com/api/account, "List API Keys".
func (a *Account) Keys(ctx context.Context, options ...api.CallOption) ([]APIKey, error) {
	var listed struct {
		Data *[]APIKey `json:"data"`
	}
	err := a.caller().do(ctx, transport.Call{Op: &a.caller().rows.listKeys, Into: &listed, Options: options, Check: func() error {
		if listed.Data == nil {
			return wire.Plain("the response is not a list: it has no data", nil)
		}
		return nil
	}})
	if err != nil {
		return nil, err
	}
	return *listed.Data, nil
}

// CreateKey makes an API key; the permissions are "read" and "write". The names of the body are assumed. The call is never
// retried: when its response was lost the error is api.ErrMaybeApplied, and a key that nobody has may exist.
func (a *Account) CreateKey(ctx context.Context, name string, permissions []string, options ...api.CallOption) (*APIKey, error) {
	op := &a.caller().rows.createKey
	if name == "" || slices.Contains(permissions, "") {
		return nil, wire.Refuse(op, errors.New("the key has no name, or a permission is empty"))
	}
	var made APIKey
	decode := tolerant(&made)
	err := a.caller().send(ctx, transport.Call{Op: op, Options: options, Decode: func(body []byte) error {
		if err := decode(body); err != nil {
			return err
		}
		if made.Secret.IsZero() {
			return &api.UnknownIDError{What: "API key", Raw: bytes.Clone(body)}
		}
		return nil
	}}, struct {
		Name        string   `json:"name"`
		Permissions []string `json:"permissions,omitempty"`
	}{name, permissions})
	if err != nil {
		return nil, err
	}
	return &made, nil
}

// RevokeKey ends an API key. One that is unknown is api.ErrNotFound, unless this very call was sent more than once. A response
// that has a body which is not JSON, such as a proxy's page, is an error. One that has no body although its status is not 204
// is believed only once the keys were listed, and the key is not among them or not active any more; an error of that is
// returned, but for api.ErrUnauthorized, since the key may have been the client's own.
func (a *Account) RevokeKey(ctx context.Context, id string, options ...api.CallOption) error {
	op, said := &a.caller().rows.revokeKey, json.RawMessage(nil)
	response, err := a.caller().pipeline.Do(ctx, transport.Call{Op: op, Path: []string{id}, Options: options, Decode: asItCame(&said)})
	switch failure, ok := errors.AsType[*api.Error](detailed(err)); {
	case err == nil && said == nil && response.Status != http.StatusNoContent: // which a proxy may have said, or cut
		return a.isRevoked(ctx, op, id, options)
	case ok && errors.Is(err, api.ErrNotFound) && failure.Attempts > 1:
		return nil
	}
	return err
}

// isRevoked looks whether a key has ended.
func (a *Account) isRevoked(ctx context.Context, op *wire.Op, id string, options []api.CallOption) error {
	keys, err := a.Keys(ctx, options...)
	if err != nil && !errors.Is(err, api.ErrUnauthorized) {
		return err
	}
	for i := range keys {
		if keys[i].ID == id && (keys[i].Status == "" || strings.EqualFold(string(keys[i].Status), string(StatusActive))) {
			return wire.NewError(op, api.ErrUnexpectedResponse, wire.Plain("the response is empty, and the key is not revoked", nil))
		}
	}
	return nil
}

// Usage returns the usage statistics as they came: neither parameters nor form are known.
func (a *Account) Usage(ctx context.Context, parameters url.Values, options ...api.CallOption) (json.RawMessage, error) {
	return a.caller().raw(ctx, transport.Call{Op: &a.caller().rows.usageStats, Query: parameters.Encode(), Options: options})
}
