package recruiter

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// Profile is the short profile of a person that an export or a stub has. Source: LinkedIn's page "StubProfile"; phone
// numbers are reported.
type Profile struct {
	// Member is the person.
	Member urn.URN
	// FirstName and LastName are the person's.
	FirstName, LastName string
	// Headline and Location are as the person wrote them.
	Headline, Location string
	// ProfileURL is the page of the public profile.
	ProfileURL string
	// EmailAddresses and PhoneNumbers are how to reach the person.
	EmailAddresses, PhoneNumbers []string
	// CurrentEmployers are the names of the current employers.
	CurrentEmployers []string
	// Skills are three at most.
	Skills []string
	// YearsOfExperience is what LinkedIn computes, as text.
	YearsOfExperience string
	// Raw is the profile's JSON, with positions and educations.
	Raw json.RawMessage
}

// UnmarshalJSON decodes a profile and keeps its JSON: a location that is a text or a record, one address or a list.
func (p *Profile) UnmarshalJSON(data []byte) error {
	var read struct {
		Member     linkedinapi.Text  `json:"member"`
		FirstName  linkedinapi.Text  `json:"firstName"`
		LastName   linkedinapi.Text  `json:"lastName"`
		Headline   linkedinapi.Text  `json:"headline"`
		Location   json.RawMessage   `json:"location"`
		ProfileURL linkedinapi.Text  `json:"profileUrl"`
		PublicURL  linkedinapi.Text  `json:"publicProfileUrl"`
		Emails     linkedinapi.Texts `json:"emailAddresses"`
		Email      linkedinapi.Texts `json:"emailAddress"`
		Phones     linkedinapi.Texts `json:"phoneNumbers"`
		Phone      linkedinapi.Texts `json:"phoneNumber"`
		Employers  linkedinapi.Texts `json:"currentEmployerNames"`
		Skills     linkedinapi.Texts `json:"skills"`
		Years      linkedinapi.Text  `json:"yearsOfExperience"`
	}
	if err := codec.Decode(data, &read); err != nil {
		return err
	}
	*p = Profile{
		FirstName: string(read.FirstName), LastName: string(read.LastName), Headline: string(read.Headline), Location: locationIn(read.Location),
		ProfileURL: first(read.ProfileURL, read.PublicURL), EmailAddresses: together(read.Emails, read.Email), PhoneNumbers: together(read.Phones, read.Phone),
		CurrentEmployers: read.Employers, Skills: read.Skills, YearsOfExperience: string(read.Years), Raw: bytes.Clone(data),
	}
	p.Member, _ = urn.Parse(string(read.Member))
	return nil
}

func locationIn(raw json.RawMessage) string {
	var text linkedinapi.Text
	if len(raw) == 0 || raw[0] != '{' {
		_ = text.UnmarshalJSON(raw) // it has no error
		return string(text)
	}
	var record struct {
		LocationName linkedinapi.Text `json:"locationName"`
		Name         linkedinapi.Text `json:"name"`
	}
	_ = codec.Decode(raw, &record) // it may be of another form
	return first(record.LocationName, record.Name)
}

func together(lists ...linkedinapi.Texts) []string {
	var all []string
	for _, list := range lists {
		for _, text := range list {
			if !slices.Contains(all, text) {
				all = append(all, text)
			}
		}
	}
	return all
}

// Stub is what a person let a recruiter know in reply to an InMail.
type Stub struct {
	Profile

	// ID is its id, "" when not stated.
	ID string
	// Contract is the contract, and Owner the seat that the person replied to. Each is zero when not stated.
	Contract, Owner urn.URN
	// Created is when it was made, in milliseconds and UTC; zero when not stated.
	Created time.Time
}

