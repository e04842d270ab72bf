package pronet_test

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/saleswebhooks"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/saleswebhooks"
)

// salesCall is what the calls of Sales Webhooks' contract work on: something exists already.
type salesCall struct {
	sb       *sandbox.Sandbox
	client   *pronet.Client
	existing string
}

var salesCalls = map[string]func(context.Context, *salesCall) error{
	"SalesWebhooks.Subscriptions.Create": func(ctx context.Context, c *salesCall) error {
		_, err := c.client.SalesWebhooks.Subscriptions.Create(ctx, saleswebhooks.Contact("https://linkedin.com/in/john-doe"))
		return err
	},
	"SalesWebhooks.Subscriptions.List": func(ctx context.Context, c *salesCall) error {
		_, err := c.client.SalesWebhooks.Subscriptions.List(ctx, saleswebhooks.ListOptions{Status: saleswebhooks.StatusActive})
		return err
	},
	"SalesWebhooks.Subscriptions.Get": func(ctx context.Context, c *salesCall) error {
		_, err := c.client.SalesWebhooks.Subscriptions.Get(ctx, c.existing)
		return err
	},
	"SalesWebhooks.Subscriptions.Cancel": func(ctx context.Context, c *salesCall) error {
		_, err := c.client.SalesWebhooks.Subscriptions.Cancel(ctx, c.existing)
		return err
	},
	"SalesWebhooks.Subscriptions.BulkCreate": func(ctx context.Context, c *salesCall) error {
		entities := []saleswebhooks.Entity{saleswebhooks.Contact("https://linkedin.com/in/satya-nadella"), saleswebhooks.CompanyID("acme-corp")}
		_, err := c.client.SalesWebhooks.Subscriptions.BulkCreate(ctx, entities, saleswebhooks.BulkOptions{MaxFailures: 1})
		return err
	},
	"SalesWebhooks.Subscriptions.BulkCancel": func(ctx context.Context, c *salesCall) error {
		_, err := c.client.SalesWebhooks.Subscriptions.BulkCancel(ctx, []string{c.existing}, saleswebhooks.BulkOptions{MaxFailures: 1})
		return err
	},
	"SalesWebhooks.Subscriptions.Export": func(ctx context.Context, c *salesCall) error {
		export, err := c.client.SalesWebhooks.Subscriptions.Export(ctx, saleswebhooks.ExportOptions{})
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, export)
		return errorsOf(err, export.Close())
	},
	"SalesWebhooks.Webhook.Configure": func(ctx context.Context, c *salesCall) error {
		_, err := c.client.SalesWebhooks.Webhook.Configure(ctx, saleswebhooks.WebhookSettings{EndpointURL: hook})
		return err
	},
	"SalesWebhooks.Webhook.Get": func(ctx context.Context, c *salesCall) error {
		_, err := c.client.SalesWebhooks.Webhook.Get(ctx)
		return err
	},
	"SalesWebhooks.Webhook.Update": func(ctx context.Context, c *salesCall) error {
		_, err := c.client.SalesWebhooks.Webhook.Update(ctx, saleswebhooks.WebhookSettings{EndpointURL: hook, Events: []string{"contact.*"}})
		return err
	},
	"SalesWebhooks.Webhook.Test": func(ctx context.Context, c *salesCall) error {
		_, err := c.client.SalesWebhooks.Webhook.Test(ctx)
		return err
	},
	"SalesWebhooks.Webhook.Deliveries": func(ctx context.Context, c *salesCall) error {
		_, err := c.client.SalesWebhooks.Webhook.Deliveries(ctx, url.Values{"limit": {"5"}})
		return err
	},
	"SalesWebhooks.Webhook.RotateSecret": func(ctx context.Context, c *salesCall) error {
		_, err := c.client.SalesWebhooks.Webhook.RotateSecret(ctx)
		return err
	},
	"SalesWebhooks.Account.Get": func(ctx context.Context, c *salesCall) error {
		_, err := c.client.SalesWebhooks.Account.Get(ctx)
		return err
	},
	"SalesWebhooks.Account.Update": func(ctx context.Context, c *salesCall) error {
		_, err := c.client.SalesWebhooks.Account.Update(ctx, saleswebhooks.AccountUpdate{CompanyName: "Example GmbH"})
		return err
	},
	"SalesWebhooks.Account.Keys": func(ctx context.Context, c *salesCall) error {
		_, err := c.client.SalesWebhooks.Account.Keys(ctx)
		return err
	},
	"SalesWebhooks.Account.CreateKey": func(ctx context.Context, c *salesCall) error {
		_, err := c.client.SalesWebhooks.Account.CreateKey(ctx, "ci", []string{"read"})
		return err
	},
	"SalesWebhooks.Account.RevokeKey": func(ctx context.Context, c *salesCall) error {
		made, err := c.client.SalesWebhooks.Account.CreateKey(ctx, "old", nil)
		if err != nil {
			return err
		}
		return c.client.SalesWebhooks.Account.RevokeKey(ctx, made.ID)
	},
	"SalesWebhooks.Account.Usage": func(ctx context.Context, c *salesCall) error {
		_, err := c.client.SalesWebhooks.Account.Usage(ctx, nil)
		return err
	},
}

