package saleswebhooks_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/saleswebhooks"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/saleswebhooks"
)

func TestSubscriptionFromBeginningToEnd(t *testing.T) {
	sb, client := start(t)
	subs := client.SalesWebhooks.Subscriptions
	made, err := subs.Create(t.Context(), saleswebhooks.Contact("https://linkedin.com/in/Jane-Roe"))
	require.NoError(t, err)
	assert.Equal(t, saleswebhooks.StatusActive, made.Status)
	assert.NotNil(t, made.CreatedAt)
	assert.Equal(t, "https://linkedin.com/in/Jane-Roe", made.LinkedInURL)

	again, err := subs.Create(t.Context(), saleswebhooks.Contact("https://www.linkedin.com/in/jane-roe/"))
	require.ErrorIs(t, err, api.ErrConflict)
	assert.Nil(t, again)
	duplicate, ok := errors.AsType[*saleswebhooks.DuplicateError](err)
	require.True(t, ok)
	assert.Equal(t, made.ID, duplicate.ExistingID)
	assert.NotContains(t, err.Error(), made.ID)

	ensured, isNew, err := subs.Ensure(t.Context(), saleswebhooks.Contact("https://www.linkedin.com/in/jane-roe/"))
	require.NoError(t, err)
	assert.False(t, isNew)
	assert.Equal(t, made.ID, ensured.ID)
	assert.EqualValues(t, 0, *ensured.ChangeCount)
	_, isNew, err = subs.Ensure(t.Context(), saleswebhooks.CompanyID("acme"))
	require.NoError(t, err)
	assert.True(t, isNew)

	page, err := subs.List(t.Context(), saleswebhooks.ListOptions{Type: saleswebhooks.TypeCompany, Status: saleswebhooks.StatusActive, Limit: 1})
	require.NoError(t, err)
	assert.EqualValues(t, 1, page.Total)
	assert.Empty(t, page.Next)
	found, err := subs.List(t.Context(), saleswebhooks.ListOptions{Search: "jane"})
	require.NoError(t, err)
	assert.Len(t, found.Items, 1)

	require.NoError(t, sb.SalesWebhooks.ChangeJob("jane-roe", "Head of Sales", "Acme"))
	got, err := subs.Get(t.Context(), made.ID)
	require.NoError(t, err)
	assert.EqualValues(t, 2, *got.ChangeCount)
	assert.NotNil(t, got.LastChangeAt)

	ended, err := subs.Cancel(t.Context(), made.ID)
	require.NoError(t, err)
	assert.Equal(t, saleswebhooks.StatusCancelled, ended.Status)
	assert.NotNil(t, ended.CancelledAt)
	_, err = subs.Cancel(t.Context(), made.ID)
	require.ErrorIs(t, err, api.ErrNotFound)
	_, err = subs.Get(t.Context(), "sub_nobody")
	require.ErrorIs(t, err, api.ErrNotFound)
	for _, o := range []saleswebhooks.ListOptions{{Limit: 101}, {Limit: -1}, {Offset: -1}} {
		_, err = subs.List(t.Context(), o)
		require.ErrorIs(t, err, api.ErrInvalid)
	}
}

// TestErrorsInBothShapes: flat and nested, 400 and 422 say the same, and a 403 is told apart by its type.
func TestErrorsInBothShapes(t *testing.T) {
	for name, options := range map[string][]sandbox.Option{
		"flat": nil, "nested": {fake.WithNestedErrors()}, "422": {fake.WithInvalidStatus(422)}, "nested 422": {fake.WithNestedErrors(), fake.WithInvalidStatus(422)},
	} {
		t.Run(name, func(t *testing.T) {
			sb, client := start(t, append(options, fake.WithTier("starter", 1))...)
			subs := client.SalesWebhooks.Subscriptions
			_, err := subs.Create(t.Context(), saleswebhooks.Contact("https://linkedin.com/in/invalid-one"))
			require.ErrorIs(t, err, api.ErrInvalid)
			invalid, ok := errors.AsType[*saleswebhooks.ValidationError](err)
			require.True(t, ok)
			assert.Equal(t, "linkedin_url", invalid.Field)
			assert.JSONEq(t, `"https://linkedin.com/in/invalid-one"`, string(invalid.Value))

			require.NoError(t, errOf(subs.Create(t.Context(), contact(1))))
			_, err = subs.Create(t.Context(), contact(2))
			require.ErrorIs(t, err, saleswebhooks.ErrTierLimit)
			require.NotErrorIs(t, err, api.ErrForbidden)
			full, ok := errors.AsType[*saleswebhooks.TierLimitError](err)
			require.True(t, ok)
			assert.Equal(t, saleswebhooks.TierLimitError{Current: 1, Limit: 1, Tier: "starter"}, *full)
			assert.ErrorContains(t, err, "the account has 1 subscriptions, its tier allows 1")

			reader, err := client.SalesWebhooks.Account.CreateKey(t.Context(), "reader", []string{"read"})
			require.NoError(t, err)
			limited, err := client.Clone(pronet.WithSalesWebhooks(reader.Secret.Reveal()))
			require.NoError(t, err)
			_, err = limited.SalesWebhooks.Subscriptions.Create(t.Context(), contact(3))
			require.ErrorIs(t, err, api.ErrForbidden)
			require.NotErrorIs(t, err, saleswebhooks.ErrTierLimit)
			wrong, err := client.Clone(pronet.WithSalesWebhooks("lwa.sk_live_wrong"))
			require.NoError(t, err)
			_, err = wrong.SalesWebhooks.Account.Get(t.Context())
			require.ErrorIs(t, err, api.ErrUnauthorized)
			failure, ok := errors.AsType[*api.Error](err)
			require.True(t, ok)
			assert.Equal(t, "AUTHENTICATION_FAILED", failure.Code)
			assert.Regexp(t, "^req_", failure.RequestID)
			assert.Equal(t, 1, sb.SalesWebhooks.Active())
		})
	}
}

