package prospectnotes

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// Note is a note about a person.
type Note struct {
	// ID is its number, which no other note has; LinkedIn writes it as a number here and as a string in push events.
	ID string
	// Active is false of a note that was deleted. One whose state is not stated is taken for active.
	Active bool
	// Contract is the contract that it belongs to.
	Contract urn.URN
	// Owner is the seat of who wrote it. client.LinkedIn.Seats tells the person.
	Owner urn.URN
	// Member is the person whom it is about.
	Member urn.URN
	// Text is what it says.
	Text string
	// Created and LastModified have milliseconds, in UTC. Each is zero when not stated.
	Created, LastModified time.Time
	// Raw is the response's JSON, with what has no field here.
	Raw json.RawMessage
}

// UnmarshalJSON decodes a note and keeps its JSON. What is in another form than is known is left zero, since one odd note
// must not hide the rest of a list.
func (n *Note) UnmarshalJSON(data []byte) error {
	var read struct {
		ID           linkedinapi.Text   `json:"id"`
		Active       json.RawMessage    `json:"active"`
		Contract     linkedinapi.Text   `json:"contract"`
		Owner        linkedinapi.Text   `json:"owner"`
		Member       linkedinapi.Text   `json:"member"`
		Text         linkedinapi.Text   `json:"note"`
		Created      linkedinapi.Number `json:"created"`
		LastModified linkedinapi.Number `json:"lastModified"`
	}
	if err := codec.Decode(data, &read); err != nil {
		return err
	}
	*n = Note{
		ID: string(read.ID), Active: !isFalse(read.Active), Text: string(read.Text),
		Created: linkedinapi.Time(read.Created), LastModified: linkedinapi.Time(read.LastModified), Raw: bytes.Clone(data),
	}
	n.Contract, _ = urn.Parse(string(read.Contract))
	n.Owner, _ = urn.Parse(string(read.Owner))
	n.Member, _ = urn.Parse(string(read.Member))
	return nil
}

// isFalse reads a bool that may be written as a string or as a number.
func isFalse(value []byte) bool {
	text := strings.ToLower(strings.TrimSpace(strings.Trim(string(value), `"`)))
	return text == "false" || text == "0"
}

// MaxSpan is the longest time between the dates of one call that LinkedIn asks for.
const MaxSpan = 12 * time.Hour

// Query says which notes are listed.
type Query struct {
	// Contract is the contract, such as urn:li:contract:123. It is required.
	Contract urn.URN
	// Owners are the seats whose notes are listed, such as urn:li:seat:456; those of all seats unless set.
	Owners []urn.URN
	// Before is the latest time of a note, inclusive (beforeDate), in milliseconds; no bound when zero.
	Before time.Time
	// Cutoff is the time after which a note must be, exclusive (cutoffDate); no bound when zero. Windows of which each has
	// the Before of the last one as its Cutoff tile exactly.
	Cutoff time.Time
	// After is the Next of the page before; Start is not used then.
	After string
	// Start is the first note of the page, counted from 0.
	Start int
	// Count is how many notes a page has at most, 100 unless set.
	Count int
}

var (
	errContract = errors.New("the contract is required and has the form urn:li:contract:123")
	errOwners   = errors.New("an owner has the form urn:li:seat:123, and stands once in the list")
	errDates    = errors.New("the time Before must not be earlier than Cutoff")
	errEarly    = errors.New("a date is before 1970")
	errSpan     = fmt.Errorf("more than %s are between Cutoff and Before: LinkedIn asks for less; List does it by hand", MaxSpan)
)

