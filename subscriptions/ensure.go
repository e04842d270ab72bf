package subscriptions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/wire"
)

// Ensure says whether a creation looks first for a subscription that is there already, so that a program that is started
// again does not create a second one each time. Looking lists the active subscriptions and gets each, which is free; it
// takes one call for each.
//
// What the provider shows of a subscription is not known in full: its filter or query is documented, under names that are
// not; the webhook URL is assumed; the dataset, the tracked fields and a list of IDs are not known to be shown, and are not
// compared. One that does not show enough is never taken for another one: the error is then an [EnsureError], and nothing
// is created. Two programs that look at the same time may both create.
type Ensure int

const (
	// EnsureOff creates without looking.
	EnsureOff Ensure = iota
	// EnsureByDefinition returns the subscription with the same webhook URL and the same filter or query. It is not for
	// lists of IDs and CreateForAll.
	EnsureByDefinition
	// EnsureByURL returns the subscription with the same webhook URL, whatever it watches: for who gives each definition a
	// URL of its own, and another list of IDs another URL.
	EnsureByURL
)

// EnsureError reports that nothing was created, since subscriptions exist of which it is not certain that they are other
// ones. Look at them with Get, and delete them or use another webhook URL. errors.Is finds api.ErrConflict.
type EnsureError struct {
	// SameURL are the ids of those with the same webhook URL, and another filter or query or none that is shown.
	SameURL []string
	// NoURL are the ids of those that show no webhook URL.
	NoURL []string
}

// Error names the subscriptions, up to 20 of each kind.
func (e *EnsureError) Error() string {
	var b strings.Builder
	b.WriteString("nothing was created")
	for _, list := range []struct {
		what string
		ids  []string
	}{
		{"with this webhook URL and another filter or query, or none that is shown", e.SameURL},
		{"that show no webhook URL", e.NoURL},
	} {
		if len(list.ids) > 0 {
			fmt.Fprintf(&b, "; there are subscriptions %s: %.60q", list.what, list.ids[:min(len(list.ids), 20)])
		}
	}
	return b.String()
}

// Unwrap returns api.ErrConflict.
func (e *EnsureError) Unwrap() error { return api.ErrConflict }

// existing looks for the subscription that is about to be created. It is nil if there is none.
func (c *creator) existing(ctx context.Context, op *wire.Op, definition json.RawMessage, o Options, options []api.CallOption) (*Subscription, error) {
	list, get := &opList, &opGet
	if op.Provider == api.CoresignalV1 {
		list, get = &opV1List, &opV1Get
	}
	m := manager{c.pipeline, c.settings}
	var unclear EnsureError
	for listed, err := range m.all(ctx, list, ListOptions{}, options) {
		if err == nil && listed.ID == "" {
			err = fmt.Errorf("a subscription without an id is listed: %w", api.ErrUnexpectedResponse)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: looking for one that exists: %w", op.Name, err)
		}
		got, err := m.one(ctx, get, listed.ID, options)
		switch {
		case errors.Is(err, api.ErrNotFound):
			continue // it ended meanwhile
		case err != nil:
			return nil, fmt.Errorf("%s: looking for one that exists: %w", op.Name, err)
		}
		details := shownBy(got.Raw)
		switch {
		case details.has(o.WebhookURL) && (o.Ensure == EnsureByURL || details.defines(definition)):
			got.Existed = true
			return got, nil
		case details.has(o.WebhookURL):
			unclear.SameURL = append(unclear.SameURL, got.ID)
		case !details.hasURL():
			unclear.NoURL = append(unclear.NoURL, got.ID)
		}
	}
	if unclear.SameURL != nil || unclear.NoURL != nil {
		return nil, fmt.Errorf("%s: %w", op.Name, &unclear)
	}
	return nil, nil
}

// details are the values of a subscription's JSON object, whatever their names. Where a text holds an object, that is meant.
type details []any

func shownBy(raw json.RawMessage) details {
	var object map[string]json.RawMessage
	if codec.Decode(raw, &object) != nil {
		return nil
	}
	var found details
	for _, member := range object {
		value := decoded(member)
		if text, ok := value.(string); ok && strings.HasPrefix(strings.TrimSpace(text), "{") {
			value = decoded([]byte(text))
		}
		found = append(found, value)
	}
	return found
}

// decoded is a value of JSON with its numbers as they are written, nil if it is none.
func decoded(text []byte) (value any) {
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	if decoder.Decode(&value) != nil {
		return nil
	}
	return value
}

// has reports whether the webhook URL is shown.
func (d details) has(webhookURL string) bool {
	want := plainURL(webhookURL)
	for _, value := range d {
		if text, ok := value.(string); ok && want != "" && plainURL(text) == want {
			return true
		}
	}
	return false
}

// hasURL reports whether any URL is shown.
func (d details) hasURL() bool {
	for _, value := range d {
		if text, ok := value.(string); ok && plainURL(text) != "" {
			return true
		}
	}
	return false
}

// defines reports whether the filter or query is shown, alone or below a name of its own. A query may be shown without the
// "query" around it.
func (d details) defines(definition json.RawMessage) bool {
	want := decoded(definition)
	wanted, ok := want.(map[string]any)
	if !ok {
		return false
	}
	for _, value := range d {
		shown, ok := value.(map[string]any)
		if !ok {
			continue
		}
		if reflect.DeepEqual(value, want) || len(wanted) == 1 && reflect.DeepEqual(value, wanted["query"]) {
			return true
		}
		for _, below := range shown {
			if reflect.DeepEqual(below, want) {
				return true
			}
		}
	}
	return false
}

// plainURL is a URL as it is compared: scheme and host in lower case, without the port that its scheme has anyway. It is ""
// for what is no URL, or one of which a part is blanked.
func plainURL(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || strings.ContainsAny(text, "*…") || strings.Contains(text, "...") {
		return ""
	}
	u.Host = strings.ToLower(u.Host)
	u.Host = strings.TrimSuffix(u.Host, map[string]string{"https": ":443", "http": ":80"}[u.Scheme])
	if u.Path == "" {
		u.Path = "/"
	}
	return u.String()
}
