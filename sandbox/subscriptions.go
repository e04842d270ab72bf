package sandbox

import (
	"encoding/json"
	"slices"
	"time"
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
	owner      owner
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

// subscriptionDetails is the answer to GET of one subscription. The documents
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