// UnmarshalJSON decodes a stub and keeps its JSON.
func (s *Stub) UnmarshalJSON(data []byte) error {
	var read struct {
		ID        linkedinapi.Text  `json:"id"`
		Contract  linkedinapi.Text  `json:"contract"`
		Owner     linkedinapi.Text  `json:"owner"`
		Created   linkedinapi.Stamp `json:"created"`
		CreatedAt linkedinapi.Stamp `json:"createdAt"`
	}
	if err := codec.Decode(data, &read); err != nil {
		return err
	}
	*s = Stub{ID: string(read.ID), Created: read.Created.Time}
	if s.Created.IsZero() {
		s.Created = read.CreatedAt.Time
	}
	s.Contract, _ = urn.Parse(string(read.Contract))
	s.Owner, _ = urn.Parse(string(read.Owner))
	return s.Profile.UnmarshalJSON(data)
}

// End is how LinkedIn takes createdDateEnd, of which its page says "non-inclusive" and then "before or on".
type End int

const (
	// EndExclusive leaves out what was made at the end itself.
	EndExclusive End = iota
	// EndInclusive has it.
	EndInclusive
)

// StubQuery says which stubs are listed.
type StubQuery struct {
	// Contract is the contract, such as urn:li:contract:123. It is required.
	Contract urn.URN
	// Owners are the seats whose stubs are listed. LinkedIn's page asks for them, although they are not required.
	Owners []urn.URN
	// From is the earliest time, inclusive, in milliseconds; no bound when zero.
	From time.Time
	// To is the time before which a stub was made; no bound when zero. It is exclusive whatever End says, so that windows
	// of which each has the To of the last one as its From tile exactly.
	To time.Time
	// End is how LinkedIn takes the bound that is sent: with EndInclusive it is a millisecond before To.
	End End
	// After is the Next of the page before; Start is not used then.
	After string
	// Start is the first stub of the page, counted from 0.
	Start int
	// Count is how many stubs a page has at most, 50 unless set.
	Count int
}

// StubService is client.LinkedIn.Recruiter.Stubs. Its calls need the token of the customer's app, and count against
// linkedin.ClassProspects.
type StubService struct {
	caller *linkedinapi.Caller
	list   *linkedinapi.Endpoint
}

// List returns one page of a contract's stubs. LinkedIn lists 20,000 at most: a page beyond is [api.ErrPageLimit]; ask for
// fewer owners or a shorter time.
//
// Source: LinkedIn's page "Retrieve InMail Stub Profiles", finder contract.
func (s *StubService) List(ctx context.Context, q StubQuery, options ...api.CallOption) (*api.Page[Stub], error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.list); err != nil {
		return nil, err
	}
	query, err := q.parameters()
	if err != nil {
		return nil, wire.Refuse(s.list.Op, err)
	}
	if q.Count == 0 {
		q.Count = inMailCount
	}
	return linkedinapi.ListAt[Stub](ctx, s.caller, s.list, query, linkedinapi.At{After: q.After, Start: q.Start, Count: q.Count}, options)
}

func (q *StubQuery) parameters() (restli.Record, error) {
	if !isA(q.Contract, "contract") {
		return nil, errContract
	}
	query := restli.Record{{Name: "q", Value: "contract"}, {Name: "contract", Value: q.Contract}}
	if len(q.Owners) > 0 {
		owners := make(restli.List, len(q.Owners))
		for i, owner := range q.Owners {
			if !isA(owner, "seat") || slices.Contains(q.Owners[:i], owner) {
				return nil, errOwners
			}
			owners[i] = owner
		}
		query = append(query, restli.Field{Name: "owners", Value: owners})
	}
	to := q.To
	if q.End == EndInclusive && !to.IsZero() {
		if to = to.Add(-time.Millisecond); !q.From.IsZero() && to.Before(q.From) {
			return nil, errBounds
		}
	}
	span, err := bounds("createdDateStart", q.From, "createdDateEnd", to)
	return append(query, span...), err
}

