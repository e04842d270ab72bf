package linkedin_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/pronet-go/pronet/sandbox"
	"github.com/pronet-go/pronet/sandbox/linkedin"
)

var allMembers = linkedin.WithMemberScopes("r_basicprofile", "r_compliance", "w_compliance", "r_1st_connections", "r_1st_connections_size", "r_dma_portability_member")

// write sends a body.
func (c *caller) write(method, path, body string, header ...string) (status int, response http.Header, text string) {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, c.sb.LinkedIn.URL()+path, strings.NewReader(body))
	require.NoError(c.t, err)
	request.Header.Set("Authorization", "Bearer "+c.token)
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	return c.send(request, nil)
}

const version2 = "X-Restli-Protocol-Version"

// TestMembersAreServed in both protocols, with what the projection asks for.
func TestMembersAreServed(t *testing.T) {
	c := newCaller(t, allMembers)
	me := c.sb.LinkedIn.Member()
	for _, tt := range []struct {
		path   string
		header []string
		want   string
	}{
		{"/v2/me?projection=(id)", nil, `{"id":"` + me.ID + `"}`},
		{"/v2/me?fields=id,vanityName", nil, `{"id":"` + me.ID + `","vanityName":"rita-1"}`},
		{"/v2/people/id=" + me.ID + "?projection=(localizedFirstName,nothing)", nil, `{"localizedFirstName":"Rita"}`},
		{"/v2/people/(id:" + me.ID + ")?projection=(localizedLastName)", []string{version2, "2.0.0"}, `{"localizedLastName":"Smith"}`},
		{"/v2/people?q=vanityName&vanityName=ola-2&projection=(elements*(localizedFirstName))", nil, `{"elements":[{"localizedFirstName":"Ola"}]}`},
		{"/v2/connections/" + me.URN(), nil, `{"firstDegreeSize":3}`},
		{"/v2/connections?q=viewer&projection=(paging(total))", nil, `{"paging":{"count":10,"start":0,"total":3,"links":[]}}`},
		{"/v2/connections?q=viewer&count=1&projection=(elements*(to~(localizedFirstName)))", nil, `{"elements":[{"to":"` + c.sb.LinkedIn.Connections()[0].URN() + `","to~":{"localizedFirstName":"Ola"}}]}`},
		{"/v2/me?projection=(localizedFirstName~(id))", nil, `{"localizedFirstName":"Rita","localizedFirstName!":{"status":404,"code":"NOT_FOUND","message":"Could not find entity"}}`},
	} {
		status, body := c.get(tt.path, tt.header...)
		require.Equal(t, http.StatusOK, status, "%s: %s", tt.path, body)
		assert.JSONEq(t, tt.want, body, tt.path)
	}
}

// TestWhatMembersCallsAreRefused, and how.
func TestWhatMembersCallsAreRefused(t *testing.T) {
	c := newCaller(t, allMembers, linkedin.WithUnlisted())
	positions := "/v2/people/id=" + c.sb.LinkedIn.Member().ID + "/positions"
	for _, tt := range []struct {
		method, path, body string
		status             int
		header             []string
	}{
		{"GET", "/v2/me?projection=id", "", 400, nil},
		{"GET", "/v2/me?projection=(id", "", 400, nil},
		{"GET", "/v2/me?projection=(id))", "", 400, nil},
		{"GET", "/v2/me?projection=(,)", "", 400, nil},
		{"GET", "/v2/me?projection=(a~b", "", 400, nil},
		{"GET", "/v2/me?projection=(a(b)c)", "", 400, nil},
		{"GET", "/v2/me?projection=" + strings.Repeat("(a", 40) + strings.Repeat(")", 40), "", 400, nil},
		{"GET", "/v2/people/plain", "", 400, nil},
		{"GET", "/v2/people/id=nobody", "", 404, nil},
		{"GET", "/v2/people?q=names", "", 400, nil},
		{"GET", "/v2/connections?q=all", "", 400, nil},
		{"GET", "/v2/connections?q=viewer&start=x", "", 400, nil},
		{"GET", "/v2/connections/7", "", 400, nil},
		{"GET", "/v2/connections/urn:li:person:other", "", 403, nil},
		{"POST", positions, "[]", 400, nil},
		{"POST", positions, "{}", 422, nil},
		{"POST", positions, "{}", 400, []string{"Content-Type", "text/plain"}},
		{"POST", "/v2/people/id=nobody/positions", "{}", 404, nil},
		{"POST", positions + "/1", `{"patch":{"$set":{"a":1}}}`, 404, []string{"X-Restli-Method", "PARTIAL_UPDATE"}},
		{"POST", positions + "/47301314", `{"patch":{"$set":{"a":1}}}`, 400, nil},
		{"POST", positions + "/47301314", `{"patch":{}}`, 400, []string{"X-Restli-Method", "PARTIAL_UPDATE"}},
		{"DELETE", positions + "/1", "", 404, nil},
		{"GET", "/rest/memberSnapshotData?q=criteria", "", 400, nil},
		{"GET", "/rest/memberSnapshotData?q=all", "", 400, []string{"Linkedin-Version", "202312"}},
		{"GET", "/rest/memberSnapshotData?q=criteria&start=x", "", 400, []string{"Linkedin-Version", "202312"}},
		{"GET", "/rest/memberSnapshotData?q=criteria&count=0", "", 400, []string{"Linkedin-Version", "202312"}},
		{"GET", "/rest/memberSnapshotData?q=criteria&domain=SKILLS", "", 404, []string{"Linkedin-Version", "202312"}},
		{"GET", "/v2/member/testuser", "", 404, nil},
		{"GET", "/v2/member/~nobody", "", 404, nil},
		{"GET", "/v2/member/~nobody?format=xml", "", 400, nil},
		{"GET", "/v2/me/network/connections?edgeRelationType=FRIEND", "", 400, nil},
		{"PUT", "/v2/me/positions", `{"company":"x"}`, 400, nil},
		{"PUT", "/v2/me/positions", `7`, 400, nil},
		{"POST", "/v2/me/backgroundMediaUpload", `{}`, 400, nil},
		{"POST", "/v2/me/backgroundMediaUpload", ``, 400, nil},
		{"GET", "/v2/jobs/search?f_TPR=604800", "", 400, nil},
		{"POST", "/v2/jobs/savedSearch", `{"q":"x"}`, 400, nil},
		{"POST", "/v2/jobs/savedSearch", `x`, 400, nil},
		{"GET", "/v2/jobs/savedSearches/1/search-alerts/1", "", 404, nil},
		{"DELETE", "/v2/me", "", 405, nil},
	} {
		status, _, body := c.write(tt.method, tt.path, tt.body, tt.header...)
		assert.Equal(t, tt.status, status, "%s %s: %s", tt.method, tt.path, body)
	}
	assert.Len(t, c.sb.LinkedIn.Positions(c.sb.LinkedIn.Member().ID), 1, "nothing was written")
	assert.Empty(t, c.sb.LinkedIn.Positions("nobody"))
}

