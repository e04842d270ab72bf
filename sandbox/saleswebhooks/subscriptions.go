package saleswebhooks

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/pronet-go/pronet/sandbox/internal/shell"
)

// entity is a contact or company by its name at LinkedIn, in lower case.
type entity struct{ kind, name string }

// subscription is one subscription.
type subscription struct {
	id            string
	entity        entity
	linkedInID    string
	linkedInURL   string
	cancelled     bool
	made, updated string
	cancelledAt   string
	checks        int
	changes       int
	lastChange    string
}

func (s *subscription) status() string {
	if s.cancelled {
		return "cancelled"
	}
	return "active"
}

// subscriptionList has all subscriptions in the order in which they were made, and by entity the last of each.
type subscriptionList struct {
	inOrder  []*subscription
	byID     map[string]*subscription
	byEntity map[entity]*subscription
	active   int
	created  int
}

// creation is the body of a creation, as it is sent.
type creation struct {
	EntityType  string `json:"entity_type"`
	LinkedInID  string `json:"linkedin_id"`
	LinkedInURL string `json:"linkedin_url"`
}

// read finds the entity of a creation.
func (c *state) read(body creation) (entity, *problem) {
	if body.EntityType != "contact" && body.EntityType != "company" {
		if body.EntityType == "" {
			return entity{}, c.invalid("entity_type", nil, "entity_type is missing")
		}
		return entity{}, c.invalid("entity_type", body.EntityType, "Unknown entity type")
	}
	if body.LinkedInURL == "" {
		if body.LinkedInID == "" {
			return entity{}, c.invalid("linkedin_url", nil, "linkedin_url is missing")
		}
		return entity{body.EntityType, strings.ToLower(body.LinkedInID)}, nil
	}
	folder := map[string]string{"contact": "in", "company": "company"}[body.EntityType]
	u, err := url.Parse(body.LinkedInURL)
	if err != nil || u.Host == "" {
		u, err = url.Parse("https://" + body.LinkedInURL)
	}
	if err != nil || !strings.HasSuffix("."+strings.ToLower(u.Host), ".linkedin.com") {
		return entity{}, c.invalid("linkedin_url", body.LinkedInURL, "Invalid LinkedIn URL format")
	}
	segments := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(segments) < 2 || !strings.EqualFold(segments[0], folder) || strings.HasPrefix(segments[1], "invalid") {
		return entity{}, c.invalid("linkedin_url", body.LinkedInURL, "Invalid LinkedIn URL format")
	}
	return entity{body.EntityType, strings.ToLower(segments[1])}, nil
}

// add makes a subscription. The lock is held.
func (c *state) add(body creation) (*subscription, *problem) {
	e, p := c.read(body)
	if p != nil {
		return nil, p
	}
	l := &c.subscriptions
	old := l.byEntity[e]
	if old != nil && !old.cancelled {
		return nil, &problem{
			status: http.StatusConflict, kind: "DUPLICATE_SUBSCRIPTION", message: "A subscription for this LinkedIn entity already exists",
			details: map[string]any{"existing_subscription_id": old.id, "linkedin_id": old.linkedInID},
		}
	}
	if l.active >= c.settings.tierLimit {
		return nil, c.tierFull()
	}
	now := stamp(c.shell.Now())
	l.created++
	l.active++
	if old != nil && c.settings.revive {
		old.cancelled, old.cancelledAt, old.updated = false, "", now
		return old, nil
	}
	s := &subscription{id: c.id("sub_"), entity: e, linkedInID: body.LinkedInID, linkedInURL: body.LinkedInURL, made: now, updated: now, checks: 1}
	if s.linkedInID == "" {
		s.linkedInID = e.name
		if c.settings.opaqueIDs {
			s.linkedInID = c.id("ACoAA")
		}
	}
	l.inOrder = append(l.inOrder, s)
	l.byID[s.id], l.byEntity[e] = s, s
	return s, nil
}

func (c *state) tierFull() *problem {
	return &problem{
		status: http.StatusForbidden, kind: "TIER_LIMIT_EXCEEDED", message: "Your account has reached its subscription limit",
		details: map[string]any{"current_count": c.subscriptions.active, "tier_limit": c.settings.tierLimit, "tier": c.settings.tier},
	}
}

// end cancels a subscription. The lock is held.
func (c *state) end(s *subscription) {
	if s.cancelled {
		return
	}
	s.cancelled, s.cancelledAt = true, stamp(c.shell.Now())
	s.updated = s.cancelledAt
	c.subscriptions.active--
}

func (c *state) create(req *shell.Call) *problem {
	var body creation
	if p := c.decode(req, &body); p != nil {
		return p
	}
	c.mu.Lock()
	s, p := c.add(body)
	c.mu.Unlock()
	if p != nil {
		return p
	}
	made := s.short()
	made["linkedin_url"], made["created_at"], made["updated_at"] = nullable(s.linkedInURL), s.made, s.updated
	req.W.JSON(c.settings.createStatus, made)
	return nil
}

