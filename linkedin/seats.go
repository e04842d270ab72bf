package linkedin

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// SeatState is the state of a seat. LinkedIn may add others.
type SeatState string

// The states that LinkedIn's page names.
const (
	SeatActive   SeatState = "ACTIVE"
	SeatInactive SeatState = "INACTIVE"
	SeatInvited  SeatState = "INVITED"
	SeatParked   SeatState = "PARKED"
)

// Seat is a seat of a Recruiter contract: it joins the owner of a note ([Seat.URN]) to the person who holds it (Member).
type Seat struct {
	// ID is its number; LinkedIn writes it as a number.
	ID string
	// Contract is the contract's URN.
	Contract urn.URN
	// Member is the URN of the person who holds the seat, zero when not stated.
	Member urn.URN
	// FirstName and LastName are that person's.
	FirstName, LastName string
	// Email is that person's address; the older finder alone states it.
	Email string
	// State is the seat's state. The older finder says only whether it is active.
	State SeatState
	// Roles are what the seat may do, such as ADMIN_SEAT.
	Roles []string
	// Raw is the response's JSON, with what has no field here.
	Raw json.RawMessage
}

// URN is the seat's URN, as the owner of a note has it; zero without an ID.
func (s *Seat) URN() urn.URN {
	if s == nil {
		return urn.URN{}
	}
	u, _ := urn.New("seat", s.ID) // the zero URN when there is no ID
	return u
}

// UnmarshalJSON decodes a seat in the form of both finders, and keeps its JSON. What is in another form is left zero.
func (s *Seat) UnmarshalJSON(data []byte) error {
	var read struct {
		ID         linkedinapi.Text `json:"id"`
		SeatID     linkedinapi.Text `json:"seatId"` // of the versioned API
		Contract   linkedinapi.Text `json:"contract"`
		ContractID linkedinapi.Text `json:"contractId"`
		Member     linkedinapi.Text `json:"member"`
		FirstName  linkedinapi.Text `json:"firstName"`
		LastName   linkedinapi.Text `json:"lastName"`
		Email      linkedinapi.Text `json:"email"`
		State      linkedinapi.Text `json:"state"`
		Roles      json.RawMessage  `json:"seatRoles"`
		Active     json.RawMessage  `json:"active"`
		Admin      json.RawMessage  `json:"admin"`
	}
	if err := codec.Decode(data, &read); err != nil {
		return err
	}
	*s = Seat{
		ID: string(read.ID), FirstName: string(read.FirstName), LastName: string(read.LastName), Email: string(read.Email),
		State: SeatState(read.State), Raw: bytes.Clone(data),
	}
	if s.ID == "" {
		s.ID = string(read.SeatID)
	}
	s.Member, _ = urn.Parse(string(read.Member))
	if s.Contract, _ = urn.Parse(string(read.Contract)); s.Contract.IsZero() {
		s.Contract, _ = urn.New("contract", string(read.ContractID))
	}
	_ = codec.Decode(read.Roles, &s.Roles)
	switch {
	case s.State != "":
	case string(read.Active) == "true":
		s.State = SeatActive
	case string(read.Active) == "false":
		s.State = SeatInactive
	}
	if string(read.Admin) == "true" && !slices.Contains(s.Roles, "ADMIN_SEAT") {
		s.Roles = append(s.Roles, "ADMIN_SEAT")
	}
	return nil
}

// SeatQuery says which seats are listed.
type SeatQuery struct {
	// Contract is the contract, such as urn:li:contract:123. It is required.
	Contract urn.URN
	// States are those of the seats, all unless set.
	States []SeatState
	// After is the Next of the page before; Start is not used then.
	After string
	// Start is the first seat of the page, counted from 0.
	Start int
	// Count is how many seats a page has at most, 100 unless set.
	Count int
}

