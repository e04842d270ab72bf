package coresignal

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/shell"
)

const (
	subscriptionLifetime = 91 * day
	subscriptionMaxAge   = 365 * day // until which it can be renewed
)

// watch is what a subscription is told about.
type watch int

const (
	profileChanges    watch = iota // any field of a record
	experienceChanges              // a position that starts or ends
)

// subscription is a set of people whose changes are POSTed to a callback URL.
// The provider's lock guards it.
type subscription struct {
	id         string
	owner      shell.Owner
	set        *dataset
	about      watch
	people     selection
	ids        map[int64]bool // of a subscription without a query
	tracked    map[string]bool
	webhookURL string

	created, expires time.Time
	cadence          cadence
	nextSweep        time.Time
	lastNotice       time.Time
	pending          []pendingChange
}

func (s *subscription) active(now time.Time) bool { return now.Before(s.expires) }

// status is the provider's word for whether a subscription is still alive.
func (s *subscription) status(now time.Time) string {
	if s.active(now) {
		return "active"
	}
	return "expired"
}

// subscriptionList holds every subscription that was not deleted, oldest first.
type subscriptionList struct {
	byID    map[string]*subscription
	inOrder []*subscription
	created int
}

func newSubscriptionList() subscriptionList {
	return subscriptionList{byID: map[string]*subscription{}}
}

func (l *subscriptionList) add(s *subscription) {
	l.byID[s.id] = s
	l.inOrder = append(l.inOrder, s)
	l.created++
}

func (l *subscriptionList) remove(s *subscription) {
	delete(l.byID, s.id)
	l.inOrder = slices.DeleteFunc(l.inOrder, func(other *subscription) bool { return other == s })
}

// countActive counts the account's living subscriptions in one version of the
// API.
func (l *subscriptionList) countActive(version credential, now time.Time) int {
	n := 0
	for _, s := range l.inOrder {
		if s.set.credential == version && s.active(now) {
			n++
		}
	}
	return n
}

// subscriptionRow is one subscription as the list and the renewal print it.
type subscriptionRow struct {
	ID         string `json:"id"`
	Status     string `json:"status"`
	CreatedAt  string `json:"created_at"`
	ExpiringAt string `json:"expiring_at"`
}

// row prints a subscription; the list's layout is a plain date, the renewal's
// has the time with a fraction.
func (s *subscription) row(now time.Time, layout string) subscriptionRow {
	return subscriptionRow{
		ID:         s.id,
		Status:     s.status(now),
		CreatedAt:  s.created.Format(layout),
		ExpiringAt: s.expires.Format(layout),
	}
}

// subscriptionDetails is the response to GET of one subscription. The documents
// say that it also holds the filters or query and the date of the last notice;
// the names of those keys are assumed.
type subscriptionDetails struct {
	subscriptionRow
	WebhookURL        string          `json:"webhook_url"`
	Filters           json.RawMessage `json:"filters,omitempty"`
	ESDSLQuery        json.RawMessage `json:"es_dsl_query,omitempty"`
	LastWebhookSentAt *string         `json:"last_webhook_sent_at"`
}

func (s *subscription) details(now time.Time) subscriptionDetails {
	d := subscriptionDetails{subscriptionRow: s.row(now, time.DateOnly), WebhookURL: s.webhookURL}
	switch s.people.how {
	case byFilter:
		d.Filters = s.people.given
	case byQuery:
		d.ESDSLQuery = s.people.given
	}
	if !s.lastNotice.IsZero() {
		sent := s.lastNotice.Format(time.DateOnly)
		d.LastWebhookSentAt = &sent
	}
	return d
}

// dateTimeWithFraction is how a renewal prints times; the list prints dates.
const dateTimeWithFraction = "2006-01-02T15:04:05.000000"

// listSubscriptions responds with a page of the caller's own subscriptions,
// oldest first: the active ones, or with expired=true the expired ones (whether
// the provider then lists both is not documented).
func (c *state) listSubscriptions(req *call) *problem {
	query := req.R.URL.Query()
	status, page := "active", 1
	if given := query.Get("expired"); given != "" {
		expired, err := strconv.ParseBool(given)
		if err != nil {
			return refusal(http.StatusUnprocessableEntity, "expired must be true or false")
		}
		if expired {
			status = "expired"
		}
	}
	if given := query.Get("page"); given != "" {
		n, err := strconv.Atoi(given)
		if err != nil || n < 1 || n > 1_000_000 {
			return refusal(http.StatusUnprocessableEntity, "page must be a number from 1")
		}
		page = n
	}

	now, size := c.shell.Now(), c.settings.listPageSize
	rows := []subscriptionRow{}
	c.mu.RLock()
	for _, sub := range c.subscriptions.inOrder {
		if sub.owner == req.owner && sub.status(now) == status {
			rows = append(rows, sub.row(now, time.DateOnly))
		}
	}
	c.mu.RUnlock()
	first := min((page-1)*size, len(rows))
	req.W.JSON(http.StatusOK, rows[first:min(first+size, len(rows))])
	return nil
}