// TestLostResponseOfCreate: the retry finds the subscription that the lost call has made.
func TestLostResponseOfCreate(t *testing.T) {
	for name, drop := range map[string]sandbox.Drop{"no response": sandbox.DropAfterAct, "half of it": sandbox.DropMidBody} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sb, client := startInMemory(t)
				sb.Fail(sandbox.Fault{Method: "POST", Path: "/v1/subscriptions", Drop: drop, Times: 1})
				made, err := client.SalesWebhooks.Subscriptions.Create(t.Context(), contact(1))
				require.NoError(t, err)
				assert.Equal(t, sb.SalesWebhooks.Subscriptions()[0].ID, made.ID)
				assert.Equal(t, 1, sb.SalesWebhooks.Created())

				sb.Fail(sandbox.Fault{Method: "DELETE", Path: "/v1/subscriptions/*", Drop: drop, Times: 1})
				ended, err := client.SalesWebhooks.Subscriptions.Cancel(t.Context(), made.ID)
				require.NoError(t, err)
				assert.False(t, ended.Exists())
			})
		})
	}
}

// TestWhatIsNeverRetried: a secret and a key exist once only, and nobody has those of a lost response.
func TestWhatIsNeverRetried(t *testing.T) {
	sb, client := start(t)
	_, err := client.SalesWebhooks.Webhook.Configure(t.Context(), saleswebhooks.WebhookSettings{EndpointURL: "http://127.0.0.1:9/hook"})
	require.NoError(t, err)
	sb.Fail(sandbox.Fault{Method: "POST", Drop: sandbox.DropAfterAct})
	_, err = client.SalesWebhooks.Webhook.RotateSecret(t.Context())
	require.ErrorIs(t, err, api.ErrMaybeApplied)
	assert.ErrorContains(t, err, "a secret that nobody has")
	assert.Equal(t, 1, sb.SalesWebhooks.Rotations())
	_, err = client.SalesWebhooks.Account.CreateKey(t.Context(), "ci", nil)
	require.ErrorIs(t, err, api.ErrMaybeApplied)
	assert.Equal(t, 1, sb.SalesWebhooks.KeysMade())
	sb.ClearFaults()
	sb.Fail(sandbox.Fault{Method: "POST", Status: 503, RetryAfter: "0"})
	_, err = client.SalesWebhooks.Webhook.RotateSecret(t.Context())
	require.ErrorIs(t, err, api.ErrUnavailable)
	assert.Equal(t, 2, sb.RequestsTo("POST", "/v1/webhooks/rotate-secret"))
}

// TestAllWhileTheSetChanges: none comes twice, whatever is made and cancelled meanwhile, and a page without anything new is
// not the end.
func TestAllWhileTheSetChanges(t *testing.T) {
	sb, client := start(t)
	for i := range 250 {
		require.NoError(t, errOf(sb.SalesWebhooks.Subscribe("contact", contact(i).LinkedInURL)))
	}
	seen := map[string]bool{}
	for sub, err := range client.SalesWebhooks.Subscriptions.All(t.Context(), saleswebhooks.ListOptions{Status: saleswebhooks.StatusActive}) {
		require.NoError(t, err)
		require.False(t, seen[sub.ID])
		seen[sub.ID] = true
		switch len(seen) {
		case 50:
			for i := range 20 {
				require.NoError(t, errOf(sb.SalesWebhooks.Subscribe("company", fmt.Sprint("company-", i))))
			}
		case 120:
			require.NoError(t, sb.SalesWebhooks.Cancel(sub.ID))
		}
	}
	assert.GreaterOrEqual(t, len(seen), 268)
	for _, err := range client.SalesWebhooks.Subscriptions.All(t.Context(), saleswebhooks.ListOptions{Limit: 500}) {
		require.ErrorIs(t, err, api.ErrInvalid)
	}
}

