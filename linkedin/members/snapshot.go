package members

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/wire"
)

// Domain is a part of a member's own data. LinkedIn's page lists several dozen; these are a few.
type Domain string

// The domains that this package names.
const (
	DomainConnections Domain = "CONNECTIONS"
	DomainProfile     Domain = "PROFILE"
	DomainPositions   Domain = "POSITIONS"
	DomainEducation   Domain = "EDUCATION"
	DomainSkills      Domain = "SKILLS"
)

// Snapshot is a part of one domain of a member's data. A domain can have several.
type Snapshot struct {
	// Domain is which.
	Domain Domain
	// Rows are the data: of [DomainConnections] one a connection, with columns such as "First Name", "URL" and "Connected
	// On". Values that are no text are left as their JSON.
	Rows []map[string]string
	// Raw is the response's JSON.
	Raw json.RawMessage
}

// UnmarshalJSON decodes a snapshot, whose data is a list of rows or one row, and keeps its JSON.
func (s *Snapshot) UnmarshalJSON(data []byte) error {
	var raw struct {
		Domain linkedinapi.Text `json:"snapshotDomain"`
		Data   json.RawMessage  `json:"snapshotData"`
	}
	if err := codec.Decode(data, &raw); err != nil {
		return err
	}
	*s = Snapshot{Domain: Domain(raw.Domain), Raw: bytes.Clone(data)}
	var rows []json.RawMessage
	if codec.Decode(raw.Data, &rows) != nil {
		rows = []json.RawMessage{raw.Data}
	}
	for _, one := range rows {
		var columns map[string]json.RawMessage
		if len(one) == 0 || codec.Decode(one, &columns) != nil || columns == nil {
			continue
		}
		row := make(map[string]string, len(columns))
		for name, value := range columns {
			var text string
			if codec.Decode(value, &text) != nil {
				text = string(value)
			}
			row[name] = text
		}
		s.Rows = append(s.Rows, row)
	}
	return nil
}

// SnapshotQuery says which data is listed.
type SnapshotQuery struct {
	// Domain is which; "" is all.
	Domain Domain
	// After is the Next of the page before.
	After string
	// Count is how many a page has at most, 10 unless set, as on LinkedIn's page; its pages have had one snapshot each.
	Count int
}

var errDomain = errors.New("a domain is of capital letters and underscores, such as CONNECTIONS")

// SnapshotService is client.LinkedIn.Snapshot: the copy of their own data that members may ask for, or let an app ask for,
// in the EEA and Switzerland. It is the only road to one's connections that is open there.
//
// It needs one of the scopes r_dma_portability_self_serve, r_dma_portability_member and r_dma_portability_3rd_party.
type SnapshotService struct {
	caller *linkedinapi.Caller
	list   *linkedinapi.Endpoint
}

// List returns one page of a member's data. Its Next is "" at the end. A domain without data is [api.ErrNotFound], as
// third parties report; so is all data of a member for whom LinkedIn has not prepared it yet.
//
// Source: LinkedIn's page "Member Snapshot API".
func (s *SnapshotService) List(ctx context.Context, q SnapshotQuery, options ...api.CallOption) (*api.Page[Snapshot], error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.list); err != nil {
		return nil, err
	}
	query := restli.Record{{Name: "q", Value: "criteria"}}
	if q.Domain != "" {
		if len(q.Domain) > 100 || strings.Trim(string(q.Domain), "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
			return nil, wire.Refuse(s.list.Op, errDomain)
		}
		query = append(query, restli.Field{Name: "domain", Value: string(q.Domain)})
	}
	if q.Count == 0 {
		q.Count = 10
	}
	return linkedinapi.ListAt[Snapshot](ctx, s.caller, s.list, query, linkedinapi.At{After: q.After, Count: q.Count}, options)
}

// All walks a member's data. It is lazy, starts over with each loop, and ends after an error.
func (s *SnapshotService) All(ctx context.Context, q SnapshotQuery, options ...api.CallOption) iter.Seq2[Snapshot, error] {
	return linkedinapi.All(&opSnapshot, linkedinapi.At{After: q.After, Count: q.Count}, func(at linkedinapi.At) (*api.Page[Snapshot], error) {
		q.After, q.Count = at.After, at.Count
		return s.List(ctx, q, options...)
	})
}