// getSubscription responds with one active subscription; an expired one is not
// found (assumed from the documents' wording).
func (c *state) getSubscription(req *call) *problem {
	now := c.shell.Now()
	c.mu.RLock()
	sub, p := c.ownSubscription(req)
	if p == nil && !sub.active(now) {
		p = subscriptionNotFound()
	}
	if p != nil {
		c.mu.RUnlock()
		return p
	}
	details := sub.details(now)
	c.mu.RUnlock()
	req.W.JSON(http.StatusOK, details)
	return nil
}

// renewSubscription adds 91 days to a subscription's life (assumed: to its end,
// not to now), but never beyond a year after its creation.
func (c *state) renewSubscription(req *call) *problem {
	now := c.shell.Now()
	c.mu.Lock()
	sub, p := c.ownSubscription(req)
	switch {
	case p != nil:
	case c.initialising(sub, now):
		p = stillInitialising()
	case !sub.active(now):
		p = refusal(http.StatusBadRequest, "Subscription is already expired")
	case sub.expires.Add(subscriptionLifetime).After(sub.created.Add(subscriptionMaxAge)):
		p = refusal(http.StatusBadRequest, "Subscription cannot be renewed beyond one year after its creation")
	}
	if p != nil {
		c.mu.Unlock()
		return p
	}
	sub.expires = sub.expires.Add(subscriptionLifetime)
	row := sub.row(now, dateTimeWithFraction)
	c.mu.Unlock()
	req.W.JSON(http.StatusOK, row)
	return nil
}

// deleteSubscription ends a subscription, with what is queued for it. The body
// of the response is assumed.
func (c *state) deleteSubscription(req *call) *problem {
	now := c.shell.Now()
	c.mu.Lock()
	sub, p := c.ownSubscription(req)
	if p == nil && c.initialising(sub, now) {
		p = stillInitialising()
	}
	if p != nil {
		c.mu.Unlock()
		return p
	}
	c.subscriptions.remove(sub)
	c.mu.Unlock()
	req.W.JSON(http.StatusOK, map[string]string{"message": "Subscription deleted"})
	return nil
}

// ownSubscription finds the subscription that a path names, if it is the
// caller's own. The lock must be held.
func (c *state) ownSubscription(req *call) (*subscription, *problem) {
	sub, ok := c.subscriptions.byID[req.Args["id"]]
	if !ok || sub.owner != req.owner {
		return nil, subscriptionNotFound()
	}
	return sub, nil
}

func (c *state) initialising(sub *subscription, now time.Time) bool {
	return now.Sub(sub.created) < c.settings.initialising
}

func subscriptionNotFound() *problem {
	return refusal(http.StatusNotFound, "Subscription not found")
}

func stillInitialising() *problem {
	return refusal(http.StatusConflict, "Subscription is still initializing")
}

// simulatedNotice is the documented body of a test delivery: one object, in
// which even the ID is always the same.
const simulatedNotice = `{"member_id":18330245,"change_type":"changed"}`

// simulate promises a test delivery, which follows at once in the background.
// The endpoint has a limit of its own: one request a second.
func (c *state) simulate(req *call) *problem {
	fields, p := req.object("webhook_url")
	if p != nil {
		return p
	}
	if _, ok := fields["webhook_url"]; !ok {
		return refusal(http.StatusBadRequest, "webhook_url is missing")
	}
	target, p := text(fields, "webhook_url")
	if p != nil {
		return p
	}
	if p := callbackURL(target); p != nil {
		return p
	}
	if _, ok := c.rates.Allow(req.owner, simulationLimit()); !ok {
		return tooFast()
	}
	c.mu.Lock()
	c.simulations++
	c.mu.Unlock()
	req.W.JSON(http.StatusOK, map[string]string{"message": "Subscriptions webhook simulation initiated"})
	c.shell.Later(shell.Parcel{Kind: TestNotice, URL: target, Body: []byte(simulatedNotice)})
	return nil
}
