package linkedin

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Member is a member of the fake LinkedIn.
type Member struct {
	// ID is the member's id.
	ID string
	// VanityName is the end of the profile's address.
	VanityName string
	// FirstName, LastName and Headline are the member's, in the locale en_US.
	FirstName, LastName, Headline string
	// Email is the member's address.
	Email string
}

// URN is the member's URN.
func (m Member) URN() string { return "urn:li:person:" + m.ID }

// Member is the one whose token every token is, also that of an app (assumed: LinkedIn would refuse it).
func (sb *Sandbox) Member() Member { return sb.state.people.all[0].Member }

// Connections are the first-degree connections of Member, in the order in which they are listed.
func (sb *Sandbox) Connections() []Member {
	var all []Member
	for _, p := range sb.state.people.all[1:] {
		all = append(all, p.Member)
	}
	return all
}

// Positions are the positions of a member by their ids, as JSON.
func (sb *Sandbox) Positions(memberID string) map[string]json.RawMessage {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	all := map[string]json.RawMessage{}
	if p := sb.state.people.byID(memberID); p != nil {
		for id, position := range p.positions {
			all[id], _ = json.Marshal(position) // it came as JSON
		}
	}
	return all
}

// Backgrounds are the addresses of the pictures that were made the background of a profile, by the endpoint that
// LinkedIn does not list.
func (sb *Sandbox) Backgrounds() []string {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	return slices.Clone(sb.state.people.backgrounds)
}

// SavedSearches are the searches that were saved, by the endpoint that LinkedIn does not list. Their ids are "1", "2" and
// so on.
func (sb *Sandbox) SavedSearches() []string {
	sb.state.mu.Lock()
	defer sb.state.mu.Unlock()
	return slices.Clone(sb.state.people.searches)
}

// memberSettings are the switches of what is in this file and its neighbours.
type memberSettings struct {
	connections   int
	scopes        []string
	unlisted      bool
	localeObject  bool
	failedEvery   int
	editStatus    int
	oldIDHeader   bool
	snapshotParts int
}

// selfServe are the scopes that every app can have.
var selfServe = []string{"openid", "profile", "email", "w_member_social"}

func newMemberSettings() memberSettings {
	return memberSettings{connections: 3, editStatus: 200, snapshotParts: 1}
}

// WithConnections sets how many first-degree connections the member has, up to 30,000. The default is 3.
func WithConnections(n int) Option {
	return func(s *settings) error {
		s.members.connections = n
		return between("WithConnections", n, 0, 30_000)
	}
}

// WithMemberScopes gives all tokens permissions, such as "r_basicprofile" or "r_1st_connections", besides those that a
// member has consented to, or those that every app can have (openid, profile, email, w_member_social), which the token of an
// app has (assumed). Without them the calls to members are refused with 403.
func WithMemberScopes(scopes ...string) Option {
	return func(s *settings) error {
		s.members.scopes = append(s.members.scopes, scopes...)
		return nil
	}
}

// WithUnlisted serves the endpoints that LinkedIn's reference does not list, and takes the bodies of shares and ugcPosts that
// document 002 has. By default they are 404 and 400, as they are with LinkedIn.
func WithUnlisted() Option {
	return func(s *settings) error {
		s.members.unlisted = true
		return nil
	}
}

// WithLocaleObject writes the locale of /v2/userinfo as an object, as it was seen. By default it is a text, as LinkedIn's
// page has it.
func WithLocaleObject() Option {
	return func(s *settings) error {
		s.members.localeObject = true
		return nil
	}
}

// WithFailedDecorations fails every so many decorations, in a response that is otherwise whole. The default is 0, none.
func WithFailedDecorations(every int) Option {
	return func(s *settings) error {
		s.members.failedEvery = every
		return between("WithFailedDecorations", every, 0, 1<<30)
	}
}

// WithEditStatus sets the status of a position that was changed or deleted: 200 unless set, as the page on Profile Edit has
// it, or 204, as Rest.li has it.
func WithEditStatus(status int) Option {
	return func(s *settings) error {
		if s.members.editStatus = status; status != 200 && status != 204 {
			return fmt.Errorf("sandbox: WithEditStatus: %d is neither 200 nor 204", status)
		}
		return nil
	}
}

// WithOldIDHeader names a new position in the header field X-LinkedIn-Id, as the page on Profile Edit has it. By default it
// is X-RestLi-Id.
func WithOldIDHeader() Option {
	return func(s *settings) error {
		s.members.oldIDHeader = true
		return nil
	}
}

// WithSnapshotParts sets in how many parts, one a page, the data of a domain is given, up to 100. The default is 1.
func WithSnapshotParts(n int) Option {
	return func(s *settings) error {
		s.members.snapshotParts = n
		return between("WithSnapshotParts", n, 1, 100)
	}
}

// person is a member with positions by id.
type person struct {
	Member

	positions map[string]map[string]any
}

// people are all members: the first is whose token it is, the others are connections.
type people struct {
	all         []*person
	ids         map[string]*person
	lastID      int
	backgrounds []string
	searches    []string
}

func (p *people) byID(id string) *person { return p.ids[id] }

func newPeople(s memberSettings) *people {
	p := &people{ids: map[string]*person{}, lastID: 47_301_313}
	lastNames := []string{"Smith", "Doe", "Okafor", "Nakamura", "García"}
	for i := range s.connections + 1 {
		m := Member{ID: "yr-ZC" + strconv.FormatInt(int64(i)+1e6, 36), FirstName: firstNames[i%len(firstNames)], LastName: lastNames[i%len(lastNames)], Headline: "Engineer"}
		m.VanityName = strings.ToLower(m.FirstName) + "-" + strconv.Itoa(i+1)
		m.Email = m.VanityName + "@example.com"
		one := &person{Member: m, positions: map[string]map[string]any{}}
		p.add(one, map[string]any{"title": localized("Engineer"), "companyName": localized("Example"), "startMonthYear": map[string]int{"month": 1, "year": 2020}})
		p.all = append(p.all, one)
		p.ids[m.ID] = one
	}
	return p
}

// add adds a position and returns its id.
func (p *people) add(to *person, position map[string]any) string {
	p.lastID++
	id := strconv.Itoa(p.lastID)
	held := maps.Clone(position)
	held["id"] = p.lastID
	to.positions[id] = held
	return id
}

// localized is a text in two locales, of which the member prefers en_US.
func localized(text string) map[string]any {
	return map[string]any{
		"localized":       map[string]string{"de_DE": text + " (de)", "en_US": text},
		"preferredLocale": map[string]string{"country": "US", "language": "en"},
	}
}

// record is what LinkedIn says of a member: all fields that there are, or those that come unasked.
func (p *person) record(all bool) map[string]any {
	r := map[string]any{
		"id": p.ID, "vanityName": p.VanityName, "profilePicture": map[string]any{"displayImage": p.asset()},
		"firstName": localized(p.FirstName), "lastName": localized(p.LastName), "headline": localized(p.Headline),
		"localizedFirstName": p.FirstName, "localizedLastName": p.LastName, "localizedHeadline": p.Headline,
	}
	if all {
		positions := map[string]any{}
		for id, position := range p.positions {
			positions[id] = position
		}
		r["positions"] = positions
	}
	return r
}

const assetPrefix = "urn:li:digitalmediaAsset:C4D03-"

func (p *person) asset() string { return assetPrefix + p.ID }
