package saleswebhooks

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/shell"
)

// webhook is the account's one configuration.
type webhook struct {
	id       string
	endpoint string
	events   []string
	active   bool
	initial  string
	secrets  []string // the present one first, the one before it second
}

func (c *state) configure(req *shell.Call) *problem {
	var body struct {
		EndpointURL string   `json:"endpoint_url"`
		Events      []string `json:"events"`
		Active      *bool    `json:"is_active"`
		Initial     string   `json:"initial_webhook"`
	}
	if p := c.decode(req, &body); p != nil {
		return p
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	w := &c.webhook
	switch {
	case body.EndpointURL == "":
		return c.invalid("endpoint_url", nil, "endpoint_url is missing")
	case !strings.HasPrefix(body.EndpointURL, "https://") && !isLocal(body.EndpointURL):
		return c.invalid("endpoint_url", body.EndpointURL, "endpoint_url must be HTTPS")
	case body.Initial != "" && !slices.Contains([]string{"all", "latest", "none"}, body.Initial):
		return c.invalid("initial_webhook", body.Initial, "Unknown initial_webhook")
	case req.R.Method == http.MethodPut && w.id == "":
		return notFound("webhook configuration")
	}
	fresh := w.id == ""
	if fresh {
		w.id, w.secrets = c.id("whc_"), []string{c.newSecret()}
	}
	w.endpoint, w.events, w.initial, w.active = body.EndpointURL, body.Events, body.Initial, body.Active == nil || *body.Active
	if len(w.events) == 0 {
		w.events = []string{"*"}
	}
	status := http.StatusOK
	if req.R.Method == http.MethodPost {
		status = c.settings.createStatus
	}
	req.W.JSON(status, c.webhookRow(req.R.Method == http.MethodPost))
	return nil
}

// isLocal lets this machine's addresses be http, which the real provider would refuse.
func isLocal(address string) bool {
	rest, isHTTP := strings.CutPrefix(address, "http://")
	host, _, _ := strings.Cut(rest, "/")
	if name, _, found := strings.Cut(host, ":"); found && !strings.HasPrefix(host, "[") {
		host = name
	}
	return isHTTP && shell.IsLoopback(strings.Trim(host, "[]"))
}

func (c *state) newSecret() string { return "whsec_" + c.secret() }

func (c *state) webhookRow(secret bool) map[string]any {
	w := &c.webhook
	row := map[string]any{"id": w.id, "endpoint_url": w.endpoint, "events": w.events, "is_active": w.active}
	if w.initial != "" {
		row["initial_webhook"] = w.initial
	}
	if secret {
		row["secret"] = w.secrets[0]
	}
	return row
}

func (c *state) configuration(req *shell.Call) *problem {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.webhook.id == "" {
		return notFound("webhook configuration")
	}
	req.W.JSON(http.StatusOK, c.webhookRow(c.settings.secretInGet))
	return nil
}

func (c *state) rotateSecret(req *shell.Call) *problem {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := &c.webhook
	if w.id == "" {
		return notFound("webhook configuration")
	}
	w.secrets = []string{c.newSecret(), w.secrets[0]}
	c.account.rotations++
	req.W.JSON(c.settings.createStatus, map[string]any{"id": w.id, "secret": w.secrets[0]})
	return nil
}

func (c *state) test(req *shell.Call) *problem {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.webhook.id == "" {
		return notFound("webhook configuration")
	}
	c.tests++
	p := c.parcel(Event{Type: "test", Data: map[string]any{}})
	p.Kind = TestDelivery
	c.shell.Later(p)
	req.W.JSON(http.StatusOK, map[string]any{"success": true})
	return nil
}

// logged is a delivery in the provider's log.
type logged struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	At   string `json:"created_at"`
}

func (c *state) listDeliveries(req *shell.Call) *problem {
	c.mu.Lock()
	defer c.mu.Unlock()
	req.W.JSON(http.StatusOK, map[string]any{"data": append([]logged{}, c.delivered...)})
	return nil
}

