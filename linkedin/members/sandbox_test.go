package members_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/members"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

// TestAMemberOfTheSandbox in each of the ways to read one, with either form of the locale.
func TestAMemberOfTheSandbox(t *testing.T) {
	for _, options := range [][]sandbox.Option{nil, {fake.WithLocaleObject()}} {
		sb, client := sandboxtest.Start(t, everything(options...)...)
		want := sb.LinkedIn.Member()
		ctx, who := t.Context(), mustParse(t, want.URN())
		info, err := client.LinkedIn.Members.UserInfo(ctx)
		require.NoError(t, err)
		assert.Equal(t, []string{want.ID, want.FirstName, want.LastName, want.Email, "en-US"}, []string{info.Sub, info.GivenName, info.FamilyName, info.Email, info.Locale})
		for name, read := range map[string]func() (*members.Member, error){
			"me":  func() (*members.Member, error) { return client.LinkedIn.Members.Me(ctx, members.WithPicture) },
			"get": func() (*members.Member, error) { return client.LinkedIn.Members.Get(ctx, who, members.WithPicture) },
			"get legacy": func() (*members.Member, error) {
				return client.LinkedIn.Members.GetLegacy(ctx, who, members.WithPicture)
			},
			"vanity": func() (*members.Member, error) {
				return client.LinkedIn.Members.ByVanityName(ctx, want.VanityName, members.WithPicture)
			},
		} {
			got, err := read()
			require.NoError(t, err, name)
			assert.Equal(t, []string{want.ID, want.FirstName, want.LastName, want.Headline, want.VanityName}, []string{got.ID, got.FirstName, got.LastName, got.Headline, got.VanityName}, name)
			assert.Equal(t, want.FirstName+" (de)", got.Localized["firstName"].Texts["de_DE"])
			require.Len(t, got.Picture.Images, 2, name)
			assert.Equal(t, [2]int{800, 800}, [2]int{got.Picture.Images[1].Width, got.Picture.Images[1].Height})
			assert.False(t, got.Picture.Images[0].Expires.IsZero())
		}
		_, err = client.LinkedIn.Members.ByVanityName(ctx, "nobody-at-all", "")
		require.ErrorIs(t, err, api.ErrNotFound)
		_, err = client.LinkedIn.Members.Get(ctx, person(t, "nobody"), "")
		require.ErrorIs(t, err, api.ErrNotFound)
		_, err = client.LinkedIn.Connections.Count(ctx, mustParse(t, sb.LinkedIn.Connections()[0].URN()))
		require.ErrorIs(t, err, api.ErrForbidden, "of others LinkedIn does not tell")
	}
}

// TestPositions are written, changed and deleted, whatever LinkedIn's status and header field.
func TestPositions(t *testing.T) {
	for name, options := range map[string][]sandbox.Option{"as the page has it": {fake.WithOldIDHeader()}, "as Rest.li has it": {fake.WithEditStatus(http.StatusNoContent)}} {
		t.Run(name, func(t *testing.T) {
			sb, client := sandboxtest.Start(t, everything(options...)...)
			ctx, me := t.Context(), sb.LinkedIn.Member()
			who, m := mustParse(t, me.URN()), client.LinkedIn.Members
			before := sb.LinkedIn.Positions(me.ID)
			id, err := m.CreatePosition(ctx, who, members.PositionEdit{
				Title: members.Text("en_US", "Engineer"), CompanyName: members.Text("en_US", "LinkedIn"), Description: members.Text("en_US", "Built things"),
				Start: members.MonthYear{Month: 1, Year: 2015}, End: members.MonthYear{Year: 2016},
			})
			require.NoError(t, err)
			require.NoError(t, m.UpdatePosition(ctx, who, id, members.PositionEdit{Title: members.Text("en_US", "Director"), Delete: []string{"endMonthYear"}}))
			got, err := m.Get(ctx, who, "(id,positions)")
			require.NoError(t, err)
			require.Len(t, got.Positions, 2)
			p := got.Positions[1] // the other one is newer
			assert.Equal(t, []string{id, "Director", "LinkedIn", "Built things"}, []string{p.ID, p.Title, p.CompanyName, p.Description})
			assert.Equal(t, members.MonthYear{Month: 1, Year: 2015}, p.Start)
			assert.Zero(t, p.End)
			require.NoError(t, m.DeletePosition(ctx, who, id))
			require.ErrorIs(t, m.DeletePosition(ctx, who, id), api.ErrNotFound)
			require.ErrorIs(t, m.UpdatePosition(ctx, who, id, members.PositionEdit{Delete: []string{"x"}}), api.ErrNotFound)
			assert.Equal(t, before, sb.LinkedIn.Positions(me.ID))
			_, err = m.CreatePosition(ctx, who, members.PositionEdit{Title: members.Text("en_US", "Engineer")})
			require.ErrorIs(t, err, api.ErrInvalid, "a company is missing")
			details, ok := linkedin.DetailsOf(err)
			require.True(t, ok)
			assert.Contains(t, details.Message, "/companyName")
		})
	}
}

