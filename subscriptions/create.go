package subscriptions

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/callback"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/coresignal"
	"github.com/pronet-go/pronet/internal/multipartbody"
	"github.com/pronet-go/pronet/internal/record"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// MaxIDs is the most IDs that one subscription of the current API takes (since August 2026). That of V1 is not known,
// so there is no check there.
const MaxIDs = 300_000

// Options says how a subscription is created.
type Options struct {
	// WebhookURL is where notices are posted: https with a public host. Give each subscription its own, since a notice
	// does not say which one it is for.
	WebhookURL string
	// TrackedFields narrows the notices with status "changed" to changes of these root fields of the record, such as
	// "experience"; empty means all. The provider knows about 100 names, of which no full list is known: a name that no
	// root field of the dataset's records has, and that is much like one, is refused as misspelt, and the error names that
	// field; with "new:" before it, a name is taken as it is. Not for V1, nor for changes of positions.
	TrackedFields []string
	// AcceptVolume says that you are prepared for about 500,000 notices a week or more. Only CreateForAll asks for it.
	AcceptVolume bool
	// Ensure looks first for a subscription that is there already, and returns it with Existed set instead of creating a
	// second one.
	Ensure Ensure
	// SkipFieldCheck sends a filter or query although it uses, or may use, a field that a subscription does not allow.
	// The provider refuses it with 422 if it does.
	SkipFieldCheck bool
}

// creator creates subscriptions to one dataset.
type creator struct {
	pipeline  *transport.Pipeline
	settings  wire.CoresignalSettings
	forbidden restrictions
	tracking  reflect.Type // the records whose root fields can be tracked, nil if none can
}

// fromIDs subscribes to a list of IDs that is sent as JSON.
func (c *creator) fromIDs(ctx context.Context, op *wire.Op, ids employee.IDSource, o Options, options []api.CallOption) (*Subscription, error) {
	checked, err := c.checkList(ctx, op, ids, &o)
	if err != nil {
		return nil, err
	}
	if checked.Count > MaxIDs {
		return nil, wire.Refuse(op, fmt.Errorf("%d IDs, a subscription takes at most %d", checked.Count, MaxIDs))
	}
	list := make([]int64, 0, checked.Count)
	for id, err := range ids.All(ctx) {
		if err != nil {
			return nil, wire.Refuse(op, err)
		}
		if len(list) == MaxIDs {
			return nil, wire.Refuse(op, employee.ErrIDsChanged)
		}
		list = append(list, id)
	}
	body, err := transport.JSON(struct {
		WebhookURL    string   `json:"webhook_url"`
		IDs           []int64  `json:"ids"`
		TrackedFields []string `json:"tracked_fields,omitempty"`
	}{o.WebhookURL, list, o.TrackedFields})
	return c.create(ctx, op, nil, o, body, err, options)
}

// fromIDFile subscribes to a list of IDs that is sent as a file.
func (c *creator) fromIDFile(ctx context.Context, op *wire.Op, ids employee.IDSource, o Options, options []api.CallOption) (*Subscription, error) {
	checked, err := c.checkList(ctx, op, ids, &o)
	if err != nil {
		return nil, err
	}
	body, err := multipartbody.New(
		[]multipartbody.Field{{Name: "webhook_url", Value: o.WebhookURL}},
		multipartbody.File{
			Field: c.settings.Field(), Name: ids.Name(), ContentType: "text/csv", Length: checked.Bytes,
			Open: func() (io.ReadCloser, error) { return ids.Open(checked) },
		})
	return c.create(ctx, op, nil, o, body, err, options)
}

func (c *creator) checkList(ctx context.Context, op *wire.Op, ids employee.IDSource, o *Options) (employee.IDSummary, error) {
	if err := c.check(ctx, op, o); err != nil {
		return employee.IDSummary{}, err
	}
	checked, err := ids.Check(ctx)
	if err != nil {
		return employee.IDSummary{}, wire.Refuse(op, err)
	}
	return checked, nil
}

// fromQuery subscribes to what a query matches.
func (c *creator) fromQuery(ctx context.Context, op *wire.Op, q employee.Query, o Options, options []api.CallOption) (*Subscription, error) {
	if err := c.check(ctx, op, &o); err != nil {
		return nil, err
	}
	if len(q.Sort) > 0 {
		return nil, wire.Refuse(op, errors.New("a subscription has no order: leave Sort empty"))
	}
	encoded, err := q.MarshalJSON()
	if err == nil && !o.SkipFieldCheck {
		err = c.forbidden.checkQuery(encoded)
	}
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	body, err := transport.JSON(struct {
		WebhookURL    string          `json:"webhook_url"`
		Query         json.RawMessage `json:"es_dsl_query"`
		TrackedFields []string        `json:"tracked_fields,omitempty"`
	}{o.WebhookURL, encoded, o.TrackedFields})
	return c.create(ctx, op, encoded, o, body, err, options)
}

// fromFilter subscribes to what search filters match.
func (c *creator) fromFilter(ctx context.Context, op *wire.Op, filter json.Marshaler, o Options, options []api.CallOption) (*Subscription, error) {
	if err := c.check(ctx, op, &o); err != nil {
		return nil, err
	}
	encoded, err := coresignal.EncodeFilter(filter)
	if err == nil && !o.SkipFieldCheck {
		err = c.forbidden.checkFilter(encoded)
	}
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	body, err := transport.JSON(struct {
		WebhookURL    string          `json:"webhook_url"`
		Filters       json.RawMessage `json:"filters"`
		TrackedFields []string        `json:"tracked_fields,omitempty"`
	}{o.WebhookURL, encoded, o.TrackedFields})
	return c.create(ctx, op, encoded, o, body, err, options)
}

