package unlisted

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/members"
)

// ErrUnlisted is what the error of a response of 404 or 410 is, besides what it is otherwise: the endpoint is in no
// reference of LinkedIn's, and so most probably not there. The error's text names what to call instead.
var ErrUnlisted = errors.New("LinkedIn's reference does not list the endpoint")

// endpoint is one, and what to call instead of it.
type endpoint struct {
	*linkedinapi.Endpoint
	missing error
}

// Service is client.LinkedIn.Unlisted.
type Service struct {
	caller                                                 *linkedinapi.Caller
	byID, byVanityName, byFormattedName                    endpoint
	memberConnections, connections, network                endpoint
	putPosition, background, searchJobs, saveSearch, alert endpoint
}

// New is for package pronet, whose New makes the client that a program uses. It returns the service on a pipeline.
func New(p *transport.Pipeline, settings *linkedinapi.Settings) *Service {
	c := linkedinapi.NewCaller(p, settings)
	in := func(op wire.Op, instead string) endpoint {
		e := c.Endpoint(restli.V1, op) // the overview knows no protocol: no header field names one
		return endpoint{e, wire.Plain("the overview that describes it is not LinkedIn's: "+instead, nil)}
	}
	return &Service{
		caller: c,
		byID:   in(opMemberByID, insteadOfMember), byVanityName: in(opMemberByVanityName, insteadOfMember), byFormattedName: in(opMemberByFormattedName, insteadOfName),
		memberConnections: in(opMemberConnections, insteadOfConnections), connections: in(opConnections, insteadOfConnections), network: in(opNetwork, insteadOfNetwork),
		putPosition: in(opPutPosition, insteadOfPosition), background: in(opUploadBackground, insteadOfBackground),
		searchJobs: in(opSearchJobs, insteadOfSearch), saveSearch: in(opSaveSearch, insteadOfSaved), alert: in(opAlert, insteadOfSaved),
	}
}

// explain says of an error what LinkedIn has instead, when the endpoint is not there.
func (e endpoint) explain(err error) error {
	failure, ok := errors.AsType[*api.Error](err)
	if !ok || failure.Status != 404 && failure.Status != 410 {
		return err
	}
	explained := *failure // others may have seen it
	explained.Kinds = append(slices.Clone(failure.Kinds), ErrUnlisted)
	explained.Cause = e.missing
	return &explained
}

// Params are parameters that every reading call has.
type Params struct {
	// Format is the parameter format, "json" in the overview; it is not needed, and not sent when "".
	Format string
	// Extra are raw values by the name of their parameter, for what the overview names without one.
	Extra map[string]string
}

var errParams = errors.New("an extra parameter has a name, and not that of another parameter")

// add adds the parameters to a query, the extra ones by name.
func (p Params) add(query restli.Record, taken ...string) (restli.Record, error) {
	if p.Format != "" {
		query = append(query, restli.Field{Name: "format", Value: p.Format})
	}
	taken = append(taken, "format")
	for _, name := range slices.Sorted(maps.Keys(p.Extra)) {
		if name == "" || len(name) > 100 || slices.Contains(taken, name) || slices.ContainsFunc(query, func(f restli.Field) bool { return f.Name == name }) {
			return nil, errParams
		}
		query = append(query, restli.Field{Name: name, Value: restli.Raw(strings.ReplaceAll(url.QueryEscape(p.Extra[name]), "+", "%20"))})
	}
	return query, nil
}

// send makes a call and returns its response as it is, nil when it is empty.
func (s *Service) send(ctx context.Context, e endpoint, query restli.Record, body any, options []api.CallOption, path ...string) (json.RawMessage, transport.Response, error) {
	call, err := s.caller.At(ctx, e.Endpoint, query, options)
	if err != nil {
		return nil, transport.Response{}, err
	}
	var raw json.RawMessage
	call.Path = path
	call.Decode = func(body []byte) error {
		if body = bytes.TrimSpace(body); len(body) == 0 {
			return nil
		}
		var value any
		if err := codec.Decode(body, &value); err != nil {
			return err
		}
		raw = bytes.Clone(body)
		return nil
	}
	response, err := s.caller.Send(ctx, call, "", body)
	if err != nil {
		return nil, transport.Response{}, e.explain(err)
	}
	return raw, response, nil
}

// Lookup says how a member is looked up.
type Lookup struct {
	Params

	// Plain writes the path as the overview's examples have it (member/~testuser), instead of as its list of endpoints
	// does (member/~:testuser).
	Plain bool
}

