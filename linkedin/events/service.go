package events

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"net/url"
	"slices"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// SocialActions is the type of the events about what people do with an organisation's posts.
const SocialActions = "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS"

// Retention is how long LinkedIn keeps events.
const Retention = 60 * 24 * time.Hour

// Key names a subscription: of one app, one member, one organisation and one type of events there is one at most.
type Key struct {
	// App is the app, such as urn:li:developerApplication:123.
	App urn.URN
	// Member is who subscribes, such as urn:li:person:abc, and administers the organisation.
	Member urn.URN
	// Organization is whose events are sent, such as urn:li:organization:123.
	Organization urn.URN
	// Type is the type of the events; "" is [SocialActions].
	Type string
}

var (
	errKey     = errors.New("a subscription needs an app, a member and an organisation: urn:li:developerApplication:1, urn:li:person:a, urn:li:organization:1")
	errWebhook = errors.New("the webhook is an https URL that is registered with the app")
	errOrg     = errors.New("the organisation is required and has the form urn:li:organization:123")
	errTimes   = errors.New("the time To must not be earlier than From, nor either before 1970")
)

func (k Key) whole() Key {
	if k.Type == "" {
		k.Type = SocialActions
	}
	return k
}

func (k Key) record() (restli.Record, error) {
	if k.App.Type() != "developerApplication" || k.Member.Type() != "person" || k.Organization.IsZero() {
		return nil, errKey
	}
	k = k.whole()
	return restli.Record{
		{Name: "developerApplication", Value: k.App}, {Name: "user", Value: k.Member}, {Name: "entity", Value: k.Organization}, {Name: "eventType", Value: k.Type},
	}, nil
}

// Subscription is a subscription to the events of an organisation.
type Subscription struct {
	// Key names it, as far as the response says.
	Key Key
	// Webhook is where the events are sent. Only its host is printed, and Raw not at all.
	Webhook string
	// Ends is when it ends unless it is renewed, in milliseconds and UTC; zero when not stated.
	Ends time.Time
	// Raw is the response's JSON, with what has no field here.
	Raw json.RawMessage
}

// UnmarshalJSON decodes a subscription and keeps its JSON. What is in another form than is known is left zero.
func (s *Subscription) UnmarshalJSON(data []byte) error {
	type key struct {
		App    linkedinapi.Text `json:"developerApplication"`
		Member linkedinapi.Text `json:"user"`
		Entity linkedinapi.Text `json:"entity"`
		Type   linkedinapi.Text `json:"eventType"`
	}
	var read struct {
		key
		Inner   json.RawMessage   `json:"subscriberKey"` // the key may be a record of its own
		ID      json.RawMessage   `json:"id"`
		Webhook linkedinapi.Text  `json:"webhook"`
		Ends    linkedinapi.Stamp `json:"expiresAt"`
	}
	if err := codec.Decode(data, &read); err != nil {
		return err
	}
	for _, inner := range []json.RawMessage{read.Inner, read.ID} {
		if len(inner) > 0 && inner[0] == '{' && read.key.App == "" {
			_ = codec.Decode(inner, &read.key) // it may be of another form
		}
	}
	*s = Subscription{Key: Key{Type: string(read.Type)}.whole(), Webhook: string(read.Webhook), Ends: read.Ends.Time, Raw: bytes.Clone(data)}
	s.Key.App, _ = urn.Parse(string(read.App))
	s.Key.Member, _ = urn.Parse(string(read.Member))
	s.Key.Organization, _ = urn.Parse(string(read.Entity))
	return nil
}

// Service is client.LinkedIn.Events. Its calls need the token of a member with the right rw_organization_admin, who
// administers the organisation; another is [api.ErrForbidden].
type Service struct {
	caller                                    *linkedinapi.Caller
	subscribe, get, list, unsubscribe, missed *linkedinapi.Endpoint
}

// New is for package pronet, whose New makes the client that a program uses.
func New(p *transport.Pipeline, settings *linkedinapi.Settings) *Service {
	c := linkedinapi.NewCaller(p, settings)
	at := func(op wire.Op) *linkedinapi.Endpoint { return c.Endpoint(restli.V2, op) }
	return &Service{caller: c, subscribe: at(opSubscribe), get: at(opGet), list: at(opList), unsubscribe: at(opUnsubscribe), missed: at(opMissed)}
}

