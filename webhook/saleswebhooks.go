package webhook

import (
	"bytes"
	stdjson "encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// SourceSalesWebhooks is the [Sender.Source] of [SalesWebhooks].
const SourceSalesWebhooks = "saleswebhooks"

// SalesWebhooks returns the sender of Sales Webhooks' events. How the provider signs them is not documented, so there is no
// default: find it out, by a delivery of your own and [Diagnose], and give the scheme. [StandardWebhooks], [StripeStyle] and
// [GitHubStyle] are public conventions, and none of them is known to be the provider's. Give the secret of the webhook
// configuration and, after a rotation, the old one as well, until no delivery with it can be under way. Bodies are decoded
// by [DecodeSalesWebhooks], and deliveries remembered for [DefaultTTL]. The provider makes the secrets, so [ChosenSecret]
// is taken as [IssuedSecret]. The errors are those of [HMAC].
func SalesWebhooks(scheme HMACScheme, secrets ...string) (Sender, error) {
	scheme.SecretForm = scheme.SecretForm.issued()
	return HMAC(SourceSalesWebhooks, scheme, DecodeSalesWebhooks, secrets...)
}

// The types of events that Sales Webhooks documents. Others arrive as they were sent.
const (
	// ContactPositionChanged reports another job title.
	ContactPositionChanged = "contact.position_changed"
	// ContactCompanyChanged reports a move to another company.
	ContactCompanyChanged = "contact.company_changed"
	// ContactHeadlineChanged reports another headline.
	ContactHeadlineChanged = "contact.headline_changed"
	// ContactAboutChanged reports another About section.
	ContactAboutChanged = "contact.about_changed"
	// ContactPostCreated reports a post of the contact.
	ContactPostCreated = "contact.post_created"
	// ContactCommentCreated reports a comment of the contact on a post.
	ContactCommentCreated = "contact.comment_created"
	// ContactReactionAdded reports a reaction of the contact to a post.
	ContactReactionAdded = "contact.reaction_added"
	// CompanyPostCreated reports a post of the company.
	CompanyPostCreated = "company.post_created"
	// CompanyDescriptionChanged reports another description.
	CompanyDescriptionChanged = "company.description_changed"
	// CompanyEmployeeCountChanged reports a significant change of the number of employees. What is significant is not known.
	CompanyEmployeeCountChanged = "company.employee_count_changed"
)

var salesEventTypes = []string{
	ContactPositionChanged, ContactCompanyChanged, ContactHeadlineChanged, ContactAboutChanged, ContactPostCreated,
	ContactCommentCreated, ContactReactionAdded, CompanyPostCreated, CompanyDescriptionChanged, CompanyEmployeeCountChanged,
}

// SalesEvent is an event of Sales Webhooks. The provider shows no example of one, so there are fields for what must be in it
// and for nothing else.
type SalesEvent struct {
	// Type is what happened, such as [ContactPositionChanged]. One that is not documented arrives as it was sent.
	Type string
	// ID is the event's id, empty when none was found.
	ID string
	// CreatedAt is when it happened, zero when no time of a known form was found.
	CreatedAt time.Time
	// Label is the label of the delivery.
	Label string
	// Data is the JSON of what happened, nil when it was not found. Its form is not known.
	Data stdjson.RawMessage
	// Raw is the event as it was sent.
	Raw stdjson.RawMessage
}

// Kind returns the type if it is documented, and "sales_event" otherwise.
func (e SalesEvent) Kind() string {
	if slices.Contains(salesEventTypes, e.Type) {
		return e.Type
	}
	return "sales_event"
}

// Family returns "contact" or "company", and what stands before the dot of another type.
func (e SalesEvent) Family() string {
	family, _, _ := strings.Cut(e.Type, ".")
	return family
}

// DecodeSalesWebhooks is the [Decoder] of Sales Webhooks' events. The provider shows none, so it takes an object, or an array
// of objects, and looks for the usual names: the type under type, event_type, event or eventType, the id under id, event_id
// or eventId, the time under created_at, timestamp, occurred_at or created, and the rest under data or payload; also one
// level down, where event is an object. An object without a type becomes [Unknown].
//
// A time is one of RFC 3339, or a whole number of seconds or milliseconds since 1970.
//
// The key of a delivery of one event with an id is made of its id, type, time and data, or of its body where no time is
// understood or there is no data: so an id which turns out to be that of the contact or the subscription hides no event of
// another time, and of the same second none that says something else. Without an id the key is that of the body. Ids that
// begin as those of the provider's other things do (sub_, whc_, acc_, key_) are not taken for an event's.
func DecodeSalesWebhooks(d *Delivery) error {
	l := newEventList(d, 1)
	body := bytes.TrimSpace(d.Body)
	dec := jsontext.NewDecoder(bytes.NewBuffer(body), salesJSON)
	reader := salesReader{label: d.Label, dec: jsontext.NewDecoder(bytes.NewReader(nil))}
	single := dec.PeekKind() == '{'
	switch {
	case single:
	case dec.PeekKind() == '[':
		if _, err := dec.ReadToken(); err != nil {
			return malformed(err)
		}
	default:
		if err := checkJSON(dec); err != nil {
			return err
		}
		return ErrMalformed
	}
	var only SalesEvent
	for n := 0; single && n == 0 || !single && dec.PeekKind() != ']'; n++ {
		value, err := dec.ReadValue()
		if err != nil {
			return malformed(err)
		}
		end := dec.InputOffset()
		raw := body[end-int64(len(value)) : end : end]
		if l.isFull() { // and the whole body is one
			continue
		}
		event, ok := reader.event(raw)
		if !ok {
			l.addUnknown(raw)
		} else {
			l.add(event, salesEventSize+len(event.Type)+len(event.ID))
		}
		if only = event; n > 0 {
			only = SalesEvent{}
		}
	}
	if !single {
		if _, err := dec.ReadToken(); err != nil {
			return malformed(err)
		}
	}
	if rest := bytes.TrimSpace(body[dec.InputOffset():]); len(rest) > 0 {
		return ErrMalformed
	}
	d.Events = l.all()
	if only.ID != "" && len(d.Events) == 1 {
		d.Key = d.Label + ":" + only.ID + ":" + only.Type
		says := d.Body
		if !only.CreatedAt.IsZero() {
			d.Key += ":" + only.CreatedAt.UTC().Format(time.RFC3339Nano)
			if len(only.Data) > 0 && string(only.Data) != "null" { // which stays when the same event comes in another envelope
				says = only.Data
			}
		}
		d.Key += ":" + digest(says)
	}
	return nil
}

const (
	salesEventSize = 176 // A [SalesEvent] on the heap.
	maxSalesText   = 200
)

// checkJSON says of a body that is no object and no array whether it is JSON.
func checkJSON(dec *jsontext.Decoder) error {
	if _, err := dec.ReadValue(); err != nil {
		return malformed(err)
	}
	return nil
}

// The usual names, the likeliest first.
var (
	typeNames = []string{"type", "event_type", "event", "eventType"}
	idNames   = []string{"id", "event_id", "eventId"}
	timeNames = []string{"created_at", "timestamp", "occurred_at", "created"}
	dataNames = []string{"data", "payload"}
)

// salesJSON accepts what the decoders of this package accept.
var salesJSON = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

// salesReader reads the objects of one body.
type salesReader struct {
	label string
	dec   *jsontext.Decoder
	from  bytes.Buffer
}

// event reads an object, and the one under event if it has no type itself. It reports whether there is a type.
func (r *salesReader) event(raw []byte) (SalesEvent, bool) {
	event, inner := r.object(raw)
	if event.Type != "" || inner == nil {
		return event, event.Type != ""
	}
	below, _ := r.object(inner)
	if event.Type = below.Type; below.ID != "" {
		event.ID = below.ID
	}
	if !below.CreatedAt.IsZero() {
		event.CreatedAt = below.CreatedAt
	}
	if below.Data != nil {
		event.Data = below.Data
	}
	return event, event.Type != ""
}

// object reads the members of an object, and returns the object that is under event.
func (r *salesReader) object(raw []byte) (event SalesEvent, inner []byte) {
	event = SalesEvent{Label: r.label, Raw: raw}
	r.from = *bytes.NewBuffer(raw)
	dec := r.dec
	dec.Reset(&r.from, salesJSON)
	if dec.PeekKind() != '{' {
		return event, nil
	}
	if _, err := dec.ReadToken(); err != nil {
		return event, nil
	}
	ranks := [4]int{99, 99, 99, 99} // How likely the names are that were found so far.
	better := func(i int, names []string, name string) bool {
		rank := slices.Index(names, name)
		if rank < 0 || rank > ranks[i] {
			return false
		}
		ranks[i] = rank
		return true
	}
	for dec.PeekKind() == '"' {
		token, err := dec.ReadToken()
		if err != nil {
			return event, nil
		}
		name := token.String()
		value, err := dec.ReadValue()
		if err != nil {
			return event, nil
		}
		end := dec.InputOffset()
		value = raw[end-int64(len(value)) : end : end]
		text, isText := shortText(value)
		switch {
		case name == "event" && value.Kind() == '{':
			inner = value
		case isText && text != "" && slices.Contains(typeNames, name):
			if better(0, typeNames, name) {
				event.Type = text
			}
		case isText && slices.Contains(idNames, name):
			if isEventID(text) && better(1, idNames, name) {
				event.ID = text
			}
		case isText && slices.Contains(timeNames, name):
			if at, ok := salesTime(text); ok && better(2, timeNames, name) {
				event.CreatedAt = at
			}
		case slices.Contains(dataNames, name):
			if better(3, dataNames, name) {
				event.Data = stdjson.RawMessage(value)
			}
		}
	}
	return event, inner
}

// shortText reads a string, or a number as its digits, of at most 200 bytes.
func shortText(value jsontext.Value) (string, bool) {
	if len(value) > maxSalesText {
		return "", false
	}
	switch value.Kind() {
	case '"':
		text, _ := jsontext.AppendUnquote(nil, value) // Invalid UTF-8 is replaced.
		return string(text), true
	case '0':
		return string(value), true
	}
	return "", false
}

// salesTime reads a time of RFC 3339, or seconds or milliseconds since 1970: what is between 1973 and 5138 is one of the two.
func salesTime(text string) (time.Time, bool) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, true
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil || n < 1e8 || n >= 1e14:
		return time.Time{}, false
	case n < 1e11:
		return time.Unix(n, 0).UTC(), true
	}
	return time.UnixMilli(n).UTC(), true
}

// isEventID reports whether an id may be an event's: it is not empty, can stand in a key, and is not that of the provider's
// other things.
func isEventID(id string) bool {
	if id == "" || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return false
	}
	for _, prefix := range []string{"sub_", "whc_", "acc_", "key_"} {
		if strings.HasPrefix(id, prefix) {
			return false
		}
	}
	return true
}