// check returns the query's parameters.
func (q *Query) check() (restli.Record, error) {
	if q.Contract.Type() != "contract" || q.Contract.ID() == "" {
		return nil, errContract
	}
	query := restli.Record{{Name: "q", Value: "criteria"}, {Name: "contract", Value: q.Contract}}
	if len(q.Owners) > 0 {
		owners, seen := make(restli.List, len(q.Owners)), make(map[urn.URN]bool, len(q.Owners))
		for i, owner := range q.Owners {
			if owner.Type() != "seat" || owner.ID() == "" || seen[owner] {
				return nil, errOwners
			}
			owners[i], seen[owner] = owner, true
		}
		query = append(query, restli.Field{Name: "owners", Value: owners})
	}
	if !q.Before.IsZero() && !q.Cutoff.IsZero() && q.Before.UnixMilli() < q.Cutoff.UnixMilli() {
		return nil, errDates
	}
	for _, bound := range []struct {
		name string
		at   time.Time
	}{{"cutoffDate", q.Cutoff}, {"beforeDate", q.Before}} {
		switch {
		case bound.at.IsZero():
		case bound.at.UnixMilli() < 0:
			return nil, errEarly
		default:
			query = append(query, restli.Field{Name: bound.name, Value: bound.at.UnixMilli()})
		}
	}
	return query, nil
}

// Service is client.ProspectNotes.
type Service struct {
	pipeline *transport.Pipeline
	list     *linkedinapi.Endpoint
	seats    seats
	turns    sync.Map // of contracts: a channel that holds one while its checkpoint is saved
}

// seats walks the seats of a contract.
type seats func(ctx context.Context, contract urn.URN, options ...api.CallOption) iter.Seq2[urn.URN, error]

// New is for package pronet, whose New makes the client that a program uses. It returns the service on a pipeline.
func New(p *transport.Pipeline, settings *linkedinapi.Settings, seats func(context.Context, urn.URN, ...api.CallOption) iter.Seq2[urn.URN, error]) *Service {
	s := &Service{pipeline: p, list: settings.Endpoint(opList), seats: seats}
	p.Declare(s.list.Op)
	return s
}

// List returns one page of notes. Its Next is "" at the end, and its Total is -1 unless the response states one.
//
// More than [MaxSpan] between Cutoff and Before is sent as it is: LinkedIn asks for less, and what it does with more no
// page says. All refuses it.
//
// A page past LinkedIn's limit is [api.ErrPageLimit]: ask for a shorter time, or for fewer owners. A next link that leads
// to another host or endpoint is [api.ErrUnexpectedResponse], and one that does not lead further [api.ErrSameCursor]. A
// contract for which the app has no right is [api.ErrForbidden], and a quota that is used up an [*api.RateLimitError].
//
// Source: document 003.
func (s *Service) List(ctx context.Context, q Query, options ...api.CallOption) (*api.Page[Note], error) {
	if s.pipeline == nil {
		return nil, wire.ErrNoService
	}
	query, err := q.check()
	if err != nil {
		return nil, wire.Refuse(s.list.Op, err)
	}
	return linkedinapi.List[Note](ctx, s.pipeline, s.list, query, linkedinapi.At{After: q.After, Start: q.Start, Count: q.Count}, options)
}

// All walks the notes page by page, from After or Start on, by next links where the response has them. It is lazy, starts
// over with each loop, and ends after an error; the errors are those of List. A page with less than Count is not the end,
// nor is an empty one with a next link.
//
// Pages are by offset: a note that is written, changed or deleted during the walk can make another come twice or be
// missed. Cutoff and Before, if both are set, may not be more than [MaxSpan] apart.
func (s *Service) All(ctx context.Context, q Query, options ...api.CallOption) iter.Seq2[Note, error] {
	q.Owners = slices.Clone(q.Owners)
	return linkedinapi.All(&opList, linkedinapi.At{After: q.After, Start: q.Start, Count: q.Count}, func(at linkedinapi.At) (*api.Page[Note], error) {
		if !q.Before.IsZero() && !q.Cutoff.IsZero() && q.Before.Sub(q.Cutoff) > MaxSpan {
			return nil, wire.Refuse(&opList, errSpan)
		}
		q.After, q.Start, q.Count = at.After, at.Start, at.Count
		return s.List(ctx, q, options...)
	})
}
