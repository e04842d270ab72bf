package linkedin

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pronet-go/pronet/sandbox/internal/restli"
)

var eventEndpoints = []endpoint{
	{"GET", "/rest/eventSubscriptions", false, (*state).listSubscriptions},
	{"GET", "/rest/eventSubscriptions/{subscription}", false, (*state).getSubscription},
	{"PUT", "/rest/eventSubscriptions/{subscription}", false, (*state).putSubscription},
	{"DELETE", "/rest/eventSubscriptions/{subscription}", false, (*state).deleteSubscription},
	{"GET", "/rest/organizationalEntityNotifications", false, (*state).listSocialActions},
}

// socialActionsKept is how long LinkedIn keeps events.
const socialActionsKept = 60 * 24 * time.Hour

type eventState struct {
	subscriptions map[subscriptionKey]*EventSubscription
	refused       map[string]int // the status by member, or by member and organisation
	actions       []SocialAction
}

func newEventState() eventState {
	return eventState{subscriptions: map[subscriptionKey]*EventSubscription{}, refused: map[string]int{}}
}

type subscriptionKey struct{ app, member, organization, kind string }

// EventSubscription is a subscription to the events of an organisation.
type EventSubscription struct {
	// App, Member and Organization are the URNs that name it, and Type is the type of its events.
	App, Member, Organization, Type string
	// Webhook is where they are sent.
	Webhook string
	// Ends is when it ends, by the server's clock.
	Ends time.Time
}

// EventSubscriptions are those that live, in no particular order.
func (sb *Sandbox) EventSubscriptions() []EventSubscription {
	st := sb.state
	st.mu.Lock()
	defer st.mu.Unlock()
	var all []EventSubscription
	for key := range st.recruiter.events.subscriptions {
		if s := st.living(key); s != nil {
			all = append(all, *s)
		}
	}
	return all
}

// SubscribeToEvents makes a subscription as a call would. It lives as long as one that a call makes unless Ends is set.
func (sb *Sandbox) SubscribeToEvents(s EventSubscription) {
	st := sb.state
	st.mu.Lock()
	defer st.mu.Unlock()
	if s.Ends.IsZero() {
		s.Ends = st.now().Add(st.settings.recruiter.subscriptions)
	}
	s.Ends = s.Ends.Truncate(time.Millisecond)
	st.recruiter.events.subscriptions[subscriptionKey{s.App, s.Member, s.Organization, s.Type}] = &s
}

// WithdrawGrant takes a member's grant back. The subscriptions of the member die without a word, and calls about them are
// refused with 401 until [Sandbox.Restore].
func (sb *Sandbox) WithdrawGrant(member string) { sb.refuse(member, "", http.StatusUnauthorized) }

// RemoveAdministrator takes from a member the role of an administrator. The member's subscriptions of the organisation die
// without a word, and calls about them are refused with 403 until [Sandbox.Restore].
func (sb *Sandbox) RemoveAdministrator(member, organization string) {
	sb.refuse(member, organization, http.StatusForbidden)
}

// Restore gives a member grant and roles back. What died stays dead.
func (sb *Sandbox) Restore(member string) {
	st := sb.state
	st.mu.Lock()
	defer st.mu.Unlock()
	for who := range st.recruiter.events.refused {
		if who == member || strings.HasPrefix(who, member+" ") {
			delete(st.recruiter.events.refused, who)
		}
	}
}

func (sb *Sandbox) refuse(member, organization string, status int) {
	st := sb.state
	st.mu.Lock()
	defer st.mu.Unlock()
	e := &st.recruiter.events
	e.refused[strings.TrimSpace(member+" "+organization)] = status
	for key := range e.subscriptions {
		if key.member == member && (organization == "" || key.organization == organization) {
			delete(e.subscriptions, key)
		}
	}
}

// SocialAction is what somebody did with an organisation's post.
type SocialAction struct {
	// ID is its number; AddSocialAction chooses one.
	ID int64
	// Organization is the URN of the organisation; the first app's unless set.
	Organization string
	// Action is what was done, such as COMMENT; LIKE unless set.
	Action string
	// Post and Activity are URNs.
	Post, Activity string
	// At is by the server's clock, in milliseconds; the present when zero.
	At time.Time
}

// AddSocialAction does something with a post, and returns its ID. It can be read for 60 days.
func (sb *Sandbox) AddSocialAction(a SocialAction) int64 {
	st := sb.state
	st.mu.Lock()
	defer st.mu.Unlock()
	if a.Organization == "" {
		a.Organization = st.apps[0].organization()
	}
	if a.Action == "" {
		a.Action = "LIKE"
	}
	if a.At.IsZero() {
		a.At = st.now()
	}
	a.At = a.At.Truncate(time.Millisecond)
	a.ID = 123_456 + int64(len(st.recruiter.events.actions))
	if a.Post == "" {
		a.Post = "urn:li:share:" + strconv.FormatInt(a.ID, 10)
	}
	st.recruiter.events.actions = append(st.recruiter.events.actions, a)
	return a.ID
}

// OrganizationOf is the URN of the organisation of an app's customer, "" if there is no such app.
func (sb *Sandbox) OrganizationOf(clientID string) string {
	st := sb.state
	st.mu.Lock()
	defer st.mu.Unlock()
	if a := st.app(clientID); a != nil {
		return a.organization()
	}
	return ""
}