// All walks a contract's stubs page by page, from After or Start on. It is lazy, starts over with each loop, and ends after
// an error.
func (s *StubService) All(ctx context.Context, q StubQuery, options ...api.CallOption) iter.Seq2[Stub, error] {
	q.Owners = slices.Clone(q.Owners)
	return linkedinapi.All(&opStubs, linkedinapi.At{After: q.After, Start: q.Start, Count: q.Count}, func(at linkedinapi.At) (*api.Page[Stub], error) {
		q.After, q.Start, q.Count = at.After, at.Start, at.Count
		return s.List(ctx, q, options...)
	})
}

// Export is a candidate whom a recruiter has exported.
type Export struct {
	// Candidate is the person.
	Candidate Profile
	// Context is the organisation or contract of the customer for whom it was exported.
	Context urn.URN
	// JobPosting is the job's id in your system, "" when not stated (reported).
	JobPosting string
	// Raw is the response's JSON, with what has no field here.
	Raw json.RawMessage
}

// UnmarshalJSON decodes an export and keeps its JSON.
func (e *Export) UnmarshalJSON(data []byte) error {
	var read struct {
		Candidate json.RawMessage  `json:"candidate"`
		Context   linkedinapi.Text `json:"integrationContext"`
		Job       linkedinapi.Text `json:"externalJobPostingId"`
		Reference linkedinapi.Text `json:"referenceEntityId"`
	}
	if err := codec.Decode(data, &read); err != nil {
		return err
	}
	*e = Export{JobPosting: first(read.Job, read.Reference), Raw: bytes.Clone(data)}
	e.Context, _ = urn.Parse(string(read.Context))
	if len(read.Candidate) > 0 {
		_ = e.Candidate.UnmarshalJSON(read.Candidate) // it may be of another form; Raw has it
	}
	return nil
}

// ExportService is client.LinkedIn.Recruiter.Exports. Its calls need the token of the customer's app, and count against
// linkedin.ClassExports: 100,000 a day. Recruiters can export 300 candidates a seat and month.
type ExportService struct {
	caller *linkedinapi.Caller
	get    *linkedinapi.Endpoint
}

var errContext = wire.Plain("the export is another customer's: its integrationContext is not the one of the callback URL", nil)

// Get returns what an event EXPORT_CANDIDATE_PROFILE with this id is about, usually one candidate. Customer is the
// organisation or contract whose callback URL has received the event: an export for another is
// [api.ErrUnexpectedResponse], as LinkedIn's page asks to check it. The zero URN checks nothing.
//
// An event that is older than a day is [api.ErrNotFound] (reported).
//
// Source: LinkedIn's page "Retrieve Exported Candidates Overview", finder request.
func (s *ExportService) Get(ctx context.Context, requestID string, customer urn.URN, options ...api.CallOption) ([]Export, error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.get); err != nil {
		return nil, err
	}
	exports, err := ofRequest[Export](ctx, s.caller, s.get, requestID, options)
	if err != nil {
		return nil, err
	}
	for _, export := range exports {
		if !customer.IsZero() && export.Context != customer {
			return nil, wire.NewError(s.get.Op, api.ErrUnexpectedResponse, errContext)
		}
	}
	return exports, nil
}

// ofRequest calls a finder request, which returns what the event with this id is about.
func ofRequest[T any](ctx context.Context, c *linkedinapi.Caller, e *linkedinapi.Endpoint, requestID string, options []api.CallOption) ([]T, error) {
	if strings.TrimSpace(requestID) == "" {
		return nil, wire.Refuse(e.Op, errRequest)
	}
	call, err := c.At(ctx, e, restli.Record{{Name: "q", Value: "request"}, {Name: "requestId", Value: requestID}}, options)
	if err != nil {
		return nil, err
	}
	var got struct {
		Elements []T `json:"elements"`
	}
	call.Into, call.Check = &got, func() error {
		if got.Elements == nil {
			return errNoElements
		}
		return nil
	}
	if _, err := c.Send(ctx, call, "", nil); err != nil {
		return nil, err
	}
	return got.Elements, nil
}

var errNoElements = wire.Plain("the response has no elements", nil)
