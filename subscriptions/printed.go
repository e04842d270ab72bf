package subscriptions

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/pronet-go/pronet/internal/redact"
)

// The path of a webhook URL may be a secret. However Options and a Subscription are printed, as values or behind a pointer,
// what is behind the host of the URL is "[redacted]", and Subscription.Raw, which may hold the URL, is left out. That is so
// in JSON too: whoever wants what the provider wrote takes the field Raw itself.

// Format prints the options by any verb, with no more of WebhookURL than its host.
func (o Options) Format(s fmt.State, verb rune) {
	type options Options // without the methods
	o.WebhookURL = redact.URL(o.WebhookURL)
	_, _ = fmt.Fprintf(s, fmt.FormatString(s, verb), options(o))
}

// LogValue is the options for a log, with no more of WebhookURL than its host.
func (o Options) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%+v", o)) }

// MarshalJSON is the text of the options, with no more of WebhookURL than its host.
func (o Options) MarshalJSON() ([]byte, error) { return json.Marshal(fmt.Sprintf("%+v", o)) }

// shown is what of a Subscription is printed.
type shown struct {
	ID         string    `json:"id"`
	Status     Status    `json:"status,omitempty"`
	CreatedAt  time.Time `json:"created_at,omitzero"`
	ExpiringAt time.Time `json:"expiring_at,omitzero"`
	Existed    bool      `json:"-"`
}

func (s Subscription) shown() shown {
	return shown{s.ID, s.Status, s.CreatedAt, s.ExpiringAt, s.Existed}
}

// Format prints id, status and dates by any verb, and not Raw, which may hold the webhook URL.
func (s Subscription) Format(f fmt.State, verb rune) {
	_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), s.shown())
}

// LogValue is the subscription for a log, without Raw, which may hold the webhook URL.
func (s Subscription) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%+v", s)) }

// MarshalJSON writes id, status and dates under the provider's names, so that [Subscription.UnmarshalJSON] reads them. What
// else the provider said is left out, since it may hold the webhook URL: it is in Raw.
func (s Subscription) MarshalJSON() ([]byte, error) { return json.Marshal(s.shown()) }
