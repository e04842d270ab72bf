package recruiter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// Purged is an exported candidate whose data must be deleted. No page that is public shows its fields: those here are
// assumed, and Raw has them all.
type Purged struct {
	// Member is the person, zero when not stated.
	Member urn.URN
	// RequestID is the id of the event by which the candidate was exported, "" when not stated.
	RequestID string
	// CandidateID is the candidate's id in your system, "" when not stated.
	CandidateID string
	// Context is the customer, zero when not stated.
	Context urn.URN
	// At is when it was purged, zero when not stated.
	At time.Time
	// Raw is the response's JSON.
	Raw json.RawMessage
}

// UnmarshalJSON decodes a purged candidate and keeps its JSON. What is in another form than is assumed is left zero.
func (p *Purged) UnmarshalJSON(data []byte) error {
	var read struct {
		Member      linkedinapi.Text  `json:"member"`
		Person      linkedinapi.Text  `json:"person"`
		Candidate   linkedinapi.Text  `json:"candidate"`
		RequestID   linkedinapi.Text  `json:"requestId"`
		CandidateID linkedinapi.Text  `json:"externalCandidateId"`
		ATSID       linkedinapi.Text  `json:"atsCandidateId"`
		Context     linkedinapi.Text  `json:"integrationContext"`
		PurgedAt    linkedinapi.Stamp `json:"purgedAt"`
	}
	if err := codec.Decode(data, &read); err != nil {
		return err
	}
	*p = Purged{RequestID: string(read.RequestID), CandidateID: first(read.CandidateID, read.ATSID), At: read.PurgedAt.Time, Raw: bytes.Clone(data)}
	p.Context, _ = urn.Parse(string(read.Context))
	for _, text := range []linkedinapi.Text{read.Member, read.Person, read.Candidate} {
		if u, err := urn.Parse(string(text)); err == nil && p.Member.IsZero() {
			p.Member = u
		}
	}
	return nil
}

// PurgedQuery says which purged candidates are listed. No page that is public shows the request, so all of it can be set.
type PurgedQuery struct {
	// Context is the customer, sent as integrationContext, such as urn:li:organization:123; left out when zero.
	Context urn.URN
	// Finder is the parameter q, "criteria" unless set (assumed).
	Finder string
	// Parameters are further ones.
	Parameters map[string]string
	// After is the Next of the page before; Start is not used then.
	After string
	// Start is the first candidate of the page, counted from 0.
	Start int
	// Count is how many candidates a page has at most, 100 unless set.
	Count int
}

var errParameter = errors.New("a further parameter is one that the query has already")

func (q *PurgedQuery) parameters() (restli.Record, error) {
	finder := q.Finder
	if finder == "" {
		finder = "criteria"
	}
	query := restli.Record{{Name: "q", Value: finder}}
	if !q.Context.IsZero() {
		query = append(query, restli.Field{Name: "integrationContext", Value: q.Context})
	}
	for _, name := range slices.Sorted(maps.Keys(q.Parameters)) {
		if name == "start" || name == "count" || slices.ContainsFunc(query, func(f restli.Field) bool { return f.Name == name }) {
			return nil, errParameter
		}
		query = append(query, restli.Field{Name: name, Value: q.Parameters[name]})
	}
	return query, nil
}

// PurgeService is client.LinkedIn.Recruiter.Purges. Its calls need the token of the customer's app, and count against
// linkedin.ClassPurges: 100,000 a day.
//
// LinkedIn obliges its partners to ask for purged candidates at least every 30 days, and to delete them: a [PurgeKeeper]
// does it.
type PurgeService struct {
	caller *linkedinapi.Caller
	list   *linkedinapi.Endpoint
}

// List returns one page of the exported candidates that must be deleted. Its Next is "" at the end.
//
// Source: that the endpoint is there, LinkedIn's page "Retrieve Exported Candidates Overview"; the duty, the release notes of
// July 2023. The request and the response are assumed.
func (s *PurgeService) List(ctx context.Context, q PurgedQuery, options ...api.CallOption) (*api.Page[Purged], error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.list); err != nil {
		return nil, err
	}
	query, err := q.parameters()
	if err != nil {
		return nil, wire.Refuse(s.list.Op, err)
	}
	return linkedinapi.ListAt[Purged](ctx, s.caller, s.list, query, linkedinapi.At{After: q.After, Start: q.Start, Count: q.Count}, options)
}

// All walks the exported candidates that must be deleted, from After or Start on. It is lazy, starts over with each loop, and
// ends after an error.
func (s *PurgeService) All(ctx context.Context, q PurgedQuery, options ...api.CallOption) iter.Seq2[Purged, error] {
	q.Parameters = maps.Clone(q.Parameters)
	return linkedinapi.All(&opPurges, linkedinapi.At{After: q.After, Start: q.Start, Count: q.Count}, func(at linkedinapi.At) (*api.Page[Purged], error) {
		q.After, q.Start, q.Count = at.After, at.Start, at.Count
		return s.List(ctx, q, options...)
	})
}
