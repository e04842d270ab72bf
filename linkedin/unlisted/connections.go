package unlisted

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/wire"
)

// Connection is a connection as the overview prints it.
type Connection struct {
	// FirstName and LastName are the person's.
	FirstName, LastName string
	// Occupation is such as "CEO at XYZ Corp".
	Occupation string
	// Raw is the response's JSON, with what has no field here.
	Raw json.RawMessage
}

// UnmarshalJSON decodes a connection and keeps its JSON. What is in another form is left zero.
func (c *Connection) UnmarshalJSON(data []byte) error {
	var raw struct {
		FirstName  linkedinapi.Text `json:"firstName"`
		LastName   linkedinapi.Text `json:"lastName"`
		Occupation linkedinapi.Text `json:"occupation"`
	}
	if err := codec.Decode(data, &raw); err != nil {
		return err
	}
	*c = Connection{FirstName: string(raw.FirstName), LastName: string(raw.LastName), Occupation: string(raw.Occupation), Raw: bytes.Clone(data)}
	return nil
}

// ConnectionQuery says which connections are listed. What the overview calls "shared group memberships" has no parameter
// there: it goes into Extra, under a name of yours.
type ConnectionQuery struct {
	Params

	// RelationshipIndicators are markers of the relation, such as "F" and "S" in the overview, which does not say what they
	// mean. They are for MemberConnections.
	RelationshipIndicators []string
	// EdgeRelationType is the relation in between, for NetworkConnections.
	EdgeRelationType EdgeRelationType
	// After is the Next of the page before; Start is not used then.
	After string
	// Start is the first connection of the page, counted from 0.
	Start int
	// Count is how many connections a page has at most, 100 unless set; the overview has 10 by default.
	Count int
}

// EdgeRelationType is the relation between a member and whom the second degree is seen through.
type EdgeRelationType string

// The relations that the overview names.
const (
	EdgeConnection EdgeRelationType = "CONNECTION"
	EdgeManagedBy  EdgeRelationType = "MANAGED_BY"
)

// Connections lists the connections of the member whose token it is, with names (GET /v2/me/connections): one page, whose
// Next is "" at the end.
//
// Instead, LinkedIn has client.LinkedIn.Connections.List, and client.LinkedIn.Snapshot.List in the EU.
func (s *Service) Connections(ctx context.Context, q ConnectionQuery, options ...api.CallOption) (*api.Page[Connection], error) {
	s = linkedinapi.Made(s)
	return s.listConnections(ctx, s.connections, q, options)
}

// AllConnections walks the pages of Connections, through the entire network. It is lazy, starts over with each loop, and
// ends after an error.
func (s *Service) AllConnections(ctx context.Context, q ConnectionQuery, options ...api.CallOption) iter.Seq2[Connection, error] {
	q.RelationshipIndicators, q.Extra = slices.Clone(q.RelationshipIndicators), maps.Clone(q.Extra)
	return linkedinapi.All(&opConnections, linkedinapi.At{After: q.After, Start: q.Start, Count: q.Count}, func(at linkedinapi.At) (*api.Page[Connection], error) {
		q.After, q.Start, q.Count = at.After, at.Start, at.Count
		return s.Connections(ctx, q, options...)
	})
}

// MemberConnections lists first-degree connections, of certain relations if RelationshipIndicators are set (GET
// /memberConnections). The overview prints no response; that of Connections is assumed.
//
// Instead, LinkedIn has client.LinkedIn.Connections.List, and client.LinkedIn.Snapshot.List in the EU.
func (s *Service) MemberConnections(ctx context.Context, q ConnectionQuery, options ...api.CallOption) (*api.Page[Connection], error) {
	s = linkedinapi.Made(s)
	return s.listConnections(ctx, s.memberConnections, q, options)
}

// NetworkConnections lists connections of the second degree, seen through one relation if EdgeRelationType is set (GET
// /me/network/connections). The overview prints no response; that of Connections is assumed.
//
// LinkedIn does not give the second degree.
func (s *Service) NetworkConnections(ctx context.Context, q ConnectionQuery, options ...api.CallOption) (*api.Page[Connection], error) {
	s = linkedinapi.Made(s)
	return s.listConnections(ctx, s.network, q, options)
}

func (s *Service) listConnections(ctx context.Context, e endpoint, q ConnectionQuery, options []api.CallOption) (*api.Page[Connection], error) {
	if err := s.caller.Ready(ctx, e.Endpoint); err != nil {
		return nil, err
	}
	var query restli.Record
	for _, indicator := range q.RelationshipIndicators {
		if err := plainWord(indicator); err != nil {
			return nil, wire.Refuse(e.Op, err)
		}
	}
	if len(q.RelationshipIndicators) > 0 {
		query = append(query, restli.Field{Name: "relationshipIndicators", Value: restli.Raw(strings.Join(q.RelationshipIndicators, ","))})
	}
	if q.EdgeRelationType != "" {
		query = append(query, restli.Field{Name: "edgeRelationType", Value: string(q.EdgeRelationType)})
	}
	query, err := q.add(query, "start", "count")
	if err != nil {
		return nil, wire.Refuse(e.Op, err)
	}
	page, err := linkedinapi.ListAt[Connection](ctx, s.caller, e.Endpoint, query, linkedinapi.At{After: q.After, Start: q.Start, Count: q.Count}, options)
	if err != nil {
		return nil, e.explain(err)
	}
	return page, nil
}
