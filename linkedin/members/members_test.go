package members_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet"
	"github.com/pronet-go/pronet/api"
	"github.com/pronet-go/pronet/internal/pronettest/sandboxtest"
	"github.com/pronet-go/pronet/linkedin"
	"github.com/pronet-go/pronet/linkedin/members"
	"github.com/pronet-go/pronet/linkedin/urn"
	"github.com/pronet-go/pronet/sandbox"
	fake "github.com/pronet-go/pronet/sandbox/linkedin"
)

func sample(t testing.TB, name string) []byte {
	t.Helper()
	content, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return content
}

// responding returns a client of a LinkedIn that always sends this response.
func responding(t *testing.T, body []byte) *pronet.Client {
	t.Helper()
	return sandboxtest.ConnectLinkedIn(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(body) }))
}

func person(t testing.TB, id string) urn.URN {
	t.Helper()
	u, err := urn.New("person", id)
	require.NoError(t, err)
	return u
}

// TestMembersOfTheSamples decodes what LinkedIn's pages print.
func TestMembersOfTheSamples(t *testing.T) {
	me, err := responding(t, sample(t, "me_response.json")).LinkedIn.Members.Me(t.Context(), "")
	require.NoError(t, err)
	assert.Equal(t, []string{"yrZCpj2Z12", "Bob", "Smith", "API Enthusiast at LinkedIn", "bsmith"}, []string{me.ID, me.FirstName, me.LastName, me.Headline, me.VanityName})
	assert.Equal(t, "urn:li:person:yrZCpj2Z12", me.URN().String())
	assert.Equal(t, "urn:li:digitalmediaAsset:C4D00AAAAbBCDEFGhiJ", me.Picture.Asset.String())
	assert.Equal(t, members.Localized{Texts: map[string]string{"en_US": "Bob"}, Preferred: "en_US"}, me.Localized["firstName"])
	assert.Len(t, me.Localized, 3)
	assert.JSONEq(t, string(sample(t, "me_response.json")), string(me.Raw))

	found, err := responding(t, sample(t, "people_by_vanity_response.json")).LinkedIn.Members.ByVanityName(t.Context(), "bsmith", "")
	require.NoError(t, err)
	assert.Equal(t, []string{"Bob", "Smith", "API Enthusiast", "bsmith"}, []string{found.FirstName, found.LastName, found.Headline, found.VanityName})
	require.Len(t, found.Positions, 1)
	assert.Equal(t, "47301314", found.Positions[0].ID)
	assert.Equal(t, "LinkedIn", found.Positions[0].CompanyName)
	assert.Equal(t, time.UnixMilli(1445470140154).UTC(), found.Positions[0].Created)

	for _, file := range []string{"oidc_userinfo_locale_object.json", "oidc_userinfo_locale_string.json"} {
		who, err := responding(t, sample(t, file)).LinkedIn.Members.UserInfo(t.Context())
		require.NoError(t, err, file)
		assert.Equal(t, []string{"782bbtaQ", "John Doe", "John", "Doe", "en-US", "doe@email.com"}, []string{who.Sub, who.Name, who.GivenName, who.FamilyName, who.Locale, who.Email}, file)
		assert.True(t, who.EmailVerified)
		assert.Contains(t, who.Picture, "https://media.licdn")
		assert.Equal(t, "urn:li:person:782bbtaQ", who.URN().String())
	}

	pictured, err := responding(t, sample(t, "picture_response.json")).LinkedIn.Members.Me(t.Context(), members.WithPicture)
	require.NoError(t, err)
	require.NoError(t, pictured.Picture.Err)
	assert.Equal(t, []members.Image{{
		URL: "https://media.example.com/100_100", MediaType: "image/jpeg", Width: 100, Height: 100, Expires: time.Unix(1526940000, 0).UTC(),
	}}, pictured.Picture.Images)

	failed, err := responding(t, sample(t, "decoration_partial_failure.json")).LinkedIn.Members.Me(t.Context(), members.WithPicture)
	require.NoError(t, err)
	assert.Equal(t, "z6_nnTIGu-", failed.ID)
	require.ErrorIs(t, failed.Picture.Err, api.ErrRateLimited)
	details, ok := linkedin.DetailsOf(failed.Picture.Err)
	require.True(t, ok)
	assert.Equal(t, 101, details.ServiceErrorCode)
	assert.NotContains(t, failed.Picture.Err.Error(), "throttle limit", "what LinkedIn wrote is not printed")

	var decorated struct {
		Owner members.Member `json:"owner~"`
	}
	require.NoError(t, json.Unmarshal(sample(t, "decoration_success.json"), &decorated))
	assert.Equal(t, [2]string{"Schrute", "Dwight"}, [2]string{decorated.Owner.FirstName, decorated.Owner.LastName})
}

