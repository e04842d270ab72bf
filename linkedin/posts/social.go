package posts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"iter"
	"time"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// NewComment is a comment to make.
type NewComment struct {
	// Actor is the member or organization that comments.
	Actor urn.URN
	// Text is its text. It is plain: nothing is escaped, and little's syntax has no effect.
	Text string
	// Parent is the comment that it responds to (urn:li:comment:(...)), none when zero.
	Parent urn.URN
}

// Comment is a comment as LinkedIn has it.
type Comment struct {
	// ID is its number, and URN names it with its post.
	ID  string
	URN urn.URN
	// Actor is who made it.
	Actor urn.URN
	// Object is the post (or its activity), and Parent the comment that it responds to.
	Object, Parent urn.URN
	// Text is its text, which is plain.
	Text string
	// Created has milliseconds, in UTC; zero when not stated.
	Created time.Time
	// Raw is the comment's JSON.
	Raw json.RawMessage
}

// UnmarshalJSON decodes a comment and keeps its JSON. What is in another form than is known is left zero.
func (c *Comment) UnmarshalJSON(data []byte) error {
	var read struct {
		ID      linkedinapi.Text `json:"id"`
		URN     linkedinapi.Text `json:"commentUrn"`
		Actor   linkedinapi.Text `json:"actor"`
		Object  linkedinapi.Text `json:"object"`
		Parent  linkedinapi.Text `json:"parentComment"`
		Message json.RawMessage  `json:"message"`
		Created json.RawMessage  `json:"created"`
	}
	if err := codec.Decode(data, &read); err != nil {
		return err
	}
	var message struct {
		Text linkedinapi.Text `json:"text"`
	}
	var created struct {
		Time linkedinapi.Number `json:"time"`
	}
	_ = codec.Decode(read.Message, &message)
	_ = codec.Decode(read.Created, &created)
	*c = Comment{ID: string(read.ID), Text: string(message.Text), Created: linkedinapi.Time(created.Time), Raw: bytes.Clone(data)}
	for text, into := range map[linkedinapi.Text]*urn.URN{read.URN: &c.URN, read.Actor: &c.Actor, read.Object: &c.Object, read.Parent: &c.Parent} {
		*into, _ = urn.Parse(string(text))
	}
	return nil
}

// Comment comments on a post, or responds to a comment of it, and returns the comment's URN. It is not retried when its
// response was lost: the error is [api.ErrMaybeApplied] then.
//
// Source: LinkedIn's page "Comments API".
func (s *Service) Comment(ctx context.Context, post urn.URN, n NewComment, options ...api.CallOption) (urn.URN, error) {
	s = linkedinapi.Made(s)
	call, err := s.caller.At(ctx, s.comment, nil, options, post)
	if err != nil {
		return urn.URN{}, err
	}
	switch {
	case !isAuthor(n.Actor):
		err = errAuthor
	case n.Text == "":
		err = errors.New("the comment has no text")
	case !n.Parent.IsZero() && n.Parent.Type() != "comment":
		err = errors.New("the parent is urn:li:comment:(...)")
	}
	if err != nil {
		return urn.URN{}, wire.Refuse(s.comment.Op, err)
	}
	body := map[string]any{"actor": n.Actor.String(), "object": post.String(), "message": map[string]any{"text": n.Text}}
	if !n.Parent.IsZero() {
		body["parentComment"] = n.Parent.String()
	}
	return created(ctx, s.caller, call, body)
}

// Paging says which part of a list is asked for.
type Paging struct {
	// After is the Next of the page before; Start is not used then.
	After string
	// Start is the first element of the page, counted from 0.
	Start int
	// Count is how many elements a page has at most, 100 unless set.
	Count int
}

// Comments returns one page of a post's comments.
func (s *Service) Comments(ctx context.Context, post urn.URN, o Paging, options ...api.CallOption) (*api.Page[Comment], error) {
	s = linkedinapi.Made(s)
	return linkedinapi.ListAt[Comment](ctx, s.caller, s.comments, nil, linkedinapi.At{After: o.After, Start: o.Start, Count: o.Count}, options, post)
}

// AllComments walks a post's comments, from After or Start on. It is lazy, starts over with each loop, and ends after an
// error.
func (s *Service) AllComments(ctx context.Context, post urn.URN, o Paging, options ...api.CallOption) iter.Seq2[Comment, error] {
	return linkedinapi.All(&opComments, linkedinapi.At{After: o.After, Start: o.Start, Count: o.Count}, func(at linkedinapi.At) (*api.Page[Comment], error) {
		return s.Comments(ctx, post, Paging{at.After, at.Start, at.Count}, options...)
	})
}