// keyed is a call of an endpoint with a key.
func (s *Service) keyed(ctx context.Context, e *linkedinapi.Endpoint, key Key, options []api.CallOption) (transport.Call, error) {
	if err := s.caller.Ready(ctx, e); err != nil {
		return transport.Call{}, err
	}
	record, err := key.record()
	if err != nil {
		return transport.Call{}, wire.Refuse(e.Op, err)
	}
	return s.caller.At(ctx, e, nil, options, record)
}

// Subscribe makes a subscription, or renews it, and returns it. The webhook must be registered with the app and validated.
// To do it twice does no harm. When the response does not say until when it lives, it is asked for.
//
// Source: LinkedIn's page "Organization Social Action Notifications".
func (s *Service) Subscribe(ctx context.Context, key Key, webhook string, options ...api.CallOption) (*Subscription, error) {
	s = linkedinapi.Made(s)
	call, err := s.keyed(ctx, s.subscribe, key, options)
	if err != nil {
		return nil, err
	}
	if u, err := url.Parse(webhook); err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return nil, wire.Refuse(call.Op, errWebhook)
	}
	var made Subscription
	call.Decode = func(body []byte) error {
		if len(bytes.TrimSpace(body)) == 0 {
			return nil
		}
		return codec.Decode(body, &made)
	}
	if _, err := s.caller.Send(ctx, call, "", map[string]string{"webhook": webhook}); err != nil {
		return nil, err
	}
	if made.Ends.IsZero() {
		return s.Get(ctx, key, options...)
	}
	made.Key = key.whole()
	return &made, nil
}

// Get returns a subscription. One that is not there, or that died, is [api.ErrNotFound].
func (s *Service) Get(ctx context.Context, key Key, options ...api.CallOption) (*Subscription, error) {
	s = linkedinapi.Made(s)
	call, err := s.keyed(ctx, s.get, key, options)
	if err != nil {
		return nil, err
	}
	var found Subscription
	call.Into = &found
	if _, err := s.caller.Send(ctx, call, "", nil); err != nil {
		return nil, err
	}
	found.Key = key.whole()
	return &found, nil
}

// ListQuery says which of the member's subscriptions are listed.
type ListQuery struct {
	// Type is the type of the events; "" is [SocialActions].
	Type string
	// After is the Next of the page before; Start is not used then.
	After string
	// Start is the first subscription of the page, counted from 0.
	Start int
	// Count is how many subscriptions a page has at most, 100 unless set.
	Count int
}

// List returns one page of the subscriptions of the member whose token it is. Its Next is "" at the end.
//
// Source: the same page, finder subscriberAndEventType.
func (s *Service) List(ctx context.Context, q ListQuery, options ...api.CallOption) (*api.Page[Subscription], error) {
	s = linkedinapi.Made(s)
	query := restli.Record{{Name: "q", Value: "subscriberAndEventType"}, {Name: "eventType", Value: Key{Type: q.Type}.whole().Type}}
	return linkedinapi.ListAt[Subscription](ctx, s.caller, s.list, query, linkedinapi.At{After: q.After, Start: q.Start, Count: q.Count}, options)
}

// All walks the member's subscriptions. It is lazy, starts over with each loop, and ends after an error.
func (s *Service) All(ctx context.Context, q ListQuery, options ...api.CallOption) iter.Seq2[Subscription, error] {
	return linkedinapi.All(&opList, linkedinapi.At{After: q.After, Start: q.Start, Count: q.Count}, func(at linkedinapi.At) (*api.Page[Subscription], error) {
		q.After, q.Start, q.Count = at.After, at.Start, at.Count
		return s.List(ctx, q, options...)
	})
}

// Unsubscribe ends a subscription. One that is not there is [api.ErrNotFound], unless this very call was sent more than once: an
// earlier attempt whose response was lost may have ended it.
func (s *Service) Unsubscribe(ctx context.Context, key Key, options ...api.CallOption) error {
	s = linkedinapi.Made(s)
	call, err := s.keyed(ctx, s.unsubscribe, key, options)
	if err != nil {
		return err
	}
	_, err = s.caller.Send(ctx, call, "", nil)
	return linkedinapi.Deleted(err)
}

// Notification is one event about an organisation's posts, as a push has it.
type Notification struct {
	// ID is its id, by which one that came by push too is known.
	ID string
	// Organization is whose post it is about.
	Organization urn.URN
	// Action is what was done, such as COMMENT or LIKE.
	Action string
	// Post is the post, and Activity what was made, such as the comment. Each is zero when not stated.
	Post, Activity urn.URN
	// Subscriber is the member who has subscribed.
	Subscriber urn.URN
	// LastModified is when, in milliseconds and UTC; zero when not stated.
	LastModified time.Time
	// Raw is the response's JSON, with what has no field here.
	Raw json.RawMessage
}