// TestLocales: the preferred locale, its language, what LinkedIn resolved, and the first there is.
func TestLocales(t *testing.T) {
	for body, want := range map[string]string{
		`{"firstName":{"localized":{"de_DE":"Robert","en_US":"Bob"},"preferredLocale":{"country":"US","language":"en"}},"localizedFirstName":"Bobby"}`: "Bob",
		`{"firstName":{"localized":{"de_DE":"Robert","en_GB":"Bob"},"preferredLocale":{"country":"US","language":"en"}},"localizedFirstName":"Bobby"}`: "Bob",
		`{"firstName":{"localized":{"de":"Robert","en":"Bob"},"preferredLocale":{"language":"en"}}}`:                                                   "Bob",
		`{"firstName":{"localized":{"de_DE":"Robert"},"preferredLocale":{"country":"US","language":"en"}},"localizedFirstName":"Bob"}`:                 "Bob",
		`{"firstName":{"localized":{"de_DE":"Robert","fr_FR":"Bob"},"preferredLocale":{"country":"US","language":"en"}}}`:                              "Robert",
		`{"firstName":{"localized":{"fr_FR":"Bob","it_IT":"Roberto"}}}`:                                                                                "Bob",
		`{"firstName":{"localized":{"en_US":{"rawText":"Bob"}},"preferredLocale":{"country":"US","language":"en"}}}`:                                   "Bob",
		`{"localizedFirstName":"Bob"}`:                       "Bob",
		`{"firstName":"Bob"}`:                                "Bob",
		`{"firstName":{"localized":{}}}`:                     "",
		`{"firstName":{"localized":7},"lastName":[{}]}`:      "",
		`{"firstName":{"localized":{"en_US":7,"de_DE":{}}}}`: "",
		`{"firstName":7}`:                                    "7",
		`{}`:                                                 "",
	} {
		var m members.Member
		require.NoError(t, json.Unmarshal([]byte(body), &m), body)
		assert.Equal(t, want, m.FirstName, body)
	}
	assert.Equal(t, "Engineer", members.Text("en_US", "Engineer").String())
	assert.Empty(t, members.Localized{}.String())
}

// TestPositionsInEachForm: a map by id, a list, a list in values; the newest first, odd ones left out.
func TestPositionsInEachForm(t *testing.T) {
	for body, want := range map[string][]string{
		`{"positions":{"9":{"id":9},"10":{"id":10,"startMonthYear":{"year":2015}},"11":{"id":11,"startMonthYear":{"year":"2020","month":"3"}},"_total":3}}`: {"11", "10", "9"},
		`{"positions":[{"id":1},{"id":"2"},null,7,{"id":3}]}`: {"1", "2", "3"},
		`{"positions":{"values":[{"id":1}]}}`:                 {"1"},
		`{"positions":{"values":{"id":1}}}`:                   {"1"},
		`{"positions":7}`:                                     nil,
		`{"positions":null}`:                                  nil,
	} {
		var m members.Member
		require.NoError(t, json.Unmarshal([]byte(body), &m), body)
		var ids []string
		for _, p := range m.Positions {
			ids = append(ids, p.ID)
		}
		assert.Equal(t, want, ids, body)
	}
	var p members.Position
	require.NoError(t, json.Unmarshal([]byte(`{"company":"urn:li:organization:7","startMonthYear":{"month":13,"year":2020},"endMonthYear":7,"created":-5}`), &p))
	assert.Equal(t, "urn:li:organization:7", p.Company.String())
	assert.Zero(t, p.Start)
	assert.Zero(t, p.Created)
}

// sent is a request as it arrived.
type sent struct{ method, target, protocol, version, restli, body string }