// DeleteComment deletes a comment by its number. Actor is who deletes it: a member, or an organization whose page it is on.
// One that is not there is [api.ErrNotFound], as for [Service.Delete].
func (s *Service) DeleteComment(ctx context.Context, post urn.URN, comment string, actor urn.URN, options ...api.CallOption) error {
	s = linkedinapi.Made(s)
	call, err := s.caller.At(ctx, s.deleteComment, restli.Record{{Name: "actor", Value: actor}}, options, post, comment)
	if err != nil {
		return err
	}
	if !isAuthor(actor) {
		return wire.Refuse(call.Op, errAuthor)
	}
	_, err = s.caller.Send(ctx, call, "DELETE", nil)
	return linkedinapi.Deleted(err)
}

// Reaction is a kind of reaction.
type Reaction string

// The reactions that LinkedIn's page lists; readers see them as Like, Celebrate, Love, Insightful, Support and Funny.
const (
	Like       Reaction = "LIKE"
	Praise     Reaction = "PRAISE"
	Empathy    Reaction = "EMPATHY"
	Interest   Reaction = "INTEREST"
	Appreciate Reaction = "APPRECIATION"
	Funny      Reaction = "ENTERTAINMENT"
)

// Reacted is a reaction of somebody's.
type Reacted struct {
	// Actor is who reacted, and Kind how.
	Actor urn.URN
	Kind  Reaction
	// Raw is the reaction's JSON.
	Raw json.RawMessage
}

// UnmarshalJSON decodes a reaction and keeps its JSON. What is in another form than is known is left zero.
func (r *Reacted) UnmarshalJSON(data []byte) error {
	var read struct {
		Kind    linkedinapi.Text `json:"reactionType"`
		Created json.RawMessage  `json:"created"`
		ID      linkedinapi.Text `json:"id"`
	}
	if err := codec.Decode(data, &read); err != nil {
		return err
	}
	var created struct {
		Actor linkedinapi.Text `json:"actor"`
	}
	_ = codec.Decode(read.Created, &created)
	*r = Reacted{Kind: Reaction(read.Kind), Raw: bytes.Clone(data)}
	if r.Actor, _ = urn.Parse(string(created.Actor)); r.Actor.IsZero() {
		if id, err := urn.Parse(string(read.ID)); err == nil && len(id.Parts()) > 0 { // urn:li:reaction:(actor,entity)
			r.Actor, _ = urn.Parse(id.Parts()[0])
		}
	}
	return nil
}

// React reacts to a post or comment. That it replaces a reaction that the actor has there already is assumed.
//
// Source: LinkedIn's page "Reactions API".
func (s *Service) React(ctx context.Context, actor, entity urn.URN, kind Reaction, options ...api.CallOption) error {
	s = linkedinapi.Made(s)
	call, err := s.caller.At(ctx, s.react, restli.Record{{Name: "actor", Value: actor}}, options)
	if err != nil {
		return err
	}
	if !isAuthor(actor) || entity.IsZero() || kind == "" {
		return wire.Refuse(call.Op, errors.New("a reaction needs its actor, the entity and its kind"))
	}
	_, err = s.caller.Send(ctx, call, "", map[string]any{"root": entity.String(), "reactionType": kind})
	return err
}

// Unreact takes an actor's reaction back. It is no error to do it twice.
func (s *Service) Unreact(ctx context.Context, actor, entity urn.URN, options ...api.CallOption) error {
	s = linkedinapi.Made(s)
	call, err := s.caller.At(ctx, s.unreact, nil, options, restli.Record{{Name: "actor", Value: actor}, {Name: "entity", Value: entity}})
	if err != nil {
		return err
	}
	if !isAuthor(actor) {
		return wire.Refuse(call.Op, errAuthor)
	}
	if _, err = s.caller.Send(ctx, call, "DELETE", nil); errors.Is(err, api.ErrNotFound) {
		return nil
	}
	return err
}

// Reactions returns one page of the reactions to a post or comment.
func (s *Service) Reactions(ctx context.Context, entity urn.URN, o Paging, options ...api.CallOption) (*api.Page[Reacted], error) {
	s = linkedinapi.Made(s)
	query := restli.Record{{Name: "q", Value: "entity"}, {Name: "sort", Value: restli.Raw("(value:REVERSE_CHRONOLOGICAL)")}}
	return linkedinapi.ListAt[Reacted](ctx, s.caller, s.reactions, query, linkedinapi.At{After: o.After, Start: o.Start, Count: o.Count}, options, restli.Record{{Name: "entity", Value: entity}})
}