// living is a subscription that has not ended.
func (st *state) living(key subscriptionKey) *EventSubscription {
	s := st.recruiter.events.subscriptions[key]
	if s == nil || !st.now().Before(s.Ends) {
		return nil
	}
	return s
}

var (
	noSubscription = problem{Status: 404, Code: "NOT_FOUND", Message: "There is no such subscription"}
	needsProtocol2 = problem{Status: 400, Message: "The resource needs protocol 2.0.0"}
)

// subscription reads the key that the path names, and refuses a member whose grant or role is gone.
func (st *state) subscription(r *request) (subscriptionKey, *problem) {
	if r.protocol != "2.0.0" {
		return subscriptionKey{}, &needsProtocol2
	}
	value, err := restli.Value(r.keys["subscription"])
	fields, _ := value.(map[string]any)
	text := func(name string) string {
		s, _ := fields[name].(string)
		return s
	}
	key := subscriptionKey{text("developerApplication"), text("user"), text("entity"), text("eventType")}
	if err != nil || len(fields) != 4 || key.app == "" || key.member == "" || key.organization == "" || key.kind == "" {
		return key, &badPath
	}
	for _, who := range []string{key.member, key.member + " " + key.organization} {
		switch st.recruiter.events.refused[who] {
		case http.StatusUnauthorized:
			return key, &revokedToken
		case http.StatusForbidden:
			return key, &noRight
		}
	}
	return key, nil
}

func (s *EventSubscription) wire() map[string]any {
	return map[string]any{
		"developerApplication": s.App, "user": s.Member, "entity": s.Organization, "eventType": s.Type, "webhook": s.Webhook, "expiresAt": s.Ends.UnixMilli(),
	}
}

func (st *state) getSubscription(r *request) (any, *problem) {
	key, p := st.subscription(r)
	if p != nil {
		return nil, p
	}
	s := st.living(key)
	if s == nil {
		return nil, &noSubscription
	}
	return s.wire(), nil
}

func (st *state) putSubscription(r *request) (any, *problem) {
	key, p := st.subscription(r)
	if p != nil {
		return nil, p
	}
	var body struct {
		Webhook string `json:"webhook"`
	}
	if json.Unmarshal(r.body, &body) != nil || !strings.HasPrefix(body.Webhook, "https://") {
		return nil, &badBody
	}
	st.recruiter.events.subscriptions[key] = &EventSubscription{
		App: key.app, Member: key.member, Organization: key.organization, Type: key.kind, Webhook: body.Webhook,
		Ends: st.now().Add(st.settings.recruiter.subscriptions).Truncate(time.Millisecond),
	}
	return &reply{status: http.StatusNoContent}, nil
}

func (st *state) deleteSubscription(r *request) (any, *problem) {
	key, p := st.subscription(r)
	if p != nil {
		return nil, p
	}
	if st.living(key) == nil {
		return nil, &noSubscription
	}
	delete(st.recruiter.events.subscriptions, key)
	return &reply{status: http.StatusNoContent}, nil
}

// listSubscriptions serves the finder subscriberAndEventType. The subscriptions of all members are listed, since the
// sandbox's tokens are those of apps.
func (st *state) listSubscriptions(r *request) (any, *problem) {
	switch {
	case r.protocol != "2.0.0":
		return nil, &needsProtocol2
	case r.query.Text("q") != "subscriberAndEventType":
		return nil, &noFinder
	case !r.query.Has("eventType"):
		return nil, badRequest("Parameter 'eventType' is required")
	}
	var found []*EventSubscription
	for key := range st.recruiter.events.subscriptions {
		if s := st.living(key); s != nil && s.Type == r.query.Text("eventType") {
			found = append(found, s)
		}
	}
	slices.SortFunc(found, func(a, b *EventSubscription) int {
		return compareTexts(a.App, b.App, a.Member, b.Member, a.Organization, b.Organization)
	})
	list := make([]any, len(found))
	for i, s := range found {
		list[i] = s.wire()
	}
	return st.paged(r, list, 0)
}

// listSocialActions serves the finder criteria. Both ends of the time are inclusive (assumed).
func (st *state) listSocialActions(r *request) (any, *problem) {
	if r.protocol != "2.0.0" {
		return nil, &needsProtocol2
	}
	if r.query.Text("q") != "criteria" {
		return nil, &noFinder
	}
	organization := r.query.Text("organizationalEntity")
	if organization != r.app.organization() {
		return nil, &noRight
	}
	span, _ := r.query["timeRange"].(map[string]any)
	fromText, _ := span["start"].(string)
	toText, _ := span["end"].(string)
	from, ok1 := millis(fromText)
	to, ok2 := millis(toText)
	if !ok1 || !ok2 {
		return nil, badRequest("Parameter 'timeRange' is invalid")
	}
	wanted := r.query.Texts("actions")
	var list []any
	for _, a := range st.recruiter.events.actions {
		at := a.At.UnixMilli()
		if a.Organization != organization || st.now().Sub(a.At) >= socialActionsKept || at < from || to >= 0 && at > to ||
			len(wanted) > 0 && !slices.Contains(wanted, a.Action) || r.query.Has("sourcePost") && r.query.Text("sourcePost") != a.Post {
			continue
		}
		list = append(list, map[string]any{
			"notificationId": st.number(a.ID), "organizationalEntity": a.Organization, "action": a.Action, "sourcePost": a.Post, "generatedActivity": a.Activity,
			"lastModifiedAt": at,
		})
	}
	return st.paged(r, list, 0)
}