// TestRequestsOnTheWire: paths, queries, headers and bodies of every call, seen by a server that knows nothing of the client.
func TestRequestsOnTheWire(t *testing.T) {
	var got sent
	client := sandboxtest.ConnectLinkedIn(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		h := r.Header
		got = sent{r.Method, r.URL.EscapedPath() + strings.TrimSuffix("?"+r.URL.RawQuery, "?"), h.Get("X-Restli-Protocol-Version"), h.Get("Linkedin-Version"), h.Get("X-Restli-Method"), string(body)}
		_, _ = io.WriteString(w, `{"sub":"x","elements":[{}],"firstDegreeSize":504,"paging":{"total":42}}`)
	}))
	who := person(t, "-f_Ut43FoQ")
	edit := members.PositionEdit{
		Company: mustParse(t, "urn:li:organization:1337"), CompanyName: members.Text("en_US", "LinkedIn"), Title: members.Text("en_US", "Engineer"),
		Description: members.Text("en_US", "Built things"), LocationName: members.Text("en_US", "San Francisco Bay Area"), Country: "us", Region: 84,
		Start: members.MonthYear{Month: 1, Year: 2015},
	}
	change := members.PositionEdit{Title: members.Text("en_US", "Senior Engineer"), End: members.MonthYear{Month: 1, Year: 2016}}
	const two, zero = "2.0.0", ""
	for name, tt := range map[string]struct {
		want sent
		call func(context.Context) error
	}{
		"me":     {sent{"GET", "/v2/me", two, "", "", ""}, func(ctx context.Context) error { return only(client.LinkedIn.Members.Me(ctx, "")) }},
		"me, id": {sent{"GET", "/v2/me?projection=(id)", two, "", "", ""}, func(ctx context.Context) error { return only(client.LinkedIn.Members.Me(ctx, "(id)")) }},
		"picture": {sent{"GET", "/v2/me?projection=(id,profilePicture(displayImage~:playableStreams))", two, "", "", ""}, func(ctx context.Context) error {
			return only(client.LinkedIn.Members.Me(ctx, "(id,profilePicture(displayImage~:playableStreams))"))
		}},
		"userinfo": {sent{"GET", "/v2/userinfo", two, "", "", ""}, func(ctx context.Context) error { return only(client.LinkedIn.Members.UserInfo(ctx)) }},
		"get":      {sent{"GET", "/v2/people/(id:-f_Ut43FoQ)", two, "", "", ""}, func(ctx context.Context) error { return only(client.LinkedIn.Members.Get(ctx, who, "")) }},
		"get 1.0":  {sent{"GET", "/v2/people/id=-f_Ut43FoQ?projection=(id)", zero, "", "", ""}, func(ctx context.Context) error { return only(client.LinkedIn.Members.GetLegacy(ctx, who, "(id)")) }},
		"odd id": {sent{"GET", "/v2/people/(id:a%2Fb%253F%27%3A)", two, "", "", ""}, func(ctx context.Context) error {
			return only(client.LinkedIn.Members.Get(ctx, mustParse(t, "urn:li:person:a/b%3F':"), ""))
		}},
		"vanity": {sent{"GET", "/v2/people?q=vanityName&vanityName=b%C3%B6b%20%26%20co", two, "", "", ""}, func(ctx context.Context) error {
			return only(client.LinkedIn.Members.ByVanityName(ctx, "böb & co", ""))
		}},
		"vanity, projected": {sent{"GET", "/v2/people?q=vanityName&vanityName=bob&projection=(elements*(id))", two, "", "", ""}, func(ctx context.Context) error { return only(client.LinkedIn.Members.ByVanityName(ctx, "bob", "(id)")) }},
		"create":            {sent{"POST", "/v2/people/id=-f_Ut43FoQ/positions", zero, "", "", string(sample(t, "position_create_request.json"))}, func(ctx context.Context) error { return only(client.LinkedIn.Members.CreatePosition(ctx, who, edit)) }},
		"update":            {sent{"POST", "/v2/people/id=-f_Ut43FoQ/positions/7", zero, "", "PARTIAL_UPDATE", string(sample(t, "position_partial_update_request.json"))}, func(ctx context.Context) error { return client.LinkedIn.Members.UpdatePosition(ctx, who, "7", change) }},
		"update, delete": {sent{"POST", "/v2/people/id=-f_Ut43FoQ/positions/7", zero, "", "PARTIAL_UPDATE", `{"patch":{"$delete":["endMonthYear"]}}`}, func(ctx context.Context) error {
			return client.LinkedIn.Members.UpdatePosition(ctx, who, "7", members.PositionEdit{Delete: []string{"endMonthYear"}})
		}},
		"update, more": {sent{"POST", "/v2/people/id=-f_Ut43FoQ/positions/7", zero, "", "PARTIAL_UPDATE", `{"patch":{"$set":{"x":1}}}`}, func(ctx context.Context) error {
			return client.LinkedIn.Members.UpdatePosition(ctx, who, "7", members.PositionEdit{More: map[string]any{"x": 1}})
		}},
		"delete": {sent{"DELETE", "/v2/people/id=-f_Ut43FoQ/positions/7", zero, "", "", ""}, func(ctx context.Context) error { return client.LinkedIn.Members.DeletePosition(ctx, who, "7") }},
		"connections": {sent{"GET", "/v2/connections?q=viewer&start=0&count=50", two, "", "", ""}, func(ctx context.Context) error {
			return only(client.LinkedIn.Connections.List(ctx, members.ConnectionQuery{Count: 50}))
		}},
		"decorated": {sent{"GET", "/v2/connections?q=viewer&projection=(elements*(to~(id,vanityName)),paging)&start=10&count=100", two, "", "", ""}, func(ctx context.Context) error {
			return only(client.LinkedIn.Connections.List(ctx, members.ConnectionQuery{Decorate: "(id,vanityName)", Start: 10}))
		}},
		"count": {sent{"GET", "/v2/connections/urn%3Ali%3Aperson%3A-f_Ut43FoQ", two, "", "", ""}, func(ctx context.Context) error { return only(client.LinkedIn.Connections.Count(ctx, who)) }},
		"total": {sent{"GET", "/v2/connections?q=viewer&projection=(paging)", two, "", "", ""}, func(ctx context.Context) error { return only(client.LinkedIn.Connections.Total(ctx)) }},
		"snapshot": {sent{"GET", "/rest/memberSnapshotData?q=criteria&domain=CONNECTIONS&start=0&count=10", two, "202312", "", ""}, func(ctx context.Context) error {
			return only(client.LinkedIn.Snapshot.List(ctx, members.SnapshotQuery{Domain: members.DomainConnections}))
		}},
		"snapshot of all": {sent{"GET", "/rest/memberSnapshotData?q=criteria&start=0&count=5", two, "202312", "", ""}, func(ctx context.Context) error {
			return only(client.LinkedIn.Snapshot.List(ctx, members.SnapshotQuery{Count: 5}))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got = sent{}
			require.NoError(t, tt.call(t.Context()))
			if tt.want.body != "" {
				assert.JSONEq(t, tt.want.body, got.body)
				got.body = tt.want.body
			}
			assert.Equal(t, tt.want, got)
		})
	}
	n, err := client.LinkedIn.Connections.Count(t.Context(), who)
	require.NoError(t, err)
	assert.Equal(t, 504, n)
	quota, ok := client.LinkedIn.Quota(linkedin.ClassVanity)
	require.True(t, ok)
	assert.Equal(t, [2]int{500, 2}, [2]int{quota.Limit, quota.Used})
}

