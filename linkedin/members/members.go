package members

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/codec"
	"github.com/pronet-go/pronet/internal/linkedinapi"
	"github.com/pronet-go/pronet/internal/restli"
	"github.com/pronet-go/pronet/internal/transport"
	"github.com/pronet-go/pronet/internal/wire"
	"github.com/pronet-go/pronet/linkedin/urn"
)

// Projection says which fields a response has, in LinkedIn's syntax, such as "(id,vanityName)"; "" is those that LinkedIn
// gives unasked. A field whose value is a URN can be decorated with what it names: "(profilePicture(displayImage~:playableStreams))".
//
// Source: LinkedIn's pages "Field projections" and "Decoration".
type Projection string

const (
	// Names is a member's names and headline.
	Names Projection = "(id,firstName,lastName,headline,vanityName,localizedFirstName,localizedLastName,localizedHeadline)"
	// WithPicture is Names and the addresses of the profile picture.
	WithPicture Projection = "(id,firstName,lastName,headline,vanityName,localizedFirstName,localizedLastName,localizedHeadline," +
		"profilePicture(displayImage~:playableStreams))"
)

const maxProjection = 3_000

var (
	errProjection = errors.New("a projection is fields in parentheses, such as (id,vanityName)")
	errPerson     = errors.New("the person has the form urn:li:person:abc")
	errVanityName = errors.New("the vanity name is the end of a profile's address, without slashes: of linkedin.com/in/jane-doe it is jane-doe")
	errNobody     = wire.Plain("no member has this vanity name", nil)
	errNoSub      = wire.Plain("the response names nobody", nil)
)

// check refuses what is not fields in parentheses.
func (p Projection) check() error {
	if len(p) > maxProjection {
		return errProjection
	}
	depth := 0
	for i, c := range string(p) {
		switch {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case (c|0x20 < 'a' || c|0x20 > 'z') && (c < '0' || c > '9') && !strings.ContainsRune(",*~:!_$.-", c):
			return errProjection
		}
		if (depth > 0) != (i < len(p)-1) { // the first parenthesis ends at the end
			return errProjection
		}
	}
	return nil
}

// add adds the projection to a query, put into what is around it.
func (p Projection) add(query restli.Record, before, after string) (restli.Record, error) {
	if p == "" {
		return query, nil
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	return append(query, restli.Field{Name: "projection", Value: restli.Raw(before + string(p) + after)}), nil
}

// checkPerson refuses what names nobody.
func checkPerson(op *wire.Op, person urn.URN) error {
	if person.Type() != "person" || person.ID() == "" {
		return wire.Refuse(op, errPerson)
	}
	return nil
}

// Service is client.LinkedIn.Members.
type Service struct {
	caller                                         *linkedinapi.Caller
	me, userInfo, get, getLegacy, vanity           *linkedinapi.Endpoint
	createPosition, updatePosition, deletePosition *linkedinapi.Endpoint
}

// opPicture is what the error of a picture names: several calls return one.
var opPicture = wire.Op{Name: "LinkedIn.Members (a picture)", Provider: api.LinkedIn}

// New is for package pronet, whose New makes the client that a program uses. It returns the services on a pipeline.
func New(p *transport.Pipeline, settings *linkedinapi.Settings) (*Service, *ConnectionService, *SnapshotService) {
	c := linkedinapi.NewCaller(p, settings)
	in := c.Endpoint
	return &Service{
			caller: c, me: in(restli.V2, opMe), userInfo: in(restli.V2, opUserInfo), get: in(restli.V2, opGet), getLegacy: in(restli.V1, opGetLegacy),
			vanity: in(restli.V2, opByVanityName), createPosition: in(restli.V1, opCreatePosition), updatePosition: in(restli.V1, opUpdatePosition),
			deletePosition: in(restli.V1, opDeletePosition),
		},
		&ConnectionService{caller: c, list: in(restli.V2, opConnections), total: in(restli.V2, opTotal), count: in(restli.V2, opCount)},
		&SnapshotService{caller: c, list: in(restli.V2, opSnapshot)}
}

// read makes a call that reads one thing. Keys are those of the path.
func read(ctx context.Context, c *linkedinapi.Caller, e *linkedinapi.Endpoint, query restli.Record, into any, options []api.CallOption, keys ...any) error {
	call, err := c.At(ctx, e, query, options, keys...)
	if err != nil {
		return err
	}
	call.Into = into
	_, err = c.Send(ctx, call, "", nil)
	return err
}

// Me returns the member whose token it is, with the fields of the projection.
//
// It needs r_basicprofile (before, r_liteprofile), which new apps do not get: they use [Service.UserInfo]. A token without
// it is [api.ErrForbidden].
//
// Source: LinkedIn's page "Profile API"; document 002, whose form of the response is decoded too.
func (s *Service) Me(ctx context.Context, projection Projection, options ...api.CallOption) (*Member, error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.me); err != nil {
		return nil, err
	}
	query, err := projection.add(nil, "", "")
	if err != nil {
		return nil, wire.Refuse(s.me.Op, err)
	}
	member := &Member{}
	if err := read(ctx, s.caller, s.me, query, member, options); err != nil {
		return nil, err
	}
	return member, nil
}

// Get returns a member, with the fields of the projection. What it has depends on the member's settings.
//
// It needs one of the permissions for profiles, none of which is open to every app. A member who is not there, or whom
// the token may not see, is [api.ErrNotFound] or [api.ErrForbidden].
//
// Source: LinkedIn's page "Profile API".
func (s *Service) Get(ctx context.Context, person urn.URN, projection Projection, options ...api.CallOption) (*Member, error) {
	s = linkedinapi.Made(s)
	return s.person(ctx, s.get, person, projection, options)
}