// LegacySeatQuery says which seats the older finder lists.
type LegacySeatQuery struct {
	// Contract is the contract, such as urn:li:contract:123. It is required.
	Contract urn.URN
	// Active lists the active seats alone.
	Active bool
	// Fields are the fields of a seat that the response has, in LinkedIn's own syntax, such as "id,member". All unless set.
	Fields string
	// After is the Next of the page before; Start is not used then.
	After string
	// Start is the first seat of the page, counted from 0.
	Start int
	// Count is how many seats a page has at most, 100 unless set.
	Count int
}

// SeatService is client.LinkedIn.Seats. Its calls need the token of the customer's app, and count against
// [ClassProspects].
type SeatService struct {
	caller       *linkedinapi.Caller
	list, legacy *linkedinapi.Endpoint
}

// List returns one page of a contract's seats.
//
// Source: LinkedIn's page "Seatholders" of Recruiter System Connect, finder attributes of seatsV2.
func (s *SeatService) List(ctx context.Context, q SeatQuery, options ...api.CallOption) (*api.Page[Seat], error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.list); err != nil {
		return nil, err
	}
	if err := checkContract(s.list.Op, q.Contract); err != nil {
		return nil, err
	}
	query := restli.Record{{Name: "q", Value: "attributes"}, {Name: "contracts", Value: restli.List{q.Contract}}}
	if len(q.States) > 0 {
		states := make(restli.List, len(q.States))
		for i, state := range q.States {
			states[i] = string(state)
		}
		query = append(query, restli.Field{Name: "states", Value: states})
	}
	return linkedinapi.ListAt[Seat](ctx, s.caller, s.list, query, linkedinapi.At{After: q.After, Start: q.Start, Count: q.Count}, options)
}

// All walks a contract's seats, from After or Start on. It is lazy, starts over with each loop, and ends after an error.
// A seat that changes meanwhile can make another come twice or be missed.
func (s *SeatService) All(ctx context.Context, q SeatQuery, options ...api.CallOption) iter.Seq2[Seat, error] {
	q.States = slices.Clone(q.States)
	return linkedinapi.All(&opSeats, linkedinapi.At{After: q.After, Start: q.Start, Count: q.Count}, func(at linkedinapi.At) (*api.Page[Seat], error) {
		q.After, q.Start, q.Count = at.After, at.Start, at.Count
		return s.List(ctx, q, options...)
	})
}

// ListLegacy returns one page of a contract's seats by the older finder, for apps that have no other.
//
// Source: LinkedIn's page "Seatholders" of Recruiter System Connect, finder seatsByAttributes of seats; its collection of
// requests.
func (s *SeatService) ListLegacy(ctx context.Context, q LegacySeatQuery, options ...api.CallOption) (*api.Page[Seat], error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.legacy); err != nil {
		return nil, err
	}
	if err := checkContract(s.legacy.Op, q.Contract); err != nil {
		return nil, err
	}
	query := restli.Record{{Name: "q", Value: "seatsByAttributes"}, {Name: "contracts", Value: restli.List{q.Contract}}}
	if q.Active {
		query = append(query, restli.Field{Name: "active", Value: true})
	}
	if q.Fields != "" {
		query = append(query, restli.Field{Name: "fields", Value: restli.Raw(q.Fields)})
	}
	return linkedinapi.ListAt[Seat](ctx, s.caller, s.legacy, query, linkedinapi.At{After: q.After, Start: q.Start, Count: q.Count}, options)
}

func checkContract(op *wire.Op, contract urn.URN) error {
	if contract.Type() != "contract" || contract.ID() == "" {
		return wire.Refuse(op, fmt.Errorf("the contract is required and has the form urn:li:contract:123"))
	}
	return nil
}

// URNs walks the URNs of all seats of a contract, whatever their state. It ends after an error.
func (s *SeatService) URNs(ctx context.Context, contract urn.URN, options ...api.CallOption) iter.Seq2[urn.URN, error] {
	return func(yield func(urn.URN, error) bool) {
		for seat, err := range s.All(ctx, SeatQuery{Contract: contract}, options...) {
			if !yield(seat.URN(), err) {
				return
			}
		}
	}
}