func only[T any](_ T, err error) error { return err }

func mustParse(t testing.TB, text string) urn.URN {
	t.Helper()
	u, err := urn.Parse(text)
	require.NoError(t, err)
	return u
}

// TestNothingIsSent of a call that says nothing, or too much.
func TestNothingIsSent(t *testing.T) {
	client := sandboxtest.ConnectLinkedIn(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s was sent", r.URL) }))
	m, c, ctx := client.LinkedIn.Members, client.LinkedIn.Connections, t.Context()
	who, company := person(t, "x"), mustParse(t, "urn:li:organization:7")
	title := members.PositionEdit{Title: members.Text("en_US", "x")}
	var errs []error
	for _, p := range []members.Projection{"id", "(id", "(id&q=x)", "(id))", "()(id)", "(id)x", "x(id)", "(id)%0A", members.Projection("(" + strings.Repeat("a", 4_000) + ")"), "(é)"} {
		errs = append(errs, only(m.Me(ctx, p)), only(m.Get(ctx, who, p)), only(m.GetLegacy(ctx, who, p)), only(m.ByVanityName(ctx, "x", p)), only(c.List(ctx, members.ConnectionQuery{Decorate: p})))
	}
	for _, nobody := range []urn.URN{{}, company, mustParse(t, "urn:li:person:(urn:li:person:1,2)")} {
		errs = append(errs, only(m.Get(ctx, nobody, "")), only(m.GetLegacy(ctx, nobody, "")), only(c.Count(ctx, nobody)), only(m.CreatePosition(ctx, nobody, title)), m.UpdatePosition(ctx, nobody, "1", title), m.DeletePosition(ctx, nobody, "1"))
	}
	for _, name := range []string{"", "https://www.linkedin.com/in/jane", "a/b", "a?b", "a\x00", strings.Repeat("a", 201)} {
		errs = append(errs, only(m.ByVanityName(ctx, name, "")))
	}
	for _, id := range []string{"", "x", "1/2", "..", "123456789012345678901"} {
		errs = append(errs, m.UpdatePosition(ctx, who, id, title), m.DeletePosition(ctx, who, id))
	}
	for _, p := range []members.PositionEdit{
		{},
		{Title: members.Localized{Texts: map[string]string{"en_US": "x"}}},
		{Title: members.Localized{Texts: map[string]string{"en_US": "x"}, Preferred: "de_DE"}},
		{Title: title.Title, More: map[string]any{"title": 1}},
		{Title: title.Title, Delete: []string{"title"}},
		{Delete: []string{"a", "a"}},
		{Delete: []string{""}},
		{Start: members.MonthYear{Month: 13, Year: 2000}},
		{Start: members.MonthYear{Month: 1}},
		{End: members.MonthYear{Year: -1}},
		{More: map[string]any{"x": func() {}}},
	} {
		errs = append(errs, only(m.CreatePosition(ctx, who, p)), m.UpdatePosition(ctx, who, "1", p))
	}
	errs = append(errs, only(m.CreatePosition(ctx, who, members.PositionEdit{Title: title.Title, Delete: []string{"x"}})))
	for _, q := range []members.ConnectionQuery{{Start: -1}, {Count: -1}, {Count: 10_001}, {After: "x"}, {After: "?x"}} {
		errs = append(errs, only(c.List(ctx, q)))
		for _, err := range c.All(ctx, q) {
			errs = append(errs, err)
		}
	}
	for _, d := range []members.Domain{"connections", "A&B", members.Domain(strings.Repeat("A", 101))} {
		errs = append(errs, only(client.LinkedIn.Snapshot.List(ctx, members.SnapshotQuery{Domain: d})))
	}
	for i, err := range errs {
		require.ErrorIs(t, err, api.ErrInvalid, "%d", i)
	}
}

// TestServicesOfNoClient are refused.
func TestServicesOfNoClient(t *testing.T) {
	m, c, s := new(members.Service), new(members.ConnectionService), new(members.SnapshotService)
	ctx, who := t.Context(), person(t, "x")
	errs := []error{
		only(m.Me(ctx, "")), only(m.UserInfo(ctx)), only(m.Get(ctx, who, "")), only(m.GetLegacy(ctx, who, "")), only(m.ByVanityName(ctx, "x", "")),
		only(m.CreatePosition(ctx, who, members.PositionEdit{})), m.UpdatePosition(ctx, who, "1", members.PositionEdit{}), m.DeletePosition(ctx, who, "1"),
		only(c.List(ctx, members.ConnectionQuery{})), only(c.Total(ctx)), only(c.Count(ctx, who)), only(s.List(ctx, members.SnapshotQuery{})),
	}
	for _, err := range c.All(ctx, members.ConnectionQuery{}) {
		errs = append(errs, err)
	}
	for _, err := range s.All(ctx, members.SnapshotQuery{}) {
		errs = append(errs, err)
	}
	assert.Len(t, errs, 14)
	for i, err := range errs {
		require.ErrorIs(t, err, api.ErrNotConfigured, "%d", i)
	}
}

// TestRestrictedByDefault: what LinkedIn does not open to every app is ErrForbidden, and not taken for anything else.
func TestRestrictedByDefault(t *testing.T) {
	sb, client := sandboxtest.Start(t)
	ctx, who := t.Context(), mustParse(t, sb.LinkedIn.Member().URN())
	m, c := client.LinkedIn.Members, client.LinkedIn.Connections
	for i, err := range []error{
		only(m.Me(ctx, "")), only(m.Get(ctx, who, "")), only(m.GetLegacy(ctx, who, "")), only(m.ByVanityName(ctx, "x", "")),
		only(m.CreatePosition(ctx, who, members.PositionEdit{Title: members.Text("en_US", "x")})), m.UpdatePosition(ctx, who, "1", members.PositionEdit{Delete: []string{"x"}}),
		m.DeletePosition(ctx, who, "1"), only(c.List(ctx, members.ConnectionQuery{})), only(c.Total(ctx)), only(c.Count(ctx, who)),
		only(client.LinkedIn.Snapshot.List(ctx, members.SnapshotQuery{})),
	} {
		require.ErrorIs(t, err, api.ErrForbidden, "%d", i)
		require.NotErrorIs(t, err, api.ErrUnauthorized, "%d", i)
	}
	info, err := m.UserInfo(ctx)
	require.NoError(t, err)
	assert.Equal(t, sb.LinkedIn.Member().ID, info.Sub)
}

// everything are the options of a sandbox that serves all calls.
func everything(more ...sandbox.Option) []sandbox.Option {
	return append(more, fake.WithMemberScopes("r_basicprofile", "r_compliance", "w_compliance", "r_1st_connections", "r_1st_connections_size", "r_dma_portability_member"))
}

// TestFaultsInBothProtocols: of each status the sentinel, in 2.0 and 1.0 alike; reads and changes are retried.
func TestFaultsInBothProtocols(t *testing.T) {
	sb, client := sandboxtest.Start(t, everything()...)
	who := mustParse(t, sb.LinkedIn.Member().URN())
	m := client.LinkedIn.Members
	for name, call := range map[string]func(options ...api.CallOption) error{
		"2.0": func(options ...api.CallOption) error { return only(m.Get(t.Context(), who, "", options...)) },
		"1.0": func(options ...api.CallOption) error { return only(m.GetLegacy(t.Context(), who, "", options...)) },
		"1.0, a change": func(options ...api.CallOption) error {
			return m.UpdatePosition(t.Context(), who, "47301314", members.PositionEdit{Title: members.Text("en_US", "x")}, options...)
		},
	} {
		require.NoError(t, call(), name)
		for _, tt := range []struct {
			fault sandbox.Fault
			want  error
		}{
			{sandbox.Fault{Status: 403}, api.ErrForbidden},
			{sandbox.Fault{Status: 404, Body: `{"status":404,"code":"NOT_FOUND","message":"x"}`}, api.ErrNotFound},
			{sandbox.Fault{Status: 404, Body: `{"status":404}`}, api.ErrUnexpectedResponse},
			{sandbox.Fault{Status: 422, Body: `{"status":422,"message":"x"}`}, api.ErrInvalid},
			{sandbox.Fault{Status: 429}, api.ErrRateLimited},
			{sandbox.Fault{Status: 500}, api.ErrUnavailable},
			{sandbox.Fault{Status: 502, HTML: true}, api.ErrUnavailable},
			{sandbox.Fault{Body: `{"status":404,"code":"NOT_FOUND","message":"hidden in a 200"}`}, api.ErrNotFound},
		} {
			tt.fault.Origin = "linkedin/api"
			sb.Fail(tt.fault)
			require.ErrorIs(t, call(api.WithMaxAttemptsPerCall(1)), tt.want, "%s: %+v", name, tt.fault)
			sb.ClearFaults()
		}
		sb.Fail(sandbox.Fault{Origin: "linkedin/api", Drop: sandbox.DropAfterAct, Times: 1})
		require.NoError(t, call(), "%s: is retried", name)
		sb.ClearFaults()
	}
}