// GetLegacy is Get in protocol 1.0, which writes the path as people/id=abc, for what still asks for it.
func (s *Service) GetLegacy(ctx context.Context, person urn.URN, projection Projection, options ...api.CallOption) (*Member, error) {
	s = linkedinapi.Made(s)
	return s.person(ctx, s.getLegacy, person, projection, options)
}

func (s *Service) person(ctx context.Context, e *linkedinapi.Endpoint, person urn.URN, projection Projection, options []api.CallOption) (*Member, error) {
	if err := s.caller.Ready(ctx, e); err != nil {
		return nil, err
	}
	if err := checkPerson(e.Op, person); err != nil {
		return nil, err
	}
	query, err := projection.add(nil, "", "")
	if err != nil {
		return nil, wire.Refuse(e.Op, err)
	}
	member := &Member{}
	if err := read(ctx, s.caller, e, query, member, options, keyOf(person)); err != nil {
		return nil, err
	}
	return member, nil
}

// keyOf is the key of a person in a path.
func keyOf(person urn.URN) restli.Record { return restli.Record{{Name: "id", Value: person.ID()}} }

// ByVanityName returns the member whose public profile has this address: of linkedin.com/in/jane-doe it is "jane-doe".
// Nobody is [api.ErrNotFound].
//
// It needs r_compliance, a closed permission, and counts against linkedin.ClassVanity, 500 a day for an app. Nothing of
// LinkedIn's finds people by their names.
//
// Source: LinkedIn's compliance pages, lookup by vanity name.
func (s *Service) ByVanityName(ctx context.Context, name string, projection Projection, options ...api.CallOption) (*Member, error) {
	s = linkedinapi.Made(s)
	if err := s.caller.Ready(ctx, s.vanity); err != nil {
		return nil, err
	}
	if name == "" || len(name) > 200 || strings.ContainsAny(name, "/?#\x00\r\n") {
		return nil, wire.Refuse(s.vanity.Op, errVanityName)
	}
	query, err := projection.add(restli.Record{{Name: "q", Value: "vanityName"}, {Name: "vanityName", Value: name}}, "(elements*", ")")
	if err != nil {
		return nil, wire.Refuse(s.vanity.Op, err)
	}
	var found struct {
		Elements []Member `json:"elements"`
	}
	if err := read(ctx, s.caller, s.vanity, query, &found, options); err != nil {
		return nil, err
	}
	if len(found.Elements) == 0 {
		return nil, wire.NewError(s.vanity.Op, api.ErrNotFound, errNobody)
	}
	return &found.Elements[0], nil
}

// UserInfo is who has logged in with LinkedIn, as OpenID Connect has it.
type UserInfo struct {
	// Sub is the member's id, which differs from app to app.
	Sub string
	// Name, GivenName and FamilyName are the member's. They need the scope profile.
	Name, GivenName, FamilyName string
	// Picture is the address of the profile picture; "" when there is none.
	Picture string
	// Locale is the member's, such as "en-US". LinkedIn sends it as a text or as an object.
	Locale string
	// Email is the primary address; "" without the scope email, or when there is none.
	Email string
	// EmailVerified says that LinkedIn has checked the address.
	EmailVerified bool
	// Raw is the response's JSON, with what has no field here.
	Raw json.RawMessage
}

// URN is the member's URN, as author of a post; zero without a Sub.
func (u *UserInfo) URN() urn.URN {
	if u == nil {
		return urn.URN{}
	}
	who, _ := urn.New("person", u.Sub) // the zero URN when there is no Sub
	return who
}

// UnmarshalJSON decodes it and keeps its JSON. What is in another form than is known is left zero.
func (u *UserInfo) UnmarshalJSON(data []byte) error {
	var raw struct {
		Sub        linkedinapi.Text `json:"sub"`
		Name       linkedinapi.Text `json:"name"`
		GivenName  linkedinapi.Text `json:"given_name"`
		FamilyName linkedinapi.Text `json:"family_name"`
		Picture    linkedinapi.Text `json:"picture"`
		Email      linkedinapi.Text `json:"email"`
		Verified   json.RawMessage  `json:"email_verified"`
		Locale     json.RawMessage  `json:"locale"`
	}
	if err := codec.Decode(data, &raw); err != nil {
		return err
	}
	*u = UserInfo{
		Sub: string(raw.Sub), Name: string(raw.Name), GivenName: string(raw.GivenName), FamilyName: string(raw.FamilyName), Picture: string(raw.Picture),
		Email: string(raw.Email), EmailVerified: strings.Trim(string(raw.Verified), `"`) == "true", Raw: bytes.Clone(data),
	}
	var text linkedinapi.Text
	var object locale
	_ = text.UnmarshalJSON(raw.Locale)
	if text == "" && codec.Decode(raw.Locale, &object) == nil {
		text = linkedinapi.Text(object.join("-"))
	}
	u.Locale = strings.ReplaceAll(string(text), "_", "-")
	return nil
}

// UserInfo returns who has logged in. It needs the scope openid, which every app can have, and profile and email for what
// they name.
//
// Source: LinkedIn's page "Sign In with LinkedIn using OpenID Connect".
func (s *Service) UserInfo(ctx context.Context, options ...api.CallOption) (*UserInfo, error) {
	s = linkedinapi.Made(s)
	call, err := s.caller.At(ctx, s.userInfo, nil, options)
	if err != nil {
		return nil, err
	}
	info := &UserInfo{}
	call.Into, call.Check = info, func() error {
		if info.Sub == "" {
			return errNoSub
		}
		return nil
	}
	if _, err := s.caller.Send(ctx, call, "", nil); err != nil {
		return nil, err
	}
	return info, nil
}
