package subscriptions

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/employee"
	"github.com/pronet-go/pronet/internal/callback"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/multipartbody"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
)

// MaxIDs is the most IDs that one subscription of the current API takes (since August 2026). That of V1 is not known, so
// none is held to there.
const MaxIDs = 300_000

// Options says how a subscription is created.
type Options struct {
	// WebhookURL is where notices are posted: https with a public host. Give each subscription its own, since a notice does not say which one it is for.
	WebhookURL string
	// TrackedFields narrows the notices with status "changed" to changes of these root fields of the record, such as
	// "experience"; empty means all. The provider knows about 100 names, which are not checked here. Not for V1, nor for
	// changes of positions.
	TrackedFields []string
	// AcceptVolume says that you are prepared for about 500,000 notices a week or more. Only CreateForAll asks for it.
	AcceptVolume bool
	// SkipFieldCheck sends a filter or query although it uses, or may use, a field that a subscription does not allow. The provider refuses it with 422 if it does.
	SkipFieldCheck bool
}

// Dataset creates subscriptions to one dataset.
type Dataset struct {
	pipeline *transport.Pipeline
	ops      *creation
	settings Settings
}

// WholeDataset is a Dataset that can be subscribed to as a whole.
type WholeDataset struct {
	Dataset
}

// FilterDataset is a Dataset that can also be subscribed to by filters of the type F.
type FilterDataset[F any] struct {
	Dataset
}

// CreateFromIDs subscribes to the changes of the listed employees: at most [MaxIDs], and for V1, which is sent the list as
// a file, any number, in constant memory. The whole list is checked before anything is sent; a bad line is an
// *employee.LineError.
//
// The error is api.ErrMaybeApplied when the answer was lost: then look at the list of subscriptions before you create
// it again. Notices begin the next day for Base, and within a week for Clean and MultiSource; for V1 the provider's pages
// disagree (after two days, or on the next Monday).
//
// Source: document 000, "Subscriptions using IDs". The key of the JSON body (Base) and the form fields (V1) are assumed.
func (d *Dataset) CreateFromIDs(ctx context.Context, ids employee.IDSource, o Options, options ...api.CallOption) (*Subscription, error) {
	op := &d.ops.fromIDs
	if err := d.check(op, o); err != nil {
		return nil, err
	}
	checked, err := ids.Check(ctx)
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	if checked.Count > MaxIDs && !d.ops.idFile {
		return nil, wire.Refuse(op, fmt.Errorf("%d IDs, a subscription takes at most %d", checked.Count, MaxIDs))
	}
	var body *transport.Body
	if d.ops.idFile {
		body, err = multipartbody.New(
			[]multipartbody.Field{{Name: "webhook_url", Value: o.WebhookURL}},
			multipartbody.File{
				Field: d.settings.UploadField, Name: ids.Name(), ContentType: "text/csv", Length: checked.Bytes,
				Open: func() (io.ReadCloser, error) { return ids.Open(checked) },
			})
	} else {
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
		body, err = transport.JSON(struct {
			WebhookURL    string   `json:"webhook_url"`
			IDs           []int64  `json:"ids"`
			TrackedFields []string `json:"tracked_fields,omitempty"`
		}{o.WebhookURL, list, o.TrackedFields})
	}
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	return d.create(ctx, op, body, options)
}

// CreateFromQuery subscribes to the employees that an Elasticsearch query matches: to those that begin or cease to match,
// and to the changes of those that do. For Base add Term("is_parent", 1) to the query, or each duplicate of a person
// sends its own notices.
//
// Fields that a subscription does not allow are refused with a *[ForbiddenFieldsError] before anything is sent. The
// error is api.ErrMaybeApplied when the answer was lost: then look at the list of subscriptions before you create it again.
//
// Source: document 000, "Subscriptions using ES DSL".
func (d *Dataset) CreateFromQuery(ctx context.Context, q employee.Query, o Options, options ...api.CallOption) (*Subscription, error) {
	op := &d.ops.fromQuery
	if err := d.check(op, o); err != nil {
		return nil, err
	}
	if len(q.Sort) > 0 {
		return nil, wire.Refuse(op, errors.New("a subscription has no order: leave Sort empty"))
	}
	encoded, err := employee.EncodeQuery(q)
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	if !o.SkipFieldCheck {
		if err := d.ops.forbidden.checkQuery(encoded); err != nil {
			return nil, wire.Refuse(op, err)
		}
	}
	body, err := transport.JSON(struct {
		WebhookURL    string          `json:"webhook_url"`
		Query         json.RawMessage `json:"es_dsl_query"`
		TrackedFields []string        `json:"tracked_fields,omitempty"`
	}{o.WebhookURL, encoded, o.TrackedFields})
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	return d.create(ctx, op, body, options)
}