var errKey = errors.New("the key of a member is empty, or has a slash")

// MemberByID looks up a member by the id of a public profile (GET /member/~:{public-profile-id}). The overview prints no
// response; that of /v2/me is assumed.
//
// Instead, LinkedIn has client.LinkedIn.Members.Get.
func (s *Service) MemberByID(ctx context.Context, id string, q Lookup, options ...api.CallOption) (*members.Member, error) {
	s = linkedinapi.Made(s)
	return s.member(ctx, s.byID, id, q, options)
}

// MemberByVanityName looks up a member by the end of the profile's address (GET /member/~testuser).
//
// Instead, LinkedIn has client.LinkedIn.Members.ByVanityName.
func (s *Service) MemberByVanityName(ctx context.Context, name string, q Lookup, options ...api.CallOption) (*members.Member, error) {
	s = linkedinapi.Made(s)
	return s.member(ctx, s.byVanityName, name, q, options)
}

// MemberByFormattedName looks up a member by name (GET /member/~:{formatted-name}).
//
// LinkedIn finds nobody by name.
func (s *Service) MemberByFormattedName(ctx context.Context, name string, q Lookup, options ...api.CallOption) (*members.Member, error) {
	s = linkedinapi.Made(s)
	return s.member(ctx, s.byFormattedName, name, q, options)
}

func (s *Service) member(ctx context.Context, e endpoint, key string, q Lookup, options []api.CallOption) (*members.Member, error) {
	if err := s.caller.Ready(ctx, e.Endpoint); err != nil {
		return nil, err
	}
	if key == "" || strings.ContainsAny(key, "/\x00\r\n") {
		return nil, wire.Refuse(e.Op, errKey)
	}
	query, err := q.add(nil)
	if err != nil {
		return nil, wire.Refuse(e.Op, err)
	}
	segment := "~:" + key
	if q.Plain {
		segment = "~" + key
	}
	call, err := s.caller.At(ctx, e.Endpoint, query, options)
	if err != nil {
		return nil, err
	}
	member := &members.Member{}
	call.Path, call.Into = []string{segment}, member
	if _, err := s.caller.Send(ctx, call, "", nil); err != nil {
		return nil, e.explain(err)
	}
	return member, nil
}

// Position is what PutPosition writes.
type Position struct {
	// Company is the company's name.
	Company string `json:"company"`
	// Title is what the member is there.
	Title string `json:"title"`
}

var errPosition = errors.New("both the company and the title are required")

// PutPosition adds a position to the profile of the member whose token it is (PUT /v2/me/positions). It returns the
// response's JSON, which the overview does not print; nil when it is empty.
//
// Instead, LinkedIn has client.LinkedIn.Members.CreatePosition. When the response was lost, the error is
// [api.ErrMaybeApplied].
func (s *Service) PutPosition(ctx context.Context, p Position, options ...api.CallOption) (json.RawMessage, error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.putPosition.Endpoint); err != nil {
		return nil, err
	}
	if p.Company == "" || p.Title == "" {
		return nil, wire.Refuse(s.putPosition.Op, errPosition)
	}
	raw, _, err := s.send(ctx, s.putPosition, nil, p, options)
	return raw, err
}

var errImage = errors.New("the image's address must be an https or http URL")

// UploadBackground makes the picture at an address the background of the member's profile (POST
// /v2/me/backgroundMediaUpload). It returns the response's JSON, which the overview does not print; nil when it is empty.
//
// LinkedIn's API can read that picture alone. When the response was lost, the error is [api.ErrMaybeApplied].
func (s *Service) UploadBackground(ctx context.Context, imageURL string, options ...api.CallOption) (json.RawMessage, error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.background.Endpoint); err != nil {
		return nil, err
	}
	if u, err := url.Parse(imageURL); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return nil, wire.Refuse(s.background.Op, errImage)
	}
	raw, _, err := s.send(ctx, s.background, nil, map[string]string{"image": imageURL}, options)
	return raw, err
}

// check is for parameters of letters, digits, "_" and "-".
func plainWord(word string) error {
	odd := strings.ContainsFunc(word, func(r rune) bool {
		return (r|0x20 < 'a' || r|0x20 > 'z') && (r < '0' || r > '9') && r != '_' && r != '-'
	})
	if word == "" || odd {
		return fmt.Errorf("%.40q is not of letters, digits, \"_\" and \"-\"", word)
	}
	return nil
}
