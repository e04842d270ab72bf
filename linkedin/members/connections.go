package members

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// Connection is a first-degree connection.
type Connection struct {
	// Person is who it leads to.
	Person urn.URN
	// Member is that person, if [ConnectionQuery.Decorate] asked for it and LinkedIn gave it.
	Member *Member
	// Err says why LinkedIn did not give the Member although it was asked: it is of the kind that its status is
	// (api.ErrForbidden, api.ErrRateLimited), and linkedin.DetailsOf reads what it says. It is nil otherwise.
	Err error
	// Raw is the response's JSON, with what has no field here.
	Raw json.RawMessage
}

// UnmarshalJSON decodes a connection and keeps its JSON. What is in another form than is known is left zero.
func (c *Connection) UnmarshalJSON(data []byte) error {
	var raw struct {
		To      linkedinapi.Text `json:"to"`
		Member  json.RawMessage  `json:"to~"`
		Failure json.RawMessage  `json:"to!"`
	}
	if err := codec.Decode(data, &raw); err != nil {
		return err
	}
	*c = Connection{Raw: bytes.Clone(data)}
	c.Person, _ = urn.Parse(string(raw.To))
	if member := new(Member); raw.Member != nil && codec.Decode(raw.Member, member) == nil {
		c.Member = member
		if c.Person.IsZero() {
			c.Person = member.URN()
		}
	}
	if raw.Failure != nil {
		c.Err = linkedinapi.ElementError(&opConnections, raw.Failure)
	}
	return nil
}

// ConnectionQuery says which connections are listed, and what of them.
type ConnectionQuery struct {
	// Decorate is the fields of each person that are asked for, such as [Names]; "" asks for the URNs alone.
	Decorate Projection
	// After is the Next of the page before; Start is not used then.
	After string
	// Start is the first connection of the page, counted from 0.
	Start int
	// Count is how many connections a page has at most, 100 unless set.
	Count int
}

// ConnectionService is client.LinkedIn.Connections: the first-degree connections of the member whose token it is. Those of
// others, and of the second degree, LinkedIn does not give.
type ConnectionService struct {
	caller             *linkedinapi.Caller
	list, total, count *linkedinapi.Endpoint
}

// List returns one page of the connections. Its Next is "" at the end.
//
// It needs r_1st_connections (or r_compliance), closed permissions. In the EU [SnapshotService] is open.
//
// Source: LinkedIn's page "Connections API"; the decoration is that of its page "Decoration", and that the field is named
// to~ is assumed.
func (s *ConnectionService) List(ctx context.Context, q ConnectionQuery, options ...api.CallOption) (*api.Page[Connection], error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.list); err != nil {
		return nil, err
	}
	query, err := q.Decorate.add(restli.Record{{Name: "q", Value: "viewer"}}, "(elements*(to~", "),paging)")
	if err != nil {
		return nil, wire.Refuse(s.list.Op, err)
	}
	return linkedinapi.ListAt[Connection](ctx, s.caller, s.list, query, linkedinapi.At{After: q.After, Start: q.Start, Count: q.Count}, options)
}

// All walks the connections, from After or Start on. It is lazy, starts over with each loop, and ends after an error; the
// error of one element is in [Connection.Err]. A connection that comes or goes meanwhile can make another come twice or be
// missed.
func (s *ConnectionService) All(ctx context.Context, q ConnectionQuery, options ...api.CallOption) iter.Seq2[Connection, error] {
	return linkedinapi.All(&opConnections, linkedinapi.At{After: q.After, Start: q.Start, Count: q.Count}, func(at linkedinapi.At) (*api.Page[Connection], error) {
		q.After, q.Start, q.Count = at.After, at.Start, at.Count
		return s.List(ctx, q, options...)
	})
}

var errNoSize = wire.Plain("the response states no number of connections", nil)

// Count returns how many first-degree connections a person has (firstDegreeSize): the one whose token it is, for others
// LinkedIn refuses it.
//
// It needs r_1st_connections_size, of partner programmes.
//
// Source: LinkedIn's page "Connections Size".
func (s *ConnectionService) Count(ctx context.Context, person urn.URN, options ...api.CallOption) (int, error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.count); err != nil {
		return 0, err
	}
	if err := checkPerson(s.count.Op, person); err != nil {
		return 0, err
	}
	var got struct {
		Size *linkedinapi.Number `json:"firstDegreeSize"`
	}
	return s.number(ctx, s.count, nil, options, &got, func() *linkedinapi.Number { return got.Size }, person)
}

// Total returns how many connections List has (the total of its paging), for apps with its permission.
//
// Source: LinkedIn's page "Connections API", projection=(paging).
func (s *ConnectionService) Total(ctx context.Context, options ...api.CallOption) (int, error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.total); err != nil {
		return 0, err
	}
	query := restli.Record{{Name: "q", Value: "viewer"}, {Name: "projection", Value: restli.Raw("(paging)")}}
	var got struct {
		Paging struct {
			Total *linkedinapi.Number `json:"total"`
		} `json:"paging"`
	}
	return s.number(ctx, s.total, query, options, &got, func() *linkedinapi.Number { return got.Paging.Total })
}

func (s *ConnectionService) number(ctx context.Context, e *linkedinapi.Endpoint, query restli.Record, options []api.CallOption, into any, number func() *linkedinapi.Number, keys ...any) (int, error) {
	if err := read(ctx, s.caller, e, query, into, options, keys...); err != nil {
		return 0, err
	}
	n := number()
	if n == nil || *n < 0 || *n > 1<<31-1 {
		failure := wire.NewError(e.Op, api.ErrUnexpectedResponse, errNoSize)
		failure.Status = 200
		return 0, failure
	}
	return int(*n), nil
}