// TestAllThatNeverEnds: a provider that always says that there is more does not hold up the caller for ever.
func TestAllThatNeverEnds(t *testing.T) {
	p, sales := responding(t, response{status: 200, body: `{"data":[{"id":"a"},{"id":"b"}],"pagination":{"has_more":true}}`})
	var ids []string
	var last error
	for sub, err := range sales.Subscriptions.All(t.Context(), saleswebhooks.ListOptions{}) {
		if last = err; err == nil {
			ids = append(ids, sub.ID)
		}
	}
	require.ErrorIs(t, last, api.ErrSameCursor)
	assert.Equal(t, []string{"a", "b"}, ids)
	assert.Len(t, p.requests, 101)
	assert.Equal(t, "/v1/subscriptions?limit=100&offset=4", p.requests[2].Target)
}

// TestResponsesThatSayNothing are no subscription, no list and no account.
func TestResponsesThatSayNothing(t *testing.T) {
	for _, body := range []string{`{}`, `{"message":"ok"}`, `null`, `[]`, `"ok"`, ``} {
		_, sales := responding(t, response{status: 200, body: body})
		calls := map[string]error{
			"create":  errOf(sales.Subscriptions.Create(t.Context(), contact(1))),
			"get":     errOf(sales.Subscriptions.Get(t.Context(), "a")),
			"list":    errOf(sales.Subscriptions.List(t.Context(), saleswebhooks.ListOptions{})),
			"bulk":    errOf(sales.Subscriptions.BulkCreate(t.Context(), contacts(1), saleswebhooks.BulkOptions{MaxFailures: 1})),
			"account": errOf(sales.Account.Get(t.Context())),
			"keys":    errOf(sales.Account.Keys(t.Context())),
			"key":     errOf(sales.Account.CreateKey(t.Context(), "ci", nil)),
			"rotate":  errOf(sales.Webhook.RotateSecret(t.Context())),
		}
		if body != "" { // 204
			calls["cancel"] = errOf(sales.Subscriptions.Cancel(t.Context(), "a"))
		}
		for name, err := range calls {
			require.ErrorIs(t, err, api.ErrUnexpectedResponse, "%s of %q", name, body)
		}
	}
}

func TestWithoutACredentialOrAContext(t *testing.T) {
	none := connect(t).SalesWebhooks
	ctx := t.Context()
	for name, err := range map[string]error{
		"create":      errOf(none.Subscriptions.Create(ctx, contact(1))),
		"bulk create": errOf(none.Subscriptions.BulkCreate(ctx, contacts(1), saleswebhooks.BulkOptions{})),
		"bulk cancel": errOf(none.Subscriptions.BulkCancel(ctx, []string{"a"}, saleswebhooks.BulkOptions{})),
		"configure":   errOf(none.Webhook.Configure(ctx, saleswebhooks.WebhookSettings{EndpointURL: "https://example.com"})),
		"account":     errOf(none.Account.Get(ctx)),
		"plan":        errOf(none.Subscriptions.Plan(ctx, nil, saleswebhooks.PlanOptions{})),
		"forecast":    errOf(none.Forecast(ctx, saleswebhooks.BulkCalls, 1)),
	} {
		require.ErrorIs(t, err, api.ErrNotConfigured, name)
	}
	_, sales := responding(t, response{status: 200, body: `{}`})
	var nobody context.Context
	for name, err := range map[string]error{
		"bulk create": errOf(sales.Subscriptions.BulkCreate(nobody, contacts(1), saleswebhooks.BulkOptions{})),
		"bulk cancel": errOf(sales.Subscriptions.BulkCancel(nobody, []string{"a"}, saleswebhooks.BulkOptions{})),
		"cancel all":  errOf(sales.Subscriptions.CancelAll(nobody, saleswebhooks.CancelAllOptions{})),
		"plan":        errOf(sales.Subscriptions.Plan(nobody, nil, saleswebhooks.PlanOptions{})),
		"get":         errOf(sales.Subscriptions.Get(nobody, "a")),
	} {
		require.ErrorIs(t, err, api.ErrInvalid, name)
	}
}