// beginSales starts the account of a call: one subscription and a webhook exist.
func beginSales(t *testing.T, prefix string, options ...sandbox.Option) *salesCall {
	t.Helper()
	sb, client := start(t, append([]sandbox.Option{sandbox.WithPathPrefix(prefix)}, options...)...)
	id, err := sb.SalesWebhooks.Subscribe("contact", "https://linkedin.com/in/jane-roe")
	require.NoError(t, err)
	_, err = client.SalesWebhooks.Webhook.Configure(t.Context(), saleswebhooks.WebhookSettings{EndpointURL: hook})
	require.NoError(t, err)
	return &salesCall{sb, client, id}
}

// salesContract is what the contract tests need to know of Sales Webhooks.
var salesContract = providerContract{
	providers: []api.Provider{api.SalesWebhooks},
	rows:      slices.Collect(maps.Keys(salesCalls)),
	begin: func(t *testing.T, prefix string) running {
		c := beginSales(t, prefix)
		before := salesEffects(c.sb)
		configured := c.sb.RequestsTo("POST", "/v1/webhooks/configure")
		return running{
			sb: c.sb, url: c.sb.SalesWebhooks.URL(), extra: map[string]int{"SalesWebhooks.Webhook.Configure": configured},
			call: func(ctx context.Context, name string) error { return salesCalls[name](ctx, c) },
			effects: func(op wire.Op) int {
				switch op.Name {
				case "SalesWebhooks.Subscriptions.BulkCreate", "SalesWebhooks.Subscriptions.BulkCancel":
					return c.sb.SalesWebhooks.BulkEffects()
				case "SalesWebhooks.Webhook.Configure":
					return c.sb.RequestsTo(op.Method, op.Route) - configured
				}
				return salesEffects(c.sb) - before
			},
		}
	},
}

func salesEffects(sb *sandbox.Sandbox) int {
	s := sb.SalesWebhooks
	return s.Tests() + s.KeysMade() + s.Rotations() + s.Created()
}

// TestSalesWebhooksContractWithEachSwitch makes every call with each value of each switch: what no source states about the
// provider must not matter.
func TestSalesWebhooksContractWithEachSwitch(t *testing.T) {
	for name, s := range map[string]struct {
		fake   []fake.Option
		client []pronet.SalesWebhooksOption
	}{
		"base path":           {fake: []fake.Option{fake.WithBasePath("/api/v1")}, client: []pronet.SalesWebhooksOption{pronet.SalesWebhooksBasePath(pronet.SalesWebhooksAPIV1)}},
		"nested errors":       {fake: []fake.Option{fake.WithNestedErrors(), fake.WithInvalidStatus(422)}},
		"partial status":      {fake: []fake.Option{fake.WithPartialStatus(207)}},
		"create status":       {fake: []fake.Option{fake.WithCreateStatus(200)}},
		"limits per account":  {fake: []fake.Option{fake.WithLimitsPerAccount()}, client: []pronet.SalesWebhooksOption{pronet.SalesWebhooksLimitsPerAccount()}},
		"refused calls":       {fake: []fake.Option{fake.WithRefusedCalls(false), fake.WithRetryAfter()}},
		"exports are bulk":    {fake: []fake.Option{fake.WithClass(fake.Exports, "bulk")}, client: []pronet.SalesWebhooksOption{pronet.SalesWebhooksCountAs(pronet.SalesWebhooksExports, "bulk")}},
		"cancels are reads":   {fake: []fake.Option{fake.WithClass(fake.Cancels, "read")}, client: []pronet.SalesWebhooksOption{pronet.SalesWebhooksCountAs(pronet.SalesWebhooksCancels, "read")}},
		"accounts are free":   {fake: []fake.Option{fake.WithClass(fake.Accounts, "")}, client: []pronet.SalesWebhooksOption{pronet.SalesWebhooksCountAs(pronet.SalesWebhooksAccountCalls, "")}},
		"bulk cancel maximum": {fake: []fake.Option{fake.WithMaxBulkCancel(1)}, client: []pronet.SalesWebhooksOption{pronet.SalesWebhooksMaxBulkCancel(1)}},
		"revival":             {fake: []fake.Option{fake.WithRevival()}},
		"missing status":      {fake: []fake.Option{fake.WithMissingStatus(fake.ListsAll)}},
		"bulk order":          {fake: []fake.Option{fake.WithBulkOrder(fake.Backward)}},
		"opaque ids":          {fake: []fake.Option{fake.WithOpaqueIDs()}},
		"index from 1":        {fake: []fake.Option{fake.WithErrorIndexFrom(1)}, client: []pronet.SalesWebhooksOption{pronet.SalesWebhooksErrorIndexFrom(1)}},
		"filled up":           {fake: []fake.Option{fake.WithTierBulk(fake.FilledUp)}},
		"per item":            {fake: []fake.Option{fake.WithTierBulk(fake.PerItem)}},
		"JSON in an object":   {fake: []fake.Option{fake.WithExportJSON(fake.Object), fake.WithExportMark()}},
		"JSON Lines":          {fake: []fake.Option{fake.WithExportJSON(fake.Lines)}},
		"empty deletes":       {fake: []fake.Option{fake.WithEmptyDeletes()}},
		"secrets":             {fake: []fake.Option{fake.WithOldSecret(), fake.WithSecretInGet()}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var options []sandbox.Option
			for _, o := range s.fake {
				options = append(options, o)
			}
			c := beginSales(t, "/gateway", options...)
			address := pronet.BaseURL(c.sb.SalesWebhooks.URL())
			client, err := c.client.Clone(pronet.WithSalesWebhooks(c.sb.SalesWebhooks.APIKey(), append(s.client, address)...))
			require.NoError(t, err)
			c.client = client
			before := len(c.sb.Arrivals())
			for i, name := range slices.Sorted(maps.Keys(salesCalls)) {
				c.existing, err = c.sb.SalesWebhooks.Subscribe("company", fmt.Sprint("https://www.linkedin.com/company/acme-", i))
				require.NoError(t, err)
				require.NoError(t, salesCalls[name](t.Context(), c), name)
			}
			assert.GreaterOrEqual(t, len(c.sb.Arrivals())-before, len(salesCalls))
			assert.Zero(t, c.sb.SalesWebhooks.Refused("write")+c.sb.SalesWebhooks.Refused("read")+c.sb.SalesWebhooks.Refused("bulk"))
		})
	}
}

