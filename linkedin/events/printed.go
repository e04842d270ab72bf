package events

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/pronet-go/pronet/internal/redact"
)

// The path of a webhook may be a secret. However a Subscription or a Wanted is printed, as a value or behind a pointer, what
// is behind the host of the webhook is "[redacted]", and Subscription.Raw, which may hold it, is left out. That is so in JSON
// too.

// shown is what of a Subscription is printed.
type shown struct {
	App          string    `json:"developerApplication,omitempty"`
	Member       string    `json:"user,omitempty"`
	Organization string    `json:"entity,omitempty"`
	Type         string    `json:"eventType,omitempty"`
	Webhook      string    `json:"-"`
	Ends         time.Time `json:"-"`
	EndsAt       int64     `json:"expiresAt,omitempty"`
}

func (s Subscription) shown() shown {
	of := shown{
		App: s.Key.App.String(), Member: s.Key.Member.String(), Organization: s.Key.Organization.String(), Type: s.Key.Type, Webhook: redact.URL(s.Webhook), Ends: s.Ends,
	}
	if !s.Ends.IsZero() {
		of.EndsAt = s.Ends.UnixMilli()
	}
	return of
}

// Format prints key and end by any verb, with no more of the webhook than its host, and not Raw.
func (s Subscription) Format(f fmt.State, verb rune) {
	_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), s.shown())
}

// LogValue is the subscription for a log, with no more of the webhook than its host.
func (s Subscription) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%+v", s)) }

// MarshalJSON writes key and end under LinkedIn's names, so that [Subscription.UnmarshalJSON] reads them. The webhook is left
// out.
func (s Subscription) MarshalJSON() ([]byte, error) { return json.Marshal(s.shown()) }

// Format prints what is wanted by any verb, with no more of the webhook than its host.
func (w Wanted) Format(f fmt.State, verb rune) {
	type wanted Wanted // without the methods
	w.Webhook = redact.URL(w.Webhook)
	_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), wanted(w))
}

// LogValue is what is wanted for a log, with no more of the webhook than its host.
func (w Wanted) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%+v", w)) }

// MarshalJSON is the text of what is wanted, with no more of the webhook than its host.
func (w Wanted) MarshalJSON() ([]byte, error) { return json.Marshal(fmt.Sprintf("%+v", w)) }