// TestRoom: more than the tier allows is no room, and a number that is none says nothing.
func TestRoom(t *testing.T) {
	for name, c := range map[string]struct {
		limit, active *int64
		left          int64
		known         bool
	}{
		"some":         {new(int64(10)), new(int64(3)), 7, true},
		"too many":     {new(int64(10)), new(int64(12)), 0, true},
		"the largest":  {new(int64(math.MaxInt64)), new(int64(0)), math.MaxInt64, true},
		"no limit":     {new(int64(-1)), new(int64(3)), 0, false},
		"wrong count":  {new(int64(10)), new(int64(-3)), 0, false},
		"not stated":   {nil, new(int64(3)), 0, false},
		"not counted":  {new(int64(10)), nil, 0, false},
		"nothing left": {new(int64(3)), new(int64(3)), 0, true},
	} {
		info := saleswebhooks.AccountInfo{SubscriptionLimit: c.limit, ActiveSubscriptions: c.active}
		left, known := info.Room()
		assert.Equal(t, c.known, known, name)
		assert.Equal(t, c.left, left, name)
	}
}

func TestAccountAndKeys(t *testing.T) {
	_, client := start(t, fake.WithTier("starter", 100))
	account := client.SalesWebhooks.Account
	info, err := account.Get(t.Context())
	require.NoError(t, err)
	left, known := info.Room()
	assert.True(t, known)
	assert.EqualValues(t, 100, left)
	assert.Equal(t, []string{"Starter", "starter", "hourly", "UTC"}, []string{info.PlanName, info.Tier, info.PollingFrequency, info.Settings.Timezone})
	off := false
	info, err = account.Update(t.Context(), saleswebhooks.AccountUpdate{CompanyName: "Example GmbH", Settings: &saleswebhooks.AccountSettings{Timezone: "Europe/Berlin", WebhookRetries: &off}})
	require.NoError(t, err)
	assert.Equal(t, "Example GmbH", info.CompanyName)
	assert.False(t, *info.Settings.WebhookRetries)
	_, known = info.Room()
	assert.False(t, known)
	_, err = account.Update(t.Context(), saleswebhooks.AccountUpdate{})
	require.ErrorIs(t, err, api.ErrInvalid)

	made, err := account.CreateKey(t.Context(), "ci", []string{"read"})
	require.NoError(t, err)
	assert.Regexp(t, "^lwa\\.", made.Secret.Reveal())
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %s", made, *made, *made, made.Raw), made.Secret.Reveal())
	keys, err := account.Keys(t.Context())
	require.NoError(t, err)
	require.Len(t, keys, 2)
	assert.Nil(t, keys[1].LastUsedAt)
	require.NoError(t, account.RevokeKey(t.Context(), made.ID))
	require.ErrorIs(t, account.RevokeKey(t.Context(), made.ID), api.ErrNotFound)
	_, err = account.CreateKey(t.Context(), "", nil)
	require.ErrorIs(t, err, api.ErrInvalid)
	usage, err := account.Usage(t.Context(), nil)
	require.NoError(t, err)
	assert.Contains(t, string(usage), "api_calls_today")
}

func TestWebhookConfiguration(t *testing.T) {
	sb, client := start(t)
	hooks := client.SalesWebhooks.Webhook
	_, err := hooks.Get(t.Context())
	require.ErrorIs(t, err, api.ErrNotFound)
	for _, settings := range []saleswebhooks.WebhookSettings{
		{}, {EndpointURL: "http://example.com/x"}, {EndpointURL: "https://10.0.0.1/x"}, {EndpointURL: "https://hooks.example.com/x", Events: []string{""}},
	} {
		_, err = hooks.Configure(t.Context(), settings)
		require.ErrorIs(t, err, api.ErrInvalid)
	}
	on := true
	set, err := hooks.Configure(t.Context(), saleswebhooks.WebhookSettings{
		EndpointURL: "http://127.0.0.1:9/hook", Events: []string{"contact.*", "company.post_created"}, Active: &on, Initial: saleswebhooks.InitialAll,
	})
	require.NoError(t, err)
	assert.Equal(t, sb.SalesWebhooks.Secret(), set.Secret.Reveal())
	assert.Equal(t, []string{"contact.*", "company.post_created"}, set.Events)
	assert.True(t, *set.Active)
	assert.NotContains(t, fmt.Sprintf("%v %+v %#v %s %s", set, *set, *set, set.Raw, jsonOf(t, set)), sb.SalesWebhooks.Secret())
	got, err := hooks.Get(t.Context())
	require.NoError(t, err)
	assert.True(t, got.Secret.IsZero())
	assert.Equal(t, set.ID, got.ID)
	rotated, err := hooks.RotateSecret(t.Context())
	require.NoError(t, err)
	assert.NotEqual(t, set.Secret.Reveal(), rotated.Secret.Reveal())
	_, err = hooks.Update(t.Context(), saleswebhooks.WebhookSettings{EndpointURL: "http://127.0.0.1:9/other"})
	require.NoError(t, err)
	log, err := hooks.Deliveries(t.Context(), nil)
	require.NoError(t, err)
	assert.JSONEq(t, `{"data":[]}`, string(log))
	assert.True(t, slices.Contains(set.Events, "contact.*"))
}