// UnmarshalJSON decodes a notification and keeps its JSON.
func (n *Notification) UnmarshalJSON(data []byte) error {
	var read struct {
		ID           linkedinapi.Text  `json:"notificationId"`
		Organization linkedinapi.Text  `json:"organizationalEntity"`
		Action       linkedinapi.Text  `json:"action"`
		Post         linkedinapi.Text  `json:"sourcePost"`
		Activity     linkedinapi.Text  `json:"generatedActivity"`
		Subscriber   linkedinapi.Text  `json:"subscriber"`
		LastModified linkedinapi.Stamp `json:"lastModifiedAt"`
	}
	if err := codec.Decode(data, &read); err != nil {
		return err
	}
	*n = Notification{ID: string(read.ID), Action: string(read.Action), LastModified: read.LastModified.Time, Raw: bytes.Clone(data)}
	n.Organization, _ = urn.Parse(string(read.Organization))
	n.Post, _ = urn.Parse(string(read.Post))
	n.Activity, _ = urn.Parse(string(read.Activity))
	n.Subscriber, _ = urn.Parse(string(read.Subscriber))
	return nil
}

// MissedQuery says which events are read.
type MissedQuery struct {
	// Organization is whose events are read. It is required.
	Organization urn.URN
	// Actions are those to be read, such as COMMENT; all unless set.
	Actions []string
	// Post is the post that they are about; all unless set.
	Post urn.URN
	// From and To are their times, in milliseconds: no bound when zero. LinkedIn keeps 60 days. Whether each is inclusive no
	// page says: let the times overlap, and know what came twice by its ID.
	From, To time.Time
	// After is the Next of the page before; Start is not used then.
	After string
	// Start is the first event of the page, counted from 0.
	Start int
	// Count is how many events a page has at most, 100 unless set.
	Count int
}

func (q *MissedQuery) parameters() (restli.Record, error) {
	if q.Organization.IsZero() {
		return nil, errOrg
	}
	query := restli.Record{{Name: "q", Value: "criteria"}, {Name: "organizationalEntity", Value: q.Organization}}
	if len(q.Actions) > 0 {
		query = append(query, restli.Field{Name: "actions", Value: slices.Clone(q.Actions)})
	}
	if !q.Post.IsZero() {
		query = append(query, restli.Field{Name: "sourcePost", Value: q.Post})
	}
	var span restli.Record
	if !q.From.IsZero() && !q.To.IsZero() && q.To.Before(q.From) {
		return nil, errTimes
	}
	for _, bound := range []struct {
		name string
		at   time.Time
	}{{"start", q.From}, {"end", q.To}} {
		switch {
		case bound.at.IsZero():
		case bound.at.UnixMilli() < 0:
			return nil, errTimes
		default:
			span = append(span, restli.Field{Name: bound.name, Value: bound.at.UnixMilli()})
		}
	}
	if len(span) > 0 {
		query = append(query, restli.Field{Name: "timeRange", Value: span})
	}
	return query, nil
}

// Missed returns one page of the events of an organisation, of the last 60 days: those that were pushed too. Its Next is ""
// at the end.
//
// Source: the same page, finder criteria of organizationalEntityNotifications.
func (s *Service) Missed(ctx context.Context, q MissedQuery, options ...api.CallOption) (*api.Page[Notification], error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.missed); err != nil {
		return nil, err
	}
	query, err := q.parameters()
	if err != nil {
		return nil, wire.Refuse(s.missed.Op, err)
	}
	return linkedinapi.ListAt[Notification](ctx, s.caller, s.missed, query, linkedinapi.At{After: q.After, Start: q.Start, Count: q.Count}, options)
}

// AllMissed walks the events of an organisation. It is lazy, starts over with each loop, and ends after an error.
func (s *Service) AllMissed(ctx context.Context, q MissedQuery, options ...api.CallOption) iter.Seq2[Notification, error] {
	q.Actions = slices.Clone(q.Actions)
	return linkedinapi.All(&opMissed, linkedinapi.At{After: q.After, Start: q.Start, Count: q.Count}, func(at linkedinapi.At) (*api.Page[Notification], error) {
		q.After, q.Start, q.Count = at.After, at.Start, at.Count
		return s.Missed(ctx, q, options...)
	})
}