// forAll subscribes to a whole dataset.
func (c *creator) forAll(ctx context.Context, op *wire.Op, o Options, options []api.CallOption) (*Subscription, error) {
	if err := c.check(ctx, op, &o); err != nil {
		return nil, err
	}
	if !o.AcceptVolume {
		return nil, wire.Refuse(op, errors.New("it sends about 500,000 notices a week or more: set Options.AcceptVolume if you want that"))
	}
	body, err := transport.JSON(struct {
		WebhookURL string `json:"webhook_url"`
	}{o.WebhookURL})
	return c.create(ctx, op, nil, o, body, err, options)
}

// create sends the body, unless it could not be built or the subscription exists and that matters. Of a list of IDs and of
// everybody there is no definition that could be compared.
func (c *creator) create(ctx context.Context, op *wire.Op, definition json.RawMessage, o Options, body *transport.Body, err error, options []api.CallOption) (*Subscription, error) {
	if err == nil && o.Ensure == EnsureByDefinition && definition == nil {
		err = errors.New("the provider is not known to show what this subscription watches: use EnsureByURL, with another webhook URL for another list")
	}
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	if o.Ensure != EnsureOff {
		if s, err := c.existing(ctx, op, definition, o, options); s != nil || err != nil {
			return s, err
		}
	}
	var s *Subscription
	_, err = c.pipeline.Do(ctx, transport.Call{
		Op: op, Body: body, Secrets: callback.Secrets(o.WebhookURL), Options: slices.Clip(options),
		Decode: func(response []byte) (err error) {
			s, err = created(response)
			return err
		},
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (c *creator) check(ctx context.Context, op *wire.Op, o *Options) error {
	if err := ready(ctx, c.pipeline, op); err != nil {
		return err
	}
	if err := callback.Check(o.WebhookURL, c.settings.AllowLoopback); err != nil {
		return wire.Refuse(op, err)
	}
	if o.Ensure < EnsureOff || o.Ensure > EnsureByURL {
		return wire.Refuse(op, errors.New("Ensure is none of its constants"))
	}
	if len(o.TrackedFields) > 0 && c.tracking == nil {
		return wire.Refuse(op, errors.New("TrackedFields are not known here"))
	}
	tracked := make([]string, len(o.TrackedFields))
	for i, field := range o.TrackedFields {
		if field == "" || len(field) > 200 {
			return wire.Refuse(op, errors.New("a tracked field is empty or longer than 200 bytes"))
		}
		if nearest := misspelt(c.tracking, field); nearest != "" {
			return wire.Refuse(op, fmt.Errorf("TrackedFields: the records have no root field %.80q; did you mean %q? (%q before a name takes it as it is)",
				field, nearest, record.NewField))
		}
		tracked[i] = strings.TrimPrefix(field, record.NewField)
	}
	o.TrackedFields = tracked
	return nil
}

// misspelt returns the root field that was meant by a name that is none, "" for one that is not much like any.
func misspelt(records reflect.Type, name string) string {
	if strings.HasPrefix(name, record.NewField) {
		return ""
	}
	roots := slices.DeleteFunc(record.Paths(records), func(path string) bool { return strings.Contains(path, ".") })
	if slices.Contains(roots, name) {
		return ""
	}
	return record.Nearest(name, roots)
}

// created finds the id in the response to a creation. No source states its form: an object with id (the best guess) or
// subscription_id, and a bare string or plain text with a digit in it (so that "OK" does not pass for an id) are
// understood.
func created(body []byte) (*Subscription, error) {
	body = bytes.TrimSpace(body)
	var object struct {
		SubscriptionID json.RawMessage `json:"subscription_id"`
		ID             json.RawMessage `json:"id"`
	}
	var s Subscription
	switch {
	case codec.Decode(body, &object) == nil:
		_ = codec.Decode(body, &s)
		if s.ID = plainID(object.ID); s.ID == "" {
			s.ID = plainID(object.SubscriptionID)
		}
	case len(body) > 0 && body[0] == '"':
		s.ID = bare(plainID(body))
	default:
		s.ID = bare(usable(string(body)))
	}
	if s.ID == "" {
		return nil, &api.UnknownIDError{What: "subscription", Raw: bytes.Clone(body)}
	}
	s.Raw = bytes.Clone(body)
	return &s, nil
}

// plainID reads an id that is a JSON string or number.
func plainID(raw json.RawMessage) string {
	var text string
	if codec.Decode(raw, &text) == nil {
		return usable(text)
	}
	var number json.Number
	if json.Unmarshal(raw, &number) == nil {
		return usable(number.String())
	}
	return ""
}

// bare returns an id that stands alone in a response, "" for what is a word.
func bare(id string) string {
	if !strings.ContainsAny(id, "0123456789") {
		return ""
	}
	return id
}

// usable returns an id that can stand in a path, else "".
func usable(id string) string {
	const allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	if len(id) > 200 || strings.Trim(id, allowed) != "" {
		return ""
	}
	return id
}
