package saleswebhooks_test

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/saleswebhooks"
)

// samples are requests and responses in the shapes that the provider documents.
func samples(t testing.TB) map[string]json.RawMessage {
	t.Helper()
	data, err := os.ReadFile("testdata/samples.json")
	require.NoError(t, err)
	var all map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(data, &all))
	return all
}

// TestSamples: each documented request is what is sent, and each documented response is read.
func TestSamples(t *testing.T) {
	s := samples(t)
	ctx := t.Context()
	on, off := true, false
	send := func(name string, status int, answer string, call func(*saleswebhooks.Service) error) {
		t.Helper()
		p, sales := responding(t, response{status: status, body: answer})
		require.NoError(t, call(sales), name)
		if want, ok := s[name]; ok {
			assert.JSONEq(t, string(want), string(p.requests[0].Body), name)
			assert.EqualValues(t, len(p.requests[0].Body), p.requests[0].Length)
			assert.Equal(t, "application/json", p.requests[0].ContentType)
		}
	}
	send("create request", 201, string(s["create response"]), func(c *saleswebhooks.Service) error {
		sub, err := c.Subscriptions.Create(ctx, saleswebhooks.Contact("https://linkedin.com/in/mary-major").WithID("mary-major"))
		assert.Equal(t, "mary-major", sub.LinkedInID)
		assert.Equal(t, 2025, sub.UpdatedAt.Year())
		return err
	})
	send("create by URL request", 201, string(s["create response"]), func(c *saleswebhooks.Service) error {
		return errOf(c.Subscriptions.Create(ctx, saleswebhooks.Contact("https://linkedin.com/in/mary-major")))
	})
	send("", 200, string(s["list response"]), func(c *saleswebhooks.Service) error {
		page, err := c.Subscriptions.List(ctx, saleswebhooks.ListOptions{})
		assert.EqualValues(t, 142, page.Total)
		assert.Equal(t, "1", page.Next, "what came, not what was asked for")
		assert.NotNil(t, page.Items[0].LastCheckedAt)
		return err
	})
	send("", 200, string(s["get response"]), func(c *saleswebhooks.Service) error {
		sub, err := c.Subscriptions.Get(ctx, "sub_8Wx6Ki1Lo")
		assert.EqualValues(t, 5, *sub.CheckCount)
		assert.EqualValues(t, 2, *sub.ChangeCount)
		assert.NotNil(t, sub.LastChangeAt)
		return err
	})
	send("", 200, string(s["cancel response"]), func(c *saleswebhooks.Service) error {
		sub, err := c.Subscriptions.Cancel(ctx, "sub_8Wx6Ki1Lo")
		assert.NotNil(t, sub.CancelledAt)
		return err
	})
	send("bulk create request", 201, string(s["bulk create response"]), func(c *saleswebhooks.Service) error {
		result, err := c.Subscriptions.BulkCreate(ctx, []saleswebhooks.Entity{
			saleswebhooks.Contact("https://linkedin.com/in/mary-major"), saleswebhooks.ContactID("john-roe"), saleswebhooks.Company("https://linkedin.com/company/example-corp"),
		}, saleswebhooks.BulkOptions{})
		assert.Equal(t, 3, result.Count(saleswebhooks.ItemMade))
		return err
	})
	send("bulk cancel request", 200, string(s["bulk cancel response"]), func(c *saleswebhooks.Service) error {
		result, err := c.Subscriptions.BulkCancel(ctx, []string{"sub_8Wx6Ki1Lo", "sub_7Vx5Jh0Kn"}, saleswebhooks.BulkOptions{})
		assert.Equal(t, 2, result.Count(saleswebhooks.ItemCancelled))
		return err
	})
	send("configure request", 201, string(s["configure response"]), func(c *saleswebhooks.Service) error {
		set, err := c.Webhook.Configure(ctx, saleswebhooks.WebhookSettings{EndpointURL: "https://hooks.example.com/sw", Events: []string{"*"}, Active: &on, Initial: saleswebhooks.InitialAll})
		assert.Equal(t, "whsec_madeUpSecret0000", set.Secret.Reveal())
		assert.Nil(t, set.Active, "not stated")
		return err
	})
	for _, events := range [][]string{{"contact.position_changed", "contact.company_changed"}, {"contact.post_created", "company.post_created"}, {"contact.*"}} {
		p, sales := responding(t, response{status: 201, body: string(s["configure response"])})
		require.NoError(t, errOf(sales.Webhook.Configure(ctx, saleswebhooks.WebhookSettings{EndpointURL: "https://hooks.example.com/sw", Events: events, Active: &off})))
		var sent struct {
			Events []string `json:"events"`
			Active *bool    `json:"is_active"`
		}
		require.NoError(t, json.Unmarshal(p.requests[0].Body, &sent))
		assert.Equal(t, events, sent.Events)
		assert.False(t, *sent.Active, "false is sent")
	}
	send("", 200, string(s["account response"]), func(c *saleswebhooks.Service) error {
		info, err := c.Account.Get(ctx)
		left, _ := info.Room()
		assert.EqualValues(t, 988, left)
		assert.True(t, *info.Settings.WebhookRetries)
		return err
	})
	send("account update request", 200, string(s["account update response"]), func(c *saleswebhooks.Service) error {
		info, err := c.Account.Update(ctx, saleswebhooks.AccountUpdate{CompanyName: "Example GmbH", Settings: &saleswebhooks.AccountSettings{
			Timezone: "Europe/Berlin", WebhookRetries: &off, EmailNotifications: &on,
		}})
		assert.NotNil(t, info.UpdatedAt)
		return err
	})
	send("", 200, string(s["keys response"]), func(c *saleswebhooks.Service) error {
		keys, err := c.Account.Keys(ctx)
		require.Len(t, keys, 2)
		assert.Equal(t, "lwa.sk_test_", keys[1].Prefix)
		assert.Nil(t, keys[1].LastUsedAt)
		assert.Equal(t, []string{"read"}, keys[1].Permissions)
		return err
	})
}

// TestOddValues: another type, a time in another form or a null does not hide a subscription.
func TestOddValues(t *testing.T) {
	_, sales := responding(t, response{status: 200, body: `{"id":77,"entity_type":null,"linkedin_id":12,"status":"paused","created_at":"yesterday","metadata":"none","extra":[1]}`})
	sub, err := sales.Subscriptions.Get(t.Context(), "77")
	require.NoError(t, err)
	assert.Equal(t, "77", sub.ID)
	assert.Equal(t, "12", sub.LinkedInID)
	assert.True(t, sub.Exists())
	assert.Nil(t, sub.CreatedAt)
	assert.Nil(t, sub.CheckCount)
	assert.Contains(t, string(sub.Raw), `"extra"`)
}