// short is what a bulk call says of a subscription.
func (s *subscription) short() map[string]any {
	return map[string]any{"id": s.id, "entity_type": s.entity.kind, "linkedin_id": s.linkedInID, "status": s.status()}
}

func nullable(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func (c *state) list(req *shell.Call) *problem {
	q := req.R.URL.Query()
	limit, offset := 20, 0
	for name, into := range map[string]*int{"limit": &limit, "offset": &offset} {
		if q.Get(name) == "" {
			continue
		}
		n, err := strconv.Atoi(q.Get(name))
		if err != nil || n < 0 || name == "limit" && (n < 1 || n > 100) {
			return c.invalid(name, q.Get(name), "Invalid "+name)
		}
		*into = n
	}
	status := q.Get("status")
	if status != "" && status != "active" && status != "cancelled" {
		return c.invalid("status", status, "Invalid status")
	}
	if status == "" && c.settings.missingStatus == ListsActive {
		status = "active"
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	found := c.matching(status, q.Get("entity_type"), q.Get("search"))
	total := len(found)
	found = found[min(offset, total):min(offset+limit, total)]
	data := []map[string]any{}
	for _, s := range found {
		row := s.short()
		row["linkedin_url"], row["last_checked_at"], row["created_at"] = nullable(s.linkedInURL), s.updated, s.made
		data = append(data, row)
	}
	req.W.JSON(http.StatusOK, map[string]any{
		"data":       data,
		"pagination": map[string]any{"total": total, "limit": limit, "offset": offset, "has_more": offset+len(data) < total},
	})
	return nil
}

// matching lists subscriptions, the oldest first. The lock is held.
func (c *state) matching(status, kind, search string) []*subscription {
	search = strings.ToLower(search)
	return slices.DeleteFunc(slices.Clone(c.subscriptions.inOrder), func(s *subscription) bool {
		switch {
		case status != "" && status != s.status(), kind != "" && kind != s.entity.kind:
			return true
		case search != "":
			return !strings.Contains(strings.ToLower(s.linkedInID), search) && !strings.Contains(strings.ToLower(s.linkedInURL), search)
		}
		return false
	})
}

func (c *state) get(req *shell.Call) *problem {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.subscriptions.byID[req.Args["id"]]
	if s == nil {
		return notFound("subscription")
	}
	row := s.short()
	row["linkedin_url"], row["last_checked_at"], row["last_change_at"] = nullable(s.linkedInURL), s.updated, nullable(s.lastChange)
	row["created_at"], row["updated_at"] = s.made, s.updated
	row["metadata"] = map[string]int{"check_count": s.checks, "change_count": s.changes}
	req.W.JSON(http.StatusOK, row)
	return nil
}

func (c *state) cancel(req *shell.Call) *problem {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.subscriptions.byID[req.Args["id"]]
	if s == nil || s.cancelled { // that a cancelled one is not found is assumed
		return notFound("subscription")
	}
	c.end(s)
	if c.settings.emptyDeletes {
		req.W.WriteHeader(http.StatusNoContent)
		return nil
	}
	req.W.JSON(http.StatusOK, map[string]any{"id": s.id, "status": s.status(), "cancelled_at": s.cancelledAt})
	return nil
}

// Subscription is a subscription as the account has it.
type Subscription struct {
	ID, EntityType, LinkedInID, LinkedInURL, Status string
}

// Subscriptions returns all subscriptions, the oldest first, the cancelled ones too.
func (sb *Sandbox) Subscriptions() []Subscription {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	var all []Subscription
	for _, s := range sb.state.subscriptions.inOrder {
		all = append(all, Subscription{s.id, s.entity.kind, s.linkedInID, s.linkedInURL, s.status()})
	}
	return all
}

// Active is the number of active subscriptions.
func (sb *Sandbox) Active() int {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	return sb.state.subscriptions.active
}

// Created is how many times a subscription was made, also of those that are cancelled now.
func (sb *Sandbox) Created() int {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	return sb.state.subscriptions.created
}

// Subscribe makes a subscription as somebody else would, without a call, and returns its id. The entity type is "contact"
// or "company"; an address that has no slash in it is taken for an id at LinkedIn.
func (sb *Sandbox) Subscribe(entityType, address string) (string, error) {
	body := creation{EntityType: entityType, LinkedInURL: address}
	if !strings.Contains(address, "/") {
		body.LinkedInID, body.LinkedInURL = address, ""
	}
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	s, p := sb.state.add(body)
	if p != nil {
		return "", fmt.Errorf("sandbox: Subscribe: %s", p.message)
	}
	return s.id, nil
}

// Cancel ends a subscription as somebody else would, without a call.
func (sb *Sandbox) Cancel(id string) error {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	s := sb.state.subscriptions.byID[id]
	if s == nil {
		return fmt.Errorf("sandbox: Cancel: there is no subscription %.40q", id)
	}
	sb.state.end(s)
	return nil
}

// SetTier changes the account's tier.
func (sb *Sandbox) SetTier(name string, limit int) {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	sb.state.settings.tier, sb.state.settings.tierLimit = name, limit
}