// Counts is what socialMetadata says of a post or comment.
type Counts struct {
	// Reactions are the numbers by kind.
	Reactions map[Reaction]int64
	// Comments is how many comments there are, Top how many of them respond to no other. Each is -1 when not stated.
	Comments, Top int64
	// Raw is the response's JSON.
	Raw json.RawMessage
}

// UnmarshalJSON decodes the numbers. What is in another form than is known is left out.
func (c *Counts) UnmarshalJSON(data []byte) error {
	var read struct {
		Reactions json.RawMessage `json:"reactionSummaries"`
		Comments  json.RawMessage `json:"commentSummary"`
	}
	if err := codec.Decode(data, &read); err != nil {
		return err
	}
	*c = Counts{Reactions: map[Reaction]int64{}, Comments: -1, Top: -1, Raw: bytes.Clone(data)}
	var reactions map[Reaction]struct {
		Count linkedinapi.Number `json:"count"`
	}
	_ = codec.Decode(read.Reactions, &reactions)
	for kind, of := range reactions {
		c.Reactions[kind] = int64(of.Count)
	}
	var comments struct {
		Count *linkedinapi.Number `json:"count"`
		Top   *linkedinapi.Number `json:"topLevelCount"`
	}
	_ = codec.Decode(read.Comments, &comments)
	if comments.Count != nil {
		c.Comments = int64(*comments.Count)
	}
	if comments.Top != nil {
		c.Top = int64(*comments.Top)
	}
	return nil
}

// Counts returns how many reactions and comments a post or comment has.
//
// Source: LinkedIn's page "Social Metadata API".
func (s *Service) Counts(ctx context.Context, entity urn.URN, options ...api.CallOption) (*Counts, error) {
	s = linkedinapi.Made(s)
	call, err := s.caller.At(ctx, s.counts, nil, options, entity)
	if err != nil {
		return nil, err
	}
	var counts Counts
	call.Into = &counts
	if _, err := s.caller.Send(ctx, call, "", nil); err != nil {
		return nil, err
	}
	return &counts, nil
}

// Role is what a member may do for an organization.
type Role struct {
	// Organization is the organization (urn:li:organization:...), and Member who has the role.
	Organization, Member urn.URN
	// Role is such as ADMINISTRATOR or CONTENT_ADMINISTRATOR, and State such as APPROVED.
	Role, State string
	// Raw is the role's JSON.
	Raw json.RawMessage
}

// MayPost reports whether the role lets its member publish for the organization, as LinkedIn's table of roles has it.
func (r *Role) MayPost() bool {
	switch r.Role {
	case "ADMINISTRATOR", "DIRECT_SPONSORED_CONTENT_POSTER", "CONTENT_ADMINISTRATOR", "CONTENT_ADMIN":
		return r.State == "APPROVED"
	}
	return false
}

// UnmarshalJSON decodes a role and keeps its JSON.
func (r *Role) UnmarshalJSON(data []byte) error {
	var read struct {
		Organization linkedinapi.Text `json:"organization"`
		Target       linkedinapi.Text `json:"organizationTarget"` // of older versions
		Member       linkedinapi.Text `json:"roleAssignee"`
		Role         linkedinapi.Text `json:"role"`
		State        linkedinapi.Text `json:"state"`
	}
	if err := codec.Decode(data, &read); err != nil {
		return err
	}
	*r = Role{Role: string(read.Role), State: string(read.State), Raw: bytes.Clone(data)}
	if r.Organization, _ = urn.Parse(string(read.Organization)); r.Organization.IsZero() {
		r.Organization, _ = urn.Parse(string(read.Target))
	}
	r.Member, _ = urn.Parse(string(read.Member))
	return nil
}

// Pages returns one page of the roles that the token's member has in organizations: for those whose MayPost is true, the
// member may publish.
//
// Source: LinkedIn's page "Organization Access Control by Role".
func (s *Service) Pages(ctx context.Context, o Paging, options ...api.CallOption) (*api.Page[Role], error) {
	s = linkedinapi.Made(s)
	query := restli.Record{{Name: "q", Value: "roleAssignee"}, {Name: "state", Value: "APPROVED"}}
	return linkedinapi.ListAt[Role](ctx, s.caller, s.pages, query, linkedinapi.At{After: o.After, Start: o.Start, Count: o.Count}, options)
}
