package subscriptions

import (
	"bytes"
	"encoding/json"
	"time"

	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/codec"
)

// Status is the state of a subscription. The provider may add others.
type Status string

const (
	// StatusActive is a subscription that sends notices.
	StatusActive Status = "active"
	// StatusExpired is one that ended.
	StatusExpired Status = "expired"
)

// Subscription is what the provider says of a subscription. A list gives dates, a renewal times of day.
type Subscription struct {
	// ID is the provider's id of it, a UUID.
	ID string
	// Status is its state, empty right after creation.
	Status Status
	// CreatedAt is when it was made, zero when not stated. The zone is assumed to be UTC.
	CreatedAt time.Time
	// ExpiringAt is when it ends unless it is renewed, zero when not stated: right after creation it is 91 days ahead.
	ExpiringAt time.Time
	// Raw is the response's JSON, with what has no field here.
	Raw json.RawMessage
}

// UnmarshalJSON decodes a subscription and keeps its JSON. A date in another form is left zero, since one odd row must
// not hide the rest of a list.
func (s *Subscription) UnmarshalJSON(data []byte) error {
	var wire struct {
		ID         employee.Text `json:"id"`
		Status     employee.Text `json:"status"`
		CreatedAt  employee.Text `json:"created_at"`
		ExpiringAt employee.Text `json:"expiring_at"`
	}
	if err := codec.Decode(data, &wire); err != nil {
		return err
	}
	*s = Subscription{ID: string(wire.ID), Status: Status(wire.Status), Raw: bytes.Clone(data)}
	s.CreatedAt, _ = employee.Timestamp(wire.CreatedAt).Time()
	s.ExpiringAt, _ = employee.Timestamp(wire.ExpiringAt).Time()
	return nil
}
