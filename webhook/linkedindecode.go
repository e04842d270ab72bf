package webhook

import (
	"bytes"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/pronet-go/pronet/linkedin/urn"
)

// linkedInBody has what any of LinkedIn's events may hold. Nothing is expected of the form of a value.
type linkedInBody struct {
	Type      jsontext.Value `json:"type"`
	EventType jsontext.Value `json:"eventType"`
	ID        jsontext.Value `json:"id"`
	RequestID jsontext.Value `json:"requestId"`
	ExpiresAt jsontext.Value `json:"expiresAt"`
	Context   jsontext.Value `json:"integrationContext"`

	NoteID jsontext.Value `json:"prospectNoteId"`

	Application jsontext.Value `json:"developerApplicationUrn"`
	ExternalID  jsontext.Value `json:"externalJobPostingId"`
	ExternalIDs jsontext.Value `json:"externalJobPostingIds"`
	AllOpen     jsontext.Value `json:"syncAllOpenJobs"`
	Info        jsontext.Value `json:"jobPostingInfo"`

	Response   jsontext.Value `json:"leadGenFormResponse"`
	Form       jsontext.Value `json:"leadGenForm"`
	Owner      jsontext.Value `json:"owner"`
	Entity     jsontext.Value `json:"associatedEntity"`
	LeadType   jsontext.Value `json:"leadType"`
	LeadAction jsontext.Value `json:"leadAction"`
	OccurredAt jsontext.Value `json:"occurredAt"`

	Notifications jsontext.Value `json:"notifications"`
}

// notification is one of a [TypeSocialActions].
type notification struct {
	ID           jsontext.Value `json:"notificationId"`
	Organization jsontext.Value `json:"organizationalEntity"`
	Action       jsontext.Value `json:"action"`
	Post         jsontext.Value `json:"sourcePost"`
	Activity     jsontext.Value `json:"generatedActivity"`
	Subscriber   jsontext.Value `json:"subscriber"`
	LastModified jsontext.Value `json:"lastModifiedAt"`
}

const linkedInEventSize = 288 // The largest of the events on the heap.

// DecodeLinkedIn is the [Decoder] of LinkedIn's events: [ProspectNoteDeleted], [CandidateExported],
// [IntegrationStatusChanged], [JobsResyncAsked], [JobPostingStatusChanged], [LeadAction] and [SocialAction], which are
// told apart by their type, or eventType. An event of a type that is not known, or that lacks what it is about, becomes
// [Unknown], and so does a body that is JSON but no object. Ids may be numbers or strings; id and requestId mean the
// same.
//
// The key is made of the label, the type and: contract and note ([ProspectNoteDeleted]), request ([CandidateExported],
// [IntegrationStatusChanged]), response, action and time ([LeadAction]), or the notification ([SocialAction], each of a
// body for itself, up to 100; of more, which LinkedIn does not send, the body is the key). All others have no id, and
// the body as their key.
func DecodeLinkedIn(d *Delivery) error {
	var b linkedInBody
	dec := jsontext.NewDecoder(bytes.NewBuffer(d.Body), salesJSON)
	isObject := dec.PeekKind() == '{'
	if !isObject {
		if err := checkJSON(dec); err != nil {
			return err
		}
	} else if err := json.UnmarshalDecode(dec, &b, salesJSON); err != nil {
		return malformed(err)
	}
	if rest := bytes.TrimSpace(d.Body[dec.InputOffset():]); len(rest) > 0 {
		return ErrMalformed
	}
	l := newEventList(d, 1)
	kind := textOf(b.Type)
	if kind == "" {
		kind = textOf(b.EventType)
	}
	switch {
	case kind == TypeSocialActions && b.Notifications.Kind() == '[':
		d.Keys = b.socialActions(&l)
	default:
		event, key := b.event(d, kind)
		if event == nil {
			event = Unknown{Label: d.Label, Raw: d.Body}
		} else if key.ID != "" {
			d.Keys = []Key{key}
		}
		l.takes(len(d.Body)) // What the event has of the body.
		l.add(event, linkedInEventSize)
	}
	d.Events = l.all()
	return nil
}

// event returns the event of a type that reports one thing, or nil.
func (b *linkedInBody) event(d *Delivery, kind string) (Event, Key) {
	raw := d.Body
	request := textOf(b.ID)
	if request == "" {
		request = textOf(b.RequestID)
	}
	switch kind {
	case TypeDeleteProspectNote:
		e := ProspectNoteDeleted{NoteID: numberOf(b.NoteID), Contract: urnOf(b.Context), Label: d.Label, Raw: raw}
		if key, ok := keyOf(d.Label, kind, e.Contract.String(), e.NoteID); ok {
			return e, key
		}
	case TypeExportCandidateProfile:
		if key, ok := keyOf(d.Label, kind, request); ok {
			return CandidateExported{RequestID: request, Context: urnOf(b.Context), ExpiresAt: timeOf(b.ExpiresAt), Label: d.Label, Raw: raw}, key
		}
	case TypeIntegrationStatusChange:
		if key, ok := keyOf(d.Label, kind, request); ok {
			return IntegrationStatusChanged{RequestID: request, Context: urnOf(b.Context), ExpiresAt: timeOf(b.ExpiresAt), Label: d.Label, Raw: raw}, key
		}
	case TypeResyncJobs:
		e := JobsResyncAsked{Application: urnOf(b.Application), AllOpen: b.AllOpen.Kind() == 't', Label: d.Label, Raw: raw}
		var ok bool
		if e.ExternalIDs, ok = textsOf(b.ExternalIDs); ok {
			return e, Key{}
		}
	case TypeJobPostingStatus:
		if id := textOf(b.ExternalID); id != "" {
			return JobPostingStatusChanged{ExternalID: id, Application: urnOf(b.Application), Info: stdRaw(b.Info), Label: d.Label, Raw: raw}, Key{}
		}
	case TypeLeadAction:
		e := LeadAction{
			Response: urnOf(b.Response), Form: urnOf(b.Form), Owner: urnIn(b.Owner), Entity: urnIn(b.Entity),
			LeadType: textOf(b.LeadType), Action: textOf(b.LeadAction), OccurredAt: timeOf(b.OccurredAt), Label: d.Label, Raw: raw,
		}
		if !e.Response.IsZero() {
			key, _ := keyOf(d.Label, kind, e.Response.String(), e.Action, numberOf(b.OccurredAt))
			return e, key
		}
	}
	return nil, Key{}
}