// CreateFromFilter subscribes to the employees that search filters match: to those that begin or cease to match, and to
// the changes of those that do.
//
// Filters that a subscription does not allow, typed or in Extra, are refused with a *[ForbiddenFieldsError] before
// anything is sent. The error is api.ErrMaybeApplied when the answer was lost: then look at the list of subscriptions
// before you create it again.
//
// Source: document 000, "Subscriptions using search filters".
func (d *FilterDataset[F]) CreateFromFilter(ctx context.Context, filter F, o Options, options ...api.CallOption) (*Subscription, error) {
	op := &d.ops.fromFilter
	if err := d.check(op, o); err != nil {
		return nil, err
	}
	encoded, err := codec.Encode(filter)
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	if string(encoded) == "{}" {
		return nil, wire.Refuse(op, errors.New("the filter is empty: it would match the whole database"))
	}
	if !o.SkipFieldCheck {
		if err := d.ops.forbidden.checkFilter(encoded); err != nil {
			return nil, wire.Refuse(op, err)
		}
	}
	body, err := transport.JSON(struct {
		WebhookURL    string          `json:"webhook_url"`
		Filters       json.RawMessage `json:"filters"`
		TrackedFields []string        `json:"tracked_fields,omitempty"`
	}{o.WebhookURL, encoded, o.TrackedFields})
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	return d.create(ctx, op, body, options)
}

// CreateForAll subscribes to the changes of positions of everybody in the dataset: about 500,000 notices a week or more,
// which Options.AcceptVolume must say you are prepared for. Each change that you act on costs a collect.
//
// Source: docs.coresignal.com, "Subscribe to changes" of the Clean dataset. That the body holds the webhook URL only is assumed.
func (d *WholeDataset) CreateForAll(ctx context.Context, o Options, options ...api.CallOption) (*Subscription, error) {
	op := &d.ops.whole
	if err := d.check(op, o); err != nil {
		return nil, err
	}
	if !o.AcceptVolume {
		return nil, wire.Refuse(op, errors.New("it sends about 500,000 notices a week or more: set Options.AcceptVolume if you want that"))
	}
	body, err := transport.JSON(struct {
		WebhookURL string `json:"webhook_url"`
	}{o.WebhookURL})
	if err != nil {
		return nil, wire.Refuse(op, err)
	}
	return d.create(ctx, op, body, options)
}

func (d *Dataset) create(ctx context.Context, op *wire.Op, body *transport.Body, options []api.CallOption) (*Subscription, error) {
	var s *Subscription
	_, err := d.pipeline.Do(ctx, transport.Call{
		Op: op, Body: body, Options: slices.Clip(options),
		Decode: func(answer []byte) (err error) {
			s, err = created(answer)
			return err
		},
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (d *Dataset) check(op *wire.Op, o Options) error {
	if !d.pipeline.Configured(op.Provider) {
		return wire.NewError(op, api.ErrNotConfigured, nil)
	}
	if err := callback.Check(o.WebhookURL, d.settings.AllowLoopback); err != nil {
		return wire.Refuse(op, err)
	}
	if len(o.TrackedFields) > 0 && !d.ops.tracking {
		return wire.Refuse(op, errors.New("TrackedFields are not known here"))
	}
	for _, field := range o.TrackedFields {
		if field == "" || len(field) > 200 {
			return wire.Refuse(op, errors.New("a tracked field is empty or longer than 200 bytes"))
		}
	}
	return nil
}