// TestScopes: without one, what it opens is refused; what every app has is not.
func TestScopes(t *testing.T) {
	c := newCaller(t)
	me := c.sb.LinkedIn.Member()
	for _, path := range []string{
		"/v2/me", "/v2/people/id=" + me.ID, "/v2/people?q=vanityName&vanityName=x", "/v2/connections?q=viewer", "/v2/connections/" + me.URN(),
	} {
		status, body := c.get(path)
		assert.Equal(t, http.StatusForbidden, status, path)
		assert.Contains(t, body, "Not enough permissions to access: ", path)
	}
	for _, path := range []string{"/v2/me/connections", "/v2/jobs/search?title=x", "/v2/member/~x"} {
		status, body := c.get(path)
		assert.Equal(t, http.StatusNotFound, status, path)
		assert.Contains(t, body, "RESOURCE_NOT_FOUND", path)
	}
	status, body := c.get("/v2/userinfo")
	require.Equal(t, http.StatusOK, status)
	var info struct{ Sub, Name, Locale, Email string }
	require.NoError(t, json.Unmarshal([]byte(body), &info))
	assert.Equal(t, []string{me.ID, "Rita Smith", "en-US", "rita-1@example.com"}, []string{info.Sub, info.Name, info.Locale, info.Email})
}

func TestOptionsOfMembers(t *testing.T) {
	for _, bad := range []sandbox.Option{
		linkedin.WithConnections(-1), linkedin.WithConnections(30_001), linkedin.WithFailedDecorations(-1), linkedin.WithEditStatus(201),
		linkedin.WithSnapshotParts(0), linkedin.WithSnapshotParts(101),
	} {
		_, err := sandbox.New(bad)
		require.Error(t, err)
	}
	c := newCaller(t, allMembers, linkedin.WithConnections(0))
	status, body := c.get("/rest/memberSnapshotData?q=criteria&domain=CONNECTIONS", "Linkedin-Version", "202312")
	assert.Equal(t, http.StatusNotFound, status, body)
	assert.Empty(t, c.sb.LinkedIn.Connections())
}

// TestScopesOfAMember are those that the member consented to, and what the app has besides.
func TestScopesOfAMember(t *testing.T) {
	for want, options := range map[int][]sandbox.Option{http.StatusForbidden: nil, http.StatusOK: {allMembers}} {
		c := newCaller(t, append(options, linkedin.WithLocaleObject())...)
		status, body := c.exchange(c.code("/oauth/v2/authorization", c.asked()))
		require.Equal(t, http.StatusOK, status, body)
		var tokens struct {
			Access string `json:"access_token"`
		}
		require.NoError(t, json.Unmarshal([]byte(body), &tokens))
		c.token = tokens.Access
		status, _ = c.get("/v2/me")
		assert.Equal(t, want, status)
		status, body = c.get("/v2/userinfo")
		require.Equal(t, http.StatusOK, status)
		assert.Contains(t, body, `"sub":"`+c.sb.LinkedIn.Member().ID+`"`)
		assert.Contains(t, body, `"locale":{"country":"US","language":"en"}`)
		assert.NotContains(t, body, "email", "openid and profile alone were asked for")
	}
}
