package bulkcollect

import (
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/pronet-go/pronet/internal/redact"
)

// The options have a WebhookURL, whose path may be a secret. However they are printed, as values or behind a pointer, what
// is behind its host is "[redacted]". That is so in JSON too: settings that are to be read again have to be kept elsewhere.

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

// Format prints the options by any verb, with no more of WebhookURL than its host.
func (o GroupOptions) Format(s fmt.State, verb rune) {
	type options GroupOptions // without the methods
	o.WebhookURL = redact.URL(o.WebhookURL)
	_, _ = fmt.Fprintf(s, fmt.FormatString(s, verb), options(o))
}

// LogValue is the options for a log, with no more of WebhookURL than its host.
func (o GroupOptions) LogValue() slog.Value { return slog.StringValue(fmt.Sprintf("%+v", o)) }

// MarshalJSON is the text of the options, with no more of WebhookURL than its host.
func (o GroupOptions) MarshalJSON() ([]byte, error) { return json.Marshal(fmt.Sprintf("%+v", o)) }

// Format prints how far the group has come, by any verb: its options are not part of it.
func (g *Group[R]) Format(s fmt.State, _ rune) {
	status := g.Status()
	_, _ = fmt.Fprintf(s, "group of jobs: %s", status.String())
}