// Event is one thing that happened to an entity.
type Event struct {
	// ID, Type and CreatedAt are the event's; Subscription is whose it is.
	ID, Type, CreatedAt, Subscription string
	// Data is what the test gives.
	Data map[string]any
}

// DefaultEnvelope is the body of an event: id, type, created_at and data. It is assumed: the provider shows none.
func DefaultEnvelope(e Event) any {
	return map[string]any{"id": e.ID, "type": e.Type, "created_at": e.CreatedAt, "data": e.Data}
}

type parcel struct {
	at time.Time
	shell.Parcel
}

// parcel makes a delivery of an event, signed now. The lock is held.
func (c *state) parcel(e Event) shell.Parcel {
	now := c.shell.Now()
	e.ID, e.CreatedAt = c.id("evt_"), stamp(now)
	body, err := json.Marshal(c.settings.envelope(e))
	if err != nil {
		body = []byte("null")
	}
	p := shell.Parcel{Kind: EventDelivery, About: e.Subscription, URL: c.webhook.endpoint, Body: body}
	if sign := c.settings.signer; sign != nil {
		secrets := c.webhook.secrets[:1]
		if c.settings.oldSecret {
			secrets = c.webhook.secrets
		}
		p.Header = sign(slices.Clone(secrets), now, e.ID, body)
	}
	c.account.webhooks++
	c.delivered = append(c.delivered, logged{e.ID, e.Type, e.CreatedAt})
	return p
}

// take removes the first n of the queue. The lock is held.
func (c *state) take(n int) []shell.Parcel {
	var due []shell.Parcel
	for _, p := range c.queue[:n] {
		due = append(due, p.Parcel)
	}
	c.queue = slices.Delete(c.queue, 0, n)
	return due
}

// Change lets something happen to an entity, by its name at LinkedIn: each active subscription to it gets an event of the
// type, which the sandbox's Deliver or Advance delivers, if the webhook is configured for it. It returns an error when
// nobody has subscribed to it.
func (sb *Sandbox) Change(linkedInName, eventType string, data map[string]any) error {
	c := sb.state
	kind, _, _ := strings.Cut(eventType, ".")
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.subscriptions.byEntity[entity{kind, strings.ToLower(linkedInName)}]
	if s == nil || s.cancelled {
		return fmt.Errorf("sandbox: Change: nobody has subscribed to the %.20s %.100q", kind, linkedInName)
	}
	s.changes++
	s.lastChange = stamp(c.shell.Now())
	if w := &c.webhook; w.id == "" || !w.active || !wants(w.events, eventType) {
		return nil
	}
	all := map[string]any{"subscription_id": s.id, "entity_type": s.entity.kind, "linkedin_id": s.linkedInID, "linkedin_url": s.linkedInURL}
	maps.Copy(all, data)
	c.events++
	c.queue = append(c.queue, parcel{c.shell.Now(), c.parcel(Event{Type: eventType, Subscription: s.id, Data: all})})
	return nil
}

// wants tells whether a list of events has a type: by its name, its family, or "*".
func wants(events []string, eventType string) bool {
	family, _, _ := strings.Cut(eventType, ".")
	return slices.Contains(events, eventType) || slices.Contains(events, "*") || slices.Contains(events, family+".*")
}

// ChangeJob gives a contact another position, and another company unless it is empty: one event, or two.
func (sb *Sandbox) ChangeJob(linkedInName, position, company string) error {
	err := sb.Change(linkedInName, "contact.position_changed", map[string]any{"position": position})
	if err == nil && company != "" {
		err = sb.Change(linkedInName, "contact.company_changed", map[string]any{"company": company})
	}
	return err
}

// Tests is how many test webhooks were asked for.
func (sb *Sandbox) Tests() int {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	return sb.state.tests
}

// Secret returns the present signing secret, empty before a webhook is configured.
func (sb *Sandbox) Secret() string {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	if len(sb.state.webhook.secrets) == 0 {
		return ""
	}
	return sb.state.webhook.secrets[0]
}

// Rotations is how many times the secret was rotated.
func (sb *Sandbox) Rotations() int {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	return sb.state.account.rotations
}
