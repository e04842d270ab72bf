package saleswebhooks

import (
	"net/http"
	"slices"
	"strings"

	"github.com/pronet-go/pronet/sandbox/internal/shell"
)

// account is what the account has besides its subscriptions.
type account struct {
	ID, Email, CompanyName, CreatedAt, Timezone string
	Retries, Mail                               bool

	calls, webhooks, bulkEffects, keysMade, rotations int
}

func (a *account) settings() map[string]any {
	return map[string]any{"timezone": a.Timezone, "webhook_retry_enabled": a.Retries, "email_notifications": a.Mail}
}

func (c *state) getAccount(req *shell.Call) *problem {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := &c.account
	req.W.JSON(http.StatusOK, map[string]any{
		"id": a.ID, "email": a.Email, "company_name": a.CompanyName, "created_at": a.CreatedAt,
		"plan": map[string]any{
			"name": strings.ToUpper(c.settings.tier[:1]) + c.settings.tier[1:], "tier": c.settings.tier,
			"subscription_limit": c.settings.tierLimit, "webhook_limit": 100 * c.settings.tierLimit, "polling_frequency": "hourly",
		},
		"usage":    map[string]any{"active_subscriptions": c.subscriptions.active, "webhooks_this_month": a.webhooks, "api_calls_today": a.calls},
		"settings": a.settings(),
	})
	return nil
}

func (c *state) updateAccount(req *shell.Call) *problem {
	var body struct {
		CompanyName *string `json:"company_name"`
		Settings    *struct {
			Timezone *string `json:"timezone"`
			Retries  *bool   `json:"webhook_retry_enabled"`
			Mail     *bool   `json:"email_notifications"`
		} `json:"settings"`
	}
	if p := c.decode(req, &body); p != nil {
		return p
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	a := &c.account
	replace(&a.CompanyName, body.CompanyName)
	if s := body.Settings; s != nil { // that what is left out stays is assumed
		replace(&a.Timezone, s.Timezone)
		replace(&a.Retries, s.Retries)
		replace(&a.Mail, s.Mail)
	}
	req.W.JSON(http.StatusOK, map[string]any{
		"id": a.ID, "email": a.Email, "company_name": a.CompanyName, "settings": a.settings(), "updated_at": stamp(c.shell.Now()),
	})
	return nil
}

func replace[T any](value *T, with *T) {
	if with != nil {
		*value = *with
	}
}

// apiKey is a key of the account.
type apiKey struct {
	id, name, key, made, used string
	permissions               []string
	revoked                   bool
}

func (k *apiKey) row() map[string]any {
	status := "active"
	if k.revoked {
		status = "revoked"
	}
	return map[string]any{
		"id": k.id, "name": k.name, "prefix": k.key[:min(len(k.key), len("lwa.sk_test_"))], "created_at": k.made, "last_used_at": nullable(k.used),
		"permissions": k.permissions, "status": status,
	}
}

func (c *state) listKeys(req *shell.Call) *problem {
	c.mu.Lock()
	defer c.mu.Unlock()
	rows := []map[string]any{}
	for _, k := range c.keys {
		rows = append(rows, k.row())
	}
	req.W.JSON(http.StatusOK, map[string]any{"data": rows})
	return nil
}

func (c *state) createKey(req *shell.Call) *problem {
	var body struct {
		Name        string   `json:"name"`
		Permissions []string `json:"permissions"`
	}
	if p := c.decode(req, &body); p != nil {
		return p
	}
	if body.Name == "" {
		return c.invalid("name", nil, "name is missing")
	}
	if len(body.Permissions) == 0 {
		body.Permissions = []string{"read", "write"}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k := &apiKey{id: c.id("key_"), name: body.Name, key: c.newKey(), made: stamp(c.shell.Now()), permissions: body.Permissions}
	c.keys = append(c.keys, k)
	c.account.keysMade++
	row := k.row()
	row["key"] = k.key
	req.W.JSON(c.settings.createStatus, row)
	return nil
}

func (c *state) revokeKey(req *shell.Call) *problem {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.IndexFunc(c.keys, func(k *apiKey) bool { return k.id == req.Args["id"] && !k.revoked })
	if i < 0 {
		return notFound("key")
	}
	c.keys[i].revoked = true
	if c.settings.emptyDeletes {
		req.W.WriteHeader(http.StatusNoContent)
		return nil
	}
	req.W.JSON(http.StatusOK, c.keys[i].row())
	return nil
}

func (c *state) usage(req *shell.Call) *problem {
	c.mu.Lock()
	defer c.mu.Unlock()
	req.W.JSON(http.StatusOK, map[string]any{"active_subscriptions": c.subscriptions.active, "webhooks_this_month": c.account.webhooks, "api_calls_today": c.account.calls})
	return nil
}

// APIKey returns the account's first key.
func (sb *Sandbox) APIKey() string { return sb.state.keys[0].key }

// KeysMade is how many API keys were made by calls.
func (sb *Sandbox) KeysMade() int {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	return sb.state.account.keysMade
}
