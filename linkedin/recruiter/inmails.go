package recruiter

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// InMail is one event of a conversation between a recruiter and a person. That it has an author, a time and a content
// LinkedIn's page says; the names of the fields are assumed.
type InMail struct {
	// ID is its id, or its URN.
	ID string
	// Author is who wrote it.
	Author urn.URN
	// Thread is the conversation.
	Thread urn.URN
	// Created is when it was written, in milliseconds and UTC; zero when not stated.
	Created time.Time
	// Subject and Text are the content, as plain text.
	Subject, Text string
	// Raw is the response's JSON, with what has no field here.
	Raw json.RawMessage
}

// UnmarshalJSON decodes an InMail and keeps its JSON. What is in another form than is assumed is left zero.
func (m *InMail) UnmarshalJSON(data []byte) error {
	type content struct {
		Subject linkedinapi.Text `json:"subject"`
		Body    linkedinapi.Text `json:"body"`
		Text    linkedinapi.Text `json:"text"`
	}
	var read struct {
		ID        linkedinapi.Text  `json:"id"`
		Entity    linkedinapi.Text  `json:"entityUrn"`
		Author    linkedinapi.Text  `json:"author"`
		Actor     linkedinapi.Text  `json:"actor"`
		Thread    linkedinapi.Text  `json:"thread"`
		ThreadURN linkedinapi.Text  `json:"threadUrn"`
		Created   linkedinapi.Stamp `json:"created"`
		CreatedAt linkedinapi.Stamp `json:"createdAt"`
		Mail      json.RawMessage   `json:"mailContent"`
		Content   json.RawMessage   `json:"content"`
		content
	}
	if err := codec.Decode(data, &read); err != nil {
		return err
	}
	for _, inner := range []json.RawMessage{read.Mail, read.Content} {
		if len(inner) > 0 {
			_ = codec.Decode(inner, &read.content) // it may be of another form
		}
	}
	*m = InMail{
		ID: first(read.ID, read.Entity), Created: read.Created.Time, Subject: string(read.Subject), Text: first(read.Body, read.Text), Raw: bytes.Clone(data),
	}
	if m.Created.IsZero() {
		m.Created = read.CreatedAt.Time
	}
	m.Author, _ = urn.Parse(first(read.Author, read.Actor))
	m.Thread, _ = urn.Parse(first(read.Thread, read.ThreadURN))
	return nil
}

// first is the first of the texts that is not empty.
func first(texts ...linkedinapi.Text) string {
	for _, text := range texts {
		if text != "" {
			return string(text)
		}
	}
	return ""
}

// InMailQuery says which InMail is listed.
type InMailQuery struct {
	// Viewer is the seat that has sent or received it, such as urn:li:seat:123. It is required.
	Viewer urn.URN
	// From is the earliest time, inclusive, in milliseconds; no bound when zero.
	From time.Time
	// To is the time before which it was written, exclusive, unlike that of a prospect note; no bound when zero. That a
	// time is required a third party says, and LinkedIn's page that it is not.
	To time.Time
	// Thread is one conversation; all unless set.
	Thread urn.URN
	// After is the Next of the page before; Start is not used then.
	After string
	// Start is the first event of the page, counted from 0.
	Start int
	// Count is how many events a page has at most, 50 unless set: with more, the wait for the next page is longer than a call
	// accepts unless pronet.WithMaxWait allows it.
	Count int
}

const inMailCount = 50

// aMinuteOfInMail is how many records about a member LinkedIn returns a minute.
const aMinuteOfInMail = 12

// InMailService is client.LinkedIn.Recruiter.InMails. Its calls need the token of the customer's app, and count against
// linkedin.ClassProspects.
//
// LinkedIn returns 12 records a minute about a member. How many a page has is known once it is there: then the calls about
// that seat are held back for five seconds a record, in this client and its clones. A call that would wait for longer than
// the context has or pronet.WithMaxWait allows ends at once with an [*api.RateLimitError]. Other programs that read the
// same seat are not known here. That the member is the one of the seat, and that a page larger than a minute's share is
// served at all, is assumed.
type InMailService struct {
	caller  *linkedinapi.Caller
	list    *linkedinapi.Endpoint
	members *linkedinapi.Members
}

// List returns one page of the InMail that a seat has sent and received. Its Next is "" at the end.
//
// More than [MaxSpan] between From and To is sent as it is: LinkedIn asks for less, and what it does with more no page
// says. All refuses it. Windows of which each has the To of the last one as its From tile exactly.
//
// Source: LinkedIn's page "Retrieve InMail History", finder criteria.
func (s *InMailService) List(ctx context.Context, q InMailQuery, options ...api.CallOption) (*api.Page[InMail], error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.list); err != nil {
		return nil, err
	}
	if !isA(q.Viewer, "seat") {
		return nil, wire.Refuse(s.list.Op, errSeat)
	}
	query := restli.Record{{Name: "q", Value: "criteria"}, {Name: "viewer", Value: q.Viewer}}
	span, err := bounds("start", q.From, "end", q.To)
	if err != nil {
		return nil, wire.Refuse(s.list.Op, err)
	}
	if len(span) > 0 {
		query = append(query, restli.Field{Name: "timeRange", Value: span})
	}
	if !q.Thread.IsZero() {
		query = append(query, restli.Field{Name: "threadUrn", Value: q.Thread})
	}
	if q.Count == 0 {
		q.Count = inMailCount
	}
	seat := q.Viewer.String()
	if err := s.members.Wait(ctx, seat, s.caller.Pipeline.MaxWait()); err != nil {
		return nil, wire.NewError(s.list.Op, nil, err)
	}
	page, err := linkedinapi.ListAt[InMail](ctx, s.caller, s.list, query, linkedinapi.At{After: q.After, Start: q.Start, Count: q.Count}, options)
	if err != nil {
		return nil, err
	}
	s.members.Charge(seat, time.Duration(len(page.Items))*time.Minute/aMinuteOfInMail)
	return page, nil
}

// All walks the InMail of a seat page by page, from After or Start on, and waits between pages as the service's limit
// demands. It is lazy, starts over with each loop, and ends after an error. From and To, if both are set, may not be more
// than [MaxSpan] apart.
func (s *InMailService) All(ctx context.Context, q InMailQuery, options ...api.CallOption) iter.Seq2[InMail, error] {
	return linkedinapi.All(&opInMails, linkedinapi.At{After: q.After, Start: q.Start, Count: q.Count}, func(at linkedinapi.At) (*api.Page[InMail], error) {
		if !q.From.IsZero() && !q.To.IsZero() && q.To.Sub(q.From) > MaxSpan {
			return nil, wire.Refuse(&opInMails, errSpan)
		}
		q.After, q.Start, q.Count = at.After, at.Start, at.Count
		return s.List(ctx, q, options...)
	})
}