// TestANewPositionWithoutAnID was created all the same.
func TestANewPositionWithoutAnID(t *testing.T) {
	client := sandboxtest.ConnectLinkedIn(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusCreated) }))
	id, err := client.LinkedIn.Members.CreatePosition(t.Context(), person(t, "x"), members.PositionEdit{Title: members.Text("en_US", "x")})
	require.NoError(t, err)
	assert.Empty(t, id)
}

// TestConnectionsAreWalked to their end, whatever the paging says; one that cannot be decorated is an error of its own.
func TestConnectionsAreWalked(t *testing.T) {
	for name, options := range map[string][]sandbox.Option{
		"links": nil, "no links": {fake.WithoutNextLinks()}, "no total": {fake.WithoutNextLinks(), fake.WithTotal(fake.TotalAbsent)},
		"total 0": {fake.WithoutNextLinks(), fake.WithTotal(fake.TotalZero)},
	} {
		t.Run(name, func(t *testing.T) {
			sb, client := sandboxtest.Start(t, everything(append(options, fake.WithConnections(250), fake.WithFailedDecorations(7))...)...)
			ctx, want := t.Context(), sb.LinkedIn.Connections()
			for _, decorate := range []members.Projection{"", members.Names} {
				n, failed := 0, 0
				for c, err := range client.LinkedIn.Connections.All(ctx, members.ConnectionQuery{Decorate: decorate}) {
					require.NoError(t, err)
					assert.Equal(t, want[n].URN(), c.Person.String())
					n++
					switch {
					case decorate == "":
						assert.Nil(t, c.Member)
						require.NoError(t, c.Err)
					case c.Err != nil:
						failed++
						assert.Nil(t, c.Member)
						require.ErrorIs(t, c.Err, api.ErrRateLimited)
						details, ok := linkedin.DetailsOf(c.Err)
						assert.True(t, ok)
						assert.Equal(t, 101, details.ServiceErrorCode)
					default:
						assert.Equal(t, want[n-1].FirstName, c.Member.FirstName)
					}
				}
				assert.Equal(t, 250, n)
				if decorate != "" {
					assert.Equal(t, 14+14+7, failed, "of pages of 100, 100 and 50")
				}
			}
			total, err := client.LinkedIn.Connections.Total(ctx)
			if name == "no total" {
				require.ErrorIs(t, err, api.ErrUnexpectedResponse)
			} else {
				require.NoError(t, err)
				assert.Equal(t, map[string]int{"links": 250, "no links": 250, "total 0": 0}[name], total)
			}
			count, err := client.LinkedIn.Connections.Count(ctx, mustParse(t, sb.LinkedIn.Member().URN()))
			require.NoError(t, err)
			assert.Equal(t, 250, count)
		})
	}
}

// TestConnectionsOfTheSamples decodes what LinkedIn's pages print.
func TestConnectionsOfTheSamples(t *testing.T) {
	page, err := responding(t, sample(t, "connections_response.json")).LinkedIn.Connections.List(t.Context(), members.ConnectionQuery{Count: 50})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	assert.Equal(t, "urn:li:person:9HfhE6QlBz", page.Items[0].Person.String())
	assert.Equal(t, [2]any{"", int64(1)}, [2]any{page.Next, page.Total})
	count, err := responding(t, sample(t, "connections_size_response.json")).LinkedIn.Connections.Count(t.Context(), person(t, "x"))
	require.NoError(t, err)
	assert.Equal(t, 504, count)
	total, err := responding(t, sample(t, "connections_size_paging_response.json")).LinkedIn.Connections.Total(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 42, total)
	for _, body := range []string{`{}`, `{"firstDegreeSize":-1}`, `{"firstDegreeSize":99999999999}`, `[]`, `7`} {
		_, err := responding(t, []byte(body)).LinkedIn.Connections.Count(t.Context(), person(t, "x"))
		require.ErrorIs(t, err, api.ErrUnexpectedResponse, body)
	}
	_, err = responding(t, []byte(`{"name":"x"}`)).LinkedIn.Members.UserInfo(t.Context())
	require.ErrorIs(t, err, api.ErrUnexpectedResponse, "nobody")
	var c members.Connection
	require.NoError(t, json.Unmarshal([]byte(`{"to~":{"id":"abc"},"to!":{"status":"no number"}}`), &c))
	assert.Equal(t, "urn:li:person:abc", c.Person.String())
	require.ErrorIs(t, c.Err, api.ErrUnexpectedResponse)
}

