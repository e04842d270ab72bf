package saleswebhooks

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"

	"github.com/pronet-go/pronet/internal/redact"
)

// The path of a webhook's URL may be a secret. However settings, a configuration or a field that was refused are printed, as
// values or behind a pointer, what is behind the host of the URL is "[redacted]", and what the provider wrote, which may
// hold the URL, is left out. That is so in JSON too: whoever wants it takes the field itself.

// Format prints the settings by any verb, with no more of EndpointURL than its host.
func (s WebhookSettings) Format(f fmt.State, verb rune) {
	type settings WebhookSettings // without the methods
	s.EndpointURL = redact.URL(s.EndpointURL)
	_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), settings(s))
}

// LogValue is the settings for a log, with no more of EndpointURL than its host.
func (s WebhookSettings) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%+v", s)) }

// MarshalJSON is the text of the settings, with no more of EndpointURL than its host.
func (s WebhookSettings) MarshalJSON() ([]byte, error) { return json.Marshal(fmt.Sprintf("%+v", s)) }

// shownConfiguration is what of a WebhookConfiguration is printed.
type shownConfiguration struct {
	ID          string   `json:"id,omitempty"`
	EndpointURL string   `json:"-"`
	Events      []string `json:"events,omitempty"`
	Active      *bool    `json:"is_active,omitempty"`
}

func (c WebhookConfiguration) shown() shownConfiguration {
	return shownConfiguration{c.ID, redact.URL(c.EndpointURL), c.Events, c.Active}
}

// Format prints the configuration by any verb, with no more of EndpointURL than its host, and neither Secret nor Raw.
func (c WebhookConfiguration) Format(f fmt.State, verb rune) {
	_, _ = fmt.Fprintf(f, fmt.FormatString(f, verb), c.shown())
}

// LogValue is the configuration for a log, with no more of EndpointURL than its host.
func (c WebhookConfiguration) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%+v", c)) }

// MarshalJSON writes id, events and is_active, so that [WebhookConfiguration.UnmarshalJSON] reads them. EndpointURL, Secret
// and Raw are left out.
func (c WebhookConfiguration) MarshalJSON() ([]byte, error) { return json.Marshal(c.shown()) }

// Format prints the text of Error for every verb: Value may be a webhook's URL.
func (e ValidationError) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, e.Error()) }

// LogValue gives slog the text of Error.
func (e ValidationError) LogValue() slog.Value { return slog.StringValue(e.Error()) }

// MarshalJSON gives encoders the text of Error.
func (e ValidationError) MarshalJSON() ([]byte, error) { return json.Marshal(e.Error()) }
