package saleswebhooks

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Status is the state of a subscription. The provider may add others.
type Status string

const (
	// StatusActive is a subscription whose entity is watched.
	StatusActive Status = "active"
	// StatusCancelled is one that was cancelled. It is kept, and the entity may be subscribed to again.
	StatusCancelled Status = "cancelled"
)

// Subscription is what the provider says of a subscription. Each call says another part of it.
type Subscription struct {
	// ID is the provider's id of it, such as "sub_9Yx7Kj2Mn". Treat it as opaque.
	ID string
	// Type, LinkedInID and LinkedInURL are the entity, each empty when not stated.
	Type                    EntityType
	LinkedInID, LinkedInURL string
	// Status is its state, empty when not stated.
	Status Status
	// CreatedAt, UpdatedAt, CancelledAt, LastCheckedAt and LastChangeAt are nil when not stated.
	CreatedAt, UpdatedAt, CancelledAt, LastCheckedAt, LastChangeAt *time.Time
	// CheckCount and ChangeCount are how often the entity was looked at and had changed; nil when not stated.
	CheckCount, ChangeCount *int64
	// Raw is the JSON of the response, or of a row of a CSV export an object with its columns. Nil when there was no body.
	Raw json.RawMessage
}

// Entity is what the subscription is to.
func (s *Subscription) Entity() Entity {
	return Entity{Type: s.Type, LinkedInID: s.LinkedInID, LinkedInURL: s.LinkedInURL}
}

// Exists reports whether the subscription is one that watches its entity, as far as is known: any status but cancelled.
func (s *Subscription) Exists() bool {
	return !strings.EqualFold(string(s.Status), string(StatusCancelled))
}

// UnmarshalJSON decodes a subscription and keeps its JSON. A time in another form is left nil, since one odd row must not
// hide the rest of a list.
func (s *Subscription) UnmarshalJSON(data []byte) error { return s.decode(data, false) }

// decode decodes a subscription. In an export its id is subscription_id, whatever an id beside it is.
func (s *Subscription) decode(data []byte, export bool) error {
	var wire struct {
		ID             text `json:"id"`
		SubscriptionID text `json:"subscription_id"` // an export
		Type           text `json:"entity_type"`
		LinkedInID     text `json:"linkedin_id"`
		LinkedInURL    text `json:"linkedin_url"`
		Status         text `json:"status"`
		CreatedAt      text `json:"created_at"`
		UpdatedAt      text `json:"updated_at"`
		CancelledAt    text `json:"cancelled_at"`
		LastCheckedAt  text `json:"last_checked_at"`
		LastChangeAt   text `json:"last_change_at"`
		Metadata       any  `json:"metadata"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	id := wire.ID
	if id == "" || export && wire.SubscriptionID != "" {
		id = wire.SubscriptionID
	}
	*s = Subscription{
		ID: string(id), Type: EntityType(wire.Type), LinkedInID: string(wire.LinkedInID), LinkedInURL: string(wire.LinkedInURL), Status: Status(wire.Status),
		CreatedAt: wire.CreatedAt.time(), UpdatedAt: wire.UpdatedAt.time(), CancelledAt: wire.CancelledAt.time(),
		LastCheckedAt: wire.LastCheckedAt.time(), LastChangeAt: wire.LastChangeAt.time(), Raw: bytes.Clone(data),
	}
	if counters, ok := wire.Metadata.(map[string]any); ok {
		s.CheckCount, s.ChangeCount = counter(counters["check_count"]), counter(counters["change_count"])
	}
	return nil
}

func counter(value any) *int64 {
	n, ok := value.(float64)
	if !ok || n != float64(int64(n)) {
		return nil
	}
	whole := int64(n)
	return &whole
}

// text is a string; a number is taken as its digits, and anything else is empty.
type text string

func (t *text) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) == nil {
		*t = text(s)
		return nil
	}
	var n json.Number
	if json.Unmarshal(data, &n) == nil {
		*t = text(n)
	}
	return nil
}

// time reads an RFC 3339 time, nil for anything else.
func (t text) time() *time.Time {
	at, err := time.Parse(time.RFC3339, string(t))
	if err != nil {
		return nil
	}
	return &at
}

// number is a whole number; a string of digits is taken too, and anything else is 0.
type number int64

func (n *number) UnmarshalJSON(data []byte) error {
	whole, err := strconv.ParseInt(strings.Trim(string(data), `"`), 10, 64)
	if err == nil {
		*n = number(whole)
	}
	return nil
}