// TestSnapshots: each page is one part of a domain, and a domain without data is ErrNotFound.
func TestSnapshots(t *testing.T) {
	sb, client := sandboxtest.Start(t, everything(fake.WithConnections(25), fake.WithSnapshotParts(4))...)
	ctx, urls, parts := t.Context(), map[string]bool{}, 0
	for part, err := range client.LinkedIn.Snapshot.All(ctx, members.SnapshotQuery{Domain: members.DomainConnections}) {
		require.NoError(t, err)
		parts++
		assert.Equal(t, members.DomainConnections, part.Domain)
		for _, row := range part.Rows {
			urls[row["URL"]] = true
			assert.NotEmpty(t, row["Connected On"])
		}
	}
	assert.Equal(t, [2]int{4, 25}, [2]int{parts, len(urls)})
	assert.True(t, urls["https://www.linkedin.com/in/"+sb.LinkedIn.Connections()[24].VanityName])
	domains := map[members.Domain]int{}
	for part, err := range client.LinkedIn.Snapshot.All(ctx, members.SnapshotQuery{}) {
		require.NoError(t, err)
		domains[part.Domain]++
	}
	assert.Equal(t, map[members.Domain]int{members.DomainConnections: 4, members.DomainProfile: 1}, domains)
	_, err := client.LinkedIn.Snapshot.List(ctx, members.SnapshotQuery{Domain: members.DomainSkills})
	require.ErrorIs(t, err, api.ErrNotFound)

	page, err := responding(t, sample(t, "snapshot_response.json")).LinkedIn.Snapshot.List(ctx, members.SnapshotQuery{Domain: members.DomainProfile})
	require.NoError(t, err)
	assert.Equal(t, "?count=10&domain=PROFILE&q=criteria&start=1", page.Next)
	assert.Equal(t, "Rita", page.Items[0].Rows[0]["First Name"])
	var one members.Snapshot
	require.NoError(t, json.Unmarshal([]byte(`{"snapshotDomain":"PROFILE","snapshotData":{"a":"b","c":7,"d":{"e":1}}}`), &one))
	assert.Equal(t, []map[string]string{{"a": "b", "c": "7", "d": `{"e":1}`}}, one.Rows)
}

// TestVersionOfSnapshots is the one that LinkedIn's page has, unless another is set.
func TestVersionOfSnapshots(t *testing.T) {
	var version string
	for want, options := range map[string][]pronet.LinkedInOption{"202312": nil, "202408": {pronet.LinkedInBase(linkedin.Snapshot, "/rest", "202408")}} {
		client := sandboxtest.ConnectLinkedIn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			version = r.Header.Get("Linkedin-Version")
			_, _ = w.Write([]byte(`{"elements":[]}`))
		}), options...)
		require.NoError(t, only(client.LinkedIn.Snapshot.List(t.Context(), members.SnapshotQuery{})))
		assert.Equal(t, want, version)
	}
}

// FuzzDecoding: whatever a response holds, decoding ends without a panic, what is kept decodes to the same again, and an
// error that it names prints nothing of it.
func FuzzDecoding(f *testing.F) {
	for _, name := range []string{
		"me_response.json", "people_by_vanity_response.json", "picture_response.json", "decoration_partial_failure.json", "oidc_userinfo_locale_object.json",
		"position_create_request.json", "snapshot_response.json",
	} {
		f.Add(sample(f, name))
	}
	f.Add([]byte(`{"to":"urn:li:person:x","to~":{"id":"x"},"to!":{"status":403,"code":"A","message":"b"}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		again := func(into, other json.Unmarshaler, raw func() json.RawMessage) {
			if into.UnmarshalJSON(data) != nil || raw() == nil {
				return
			}
			require.NoError(t, other.UnmarshalJSON(raw()))
		}
		var m, m2 members.Member
		again(&m, &m2, func() json.RawMessage { return m.Raw })
		require.Equal(t, m.FirstName, m2.FirstName)
		require.Len(t, m2.Positions, len(m.Positions))
		var u, u2 members.UserInfo
		again(&u, &u2, func() json.RawMessage { return u.Raw })
		require.Equal(t, u, u2)
		var s, s2 members.Snapshot
		again(&s, &s2, func() json.RawMessage { return s.Raw })
		require.Equal(t, s, s2)
		var c, c2 members.Connection
		again(&c, &c2, func() json.RawMessage { return c.Raw })
		require.Equal(t, c.Person, c2.Person)
		if c.Err != nil {
			require.Less(t, len(c.Err.Error()), 400)
		}
		var l members.Localized
		require.NoError(t, l.UnmarshalJSON(data))
		if text := l.String(); text != "" {
			found := false
			for one := range maps.Values(l.Texts) {
				found = found || one == text
			}
			require.True(t, found, strconv.Quote(text))
		}
	})
}