// socialActions adds the notifications, and returns their keys. One without an id is known by what it says.
func (b *linkedInBody) socialActions(l *eventList) (keys []Key) {
	dec := jsontext.NewDecoder(bytes.NewBuffer(b.Notifications), salesJSON)
	if _, err := dec.ReadToken(); err != nil {
		return nil
	}
	l.takes(len(b.Notifications)) // Which is a copy, and what the events have of it.
	for dec.PeekKind() != ']' {
		value, err := dec.ReadValue()
		if err != nil {
			return nil // It was read before.
		}
		end := int(dec.InputOffset())
		raw := b.Notifications[end-len(value) : end : end]
		var n notification
		if raw.Kind() == '{' {
			_ = json.Unmarshal(raw, &n, salesJSON) // Its values have any form.
		}
		id := textOf(n.ID)
		key, ok := keyOf(l.label, TypeSocialActions, id)
		if ok {
			l.add(SocialAction{
				NotificationID: id, Organization: urnOf(n.Organization), Action: textOf(n.Action), Post: urnOf(n.Post), Activity: urnOf(n.Activity),
				Subscriber: urnOf(n.Subscriber), LastModified: timeOf(n.LastModified), Label: l.label, Raw: stdRaw(raw),
			}, linkedInEventSize)
		} else {
			l.addUnknown(raw)
			key = Key{ID: l.label + ":" + linkedInDigest(raw), TTL: LinkedInBodyTTL}
		}
		if len(keys) <= maxKeys {
			keys = append(keys, key)
		}
		if l.isFull() {
			return nil
		}
	}
	return keys
}

func stdRaw(v jsontext.Value) []byte {
	if len(v) == 0 {
		return nil
	}
	return v
}

// textOf returns a string, or a number's digits, of at most 200 bytes, and "" for everything else.
func textOf(v jsontext.Value) string {
	text, _ := shortText(v)
	return text
}

// numberOf returns the digits of a positive whole number that is written as one or as a string.
func numberOf(v jsontext.Value) string {
	if n := parseID([]byte(textOf(v))); n > 0 {
		return strconv.FormatInt(n, 10)
	}
	return ""
}

// timeOf reads milliseconds since 1970.
func timeOf(v jsontext.Value) time.Time {
	n := parseID([]byte(textOf(v)))
	if n <= 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

// urnOf reads a URN, which is zero if there is none.
func urnOf(v jsontext.Value) (u urn.URN) {
	if v.Kind() != '"' || len(v) > 6*urn.MaxLength {
		return u
	}
	u, _ = urn.Parse(string(unquoted(v)))
	return u
}

// urnIn reads a URN, or the first one that is a value of an object, as Rest.li writes a union.
func urnIn(v jsontext.Value) urn.URN {
	if v.Kind() != '{' {
		return urnOf(v)
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(v), salesJSON)
	if _, err := dec.ReadToken(); err != nil {
		return urn.URN{}
	}
	for dec.PeekKind() == '"' {
		if _, err := dec.ReadToken(); err != nil {
			break
		}
		value, err := dec.ReadValue()
		if err != nil {
			break
		}
		if u := urnOf(value); !u.IsZero() {
			return u
		}
	}
	return urn.URN{}
}

// textsOf reads an array of strings and numbers. One that would take more than six times its own memory is not read.
func textsOf(v jsontext.Value) (texts []string, ok bool) {
	if len(v) == 0 || v.Kind() == 'n' {
		return nil, true
	}
	commas := bytes.Count(v, []byte{','})
	if v.Kind() != '[' || commas > len(v)/3+64 {
		return nil, false
	}
	dec := jsontext.NewDecoder(bytes.NewBuffer(v), salesJSON)
	if _, err := dec.ReadToken(); err != nil {
		return nil, false
	}
	shared := string(v) // Most texts are parts of it.
	texts = make([]string, 0, commas+1)
	for dec.PeekKind() != ']' {
		value, err := dec.ReadValue()
		if err != nil || value.Kind() != '"' && value.Kind() != '0' || len(value) > maxSalesText {
			return nil, false
		}
		end := int(dec.InputOffset())
		text := shared[end-len(value) : end]
		switch {
		case value.Kind() == '0':
		case strings.Contains(text, `\`):
			text = string(unquoted(value))
		default:
			text = text[1 : len(text)-1]
		}
		texts = append(texts, text)
	}
	return texts, true
}