// TestDocument001IsWrapped: every endpoint of the provider has an operation.
func TestDocument001IsWrapped(t *testing.T) {
	endpoints := []string{
		"POST /v1/subscriptions", "GET /v1/subscriptions", "GET /v1/subscriptions/{subscription}", "DELETE /v1/subscriptions/{subscription}",
		"POST /v1/subscriptions/bulk", "DELETE /v1/subscriptions/bulk", "GET /v1/subscriptions/export",
		"POST /v1/webhooks/configure", "GET /v1/webhooks/configuration", "PUT /v1/webhooks/configure", "POST /v1/webhooks/test",
		"GET /v1/webhooks/deliveries", "POST /v1/webhooks/rotate-secret",
		"GET /v1/account", "PUT /v1/account", "GET /v1/account/api-keys", "POST /v1/account/api-keys", "DELETE /v1/account/api-keys/{key}", "GET /v1/account/usage",
	}
	var wrapped []string
	for _, op := range salesContract.operations() {
		wrapped = append(wrapped, op.Method+" "+op.Route)
	}
	assert.ElementsMatch(t, endpoints, wrapped)
}

func TestSalesWebhooksOptionsThatAreRefused(t *testing.T) {
	for name, option := range map[string]pronet.Option{
		"no key":            pronet.WithSalesWebhooks(""),
		"no credential":     pronet.WithSalesWebhooksCredential(nil),
		"another path":      pronet.WithSalesWebhooks("lwa.key", pronet.SalesWebhooksBasePath("/v2")),
		"unknown calls":     pronet.WithSalesWebhooks("lwa.key", pronet.SalesWebhooksCountAs(0, "read")),
		"unknown class":     pronet.WithSalesWebhooks("lwa.key", pronet.SalesWebhooksCountAs(pronet.SalesWebhooksExports, "reads")),
		"no bulk cancel":    pronet.WithSalesWebhooks("lwa.key", pronet.SalesWebhooksMaxBulkCancel(0)),
		"index from 2":      pronet.WithSalesWebhooks("lwa.key", pronet.SalesWebhooksErrorIndexFrom(2)),
		"base with version": pronet.WithSalesWebhooks("lwa.key", pronet.BaseURL("https://proxy.example.com/v1")),
		"class elsewhere":   pronet.WithSalesWebhooks("lwa.key", pronet.RateLimit("collect", 1, time.Second)),
	} {
		_, err := pronet.New(option)
		require.ErrorIs(t, err, pronet.ErrInvalid, name)
	}
}
